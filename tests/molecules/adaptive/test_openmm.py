"""Adaptive resolution in OpenMM: the all-atom limit, conservation of energy, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.molecules.adaptive import AdaptiveForces, AdaptiveResolution, CoarsePairs, Slab, Sphere
from scalebridge.molecules.adaptive._openmm import molecules_of, put_together, take
from scalebridge.molecules.potentials import LennardJones

mm = pytest.importorskip("openmm")
from openmm import app  # noqa: E402

CUTOFF = 0.7


def water(edge=2.2, **options):
    """Rigid SPC/E water: system, topology, positions in nm."""
    field = app.ForceField("spce.xml")
    model = app.Modeller(app.Topology(), [])
    model.addSolvent(field, boxSize=mm.Vec3(edge, edge, edge), model="spce")
    options = {"nonbondedMethod": app.CutoffPeriodic, "nonbondedCutoff": CUTOFF, **options}
    system = field.createSystem(model.topology, **options)
    for force in system.getForces():
        if isinstance(force, mm.NonbondedForce):
            force.setUseDispersionCorrection(False)
    return system, model.topology, np.array([[x._value for x in p] for p in model.positions])


def context(system, positions, timestep=0.001):
    made = mm.Context(system, mm.VerletIntegrator(timestep), mm.Platform.getPlatformByName("Reference"))
    made.setPositions(positions)
    return made


def energy_and_forces(system, positions):
    state = context(system, positions).getState(getEnergy=True, getForces=True)
    return state.getPotentialEnergy()._value, state.getForces(asNumpy=True)._value


def test_the_all_atom_limit_is_the_engine_itself():
    system, topology, x = water()
    taken = take(system, *molecules_of(topology))
    assert taken.molecules.names == ("HOH",)
    forces = AdaptiveForces(taken.molecules, taken.sites, CoarsePairs.none(1), None, single=False)
    expected, found = energy_and_forces(system, x), energy_and_forces(put_together(system, taken, forces), x)
    assert found[0] == pytest.approx(expected[0], rel=1e-10)
    np.testing.assert_allclose(found[1], expected[1], rtol=0, atol=1e-10 * np.abs(expected[1]).max())


def test_flexible_molecules_keep_what_is_within_them():
    # chains of six sites: bonds, exceptions, and pairs farther apart with cutoff and reaction field
    system, topology, positions = mm.System(), app.Topology(), []
    bonds, force = mm.HarmonicBondForce(), mm.NonbondedForce()
    chain = topology.addChain()
    rng = np.random.default_rng(5)
    for k in range(27):
        residue = topology.addResidue("CHN", chain)
        place = 0.8 * np.array([k % 3, k // 3 % 3, k // 9])
        atoms = []
        for i in range(6):
            atoms.append(topology.addAtom(f"C{i}", app.element.carbon, residue))
            force.addParticle((-1) ** i * 0.2, 0.2, 0.4)
            positions.append(place + 0.09 * i * np.array([0.8, 0.5, 0.3]) + 0.01 * rng.normal(size=3))
            system.addParticle(12.0)
            if i:
                bonds.addBond(6 * k + i - 1, 6 * k + i, 0.1, 1e4)
                topology.addBond(atoms[i - 1], atoms[i])
    force.createExceptionsFromBonds([(b, b + 1) for b in range(6 * 27 - 1) if b % 6 != 5], 0.8, 0.5)
    force.setNonbondedMethod(mm.NonbondedForce.CutoffPeriodic)
    force.setCutoffDistance(0.6)
    force.setUseDispersionCorrection(False)
    system.addForce(bonds)
    system.addForce(force)
    system.setDefaultPeriodicBoxVectors(*(2.6 * np.eye(3)))
    taken = take(system, *molecules_of(topology))
    forces = AdaptiveForces(taken.molecules, taken.sites, CoarsePairs.none(1), None, single=False)
    x = np.array(positions)
    expected, found = energy_and_forces(system, x), energy_and_forces(put_together(system, taken, forces), x)
    assert found[0] == pytest.approx(expected[0], rel=1e-9)
    np.testing.assert_allclose(found[1], expected[1], rtol=0, atol=1e-9 * np.abs(expected[1]).max())


COARSE = {"HOH": LennardJones(0.3, 1.0, 0.7, "force")}


@pytest.mark.parametrize("change", ["region", "hybrid", "method", "charge", "species", "switch"])
def test_what_cannot_work_is_refused(change):
    system, topology, _ = water()
    region = Slab((1.1, 1.1, 1.1), 0.2, 0.8)
    coarse = COARSE
    if change == "region":
        region, words = Sphere((1.1, 1.1, 1.1), 0.5, 0.8), "box is only 2.2 nm"
    elif change == "hybrid":
        region, words = Slab((1.1, 1.1, 1.1), 0.4, 0.5), "hybrid zone is 0.5 nm wide, less than the cutoff of 0.7"
    elif change == "method":
        (system, topology, _), words = water(nonbondedMethod=app.PME), "PME.*CutoffPeriodic"
    elif change == "species":
        coarse, words = {"ethanol": COARSE["HOH"]}, "'ethanol'.*HOH"
    else:
        force = next(f for f in system.getForces() if isinstance(f, mm.NonbondedForce))
        if change == "charge":
            words = "'HOH' carry a net charge"
            for i in range(0, system.getNumParticles(), 3):
                force.setParticleParameters(i, -1.0, 0.3, 0.6)
        else:
            words = "switching function"
            force.setUseSwitchingFunction(True)
    with pytest.raises(InputError, match=words):
        AdaptiveResolution(system, topology, region, coarse)
