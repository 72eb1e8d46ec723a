"""Potentials: forces are derivatives, gradients are derivatives by the coefficients, splines converge as they should."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalebridge.errors import InputError
from scalebridge.molecules.potentials import (
    Basis,
    Fourier,
    Harmonic,
    LennardJones,
    Potential,
    Spline,
    extend_core,
    potential_from_table,
    potential_table,
)

RNG = np.random.default_rng(2)
ZOO: dict[str, tuple[Potential, np.ndarray]] = {
    "plain": (LennardJones(1.0, 1.3, 2.5, "none"), np.linspace(0.9, 2.4, 9)),
    "energy-shifted": (LennardJones(1.0, 1.3, 2.5, "energy"), np.linspace(0.9, 2.4, 9)),
    "force-shifted": (LennardJones(1.0, 1.3, 2.5, "force"), np.linspace(0.9, 2.4, 9)),
    "repulsive": (LennardJones(1.0, 1.3), np.linspace(0.9, 1.1, 9)),
    "harmonic": (Harmonic(3.0, 0.4), np.linspace(0.1, 0.9, 9)),
    "fourier": (Fourier(np.array([1.0, 2.0, 3.0, 4.0])), np.linspace(-3.0, 3.0, 9)),
    "spline": (Spline.through(np.linspace(0, 1, 9), np.linspace(0, 1, 9) ** 3), np.linspace(-0.2, 1.3, 9)),
    "cut": (Spline(Basis(0.2, 1.0, 8, 4), RNG.random(12), True), np.linspace(0.1, 0.98, 9)),
    "periodic": (Spline(Basis(-np.pi, np.pi, 9, 3, True), RNG.random(9)), np.linspace(-3.1, 3.1, 9)),
}


@pytest.mark.parametrize("name", ZOO)
def test_forces_and_gradients_are_derivatives(name: str) -> None:
    potential, x = ZOO[name]
    h = 1e-6
    slope = -(potential.energy(x + h) - potential.energy(x - h)) / (2 * h)
    np.testing.assert_allclose(potential.force(x), slope, atol=2e-7 * max(1.0, np.abs(slope).max()))
    c = potential.coefficients
    for k, unit in enumerate(np.eye(len(c))):
        up, down = (potential.with_coefficients(c + sign * h * unit).energy(x) for sign in (1, -1))
        np.testing.assert_allclose(potential.gradient(x)[:, k], (up - down) / (2 * h), atol=1e-6)
        up, down = (potential.with_coefficients(c + sign * h * unit).gradient(x) for sign in (1, -1))
        np.testing.assert_allclose(potential.curvature(x)[:, k], (up - down) / (2 * h), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ZOO)
def test_tables_of_numbers_give_the_potential_back(name: str) -> None:
    potential, x = ZOO[name]
    again = potential_from_table(potential_table(potential))
    np.testing.assert_array_equal(again.energy(x), potential.energy(x))


@given(st.integers(0, 7), st.integers(8, 30), st.booleans())
@settings(max_examples=40, deadline=None)
def test_splines_are_a_partition_of_unity(degree: int, intervals: int, periodic: bool) -> None:
    basis = Basis(-1.0, 2.0, intervals, degree, periodic)
    x = np.linspace(-1.0, 2.0, 37)
    np.testing.assert_allclose(basis.matrix(x).sum(axis=1), 1.0, atol=1e-12)
    if degree:
        np.testing.assert_allclose(basis.derivative_matrix(x).sum(axis=1), 0.0, atol=1e-9)


def test_interpolation_is_of_fourth_order() -> None:
    def error(points: int) -> float:
        x = np.linspace(0.0, np.pi, points)
        fine = np.linspace(0.0, np.pi, 999)
        return float(np.abs(Spline.through(x, np.sin(x)).energy(fine) - np.sin(fine)).max())

    assert np.log2(error(21) / error(41)) == pytest.approx(4.0, abs=0.1)


def test_the_potential_of_a_force_is_its_integral() -> None:
    basis = Basis(0.3, 1.2, 7, 5)
    force = RNG.random(basis.size)
    potential = Spline.from_force(basis, force, cut=True)
    x = np.linspace(0.3, 1.2, 31)
    np.testing.assert_allclose(potential.force(x), basis.matrix(x) @ force, atol=1e-12)
    assert float(potential.energy(1.2)) == pytest.approx(0.0, abs=1e-13)


def test_cores_join_smoothly_and_repel() -> None:
    x = 0.01 * np.arange(1, 91)
    energy = LennardJones(0.3, 1.0, 0.9, "energy").energy(x)
    sampled = x > 0.28
    whole = extend_core(x, np.where(sampled, energy, -1e9), sampled)
    np.testing.assert_array_equal(whole[sampled], energy[sampled])
    assert np.all(np.diff(whole[:29]) < 0.0)
    assert np.isfinite(whole).all()
    first = int(np.flatnonzero(sampled)[0])
    slopes = np.diff(whole[first - 2 : first + 2])
    assert slopes[0] < slopes[1] < slopes[2] < 0.0
    # a well at the edge of what was sampled still gets a core
    flat = extend_core(x, np.zeros_like(x), sampled)
    assert flat[0] > 10.0


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Basis(1.0, 1.0, 5), "start < stop"),
        (lambda: Basis(0.0, 1.0, 0), "too few"),
        (lambda: Basis(0.0, 1.0, 5, 9), "degree"),
        (lambda: Spline(Basis(0.0, 1.0, 5), np.zeros(3)), "8 coefficients"),
        (lambda: Spline(Basis(0.0, 1.0, 5), np.full(8, np.nan)), "not finite"),
        (lambda: Spline.through([0.0, 0.1, 0.3, 0.4, 0.5], np.zeros(5)), "uniform"),
        (lambda: Spline.through(np.linspace(0, 1, 5), [0, 1, np.inf, 0, 0]), "not finite at x = 0.5"),
        (lambda: LennardJones(-1.0, 1.0), "sigma > 0"),
        (lambda: LennardJones(1.0, 1.0, shift="maybe"), "shift"),
        (lambda: Harmonic(np.nan, 1.0), "finite"),
        (lambda: Fourier(np.zeros(3)), "sines"),
        (lambda: extend_core(np.arange(9.0), np.zeros(9), np.zeros(9, bool)), "sampled"),
        (lambda: potential_from_table({"form": "magic"}), "Unknown form"),
        (lambda: potential_from_table({"form": "harmonic", "k": 1.0}), "x0"),
    ],
)
def test_what_is_no_potential_says_so(make, words: str) -> None:
    with pytest.raises(InputError, match=words):
        make()
