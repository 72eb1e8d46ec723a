"""The tetrahedral liquid that H-AdResS was published with, against what ESPResSo++ ships."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from scalebridge.molecules.adaptive import Dynamics, Kirkwood, kirkwood
from scalebridge.molecules.adaptive._kirkwood import Node, nodes
from support import tetrahedra

pytest.importorskip("openmm")
pytestmark = pytest.mark.verify

TIMESTEP = 0.002


def sampled_profile(steps: int, **options):
    """Density profile, the mean of both halves, and its standard error per bin."""
    engine = tetrahedra.engine(tetrahedra.forces(**options), Dynamics(tetrahedra.KELVIN, TIMESTEP, 0.5), seed=7)
    engine.step(5000)
    found = []
    for _ in range(steps // 40):
        engine.step(40)
        profile = tetrahedra.profile(engine.state()[0])
        found.append(0.5 * (profile + profile[::-1]))
    blocks = [part.mean(axis=0) for part in np.array_split(np.array(found), 10)]
    return np.mean(found, axis=0), np.std(blocks, axis=0, ddof=1) / np.sqrt(10)


@pytest.mark.parametrize("kind", ["plain", "Gibbs"])
def test_density_profile(kind):
    # the reference counts atoms of folded molecules and loses those that reach beyond the box: so do we, and its first
    # and last bins (0.63, 0.90) come out as well; a third of the steps would leave an error of 0.4 % in each
    compensation = {} if kind == "plain" else {"tetrahedron": tetrahedra.compensation("Gibbs")}
    name = "DensityProfile_Reference.dat" if kind == "plain" else "DensityProfile_Gibbs_Reference.dat"
    expected = tetrahedra.table(name)[:, 1]
    found, error = sampled_profile(1_800_000, compensation=compensation)
    away = found / expected - 1.0
    print(np.round(100 * away, 2).tolist(), np.round(100 * error / expected, 2).tolist())
    print(f"{kind}: largest {np.abs(away).max():.4f}, rms {np.sqrt(np.mean(away**2)):.4f}, noise {error.mean():.4f}")
    assert np.abs(away[1:-1]).max() < 0.02


@pytest.fixture(scope="module")
def integrated():
    """Kirkwood integration of the liquid."""
    x, _ = tetrahedra.configuration()
    how = Dynamics(tetrahedra.KELVIN, TIMESTEP, friction=0.5, every=20)
    return kirkwood(
        tetrahedra.system, lambda w: tetrahedra.forces(region=None, uniform=w), tetrahedra.BOX, x, nodes(12), 24.0,
        how, settle=4.0, seed=3,
    )  # fmt: skip


LISTED = np.array([0.25, 0.5, 0.75, 1.0])
# the shipped box holds 798 / 8290 = 0.0963, where all gaps are 8 % smaller than the slopes of the shipped table
PUBLISHED = 0.1


def uniform_at(density: float, samples: int) -> Kirkwood:
    """Kirkwood integration at a density, by the compiled loops."""
    how = Dynamics(tetrahedra.KELVIN, TIMESTEP, friction=0.5, every=20)
    volume, start, found = float(np.prod(tetrahedra.box_at(density))), None, []
    for number, resolution in enumerate(reversed(nodes(10))):
        force = tetrahedra.forces(region=None, uniform=min(resolution, 1.0 - 1e-9))
        engine = tetrahedra.engine(force, how, 3 + number, density)
        if start is not None:
            engine.start(*start, 3 + number)
        engine.step(2000)
        rows = np.zeros((samples, 2))
        for row in rows:
            engine.step(how.every)
            row[:] = force.last.gap.mean(), (tetrahedra.MOLECULES + force.last.virial / 3.0) / volume
        blocks = np.array([part.mean(axis=0) for part in np.array_split(rows, 10)])
        (gap, pressure), (one, two) = rows.mean(axis=0), blocks.std(axis=0, ddof=1) / np.sqrt(10)
        found.append(Node(resolution, (gap, one) if resolution > 0.0 else (0.0, 0.0), (pressure, two)))
        start = engine.state()
    return Kirkwood(tuple(reversed(found)), density, tetrahedra.KELVIN)


@pytest.fixture(scope="module")
def published():
    """At the density at which the shipped tables were made."""
    return uniform_at(PUBLISHED, 480)


def shipped(kind: str) -> np.ndarray:
    rows = tetrahedra.table(f"table_FEC_{kind}.dat")
    return np.interp(LISTED, rows[:, 0], rows[:, 1])


def test_free_energies_at_equal_pressure_are_those_of_the_shipped_table(published):
    energy, error = published.helmholtz(LISTED)
    print("Helmholtz", np.round(energy, 4), np.round(error, 4), np.round(shipped("Helmholtz"), 4))
    assert (np.abs(energy - shipped("Helmholtz")) < 3.0 * error).all()
    assert (error < 0.005).all()


# resolutions at which the shipped pressures were known, as the next test finds
MEASURED = np.array([0.0, 0.3, 0.6, 1.0])


def shipped_pressures() -> tuple[np.ndarray, np.ndarray]:
    """What the two shipped tables say of the pressure, relative to that of beads: at all their rows, and MEASURED."""
    helmholtz, gibbs = (tetrahedra.table(f"table_FEC_{kind}.dat") for kind in ("Helmholtz", "Gibbs"))
    found = -PUBLISHED * (gibbs[:, 1] - helmholtz[:, 1])
    return np.column_stack([gibbs[:, 0], found]), np.interp(MEASURED, gibbs[:, 0], found)


def test_shipped_tables_differ_by_a_spline_through_four_pressures():
    rows, knots = shipped_pressures()
    away = CubicSpline(MEASURED, knots, bc_type="natural")(rows[:, 0]) - rows[:, 1]
    print("pressures", np.round(knots, 5), "largest", np.abs(away).max())
    # the last digits of the tables
    assert np.abs(away).max() < 1e-5 * PUBLISHED
    for moved in (np.array([0.0, 0.32, 0.6, 1.0]), np.array([0.0, 0.3, 0.58, 1.0]), MEASURED[[0, 1, 3]]):
        values = np.interp(moved, *rows.T)
        assert np.abs(CubicSpline(moved, values, bc_type="natural")(rows[:, 0]) - rows[:, 1]).max() > 1e-5


def test_pressure_of_atoms_less_that_of_beads_is_the_shipped_one(published):
    values, errors = published.pressure(MEASURED)
    first, expected = published.nodes[0].pressure, shipped_pressures()[1]
    found, noise = values - first[0], np.hypot(errors, first[1])
    print("pressures", np.round(found, 4), np.round(noise, 4), "shipped", np.round(expected, 4))
    assert abs(found[-1] - expected[-1]) < 3.0 * noise[-1]
    assert noise[-1] < 0.004


@pytest.mark.xfail(
    strict=True,
    reason="the shipped table was made with pressures at the resolutions 0, 0.3, 0.6 and 1; those at 0.3 and 0.6 are "
    "lower than the virial gives here, and than free energies at two densities give without one",
)
def test_free_energies_at_equal_density_are_those_of_the_shipped_table(published):
    energy, error = published.gibbs(LISTED)
    print("Gibbs", np.round(energy, 4), np.round(error, 4), np.round(shipped("Gibbs"), 4))
    assert (np.abs(energy - shipped("Gibbs")) < 3.0 * error).all()


def test_free_energies_at_two_densities_give_the_pressures_without_a_virial(published):
    # p = rho^2 dF/drho, F per molecule; what is cut off is (rho - rho0)^2 / 6 of a third derivative
    between, (thin, dense) = 0.01, (uniform_at(PUBLISHED + sign * 0.01, 2000) for sign in (-1, 1))
    (low, one), (high, other) = thin.helmholtz(MEASURED), dense.helmholtz(MEASURED)
    per = PUBLISHED**2 / (2.0 * between)
    found, noise = per * (low - high), per * np.hypot(one, other)
    values, errors = published.pressure(MEASURED)
    first, expected = published.nodes[0].pressure, shipped_pressures()[1]
    print("without a virial", np.round(found, 4), np.round(noise, 4), "shipped", np.round(expected, 4))
    assert (np.abs(found - (values - first[0])) < 3.0 * np.sqrt(noise**2 + errors**2 + first[1] ** 2) + 1e-12).all()
    assert (noise < 0.002).all()
    # so it is with the last, and is not with those between
    assert abs(found[-1] - expected[-1]) < 3.0 * noise[-1]
    assert (np.abs(found - expected)[1:-1] > 4.0 * noise[1:-1]).all()


def plateaus(name: str) -> float:
    """Logarithm of the density with atoms over that of beads, in a shipped profile."""
    rows = tetrahedra.table(name)
    d = np.abs((np.arange(len(rows)) + 0.5) / len(rows) - 0.5) * tetrahedra.BOX[0]
    # the first and last three bins lose atoms that reach beyond the box
    return float(np.log(rows[d < 4.0, 1].mean() / rows[(d > 11.0) & (d < 17.0), 1].mean()))


def test_the_free_energy_is_what_the_shipped_profiles_ask_for(integrated):
    # to first order the density answers to what is left uncompensated, K log(rho_atoms / rho_beads) = Delta - table:
    # two profiles, without compensation and with the shipped one, give K and the Delta that makes the density even
    shipped = tetrahedra.table("table_FEC_Gibbs.dat")[-1, 1]
    plain, with_table = plateaus("DensityProfile_Reference.dat"), plateaus("DensityProfile_Gibbs_Reference.dat")
    expected = shipped * plain / (plain - with_table)
    energy, error = integrated.gibbs(1.0)
    print(f"table {shipped:.3f}, its profiles ask for {expected:.3f}, found {float(energy):.3f} +- {float(error):.3f}")
    assert abs(float(energy) - expected) < 3.0 * float(error)
    assert float(error) < 0.04
    difference, error = integrated.pressure(1.0)
    assert (integrated.gibbs(1.0)[0] - integrated.helmholtz(1.0)[0]) * integrated.density == pytest.approx(
        integrated.nodes[0].pressure[0] - float(difference), abs=1e-9
    )


def test_free_energies_found_here_keep_the_density_where_the_shipped_table_does_not(integrated):
    # what a free energy at equal density is for; the shipped profile was made with the shipped table
    found, error = sampled_profile(600_000, compensation={"tetrahedron": integrated.compensation("gibbs")})
    d = np.abs((np.arange(len(found)) + 0.5) / len(found) - 0.5) * tetrahedra.BOX[0]
    beads, between = (d > 11.0) & (d < 17.0), (d > 6.0) & (d < 9.0)
    shipped = tetrahedra.table("DensityProfile_Gibbs_Reference.dat")[:, 1]
    own, theirs = (rows / rows[beads].mean() - 1.0 for rows in (found, shipped))
    print("resolutions 0.1 to 0.9, largest and rms:")
    for name, away in (("found", own), ("shipped", theirs)):
        print(name, np.round([np.abs(away[between]).max(), np.sqrt(np.mean(away[between] ** 2))], 4))
    print("atoms over beads", np.round([own[d < 4.0].mean(), theirs[d < 4.0].mean()], 4), "error", error.mean())
    assert np.sqrt(np.mean(own[between] ** 2)) < 0.5 * np.sqrt(np.mean(theirs[between] ** 2))
    assert np.abs(own[between]).max() < 0.03
    assert abs(own[d < 4.0].mean()) < 0.01
    assert (error / found)[between].max() < 0.01


def energies(dynamics: Dynamics, seed: int, **options):
    """Scatter of the energy per atom about its trend over twenty units of time, and the trend."""
    engine = tetrahedra.engine(tetrahedra.forces(**options), dynamics, seed)
    engine.start(tetrahedra.configuration()[0], None, seed)
    engine.step(500)
    found = []
    for _ in range(200):
        engine.step(round(0.1 / dynamics.timestep))
        found.append(sum(engine.energy()) / (4 * tetrahedra.MOLECULES))
    times = 0.1 * np.arange(len(found))
    slope, start = np.polyfit(times, found, 1)
    return np.std(found - slope * times - start), slope


@pytest.mark.parametrize(
    ("kind", "timestep", "width"),
    [("plain", 0.0005, 0.0), ("plain", 0.002, 0.04), ("Gibbs", 0.002, 0.04), ("Gibbs", 0.001, 0.0)],
)
def test_energy_is_conserved(kind, timestep, width):
    # the force of the shipped beads falls from 6.30 to 0 between two rows of their table, 0.002 apart. A molecule comes
    # as far in a step of 0.002, and leapfrog errs a little at random at each passage; steps of 0.001 resolve the edge,
    # and so do those of 0.002 where it is rounded over 0.04
    how = Dynamics(tetrahedra.KELVIN, timestep, 0.0)
    compensation = {} if kind == "plain" else {"tetrahedron": tetrahedra.compensation("Gibbs")}
    beads = tetrahedra.beads(width)
    found = {
        name: np.array([energies(how, seed, **options) for seed in (1, 2)])
        for name, options in (
            ("adaptive", {"compensation": compensation, "coarse": beads}),
            ("all-atom", {"region": None}),
        )
    }
    scatter = {name: rows[:, 0].mean() for name, rows in found.items()}
    print(kind, timestep, width, scatter, found["adaptive"][:, 1])
    assert scatter["adaptive"] < 3.0 * scatter["all-atom"]
    assert (np.abs(found["adaptive"][:, 1]) < 1e-5).all()


def test_what_scatters_is_the_edge_of_the_shipped_beads():
    # beads alone, no atoms, no region, no compensation
    how = Dynamics(tetrahedra.KELVIN, 0.002, 0.0)
    sharp, rounded = (
        energies(how, 1, region=None, uniform=0.0, coarse=tetrahedra.beads(width))[0] for width in (0.0, 0.04)
    )
    print("beads alone", sharp, rounded)
    assert sharp > 5.0 * rounded
