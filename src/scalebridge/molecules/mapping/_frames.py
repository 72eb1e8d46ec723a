"""Frames of a trajectory as arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError

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
    universe: Any, *, start: int | None = None, stop: int | None = None, step: int | None = None, length: float = 0.1
) -> Frames:
    """Frames of an MDAnalysis universe.

    Args:
        universe: MDAnalysis universe with a trajectory; lengths in the reader's unit, forces in kJ/mol per that unit.
        start: first frame.
        stop: frame after the last.
        step: take every step-th frame.
        length: the reader's unit of length in nm; MDAnalysis converts to angstrom (0.1).

    Raises:
        InputError: no frames, no box, or a box without right angles.
    """
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
            forces.append(np.array(frame.forces, dtype=np.float64) / length)
    if not positions:
        raise InputError("The trajectory has no frames in the asked range; check start, stop and step")
    complete = np.stack(forces) if len(forces) == len(positions) else None
    return Frames(np.stack(positions), np.stack(boxes), complete, np.array(times))
