"""Fast reactions among everything else in SBML: against large finite rates; and files that are broken at random."""

from __future__ import annotations

import random
import re
import warnings

import numpy as np
import pytest

from scalebridge.errors import ConvergenceError, InputError, ScalebridgeError
from scalebridge.kinetics import Network
from scalebridge.kinetics._sbml_write import write
from support.random_fast_models import random_fast_model, with_finite_rates
from support.reference_data import reference

pytestmark = pytest.mark.verify
TIMES = np.linspace(0.0, 5.0, 11)


def difference(model, fast):
    """Largest difference from finite rates, relative, and what it may be: how far two large rates are apart."""
    near, nearer = (Network(with_finite_rates(model, speed)).simulate(TIMES) for speed in (10**6, 10**7))
    reactions = {r.name for r in model.reactions}
    names = [n for n in near.names if n not in reactions]
    amounts = np.abs(np.column_stack([nearer[n] for n in names if n.startswith("amount(")]))
    worst, allowed = 0.0, 0.0
    for name in names:
        size = max(np.abs(nearer[name]).max(), 1e-3 * amounts.max())
        worst = max(worst, np.abs(fast[name] - nearer[name])[1:].max() / size)
        allowed = max(allowed, np.abs(near[name] - nearer[name])[1:].max() / size)
    return worst, max(1e-5, 20.0 * allowed)


def test_fast_reactions_are_the_limit_of_large_rates():
    """Every model that is run is right; at least four in five are run, the others are refused in words."""
    run, words = 0, []
    for seed in range(60):
        model = random_fast_model(seed)
        try:
            fast = Network.from_sbml_text(write(model)).simulate(TIMES)
        except (InputError, ConvergenceError) as error:
            words.append(str(error))
            continue
        try:
            worst, allowed = difference(model, fast)
        except ConvergenceError:
            continue  # the finite rates themselves cannot be integrated
        run += 1
        assert worst < allowed, seed
    assert run >= 48
    known = re.compile(r"do not determine|come to rest|appears or vanishes|not finite|could not solve")
    assert [w for w in words if not known.search(w)] == []


def mutated(text, dice):
    i = dice.randrange(len(text))
    j = min(len(text), i + dice.randrange(1, 80))
    kind = dice.choice(["cut", "delete", "rename", "number", "repeat", "insert"])
    if kind == "cut":
        return text[:i]
    if kind == "delete":
        return text[:i] + text[j:]
    if kind == "repeat":
        return text[:j] + text[i:j] + text[j:]
    if kind == "insert":
        words = ("&", "<apply>", "</apply>", 'fast="true"', 'constant="false"', "<cn> 0 </cn>", "<ci> S1 </ci>", "\x07")
        return text[:i] + dice.choice(words) + text[i:]
    if kind == "rename":
        names = re.findall(r'id="(\w+)"', text)
        return re.sub(rf"\b{dice.choice(names)}\b", dice.choice(names), text, count=dice.choice([0, 1, 2]))
    found = dice.choice(list(re.finditer(r'"[0-9.]+"|> *[0-9.]+ *<', text)))
    number = dice.choice(["0", "-1", "1e300", "1e-300", "nan", "x", "", "1e5"])
    return text[: found.start() + 1] + number + text[found.end() - 1 :]


def test_broken_files_are_answered_in_words():
    dice = random.Random(7)
    root = reference("kinetics", "sbml-test-suite", "fast-reaction", "00870", "00870-sbml-l3v1.xml").parents[2]
    files = [p for p in sorted(root.rglob("*-sbml-*.xml")) if p.stat().st_size < 12_000]
    words = []
    for _ in range(600):
        text = mutated(dice.choice(files).read_text(), dice)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                Network.from_sbml_text(text).simulate([0.0, 1.0, 2.0], max_steps=3000)
            except ScalebridgeError as error:
                words.append(str(error))
    assert len(words) > 200
    assert min(map(len, words)) > 20
