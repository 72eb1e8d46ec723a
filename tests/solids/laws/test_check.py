"""check_law passes the house's laws and catches wrong ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.solids import laws

P = np.linspace(0.0, 0.3, 50)
GOOD = {
    "elastic": laws.LinearElastic.orthotropic((10.0, 20.0, 30.0), (0.1, 0.15, 0.2), (4.0, 5.0, 6.0)),
    "linear": laws.J2Plasticity(70e9, 0.3, laws.LinearHardening(1e8, 1e9), kinematic_modulus=2e9),
    "power": laws.J2Plasticity(70e9, 0.3, laws.PowerHardening(1e8, 2e8, 0.2)),
    "saturation": laws.J2Plasticity(70e9, 0.3, laws.SaturationHardening(1e8, 2e8, 50.0)),
    "table": laws.J2Plasticity(70e9, 0.3, laws.TabulatedHardening(P, 1e8 + 1e8 * np.sqrt(P))),
    "viscoplastic": laws.J2Plasticity(70e9, 0.3, laws.LinearHardening(1e8, 1e9), viscosity=1e10),
    "viscoelastic": laws.Viscoelastic(1.0, 0.3, (laws.MaxwellArm(2.0, 0.7, 1.0), laws.MaxwellArm(1.0, 9.0))),
    "neo-Hookean": laws.NeoHookean(1.0, 0.3),
}


@pytest.mark.parametrize("name", GOOD)
def test_the_laws_of_the_house_are_sound(name):
    report = laws.check_law(GOOD[name], seed=7)
    tangents = [line for line in report.lines if line.name.startswith("tangent")]
    assert tangents
    assert all(line.value < 1e-6 for line in tangents)
    assert not report.failures
    assert str(report).count("holds") == len(report.lines)


@pytest.mark.parametrize("name", ["neo-Hookean", "saturation"])
def test_differences_approach_the_tangent_with_second_order(name):
    text = laws.check_law(GOOD[name], seed=7).lines[1].text
    order = float(text.split("order ")[1].split()[0])
    assert abs(order - 2.0) < 0.05


def failures(law, **more):
    with pytest.raises(laws.LawError) as caught:
        laws.check_law(law, seed=7, **more)
    assert isinstance(caught.value, InputError)
    names = [line.name.rsplit(" (", 1)[0] for line in caught.value.report.failures]
    assert all(name in str(caught.value) for name in names)
    return names


@dataclass(frozen=True)
class Stiffening(laws.SmallStrainLaw):
    """Stress (1 + a |e|^2) e."""

    a: float = 30.0

    def stress(self, strain, state, dt):
        return tuple((1.0 + self.a * sum(e * e for e in strain)) * e for e in strain), state


@dataclass(frozen=True)
class StiffeningWithTangent(laws.SmallStrainLaw, laws.GivesTangent):
    """The same with a stated tangent, right where `factor` is 2."""

    factor: float
    a: float = 30.0

    def stress(self, strain, state, dt):
        return Stiffening(self.a).stress(strain, state, dt)

    def tangent(self, strain, state, dt):
        stiffness = 1.0 + self.a * sum(e * e for e in strain)
        one = [[1.0 if i == j else 0.0 for j in range(6)] for i in range(6)]
        return [
            [one[i][j] * stiffness + self.factor * self.a * strain[i] * strain[j] for j in range(6)] for i in range(6)
        ]


def test_a_stated_tangent_is_used_and_may_be_right():
    stated = StiffeningWithTangent(2.0)
    assert not laws.check_law(stated, seed=7, strain=0.3).failures
    strain = np.random.default_rng(0).normal(size=(6, 4))
    answers = [laws.evaluate(law, strain, tangent=True).tangent for law in (stated, Stiffening())]
    assert np.allclose(*answers, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("factor", [2.001, 1.0, 0.0])
def test_a_wrong_tangent_is_caught(factor):
    assert failures(StiffeningWithTangent(factor), strain=0.3) == ["tangent"]


@dataclass(frozen=True)
class Lopsided(laws.SmallStrainLaw):
    def stress(self, strain, state, dt):
        return (strain[0] + 0.1 * strain[1], *strain[1:]), state


class LopsidedAndSaysSo(Lopsided):
    symmetric_tangent = False


def test_an_asymmetric_tangent_is_caught_unless_it_is_declared():
    assert failures(Lopsided()) == ["tangent", "symmetry of the tangent"]
    declared = LopsidedAndSaysSo()
    assert not laws.check_law(declared, seed=7).failures
    tangent = laws.evaluate(declared, np.zeros((6, 1)), tangent=True).tangent
    expected = np.eye(6)
    expected[0, 1] = 0.1
    assert np.array_equal(tangent[:, 0].reshape(6, 6), expected)


@dataclass(frozen=True)
class FixedAxis(laws.HyperelasticLaw):
    """An energy of F11 itself: turning the body changes it."""

    def energy(self, gradient):
        return 0.5 * ((gradient[0] - 1.0) ** 2 + sum(g * g for g in gradient[1:]) - 2.0 * (gradient[4] + gradient[8]))


def test_a_law_that_is_not_objective_is_caught():
    names = failures(FixedAxis())
    assert "objectivity of the stress" in names
    assert "objectivity of the energy" in names
    assert "tangent" not in names


@dataclass(frozen=True)
class Generator(laws.SmallStrainLaw, laws.HasFreeEnergy):
    """An elastic solid with a strain that follows the stress by `rate`; below zero it runs against it."""

    rate: float

    def internal_variables(self):
        return {"flow": 6}

    def stress(self, strain, state, dt):
        stress = tuple((e - f) / (1.0 + self.rate) for e, f in zip(strain, state["flow"], strict=True))
        return stress, {"flow": tuple(f + self.rate * s for f, s in zip(state["flow"], stress, strict=True))}

    @property
    def rate_dependent(self):
        return True

    def free_energy(self, strain, state):
        return 0.5 * sum((e - f) ** 2 for e, f in zip(strain, state["flow"], strict=True))


def test_negative_dissipation_is_caught_and_positive_is_not():
    assert not laws.check_law(Generator(0.01), seed=7).failures
    assert failures(Generator(-0.01)) == ["dissipation"]


@dataclass(frozen=True)
class Prestressed(laws.SmallStrainLaw):
    def stress(self, strain, state, dt):
        return (strain[0] + 1e-6, *strain[1:]), state


@dataclass(frozen=True)
class Drifting(laws.SmallStrainLaw):
    """A state that grows with every call, though the law claims to be rate independent."""

    def internal_variables(self):
        return {"count": 1}

    def stress(self, strain, state, dt):
        (count,) = state["count"]
        return tuple(e * (1.0 + count) for e in strain), {"count": (count + 0.01,)}


@dataclass(frozen=True)
class SmallOnly(laws.SmallStrainLaw):
    def stress(self, strain, state, dt):
        import jax.numpy as jnp

        return tuple(jnp.sqrt(1e-3 - e) for e in strain), state


def test_stress_at_rest_is_caught():
    assert failures(Prestressed()) == ["no stress at rest"]


def test_a_state_that_drifts_is_caught():
    assert failures(Drifting()) == ["nothing happens in a step to the same strain"]


def test_points_without_an_answer_are_caught():
    assert failures(SmallOnly()) == ["answer"]


@pytest.mark.parametrize(
    ("law", "more", "words"),
    [
        (3.0, {}, "is no law"),
        (laws.NeoHookean(1.0, 0.3), {"stretch": 1.0}, "stretch is 1.0"),
        (laws.NeoHookean(1.0, 0.3), {"strain": 0.0}, "strain is 0.0"),
        (laws.NeoHookean(1.0, 0.3), {"dt": -1.0}, "dt is -1.0"),
    ],
)
def test_wrong_arguments_are_named(law, more, words):
    with pytest.raises(InputError, match=words):
        laws.check_law(law, seed=7, **more)
