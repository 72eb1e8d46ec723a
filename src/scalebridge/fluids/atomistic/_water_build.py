"""From SPC/E water to molecules, and from molecules to a running engine."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from scalebridge.fluids.atomistic._build import diluted_lattice
from scalebridge.fluids.atomistic._engine import Engine
from scalebridge.fluids.atomistic._state import WALL, Atoms, Floats, Ints

if TYPE_CHECKING:
    from scalebridge.fluids.atomistic._water import Water

OXYGEN, HYDROGEN = 1, 3
MASSES = {OXYGEN: 15.9994, WALL: 15.9994, HYDROGEN: 1.008}
MOLAR_MASS = MASSES[OXYGEN] + 2.0 * MASSES[HYDROGEN]
BOND, ANGLE = 0.1, math.acos(-1.0 / 3.0)
_EPSILON, _SIGMA = 0.650, 0.3166
_CHARGE = 0.4238 * math.sqrt(138.935458)  # of hydrogen; the root of kJ/mol nm / e^2 makes the engine's factor one
_DAMPING = 2.0  # of the shifted force, 1 / nm
_APART = 0.17  # nm between the wall's surface and the first molecules of the start


def shape() -> Floats:
    """Places of oxygen and both hydrogens about their centre of mass, (3, 3)."""
    half = ANGLE / 2.0
    places = BOND * np.array(
        [[0.0, 0.0, 0.0], [math.sin(half), math.cos(half), 0.0], [-math.sin(half), math.cos(half), 0.0]]
    )
    return np.asarray(places - np.average(places, axis=0, weights=_molecule_masses()))


def start_water(model: Water, rng: np.random.Generator) -> Atoms:
    """Molecules on a cubic lattice with random vacancies and orientations, so that it melts at once, and walls."""
    top = model.size[1] - (_APART if model.closed else 0.3 * model.buffer)
    centres = diluted_lattice(model, _APART, top, rng)
    n = len(centres)
    turned = np.einsum("nij,aj->nai", _rotations(n, rng), shape())
    fluid = (centres[:, None] + turned).reshape(-1, 3)
    fluid[:, [0, 2]] %= np.array(model.lengths)[[0, 2]]
    positions = np.concatenate([fluid, model.wall_sites])
    still = len(positions) - len(fluid)
    types = np.append(np.tile([OXYGEN, HYDROGEN, HYDROGEN], n), np.full(still, WALL)).astype(np.int32)
    velocities = np.concatenate([_thermal(turned, model.temperature, rng).reshape(-1, 3), np.zeros((still, 3))])
    tags = np.arange(1, len(positions) + 1, dtype=np.int32)
    molecules = np.append(np.repeat(np.arange(1, n + 1), 3), np.zeros(still)).astype(np.int32)
    nothing = np.zeros_like(positions)
    return Atoms(
        model.box, tags, types, positions, velocities, nothing, fluid_types=model.fluid_types, molecules=molecules
    )


def water_engine(model: Water, atoms: Atoms, *, communicator: Any = None, threads: int = 1) -> Engine:
    """An engine that holds these molecules, SHAKE that keeps them rigid, and velocity Verlet for them."""
    engine = Engine(communicator, threads)
    cutoff, wall = model.cutoff, model.wall
    engine.command(
        f"""
        {_box_commands(atoms.box, "p f p")}
        {force_field(cutoff)}
        pair_coeff {OXYGEN} {WALL} {wall.epsilon!r} {wall.sigma!r} {cutoff!r}
        neigh_modify delay 0 every 2 check yes exclude type {WALL} {WALL} exclude type {WALL} {HYDROGEN}
        timestep {model.time_step!r}
        thermo 0
        """
    )
    engine.create(atoms.tags, atoms.types, atoms.positions, atoms.velocities)
    engine.command(topology(atoms.tags[atoms.fluid]))
    engine.command("fix move fluid nve\nfix shape fluid shake 1e-9 200 0 b 1 a 1")
    return engine


def cube_edge(molecules: int, kg_per_m3: float) -> float:
    """Edge of a cube of water, nm."""
    return float((molecules * MOLAR_MASS / (kg_per_m3 * 0.602214076)) ** (1.0 / 3.0))


def bulk_water(
    engine: Engine,
    molecules: int,
    temperature: float,
    kg_per_m3: float,
    cutoff: float,
    rng: np.random.Generator,
    *,
    triclinic: bool = False,
) -> None:
    """A periodic cube of water in an empty engine, on a lattice and turned at random.

    Args:
        engine: empty.
        molecules: their number.
        temperature: k T, kJ/mol.
        kg_per_m3: mass density.
        cutoff: of the forces, nm.
        rng: random numbers.
        triclinic: whether the box can be sheared.
    """
    edge = cube_edge(molecules, kg_per_m3)
    side = math.ceil(molecules ** (1.0 / 3.0) - 1e-9)
    sites = np.stack(np.meshgrid(*(np.arange(side),) * 3, indexing="ij"), axis=-1).reshape(-1, 3)[:molecules]
    turned = np.einsum("nij,aj->nai", _rotations(molecules, rng), shape())
    positions = ((sites[:, None] + 0.5) * edge / side + turned).reshape(-1, 3) % edge
    types = np.tile([OXYGEN, HYDROGEN, HYDROGEN], molecules).astype(np.int32)
    tags = np.arange(1, len(types) + 1, dtype=np.int32)
    velocities = _thermal(turned, temperature, rng).reshape(-1, 3)
    box = np.array([[0.0, edge]] * 3)
    engine.command(
        _box_commands(box, "p p p", triclinic) + force_field(cutoff) + "\nneigh_modify delay 0 every 2 check yes"
    )
    engine.create(tags, types, positions, velocities)
    engine.command(topology(tags))


def force_field(cutoff: float) -> str:
    """Commands for masses, bonds, angle and the forces between molecules."""
    masses = "\n".join(f"mass {kind} {mass!r}" for kind, mass in MASSES.items())
    return f"""
        {masses}
        bond_style zero
        bond_coeff 1 {BOND!r}
        angle_style zero
        angle_coeff 1 {math.degrees(ANGLE)!r}
        special_bonds lj/coul 0 0 0
        pair_style lj/cut/coul/dsf {_DAMPING!r} {cutoff!r}
        pair_modify shift yes
        pair_coeff * * 0.0 0.1 0.1
        pair_coeff {OXYGEN} {OXYGEN} {_EPSILON!r} {_SIGMA!r} {cutoff!r}
        neighbor 0.2 bin
    """


def topology(tags: Ints) -> str:
    """Commands for charges, bonds and angles of molecules whose atoms, (n,), follow each other."""
    triples = tags.reshape(-1, 3).tolist()
    bonds = [f"create_bonds single/bond 1 {o} {h} special no" for o, *two in triples for h in two]
    angles = [f"create_bonds single/angle 1 {a} {o} {b} special no" for o, a, b in triples]
    angles[-1] = angles[-1].replace("special no", "special yes")
    charges = [f"set type {OXYGEN} charge {-2.0 * _CHARGE!r}", f"set type {HYDROGEN} charge {_CHARGE!r}"]
    group = f"group fluid type {OXYGEN} {HYDROGEN}"
    return "\n".join([*charges, group, *bonds, *angles])


def _box_commands(box: Floats, boundary: str, triclinic: bool = False) -> str:
    (x0, x1), (y0, y1), (z0, z1) = box.tolist()
    return f"""
        units lj
        atom_style full
        atom_modify map array
        newton on
        boundary {boundary}
        region box {"prism" if triclinic else "block"} {x0} {x1} {y0} {y1} {z0} {z1} {"0 0 0" if triclinic else ""}
        create_box 3 box bond/types 1 angle/types 1 extra/bond/per/atom 2 extra/angle/per/atom 1 &
            extra/special/per/atom 2
    """


def _molecule_masses() -> Floats:
    return np.array([MASSES[OXYGEN], MASSES[HYDROGEN], MASSES[HYDROGEN]])


def _rotations(n: int, rng: np.random.Generator) -> Floats:
    """Rotations, all equally likely, from quaternions, (n, 3, 3)."""
    q = rng.standard_normal((n, 4))
    w, x, y, z = (q / np.linalg.norm(q, axis=1)[:, None]).T
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
        (2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
        (2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
    )
    return np.moveaxis(np.array(rows), 2, 0)


def _thermal(arms: Floats, temperature: float, rng: np.random.Generator) -> Floats:
    """Velocities of rigid molecules: thermal ones of the centres, at rest together, and thermal rotation, (n, 3, 3).

    Args:
        arms: of the atoms about the centres, (n, 3, 3).
        temperature: k T.
        rng: random numbers.
    """
    n, masses = len(arms), _molecule_masses()
    centres = rng.standard_normal((n, 3))
    centres -= centres.mean(axis=0)
    centres *= np.sqrt(temperature / MOLAR_MASS)
    squares = np.einsum("a,nai,nai->n", masses, arms, arms)
    inertia = squares[:, None, None] * np.eye(3) - np.einsum("a,nai,naj->nij", masses, arms, arms)
    moments, axes = np.linalg.eigh(inertia)
    spin = np.einsum("nij,nj->ni", axes, rng.standard_normal((n, 3)) * np.sqrt(temperature / moments))
    return np.asarray(centres[:, None] + np.cross(spin[:, None], arms))
