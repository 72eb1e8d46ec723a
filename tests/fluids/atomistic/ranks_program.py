"""A program under mpiexec: atoms on all ranks, under everything that can act on them, and what goes wrong there."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from scalebridge.errors import RunError
from scalebridge.fluids.atomistic import Constraint, Controls, Traction, started
from scalebridge.parallel import Together, mpi_program, serving_ranks

sys.path.insert(0, str(Path(__file__).parents[2]))
from support.small_hybrid import aims, everything, small_atoms

LEGS = (1, 7, 50)


def legs(path):
    """Books of some legs after an equilibration, and the atoms at the end."""
    model = small_atoms()
    atoms = model.equilibrate(np.random.SeedSequence(3), 100)
    simulation, found = started(model, atoms, everything(model), np.random.default_rng(0), 1.0), {}
    for number, steps in enumerate(LEGS):
        books = simulation.run(steps, aims(model))
        for name in ("now", "before", "forces", "sums", "crossed", "by_source", "wall", "energy"):
            found[f"{name}_{number}"] = getattr(books, name)
        gross = np.abs(books.forces[:, :6]).sum() * model.time_step
        assert np.all(books.residual()[:, 0] == 0.0)
        assert np.abs(books.residual()[:, 1:]).max() < 1e-12 * gross
        given = books.by_source[:, :3].sum(axis=0) - books.wall
        assert np.abs((books.now - books.before)[:, 1:4].sum(axis=0) - given).max() < 1e-12 * gross
    last = simulation.atoms()
    found |= {"kinetic": simulation.kinetic_energy(), "x": last.positions, "v": last.velocities, "f": last.external}
    simulation.close()
    np.savez(path, **found)
    return model, last


def refused(model, atoms, controls, targets):
    """What a run of these atoms ends in."""
    simulation = started(model, atoms, controls, np.random.default_rng(0), 1.0)
    try:
        simulation.run(200, targets)
        print("runs")
    except RunError as error:
        print("RunError:", error)
    simulation.close()


def alone(communicator):
    """A part that one rank cannot make."""
    if communicator.Get_rank() == 1:
        raise RunError("its part is missing")


if __name__ == "__main__":
    with mpi_program() as leads:
        if leads:
            print("ranks:", serving_ranks())
            model, atoms = legs(sys.argv[1])
            targets = replace(model.rest(), velocity=np.zeros((2, 1, 3)))
            refused(model, atoms, Controls(Constraint((18.0, 18.5)), (Traction(10.0, 16.0),)), targets)
            try:
                Together(alone)
            except RunError as error:
                print("RunError:", error)
            refused(model, atoms, Controls(tractions=model.tractions()), model.rest())  # the ranks still serve
            stray = atoms.velocities.copy()
            stray[np.flatnonzero(atoms.fluid)[5]] = np.nan
            print("strays", flush=True)
            refused(model, replace(atoms, velocities=stray), Controls(tractions=model.tractions()), model.rest())
