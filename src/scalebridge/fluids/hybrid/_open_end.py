"""The open end between two steps: a fluid that expands beyond its buffer gives atoms away, and this is booked."""

from __future__ import annotations

import numpy as np

from scalebridge.fluids.atomistic import AbstractAtomistic, Atoms
from scalebridge.fluids.atomistic._state import Floats
from scalebridge.ledger import Entry

_OVERFULL = 0.05  # of the atoms that the buffer holds at the fluid's density


def trimmed(model: AbstractAtomistic, atoms: Atoms) -> tuple[Atoms, Floats]:
    """Atoms without those beyond the open end, if these are many; mass and momentum taken, (4,).

    A fluid that grows warmer, or whose pressure was given too small, expands. Its open end carries the pressure
    wherever it is, so nothing else would stop it from leaving the box.
    """
    beyond = atoms.fluid & (atoms.heights > model.size[1])
    held = model.atoms_per_particle * model.density * model.area * model.buffer
    if model.closed or beyond.sum() <= _OVERFULL * held:
        return atoms, np.zeros(4)
    return atoms.only(~beyond), _contents(model, atoms.only(beyond))


def trim_entries(
    before: Atoms, after: Atoms, model: AbstractAtomistic, taken: Floats, where: str, when: float
) -> tuple[Entry, ...]:
    """Mass and momentum before, against what is left and what was taken.

    Args:
        before: all atoms.
        after: those that stay.
        model: of the atoms.
        taken: mass and momentum (3) of those that went.
        where: which instance.
        when: time.
    """
    was, left, units = _contents(model, before), _contents(model, after), model.units
    gross = float((_masses(model, before)[:, None] * np.abs(before.velocities)).sum())
    axes = zip("xyz", was[1:], left[1:] + taken[1:], strict=True)
    return (
        Entry("mass given away at the open end", units.mass, was[0] - left[0], taken[0], was[0], 1e-12, where, when),
        *(
            Entry(f"momentum {axis} given away at the open end", units.momentum, old, new, gross, 1e-10, where, when)
            for axis, old, new in axes
        ),
    )


def _contents(model: AbstractAtomistic, atoms: Atoms) -> Floats:
    """Mass and momentum of the fluid, (4,)."""
    masses = _masses(model, atoms)
    return np.append(masses.sum(), masses @ atoms.velocities)


def _masses(model: AbstractAtomistic, atoms: Atoms) -> Floats:
    """Of each atom, none for those of walls, (n,)."""
    masses = np.zeros(len(atoms.tags))
    for kind, mass in model.type_masses.items():
        masses[atoms.types == kind] = mass
    return masses
