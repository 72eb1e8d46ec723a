"""Liquids to begin with: rigid water with a cutoff, in boxes of any proportions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.molecules.adaptive._engine import Dynamics, new_context
from scalebridge.molecules.dynamics._system import openmm
from scalebridge.molecules.reference import AllAtom, water

Floats = npt.NDArray[np.float64]

BIN = 0.01  # nm, of all radial distributions: only what is binned alike can be compared


@dataclass(frozen=True)
class Liquid:
    """SPC/E water, rigid, with a reaction field.

    Attributes:
        molecules: in a cube.
        repeats: cubes along x, y and z.
        cutoff: nm.
        density: g/cm^3.
    """

    molecules: int = 530
    repeats: tuple[int, int, int] = (3, 1, 1)
    cutoff: float = 0.9
    density: float = 0.997

    def __post_init__(self) -> None:
        if self.molecules < 1 or min(self.repeats) < 1:
            raise InputError("A liquid needs one molecule and one cube or more")

    @property
    def box(self) -> Floats:
        """Edges, nm."""
        edge = (self.molecules * 18.0154 / (self.density * 602.214)) ** (1.0 / 3.0)
        return np.asarray(edge * np.array(self.repeats, float))

    @property
    def count(self) -> int:
        """Molecules in all."""
        return self.molecules * int(np.prod(self.repeats))

    def cube(self) -> AllAtom:
        """One cube."""
        return water(self.molecules, cutoff=self.cutoff, density=self.density, electrostatics="reaction-field")

    def whole(self, cube: AllAtom, positions: Floats) -> AllAtom:
        """All cubes, each with these positions."""
        from openmm import app, unit

        mm = openmm()
        steps = np.stack(np.meshgrid(*[np.arange(n) for n in self.repeats], indexing="ij"), -1).reshape(-1, 3)
        modeller = app.Modeller(cube.topology, positions * unit.nanometer)
        for step in steps[1:]:
            modeller.add(cube.topology, (positions + step * cube.box) * unit.nanometer)
        edges = cube.box * np.array(self.repeats)
        vectors = tuple(mm.Vec3(*row) for row in np.diag(edges).tolist())
        modeller.topology.setPeriodicBoxVectors(vectors * unit.nanometer)
        system = app.ForceField("spce.xml").createSystem(
            modeller.topology, nonbondedMethod=app.CutoffPeriodic, nonbondedCutoff=self.cutoff, rigidWater=True
        )
        return AllAtom(
            modeller.topology, system, np.concatenate([positions + step * cube.box for step in steps]), edges
        )


@dataclass(frozen=True, eq=False)
class Equilibrated:
    """A liquid at rest with all its atoms.

    Attributes:
        positions: (N, 3) nm.
        r, radial, error: distribution of the first sites of molecules, and its standard error.
        temperature: kinetic, K.
    """

    positions: Floats
    r: Floats
    radial: Floats
    error: Floats
    temperature: float


def equilibrate(cube: AllAtom, how: Dynamics, settle: float, picoseconds: float, seed: int) -> Equilibrated:
    """Simulate a cube with all its atoms in the engine alone.

    Args:
        cube: as made.
        how: integration.
        settle: length before, ps.
        picoseconds: length of what is looked at.
        seed: of everything random.
    """
    mm = openmm()
    # relaxed with strong friction first: what was packed is far from equilibrium
    context, integrator = new_context(cube.system, replace(how, friction=10.0), seed)
    context.setPositions(cube.positions)
    mm.LocalEnergyMinimizer.minimize(context, 100.0, 100)
    context.setVelocitiesToTemperature(how.temperature, seed)
    integrator.step(max(round(settle / how.timestep), 1))
    integrator.setFriction(how.friction)
    found, kinetic = [], []
    edges = radial_edges(min(1.0, 0.5 * float(cube.box.min())))
    first = np.arange(0, len(cube.positions), 3)
    state: Any = None
    for _ in range(max(round(picoseconds / how.timestep / how.every), 2)):
        integrator.step(how.every)
        state = context.getState(positions=True, energy=True)
        found.append(radial(state.getPositions(asNumpy=True)._value[first], cube.box, edges))
        kinetic.append(state.getKineticEnergy()._value)
    blocks = [part.mean(axis=0) for part in np.array_split(np.array(found), min(5, len(found)))]
    freedom = 3 * len(cube.positions) - cube.system.getNumConstraints()
    return Equilibrated(
        np.array(state.getPositions(asNumpy=True)._value),
        0.5 * (edges[1:] + edges[:-1]),
        np.mean(found, axis=0),
        np.std(blocks, axis=0, ddof=1) / np.sqrt(len(blocks)),
        float(np.mean(kinetic)) * 2.0 / (freedom * 0.00831446261815324),
    )


def radial_edges(longest: float) -> Floats:
    """Edges of the bins of a radial distribution up to a distance, nm."""
    return np.asarray(BIN * np.arange(int(longest / BIN + 1e-9) + 1))


def radial(places: Floats, box: Floats, edges: Floats) -> Floats:
    """Radial distribution of sites in a whole box."""
    from scipy.spatial import cKDTree

    tree = cKDTree(np.mod(places, box), boxsize=box)
    pairs = np.diff(tree.count_neighbors(tree, edges)).astype(float)
    ideal = len(places) * (len(places) - 1) / float(np.prod(box)) * 4.0 / 3.0 * np.pi * np.diff(edges**3)
    return np.asarray(pairs / ideal)
