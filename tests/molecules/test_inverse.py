"""Bottom-up methods as functions of statistics."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.molecules.dynamics import CoarseForces, Protocol, simulate
from scalebridge.molecules.inverse import (
    EntropySlope,
    boltzmann_inversion,
    entropy_slope,
    force_matching,
    gauss_newton_update,
    hnc_potential,
    hnc_response,
    ibi_update,
    imc_update,
    linear_response,
    multistate_update,
    newton_step,
    pair_entropy_slope,
    reweight,
    similarity,
    simple_amplitude,
    tikhonov,
    wjk_amplitude,
)
from scalebridge.molecules.mapping import Frames
from scalebridge.molecules.potentials import Basis, Harmonic, LennardJones
from scalebridge.molecules.statistics import BAR, R, virial_pressure
from support.liquids import chain_model, liquid

KT = 2.5
RNG = np.random.default_rng(7)


def test_bonds_and_angles_are_inverted_with_their_jacobians() -> None:
    x = np.linspace(0.2, 0.4, 201)
    bond = Harmonic(3000.0, 0.3)
    energy, sampled = boltzmann_inversion("bond", x, x**2 * np.exp(-bond.energy(x) / KT), KT)
    expected = bond.energy(x)
    np.testing.assert_allclose(energy[sampled], expected[sampled], atol=1e-9)
    theta = np.linspace(0.01, 3.1, 100)
    angle = Harmonic(20.0, 2.0)
    energy, sampled = boltzmann_inversion("angle", theta, np.sin(theta) * np.exp(-angle.energy(theta) / KT), KT)
    away = energy[sampled] - angle.energy(theta[sampled])
    np.testing.assert_allclose(away, away[0], atol=1e-9)
    with pytest.raises(InputError, match="zero everywhere"):
        boltzmann_inversion("pair", x, np.zeros_like(x), KT)


def test_updates_push_towards_the_target() -> None:
    current, target = np.array([0.0, 0.5, 1.2, 1.0]), np.array([0.0, 1.0, 1.0, 1.0])
    change, seen = ibi_update(current, target, KT, scale=0.5)
    np.testing.assert_allclose(change, 0.5 * KT * np.array([0.0, np.log(0.5), np.log(1.2), 0.0]))
    assert seen.tolist() == [False, True, True, True]
    np.testing.assert_allclose(multistate_update([change, 3 * change], [1.0, 0.0]), change / 2)
    with pytest.raises(InputError, match="one weight for each"):
        multistate_update([change], [1.0, 2.0])
    assert similarity(target, target) == 1.0
    assert similarity(target, 0 * target) == 0.0


def test_pressure_corrections_have_the_right_sign_and_size() -> None:
    assert simple_amplitude(5000.0, 1.0, KT) == pytest.approx(-0.1 * KT)
    assert simple_amplitude(1.0, 101.0, KT) == pytest.approx(0.1 * KT * 0.03)
    # to first order the linear term changes the virial pressure by what was asked
    r = 0.01 * np.arange(1, 91)
    g = (r > 0.25).astype(float)
    amplitude = wjk_amplitude(100.0, 80.0, r, g, 0.9, 30.0, KT)
    force = np.full_like(r, amplitude / 0.9)
    change = virial_pressure(r, g, force, 30.0, KT) - virial_pressure(r, g, 0 * r, 30.0, KT)
    assert change == pytest.approx(-20.0, rel=1e-6)
    assert abs(wjk_amplitude(1e6, 0.0, r, g, 0.9, 30.0, KT)) == pytest.approx(0.1 * KT)


def test_inverse_monte_carlo_is_exact_for_poisson_counts() -> None:
    # independent counts: cov = diag(mean), so that dU = kT (1 - S*/S)
    counts = RNG.poisson(200.0, (20000, 3)).astype(float)
    change = imc_update(counts, np.array([200.0, 180.0, 220.0]), KT)
    np.testing.assert_allclose(change, KT * (1.0 - np.array([1.0, 0.9, 1.1])), atol=0.01)
    never = np.concatenate([counts, np.zeros((20000, 1))], axis=1)
    assert imc_update(never, np.array([200.0, 200.0, 200.0, 5.0]), KT)[3] == 0.0


def test_the_response_knows_its_error() -> None:
    # two modes of the counts: a stiff one and a soft one; the error bar is the scatter over many short simulations
    mean = np.array([400.0, 100.0])
    spread = np.linalg.cholesky(np.array([[400.0, -190.0], [-190.0, 100.0]]))
    found = []
    for _ in range(200):
        counts = mean + RNG.standard_normal((200, 2)) @ spread.T
        response = linear_response(counts, mean, KT)
        found.append((response.change, response.error))
        assert response.seen.all()
    changes, errors = np.array(found).transpose(1, 0, 2)
    np.testing.assert_allclose(errors.mean(axis=0), changes.std(axis=0), rtol=0.2)
    np.testing.assert_allclose(changes.mean(axis=0), 0.0, atol=4.0 * changes.std(axis=0).max() / np.sqrt(200))
    assert response.stiffness[0] == pytest.approx(0.05, rel=0.3)
    with pytest.raises(InputError, match="twice as many"):
        linear_response(counts[:30], mean, KT)


def test_tikhonov_is_the_normal_equation() -> None:
    matrix, right = RNG.random((6, 6)), RNG.random(6)
    expected = np.linalg.solve(matrix.T @ matrix + 0.3 * np.eye(6), matrix.T @ right)
    np.testing.assert_allclose(tikhonov(matrix, right, 0.3), expected, rtol=1e-9)
    singular = np.ones((3, 3))
    np.testing.assert_allclose(tikhonov(singular, np.ones(3)), 1.0 / 3.0)
    with pytest.raises(InputError, match="zero or positive"):
        tikhonov(matrix, right, -1.0)
    with pytest.raises(InputError, match="not finite"):
        tikhonov(matrix, right * np.nan)


def test_entropy_slope_of_a_gaussian() -> None:
    # one coordinate, U = l x^2 / 2: S is least where the variances agree, and its curvature is known
    coarse = 0.5 * RNG.standard_normal((200_000, 1)) ** 2
    slope = entropy_slope(np.array([0.5 * 0.8]), coarse, 1.0)
    assert slope.gradient[0] == pytest.approx(0.5 * 0.8 - 0.5, abs=0.01)
    assert slope.hessian[0, 0] == pytest.approx(0.5, rel=0.02)
    assert newton_step(slope)[0] == pytest.approx(0.2, abs=0.02)
    saddle = EntropySlope(np.array([1.0, 2.0]), np.diag([1.0, -1.0]))
    np.testing.assert_allclose(newton_step(saddle, scale=0.5), [-0.5, -1.0])


def test_entropy_of_pairs_has_its_least_at_the_truth() -> None:
    r = np.linspace(0.5, 3.0, 500)
    truth = LennardJones(1.0, 1.0)
    g = np.exp(-truth.energy(r))
    at_truth = pair_entropy_slope(truth, r, r**2, g, g, 1.0)
    np.testing.assert_allclose(at_truth.gradient, 0.0, atol=1e-12)
    assert np.linalg.eigvalsh(at_truth.hessian)[0] >= -1e-9


def test_reweighting_counts_effective_frames() -> None:
    weights, worth = reweight(np.zeros(50), 0.4)
    np.testing.assert_allclose(weights, 0.02)
    assert worth == pytest.approx(50.0)
    weights, worth = reweight(np.array([0.0, 1e5, 1e5]), 0.4)
    assert worth == pytest.approx(1.0)
    x = RNG.standard_normal(400_000)
    weights, _ = reweight(0.5 * x**2, 1.0)
    assert (weights * x**2).sum() == pytest.approx(0.5, rel=0.01)


def test_hnc_has_its_known_limits() -> None:
    r = 0.02 * np.arange(1, 401)
    u = 0.4 * np.exp(-(r**2))
    # thin gas: g = exp(-u/kT), u comes back up to terms of the density
    g = np.exp(-u / KT)
    np.testing.assert_allclose(hnc_potential(r, g, 1e-6, KT), u, atol=1e-5)
    # the response is the derivative of the potential
    bump = np.exp(-((r - 1.0) ** 2) / 0.1)
    h = 1e-5
    slope = (hnc_potential(r, g + h * bump, 0.3, KT) - hnc_potential(r, g - h * bump, 0.3, KT)) / (2 * h)
    np.testing.assert_allclose(hnc_response(r, g, 0.3, KT) @ bump, slope, atol=1e-6)
    with pytest.raises(InputError, match="start the grid"):
        hnc_potential(r + 0.01, g, 0.3, KT)


def test_gauss_newton_finds_a_known_change() -> None:
    # g and target are both those of hypernetted chains: one step closes the gap to first order
    r = 0.02 * np.arange(1, 301)
    g = np.exp(-0.3 * np.exp(-(r**2)))
    bump = np.where(r < 1.5, 0.01 * np.cos(np.pi * r / 3.0) ** 2, 0.0)
    target = g + np.linalg.solve(hnc_response(r, g, 0.3, KT), bump)
    change = gauss_newton_update(r, g, target, 0.3, KT, 1.5)
    np.testing.assert_allclose(change, bump, atol=3e-4)
    before, after = 1.0, 1.2
    held = gauss_newton_update(r, g, target, 0.3, KT, 1.5, pressure=(before, after))
    force = -np.gradient(held, r)
    moved = (virial_pressure(r, g, force, 0.3, KT) - virial_pressure(r, g, 0 * r, 0.3, KT)) / BAR
    assert moved == pytest.approx(0.2, rel=0.05)


def test_force_matching_returns_the_potentials_of_a_pairwise_system() -> None:
    model = chain_model(27, 4)
    run = model.simulate(3.0, timestep=0.002, every=0.05, equilibration=1.0, seed=2)
    forces = CoarseForces(model.beads, model.potentials)
    exact = [forces.evaluate(r, box).forces for r, box in zip(run.frames.positions, run.frames.boxes, strict=True)]
    frames = Frames(run.frames.positions, run.frames.boxes, np.array(exact))
    bases = {name: Basis(0.26, 1.0, 37, 4) for name in model.beads.pairs}
    bases |= {"bond A-B": Basis(0.19, 0.31, 6, 2), "bond B-B": Basis(0.19, 0.33, 6, 2)}
    bases |= {"angle A-B-B": Basis(0.9, np.pi, 8, 2), "dihedral A-B-B-A": Basis(-np.pi, np.pi, 24, 3, True)}
    fit = force_matching(frames, model.beads, bases)
    # what is left are the float32 of the frames and the splines' intervals
    assert fit.residual < 1e-2 * fit.reference
    for name, points in {
        "pair A-A": np.linspace(0.36, 0.95, 30),
        "pair B-B": np.linspace(0.36, 0.95, 30),
        "bond A-B": np.linspace(0.24, 0.26, 5),
        "angle A-B-B": np.linspace(1.8, 2.4, 5),
        "dihedral A-B-B-A": np.linspace(-3.0, 3.0, 20),
    }.items():
        truth = model.potentials[name].force(points)
        np.testing.assert_allclose(fit.force(name, points)[0], truth, atol=0.02 * np.abs(truth).max() + 0.3)
    with pytest.raises(InputError, match="needs forces"):
        force_matching(run.frames, model.beads, bases)
    with pytest.raises(InputError, match="Terms to fit"):
        force_matching(frames, model.beads, {"pair A-C": bases["pair A-A"]})
    with pytest.raises(InputError, match="zero or positive"):
        force_matching(frames, model.beads, bases, ridge=-1.0)


def test_langevin_holds_the_temperature_and_verlet_the_energy() -> None:
    beads, start = liquid()
    potentials = {"pair W-W": LennardJones(0.31, 0.65, 0.9, "force")}
    run = simulate(beads, potentials, start, 300.0, Protocol(2000, 0.004, 20, 500), seed=1)
    assert run.kinetic.mean() == pytest.approx(300.0, rel=0.03)
    free = simulate(beads, potentials, run.phase, 300.0, Protocol(1000, 0.004, 20, 0, ensemble="nve"))
    assert abs(free.drift) * 1e-2 < 0.01 * R * 300.0
    assert free.momentum < 1e-9
    # at half the step the energy fluctuates a quarter as much
    half = simulate(beads, potentials, run.phase, 300.0, Protocol(2000, 0.002, 40, 0, ensemble="nve"))
    assert free.total.std() / half.total.std() == pytest.approx(4.0, abs=1.5)
    again = simulate(beads, potentials, start, 300.0, Protocol(2000, 0.004, 20, 500), seed=1)
    np.testing.assert_array_equal(again.frames.positions, run.frames.positions)
