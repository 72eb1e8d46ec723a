"""A periodic piece of a slit, filled until its middle has the density of the reservoirs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scalebridge.bridge import Failure
from scalebridge.errors import RunError
from scalebridge.fluids.atomistic import Atomistic, Atoms, Carry, Exchanged, Usher
from scalebridge.fluids.atomistic._state import Floats
from scalebridge.ledger import Entry

LAYERS = 3.0
"""Distance from the walls, sigma, within which the fluid is layered."""


@dataclass(frozen=True)
class Filled:
    """Atoms after an exchange.

    Attributes:
        atoms: all of them.
        carry: part of an atom that waits for the next exchange.
        inserted, removed: what came and what went.
        failures: why atoms that should have come now wait; empty where none does.
    """

    atoms: Atoms
    carry: Carry
    inserted: Exchanged
    removed: Exchanged
    failures: tuple[Failure, ...] = ()


def middle(model: Atomistic) -> Floats:
    """Where the fluid has no layers and atoms are exchanged, (3, 2)."""
    x, y, z = model.lengths
    return np.array([[0.0, x], [LAYERS, y - LAYERS], [0.0, z]])


def filled(
    model: Atomistic, atoms: Atoms, carry: Carry, density: float, velocity: float, rng: np.random.Generator
) -> Filled:
    """Atoms put in or taken out where the density of the middle differs from the model's.

    The whole slit gets what its middle lacks, half of it each time, so that noise is not followed. An atom for which
    there is no place now waits for the next exchange.

    Args:
        model: of the slit.
        atoms: before.
        carry: of the exchange before.
        density: measured in the middle.
        velocity: mean along x there.
        rng: of places and velocities.

    Raises:
        RunError: no atom is left to be removed.
    """
    usher = Usher(model.fluid, model.wall)
    missing = 0.5 * (1.0 - density / model.density) * float(atoms.fluid.sum())
    count, carry = carry.take(missing)
    inserted, removed = Exchanged(), Exchanged()
    failures: tuple[Failure, ...] = ()
    for turn in range(abs(count)):
        if count > 0:
            along = np.array([velocity, 0.0, 0.0])
            try:
                atoms, one = usher.insert(atoms, middle(model), along, model.temperature, rng)
            except RunError as error:
                carry = Carry(carry.rest + count - turn)
                failures = (Failure("filling of the slit", str(error), {"waiting": count - turn}),)
                break
            inserted += one
        else:
            atoms, one = usher.remove(atoms, middle(model), rng)
            removed += one
    return Filled(atoms, carry, inserted, removed, failures)


def is_filled(model: Atomistic, atoms: Atoms, density: float) -> bool:
    """Whether a slit lacks no atom and has none too many, by the density of its middle.

    One in four hundred changes the viscosity of a dense liquid by 2 %.
    """
    return abs(1.0 - density / model.density) * float(atoms.fluid.sum()) <= 1.0


def filling_entries(
    before: Atoms, filled: Filled, potential: tuple[float, float], when: float, where: str = "slit"
) -> tuple[Entry, ...]:
    """Atoms, momentum and energies before and after an exchange, against what it says that it brought.

    Args:
        before: the atoms.
        filled: after it.
        potential: energy of all pairs before and after, from the engine.
        when: number of the pass.
        where: in which place.
    """
    brought = filled.inserted + filled.removed
    old, new = (a.velocities[a.fluid] for a in (before, filled.atoms))
    kinetic = 0.5 * float(np.sum(new**2) - np.sum(old**2))
    scale = max(abs(potential[0]), 1.0)
    return (
        Entry("atoms exchanged", "1", float(len(new) - len(old)), float(brought.atoms), len(old), 0.0, where, when),
        Entry(
            "momentum of exchanged atoms", "m sigma/tau", float(new[:, 0].sum() - old[:, 0].sum()),
            brought.momentum[0], float(np.abs(old).sum()), 1e-12, where, when,
        ),
        Entry("kinetic energy of exchanged atoms", "epsilon", kinetic, brought.kinetic, scale, 1e-10, where, when),
        Entry(
            "potential energy of exchanged atoms", "epsilon", potential[1] - potential[0], brought.potential, scale,
            1e-10, where, when,
        ),
    )  # fmt: skip
