"""Frames of a trajectory as arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from scalebridge.molecules.mapping._beads import Beads

Floats = npt.NDArray[np.floating]

KCAL = 4.184


@dataclass(frozen=True, eq=False)
class Frames:
    """Positions of n particles in f frames of a periodic box with right angles.

    Attributes:
        positions: shape (f, n, 3), nm.
        boxes: edges, shape (f, 3), nm.
        forces: shape (f, n, 3), kJ/mol/nm; None where the trajectory has none.
        times: shape (f,), ps; None where not known.
        pressures: instantaneous pressure, shape (f,), bar; None where not known.

    Raises:
        InputError: shapes do not fit together, or a number is not finite.
    """

    positions: Floats
    boxes: npt.NDArray[np.float64]
    forces: Floats | None = None
    times: npt.NDArray[np.float64] | None = None
    pressures: npt.NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        shape = self.positions.shape
        if len(shape) != 3 or shape[2] != 3 or shape[0] == 0:
            raise InputError(f"Positions have the shape (frames, particles, 3); found {shape}")
        if self.boxes.shape != (shape[0], 3) or not np.all(self.boxes > 0.0):
            raise InputError(f"Each of the {shape[0]} frames needs three positive edges; found {self.boxes.shape}")
        if self.forces is not None and self.forces.shape != shape:
            raise InputError(f"Forces have the shape {self.forces.shape}, positions {shape}; they must be the same")
        for name, values in (("Position", self.positions), ("Force", self.forces)):
            if values is not None and not np.isfinite(values).all():
                frame, particle, _ = np.argwhere(~np.isfinite(values))[0]
                raise InputError(f"{name} of particle {particle} in frame {frame} is not finite; mend the trajectory")

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def count(self) -> int:
        """Number of particles."""
        return int(self.positions.shape[1])

    @property
    def volume(self) -> float:
        """Mean volume, nm^3."""
        return float(self.boxes.prod(axis=1).mean())

    def needed_forces(self, purpose: str) -> Floats:
        """The forces.

        Raises:
            InputError: the trajectory has none.
        """
        if self.forces is None:
            raise InputError(
                f"{purpose} needs forces, and this trajectory has none. Write them with the trajectory (GROMACS: "
                "nstfout and .trr; LAMMPS: dump ... fx fy fz; OpenMM: Reference.simulate keeps them), or use ibi, "
                "imc or re"
            )
        return self.forces

    def select(self, frames: slice | npt.NDArray[np.integer]) -> Frames:
        """Some of the frames."""
        return replace(
            self,
            positions=self.positions[frames],
            boxes=self.boxes[frames],
            forces=None if self.forces is None else self.forces[frames],
            times=None if self.times is None else self.times[frames],
            pressures=None if self.pressures is None else self.pressures[frames],
        )


def read_frames(
    universe: Any,
    *,
    start: int | None = None,
    stop: int | None = None,
    step: int | None = None,
    length: float = 0.1,
    force: float | None = None,
) -> Frames:
    """Frames of an MDAnalysis universe.

    Args:
        universe: MDAnalysis universe with a trajectory.
        start: first frame.
        stop: frame after the last.
        step: take every step-th frame.
        length: the reader's unit of length in nm; MDAnalysis converts to angstrom (0.1).
        force: the reader's unit of force in kJ/mol per unit of length. MDAnalysis converts to kJ/mol/angstrom (1), but
            leaves the forces of LAMMPS dumps as they are: for these the default is 4.184 (units real).

    Raises:
        InputError: no frames, no box, or a box without right angles.
    """
    if force is None:
        reader = universe.trajectory.readers[0] if universe.trajectory.format == "CHAIN" else universe.trajectory
        force = KCAL if reader.format == "LAMMPSDUMP" else 1.0
    positions, boxes, forces, times = [], [], [], []
    for frame in universe.trajectory[start:stop:step]:
        box = frame.dimensions
        if box is None or not np.all(np.asarray(box[:3]) > 0.0):
            raise InputError(f"Frame {frame.frame} has no periodic box; coarse-graining of a liquid needs one")
        if not np.allclose(box[3:], 90.0, atol=1e-3):
            angles = ", ".join(f"{angle:.4g}" for angle in box[3:])
            raise InputError(f"Frame {frame.frame} has a box with angles {angles}; only right angles are supported")
        positions.append(np.array(frame.positions, dtype=np.float64) * length)
        boxes.append(np.array(box[:3], dtype=np.float64) * length)
        times.append(float(frame.time))
        if frame.has_forces:
            forces.append(np.array(frame.forces, dtype=np.float64) * force / length)
    if not positions:
        raise InputError("The trajectory has no frames in the asked range; check start, stop and step")
    complete = np.stack(forces) if len(forces) == len(positions) else None
    return Frames(np.stack(positions), np.stack(boxes), complete, np.array(times))


def write_frames(frames: Frames, beads: Beads, topology: Path | str, trajectory: Path | str) -> None:
    """A mapped trajectory as files that other programs read, through MDAnalysis.

    Args:
        frames: trajectory of beads.
        beads: the coarse topology: names, types, masses and bonds.
        topology: e.g. ``.gro``, ``.pdb``, ``.data``; it takes the last frame.
        trajectory: e.g. ``.xtc``, ``.dcd``; ``.trr`` keeps forces.

    Raises:
        InputError: numbers of beads differ, or a format that MDAnalysis cannot write.
        MissingExtraError: MDAnalysis is not installed.
    """
    try:
        import MDAnalysis as mda
    except ImportError as error:
        raise MissingExtraError("MDAnalysis", "molecules") from error
    if frames.count != len(beads):
        raise InputError(f"The trajectory has {frames.count} particles and the topology {len(beads)} beads")
    molecules = int(beads.molecules.max()) + 1
    universe = mda.Universe.empty(len(beads), molecules, atom_resindex=beads.molecules, trajectory=True)
    for name, values in (
        ("names", beads.names), ("types", beads.kinds), ("masses", beads.masses), ("charges", np.zeros(len(beads))),
        ("resids", np.arange(1, molecules + 1)), ("resnames", ["CG"] * molecules),
    ):  # fmt: skip
        universe.add_TopologyAttr(name, list(values))
    universe.add_TopologyAttr("bonds", [tuple(bond) for bond in beads.bonds.tolist()])
    moving = {"dimensions": np.concatenate([10.0 * frames.boxes, np.full((len(frames), 3), 90.0)], axis=1)}
    if frames.forces is not None:
        moving["forces"] = 0.1 * np.asarray(frames.forces)
    universe.load_new(10.0 * np.asarray(frames.positions), **moving)
    try:
        with mda.Writer(str(trajectory), len(beads)) as out:
            for number, frame in enumerate(universe.trajectory):
                if frames.times is not None:
                    frame.time = float(frames.times[number])
                out.write(universe.atoms)
        universe.atoms.write(str(topology))
    except (TypeError, ValueError) as error:
        raise InputError(f"MDAnalysis cannot write {topology} or {trajectory}: {error}") from error
