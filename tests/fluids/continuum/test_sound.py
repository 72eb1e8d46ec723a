"""Sound of the compressible fluid: speed, damping, reflections."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.fluids.continuum import (
    Characteristic,
    CompressibleFluid,
    Continuum,
    IdealGas,
    Linear,
    Periodic,
    Wall,
)

# Lennard-Jones, density 0.81, temperature 1.1 (reference table B10)
RHO, T0, P0, STIFFNESS, THERMAL, CV = 0.81, 1.1, 2.71, 20.9, 4.83, 2.37
EOS = Linear(RHO, T0, P0, STIFFNESS, THERMAL, CV)
MU, BULK, CONDUCTIVITY = 2.2, 1.0, 6.66


def rates_of_plane_wave(k, conductivity):
    """Matrix of the linear equations for density, velocity, temperature of a plane wave."""
    a = np.zeros((3, 3), complex)
    a[0, 1] = -1j * k * RHO
    a[1] = -1j * k * STIFFNESS / RHO, -(4 / 3 * MU + BULK) / RHO * k * k, -1j * k * THERMAL / RHO
    if conductivity:
        a[2, 1] = -1j * k * T0 * THERMAL / (RHO * CV)
        a[2, 2] = -conductivity / (RHO * CV) * k * k
    return a


def measured_mode(n, conductivity, length=100.0, axis=0):
    """Complex rate of a right-going sound mode over half a period, and the exact one."""
    k = 2 * np.pi / length
    values, modes = np.linalg.eig(rates_of_plane_wave(k, conductivity))
    pick = np.argmin(values.imag)
    mode = modes[:, pick] / modes[0, pick] * 1e-6 * RHO
    size, cells, names = [1.0] * 3, [1] * 3, "xyz"[axis]
    size[axis], cells[axis] = length, n
    gas = CompressibleFluid(EOS, RHO, T0, MU, BULK, conductivity)
    fluid = Continuum(size, cells, gas, {names + "-": Periodic(), names + "+": Periodic()})

    def wave(amplitude):
        return lambda p: (amplitude * np.exp(1j * k * p[:, axis])).real

    start = fluid.initial(
        velocity=lambda p: np.eye(3)[axis] * wave(mode[1])(p)[:, None],
        density=lambda p: RHO + wave(mode[0])(p),
        temperature=lambda p: T0 + (wave(mode[2])(p) if conductivity else 0.0),
    )
    time = np.pi / abs(values[pick].imag)
    state, _ = fluid.step(start, dt=time)
    x = (np.arange(n) + 0.5) * length / n
    first, last = (np.mean((s.density.ravel() - RHO) * np.exp(-1j * k * x)) for s in (start, state))
    growth = np.log(-last / first)  # half a period turns the sign
    return growth.real / time + 1j * (growth.imag - np.pi) / time, values[pick]


@pytest.mark.parametrize("conductivity", [None, CONDUCTIVITY])
def test_speed_and_decay_of_sound_to_three_decimals(conductivity):
    found, exact = measured_mode(128, conductivity)
    assert found.imag == pytest.approx(exact.imag, rel=5e-4)
    assert found.real == pytest.approx(exact.real, rel=1e-3)


def test_sound_has_order_two():
    errors = [abs(np.subtract(*measured_mode(n, CONDUCTIVITY, axis=1))) for n in (16, 32)]
    assert np.log2(errors[0] / errors[1]) > 1.9


def test_speed_of_sound_of_equations_of_state():
    rho, t = np.array(RHO), np.array(T0)
    assert EOS.sound_speed(rho, t, True) == pytest.approx(np.sqrt(20.9))
    assert EOS.sound_speed(rho, t, False) == pytest.approx(6.1, rel=0.01)  # table B10
    gas = IdealGas(2.0, 1.4)
    for state in (EOS, gas):
        e = state.energy(rho, t)
        assert state.temperature(rho, e) == pytest.approx(T0, rel=1e-14)
        # isentropic: de = p/rho^2 drho
        d = 1e-6
        warmer = state.temperature(rho + d, e + state.pressure(rho, t) / rho**2 * d)
        slope = (state.pressure(rho + d, warmer) - state.pressure(rho, t)) / d
        assert np.sqrt(slope) == pytest.approx(state.sound_speed(rho, t, False), rel=1e-4)


def reflected(right, conductivity, amplitude=0.05, n=200):
    """Amplitude that comes back from the right end over the one that arrives (reference B11: width 10 sigma, 5 %)."""
    gas = CompressibleFluid(EOS, RHO, T0, MU, 0.0, conductivity)
    c = float(EOS.sound_speed(np.array(RHO), np.array(T0), conductivity is None))
    fluid = Continuum((200.0, 1.0, 1.0), (n, 1, 1), gas, {"x-": Wall(), "x+": right})

    def pulse(p):
        return amplitude * np.exp(-(((p[:, 0] - 120.0) / 10.0) ** 2))

    warm = T0 * THERMAL / (RHO * CV) if conductivity else 0.0
    state = fluid.initial(
        velocity=lambda p: np.eye(3)[0] * c * pulse(p)[:, None],
        density=lambda p: RHO * (1 + pulse(p)),
        temperature=lambda p: T0 + warm * pulse(p),
    )

    def waves(state):
        u = 0.5 * (state.velocity[0][1:, 0, 0] + state.velocity[0][:-1, 0, 0])
        p = state.pressure[:, 0, 0] - P0
        return np.abs(p + RHO * c * u).max(), np.abs(p - RHO * c * u)[n // 4 :].max()

    state, _ = fluid.step(state, dt=60.0 / c)
    arriving = waves(state)[0]
    state, _ = fluid.step(state, dt=70.0 / c)
    return waves(state)[1] / arriving


@pytest.mark.parametrize("conductivity", [None, CONDUCTIVITY])
def test_open_end_lets_sound_out(conductivity):
    assert reflected(Characteristic(), conductivity, n=100) < 0.02


def test_impedance_and_wall():
    assert reflected(Characteristic(impedance=4.9), CONDUCTIVITY, n=100) < 0.03
    assert reflected(Wall(), None, n=100) > 0.7


def test_wave_enters_through_an_open_end():
    """A velocity that is handed over at an open end becomes a wave of pressure rho c u inside."""
    gas = CompressibleFluid(EOS, RHO, T0)
    c, u = np.sqrt(STIFFNESS), 1e-3
    entering = {"velocity": (u, 0.0, 0.0), "pressure": P0 + RHO * c * u}
    fluid = Continuum((100.0, 1.0, 1.0), (100, 1, 1), gas, {"x-": Characteristic(**entering), "x+": Characteristic()})
    state, _ = fluid.step(fluid.initial(), dt=60.0 / c)
    np.testing.assert_allclose(state.pressure[:40, 0, 0] - P0, RHO * c * u, rtol=0.02)
    np.testing.assert_allclose(state.velocity[0][:40, 0, 0], u, rtol=0.02)
    assert np.abs(state.velocity[0][80:]).max() < 0.05 * u
