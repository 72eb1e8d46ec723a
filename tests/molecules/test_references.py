"""All-atom references simulated here: rigid and flexible water, Ewald sums and reaction field."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.molecules import BeadRule, Mapping, MoleculeRule, chains, water

ONE = Mapping((MoleculeRule("SOL", "resname HOH", (BeadRule("W", "all"),)),))


def nonbonded(system):
    import openmm as mm

    return next(force for force in system.getForces() if isinstance(force, mm.NonbondedForce))


@pytest.mark.verify
def test_flexible_water_vibrates_and_rigid_water_does_not() -> None:
    spread = {}
    for model, step in (("spce", 0.002), ("spce-flexible", 0.0005)):
        atoms = water(220, model=model, cutoff=0.8)  # type: ignore[arg-type]
        run = atoms.run(picoseconds=0.1, equilibration=0.1, every=0.02, timestep=step, seed=1)
        places = run.frames.positions.reshape(len(run.frames), 220, 3, 3)
        bonds = np.linalg.norm(places[:, :, 1:] - places[:, :, :1], axis=3)
        assert bonds.mean() == pytest.approx(0.1, abs=0.004)
        spread[model] = float(bonds.std())
        # beads feel what the atoms of a molecule feel together, whatever holds the molecule
        beads = ONE.of(run.universe).frames(run.frames)
        total = np.asarray(run.frames.forces).reshape(len(run.frames), 220, 3, 3).sum(axis=2)
        np.testing.assert_allclose(beads.forces, total, atol=1e-6 * np.abs(total).max())
    assert spread["spce"] < 1e-5
    # kT / k of a harmonic bond of 345000 kJ/mol/nm^2: 0.0027 nm
    assert 0.001 < spread["spce-flexible"] < 0.005


def test_electrostatics_are_as_asked() -> None:
    import openmm as mm

    ewald, field = water(220, cutoff=0.8), water(220, cutoff=0.8, electrostatics="reaction-field")
    assert nonbonded(ewald.system).getNonbondedMethod() == mm.NonbondedForce.PME
    assert nonbonded(field.system).getNonbondedMethod() == mm.NonbondedForce.CutoffPeriodic
    assert nonbonded(field.system).getReactionFieldDielectric() > 70.0
    assert ewald.system.getNumConstraints() == 3 * 220
    assert water(220, model="spce-flexible", cutoff=0.8).system.getNumConstraints() == 0


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: water(50), "below twice the cutoff"),
        (lambda: water(500, model="ice"), "Unknown water model"),  # type: ignore[arg-type]
        (lambda: chains(200, carbons=2), "3 carbons"),
        (lambda: chains(20), "below twice the cutoff"),
    ],
)
def test_what_cannot_be_simulated_says_so(make, words: str) -> None:
    with pytest.raises(InputError, match=words):
        make()
