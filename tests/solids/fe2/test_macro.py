"""The macroscopic solver with ordinary laws: patch tests, tangents, orders of convergence."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge import solids
from scalebridge.solids.fe2 import FE2, BodyForce, Displacement, Pressure, Traction
from scalebridge.solids.fe2._newton import _iterate
from support.bodies import box, distorted, named_faces, on_boundary

STEEL = solids.LinearElastic.isotropic(210e9, 0.3)
RUBBER = solids.NeoHookean(1e6, 0.3)
METAL = solids.J2Plasticity(210e9, 0.3, solids.LinearHardening(200e6, 2e9))
GRADIENT = np.array([[1e-3, 2e-4, 0.0], [3e-4, -5e-4, 1e-4], [0.0, 2e-4, 4e-4]])
ELEMENTS = ("tet4", "tet10", "hex8", "hex8-full", "hex20", "hex27")


@pytest.mark.parametrize("element", ELEMENTS)
def test_patch_test_in_small_strain(element):
    mesh = distorted(box((3, 3, 3), tets=element.startswith("tet")))
    hold = Displacement(on_boundary(mesh), lambda x: GRADIENT @ x)
    found = FE2(mesh, STEEL, [hold], element=element).run(1)
    strain = 0.5 * (GRADIENT + GRADIENT.T)
    assert found.converged
    assert np.abs(found.steps[-1].strain - strain).max() < 1e-12 * np.abs(strain).max() + 1e-16


@pytest.mark.parametrize("element", ELEMENTS)
def test_patch_test_in_finite_strain(element):
    mesh = distorted(box((2, 2, 2), tets=element.startswith("tet")))
    gradient = 300.0 * GRADIENT
    hold = Displacement(on_boundary(mesh), lambda x: gradient @ x)
    found = FE2(mesh, RUBBER, [hold], "finite", element=element).run(2)
    assert found.converged
    assert np.abs(found.steps[-1].strain - np.eye(3) - gradient).max() < 1e-9
    assert all(e.verdict.value == "holds" for e in found.entries)


@pytest.mark.parametrize("element", ["hex8", "tet10"])
def test_stiffness_is_the_derivative_of_the_residual_with_follower_pressure(element):
    mesh = box((2, 1, 1), tets=element.startswith("tet"))
    model = FE2(mesh, RUBBER, [Displacement("left"), Pressure("top", 2e5)], "finite", element=element)
    problem, state = model.problem, model.initial_state
    rng = np.random.default_rng(1)
    u, v = (0.02 * rng.standard_normal(state.displacement.shape) for _ in range(2))
    free = np.ones(u.size, bool)

    def residual(x):
        return _iterate(problem, state, x, 1.0, 1.0, free).residual

    at = _iterate(problem, state, u, 1.0, 1.0, free)
    matrix = problem.assembler.stiffness(u, at.answer.stress, at.answer.tangent)
    matrix = matrix - problem.loading.external_stiffness(u, 1.0)
    step = 1e-6
    difference = (residual(u - step * v) - residual(u + step * v)) / (2 * step)
    assert np.linalg.norm(matrix @ v.ravel() - difference) < 1e-7 * np.linalg.norm(difference)


def manufactured(element, n):
    """Error of the displacement in L2 and of the strain for u = 1e-3 (sin, sin, sin) products."""
    lam = 210e9 * 0.3 / (1.3 * 0.4)
    mu = 210e9 / 2.6
    a, k = 1e-3, np.pi

    def displacement(x):
        s, c = np.sin(k * x), np.cos(k * x)
        return a * np.stack([s[0] * c[1] * s[2], c[0] * s[1] * s[2], s[0] * s[1] * c[2]])

    def force(x):
        # -(lam + mu) grad div u - mu laplace u, with laplace u = -3 k^2 u
        s, c = np.sin(k * x), np.cos(k * x)
        # div u = a k (c0 c1 s2 + c0 c1 s2 - s0 s1 s2)
        ddx = a * k * k * (-2 * s[0] * c[1] * s[2] - c[0] * s[1] * s[2])
        ddy = a * k * k * (-2 * c[0] * s[1] * s[2] - s[0] * c[1] * s[2])
        ddz = a * k * k * (2 * c[0] * c[1] * c[2] - s[0] * s[1] * c[2])
        return -(lam + mu) * np.stack([ddx, ddy, ddz]) + mu * 3 * k * k * displacement(x)

    mesh = box((n, n, n), tets=element.startswith("tet"))
    conditions = [Displacement(on_boundary(mesh), displacement), BodyForce(force)]
    model = FE2(mesh, STEEL, conditions, element=element)
    found = model.run(1)
    assert found.converged
    space = model.space
    local = found.state.displacement[space.connectivity]
    at_points = np.einsum("eqa,eac->eqc", space.value, local).reshape(-1, 3)
    error = at_points - displacement(space.positions.T).T
    w = space.weights.ravel()
    return np.sqrt((w[:, None] * error**2).sum())


@pytest.mark.parametrize(("element", "order", "grids"), [
    ("hex8", 2, (4, 8)), ("hex20", 3, (2, 4)), ("hex8-full", 2, (4, 8)),
    ("hex27", 3, (2, 4)), ("tet4", 2, (4, 8)), ("tet10", 3, (2, 4)),
])  # fmt: skip
def test_manufactured_solution_converges_at_its_order(element, order, grids):
    coarse, fine = (manufactured(element, n) for n in grids)
    assert np.log2(coarse / fine) > order - 0.3


def test_j2_bar_follows_its_hardening_and_yields_in_reverse():
    bar = box((2, 1, 1), (2.0, 1.0, 1.0))
    course = ((0.0, 0.0), (1.0, 1.0), (2.0, 0.0))
    conditions = [
        Displacement("left", (0.0, None, None)), Displacement("front", (None, 0.0, None)),
        Displacement("bottom", (None, None, 0.0)), Displacement("right", (1e-2, None, None), course),
    ]  # fmt: skip
    model = FE2(bar, METAL, conditions, element="hex8")
    found = model.run([0.5, 1.0, 1.5, 2.0])
    assert found.converged
    stress = np.array([s.stress[0, 0, 0] for s in found.steps])
    # sigma = (sy + H ep), e = sigma / E + ep at e = 0.0025, 0.005; then elastic unloading with reverse yield
    plastic = [(e - 200e6 / 210e9) / (1 + 2e9 / 210e9) for e in (0.0025, 0.005)]
    expected = [200e6 + 2e9 * p for p in plastic]
    assert stress[:2] == pytest.approx(expected, rel=1e-9)
    yield_now = expected[1]
    back = 0.005 - 2 * yield_now / 210e9
    ep = (back - 0.0) / (1 + 2e9 / 210e9)
    assert stress[3] == pytest.approx(-(yield_now + 2e9 * ep), rel=1e-6)
    assert all(e.verdict.value == "holds" for e in found.entries)


def test_hex8_does_not_lock_where_full_integration_does():
    """Cantilever of nearly incompressible material against beam theory with shear."""
    soft = solids.LinearElastic.isotropic(1e6, 0.4999)
    bar = box((16, 2, 4), (8.0, 1.0, 1.0))
    tip = {}
    for element in ("hex8", "hex8-full"):
        model = FE2(bar, soft, [Displacement("left"), Traction("right", (0.0, 0.0, 10.0))], element=element)
        found = model.run(1)
        tip[element] = found.state.displacement[np.isclose(model.space.nodes[:, 0], 8.0), 2].mean()
    exact = 10.0 * 8.0**3 / (3 * 1e6 / 12)
    assert tip["hex8"] == pytest.approx(exact, rel=0.15)
    assert tip["hex8-full"] < 0.8 * tip["hex8"]


def test_failed_step_keeps_everything_before_it():
    bar = named_faces(box((2, 1, 1)))
    plastic = solids.J2Plasticity(210e9, 0.3, solids.LinearHardening(200e6, 0.0))
    pull = Traction("right", (400e6, 0.0, 0.0))
    found = FE2(
        bar,
        plastic,
        [
            Displacement("left", (0.0, None, None)),
            Displacement("front", (None, 0.0, None)),
            Displacement("bottom", (None, None, 0.0)),
            pull,
        ],
        element="hex8",
    ).run(4)
    assert not found.converged
    assert [s.converged for s in found.steps][:1] == [True]
    assert found.steps[-1].reason
    assert found.state.time <= 0.51
