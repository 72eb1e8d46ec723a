"""The books of a hybrid run: one set of entries per coupling cycle and instance."""

from __future__ import annotations

import math

import numpy as np

from scalebridge.fluids.atomistic import Books
from scalebridge.fluids.continuum import Contents, Fluxes
from scalebridge.ledger import Entry, Verdict

MOMENTUM_ALLOWED = 1e-10
_EINSTEIN = 300.0  # squared Einstein frequency of a dense Lennard-Jones fluid at temperature 1, tau^-2
_RIPPLE, _KICKED = 0.8, 0.15  # measured in this fluid, with and without thermostats
_SIGMAS = 5.0


def energy_missed(atoms: float, temperature: float, time_step: float, bathed: float, work: float) -> float:
    """Energy by which velocity Verlet may miss over a leg: five standard deviations of its ripple, and its drift.

    Without forces from outside it conserves a shadow energy, H + dt^2 (v . U'' v / 12 - |f|^2 / (24 m)) (Hairer,
    Lubich, Wanner 2003, Acta Numerica 12, 399): between two instants the energy ripples by about
    .8 dt^2 omega^2 k T sqrt(N). A kick e dt from outside changes the energy by its work and the shadow energy by
    dt^3 e . U'' v / (6 m) besides. Noise of a thermostat makes this a random walk, in which .8^2 becomes
    .8^2 + .15 (rate times time); heat that goes in or out steadily makes it a drift of dt^2 omega^2 / 6 times this
    heat.

    Args:
        atoms: N.
        temperature: k T.
        time_step: dt.
        bathed: friction rate of the thermostats times the duration, summed over axes.
        work: of the forces from outside, regardless of sign.
    """
    ripple = temperature * math.sqrt(atoms * (_RIPPLE**2 + _KICKED * bathed))
    # the hotter, the closer and stiffer are the encounters
    drift = math.sqrt(max(temperature, 1.0)) * work / 6.0
    return time_step**2 * _EINSTEIN * (_SIGMAS * ripple + drift)


def atom_entries(books: Books, kinetic: float, where: str, when: float) -> tuple[Entry, ...]:
    """Mass, momentum and energy of one instance over a cycle.

    Args:
        books: of the cycle.
        kinetic: kinetic energy of the fluid, the scale of the energy's mismatch.
        where: which instance.
        when: time at the end of the cycle.
    """
    before, after = books.before.sum(axis=0), books.now.sum(axis=0)
    left, dt = np.abs(books.residual()).max(axis=0), books.time_step
    # the walls' share is taken from the walls' own forces, so that action and reaction are tested too
    given = books.by_source[:, :3].sum(axis=0) - books.wall
    gross = np.abs(books.forces[:, :6]).sum() * dt
    works, temperature = books.by_source[:, 3], 2.0 * kinetic / (3.0 * after[0])
    allowed = energy_missed(after[0], temperature, dt, books.bathed, float(np.abs(works).sum())) / kinetic
    gained, work = books.energy[1] - books.energy[0], float(works.sum())

    def momentum(name: str, fine: float, coarse: float) -> Entry:
        return Entry(name, "m sigma/tau", fine, coarse, gross, MOMENTUM_ALLOWED, where, when)

    return (
        Entry("atoms' mass", "m", after[0], before[0], before[0], 0.0, where, when),
        Entry("atoms' mass, every bin", "m", left[0], 0.0, before[0], 0.0, where, when),
        momentum("atoms' momentum, every bin", left[1:].max(), 0.0),
        *(momentum(f"atoms' momentum {axis}", after[k] - before[k], given[k - 1]) for k, axis in enumerate("xyz", 1)),
        Entry("atoms' energy", "epsilon", gained, work, kinetic, allowed, where, when),
    )


def continuum_entries(before: Contents, after: Contents, fluxes: Fluxes, when: float) -> tuple[Entry, ...]:
    """Momentum of the continuum over a cycle: contents against what came through its patches and was made inside."""
    gross = sum(float(np.abs(f.momentum).sum()) for f in fluxes.patches.values())
    scale = max(gross, float(np.abs(before.momentum).sum()), 1e-300)
    gained, given = after.momentum - before.momentum, fluxes.total.momentum
    return tuple(
        Entry(name, "m sigma/tau", gained[k], given[k], scale, MOMENTUM_ALLOWED, "continuum", when)
        for name, k in (("continuum's momentum x", 0), ("continuum's momentum z", 2))
    )


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
    name, unit = f"flux of {what}", "epsilon" if what == "energy" else "m sigma/tau"
    if exact:
        scale = max(abs(atoms), abs(continuum), 1e-300)
        return Entry(name, unit, atoms, continuum, scale, MOMENTUM_ALLOWED, "interface", when)
    return Entry(name, unit, atoms, continuum, error, 5.0, "interface", when, severity=Verdict.WARNS)
