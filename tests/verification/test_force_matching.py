"""Force matching against the published fit of methanol (MSCG-release) and a known Lennard-Jones force."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.molecules.inverse import force_matching
from scalebridge.molecules.mapping import Beads
from scalebridge.molecules.potentials import Basis, LennardJones
from support.molecules import read_columns, read_dump
from support.reference_data import reference

pytestmark = pytest.mark.verify


def test_methanol() -> None:
    # MSCG-release, MSCG_library_example: quintic splines with 12 breakpoints from 2.4 to 10.1 A, first 19 frames
    frames = read_dump(reference("molecules", "methanol-force-matching", "MeOH_example.dat")).select(slice(0, 19))
    basis = {"pair M-M": Basis(2.4, 10.1, 11, 5)}
    fit = force_matching(frames, Beads.liquid(1000, "M", 32.041), basis, cutoff=10.0, blocks=5)
    r, expected = read_columns(reference("molecules", "methanol-force-matching", "1_1.dat"))
    inside = r >= 2.85  # closer pairs do not occur in these frames
    found, error = fit.force("pair M-M", r[inside])
    np.testing.assert_allclose(found, expected[inside], atol=1e-4)
    assert error.min() > 0.0
    assert error[r[inside] > 3.0].max() < 1.0


def test_lennard_jones_recovery() -> None:
    # MSCG-release, validate-nb: quintic splines of width 0.01; lj/sf cut at 2.5
    frames = read_dump(reference("molecules", "lj-force-matching", "LJ_sample75_20frames.dat"))
    fit = force_matching(frames, Beads.liquid(1000, "A", 1.0), {"pair A-A": Basis(0.9, 2.5, 160, 5)}, blocks=1)
    r, published = read_columns(reference("molecules", "lj-force-matching", "1_1.dat"))
    inside = (r >= 0.95) & (r <= 2.5)
    truth = LennardJones(1.0, 1.0, 2.5, "force").force(r[inside])
    ours = fit.force("pair A-A", r[inside])[0] - truth
    theirs = published[inside] - truth
    # the shipped forces have six digits: both fits are as good as these allow
    assert np.abs(ours).max() < 2e-4
    assert np.sqrt((ours**2).mean()) < 3e-5
    assert np.sqrt((theirs**2).mean()) < 3e-5
