from __future__ import annotations

import doctest
import os
import pickle
import subprocess
import sys
from dataclasses import dataclass, replace

import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.solids import laws
from scalebridge.solids.laws import _evaluate
from scalebridge.solids.laws._parameters import join, split

PLASTIC = laws.J2Plasticity(1.0, 0.3, laws.SaturationHardening(0.01, 0.02, 50.0))
RUBBER = laws.NeoHookean(1.0, 0.3)


@pytest.mark.parametrize("points", [0, 1, _evaluate.BLOCK - 1, _evaluate.BLOCK, _evaluate.BLOCK + 1])
@pytest.mark.parametrize("threads", [1, 3])
def test_blocks_do_not_show(points, threads):
    strain = 0.02 * np.random.default_rng(points).normal(size=(6, points))
    whole = laws.evaluate(PLASTIC, strain, tangent=True, threads=threads)
    some = np.unique(np.linspace(0, points - 1, min(points, 5)).astype(int))
    alone = laws.evaluate(PLASTIC, strain[:, some], tangent=True)
    assert whole.stress.shape == (6, points)
    assert whole.tangent.shape == (21, points)
    assert whole.state.shape == (7, points)
    for name in ("stress", "tangent", "state", "ok"):
        assert np.array_equal(getattr(whole, name)[..., some], getattr(alone, name))
    assert whole.ok.all()


def test_the_stress_is_the_same_with_and_without_tangent():
    strain = 0.02 * np.random.default_rng(0).normal(size=(6, 100))
    with_, without = (laws.evaluate(PLASTIC, strain, tangent=t) for t in (True, False))
    assert np.allclose(with_.stress, without.stress, rtol=1e-13, atol=1e-16)
    assert without.tangent is None


def test_a_new_parameter_value_does_not_compile_again():
    laws.prepare(PLASTIC, "small", tangent=False)
    before = laws.compile_seconds()
    stiffer = replace(PLASTIC, youngs_modulus=2.0, hardening=laws.SaturationHardening(0.03, 0.05, 20.0))
    strain = np.array([[0.001], [0], [0], [0], [0], [0]])
    first, second = (laws.evaluate(law, strain, tangent=False).stress for law in (PLASTIC, stiffer))
    assert laws.prepare(stiffer, "small", tangent=False) == 0
    assert laws.compile_seconds() == before
    assert np.allclose(second, 2 * first, rtol=1e-14)


def test_memory_is_used_again():
    memory = np.empty((laws.output_rows(RUBBER, "finite", tangent=True), 10))
    gradients = np.repeat(np.eye(3).reshape(9, 1), 10, axis=1)
    answer = laws.evaluate(RUBBER, gradients, tangent=True, out=memory)
    assert all(np.shares_memory(memory, part) for part in (answer.stress, answer.tangent))
    assert answer.tangent.shape == (45, 10)


def test_points_that_are_not_finite_are_not_ok():
    strain = np.zeros((6, 3))
    strain[2, 1] = np.nan
    strain[2, 2] = np.inf
    assert laws.evaluate(PLASTIC, strain, tangent=True).ok.tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"strain": np.zeros((3, 3, 4))}, r"strain has shape \(3, 3, 4\)"),
        ({"strain": np.zeros((9, 4))}, "used with finite strain; it supports: small"),
        ({"law": RUBBER}, "used with small strain; it supports: finite"),
        ({"state": np.zeros((6, 4))}, r"needs \(7, 4\)"),
        ({"dt": 0.0}, "dt is 0.0"),
        ({"dt": float("nan")}, "dt is nan"),
        ({"threads": 0}, "threads is 0"),
        ({"out": np.zeros((2, 4))}, r"out is float64 of shape \(2, 4\); it must be float64 of shape \(14, 4\)"),
    ],
)
def test_wrong_arguments_are_named(arguments, words):
    call = {"law": PLASTIC, "strain": np.zeros((6, 4)), "tangent": False} | arguments
    with pytest.raises(InputError, match=words):
        laws.evaluate(**call)


def test_laws_survive_pickling():
    for law in (PLASTIC, RUBBER, laws.LinearElastic.isotropic(1.0, 0.3), laws.Conduction(1.0)):
        again = pickle.loads(pickle.dumps(law))
        assert repr(again) == repr(law)


def test_a_law_is_put_together_as_it_was_taken_apart():
    solid = laws.Viscoelastic(1.0, 0.2, (laws.MaxwellArm(1.0, 2.0), laws.MaxwellArm(3.0, 4.0, 5.0)))
    structure, parameters = split(solid)
    again = join(structure, parameters)
    assert [float(a.relaxation_time) for a in again.arms] == [2.0, 4.0]
    assert float(again.arms[1].bulk_modulus) == 5.0
    assert split(again)[0] == structure


@dataclass(frozen=True)
class _WithList(laws.SmallStrainLaw):
    moduli: list[float]

    def stress(self, strain, state, dt):
        return strain, state


@dataclass(frozen=True)
class _Forgetful(laws.SmallStrainLaw):
    def internal_variables(self):
        return {"damage": 1}

    def stress(self, strain, state, dt):
        return strain, {}


def test_a_field_that_is_no_parameter_is_named():
    with pytest.raises(InputError, match=r"_WithList.moduli is a list"):
        laws.evaluate(_WithList([1.0]), np.zeros((6, 1)), tangent=False)


def test_a_law_that_forgets_its_state_is_told():
    with pytest.raises(InputError, match=r"returned internal variables \{\}.*declares \{'damage': 1\}"):
        laws.evaluate(_Forgetful(), np.zeros((6, 1)), tangent=False)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(AttributeError, match="NeoHookean"):
        laws.NeoHokean  # noqa: B018
    assert set(laws.__all__) <= set(dir(laws))
    assert all(getattr(laws, name) is not None for name in laws.__all__)


def _python(code, **environment):
    kept = {k: v for k, v in os.environ.items() if not k.startswith("JAX_")}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**kept, **environment}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_without_jax_the_missing_extra_is_named():
    build = "from scalebridge.solids import laws; law = laws.LinearElastic.isotropic(1.0, 0.3)"
    call = "\ntry:\n    laws.prepare(law, 'small', tangent=False)\nexcept ImportError as error:\n    print(error)"
    assert "pip install 'scalebridge[solids]'" in _python(f"import sys; sys.modules['jax'] = None; {build}{call}")


def test_the_example_in_the_package_docstring_runs():
    names = {name: getattr(laws, name) for name in ("SmallStrainLaw", "check_law")}
    result = doctest.testmod(laws, extraglobs=names)
    assert result.attempted == 4
    assert result.failed == 0


def test_a_law_can_be_made_and_checked_without_jax():
    build = "from scalebridge.solids import laws; laws.LinearElastic.isotropic(1.0, 0.3)"
    assert _python(f"import sys; {build}; print('jax' in sys.modules)") == "False"


_COMPILE = (
    "import numpy as np; from scalebridge.solids import laws;"
    "laws.evaluate(laws.NeoHookean(1.0, 0.3), np.eye(3).reshape(9, 1), tangent=False); import jax;"
    "print(jax.config.jax_compilation_cache_dir)"
)


def test_compiled_laws_are_kept_in_the_users_cache_unless_configured_otherwise(tmp_path):
    assert _python(_COMPILE, XDG_CACHE_HOME=str(tmp_path)) == str(tmp_path / "scalebridge" / "jax")
    assert any((tmp_path / "scalebridge" / "jax").iterdir())
    own = str(tmp_path / "own")
    assert _python(_COMPILE, XDG_CACHE_HOME=str(tmp_path), JAX_COMPILATION_CACHE_DIR=own) == own
