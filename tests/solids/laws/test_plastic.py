"""J2 plasticity against exact solutions at one point.

On paths with a fixed direction of the strain deviator the radial return is exact for any size of step. With q the
equivalent stress, G the shear modulus and R(p) the yield stress, the strain that belongs to an equivalent plastic
strain p follows from q = R(p) + H_k p in closed form for every hardening curve.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalebridge.solids import laws

E, NU = 70e9, 0.3
G, K = E / (2 * (1 + NU)), E / (3 * (1 - 2 * NU))
STRAINS = np.linspace(0.0, 0.2, 50)
CURVES = {
    "linear": laws.LinearHardening(1e8, 1e9),
    "perfect": laws.LinearHardening(1e8),
    "power": laws.PowerHardening(1e8, 3e8, 0.2),
    "saturation": laws.SaturationHardening(1e8, 2e8, 60.0, 5e8),
    "table": laws.TabulatedHardening(STRAINS, 1e8 + 2e8 * np.sqrt(STRAINS)),
}
EXACT = {
    "linear": lambda p: 1e8 + 1e9 * p,
    "perfect": lambda p: 1e8,
    "power": lambda p: 1e8 + 3e8 * ((p + 1e-6) ** 0.2 - 1e-6**0.2),
    "saturation": lambda p: 1e8 + 1e8 * (1 - np.exp(-60 * p)) + 5e8 * p,
    "table": lambda p: np.interp(p, STRAINS, 1e8 + 2e8 * np.sqrt(STRAINS)),
}
every_curve = pytest.mark.parametrize("name", CURVES)
plastic_strains = pytest.mark.parametrize("p", [1e-7, 1e-3, 0.03])


def law(name, **more):
    return laws.J2Plasticity(E, NU, CURVES[name], **more)


def shear(p, radius):
    """Strain in simple shear whose equivalent stress is `radius` after the plastic strain p."""
    strain = np.zeros((3, 3))
    strain[0, 1] = strain[1, 0] = (radius + 3 * G * p) / (2 * np.sqrt(3) * G)
    return strain


def axial(stress, plastic):
    """Strain under uniaxial stress."""
    return stress / E * np.diag([1, -NU, -NU]) + plastic * np.diag([1, -0.5, -0.5])


def mises(stress):
    s = stress - np.trace(stress) / 3 * np.eye(3)
    return np.sqrt(1.5 * np.sum(s * s))


@every_curve
@plastic_strains
def test_pure_shear(respond, name, p):
    stress, state = respond(law(name), shear(p, EXACT[name](p)))
    expected = np.zeros((3, 3))
    expected[0, 1] = expected[1, 0] = EXACT[name](p) / np.sqrt(3)
    assert np.allclose(stress, expected, rtol=1e-11, atol=1e-5)
    assert np.isclose(state[6], p, rtol=1e-8)


@every_curve
@plastic_strains
def test_uniaxial_stress(respond, name, p):
    yield_stress = EXACT[name](p)
    stress, state = respond(law(name), axial(yield_stress, p))
    assert np.allclose(stress, np.diag([yield_stress, 0, 0]), rtol=1e-11, atol=1e-4)
    assert np.allclose(laws.from_mandel(state[:6]), p * np.diag([1, -0.5, -0.5]), rtol=1e-8, atol=1e-14)


@every_curve
@plastic_strains
def test_uniaxial_strain(respond, name, p):
    q = EXACT[name](p)
    strain = (q + 3 * G * p) / (2 * G)
    stress, _ = respond(law(name), np.diag([strain, 0, 0]))
    assert np.allclose(stress, K * strain * np.eye(3) + q / 3 * np.diag([2, -1, -1]), rtol=1e-11, atol=1e-3)


@every_curve
def test_proportional_loading_is_exact_in_any_number_of_steps(respond, name):
    end = shear(0.02, EXACT[name](0.02))
    once, _ = respond(law(name), end)
    often, _ = respond(law(name), *(end * k / 20 for k in range(1, 21)))
    assert np.allclose(once, often, rtol=1e-11, atol=1e-5)


@every_curve
def test_unloading_is_elastic(respond, name):
    loaded = shear(0.02, EXACT[name](0.02))
    back = loaded - shear(0.0, EXACT[name](0.02))
    stress, state = respond(law(name), loaded, back)
    assert np.abs(stress).max() < 1e-3
    assert np.isclose(state[6], 0.02, rtol=1e-9)


@every_curve
@pytest.mark.parametrize("modulus", [0.0, 3e9])
def test_reversal_shows_the_bauschinger_effect(respond, name, modulus):
    first, second = 0.01, 0.025
    radius = EXACT[name]
    up = radius(first) + modulus * first
    down = modulus * (2 * first - second) - radius(second)
    material = law(name, kinematic_modulus=modulus)
    stress, _ = respond(material, axial(up, first))
    assert np.allclose(stress, np.diag([up, 0, 0]), rtol=1e-11, atol=1e-3)
    reversed_, state = respond(material, axial(up, first), axial(down, 2 * first - second))
    assert np.allclose(reversed_, np.diag([down, 0, 0]), rtol=1e-11, atol=1e-3)
    assert np.isclose(state[6], second, rtol=1e-9)


@every_curve
def test_stress_stays_on_the_yield_surface(name):
    rng = np.random.default_rng(11)
    state = None
    for _ in range(5):
        strain = 0.02 * rng.normal(size=(6, 500))
        answer = laws.evaluate(law(name, kinematic_modulus=2e9), strain, state, tangent=False)
        state = answer.state
        stresses = laws.from_mandel(answer.stress.T)
        back = 2 / 3 * 2e9 * laws.from_mandel(state[:6].T)
        radius = EXACT[name](state[6])
        overstress = np.array([mises(s - x) for s, x in zip(stresses, back, strict=True)]) / radius - 1
        assert answer.ok.all()
        assert overstress.max() <= 1e-12
    assert np.abs(overstress).min() <= 1e-12


@every_curve
def test_plastic_flow_keeps_the_volume(name):
    answer = laws.evaluate(law(name), 0.02 * np.random.default_rng(2).normal(size=(6, 100)), tangent=False)
    assert np.abs(answer.state[:3].sum(axis=0)).max() < 1e-15
    assert answer.state[6].min() > 0


@settings(deadline=None, derandomize=True, max_examples=40)
@given(
    size=st.floats(-9.0, 0.5),
    nu=st.floats(-0.9, 0.49),
    start=st.floats(-5.0, -1.0),
    gain=st.floats(0.0, 20.0),
    rate=st.floats(-2.0, 6.0),
)
def test_every_material_at_every_strain_ends_on_its_yield_surface(size, nu, start, gain, rate):
    """Strains from 1e-9 to 3, yield stresses from 1e-5 to 0.1 of Young's modulus, any speed of saturation."""
    first, last, delta = 10**start, 10**start * (1 + gain), 10**rate
    material = laws.J2Plasticity(1.0, nu, laws.SaturationHardening(first, last, delta, 0.01))
    answer = laws.evaluate(material, 10**size * np.random.default_rng(0).normal(size=(6, 50)), tangent=True)
    radius = first + (last - first) * -np.expm1(-delta * answer.state[6]) + 0.01 * answer.state[6]
    overstress = np.array([mises(s) for s in laws.from_mandel(answer.stress.T)]) - radius
    plastic = answer.state[6] > 0
    trial = answer.stress[:, plastic] + 2 / (2 * (1 + nu)) * answer.state[:6, plastic]
    assert answer.ok.all()
    assert (overstress[~plastic] <= 0).all()
    assert (np.abs(overstress[plastic]) <= 4e-15 * np.linalg.norm(trial, axis=0) + 1e-13 * radius[plastic]).all()


def test_a_jagged_table_is_solved(respond):
    strains = np.cumsum([0.0, 1e-8, 1e-3, 1e-6, 5e-3, 1e-9, 1e-2])
    stresses = np.array([1e8, 2e8, 2e8, 3e8, 3.1e8, 6e8, 6e8])
    material = laws.J2Plasticity(E, NU, laws.TabulatedHardening(strains, stresses))
    for p in np.concatenate([strains[1:], 0.5 * (strains[1:] + strains[:-1]), [0.5]]):
        radius = np.interp(p, strains, stresses)
        stress, state = respond(material, shear(p, radius))
        steepest = 3e8 / 1e-9
        assert np.isclose(mises(stress), radius, rtol=1e-12, atol=4e-16 * steepest * p)
        assert np.isclose(state[6], p, rtol=1e-10)


def test_below_yield_it_is_hookes_law():
    strain = 2e-4 * np.random.default_rng(2).normal(size=(6, 100))
    answer = laws.evaluate(law("power"), strain, tangent=True)
    hooke = laws.LinearElastic.isotropic(E, NU).stiffness
    assert np.allclose(answer.stress, hooke @ strain, rtol=1e-12, atol=1e-4)
    assert np.allclose(answer.tangent, hooke[np.triu_indices(6)][:, None], rtol=1e-12, atol=1e-3)
    assert not answer.state.any()


def test_viscous_relaxation_converges_to_the_exact_exponential_with_first_order(respond):
    viscosity, time, start = 2e10, 1.0, 4e8
    material = law("perfect", viscosity=viscosity)
    exact = 1e8 + (start - 1e8) * np.exp(-2 * G * time / viscosity)
    strain = shear(0.0, start)
    errors = []
    for steps in (20, 40, 80):
        stress, _ = respond(material, *[strain] * steps, dt=time / steps)
        errors.append(abs(mises(stress) - exact))
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert np.allclose(orders, 1.0, atol=0.05)


def test_viscous_step_solves_its_local_equation(respond):
    viscosity, dt, q = 1e9, 0.1, 9e8
    stress, state = respond(law("linear", viscosity=viscosity), shear(0.0, q), dt=dt)
    increment = (q - 1e8) / (3 * G + 1e9 + 1.5 * viscosity / dt)
    assert np.isclose(state[6], increment, rtol=1e-12)
    assert np.isclose(mises(stress), q - 3 * G * increment, rtol=1e-12)


def test_slow_loading_of_the_viscous_law_is_rate_independent(respond):
    strain = shear(0.01, EXACT["saturation"](0.01))
    slow, _ = respond(law("saturation", viscosity=1e9), strain, dt=1e15)
    plain, _ = respond(law("saturation"), strain)
    assert np.allclose(slow, plain, rtol=1e-11, atol=1e-4)


def test_free_energy_and_dissipation_add_up_to_the_work_in_monotone_shear(respond):
    """Of the plastic work, the integral of R dp, linear hardening stores H p^2/2 and sigma_0 p is dissipated."""
    import jax.numpy as jnp

    p = 0.01
    strain = shear(p, EXACT["linear"](p))
    _, state = respond(law("linear"), strain)
    rows = {"plastic_strain": tuple(jnp.asarray(state[:6])), "equivalent_plastic_strain": (jnp.asarray(state[6]),)}
    energy = law("linear").free_energy(tuple(jnp.asarray(laws.to_mandel(strain))), rows)
    assert np.isclose(energy, EXACT["linear"](p) ** 2 / (6 * G) + 0.5 * 1e9 * p**2, rtol=1e-9)


def test_cites_viscosity_only_where_there_is_one():
    assert [c.doi for c in law("linear").citations] == ["10.1007/b98904"]
    assert len(law("linear", viscosity=1.0).citations) == 2
