"""The generalised Maxwell solid against exact relaxation, creep and oscillation in shear."""

from __future__ import annotations

import numpy as np

from scalebridge.solids import laws

E, NU = 2.0, 0.25
G, K = E / (2 * (1 + NU)), E / (3 * (1 - 2 * NU))
ARMS = (laws.MaxwellArm(1.5, 0.3), laws.MaxwellArm(0.7, 4.0, 0.9))
SOLID = laws.Viscoelastic(E, NU, ARMS)
SHEAR = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]])


def test_relaxation_is_the_sum_of_exponentials_at_any_step(respond):
    strain = 0.01 * (SHEAR + np.diag([1, 0, 0]))
    state = laws.evaluate(SOLID, laws.to_mandel(strain)[:, None], None, 1e-14, tangent=False).state
    volumetric, deviator = np.trace(strain), strain - np.trace(strain) / 3 * np.eye(3)
    for time in (0.01, 0.5, 3.0, 100.0):
        answer = laws.evaluate(SOLID, laws.to_mandel(strain)[:, None], state, time, tangent=False)
        kept = [np.exp(-time / a.relaxation_time) for a in ARMS]
        g = G + sum(a.shear_modulus * k for a, k in zip(ARMS, kept, strict=True))
        k = K + sum(a.bulk_modulus * k for a, k in zip(ARMS, kept, strict=True))
        expected = 2 * g * deviator + k * volumetric * np.eye(3)
        assert np.allclose(laws.from_mandel(answer.stress[:, 0]), expected, rtol=1e-12, atol=1e-15)


def test_strain_linear_in_time_is_integrated_exactly_at_any_step(respond):
    rate, end = 0.02, 2.0
    expected = (
        2
        * rate
        * (G * end + sum(a.shear_modulus * a.relaxation_time * -np.expm1(-end / a.relaxation_time) for a in ARMS))
    )
    for steps in (1, 3, 10):
        strains = [rate * end * k / steps * SHEAR for k in range(1, steps + 1)]
        stress, _ = respond(SOLID, *strains, dt=end / steps)
        assert np.isclose(stress[0, 1], expected, rtol=1e-12)


def test_oscillation_converges_to_the_exact_response_with_second_order(respond):
    frequency, end = 3.0, 2.0

    def exact(time):
        total = G * np.sin(frequency * time)
        for a in ARMS:
            x = frequency * a.relaxation_time
            decay = np.exp(-time / a.relaxation_time)
            total += (
                a.shear_modulus * x / (1 + x * x) * (x * np.sin(frequency * time) + np.cos(frequency * time) - decay)
            )
        return 2 * total

    errors = []
    for steps in (20, 40, 80):
        times = end * np.arange(1, steps + 1) / steps
        stress, _ = respond(SOLID, *(np.sin(frequency * t) * SHEAR for t in times), dt=end / steps)
        errors.append(abs(stress[0, 1] - exact(end)))
    assert np.allclose(np.log2(np.array(errors[:-1]) / errors[1:]), 2.0, atol=0.05)


def test_creep_of_the_standard_linear_solid_converges_with_second_order():
    arm = laws.MaxwellArm(1.5, 0.3)
    solid = laws.Viscoelastic(E, NU, (arm,))
    load, end = 0.05, 1.0
    retardation = arm.relaxation_time * (G + arm.shear_modulus) / G
    exact = load / (2 * G) * (1 - arm.shear_modulus / (G + arm.shear_modulus) * np.exp(-end / retardation))
    errors = [abs(_creep(solid, load, end, steps) - exact) for steps in (8, 16, 32)]
    assert np.allclose(np.log2(np.array(errors[:-1]) / errors[1:]), 2.0, atol=0.06)


def _creep(solid, load, end, steps):
    """Shear strain under a shear stress held from time 0, one linear equation per step."""
    state, strain = None, np.zeros((6, 1))
    for dt in [1e-12, *[end / steps] * steps]:
        probe = laws.evaluate(solid, strain, state, dt, tangent=True)
        stiffness = probe.tangent[-1, 0]
        strain[5] += (np.sqrt(2) * load - probe.stress[5, 0]) / stiffness
        state = laws.evaluate(solid, strain, state, dt, tangent=False).state
    return strain[5, 0] / np.sqrt(2)


def test_fast_and_slow_loading_show_the_glassy_and_the_long_term_modulus(respond):
    fast, _ = respond(SOLID, 0.01 * SHEAR, dt=1e-12)
    slow, _ = respond(SOLID, 0.01 * SHEAR, dt=1e12)
    assert np.isclose(fast[0, 1], 0.02 * (G + 1.5 + 0.7), rtol=1e-10)
    assert np.isclose(slow[0, 1], 0.02 * G, rtol=1e-10)
