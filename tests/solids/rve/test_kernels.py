"""Matrix-free kernels against elements assembled the plain way."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from scalebridge.solids import Conduction, LinearElastic
from scalebridge.solids.rve._grid import voxel_grid
from scalebridge.solids.rve._material import Material
from scalebridge.solids.rve._newton import point_strains
from scalebridge.solids.rve._operators import StoredOperator
from scalebridge.solids.rve._points import forces
from support.random_cells import SOFT, STIFF, random_stiffness
from support.voxel_elements import VoxelElements, mandel_basis

# odd and even, with rows shorter and longer than a tile of 128 elements, fewer and more planes than slabs
SHAPES = [(4, 4, 4), (3, 5, 2), (2, 3, 131), (2, 2, 258), (17, 2, 3), (5, 7), (2, 140)]
BASIS = mandel_basis()
INTEGRATIONS = [("full", False), ("full", True), ("reduced", False), ("reduced", True), ("bbar", False)]


def grids(shape, boundary, element, components=3):
    """The solver's grid and the plain one, both in the order of the solver's array axes."""
    size = (0.7 * shape[0], 1.1 * shape[1], 0.9 * shape[-1])[: len(shape)]
    grid = voxel_grid(shape, size, boundary, element)
    uniform = (False, len(shape) == 2, False)
    plain = VoxelElements(grid.shape, grid.spacing, uniform, boundary == "periodic", element, components)
    assert grid.nodes == plain.nodes
    np.testing.assert_allclose(grid.points, plain.points, rtol=1e-15)
    return grid, plain


def turned(tensor, grid):
    """A row-major tensor (..., 9) in coordinates, written in array axes."""
    axes = list(grid.axes)
    full = tensor.reshape(*tensor.shape[:-1], 3, 3)
    return full[..., axes, :][..., :, axes].reshape(tensor.shape)


def turned_back(tensor, grid):
    back = list(np.argsort(grid.axes))
    full = tensor.reshape(*tensor.shape[:-1], 3, 3)
    return full[..., back, :][..., :, back].reshape(tensor.shape)


def compare(operator, grid, plain, tangents, tolerance, loads=2):
    """`operator` against plain elements with `tangents` (loads, voxels, points, 3 C, 3 C), in array axes."""
    rng = np.random.default_rng(5)
    components = plain.components
    u = rng.normal(size=(loads, components, *grid.nodes))
    macro = rng.normal(size=(loads, 3 * components))
    force, mean = operator.apply(u, macro)
    for b in range(loads):
        local = turned(macro[b], grid) if components == 3 else macro[b][list(grid.axes)]
        expected, expected_mean = plain.apply(u[b], local, tangents[b if len(tangents) > 1 else 0])
        found = turned(mean[b], grid) if components == 3 else mean[b][list(grid.axes)]
        np.testing.assert_allclose(force[b], expected, rtol=0, atol=tolerance * np.abs(expected).max())
        np.testing.assert_allclose(found, expected_mean, rtol=0, atol=tolerance * np.abs(expected_mean).max())


def linear_case(laws, shape, boundary, element, components=3):
    grid, plain = grids(shape, boundary, element, components)
    phase = np.random.default_rng(3).integers(0, len(laws), np.prod(shape))
    phase[: len(laws)] = np.arange(len(laws))
    operator = Material(grid, phase, dict(enumerate(laws)), finite=False).linear_operator()
    axes = list(grid.axes)
    if components == 1:
        matrices = np.array([law.conductivity[np.ix_(axes, axes)] for law in laws])
    else:
        full = np.array([(BASIS @ law.stiffness @ BASIS.T).reshape(3, 3, 3, 3) for law in laws])
        matrices = full[np.ix_(range(len(laws)), axes, axes, axes, axes)].reshape(-1, 9, 9)
    tangents = np.repeat(matrices[phase][:, None], len(plain.points), axis=1)[None]
    return operator, grid, plain, tangents


@pytest.mark.parametrize("element", ["full", "bbar", "reduced"])
@pytest.mark.parametrize("boundary", ["periodic", "kubc"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_isotropic_phases(shape, boundary, element):
    compare(*linear_case([SOFT, STIFF], shape, boundary, element), tolerance=2e-14)


@pytest.mark.parametrize("element", ["full", "bbar", "reduced"])
@pytest.mark.parametrize("boundary", ["periodic", "subc"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_anisotropic_phases(shape, boundary, element):
    rng = np.random.default_rng(8)
    laws = [LinearElastic(random_stiffness(rng)) for _ in range(3)]
    compare(*linear_case(laws, shape, boundary, element), tolerance=2e-14)


@pytest.mark.parametrize("element", ["full", "reduced"])
@pytest.mark.parametrize("boundary", ["periodic", "kubc"])
@pytest.mark.parametrize("shape", [(4, 4, 4), (3, 5, 2), (2, 2, 258), (5, 7)], ids=str)
def test_conducting_phases(shape, boundary, element):
    rng = np.random.default_rng(8)
    laws = [Conduction(random_stiffness(rng, 3)), Conduction(2.0)]
    compare(*linear_case(laws, shape, boundary, element, components=1), tolerance=2e-14)


@pytest.mark.parametrize(("element", "finite"), INTEGRATIONS)
@pytest.mark.parametrize("boundary", ["periodic", "kubc"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_tangents_stored_point_by_point(shape, boundary, element, finite):
    grid, plain = grids(shape, boundary, element)
    rng = np.random.default_rng(4)
    loads, nq, voxels = 2, len(plain.points), grid.voxels
    size = 9 if finite else 6
    half = rng.normal(size=(loads, voxels, nq, size, size))
    matrices = half + np.swapaxes(half, -1, -2)
    upper = np.triu_indices(size)
    operator = StoredOperator(grid, len(upper[0]), loads)
    # voxels arrive phase by phase, in any order
    order = rng.permutation(voxels)
    for part in np.array_split(order, 2):
        packed = matrices[:, part][..., upper[0], upper[1]]
        operator.store(np.ascontiguousarray(packed.transpose(3, 0, 2, 1)), part)
    tangents = matrices if finite else BASIS @ matrices @ BASIS.T
    # the stiffness is kept in single precision
    compare(operator, grid, plain, tangents, tolerance=3e-7, loads=loads)
    first, mean = operator.apply(np.ones((1, 3, *grid.nodes)), np.ones((1, 9)))
    other, other_mean = operator.pick(0).apply(np.ones((1, 3, *grid.nodes)), np.ones((1, 9)))
    np.testing.assert_array_equal(first, other)
    np.testing.assert_array_equal(mean, other_mean)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("shape", "boundary"),
    [((3, 7, 24), "periodic"), ((2, 3, 128), "subc"), ((3, 5, 2), "periodic"), ((4, 3, 131), "kubc")],
)
def test_loads_that_share_tangents_do_not_see_each_other(shape, boundary, dtype):
    """Two loads at a time read a stiffness once; an odd one is left over; tiles may be wider than a row is long."""
    grid, _ = grids(shape, boundary, "full")
    rng = np.random.default_rng(5)
    operator = StoredOperator(grid, 21, 1)
    operator.store(rng.normal(size=(21, 1, 8, grid.voxels)), np.arange(grid.voxels))
    u, macro = rng.normal(size=(3, 3, *grid.nodes)).astype(dtype), rng.normal(size=(3, 9))
    force, mean = operator.apply(u, macro)
    precision = 1e-5 if dtype == np.float32 else 1e-13
    for b in range(3):
        alone, mean_alone = operator.apply(u[b : b + 1], macro[b : b + 1])
        np.testing.assert_allclose(force[b], alone[0], rtol=0.0, atol=precision * np.abs(force).max())
        np.testing.assert_allclose(mean[b], mean_alone[0], rtol=0.0, atol=precision * np.abs(mean).max())


@pytest.mark.parametrize(("element", "finite"), INTEGRATIONS)
@pytest.mark.parametrize(("shape", "boundary"), [((3, 5, 2), "periodic"), ((4, 3, 131), "subc"), ((5, 7), "kubc")])
def test_strains_and_forces_at_the_points(shape, boundary, element, finite):
    grid, plain = grids(shape, boundary, element)
    rng = np.random.default_rng(6)
    u, macro = rng.normal(size=(2, 3, *grid.nodes)), rng.normal(size=(2, 9))
    laws = {0: SOFT}
    material = Material(grid, np.zeros(grid.voxels, np.int64), laws, finite)
    strain = point_strains(material, u, macro)
    g = plain.gradient_matrix()
    nq = len(plain.points)
    gradient = np.stack([(g @ u[b].ravel()).reshape(-1, nq, 9) + turned(macro[b], grid) for b in range(2)])
    expected = gradient if finite else gradient @ BASIS
    np.testing.assert_allclose(strain, expected.transpose(3, 0, 2, 1).reshape(strain.shape), rtol=0, atol=1e-13)

    stress = rng.normal(size=strain.shape)
    force, total = np.empty_like(u), np.empty((2, 9))
    forces(stress, grid.points, np.array(grid.inverse_spacing), grid.mean_dilatation, grid.edges, force, total)
    tensor = stress.reshape(len(stress), 2, nq, -1).transpose(1, 3, 2, 0)
    tensor = tensor if finite else tensor @ BASIS.T
    for b in range(2):
        np.testing.assert_allclose(force[b].ravel(), g.T @ tensor[b].ravel() / nq, rtol=0, atol=1e-12)
        np.testing.assert_allclose(total[b] / grid.voxels, tensor[b].mean(axis=(0, 1)), rtol=0, atol=1e-13)


@pytest.mark.parametrize("boundary", ["periodic", "subc"])
def test_stiffness_is_symmetric_and_knows_rigid_motions_only(boundary):
    operator, grid, _, _ = linear_case([SOFT, STIFF], (2, 3, 2), boundary, "full")
    unknowns = 3 * int(np.prod(grid.nodes))
    columns, _ = operator.apply(np.eye(unknowns).reshape(unknowns, 3, *grid.nodes), np.zeros((unknowns, 9)))
    matrix = columns.reshape(unknowns, unknowns)
    np.testing.assert_allclose(matrix, matrix.T, rtol=0, atol=1e-14 * np.abs(matrix).max())
    values = np.linalg.eigvalsh(matrix)
    rigid = 3 if boundary == "periodic" else 6
    assert np.abs(values[:rigid]).max() < 1e-13 * values[-1]
    assert values[rigid] > 1e-4 * values[-1]


@pytest.mark.parametrize("shape", [(9, 4, 5), (33, 17)], ids=str)
@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="needs two threads")
def test_same_bits_for_any_number_of_threads(shape):
    operator, grid, plain, tangents = linear_case([SOFT, STIFF], shape, "periodic", "full")
    stored = StoredOperator(grid, 21, 1)
    packed = tangents[0] @ BASIS
    mandel = np.swapaxes(packed, -1, -2) @ BASIS
    upper = np.triu_indices(6)
    stored.store(
        np.ascontiguousarray(mandel[None][..., upper[0], upper[1]].transpose(3, 0, 2, 1)), np.arange(grid.voxels)
    )
    u = np.random.default_rng(2).normal(size=(2, 3, *grid.nodes))
    before = numba.get_num_threads()
    for acting in (operator, stored):
        found = []
        for threads in (1, 2):
            numba.set_num_threads(threads)
            found.append(acting.apply(u, np.ones((2, 9))))
        numba.set_num_threads(before)
        np.testing.assert_array_equal(found[0][0], found[1][0])
        np.testing.assert_array_equal(found[0][1], found[1][1])
