from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from scalebridge.bridge import Outcome, Progress, Step
from scalebridge.scales import ScaleMap
from scalebridge.study import ConformanceError, check_bridge
from support.diffusion import DiffusionBridge, WalkState

TOY = {"length": 1e-6, "diffusivity": 1e-9, "sites": 8, "walkers": 100, "realisations": 2, "steps": 4}
COUNTER = itertools.count()


def check(bridge: DiffusionBridge) -> Outcome:
    return check_bridge(bridge, most_steps=10, executor=ThreadPoolExecutor)


def test_a_good_bridge_passes() -> None:
    outcome = check(DiffusionBridge(**TOY))  # type: ignore[arg-type]
    assert outcome.headlines["amplitude"].unit == "1"


def test_a_good_bridge_passes_on_worker_processes() -> None:
    check_bridge(DiffusionBridge(**TOY))  # type: ignore[arg-type]


def bad(**verbs: Callable[..., Any]) -> DiffusionBridge:
    made: Any = type("Bad", (DiffusionBridge,), {"__module__": __name__, **verbs})
    bridge: DiffusionBridge = dataclass(frozen=True)(made)(**TOY)
    return bridge


def draws_from_elsewhere(self: DiffusionBridge, state: WalkState, executor: Executor) -> Step[WalkState]:
    step = DiffusionBridge.step(self, state, executor)
    return replace(step, state=replace(step.state, entropy=next(COUNTER)))


def changes_its_argument(self: DiffusionBridge, state: WalkState, executor: Executor) -> Step[WalkState]:
    step = DiffusionBridge.step(self, state, executor)
    state.counts[0, 0] += 1
    return step


def posts_nothing(self: DiffusionBridge, state: WalkState, executor: Executor) -> Step[WalkState]:
    return replace(DiffusionBridge.step(self, state, executor), entries=())


def depends_on_workers(self: DiffusionBridge, state: WalkState, executor: Executor) -> Step[WalkState]:
    step = DiffusionBridge.step(self, state, executor)
    workers = executor._max_workers  # type: ignore[attr-defined]
    return replace(step, state=replace(step.state, entropy=workers))


def never_done(self: DiffusionBridge, state: WalkState) -> bool:
    return False


def goes_back(self: DiffusionBridge, state: WalkState) -> Progress:
    return Progress(float(self.steps - state.steps), float(self.steps))


def starts_anywhere(self: DiffusionBridge, seed: np.random.SeedSequence) -> WalkState:
    return replace(DiffusionBridge.init(self, seed), entropy=next(COUNTER))


def has_nan(self: DiffusionBridge, seed: np.random.SeedSequence) -> WalkState:
    return replace(DiffusionBridge.init(self, seed), amplitudes=(float("nan"),))


def one_side(self: DiffusionBridge) -> ScaleMap:
    whole = DiffusionBridge.scales(self)
    return replace(whole, scales=whole.scales[:1])


def no_units(self: DiffusionBridge, state: WalkState) -> Outcome:
    outcome = DiffusionBridge.finish(self, state)
    return replace(outcome, data=outcome.data.drop_attrs())


def no_headlines(self: DiffusionBridge, state: WalkState) -> Outcome:
    return replace(DiffusionBridge.finish(self, state), headlines={})


@pytest.mark.parametrize(
    ("verb", "broken", "rule"),
    [
        ("step", draws_from_elsewhere, r"with other workers:.state.entropy is \d+ once and \d+ once"),
        ("step", changes_its_argument, r"step changes the state it is given:.counts differs"),
        ("step", posts_nothing, "a step posts nothing to the ledger"),
        ("step", depends_on_workers, "with other workers:.state.entropy is 1 once and 2 once"),
        ("done", never_done, "done is still false after 10 steps"),
        ("progress", goes_back, "progress goes back from 4.0 to 3.0"),
        ("init", starts_anywhere, "init.entropy is"),
        ("init", has_nan, r"state.amplitudes\[0\] is not a number"),
        ("scales", one_side, r"scales lists the sides \['fine'\]"),
        ("finish", no_units, "the result 'amplitude' has no attribute 'units'"),
        ("finish", no_headlines, "the outcome has no headline number"),
    ],
)
def test_each_broken_rule_is_found(
    verb: str, broken: Callable[..., Any], rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge = bad(**{verb: broken})
    monkeypatch.setitem(globals(), "Bad", type(bridge))  # pickle finds classes by name
    with pytest.raises(ConformanceError, match=rule):
        check(bridge)


def test_a_state_that_can_be_changed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass
    class Loose:
        counts: np.ndarray[Any, Any]
        amplitudes: tuple[float, ...]
        steps: int
        entropy: int
        spare: list[int] = field(default_factory=list)

    def init(self: DiffusionBridge, seed: np.random.SeedSequence) -> Loose:
        good = DiffusionBridge.init(self, seed)
        return Loose(good.counts, good.amplitudes, good.steps, good.entropy)

    Loose.__qualname__ = "Loose"
    monkeypatch.setitem(globals(), "Loose", Loose)
    bridge = bad(init=init)
    monkeypatch.setitem(globals(), "Bad", type(bridge))
    with pytest.raises(ConformanceError, match="the state is no frozen dataclass"):
        check(bridge)


def test_what_cannot_be_pickled_is_found() -> None:
    with pytest.raises(ConformanceError, match="does not survive pickling"):
        check(bad())
