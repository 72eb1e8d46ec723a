"""Compiled loops from atoms to their molecules and back."""

# mypy: allow-untyped-defs
from __future__ import annotations

from scalebridge._cache import compiled


@compiled(error_model="numpy")
def centres(x, v, f, types, masses, fluid_at, molecule_at, mass, places, velocities, forces):
    """Centres of mass, their velocities and the forces on whole molecules of given masses, (m, 3), from all atoms.

    Forces that atoms of a molecule exert on each other, those of constraints included, cancel. Centres are right along
    y alone: along x and z atoms of a molecule may lie at both ends of a periodic box, and no zone asks for these.
    """
    places[:] = 0.0
    velocities[:] = 0.0
    forces[:] = 0.0
    for i in fluid_at:
        n, m = molecule_at[i], masses[types[i]]
        for k in range(3):
            places[n, k] += m * x[i, k]
            velocities[n, k] += m * v[i, k]
            forces[n, k] += f[i, k]
    for n in range(len(mass)):
        for k in range(3):
            places[n, k] /= mass[n]
            velocities[n, k] /= mass[n]


@compiled(error_model="numpy")
def spread(pushes, mass, types, masses, fluid_at, molecule_at, external):
    """Forces from outside on molecules, (m, 3), onto their atoms: all of a molecule get the same acceleration.

    So no force has a part along a bond, none turns a molecule, and constraints have nothing to take back.
    """
    for i in fluid_at:
        n = molecule_at[i]
        share = masses[types[i]] / mass[n]
        for k in range(3):
            external[i, k] = share * pushes[n, k]
