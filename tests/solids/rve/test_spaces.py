"""Spaces of fluctuations: what they leave out, and that their preconditioners invert what they claim to."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.solids import Conduction, LinearElastic
from scalebridge.solids.rve._grid import voxel_grid
from scalebridge.solids.rve._linear import System, solve
from scalebridge.solids.rve._material import Material
from scalebridge.solids.rve._spaces import fluctuation_space
from support.random_cells import SOFT, random_stiffness
from support.voxel_elements import VoxelElements

SHAPES = [(4, 4, 4), (3, 5, 7), (4, 3, 6), (6, 5), (4, 8)]
RNG = np.random.default_rng(21)
REFERENCES = {
    "isotropic": SOFT,
    "anisotropic": LinearElastic(random_stiffness(RNG)),
    "conducting": Conduction(random_stiffness(RNG, 3)),
}


def homogeneous(shape, boundary, element, law):
    size = (0.7 * shape[0], 1.1 * shape[1], 1.6 * shape[-1])[: len(shape)]
    grid = voxel_grid(shape, size, boundary, element)
    material = Material(grid, np.zeros(grid.voxels, np.int64), {0: law}, finite=False)
    operator, space = material.linear_operator(), fluctuation_space(grid, material.reference(material.mean_stiffness))
    return grid, operator, space


def components(law):
    return 1 if isinstance(law, Conduction) else 3


def mean_gradients(u, grid):
    """Mean gradient of every field of `u` (B, C, nodes), from plain elements, (B, C, 3)."""
    plain = VoxelElements(
        grid.shape,
        grid.spacing,
        (False, grid.flat, False),
        grid.boundary == "periodic",
        grid.element,
        u.shape[1],
    )
    g = plain.gradient_matrix()
    return np.array([(g @ field.ravel()).reshape(-1, u.shape[1], 3).mean(axis=0) for field in u])


@pytest.mark.parametrize("element", ["full", "reduced"])
@pytest.mark.parametrize("name", REFERENCES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_preconditioner_inverts_the_homogeneous_periodic_body(shape, name, element):
    law = REFERENCES[name]
    grid, operator, space = homogeneous(shape, "periodic", element, law)
    u = np.random.default_rng(1).normal(size=(2, components(law), *grid.nodes))
    none = np.zeros((2, 3 * components(law)))
    force, _ = operator.apply(u, none)
    again, _ = operator.apply(space.precondition(force.copy(), 1), none)
    np.testing.assert_allclose(again, force, rtol=0, atol=1e-12 * np.abs(force).max())
    if element == "full":
        found = space.precondition(force.copy(), 1)
        expected = u - u.mean(axis=(2, 3, 4), keepdims=True)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-11 * np.abs(expected).max())


@pytest.mark.parametrize("element", ["full", "reduced"])
@pytest.mark.parametrize("name", REFERENCES)
def test_homogeneous_periodic_body_takes_one_iteration(name, element):
    law = REFERENCES[name]
    grid, operator, space = homogeneous((4, 3, 6), "periodic", element, law)
    size = components(law)
    free = np.eye(3 * size)[:, :0]
    system = System(grid, space, operator, free, np.zeros((0, 0)))
    force, _ = operator.apply(np.random.default_rng(1).normal(size=(2, size, *grid.nodes)), np.zeros((2, 3 * size)))
    target = 1e-5 * np.sqrt((force**2).sum(axis=(1, 2, 3, 4)))
    solution = solve(system, force, np.zeros((2, 0)), target, np.ones(2))
    assert solution.converged.all()
    assert solution.iterations.tolist() == [1, 1]


@pytest.mark.parametrize("element", ["full", "reduced"])
@pytest.mark.parametrize("boundary", ["periodic", "kubc", "subc"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_fluctuations_have_no_mean_gradient(shape, boundary, element):
    grid, _, space = homogeneous(shape, boundary, element, REFERENCES["anisotropic"])
    force = space.restrict(np.random.default_rng(1).normal(size=(2, 3, *grid.nodes)))
    u = space.precondition(force, 1)
    assert np.abs(u).max() > 0
    largest = np.abs(u).max() * max(grid.inverse_spacing)
    np.testing.assert_allclose(mean_gradients(u, grid), 0.0, rtol=0, atol=1e-13 * largest)


@pytest.mark.parametrize("boundary", ["periodic", "kubc", "subc"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_preconditioner_is_symmetric_and_positive(shape, boundary):
    grid, _, space = homogeneous(shape, boundary, "full", REFERENCES["anisotropic"])
    a, b = (space.restrict(f) for f in np.random.default_rng(1).normal(size=(2, 1, 3, *grid.nodes)))
    pa, pb = space.precondition(a.copy(), 1), space.precondition(b.copy(), 1)
    assert np.vdot(b, pa) == pytest.approx(np.vdot(a, pb), rel=1e-10, abs=1e-12 * np.vdot(a, pa))
    assert np.vdot(a, pa) > 0


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_kubc_fluctuations_vanish_on_the_boundary(shape):
    grid, _, space = homogeneous(shape, "kubc", "full", SOFT)
    u = space.precondition(space.restrict(np.ones((1, 3, *grid.nodes))), 1)[0]
    for axis in (a for a in range(3) if not (grid.flat and a == 1)):
        assert not np.take(u, [0, -1], axis=axis + 1).any()
    inside = u[:, 1:-1, :, 1:-1] if grid.flat else u[:, 1:-1, 1:-1, 1:-1]
    assert inside.any()


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_subc_restriction_projects_and_knows_affine_fields(shape):
    grid, operator, space = homogeneous(shape, "subc", "full", SOFT)
    rng = np.random.default_rng(1)
    force = rng.normal(size=(1, 3, *grid.nodes))
    once = space.restrict(force.copy())
    np.testing.assert_allclose(space.restrict(once.copy()), once, rtol=0, atol=1e-13 * np.abs(once).max())
    # work of restricted forces on translations and affine fields is zero: these are no fluctuations
    x = np.stack(np.meshgrid(*[np.arange(m) - (m - 1) / 2 for m in grid.nodes], indexing="ij"))
    for field in (np.ones(grid.nodes), *x):
        np.testing.assert_allclose(np.einsum("cxyz,xyz->c", once[0], field), 0.0, atol=1e-11)
    # forces do the same work on a fluctuation before and after restriction
    u = space.precondition(space.restrict(rng.normal(size=(1, 3, *grid.nodes))), 1)
    assert np.vdot(force, u) == pytest.approx(np.vdot(once, u), rel=1e-10)
    # the forces of a uniform stress are nothing but uniform tractions
    uniform, _ = operator.apply(np.zeros((1, 3, *grid.nodes)), np.eye(9)[:1])
    np.testing.assert_allclose(space.restrict(uniform.copy()), 0.0, rtol=0, atol=1e-12 * np.abs(uniform).max())


@pytest.mark.parametrize("boundary", ["kubc", "subc"])
def test_iterations_of_homogeneous_bodies_do_not_grow_with_the_grid(boundary):
    counts = []
    for n in (6, 12):
        grid, operator, space = homogeneous((n, n, n), boundary, "full", SOFT)
        rough = space.restrict(np.random.default_rng(n).normal(size=(1, 3, *grid.nodes)))
        system = System(grid, space, operator, np.zeros((9, 0)), np.zeros((0, 0)))
        solution = solve(
            system, rough, np.zeros((1, 0)), 1e-5 * np.sqrt((rough**2).sum(keepdims=True).ravel()), np.ones(1)
        )
        assert solution.converged.all()
        counts.append(int(solution.iterations[0]))
    assert counts[1] <= counts[0] + 6
