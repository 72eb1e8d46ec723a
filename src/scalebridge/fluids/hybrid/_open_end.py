"""The open end between two steps: a fluid that expands beyond its buffer gives atoms away, and this is booked."""

from __future__ import annotations

from dataclasses import replace

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
    beyond = atoms.fluid & (atoms.positions[:, 1] > model.size[1])
    if model.closed or beyond.sum() <= _OVERFULL * model.density * model.area * model.buffer:
        return atoms, np.zeros(4)
    taken = model.mass * np.append(beyond.sum(), atoms.velocities[beyond].sum(axis=0))
    names = ("tags", "types", "positions", "velocities", "external")
    return replace(atoms, **{name: getattr(atoms, name)[~beyond] for name in names}), taken


def trim_entries(before: Atoms, after: Atoms, mass: float, taken: Floats, where: str, when: float) -> tuple[Entry, ...]:
    """Mass and momentum before, against what is left and what was taken.

    Args:
        before: all atoms.
        after: those that stay.
        mass: of a fluid atom, the mean of several types.
        taken: mass and momentum (3) of those that went.
        where: which instance.
        when: time.
    """

    def contents(atoms: Atoms) -> Floats:
        return mass * np.append(atoms.fluid.sum(), atoms.velocities[atoms.fluid].sum(axis=0))

    was, left = contents(before), contents(after)
    gross = mass * float(np.abs(before.velocities).sum())
    axes = zip("xyz", was[1:], left[1:] + taken[1:], strict=True)
    return (
        Entry("mass given away at the open end", "m", was[0] - left[0], taken[0], was[0], 1e-12, where, when),
        *(
            Entry(f"momentum {axis} given away at the open end", "m sigma/tau", old, new, gross, 1e-10, where, when)
            for axis, old, new in axes
        ),
    )
