"""The books of a hybrid run: one set of entries per coupling cycle and instance."""

from __future__ import annotations

import math

import numpy as np

from scalebridge.fluids.atomistic import Books
from scalebridge.fluids.atomistic._state import Floats
from scalebridge.fluids.continuum import Contents, Fluxes
from scalebridge.ledger import Entry, Verdict

MOMENTUM_ALLOWED = 1e-10
_EINSTEIN = 300.0  # squared Einstein frequency of a dense Lennard-Jones fluid, tau^-2


def energy_ripple(atoms: float, temperature: float, time_step: float) -> float:
    """Energy by which velocity Verlet may miss between two instants: four times dt^2 omega^2 k T sqrt(N).

    Its shadow energy is conserved and differs from the energy by terms of order dt^2 that ripple from atom to atom.
    """
    return 4.0 * time_step**2 * _EINSTEIN * temperature * math.sqrt(atoms)


def atom_entries(books: Books, kinetic: float, where: str, when: float) -> tuple[Entry, ...]:
    """Mass, momentum and energy of one instance over a cycle.

    Args:
        books: of the cycle.
        kinetic: kinetic energy of the fluid, the scale of the energy's mismatch.
        where: which instance.
        when: time at the end of the cycle.
    """
    before, after = books.before.sum(axis=0), books.now.sum(axis=0)
    dt = books.time_step
    # the walls' share is taken from the walls' own forces, so that action and reaction are tested too
    given = books.by_source[:, :3].sum(axis=0) - books.wall
    gross = np.abs(books.forces[:, :6]).sum() * dt
    entries = [
        Entry("atoms' mass", "m", after[0], before[0], before[0], 0.0, where, when),
        Entry("atoms' mass, every bin", "m", float(np.abs(books.residual()[:, 0]).max()), 0.0, before[0], 0.0, where, when),
        Entry(
            "atoms' momentum, every bin", "m sigma/tau", float(np.abs(books.residual()[:, 1:]).max()), 0.0, gross,
            MOMENTUM_ALLOWED, where, when,
        ),
    ]  # fmt: skip
    entries += [
        Entry(f"atoms' momentum {axis}", "m sigma/tau", after[1 + k] - before[1 + k], given[k], gross, MOMENTUM_ALLOWED, where, when)
        for k, axis in enumerate("xyz")
    ]  # fmt: skip
    work = float(books.by_source[:, 3].sum())
    allowed = energy_ripple(after[0], 2.0 * kinetic / (3.0 * after[0]), dt) / kinetic
    entries.append(Entry("atoms' energy", "epsilon", books.energy[1] - books.energy[0], work, kinetic, allowed, where, when))
    return tuple(entries)


def continuum_entries(before: Floats, after: Floats, given: Floats, gross: float, when: float) -> tuple[Entry, ...]:
    """Momentum of the continuum over a cycle: contents against what came through its patches and was made inside."""
    return tuple(
        Entry(f"continuum's momentum {axis}", "m sigma/tau", after[k] - before[k], given[k], gross, MOMENTUM_ALLOWED, "continuum", when)
        for k, axis in enumerate("xz")
        for k in ((0, 2)["xz".index(axis)],)
    )  # fmt: skip


def continuum_energy(before: Contents, after: Contents, fluxes: Fluxes, when: float) -> Entry:
    """Energy of the continuum over a cycle."""
    gross = sum(float(np.abs(f.energy).sum()) for f in fluxes.patches.values())
    scale = max(gross, abs(before.energy), 1e-300)
    gain, given = after.energy - before.energy, fluxes.total.energy
    return Entry("continuum's energy", "epsilon", gain, given, scale, MOMENTUM_ALLOWED, "continuum", when)


def flux_entry(what: str, atoms: float, continuum: float, error: float, *, exact: bool, when: float) -> Entry:
    """What went through the interface, atoms against continuum.

    With flux exchange both are the same number; with velocity exchange they agree within the noise of the flux.
    """
    name, unit = f"flux of {what}", "epsilon" if what == "heat" else "m sigma/tau"
    if exact:
        scale = max(abs(atoms), abs(continuum), 1e-300)
        return Entry(name, unit, atoms, continuum, scale, MOMENTUM_ALLOWED, "interface", when)
    return Entry(name, unit, atoms, continuum, error, 5.0, "interface", when, severity=Verdict.WARNS)
