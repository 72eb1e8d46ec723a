"""A peptide from a PDB file: all its atoms and the water around it, beads beyond, in a ball that follows it."""

from __future__ import annotations

import io

import numpy as np
import pytest

from scalebridge.molecules.adaptive import AdaptiveResolution, CalibrationSettings, Dynamics, Sphere
from scalebridge.molecules.adaptive._engine import new_context
from scalebridge.molecules.potentials import LennardJones

mm = pytest.importorskip("openmm")
from openmm import app, unit  # noqa: E402

pytestmark = pytest.mark.verify

# alanine dipeptide, heavy atoms; hydrogens are added
PDB = """\
ATOM      1  CH3 ACE A   1       2.000   2.090   0.000  1.00  0.00           C
ATOM      2  C   ACE A   1       3.427   2.641   0.000  1.00  0.00           C
ATOM      3  O   ACE A   1       4.391   1.877   0.000  1.00  0.00           O
ATOM      4  N   ALA A   2       3.555   3.970   0.000  1.00  0.00           N
ATOM      5  CA  ALA A   2       4.853   4.614   0.000  1.00  0.00           C
ATOM      6  CB  ALA A   2       5.661   4.221  -1.232  1.00  0.00           C
ATOM      7  C   ALA A   2       4.713   6.129   0.000  1.00  0.00           C
ATOM      8  O   ALA A   2       3.601   6.653   0.000  1.00  0.00           O
ATOM      9  N   NME A   3       5.846   6.835   0.000  1.00  0.00           N
ATOM     10  C   NME A   3       5.737   8.286   0.000  1.00  0.00           C
END
"""
CUTOFF = 0.7
HOW = Dynamics(300.0, 0.002, 2.0, every=25)


def solvated(edge=3.4):
    """System, topology and positions of the peptide in SPC/E water."""
    field = app.ForceField("amber14/protein.ff14SB.xml", "amber14/spce.xml")
    read = app.PDBFile(io.StringIO(PDB))
    modeller = app.Modeller(read.topology, read.positions)
    modeller.addHydrogens(field)
    modeller.addSolvent(field, model="spce", boxSize=mm.Vec3(edge, edge, edge) * unit.nanometer, neutralize=False)
    system = field.createSystem(
        modeller.topology, nonbondedMethod=app.CutoffPeriodic, nonbondedCutoff=CUTOFF, constraints=app.HBonds
    )
    return system, modeller.topology, np.array(modeller.positions.value_in_unit(unit.nanometer))


def relaxed(system, x):
    context, integrator = new_context(system, Dynamics(friction=10.0), 1)
    context.setPositions(x)
    mm.LocalEnergyMinimizer.minimize(context, 50.0, 200)
    context.setVelocitiesToTemperature(300.0, 1)
    integrator.step(2500)
    return np.array(context.getState(positions=True).getPositions(asNumpy=True)._value)


def around(system, x, box, oxygens, peptide, picoseconds):
    """Water oxygens by distance from the nearest heavy atom of the peptide, and its length; means of eight blocks."""
    context, integrator = new_context(system, HOW, 7)
    context.setPositions(x)
    context.applyConstraints(1e-6)
    context.setVelocitiesToTemperature(300.0, 2)
    integrator.step(1000)
    edges, shells, lengths = np.linspace(0.0, 0.6, 25), [], []
    for _ in range(round(picoseconds / HOW.timestep / HOW.every)):
        integrator.step(HOW.every)
        places = np.asarray(context.getState(positions=True).getPositions(asNumpy=True)._value)
        d = places[oxygens][:, None] - places[peptide][None]
        d -= box * np.round(d / box)
        nearest = np.linalg.norm(d, axis=2).min(axis=1)
        shells.append(np.histogram(nearest, edges)[0])
        lengths.append(np.linalg.norm(places[peptide[0]] - places[peptide[-1]]))
    parts = [np.mean(p, axis=0) for p in np.array_split(np.array(shells, float), 8)]
    return np.array(parts), np.array([np.mean(p) for p in np.array_split(lengths, 8)])


def test_peptide_and_its_first_shell():
    system, topology, x = solvated()
    atoms = list(topology.atoms())
    box = np.array([topology.getPeriodicBoxVectors()[i][i].value_in_unit(unit.nanometer) for i in range(3)])
    x = relaxed(system, x)
    name = "ACE-ALA-NME"
    region = Sphere((0.0, 0.0, 0.0), 0.95, 0.7)
    beads = {"HOH": LennardJones(0.28, 0.65, 0.3143, "energy")}
    adaptive = AdaptiveResolution(system, topology, region, beads, solute=name, cap=0.12)
    settings = CalibrationSettings(drift_rounds=6, density_length=2.0, rounds=6, tolerance=0.05, dynamics=Dynamics())
    found = adaptive.calibrate(x, settings, seed=1)
    print([(r.stage, round(r.deviation, 3), round(r.error, 3)) for r in found.history])
    oxygens = np.array([a.index for a in atoms if a.residue.name == "HOH" and a.element.symbol == "O"])
    peptide = np.array([a.index for a in atoms if a.residue.name != "HOH" and a.element.symbol != "H"])
    one = around(system, x, box, oxygens, peptide, 30.0)
    two = around(adaptive.system, found.positions, box, oxygens, peptide, 30.0)
    first = slice(0, 16)  # up to 0.4 nm: the first shell
    means, errors = zip(
        *((p.mean(axis=0), p.std(axis=0, ddof=1) / np.sqrt(len(p))) for p, _ in (one, two)), strict=True
    )
    away = np.abs(means[0] - means[1])[first]
    noise = np.hypot(*errors)[first]
    print(np.round(means[0][first], 2), np.round(means[1][first], 2), np.round(noise, 2))
    assert np.mean(away**2) < 2.0 * np.mean(noise**2) + 0.01
    lengths = [(v.mean(), v.std(ddof=1) / np.sqrt(len(v))) for _, v in (one, two)]
    assert abs(lengths[0][0] - lengths[1][0]) < 4.0 * np.hypot(lengths[0][1], lengths[1][1])
