"""The tetrahedral liquid that H-AdResS was published with, against what ESPResSo++ ships."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.molecules.adaptive import Dynamics, kirkwood
from scalebridge.molecules.adaptive._kirkwood import nodes
from support import tetrahedra

mm = pytest.importorskip("openmm")
pytestmark = pytest.mark.verify

TIMESTEP = 0.002


def sampled_profile(steps: int, **options):
    """Density profile, the mean of both halves, and its standard error per bin."""
    integrator = mm.LangevinMiddleIntegrator(tetrahedra.KELVIN, 0.5, TIMESTEP)
    integrator.setRandomNumberSeed(7)
    context = tetrahedra.context(tetrahedra.forces(**options), integrator)
    integrator.step(5000)
    found = []
    for _ in range(steps // 40):
        integrator.step(40)
        state = context.getState(positions=True)
        profile = tetrahedra.profile(state.getPositions(asNumpy=True)._value)
        found.append(0.5 * (profile + profile[::-1]))
    blocks = [part.mean(axis=0) for part in np.array_split(np.array(found), 10)]
    return np.mean(found, axis=0), np.std(blocks, axis=0, ddof=1) / np.sqrt(10)


@pytest.mark.parametrize("kind", ["plain", "Gibbs"])
def test_density_profile(kind):
    # the reference counts atoms of folded molecules and loses those that reach beyond the box: so do we, and its first
    # and last bins (0.63, 0.90) come out as well
    compensation = {} if kind == "plain" else {"tetrahedron": tetrahedra.compensation("Gibbs")}
    name = "DensityProfile_Reference.dat" if kind == "plain" else "DensityProfile_Gibbs_Reference.dat"
    expected = tetrahedra.table(name)[:, 1]
    found, error = sampled_profile(600_000, compensation=compensation)
    away = found / expected - 1.0
    print(f"{kind}: largest {np.abs(away).max():.4f}, rms {np.sqrt(np.mean(away**2)):.4f}, noise {error.mean():.4f}")
    assert np.abs(away[1:-1]).max() < 0.02


def test_free_energies_by_kirkwood_integration():
    x, _ = tetrahedra.configuration()
    how = Dynamics(tetrahedra.KELVIN, TIMESTEP, friction=0.5, every=20)
    found = kirkwood(
        tetrahedra.system, lambda w: tetrahedra.forces(region=None, uniform=w), tetrahedra.BOX, x, nodes(13), 20.0,
        how, settle=4.0, seed=3,
    )  # fmt: skip
    listed = np.array([0.25, 0.5, 0.75, 1.0])
    for kind, of in (("Gibbs", found.gibbs), ("Helmholtz", found.helmholtz)):
        rows = tetrahedra.table(f"table_FEC_{kind}.dat")
        expected = np.interp(listed, rows[:, 0], rows[:, 1])
        energy, error = of(listed)
        print(kind, np.round(energy, 4), np.round(error, 4), np.round(expected, 4))
        assert (np.abs(energy - expected) < 3.0 * error).all()
        assert (error < 0.02).all()
    difference, error = found.pressure(1.0)
    assert (found.gibbs(1.0)[0] - found.helmholtz(1.0)[0]) * found.density == pytest.approx(
        found.nodes[0].pressure[0] - float(difference), abs=1e-9
    )


@pytest.mark.parametrize(
    ("kind", "timestep"),
    [
        ("plain", 0.0005),
        ("plain", 0.002),
        pytest.param(
            "Gibbs",
            0.002,
            marks=pytest.mark.xfail(
                strict=True, reason="with the shipped compensation the scatter is 5 times that of all atoms, not 3"
            ),
        ),
    ],
)
def test_energy_is_conserved(kind, timestep):
    scatter, drift = {}, {}
    for name, options in (("adaptive", {}), ("all-atom", {"region": None})):
        if name == "adaptive" and kind == "Gibbs":
            options["compensation"] = {"tetrahedron": tetrahedra.compensation("Gibbs")}
        integrator = mm.VerletIntegrator(timestep)
        context = tetrahedra.context(tetrahedra.forces(**options), integrator)
        integrator.step(200)
        energies = []
        for _ in range(200):
            integrator.step(round(0.1 / timestep))
            state = context.getState(energy=True)
            energies.append(state.getPotentialEnergy()._value + state.getKineticEnergy()._value)
        times = 0.1 * np.arange(len(energies))
        slope, start = np.polyfit(times, energies, 1)
        n = 4 * tetrahedra.MOLECULES
        scatter[name], drift[name] = np.std(energies - slope * times - start) / n, slope / n
    print(timestep, scatter, drift)
    assert scatter["adaptive"] < 3.0 * scatter["all-atom"]
    assert abs(drift["adaptive"]) < 1e-5
