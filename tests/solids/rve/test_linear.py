"""Effective stiffness and conductivity: exact cases, invariances, bounds, orders of convergence."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge import solids
from scalebridge.errors import ConvergenceError
from scalebridge.solids import Conduction, LinearElastic
from scalebridge.solids import elasticity as el
from scalebridge.solids.microstructure import extrude, laminate
from scalebridge.solids.rve import Status
from support.random_cells import SOFT, STIFF, random_cell, random_rotation, random_stiffness, symmetric

BOUNDARIES = ("periodic", "kubc", "subc")
LAMINATES = {
    "contrast 10": ([0.5, 0.5], LinearElastic.isotropic(1.0, 0.3), LinearElastic.isotropic(10.0, 0.3)),
    "contrast 1000": ([0.75, 0.25], LinearElastic.isotropic(1.0, 0.45), LinearElastic.isotropic(1000.0, 0.1)),
}


def stiffness(cell, laws, **options):
    return solids.RVE(cell, laws, tolerance=options.pop("tolerance", 1e-12), **options).effective_stiffness()


@pytest.mark.parametrize("element", ["full", "reduced"])
@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("name", LAMINATES)
def test_laminates_are_exact(name, axis, element):
    fractions, a, b = LAMINATES[name]
    shape = tuple(4 if k == axis else 2 + (k > axis) for k in range(3))
    cell = laminate(fractions, shape=shape, size=(1.0, 2.0, 0.5), axis=axis)
    normal = np.roll(np.eye(3), axis, axis=0)
    expected = el.rotate_stiffness(el.laminate_stiffness([a.stiffness, b.stiffness], fractions), normal)
    found = stiffness(cell, {0: a, 1: b}, element=element)
    np.testing.assert_allclose(
        found, expected, rtol=0, atol=1e-10 * np.abs(expected).min(where=expected != 0, initial=1e9)
    )


def test_laminate_in_a_section():
    fractions, a, b = LAMINATES["contrast 10"]
    expected = el.laminate_stiffness([a.stiffness, b.stiffness], fractions)
    cell = laminate(fractions, shape=(4, 3), size=(1.0, 1.0), axis=0)
    np.testing.assert_allclose(stiffness(cell, {0: a, 1: b}), expected, rtol=0, atol=1e-10)


def test_laminate_of_anisotropic_layers():
    rng = np.random.default_rng(3)
    a, b = LinearElastic(random_stiffness(rng)), LinearElastic(20 * random_stiffness(rng))
    expected = el.laminate_stiffness([a.stiffness, b.stiffness], [0.25, 0.75])
    cell = laminate([0.25, 0.75], shape=(4, 3, 2), size=(1.0, 1.0, 1.0), axis=0)
    np.testing.assert_allclose(stiffness(cell, {0: a, 1: b}), expected, rtol=0, atol=1e-10 * expected.max())


def test_conducting_laminate():
    cell = laminate([0.5, 0.5], shape=(3, 4, 2), size=(1.0, 1.0, 1.0), axis=1)
    found = solids.RVE(cell, {0: Conduction(1.0), 1: Conduction(100.0)}, tolerance=1e-12).effective_conductivity()
    np.testing.assert_allclose(found, np.diag([50.5, 2 / 1.01, 50.5]), rtol=0, atol=1e-10 * 50)


@pytest.mark.parametrize(
    "law", [STIFF, LinearElastic(random_stiffness(np.random.default_rng(2))), Conduction(3.0)], ids=str
)
@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("shape", [(4, 3, 5), (6, 5)], ids=str)
def test_homogeneous_cell_is_exact_and_iterates_on_nothing(shape, boundary, law):
    rve = solids.RVE(random_cell(shape, phases=2), {0: law, 1: law}, boundary=boundary)
    found = rve.homogenize()
    expected = law.conductivity if isinstance(law, Conduction) else law.stiffness
    np.testing.assert_allclose(found.tensor, expected, rtol=0, atol=1e-13 * np.abs(expected).max())
    assert found.iterations.tolist() == [0] * len(expected)
    assert found.converged


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_unloaded_direction_of_a_laminate_iterates_on_nothing(boundary):
    # equal shear moduli: the load 23 leaves no residual but rounding
    a, b = LinearElastic.from_moduli(1.0, 1.0), LinearElastic.from_moduli(30.0, 1.0)
    cell = laminate([0.5, 0.5], shape=(4, 4, 4), size=(1.0, 1.0, 1.0))
    found = solids.RVE(cell, {0: a, 1: b}, boundary=boundary).homogenize()
    assert found.converged
    assert found.iterations[3] == 0
    np.testing.assert_allclose(found.tensor[3], [0, 0, 0, 2, 0, 0], rtol=0, atol=1e-13)


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("element", ["full", "reduced"])
def test_turned_cell_has_the_turned_stiffness(boundary, element):
    cell = random_cell((3, 4, 5), (1.0, 1.5, 2.5))
    rng = np.random.default_rng(4)
    laws = {0: LinearElastic(random_stiffness(rng)), 1: STIFF.rotated(np.eye(3))}
    laws[1] = LinearElastic(9 * random_stiffness(rng))
    quarter = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    # axis 1 becomes axis 2, 2 becomes 3, 3 becomes 1
    turned = solids.Microstructure(np.transpose(cell.phase, (2, 0, 1)), (2.5, 1.0, 1.5))
    found = stiffness(turned, {p: law.rotated(quarter) for p, law in laws.items()}, boundary=boundary, element=element)
    expected = el.rotate_stiffness(stiffness(cell, laws, boundary=boundary, element=element), quarter)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10 * expected.max())


def test_orientations_turn_the_laws():
    rng = np.random.default_rng(7)
    crystal = LinearElastic(random_stiffness(rng))
    turns = {0: random_rotation(rng), 1: random_rotation(rng)}
    cell = random_cell((3, 4, 3))
    oriented = solids.Microstructure(cell.phase, cell.size, orientations=turns)
    expected = stiffness(cell, {p: crystal.rotated(turn) for p, turn in turns.items()})
    np.testing.assert_allclose(stiffness(oriented, {0: crystal, 1: crystal}), expected, rtol=1e-12)


@pytest.mark.parametrize("shift", [(1, 0, 0), (2, 3, 1)])
def test_periodic_stiffness_does_not_depend_on_where_the_cell_is_cut(shift):
    cell = random_cell((4, 5, 3))
    moved = solids.Microstructure(np.roll(cell.phase, shift, (0, 1, 2)), cell.size)
    laws = {0: SOFT, 1: STIFF}
    np.testing.assert_allclose(stiffness(moved, laws), stiffness(cell, laws), rtol=0, atol=1e-2)


@pytest.mark.parametrize("length", [1e-9, 1e-6, 1e3])
@pytest.mark.parametrize("modulus", [1e-3, 1e11])
@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_units_do_not_matter(length, modulus, boundary):
    cell = random_cell((4, 3, 4), (1.0, 1.0, 1.0))
    scaled = solids.Microstructure(cell.phase, tuple(length * s for s in cell.size))
    soft, stiff = LinearElastic.isotropic(1.0, 0.3), LinearElastic.isotropic(10.0, 0.3)
    expected = stiffness(cell, {0: soft, 1: stiff}, boundary=boundary)
    laws = {p: LinearElastic(modulus * law.stiffness) for p, law in ((0, soft), (1, stiff))}
    found = stiffness(scaled, laws, boundary=boundary) / modulus
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("element", ["full", "reduced"])
def test_section_is_the_extruded_cell(element):
    section = random_cell((5, 4), (1.0, 0.7))
    rng = np.random.default_rng(5)
    laws = {0: LinearElastic(random_stiffness(rng)), 1: LinearElastic(6 * random_stiffness(rng))}
    solid = extrude(section, 3, 0.4)
    expected = stiffness(solid, laws, element=element)
    np.testing.assert_allclose(stiffness(section, laws, element=element), expected, rtol=0, atol=1e-10 * expected.max())
    conducting = {0: Conduction(random_stiffness(rng, 3)), 1: Conduction(9.0)}
    flat = solids.RVE(section, conducting, element=element, tolerance=1e-12).effective_conductivity()
    full = solids.RVE(solid, conducting, element=element, tolerance=1e-12).effective_conductivity()
    np.testing.assert_allclose(flat, full, rtol=0, atol=1e-10)


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_section_along_the_fibre_follows_the_rule_of_mixtures(boundary):
    # equal Poisson's ratios: under plane strain the out-of-plane stress is nu times the in-plane sum
    section = random_cell((6, 5))
    laws = {0: LinearElastic.isotropic(1.0, 0.3), 1: LinearElastic.isotropic(7.0, 0.3)}
    c = stiffness(section, laws, boundary=boundary)
    share = section.volume_fractions()[1]
    compliance = np.linalg.inv(c)
    assert 1 / compliance[2, 2] == pytest.approx(1.0 * (1 - share) + 7.0 * share, rel=1e-10)
    for row in (0, 1):
        assert c[2, row] == pytest.approx(0.3 * (c[row, 0] + c[row, 1]), rel=1e-10)


def is_below(a, b, allowed=1e-9):
    return np.linalg.eigvalsh(b - a).min() >= -allowed * np.abs(b).max()


@pytest.mark.parametrize("element", ["full", "reduced"])
@pytest.mark.parametrize("shape", [(4, 4, 4), (3, 6, 5), (8, 7)], ids=str)
@pytest.mark.parametrize("seed", [1, 2])
def test_boundary_conditions_are_ordered(shape, seed, element):
    cell = random_cell(shape, seed=seed, phases=3)
    rng = np.random.default_rng(seed)
    laws = {0: SOFT, 1: STIFF, 2: LinearElastic(1e9 * random_stiffness(rng))}
    shares = list(cell.volume_fractions().values())
    kubc, periodic, subc = (stiffness(cell, laws, boundary=b, element=element) for b in ("kubc", "periodic", "subc"))
    matrices = [laws[p].stiffness for p in range(3)]
    chain = [el.reuss_average(matrices, shares), subc, periodic, kubc, el.voigt_average(matrices, shares)]
    for lower, upper in zip(chain, chain[1:], strict=False):
        assert is_below(lower, upper)
        assert not is_below(upper, lower)


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("kind", ["elastic", "conducting"])
def test_hill_mandel_holds_for_unit_loads(boundary, kind):
    rng = np.random.default_rng(6)
    laws = {"elastic": {0: SOFT, 1: STIFF}, "conducting": {0: Conduction(1.0), 1: Conduction(random_stiffness(rng, 3))}}
    found = solids.RVE(random_cell((4, 5, 3)), laws[kind], boundary=boundary).homogenize()
    assert len(found.entries) == len(found.tensor)
    for entry in found.entries:
        assert entry.quantity.startswith("Hill-Mandel")
        assert entry.coarse > 0
        assert entry.mismatch < 1e-8


def test_error_of_the_tensor_is_of_second_order_in_the_residual():
    cell, laws = random_cell((6, 5, 4)), {0: SOFT, 1: STIFF}
    exact = stiffness(cell, laws)
    errors = [np.abs(stiffness(cell, laws, tolerance=t) - exact).max() / exact.max() for t in (1e-2, 1e-3, 1e-4)]
    for tolerance, error in zip((1e-2, 1e-3, 1e-4), errors, strict=True):
        assert error < 30 * tolerance**2


def graded(n: int) -> np.ndarray:
    """Section with sinusoidal stiffness, each voxel a phase of its own, sampled at its centre."""
    x = (np.arange(n) + 0.5) / n
    field = np.exp(
        0.8 * np.sin(2 * np.pi * x)[:, None] * np.cos(2 * np.pi * x)[None, :] + 0.5 * np.cos(2 * np.pi * x)[:, None]
    )
    laws = {k: LinearElastic.isotropic(float(e), 0.3) for k, e in enumerate(field.ravel())}
    cell = solids.Microstructure(np.arange(n * n).reshape(n, n), (1.0, 1.0))
    return stiffness(cell, laws)


def test_smooth_stiffness_converges_with_second_order():
    fields = [graded(n) for n in (8, 16, 32)]
    coarse, fine = (np.linalg.norm(b - a) for a, b in zip(fields, fields[1:], strict=False))
    assert np.log2(coarse / fine) == pytest.approx(2.0, abs=0.15)


def iterations(n, boundary, element):
    cell = solids.microstructure.centred_sphere(0.3, voxels=n)
    return solids.RVE(cell, {0: SOFT, 1: STIFF}, boundary, element, tolerance=1e-6).homogenize().iterations


@pytest.mark.parametrize("element", ["full", "reduced"])
def test_iterations_do_not_grow_with_the_grid(element):
    coarse, fine = (iterations(n, "periodic", element) for n in (8, 32))
    # the coarsest grid knows few wave lengths
    assert (fine <= coarse + 5).all()
    assert fine.max() <= 1.1 * iterations(16, "periodic", element).max()


@pytest.mark.parametrize("boundary", ["kubc", "subc"])
def test_iterations_hardly_grow_with_the_grid_under_other_boundaries(boundary):
    coarse, fine = (iterations(n, boundary, "full") for n in (10, 20))
    assert (fine <= 1.25 * coarse).all()


def test_too_few_iterations_are_said():
    rve = solids.RVE(random_cell((4, 4, 4)), {0: SOFT, 1: STIFF}, max_iterations=2)
    found = rve.homogenize()
    assert not found.converged
    assert Status.ITERATIONS in found.status
    with pytest.raises(ConvergenceError, match="iteration"):
        rve.effective_stiffness()


def test_linear_drive_agrees_with_the_stiffness():
    cell = random_cell((4, 3, 5))
    rng = np.random.default_rng(9)
    laws = {0: SOFT, 1: STIFF}
    rve = solids.RVE(cell, laws, tolerance=1e-10)
    strain = symmetric(rng, 1e-3)
    drive = rve.drive(solids.LoadPath.strains(strain[None]))
    c = rve.effective_stiffness()
    expected = el.from_mandel(c @ el.to_mandel(strain))
    np.testing.assert_allclose(drive.stress[0], expected, rtol=0, atol=1e-8 * np.abs(expected).max())
    np.testing.assert_allclose(drive.tangent[0], c, rtol=0, atol=1e-6 * c.max())
