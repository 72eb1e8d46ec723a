"""Macroscopic tangents against differences of the response, and Newton's method with them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scalebridge import solids
from scalebridge.solids import elasticity as el
from scalebridge.solids.rve._advance import Target
from scalebridge.solids.rve._newton import Tolerance
from support.random_cells import J2, NEO_HOOKEAN, SOFT, STIFF, VISCOELASTIC, random_cell, symmetric
from support.voxel_elements import mandel_basis

SMALL = {
    "linear": (SOFT, STIFF, 1e-3),
    "plastic": (J2, STIFF, 8e-3),
    "viscous plastic": (replace(J2, viscosity=1e9), J2, 8e-3),
    "tabulated": (solids.J2Plasticity(70e9, 0.3, solids.TabulatedHardening([0, 0.5], [1e8, 4e9])), STIFF, 8e-3),
    "power": (solids.J2Plasticity(70e9, 0.3, solids.PowerHardening(1e8, 5e8, 0.4, 1e-3)), STIFF, 8e-3),
    "viscoelastic": (VISCOELASTIC, STIFF, 1e-2),
}
FINITE = {
    "neo-Hooke": (NEO_HOOKEAN, solids.NeoHookean(20e6, 0.25), 0.25),
    "Saint Venant-Kirchhoff": (SOFT, STIFF, 0.04),
}
DIRECTION = symmetric(np.random.default_rng(11)) + 0.3 * np.diag([1.0, -1.0, 0.0])
TURNED = DIRECTION + np.array([[0, 0.4, 0], [-0.4, 0, 0.2], [0, -0.2, 0]])


def rve_of(kind, name, cell, boundary="periodic", element="full"):
    a, b, amount = {"small": SMALL, "finite": FINITE}[kind][name]
    rve = solids.RVE(cell, {0: a, 1: b}, boundary, element, kind, tolerance=1e-12)
    offset = np.eye(3) if kind == "finite" else np.zeros((3, 3))
    direction = TURNED if kind == "finite" else DIRECTION
    return rve, offset, amount * direction / np.abs(direction).max()


def differences(rve, before, strain, step, basis, dt):
    """Central differences of the mean stress along the columns of `basis`, all in one batch of loads."""
    columns = basis.shape[1]
    loads = np.concatenate([strain + sign * step * basis.T.reshape(-1, 3, 3) for sign in (1, -1)])
    states = copies(rve, before, 2 * columns)
    _, result = rve.respond(loads, states, dt=dt, tangent=False)
    assert result.converged
    change = (result.stress[:columns] - result.stress[columns:]).reshape(columns, 9)
    return basis.T @ change.T / (2 * step)


def copies(rve, state, count):
    """The same state `count` times."""
    nq = len(rve.grid.points)
    internal = {
        p: np.repeat(v.reshape(len(v), 1, nq, -1), count, axis=1).reshape(len(v), -1) for p, v in state.internal.items()
    }
    many = {n: np.repeat(getattr(state, n), count, axis=0) for n in ("fluctuation", "gradient", "stress")}
    return replace(state, internal=internal, tangent=None, sensitivity=None, **many)


def check_tangent(kind, name, cell, boundary="periodic", element="full"):
    rve, offset, amount = rve_of(kind, name, cell, boundary, element)
    half = rve.drive(solids.LoadPath.strains((offset + 0.6 * amount)[None], np.array([0.3])))
    state, result = rve.respond((offset + amount)[None], half.state, dt=0.2)
    assert result.converged
    basis = np.eye(9) if kind == "finite" else mandel_basis()
    step = 1e-5 * np.abs(amount).max()
    expected = differences(rve, half.state, offset + amount, step, basis, 0.2)
    error = np.abs(result.tangent[0] - expected).max() / np.abs(expected).max()
    assert error < 1e-6
    return rve, state


@pytest.mark.parametrize("name", SMALL)
def test_small_strain_tangent_against_differences(name):
    rve, state = check_tangent("small", name, random_cell((3, 2, 3)))
    if name in ("plastic", "tabulated", "power"):
        start = rve.effective_stiffness()
        assert np.linalg.eigvalsh(state.tangent[0]).min() < 0.5 * np.linalg.eigvalsh(start).min()


@pytest.mark.parametrize("name", FINITE)
def test_finite_strain_tangent_against_differences(name):
    check_tangent("finite", name, random_cell((3, 2, 3)))


@pytest.mark.parametrize("boundary", ["periodic", "kubc", "subc"])
@pytest.mark.parametrize("element", ["full", "bbar", "reduced"])
def test_tangent_under_every_boundary_condition(boundary, element):
    check_tangent("small", "plastic", random_cell((3, 4)), boundary, element)
    if element == "full" or (element, boundary) in [("reduced", "periodic"), ("reduced", "kubc")]:
        check_tangent("finite", "neo-Hooke", random_cell((3, 3, 2)), boundary, element)


def test_tangent_of_a_finite_rotation_turns_the_stress():
    # d P / d F along a rotation W F is W P: the energy does not see rotations
    rve, offset, amount = rve_of("finite", "neo-Hooke", random_cell((3, 2, 3)))
    _, result = rve.respond((offset + amount)[None])
    spin = np.array([[0, -1.0, 0.3], [1.0, 0, -0.6], [-0.3, 0.6, 0]])
    turning = result.tangent[0] @ (spin @ result.strain[0]).ravel()
    expected = (spin @ result.stress[0]).ravel()
    np.testing.assert_allclose(turning, expected, rtol=0, atol=1e-6 * np.abs(result.tangent).max())


@pytest.mark.parametrize(
    ("kind", "name", "begun", "factor"),
    [("small", "plastic", 0.7, 4.0), ("small", "power", 0.7, 2.0), ("finite", "neo-Hooke", 0.5, 1.5)],
)
def test_newton_converges_quadratically(kind, name, begun, factor):
    rve, offset, amount = rve_of(kind, name, random_cell((4, 3, 4)))
    solver = replace(rve._solver, tolerance=Tolerance(force=1e-12, forcing=1e-6), halvings=0)
    before = rve.drive(solids.LoadPath.strains((offset + begun * factor * amount)[None])).state
    target = Target(factor * amount.reshape(1, 9), np.full((1, 9), np.nan), 2.0)
    # without what is remembered, the first guess is a uniform change of strain
    _, result, _ = solver.advance(replace(before, tangent=None, sensitivity=None), target, tangent=False)
    assert result.converged
    size = result.history[:, 0]
    orders = np.log(size[2:] / size[1:-1]) / np.log(size[1:-1] / size[:-2])
    # linear solves in single precision leave 2e-6 of each residual, rounding leaves 1e-13
    clean = (size[2:] > 2e-11) & (size[2:] > 5e-6 * size[1:-1])
    assert orders[clean][-1] >= 1.8, size


def test_inexact_solves_save_iterations():
    rve, offset, amount = rve_of("finite", "neo-Hooke", random_cell((4, 3, 4)))
    target = Target(amount.reshape(1, 9), np.full((1, 9), np.nan), 1.0)
    counts = []
    for forcing in (1e-6, Tolerance().forcing):
        solver = replace(rve._solver, tolerance=Tolerance(force=1e-10, forcing=forcing))
        _, result, _ = solver.advance(solver.initial(1), target, tangent=False)
        assert result.converged
        counts.append(result.linear)
    assert counts[1] < counts[0]


def test_undeformed_tangent_is_the_elastic_stiffness():
    cell = random_cell((3, 4, 3))
    elastic = solids.LinearElastic.isotropic(J2.youngs_modulus, J2.poisson_ratio)
    expected = solids.RVE(cell, {0: elastic, 1: STIFF}, tolerance=1e-12).effective_stiffness()
    found = solids.RVE(cell, {0: J2, 1: STIFF}, tolerance=1e-10).effective_stiffness()
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6 * expected.max())
    rubber = solids.RVE(cell, {0: NEO_HOOKEAN, 1: STIFF}, kinematics="finite").effective_stiffness()
    soft = solids.LinearElastic.isotropic(NEO_HOOKEAN.youngs_modulus, NEO_HOOKEAN.poisson_ratio)
    expected = solids.RVE(cell, {0: soft, 1: STIFF}).effective_stiffness()
    np.testing.assert_allclose(rubber, expected, rtol=0, atol=1e-6 * expected.max())
    assert el.find_symmetry(found) is not None
