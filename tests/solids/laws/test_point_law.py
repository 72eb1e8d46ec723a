"""A user's law, written for one point with 3x3 matrices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from scalebridge.solids import laws


@dataclass(frozen=True)
class Hooke(laws.PointLaw):
    lame: float
    shear: float
    twist: float = 0.0

    def stress(self, strain, state, dt):
        import jax.numpy as jnp

        stress = self.lame * jnp.trace(strain) * jnp.eye(3) + self.shear * (strain + strain.T)
        return stress.at[1, 0].add(self.twist * strain[0, 0]), state


@dataclass(frozen=True)
class Damage(laws.PointLaw):
    """Isotropic damage that grows with the largest energy so far."""

    modulus: float
    energy: float

    def internal_variables(self):
        return {"largest": 1}

    def stress(self, strain, state, dt):
        import jax.numpy as jnp

        stored = 0.5 * self.modulus * jnp.sum(strain * strain)
        largest = jnp.maximum(state["largest"][0], stored)
        return jnp.exp(-largest / self.energy) * self.modulus * strain, {"largest": largest[None]}


@dataclass(frozen=True)
class NeoHookean(laws.PointHyperelasticLaw):
    bulk: float
    shear: float

    def energy(self, gradient):
        import jax.numpy as jnp

        log_volume = jnp.log(jnp.linalg.det(gradient))
        first = jnp.trace(gradient.T @ gradient)
        lame = self.bulk - 2 * self.shear / 3
        return 0.5 * self.shear * (first - 3) - self.shear * log_volume + 0.5 * lame * log_volume**2


def same(a, b, strain, state=None):
    first, second = (laws.evaluate(law, strain, state, tangent=True) for law in (a, b))
    assert np.allclose(first.stress, second.stress, rtol=1e-12, atol=1e-13)
    assert np.allclose(first.tangent, second.tangent, rtol=1e-11, atol=1e-12)


def test_hookes_law_is_that_of_the_house():
    mine = Hooke(lame=2.0, shear=1.5)
    house = laws.LinearElastic.from_moduli(2.0 + 2 * 1.5 / 3, 1.5)
    same(mine, house, np.random.default_rng(0).normal(size=(6, 20)))
    assert not laws.check_law(mine, seed=1).failures


def test_neo_hookean_energy_is_that_of_the_house():
    gradients = np.eye(3).reshape(9, 1) + 0.2 * np.random.default_rng(0).normal(size=(9, 20))
    same(NeoHookean(3.0, 1.2), laws.NeoHookean.from_moduli(3.0, 1.2), gradients)
    assert not laws.check_law(NeoHookean(3.0, 1.2), seed=1).failures


def test_internal_variables_are_carried():
    law = Damage(modulus=100.0, energy=1.0)
    assert not laws.check_law(law, seed=1, strain=0.02).failures
    big, small = np.full((6, 1), 0.05), np.full((6, 1), 0.01)
    loaded = laws.evaluate(law, big, tangent=False)
    again = laws.evaluate(law, small, loaded.state, tangent=False)
    largest = 0.5 * 100.0 * 6 * 0.05**2
    assert np.isclose(loaded.state[0, 0], largest, rtol=1e-12)
    assert np.allclose(again.stress, np.exp(-largest) * 100.0 * small, rtol=1e-12)


def test_a_stress_that_is_not_symmetric_is_caught():
    with pytest.raises(laws.LawError) as caught:
        laws.check_law(Hooke(1.0, 1.0, twist=0.5), seed=1)
    assert [line.name for line in caught.value.report.failures] == ["symmetry of the stress (small strain)"]
