"""What carries molecules on: OpenMM, or compiled loops of our own where molecules are rigid or single sites."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Literal, final

import numpy as np
import numpy.typing as npt

from scalebridge.errors import ConvergenceError, InputError
from scalebridge.molecules.adaptive._forces import AdaptiveForces
from scalebridge.molecules.adaptive._loop import advance, bond_forces, hold_lengths, hold_velocities
from scalebridge.molecules.dynamics._system import openmm

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

GAS = 0.00831446261815324  # kJ/mol/K
AHEAD = 8  # steps for which noise is drawn together
CALM = 64  # steps that are done together where there is none
NEGLIGIBLE = ("CMMotionRemover",)  # forces without which a thermostatted liquid does as well


@dataclass(frozen=True)
class Dynamics:
    """How the equations of motion are integrated.

    Attributes:
        temperature: K.
        timestep: ps.
        friction: of the Langevin thermostat, 1/ps; 0: none.
        every: steps between samples.
        platform: ``"auto"``: compiled loops of our own where the system is made of single sites and rigid triangles
            alone, else ``"CPU"``; ``"native"``: these or an error; or the name of a platform of OpenMM.
        threads: of the engine on the CPU.
        thermostat: ``"everywhere"``, or ``"outside"``: on hybrid and coarse molecules alone, so that nothing but its
            Hamiltonian acts on the atomistic region; needs the compiled loops.
    """

    temperature: float = 300.0
    timestep: float = 0.002
    friction: float = 2.0
    every: int = 10
    platform: str = "auto"
    threads: int = 1
    thermostat: Literal["everywhere", "outside"] = "everywhere"

    def __post_init__(self) -> None:
        if self.thermostat not in ("everywhere", "outside"):
            raise InputError(f"The thermostat acts {self.thermostat!r}; known are 'everywhere' and 'outside'")


@dataclass(frozen=True, eq=False)
class Bonds:
    """Bonds k/4 (r^2 - b^2)^2 within molecules, GROMOS's form.

    Attributes:
        atoms: (B, 2).
        length: b, (B,) nm.
        stiffness: k, (B,) kJ/mol/nm^4.
    """

    atoms: Ints
    length: Floats
    stiffness: Floats

    @classmethod
    def none(cls) -> Bonds:
        """Nothing is bonded."""
        return cls(np.zeros((0, 2), np.int64), np.zeros(0), np.zeros(0))


class Engine(ABC):
    """A system in motion; what it feels is in `forces.last` after each step."""

    @abstractmethod
    def start(self, positions: Floats, velocities: Floats | None, seed: int) -> None:
        """Positions (N, 3) nm and velocities nm/ps; None draws these."""

    @abstractmethod
    def step(self, count: int) -> None:
        """So many time steps.

        Raises:
            ConvergenceError: the simulation has blown up.
            InputError: the forces refused a configuration.
        """

    @abstractmethod
    def state(self) -> tuple[Floats, Floats]:
        """Positions and velocities, copies of (N, 3)."""

    @abstractmethod
    def energy(self) -> tuple[float, float]:
        """Kinetic and potential energy at the same time, kJ/mol."""


@final
class OpenMMEngine(Engine):
    """A system in OpenMM.

    Args:
        system: whose forces include `forces`.
        forces: of adaptive resolution.
        how: integration; without friction, leapfrog.
        seed: of the thermostat.
    """

    def __init__(self, system: Any, forces: AdaptiveForces, how: Dynamics, seed: int) -> None:
        if how.thermostat != "everywhere":
            raise InputError(
                "A thermostat that spares the atomistic region needs the compiled loops of platform 'native', which "
                f"carry single sites and rigid triangles; this system needs OpenMM: {why_not_native(system)}"
            )
        self._forces, self._how = forces, how
        self._context, self._integrator = new_context(system, how, seed)

    def start(self, positions: Floats, velocities: Floats | None, seed: int) -> None:
        # lists made here, so that a run that is taken up again sees the same order of sums
        self._forces.forget()
        self._context.setPositions(positions)
        if velocities is None:
            self._context.applyConstraints(1e-6)
            self._context.setVelocitiesToTemperature(self._how.temperature, seed)
        else:
            self._context.setVelocities(velocities)

    def step(self, count: int) -> None:
        mm = openmm()
        try:
            self._integrator.step(count)
        except mm.OpenMMException as error:
            if self._forces.trouble:
                # in its own words; the engine would call it a failure of its own
                raise InputError(self._forces.trouble) from error
            raise blown_up(self._how, str(error)) from error

    def state(self) -> tuple[Floats, Floats]:
        state = self._context.getState(positions=True, velocities=True)
        return np.array(state.getPositions(asNumpy=True)._value), np.array(state.getVelocities(asNumpy=True)._value)

    def energy(self) -> tuple[float, float]:
        state = self._context.getState(energy=True)
        return float(state.getKineticEnergy()._value), float(state.getPotentialEnergy()._value)


@final
class NativeEngine(Engine):
    """Single sites and rigid triangles, and bonds, in compiled loops around the forces.

    Args:
        mass: of atoms, (N,) u.
        box: three edges, nm.
        forces: of adaptive resolution.
        how: integration; without friction, leapfrog.
        seed: of the thermostat.
        triangles, lengths: rigid molecules, (T, 3) atoms and sides ij, ik, jk in nm.
        bonds: within molecules.

    Raises:
        InputError: an atom without mass, a rigid triangle or a bond between molecules.
    """

    def __init__(
        self,
        mass: Floats,
        box: Floats,
        forces: AdaptiveForces,
        how: Dynamics,
        seed: int,
        *,
        triangles: Ints | None = None,
        lengths: Floats | None = None,
        bonds: Bonds | None = None,
    ) -> None:
        if not (mass > 0.0).all():
            raise InputError(f"Atom {int(np.argmin(mass))} has no mass; virtual sites need OpenMM's platform 'CPU'")
        self._forces, self._how, self._box = forces, how, np.asarray(box, float)
        self._mass, self._inverse = mass, 1.0 / mass
        self._triangles = np.zeros((0, 3), np.int64) if triangles is None else triangles
        self._lengths2 = np.zeros((0, 3)) if lengths is None else lengths**2
        b = Bonds.none() if bonds is None else bonds
        self._bonds = b.atoms, b.length**2, b.stiffness
        self._rng = np.random.Generator(np.random.SFC64(seed))
        molecules = forces.molecules
        self._owner = np.repeat(np.arange(len(molecules)), np.diff(molecules.first))
        self._share_out()
        n = len(mass)
        self._x, self._v, self._f = np.zeros((n, 3)), np.zeros((n, 3)), np.zeros((n, 3))
        self._old = np.zeros((n if len(self._triangles) else 0, 3))
        self._gap, self._drift = np.zeros(len(molecules)), np.zeros(3)
        self._energies = np.zeros(3)
        self._noise = np.zeros((AHEAD, n, 3) if how.friction > 0.0 else (CALM, 0, 3), np.float32)
        self._used = len(self._noise)  # of the noise drawn ahead

    def start(self, positions: Floats, velocities: Floats | None, seed: int) -> None:
        self._forces.forget()
        self._x[:] = positions
        if len(self._triangles):
            hold_lengths(self._x.copy(), self._x, self._triangles, self._lengths2, self._inverse)
        if velocities is None:
            spread = np.sqrt(GAS * self._how.temperature * self._inverse)
            self._v[:] = spread[:, None] * np.random.default_rng(seed).standard_normal(self._v.shape)
        else:
            self._v[:] = velocities
        hold_velocities(self._x, self._v, self._triangles, self._inverse)
        self._feel()

    def step(self, count: int) -> None:
        how, forces = self._how, self._forces
        keep = float(np.exp(-how.friction * how.timestep))
        spread = np.sqrt((1.0 - keep**2) * GAS * how.temperature * self._inverse)
        while count > 0:
            if self._used == len(self._noise):
                self._used = 0
                if how.friction > 0.0:
                    self._rng.standard_normal(dtype=np.float32, out=self._noise)
            done, result = advance(
                min(count, len(self._noise) - self._used), self._pieces, self._x, self._v, self._f, self._inverse,
                how.timestep, keep, spread, self._noise[self._used :], self._owner, how.thermostat == "outside",
                self._triangles, self._lengths2, self._old, *self._bonds, forces.limits, forces.allowed,
                forces.before(self._box), forces.during(self._box, self._gap, self._f, self._drift), self._energies,
            )  # fmt: skip
            self._used += done
            count -= done
            if result == 2:
                raise blown_up(how, "rigid molecules came apart")
            if result == 1:
                self._feel()
        if not np.isfinite(self._energies[0]):
            raise blown_up(how, "the energy is not finite")
        energy, virial, capped = self._energies
        forces.last = forces.entered(energy, self._f.copy(), self._gap.copy(), self._drift.copy(), virial, capped)

    def state(self) -> tuple[Floats, Floats]:
        return self._x.copy(), self._v.copy()

    def energy(self) -> tuple[float, float]:
        v = self._v + 0.5 * self._how.timestep * self._inverse[:, None] * self._f
        hold_velocities(self._x, v, self._triangles, self._inverse)
        return 0.5 * float(self._mass @ (v**2).sum(axis=1)), float(self._energies[0])

    def _share_out(self) -> None:
        """Sort triangles and bonds, and give each piece of work molecules and what is within them."""
        for what, atoms in (("rigid triangle", self._triangles), ("bond", self._bonds[0])):
            apart = (self._owner[atoms] != self._owner[atoms[:, :1]]).any(axis=1)
            if apart.any():
                raise InputError(f"The {what} of atoms {atoms[np.argmax(apart)].tolist()} is between molecules")
        of_triangles, of_bonds = (self._owner[atoms[:, 0]] for atoms in (self._triangles, self._bonds[0]))
        order = np.argsort(of_triangles, kind="stable")
        self._triangles, self._lengths2 = self._triangles[order], self._lengths2[order]
        order, (atoms, length2, stiffness) = np.argsort(of_bonds, kind="stable"), self._bonds
        self._bonds = atoms[order], length2[order], stiffness[order]
        first, pieces = self._forces.molecules.first, self._forces.pieces
        ends = (len(first) - 1) * np.arange(pieces + 1) // pieces
        of = first[ends], np.searchsorted(np.sort(of_triangles), ends), np.searchsorted(np.sort(of_bonds), ends)
        self._pieces = np.stack(of, axis=1).astype(np.int64)

    def _feel(self) -> None:
        """Forces where the atoms are, with new lists of neighbours where needed."""
        if not np.isfinite(self._x).all():
            raise blown_up(self._how, "atoms are nowhere")
        found = self._forces.evaluate(self._x, self._box)
        self._f[:], self._gap[:], self._drift[:] = found.forces, found.gap, found.drift
        energy = found.energy + bond_forces(self._x, *self._bonds, self._f)
        self._energies[:] = energy, found.virial, found.capped
        self._forces.last = found


def new_context(system: Any, how: Dynamics, seed: int) -> tuple[Any, Any]:
    """OpenMM's context of a system and its integrator: Langevin, or leapfrog without friction."""
    mm = openmm()
    if how.friction > 0.0:
        integrator = mm.LangevinMiddleIntegrator(how.temperature, how.friction, how.timestep)
        integrator.setRandomNumberSeed(seed)
    else:
        integrator = mm.VerletIntegrator(how.timestep)
    name = "CPU" if how.platform in ("auto", "native") else how.platform
    options = {"Threads": str(how.threads)} if name == "CPU" else {}
    return mm.Context(system, integrator, mm.Platform.getPlatformByName(name), options), integrator


def blown_up(how: Dynamics, reason: str) -> ConvergenceError:
    """The error of a simulation that went wrong."""
    return ConvergenceError(
        f"The simulation with adaptive resolution has blown up ({reason}); take a shorter time step than "
        f"{how.timestep} ps, or a larger cap"
    )


def engine_of(system: Any, forces: AdaptiveForces, how: Dynamics, seed: int) -> Engine:
    """What carries an OpenMM system on.

    Args:
        system: whose forces include `forces`.
        forces: of adaptive resolution.
        how: integration.
        seed: of the thermostat.

    Raises:
        InputError: the compiled loops are asked for, and cannot carry this system.
    """
    seed = seed % (2**31 - 2) + 1
    reason = why_not_native(system) if how.platform in ("auto", "native") else "OpenMM is asked for"
    if reason and how.platform == "native":
        raise InputError(f"The compiled loops cannot carry this system: {reason}. Take platform 'CPU'.")
    if reason:
        return OpenMMEngine(system, forces, how, seed)
    mass = np.array([system.getParticleMass(i)._value for i in range(system.getNumParticles())])
    box = box_of(system)
    triangles, lengths = _triangles(system)
    return NativeEngine(mass, box, forces, how, seed, triangles=triangles, lengths=lengths)


def box_of(system: Any) -> Floats:
    """Edges of a system's box, (3,) nm."""
    vectors = system.getDefaultPeriodicBoxVectors()
    return np.array([vectors[i][i]._value for i in range(3)])


def why_not_native(system: Any) -> str:
    """Why the compiled loops cannot carry a system; empty where they can."""
    mm = openmm()
    others = [
        type(f).__name__
        for f in system.getForces()
        if not isinstance(f, mm.PythonForce) and type(f).__name__ not in NEGLIGIBLE and not _empty(f)
    ]
    if others:
        return f"it has a {others[0]}"
    if any(system.isVirtualSite(i) for i in range(system.getNumParticles())):
        return "it has virtual sites"
    number = system.getNumConstraints()
    if number and _triangles(system)[0] is None:
        return "it has constraints that are no rigid triangles"
    return ""


def _empty(force: Any) -> bool:
    """Whether a force within molecules has no terms."""
    mm = openmm()
    if isinstance(force, mm.HarmonicBondForce | mm.CustomBondForce):
        return bool(force.getNumBonds() == 0)
    if isinstance(force, mm.HarmonicAngleForce):
        return bool(force.getNumAngles() == 0)
    return isinstance(force, mm.PeriodicTorsionForce) and force.getNumTorsions() == 0


def _triangles(system: Any) -> tuple[Ints | None, Floats | None]:
    """Rigid triangles, where all constraints make such; else None twice."""
    found: dict[int, dict[tuple[int, int], float]] = {}
    pairs = [system.getConstraintParameters(k) for k in range(system.getNumConstraints())]
    owner: dict[int, int] = {}
    for i, j, length in pairs:
        root = owner.get(i, owner.get(j, min(i, j)))
        owner[i] = owner[j] = root
        found.setdefault(root, {})[min(i, j), max(i, j)] = float(length._value)
    atoms, lengths = [], []
    for sides in found.values():
        members = sorted({i for side in sides for i in side})
        if len(members) != 3 or len(sides) != 3:
            return None, None
        i, j, k = members
        atoms.append(members)
        lengths.append([sides[i, j], sides[i, k], sides[j, k]])
    if not atoms:
        return np.zeros((0, 3), np.int64), np.zeros((0, 3))
    return np.array(atoms, np.int64), np.array(lengths)
