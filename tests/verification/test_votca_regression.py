"""VOTCA's regression set: one frame of 216 SPC/E molecules with forces, all numbers to the printed digits."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from scalebridge.molecules.inverse import covariance, entropy_slope, force_matching, newton_step
from scalebridge.molecules.mapping import BeadRule, Beads, Frames, Mapping, MoleculeRule
from scalebridge.molecules.pairs import pair_distances
from scalebridge.molecules.potentials import Basis
from scalebridge.molecules.statistics import Distribution, Grid, collect
from scalebridge.molecules.statistics._distribution import shells
from support.molecules import read_columns, read_dump
from support.reference_data import reference

pytestmark = pytest.mark.verify
PRINTED = 5e-5  # VOTCA's own tolerance for these files


def folder(name: str):
    return reference("molecules", "votca-regression", name)


@functools.cache
def mapped() -> tuple[Frames, Beads]:
    import MDAnalysis as mda

    # that version read kcal as 4.1868 kJ, the International Table calorie
    frames = read_dump(folder("frame.dump"), length=0.1, force=41.868)
    universe = mda.Universe.empty(648, 216, atom_resindex=np.repeat(np.arange(216), 3))
    universe.add_TopologyAttr("names", ["OW", "HW1", "HW2"] * 216)
    universe.add_TopologyAttr("masses", [15.9994, 1.008, 1.008] * 216)
    universe.add_TopologyAttr("resnames", ["SOL"] * 216)
    bead = BeadRule("CG", "name OW HW1 HW2", "CG", (16.0, 1.0, 1.0))
    part = Mapping((MoleculeRule("SOL", "resname SOL", (bead,)),)).of(universe)
    return part.frames(frames), part.beads


def distribution(start: float, stop: float, step: float) -> Distribution:
    frames, beads = mapped()
    return collect(frames, beads, {"pair CG-CG": Grid(start, stop, step)})["pair CG-CG"]


def test_force_matching() -> None:
    frames, beads = mapped()
    fit = force_matching(frames, beads, {"pair CG-CG": Basis(0.24, 0.5, 13, 3)}, natural=True)
    r, expected = read_columns(folder("CG-CG.force.fmatch"))
    np.testing.assert_allclose(fit.force("pair CG-CG", r)[0], expected, rtol=PRINTED, atol=PRINTED)


def test_radial_distribution() -> None:
    r, expected = read_columns(folder("CG-CG.rdf"))
    found = distribution(0.1, 0.9, 0.02)
    np.testing.assert_allclose(found.mean, expected, rtol=PRINTED, atol=PRINTED)


def test_inverse_monte_carlo() -> None:
    found = distribution(0.25, 0.9, 0.05)
    np.testing.assert_allclose(found.mean, read_columns(folder("CG-CG.dist.imc"))[1], rtol=PRINTED)
    _, target = read_columns(folder("CG-CG.imc.tgt"))
    excess = found.counts.mean(axis=0) - target * found.expected
    np.testing.assert_allclose(excess, read_columns(folder("CG-CG.imc"))[1], rtol=PRINTED, atol=PRINTED)
    np.testing.assert_allclose(covariance(found.counts), read_columns(folder("CG-CG.gmc"), 14).T, atol=PRINTED)


def test_relative_entropy() -> None:
    # VOTCA's spline: knots i * 0.3/45; the first 40 coefficients continue linearly, the last four are zero
    frames = read_dump(folder("frame_cg.dump"), length=0.1)
    beads = Beads.liquid(216, "CG", 18.0)
    basis, kt = Basis(0.0, 0.3, 45, 3), 2.4942
    free = slice(40, 44)
    _, start = read_columns(folder("CG-CG.param.in_re"))
    coefficients = start.copy()
    coefficients[44:] = 0.0
    r, target = read_columns(folder("CG-CG.imc.tgt"))
    pairs = target * shells(Grid(0.25, 0.9, 0.05)) * 216**2 / 2.0 / frames.volume
    inside = r <= 0.3
    fine = (pairs[inside] @ basis.matrix(r[inside]))[free]
    _, _, apart = pair_distances(frames.positions[0], frames.boxes[0], 0.3, beads.exclusions)
    coarse = basis.matrix(apart).sum(axis=0)[None, free]
    coefficients[free] += newton_step(entropy_slope(fine, coarse, 1.0 / kt), scale=0.5)
    slope = (coefficients[41] - coefficients[40]) / basis.width
    coefficients[:40] = coefficients[40] - abs(slope) * (np.arange(40) - 40) * basis.width
    x, expected = read_columns(folder("CG-CG.param.re"))
    np.testing.assert_allclose(coefficients, expected[: len(coefficients)], rtol=PRINTED, atol=PRINTED)


def test_spline_table() -> None:
    # the coefficients as shipped, tabulated on another grid
    _, coefficients = read_columns(folder("CG-CG.param.in_re"))
    coefficients[44:] = 0.0
    coefficients[:16] = coefficients[16] + abs(coefficients[17] - coefficients[16]) * (16 - np.arange(16))
    r, expected = read_columns(folder("CG-CG.pot.re"))
    np.testing.assert_allclose(Basis(0.0, 0.3, 45, 3).matrix(r) @ coefficients, expected, rtol=PRINTED, atol=PRINTED)
