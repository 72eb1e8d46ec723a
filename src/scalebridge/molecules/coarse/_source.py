"""Where a target comes from: given, read from files, or simulated when its turn has come."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from scalebridge.molecules.coarse._springs import first_springs, spring_lengths
from scalebridge.molecules.coarse._target import Target, target_of
from scalebridge.molecules.mapping import Mapping
from scalebridge.molecules.potentials import Harmonic, LennardJones, Potential
from scalebridge.molecules.statistics import R


@dataclass(frozen=True)
class Sketch:
    """What is known of a target before it is made.

    Attributes:
        atoms: number of fine particles; zero where not known.
        beads: number of beads, estimated.
        edge: shortest edge of the box, nm.
        frames: of the reference; zero for tables.
        nanoseconds: of fine simulation that is still to be done.
    """

    atoms: int
    beads: int
    edge: float
    frames: int
    nanoseconds: float = 0.0


@dataclass(frozen=True, eq=False)
class Made:
    """A target that has been made.

    Attributes:
        target: what the coarse model is to reproduce.
        fixed: potentials of terms that are not fitted, e.g. of an elastic network.
        springs: those among `fixed` whose stiffness and length follow the fluctuations of the atoms.
        cost: processor seconds per nanosecond of the fine simulation; None where not known.
    """

    target: Target
    fixed: dict[str, Potential] = field(default_factory=dict)
    springs: tuple[str, ...] = ()
    cost: float | None = None


class Source(ABC):
    """A state point of the fine model. Implementations are frozen and picklable."""

    @abstractmethod
    def sketch(self) -> Sketch:
        """Sizes, without making anything."""

    @abstractmethod
    def make(self, seed: int) -> Made:
        """The target.

        Raises:
            InputError: files or mapping do not fit together.
            ConvergenceError: the simulation of atoms has blown up.
        """


@dataclass(frozen=True, eq=False)
class Given(Source):
    """A target that is there already."""

    target: Target

    def sketch(self) -> Sketch:
        """Its sizes."""
        target = self.target
        frames = 0 if target.frames is None else len(target.frames)
        return Sketch(0, len(target.beads), float(target.start.box.min()), frames)

    def make(self, seed: int) -> Made:
        """The target itself."""
        del seed
        return Made(self.target)


@dataclass(frozen=True)
class Files(Source):
    """A trajectory of another program.

    Attributes:
        topology: file that MDAnalysis reads.
        trajectory: file that MDAnalysis reads; None where the topology holds positions.
        mapping: from atoms to beads.
        temperature: K.
        pressure: bar; None where not known.
        step: width of the bins of distances, nm.
        forces: whether the method needs forces.
    """

    topology: Path
    trajectory: Path | None
    mapping: Mapping
    temperature: float
    pressure: float | None = None
    step: float = 0.01
    forces: bool = False

    def sketch(self) -> Sketch:
        """Sizes of the first frame."""
        reference = self._read(stop=1)
        beads = len(self.mapping.of(reference.universe).beads)
        frames = len(reference.universe.trajectory)
        return Sketch(reference.frames.count, beads, float(reference.frames.boxes.min()), frames)

    def make(self, seed: int) -> Made:
        """Read and map the trajectory."""
        del seed
        return Made(target_of(self._read(), self.mapping, step=self.step, fixed=(), forces=self.forces))

    def _read(self, stop: int | None = None) -> Any:
        from scalebridge.molecules.reference import Reference

        given = () if self.trajectory is None else self.trajectory
        return Reference.read(self.topology, given, temperature=self.temperature, pressure=self.pressure, stop=stop)


@dataclass(frozen=True)
class Simulated(Source):
    """Atoms that are simulated here.

    Attributes:
        liquid: "water" (SPC/E), "chains" (united-atom alkanes) or "protein" (a PDB file with protein, water and ions).
        mapping: from atoms to beads.
        temperature: K.
        picoseconds: length of the recorded part.
        every: ps between frames.
        equilibration: ps.
        molecules: number of molecules of a liquid.
        carbons: of a chain.
        pdb: file of a protein.
        pressure: bar; None keeps the volume.
        step: width of the bins of distances, nm.
        network: cutoff of the elastic network of a protein, nm; zero for none.
        stiffness: of the springs of the network, kJ/mol/nm^2; None: each follows the fluctuations of the atoms.
    """

    liquid: Literal["water", "chains", "protein"]
    mapping: Mapping
    temperature: float = 300.0
    picoseconds: float = 50.0
    every: float = 0.25
    equilibration: float = 10.0
    molecules: int = 500
    carbons: int = 6
    pdb: Path | None = None
    pressure: float | None = None
    step: float = 0.01
    network: float = 0.9
    stiffness: float | None = None

    def sketch(self) -> Sketch:
        """Sizes from the numbers of molecules."""
        frames, length = round(self.picoseconds / self.every), (self.picoseconds + self.equilibration) * 1e-3
        if self.liquid == "water":
            edge = float((self.molecules * 18.0154 / (0.997 * 602.214)) ** (1 / 3))
            return Sketch(3 * self.molecules, self.molecules, edge, frames, length)
        if self.liquid == "chains":
            mass = 14.027 * self.carbons + 2.016
            edge = float((self.molecules * mass / (0.655 * 602.214)) ** (1 / 3))
            # most mappings of alkanes take two or three carbons for a bead
            return Sketch(
                self.carbons * self.molecules, max(self.carbons // 3, 1) * self.molecules, edge, frames, length
            )
        from scalebridge.molecules.reference._protein import protein_box

        atoms, residues, edge = protein_box(self.pdb)
        return Sketch(atoms, residues, edge, frames, length)

    def make(self, seed: int) -> Made:
        """Simulate and map."""
        from scalebridge.molecules.reference import chains, protein, water

        if self.liquid == "water":
            atoms = water(self.molecules)
        elif self.liquid == "chains":
            atoms = chains(self.molecules, carbons=self.carbons)
        else:
            atoms = protein(self.pdb)
        reference = atoms.run(
            temperature=self.temperature,
            picoseconds=self.picoseconds,
            equilibration=self.equilibration,
            every=self.every,
            pressure=self.pressure,
            seed=seed,
        )
        fixed: dict[str, Potential] = {}
        springs: tuple[str, ...] = ()
        held: tuple[str, ...] = ()
        if self.liquid == "protein" and self.network > 0.0:
            reference, fixed, held = _with_network(reference, self.mapping, self.network, self.stiffness)
            springs = tuple(name for name in fixed if name.startswith("bond")) if self.stiffness is None else ()
        target = target_of(reference, self.mapping, step=self.step, fixed=tuple(fixed))
        return Made(replace(target, watched=held), fixed, springs, reference.seconds_per_nanosecond)


def _with_network(
    reference: Any, mapping: Mapping, cutoff: float, stiffness: float | None
) -> tuple[Any, dict[str, Potential], tuple[str, ...]]:
    """Springs between beads of a chain that are near in the mean (Tirion 1996), those of bonds and angles among them.

    A fold gives each bond and each angle its own rest value: potentials shared by all places of a chain would let them
    wander over what all places see together. The springs hold them instead; distributions along the chain are watched,
    not fitted. Beads of chains repel each other (Weeks, Chandler, Andersen): too few of these pairs are left to fit a
    potential.

    Returns:
        The reference with the network, its potentials, and the terms along the chain that it holds.
    """
    mapped = mapping.of(reference.universe)
    frames, beads = mapped.frames(reference.frames), mapped.beads
    of_molecule = beads.molecules
    sizes = np.bincount(of_molecule)[of_molecule]
    inside = np.flatnonzero(sizes > 3)
    pairs = np.array(
        [(i, j) for a, i in enumerate(inside) for j in inside[a + 1 :] if of_molecule[i] == of_molecule[j]],
        dtype=np.int32,
    ).reshape(-1, 2)
    lengths = spring_lengths(frames, pairs)
    excluded = beads.exclusions
    along = np.array([j in excluded.partners[excluded.starts[i] : excluded.starts[i + 1]] for i, j in pairs])
    near = np.flatnonzero((lengths.mean(axis=0) < cutoff) | along)
    network = {f"net{n}": pairs[k][None, :] for n, k in enumerate(near)}
    fixed = first_springs([f"bond {name}" for name in network], lengths[:, near], R * reference.temperature)
    if stiffness is not None:
        fixed = {name: Harmonic(stiffness, float(spring.coefficients[1])) for name, spring in fixed.items()}
    chain = sorted({beads.kinds[i] for i in inside})
    for a, kind in enumerate(chain):
        fixed |= {f"pair {kind}-{other}": LennardJones(0.45, 1.0) for other in chain[a:]}
    held = tuple(name for name, members in beads.bonded.items() if np.isin(members, inside).all())
    return replace(reference, network=network), fixed, held
