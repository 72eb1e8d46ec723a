"""From a model to atoms, and from atoms to a running engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scalebridge.errors import InputError
from scalebridge.fluids.atomistic._engine import Engine
from scalebridge.fluids.atomistic._state import FLUID, WALL, Atoms, Floats

if TYPE_CHECKING:
    from scalebridge.fluids.atomistic._abstract import AbstractAtomistic
    from scalebridge.fluids.atomistic._model import Atomistic

_APART = 0.45  # sigma between the wall's surface and the first fluid atoms of the start


def lattice_start(model: Atomistic, rng: np.random.Generator) -> Atoms:
    """Fluid on a cubic lattice with random vacancies, so that it melts at once, and the wall's crystal."""
    top = model.size[1] - (_APART if model.closed else 0.3 * model.buffer)
    fluid = diluted_lattice(model, _APART, top, rng)
    positions = np.concatenate([fluid, model.wall_sites])
    types = np.repeat(np.array([FLUID, WALL], dtype=np.int32), [len(fluid), len(positions) - len(fluid)])
    velocities = np.zeros_like(positions)
    thermal = rng.standard_normal(fluid.shape)
    thermal -= thermal.mean(axis=0)
    velocities[: len(fluid)] = thermal * np.sqrt(model.temperature / thermal.var())
    tags = np.arange(1, len(positions) + 1, dtype=np.int32)
    return Atoms(model.box, tags, types, positions, velocities, np.zeros_like(positions))


def start_engine(model: Atomistic, atoms: Atoms, *, communicator: Any = None, threads: int = 1) -> Engine:
    """An engine that holds these atoms, their potentials and a velocity Verlet integrator for the fluid."""
    engine = Engine(communicator, threads)
    (x0, x1), (y0, y1), (z0, z1) = atoms.box.tolist()
    engine.command(
        f"""
        units lj
        atom_style atomic
        atom_modify map array
        newton on
        boundary p f p
        region box block {x0} {x1} {y0} {y1} {z0} {z1}
        create_box 2 box
        mass * 1.0
        {_potentials(model)}
        neighbor 0.3 bin
        neigh_modify delay 0 every 2 check yes
        group fluid type {FLUID}
        group wall type {WALL}
        neigh_modify exclude group wall wall
        timestep {model.time_step!r}
        thermo 0
        fix move fluid nve
        """
    )
    engine.create(atoms.tags, atoms.types, atoms.positions, atoms.velocities)
    engine.command(f"group fluid type {FLUID}\ngroup wall type {WALL}")
    return engine


def _potentials(model: Atomistic) -> str:
    cutoff, wall = model.fluid.cutoff, model.wall
    reach = cutoff * max(wall.sigma, 1.0)
    return f"""
        pair_style lj/cut {reach!r}
        pair_modify shift yes
        pair_coeff * * 1.0 1.0 {cutoff!r}
        pair_coeff {FLUID} {WALL} {wall.epsilon!r} {wall.sigma!r} {cutoff * wall.sigma!r}
    """


def diluted_lattice(model: AbstractAtomistic, bottom: float, top: float, rng: np.random.Generator) -> Floats:
    """Places of the fluid's particles on a cubic lattice with random vacancies between two heights, (n, 3).

    Raises:
        InputError: they do not fit.
    """
    lengths = np.array([model.lengths[0], top - bottom, model.lengths[2]])
    count = round(model.density * model.area * (model.size[1] - (0.0 if model.closed else 0.15 * model.buffer)))
    spacing = model.density ** (-1.0 / 3.0)
    for _ in range(50):
        shape = np.maximum(np.floor(lengths / spacing), 1).astype(int)
        if shape.prod() >= count:
            break
        spacing *= 0.99
    else:
        raise InputError(f"{count} particles do not fit between the walls; take a larger slab or a smaller density")
    sites = np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing="ij"), axis=-1).reshape(-1, 3)
    chosen = np.sort(rng.permutation(len(sites))[:count])
    return np.asarray((sites[chosen] + 0.5) * lengths / shape + np.array([0.0, bottom, 0.0]))
