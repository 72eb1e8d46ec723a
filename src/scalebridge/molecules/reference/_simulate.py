"""All-atom simulation with OpenMM."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.errors import ConvergenceError, InputError, MissingExtraError
from scalebridge.molecules.dynamics._system import openmm
from scalebridge.molecules.mapping import Frames
from scalebridge.molecules.reference._reference import Reference

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class AllAtom:
    """A system for OpenMM with its topology and a configuration.

    Attributes:
        topology: `openmm.app.Topology`.
        system: `openmm.System` with periodic boundaries.
        positions: shape (n, 3), nm.
        box: edges, nm.
    """

    topology: Any
    system: Any
    positions: Floats
    box: Floats

    def run(
        self,
        *,
        temperature: float = 300.0,
        picoseconds: float = 100.0,
        equilibration: float = 20.0,
        every: float = 0.5,
        timestep: float = 0.002,
        pressure: float | None = None,
        friction: float = 1.0,
        seed: int = 0,
        platform: str = "CPU",
        threads: int = 1,
    ) -> Reference:
        """Simulate at constant temperature and keep positions and forces.

        Args:
            temperature: K.
            picoseconds: length of the recorded part.
            equilibration: length before; at constant pressure where one is given, after which the box stays.
            every: ps between frames.
            timestep: ps.
            pressure: bar; None keeps the box.
            friction: of the Langevin thermostat, 1/ps.
            seed: of velocities, thermostat and barostat.
            platform: of OpenMM.
            threads: on the CPU.

        Raises:
            ConvergenceError: the simulation has blown up.
            InputError: fewer than one frame.
        """
        mm = openmm()
        if every < timestep or picoseconds < every:
            raise InputError(f"{picoseconds} ps with a frame every {every} ps and a time step of {timestep} ps: no frame")
        context, integrator = self._context(mm, temperature, timestep, friction, seed, platform, threads)
        try:
            mm.LocalEnergyMinimizer.minimize(context, 100.0, 200)
            context.setVelocitiesToTemperature(temperature, _seed(seed, 1))
            box = self._equilibrate(mm, context, integrator, temperature, pressure, round(equilibration / timestep), seed)
            stride = max(round(every / timestep), 1)
            frames, seconds = _record(context, integrator, box, round(picoseconds / timestep) // stride, stride, timestep)
        except mm.OpenMMException as error:
            raise ConvergenceError(
                f"The all-atom simulation has blown up ({error}); start from a relaxed configuration or take a shorter "
                f"time step than {timestep} ps"
            ) from error
        cost = seconds / (len(frames) * stride * timestep * 1e-3)
        return Reference(universe_of(self.topology, frames), frames, temperature, pressure, cost)

    def _context(
        self, mm: Any, temperature: float, timestep: float, friction: float, seed: int, platform: str, threads: int
    ) -> tuple[Any, Any]:
        integrator = mm.LangevinMiddleIntegrator(temperature, friction, timestep)
        integrator.setRandomNumberSeed(_seed(seed, 0))
        options = {"Threads": str(threads)} if platform == "CPU" else {}
        context = mm.Context(self.system, integrator, mm.Platform.getPlatformByName(platform), options)
        context.setPeriodicBoxVectors(*(mm.Vec3(*row) for row in np.diag(self.box).tolist()))
        context.setPositions(self.positions)
        context.applyConstraints(1e-6)
        return context, integrator

    def _equilibrate(
        self, mm: Any, context: Any, integrator: Any, temperature: float, pressure: float | None, steps: int, seed: int
    ) -> Floats:
        """Relax; the box afterwards: with a pressure, the mean over the second half."""
        if pressure is None:
            integrator.step(steps)
            return self.box
        force = mm.MonteCarloBarostat(pressure, temperature, 25)
        force.setRandomNumberSeed(_seed(seed, 2))
        number = self.system.addForce(force)
        try:
            context.reinitialize(preserveState=True)
            edges = []
            for part in range(20):
                integrator.step(max(steps // 20, 1))
                if part >= 10:
                    edges.append(np.diag(context.getState().getPeriodicBoxVectors(asNumpy=True)._value))
        finally:
            self.system.removeForce(number)
        context.reinitialize(preserveState=True)
        box = np.mean(edges, axis=0)
        _rescale(mm, context, self.topology, box)
        integrator.step(max(steps // 10, 1))
        return np.asarray(box)


def _seed(seed: int, number: int) -> int:
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0]) % (2**31 - 2) + 1


def _rescale(mm: Any, context: Any, topology: Any, box: Floats) -> None:
    """Move whole residues so that the box takes its mean size."""
    state = context.getState(positions=True)
    old = np.diag(state.getPeriodicBoxVectors(asNumpy=True)._value)
    positions = np.array(state.getPositions(asNumpy=True)._value)
    owner = np.array([atom.residue.index for atom in topology.atoms()])
    centre = np.zeros((owner.max() + 1, 3))
    np.add.at(centre, owner, positions)
    centre /= np.bincount(owner)[:, None]
    context.setPeriodicBoxVectors(*(mm.Vec3(*row) for row in np.diag(box).tolist()))
    context.setPositions(positions + (centre * (box / old - 1.0))[owner])
    mm.LocalEnergyMinimizer.minimize(context, 100.0, 20)


def _record(
    context: Any, integrator: Any, box: Floats, count: int, stride: int, timestep: float
) -> tuple[Frames, float]:
    positions, forces = [], []
    begun = time.process_time()
    for _ in range(count):
        integrator.step(stride)
        state = context.getState(positions=True, forces=True)
        positions.append(np.array(state.getPositions(asNumpy=True)._value, dtype=np.float32))
        forces.append(np.array(state.getForces(asNumpy=True)._value, dtype=np.float32))
    seconds = time.process_time() - begun
    times = stride * timestep * np.arange(1, count + 1)
    return Frames(np.stack(positions), np.tile(box, (count, 1)), np.stack(forces), times), seconds


def universe_of(topology: Any, frames: Frames) -> Any:
    """An MDAnalysis universe with the atoms of an OpenMM topology, at the last frame.

    Raises:
        MissingExtraError: MDAnalysis is not installed.
    """
    try:
        import MDAnalysis as mda
    except ImportError as error:
        raise MissingExtraError("MDAnalysis", "molecules") from error
    atoms = list(topology.atoms())
    residues = list(topology.residues())
    chains = list(topology.chains())
    universe = mda.Universe.empty(
        len(atoms),
        len(residues),
        len(chains),
        atom_resindex=[atom.residue.index for atom in atoms],
        residue_segindex=[residue.chain.index for residue in residues],
        trajectory=True,
    )
    universe.add_TopologyAttr("names", [atom.name for atom in atoms])
    universe.add_TopologyAttr("elements", [atom.element.symbol if atom.element else "" for atom in atoms])
    masses = [atom.element.mass._value if atom.element else 0.0 for atom in atoms]
    universe.add_TopologyAttr("masses", masses)
    universe.add_TopologyAttr("resnames", [residue.name for residue in residues])
    universe.add_TopologyAttr("resids", [residue.index + 1 for residue in residues])
    universe.add_TopologyAttr("segids", [chain.id or str(chain.index) for chain in chains])
    universe.add_TopologyAttr("bonds", [(bond[0].index, bond[1].index) for bond in topology.bonds()])
    universe.atoms.positions = 10.0 * frames.positions[-1]
    universe.dimensions = [*(10.0 * frames.boxes[-1]), 90.0, 90.0, 90.0]
    return universe
