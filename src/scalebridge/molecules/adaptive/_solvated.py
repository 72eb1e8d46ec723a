"""A protein from a PDB file in water, and what is looked at: how it holds together, and the water next to it."""

from __future__ import annotations

import copy
import io
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.molecules.adaptive._engine import Dynamics, new_context
from scalebridge.molecules.adaptive._openmm import molecules_of
from scalebridge.molecules.adaptive._pressure import at_pressure
from scalebridge.molecules.adaptive._shells import Shells
from scalebridge.molecules.dynamics._system import openmm

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

WATER = "HOH"
SHELL = 0.35  # nm: water oxygens closer than this to a heavy atom are the first shell
NEAR = np.linspace(0.0, 0.7, 29)  # nm: bins of the distance to the nearest heavy atom


@dataclass(frozen=True)
class Solvation:
    """How a protein is put into water.

    Attributes:
        pdb: text of the PDB file of one molecule: protein or peptide, with or without hydrogens; water may be there.
        edge: of the cube that is filled, nm; the pressure then finds its own.
        cutoff: nm.
        fields: force field files of OpenMM; the water is SPC/E.
        ph: at which hydrogens are added.
    """

    pdb: str
    edge: float
    cutoff: float = 0.9
    fields: tuple[str, ...] = ("amber14/protein.ff14SB.xml",)
    ph: float = 7.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.edge) and self.edge > 2.0 * self.cutoff):
            raise InputError(f"A box of {self.edge} nm is too small for a cutoff of {self.cutoff} nm")

    def read(self) -> Any:
        """The PDB file.

        Raises:
            InputError: no file that can be read, no molecule besides water in it, or several.
        """
        from openmm import app

        try:
            found = app.PDBFile(io.StringIO(self.pdb))
        except Exception as error:  # the reader raises whatever it stumbles on
            raise InputError(f"This is no PDB file that can be read: {error}") from error
        own = [name for name in molecules_of(found.topology)[1] if name != WATER]
        if len(own) != 1:
            raise InputError(
                f"The PDB file has {len(own)} molecules besides water{': ' + ', '.join(own[:5]) if own else ''}; the "
                "region follows one. Keep one chain, without ions and ligands that are not bound to it."
            )
        return found

    def radius(self) -> float:
        """How far the protein reaches from its centre of mass, nm.

        Raises:
            InputError: see `read`.
        """
        from openmm import unit

        found = self.read()
        atoms = [a for a in found.topology.atoms() if a.residue.name != WATER and a.element is not None]
        x = np.array(found.positions.value_in_unit(unit.nanometer))[[a.index for a in atoms]]
        mass = np.array([a.element.mass._value for a in atoms])
        return float(np.linalg.norm(x - mass @ x / mass.sum(), axis=1).max())

    def solvate(self, seed: int) -> tuple[str, Floats]:
        """Hydrogens and water: text of a PDB file of it all, and positions, (N, 3) nm.

        Args:
            seed: of where hydrogens begin.

        Raises:
            InputError: see `read`; or the force field does not know an atom or residue.
        """
        from openmm import app, unit

        found, mm = self.read(), openmm()
        before = random.getstate()
        random.seed(seed)
        try:
            made = app.Modeller(found.topology, found.positions)
            made.addHydrogens(self._field(), pH=self.ph, platform=mm.Platform.getPlatformByName("Reference"))
            size = mm.Vec3(self.edge, self.edge, self.edge) * unit.nanometer
            made.addSolvent(self._field(), model="spce", boxSize=size, neutralize=False)
        except ValueError as error:
            raise InputError(f"The force field {', '.join(self.fields)} does not fit the PDB file: {error}") from error
        finally:
            random.setstate(before)
        text = io.StringIO()
        app.PDBFile.writeFile(made.topology, made.positions, text, keepIds=True)
        return text.getvalue(), np.array(made.positions.value_in_unit(unit.nanometer))

    def system(self, solvated: str) -> Solvated:
        """The OpenMM system of a solvated protein, with reaction field.

        Args:
            solvated: text of the PDB file.
        """
        from openmm import app

        topology = app.PDBFile(io.StringIO(solvated)).topology
        made = self._field().createSystem(
            topology, nonbondedMethod=app.CutoffPeriodic, nonbondedCutoff=self.cutoff, constraints=app.HBonds,
            rigidWater=True,
        )  # fmt: skip
        vectors = topology.getPeriodicBoxVectors()
        return Solvated(made, topology, np.array([vectors[i][i]._value for i in range(3)]))

    def _field(self) -> Any:
        from openmm import app

        try:
            return app.ForceField(*self.fields, "amber14/spce.xml")
        except (OSError, ValueError) as error:
            raise InputError(f"No such force field: {error}") from error


@dataclass(frozen=True, eq=False)
class Solvated:
    """A protein in water.

    Attributes:
        system: OpenMM system.
        topology: its topology.
        box: three edges, nm.
    """

    system: Any
    topology: Any
    box: Floats

    @property
    def solute(self) -> str:
        """Name of the protein as a molecule."""
        return next(name for name in molecules_of(self.topology)[1] if name != WATER)

    @property
    def oxygens(self) -> Ints:
        """Of water, (W,)."""
        atoms = self.topology.atoms()
        return np.array([a.index for a in atoms if a.residue.name == WATER and a.element.symbol == "O"])

    @property
    def heavy(self) -> Ints:
        """Atoms of the protein that are no hydrogen, (P,)."""
        atoms = self.topology.atoms()
        return np.array([a.index for a in atoms if a.residue.name != WATER and a.element.symbol != "H"])

    @property
    def protein(self) -> tuple[Ints, Floats]:
        """Atoms of the protein and their shares of its mass."""
        atoms = [a for a in self.topology.atoms() if a.residue.name != WATER]
        mass = np.array([a.element.mass._value for a in atoms])
        return np.array([a.index for a in atoms]), mass / mass.sum()

    def written(self, positions: Floats, box: Floats) -> str:
        """Text of a PDB file of it in another box.

        Args:
            positions: (N, 3) nm.
            box: three edges, nm.
        """
        from openmm import app, unit

        mm = openmm()
        topology = copy.deepcopy(self.topology)
        topology.setPeriodicBoxVectors([mm.Vec3(*row) for row in np.diag(box).tolist()] * unit.nanometer)
        text = io.StringIO()
        app.PDBFile.writeFile(topology, positions * unit.nanometer, text, keepIds=True)
        return text.getvalue()

    def pressed(self, positions: Floats, how: Dynamics, seed: int) -> tuple[Floats, Floats, Floats]:
        """Positions, velocities and edges of the box at 1 bar; see `at_pressure`."""
        return at_pressure(self.system, molecules_of(self.topology)[0], positions, how, seed)

    def relaxed(
        self, start: tuple[Floats, Floats], how: Dynamics, picoseconds: float, seed: int
    ) -> tuple[Floats, Floats]:
        """Positions and velocities after some time with strong friction, all atoms."""
        context, integrator = new_context(self.system, replace(how, friction=10.0), seed)
        context.setPositions(start[0])
        context.setVelocities(start[1])
        integrator.step(max(round(picoseconds / how.timestep), 1))
        state = context.getState(positions=True, velocities=True)
        return np.array(state.getPositions(asNumpy=True)._value), np.array(state.getVelocities(asNumpy=True)._value)

    def look(self, reference: Floats) -> Callable[[Floats], Floats]:
        """What is noted of a configuration: root mean square deviation from a reference and radius of gyration of the
        heavy atoms (nm), water in the first shell, and oxygens by distance from the nearest heavy atom.

        Args:
            reference: positions, (N, 3) nm.
        """
        from scipy.spatial import cKDTree

        heavy, oxygens, box = self.heavy, self.oxygens, self.box
        first = reference[heavy]

        def found(x: Floats) -> Floats:
            own = x[heavy]
            centred = own - own.mean(axis=0)
            size = float(np.sqrt((centred**2).sum(axis=1).mean()))
            tree = cKDTree(np.mod(own, box), boxsize=box)
            nearest = tree.query(np.mod(x[oxygens], box), distance_upper_bound=NEAR[-1])[0]
            counts = np.histogram(nearest, NEAR)[0]
            return np.array([deviation(own, first), size, float((nearest < SHELL).sum()), *counts], float)

        return found


def deviation(x: Floats, reference: Floats) -> float:
    """Root mean square deviation after the best superposition (Kabsch 1976), of (n, 3) and (n, 3)."""
    a, b = x - x.mean(axis=0), reference - reference.mean(axis=0)
    u, s, vt = np.linalg.svd(a.T @ b)
    s[-1] *= np.sign(np.linalg.det(u @ vt))
    return float(np.sqrt(max(((a**2).sum() + (b**2).sum() - 2.0 * s.sum()) / len(x), 0.0)))


@dataclass(frozen=True, eq=False)
class Control:
    """The same protein with all atoms everywhere.

    Attributes:
        looked: what `Solvated.look` gave by sample, (n, k).
        counts: water by sample and shell around the protein's centre of mass, (n, b).
        temperature: K, (n,).
        copies: independent runs of equal length that these samples come from, one after the other.
    """

    looked: Floats
    counts: Floats
    temperature: Floats
    copies: int = 1


def joined_controls(parts: Sequence[Control]) -> Control:
    """Controls of equal length as one."""
    looked, counts, temperature = (
        np.concatenate([getattr(p, name) for p in parts]) for name in ("looked", "counts", "temperature")
    )
    return Control(looked, counts, temperature, len(parts))


def control(
    made: Solvated,
    start: tuple[Floats, Floats | None],
    where: Shells,
    how: Dynamics,
    picoseconds: float,
    seed: int,
    *,
    settle: float = 0.0,
) -> Control:
    """Simulate all atoms in the engine alone.

    Args:
        made: the protein in water.
        start: positions and velocities; without velocities these are drawn.
        where: shells around the protein's centre of mass.
        how: integration; `how.every` steps between samples.
        picoseconds: length.
        seed: of the thermostat.
        settle: length before, ps.
    """
    from scalebridge.molecules.adaptive._engine import GAS
    from scalebridge.molecules.adaptive._production import freedom

    context, integrator = new_context(made.system, how, seed)
    context.setPositions(start[0])
    if start[1] is None:
        context.setVelocitiesToTemperature(how.temperature, seed)
    else:
        context.setVelocities(start[1])
    look, (atoms, share), oxygens = made.look(start[0]), made.protein, made.oxygens
    looked, counts, kinetic = [], [], []
    integrator.step(round(settle / how.timestep))
    for _ in range(max(round(picoseconds / how.timestep / how.every), 2)):
        integrator.step(how.every)
        state = context.getState(positions=True, energy=True)
        x = np.asarray(state.getPositions(asNumpy=True)._value)
        # of water, the oxygen is 0.006 nm from the centre of mass
        d = x[oxygens] - share @ x[atoms]
        d -= made.box * np.round(d / made.box)
        looked.append(look(x))
        counts.append(where.count(np.linalg.norm(d, axis=1)))
        kinetic.append(state.getKineticEnergy()._value)
    kelvin = 2.0 / (freedom(made.system) * GAS)
    return Control(np.array(looked), np.array(counts), kelvin * np.array(kinetic))
