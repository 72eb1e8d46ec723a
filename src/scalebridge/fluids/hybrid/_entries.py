"""The books of a hybrid run: one set of entries per coupling cycle and instance."""

from __future__ import annotations

import math

import numpy as np

from scalebridge.fluids.atomistic import AbstractAtomistic, Books, Stiffness, Units
from scalebridge.fluids.atomistic._properties import LENNARD_JONES_UNITS
from scalebridge.fluids.continuum import Contents, Fluxes
from scalebridge.ledger import Entry, Verdict

MOMENTUM_ALLOWED = 1e-10
MASS_ROUNDING = 1e-12  # of sums of masses that are no whole numbers; the lightest atom is far more
_SIGMAS = 5.0


def energy_missed(
    stiffness: Stiffness, particles: float, temperature: float, time_step: float, bathed: float, work: float
) -> float:
    """Energy by which velocity Verlet may miss over a leg: five standard deviations of its ripple, and its drift.

    Without forces from outside it conserves a shadow energy, H + dt^2 (v . U'' v / 12 - |f|^2 / (24 m)) (Hairer,
    Lubich, Wanner 2003, Acta Numerica 12, 399): between two instants the energy ripples by about
    r dt^2 omega^2 k T sqrt(N), in a Lennard-Jones fluid with r = .8. A kick e dt from outside changes the energy by its
    work and the shadow energy by dt^3 e . U'' v / (6 m) besides. Noise of a thermostat makes this a random walk, in
    which r^2 becomes r^2 + s (rate times time), s = .15; heat that goes in or out steadily makes it a drift of
    dt^2 omega^2 / 6 times this heat. Rigid molecules do the same with constants of their own: the ripple holds their
    rotation, kicks and heat from outside act on their centres, whose frequency omega is.

    Args:
        stiffness: omega^2, r and s of the fluid.
        particles: N, atoms or rigid molecules.
        temperature: k T.
        time_step: dt.
        bathed: friction rate of the thermostats times the duration, summed over axes.
        work: of the forces from outside, regardless of sign.
    """
    ripple = temperature * math.sqrt(particles * (stiffness.ripple**2 + stiffness.kicked * bathed))
    # the hotter, the closer and stiffer are the encounters
    drift = math.sqrt(max(temperature / stiffness.reference, 1.0)) * work / 6.0
    return time_step**2 * stiffness.frequency * (_SIGMAS * ripple + drift)


def atom_entries(books: Books, kinetic: float, model: AbstractAtomistic, where: str, when: float) -> tuple[Entry, ...]:
    """Mass, momentum and energy of one instance over a cycle.

    Args:
        books: of the cycle.
        kinetic: kinetic energy of the fluid's particles, the scale of the energy's mismatch.
        model: of the atoms.
        where: which instance.
        when: time at the end of the cycle.
    """
    before, after = books.before.sum(axis=0), books.now.sum(axis=0)
    left, dt = np.abs(books.residual()).max(axis=0), books.time_step
    # the walls' share is taken from the walls' own forces, so that action and reaction are tested too
    given = books.by_source[:, :3].sum(axis=0) - books.wall
    gross = np.abs(books.forces[:, :6]).sum() * dt
    works, particles = books.by_source[:, 3], after[0] / model.mass
    temperature, gross_work = 2.0 * kinetic / (3.0 * particles), float(np.abs(works).sum())
    allowed = energy_missed(model.stiffness, particles, temperature, dt, books.bathed, gross_work) / kinetic
    units, exact = model.units, 0.0 if model.mass == 1.0 else MASS_ROUNDING
    gained, work = books.energy[1] - books.energy[0], float(works.sum())

    def momentum(name: str, fine: float, coarse: float) -> Entry:
        return Entry(name, units.momentum, fine, coarse, gross, MOMENTUM_ALLOWED, where, when)

    return (
        Entry("atoms' mass", units.mass, after[0], before[0], before[0], exact, where, when),
        Entry("atoms' mass, every bin", units.mass, left[0], 0.0, before[0], exact, where, when),
        momentum("atoms' momentum, every bin", left[1:].max(), 0.0),
        *(momentum(f"atoms' momentum {axis}", after[k] - before[k], given[k - 1]) for k, axis in enumerate("xyz", 1)),
        Entry("atoms' energy", units.energy, gained, work, kinetic, allowed, where, when),
    )


def continuum_entries(
    before: Contents, after: Contents, fluxes: Fluxes, when: float, units: Units = LENNARD_JONES_UNITS
) -> tuple[Entry, ...]:
    """Momentum of the continuum over a cycle: contents against what came through its patches and was made inside."""
    gross = sum(float(np.abs(f.momentum).sum()) for f in fluxes.patches.values())
    scale = max(gross, float(np.abs(before.momentum).sum()), 1e-300)
    gained, given = after.momentum - before.momentum, fluxes.total.momentum
    return tuple(
        Entry(name, units.momentum, gained[k], given[k], scale, MOMENTUM_ALLOWED, "continuum", when)
        for name, k in (("continuum's momentum x", 0), ("continuum's momentum z", 2))
    )


def continuum_energy(
    before: Contents, after: Contents, fluxes: Fluxes, when: float, units: Units = LENNARD_JONES_UNITS
) -> Entry:
    """Energy of the continuum over a cycle."""
    gross = sum(float(np.abs(f.energy).sum()) for f in fluxes.patches.values())
    scale = max(gross, abs(before.energy), 1e-300)
    gain, given = after.energy - before.energy, fluxes.total.energy
    return Entry("continuum's energy", units.energy, gain, given, scale, MOMENTUM_ALLOWED, "continuum", when)


def flux_entry(
    what: str,
    atoms: float,
    continuum: float,
    error: float,
    *,
    exact: bool,
    when: float,
    units: Units = LENNARD_JONES_UNITS,
) -> Entry:
    """What went through the interface, atoms against continuum.

    With flux exchange both are the same number; with velocity exchange they agree within the noise of the flux.
    """
    name, unit = f"flux of {what}", units.energy if what == "energy" else units.momentum
    if exact:
        scale = max(abs(atoms), abs(continuum), 1e-300)
        return Entry(name, unit, atoms, continuum, scale, MOMENTUM_ALLOWED, "interface", when)
    return Entry(name, unit, atoms, continuum, error, 5.0, "interface", when, severity=Verdict.WARNS)
