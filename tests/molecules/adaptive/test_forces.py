"""Adaptive resolution: published trajectories, forces as gradients of energies, conservation."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.molecules.adaptive._compensation import Compensation, ThermodynamicForce
from scalebridge.molecules.adaptive._forces import AdaptiveForces
from scalebridge.molecules.adaptive._listing import rows_of
from scalebridge.molecules.adaptive._model import CoarsePairs, Molecules, SitePairs
from scalebridge.molecules.adaptive._regions import Cylinder, Slab, Sphere
from scalebridge.molecules.dynamics._tables import pair_tables
from scalebridge.molecules.potentials import LennardJones

BOX = np.array([10.0, 10.0, 10.0])
LINE = np.array([[5.5 + k, 5.0, 5.0] for k in range(5)])


def lennard_jones(epsilon=1.0, cutoff=1.4):
    return SitePairs.lennard_jones(np.ones(1), np.array([epsilon]), cutoff, shifted=True)


def verlet(forces, x, box, steps, dt):
    """Velocity Verlet of unit masses from rest; places and energies."""
    v = np.zeros_like(x)
    now = forces.evaluate(x, box)
    energies = [now.energy]
    for _ in range(steps):
        v = v + 0.5 * dt * now.forces
        x = x + dt * v
        now = forces.evaluate(x, box)
        v = v + 0.5 * dt * now.forces
        energies.append(now.energy)
    return x, np.array(energies), v


def line(**options):
    molecules = Molecules.alike(5, [1.0], [0])
    region = Slab((5.0, 5.0, 5.0), 2.0, 1.0)
    coarse = options.pop("coarse", CoarsePairs.none(1))
    return AdaptiveForces(molecules, lennard_jones(), coarse, region, single=False, **options)


def test_interpolated_energies_follow_the_published_trajectory():
    # ESPResSo++ testsuite, AdResS/HAdResS: ten steps of five atoms in a slab
    x, energies, _ = verlet(line(), LINE, BOX, 10, 0.01)
    np.testing.assert_allclose(x[:, 0], [5.413650, 6.507075, 7.551088, 8.531737, 9.5], rtol=0, atol=5e-7)
    assert energies[0] == pytest.approx(0.921374, abs=5e-7)
    assert energies[-1] == pytest.approx(-0.468436, abs=5e-7)


def test_interpolated_forces_follow_the_published_trajectory():
    # ESPResSo++ testsuite, AdResS/ForceAdResS
    coarse = CoarsePairs(pair_tables([LennardJones(1.0, 0.5, 1.4)]), np.zeros((1, 1), np.int64))
    x, energies, v = verlet(line(coarse=coarse, scheme="force"), LINE, BOX, 10, 0.01)
    np.testing.assert_allclose(x[:, 0], [5.413171, 6.500459, 7.522099, 8.512569, 9.551701], rtol=0, atol=5e-7)
    assert energies[0] == pytest.approx(1.266889, abs=5e-7)
    assert energies[-1] == pytest.approx(-0.209015, abs=5e-7)
    # Newton's third law holds, since the weight of a pair is the same for both
    assert np.abs(v.sum(axis=0)).max() < 1e-6


# energies of table_fec.tab at lambda = 0.345, 0.346 .. 0.505, in 1e-5
PUBLISHED = """
-244063 -242896 -241729 -240563 -239397 -238230 -237062 -235893 -234721 -233547 -232369 -231188 -230002 -228811 -227616
-226414 -225206 -223992 -222774 -221552 -220326 -219098 -217869 -216639 -215409 -214180 -212952 -211727 -210506 -209288
-208076 -206869 -205669 -204476 -203292 -202116 -200950 -199792 -198641 -197495 -196352 -195212 -194071 -192930 -191786
-190638 -189483 -188321 -187151 -185969 -184776 -183569 -182346 -181107 -179849 -178571 -177272 -175953 -174615 -173260
-171889 -170503 -169104 -167694 -166273 -164844 -163407 -161964 -160516 -159065 -157613 -156160 -154708 -153259 -151813
-150373 -148939 -147513 -146094 -144683 -143280 -141886 -140501 -139126 -137762 -136407 -135064 -133732 -132411 -131103
-129807 -128525 -127256 -126001 -124760 -123534 -122322 -121125 -119939 -118765 -117600 -116444 -115294 -114150 -113010
-111873 -110737 -109601 -108464 -107324 -106179 -105029 -103872 -102707 -101532 -100346 -99148 -97938 -96718 -95488
-94249 -93002 -91748 -90488 -89223 -87954 -86681 -85405 -84129 -82851 -81574 -80298 -79024 -77753 -76486
-75223 -73967 -72715 -71468 -70224 -68984 -67746 -66511 -65276 -64043 -62809 -61575 -60339 -59102 -57863
-56620 -55374 -54123 -52867 -51606 -50339 -49065 -47784 -46497 -45204 -43906
"""


@pytest.mark.parametrize("shape", ["slab", "sphere"])
def test_compensation_follows_the_published_trajectory(shape):
    # ESPResSo++ testsuite, AdResS/FreeEnergyCompensation: only the third atom is hybrid, two are atomistic
    knots = np.concatenate([[0.0], np.arange(345, 506) / 1000, [1.0]])
    energy = np.concatenate([[0.0], np.array(PUBLISHED.split(), float) * 1e-5, [4.59652]])
    region = {"slab": Slab, "sphere": Sphere}[shape]((5.0, 5.0, 5.0), 2.0, 1.0)
    nothing = SitePairs.lennard_jones(np.ones(1), np.zeros(1), 1.4)
    forces = AdaptiveForces(
        Molecules.alike(5, [1.0], [0]), nothing, CoarsePairs.none(1), region,
        compensation={"molecule": Compensation(knots, energy)}, single=False,
    )  # fmt: skip
    x, energies, _ = verlet(forces, LINE, BOX, 10, 0.01)
    np.testing.assert_array_equal(x[[0, 1, 3, 4]], LINE[[0, 1, 3, 4]])
    assert x[2, 0] == pytest.approx(7.598165, abs=5e-6)
    assert energies[-1] == pytest.approx(6.790157, abs=5e-5)


# a mixture of bent trimers with charges and of dimers, dense enough to overlap a little
KNOTS = np.linspace(0.0, 1.0, 6)
COMPENSATION = {
    "trimer": Compensation(KNOTS, np.array([0.0, -0.3, -0.1, 0.4, 0.9, 1.1])),
    "dimer": Compensation(KNOTS, np.array([0.0, 0.2, 0.1, -0.4, -0.2, 0.3])),
}
D = np.linspace(0.1, 1.3, 7)
FIELD = {"dimer": ThermodynamicForce(D, np.array([0.2, 0.8, -0.6, 0.3, 0.9, -0.2, 0.0]))}
REGIONS = {
    "slab": Slab((1.1, 0.0, 0.0), 0.3, 0.5, "cos2"),
    "sphere": Sphere((0.4, 1.2, 1.9), 0.25, 0.8, "c2"),
    "cylinder": Cylinder((1.9, 0.1, 0.3), 0.3, 0.5, "c2", axis=1),
}


def mixture():
    """Molecules, positions and box."""
    rng = np.random.default_rng(7)
    kind = np.array([0, 1] * 20)
    shapes = [np.array([[0, 0, 0], [0.1, 0, 0], [-0.03, 0.09, 0]]), np.array([[0, 0, 0], [0.15, 0, 0]])]
    masses = [np.array([16.0, 1.0, 1.0]), np.array([12.0, 3.0])]
    counts = np.array([3, 2])
    first = np.concatenate([[0], np.cumsum(counts[kind])])
    types = np.array([[0, 1, 1], [2, 0, -1]])
    molecules = Molecules(first, kind, counts, types, np.concatenate([masses[k] for k in kind]), ("trimer", "dimer"))
    box = np.array([2.2, 2.4, 2.6])
    places = (np.stack(np.meshgrid(*[np.arange(n) / n for n in (4, 5, 2)], indexing="ij"), -1).reshape(-1, 3)) * box
    turned = [shapes[k] @ np.linalg.qr(rng.normal(size=(3, 3)))[0] for k in kind]
    x = np.concatenate([p + t + 0.03 * rng.normal(size=3) for p, t in zip(places, turned, strict=True)])
    return molecules, x, box


def mixed_forces(region, **options):
    molecules, x, box = mixture()
    sigma, epsilon, charge = np.array([0.3, 0.1, 0.33]), np.array([0.6, 0.05, 0.8]), np.array([-0.8, 0.4, 0.8])
    sites = SitePairs.lennard_jones(sigma, epsilon, 0.65, shifted=True, charge=charge, dielectric=78.0)
    tables = pair_tables([LennardJones(0.35, 0.7, 0.75), LennardJones(0.4, 0.5, 0.7), LennardJones(0.3, 0.9, 0.65)])
    coarse = CoarsePairs(tables, np.array([[0, 1], [1, 2]]))
    return AdaptiveForces(molecules, sites, coarse, region, **options), x, box


@pytest.mark.parametrize("cap", [0.0, 0.35])
@pytest.mark.parametrize("name", REGIONS)
def test_forces_are_the_gradient_of_the_energy(name, cap):
    forces, x, box = mixed_forces(REGIONS[name], compensation=COMPENSATION, thermodynamic=FIELD, cap=cap, single=False)
    found = forces.evaluate(x, box)
    hybrid = (found.resolution > 0.02) & (found.resolution < 0.98)
    assert hybrid.sum() > 5
    assert (found.resolution == 0.0).any()
    assert (found.capped > 0) == (cap > 0.0)
    rng = np.random.default_rng(3)
    first = forces.molecules.first
    atoms = np.concatenate([rng.integers(first[m], first[m + 1], 1) for m in np.flatnonzero(hybrid)[:5]])
    scale = np.abs(found.forces[first[:-1][hybrid]]).max()
    for atom in [*atoms, 0, len(x) - 1]:
        for axis in range(3):
            h = 1e-5
            energies = []
            for step in (-2, -1, 1, 2):
                moved = x.copy()
                moved[atom, axis] += step * h
                energies.append(forces.evaluate(moved, box).energy)
            slope = (energies[0] - 8 * energies[1] + 8 * energies[2] - energies[3]) / (12 * h)
            assert found.forces[atom, axis] == pytest.approx(-slope, abs=1e-6 * scale)


def with_solute():
    """One trimer more, of its own species and in two pieces, and the region around it."""
    molecules, x, box = mixture()
    chain = np.array([[0.3, 1.15, 1.9], [0.4, 1.2, 1.95], [0.5, 1.2, 1.85], [0.45, 1.3, 1.9]])
    more = Molecules(
        np.concatenate([molecules.first, [len(x) + 4]]),
        np.concatenate([molecules.kind, [2]]),
        np.array([3, 2, 4]),
        np.array([[0, 1, 1, -1], [2, 0, -1, -1], [0, 1, 2, 1]]),
        np.concatenate([molecules.mass, [12.0, 1.0, 14.0, 3.0]]),
        ("trimer", "dimer", "chain"),
    ).divided("chain", np.array([0, 0, 1, 1]))
    sigma, epsilon, charge = np.array([0.3, 0.1, 0.33]), np.array([0.6, 0.05, 0.8]), np.array([-0.8, 0.4, 0.8])
    sites = SitePairs.lennard_jones(sigma, epsilon, 0.65, shifted=True, charge=charge, dielectric=78.0)
    tables = pair_tables([LennardJones(0.35, 0.7, 0.75), LennardJones(0.4, 0.5, 0.7), LennardJones(0.3, 0.9, 0.65)])
    number = np.full((5, 5), -1)
    number[:2, :2] = [[0, 1], [1, 2]]
    region = Sphere((0.0, 0.0, 0.0), 0.25, 0.7, "c2")
    forces = AdaptiveForces(more, sites, CoarsePairs(tables, number), region, compensation=COMPENSATION, single=False)
    return forces, np.concatenate([x, chain]), box


def test_a_region_follows_a_solute():
    forces, x, box = with_solute()
    found = forces.evaluate(x, box)
    assert (found.resolution[-2:] == 1.0).all()
    assert ((found.resolution > 0.02) & (found.resolution < 0.98)).sum() > 5
    # the solute takes up what the resolution field exerts: momentum is conserved
    assert np.abs(found.drift).max() > 1.0
    np.testing.assert_allclose(found.forces.sum(axis=0), 0.0, atol=1e-8)
    scale = np.abs(found.forces).max()
    for atom in [*range(len(x) - 4, len(x)), 0, 40]:
        for axis in range(3):
            energies = []
            for step in (-2, -1, 1, 2):
                moved = x.copy()
                moved[atom, axis] += step * 1e-5
                energies.append(forces.evaluate(moved, box).energy)
            slope = (energies[0] - 8 * energies[1] + 8 * energies[2] - energies[3]) / 12e-5
            assert found.forces[atom, axis] == pytest.approx(-slope, abs=1e-6 * scale)


def test_a_solute_is_not_calibrated():
    # its pieces stay atomistic: only the trimers and dimers around them change their resolution
    forces, _, _ = with_solute()
    assert [forces.molecules.names[s] for s in forces.mobile] == ["trimer", "dimer"]


def test_a_solute_that_leaves_is_named():
    forces, x, box = with_solute()
    x[-2:] += 0.5
    forces.forget()
    with pytest.raises(InputError, match=r"solute reaches .* nm from the middle"):
        forces.evaluate(x, box)


def test_momentum_changes_by_the_resolution_field_alone():
    forces, x, box = mixed_forces(REGIONS["slab"], compensation=COMPENSATION, single=False)
    found = forces.evaluate(x, box)
    np.testing.assert_allclose(found.forces.sum(axis=0), found.drift, rtol=0, atol=1e-9)
    assert abs(found.drift[0]) > 1.0
    np.testing.assert_array_equal(found.drift[1:], 0.0)


def test_single_precision_is_good_enough():
    exact, x, box = mixed_forces(REGIONS["slab"], compensation=COMPENSATION, single=False)
    fast, _, _ = mixed_forces(REGIONS["slab"], compensation=COMPENSATION)
    a, b = exact.evaluate(x, box), fast.evaluate(x, box)
    assert np.abs(a.forces - b.forces).max() < 3e-6 * np.abs(a.forces).max()
    assert a.energy == pytest.approx(b.energy, rel=1e-5)


def test_what_is_not_needed_is_not_computed():
    # all coarse: site interactions do not matter, all atomistic: tables do not
    molecules, x, box = mixture()
    nonsense = SitePairs.lennard_jones(np.full(3, 0.3), np.full(3, 1e9), 0.65)
    tables = pair_tables([LennardJones(0.35, 0.7, 0.7)])
    number = np.zeros((2, 2), np.int64)
    for uniform, sites, coarse in ((0.0, nonsense, CoarsePairs(tables, number)), (1.0, None, None)):
        if sites is None:
            other = pair_tables([LennardJones(0.35, 1e9, 0.7)])
            plain, _, _ = mixed_forces(None, single=False)
            sites, coarse = plain.atomistic, CoarsePairs(other, number)
        forces = AdaptiveForces(molecules, sites, coarse, None, uniform=uniform, single=False)
        assert np.abs(forces.evaluate(x, box).forces).max() < 1e6


def test_neighbours_are_listed_when_needed_only():
    forces, x, box = mixed_forces(REGIONS["sphere"], single=False)
    first = forces.evaluate(x, box)
    again = forces.evaluate(x + 0.02, box)
    assert forces.listings == 1
    far = x.copy()
    far[:3] += 0.5
    moved = forces.evaluate(far, box)
    assert forces.listings == 2
    fresh, _, _ = mixed_forces(REGIONS["sphere"], single=False)
    np.testing.assert_allclose(
        moved.forces, fresh.evaluate(far, box).forces, rtol=0, atol=1e-9 * np.abs(moved.forces).max()
    )
    assert first.energy != again.energy


@pytest.mark.parametrize("cap", [0.0, 0.35])
def test_pairs_of_sites_one_by_one_or_in_blocks(monkeypatch, cap):
    # of molecules much larger than the reach of their sites, pairs of sites are listed; here of all, or of none
    found = []
    for share in (0.0, 1e9):
        monkeypatch.setattr("scalebridge.molecules.adaptive._forces.SPARSE", share)
        forces, x, box = mixed_forces(REGIONS["sphere"], compensation=COMPENSATION, cap=cap, single=False)
        found.append(forces.evaluate(x, box))
    blocks, one_by_one = found
    assert one_by_one.energy == pytest.approx(blocks.energy, rel=1e-11)
    assert one_by_one.virial == pytest.approx(blocks.virial, rel=1e-10)
    assert one_by_one.capped == blocks.capped
    scale = np.abs(blocks.forces).max()
    np.testing.assert_allclose(one_by_one.forces, blocks.forces, rtol=0, atol=1e-11 * scale)
    hybrid = (blocks.resolution > 0.0) & (blocks.resolution < 1.0)
    np.testing.assert_allclose(one_by_one.gap[hybrid], blocks.gap[hybrid], rtol=1e-9)


@pytest.mark.parametrize("share", [0.0, 1e9])
def test_lists_hold_until_they_are_made_anew(monkeypatch, share):
    # molecules go and turn, and the forces remain those of lists just made
    monkeypatch.setattr("scalebridge.molecules.adaptive._forces.SPARSE", share)
    region = Slab((1.1, 0.0, 0.0), 0.1, 0.2)  # so that many are beads
    kept, x, box = mixed_forces(region, single=False)
    anew = mixed_forces(region, single=False)[0]
    rng = np.random.default_rng(5)
    first, kind = kept.molecules.first, kept.molecules.kind
    owner = np.repeat(np.arange(len(kind)), np.diff(first))
    went, turned = rng.normal(size=(len(kind), 3)), 0.2 * rng.normal(size=x.shape)
    for step in range(100):
        moved = x + 0.004 * step * went[owner] + 0.03 * np.sin(0.12 * step) * turned
        anew.forget()
        a, b = kept.evaluate(moved, box), anew.evaluate(moved, box)
        assert a.energy == pytest.approx(b.energy, rel=1e-10)
        np.testing.assert_allclose(a.forces, b.forces, rtol=0, atol=1e-10 * np.abs(b.forces).max())
    assert 1 < kept.listings < 40 < anew.listings


def test_pairs_of_molecules_are_listed_farther_where_the_box_has_room(monkeypatch):
    monkeypatch.setattr("scalebridge.molecules.adaptive._forces.SPARSE", 1e9)
    forces, x, box = mixed_forces(REGIONS["sphere"])
    forces.evaluate(x, 2.0 * box)
    far, far_sites = np.sqrt(forces.limits)
    assert far == pytest.approx(2.0 * far_sites)
    # what is listed must fit in half a box
    reach = forces.atomistic.reach + 2.0 * forces.allowed.max()
    tight = 2.0 * (reach + 3.0 * far_sites) * np.ones(3)
    forces.evaluate(x, tight)
    assert far_sites < np.sqrt(forces.limits[0]) < far
    with pytest.raises(InputError, match="box is too small"):
        forces.evaluate(x, tight - 4.0 * far_sites)


def test_molecules_stand_in_rows_by_species_and_place():
    rng = np.random.default_rng(1)
    kind, box = (rng.random(1000) < 0.3).astype(np.int64), np.array([3.0, 4.0, 5.0])
    places = rng.random((1000, 3)) * box - 1.0
    rows = rows_of(places, box, kind, 3)
    assert sorted(rows[rows >= 0]) == list(range(1000))
    assert len(rows) % 8 == 0
    blocks = rows.reshape(-1, 8)
    spread = []
    for block in blocks:
        own = block[block >= 0]
        assert len(set(kind[own])) == 1
        d = places[own] - places[own[0]]
        spread.append(np.ptp(d - box * np.rint(d / box), axis=0).max())
    # a block of eight among 700 takes up a cube of .9 nm
    assert np.median(spread) < 1.5
