"""An all-atom trajectory with its topology and state point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError, MissingExtraError
from scalebridge.molecules.mapping import Beads, Frames, read_frames

if TYPE_CHECKING:
    from scalebridge.molecules.reference._simulate import AllAtom


@dataclass(frozen=True, eq=False)
class Reference:
    """What a coarse model is made from.

    Attributes:
        universe: MDAnalysis universe with names, residues and masses.
        frames: the trajectory, nm, with forces where there are any.
        temperature: K.
        pressure: bar; None where not known.
        seconds_per_nanosecond: processor seconds that the simulation took; None where not known.
        network: further bonded terms of the coarse model by name, e.g. of an elastic network.

    Raises:
        InputError: numbers of atoms differ, or a temperature that is not positive.
    """

    universe: Any
    frames: Frames
    temperature: float
    pressure: float | None = None
    seconds_per_nanosecond: float | None = None
    network: Mapping[str, npt.NDArray[np.int32]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (np.isfinite(self.temperature) and self.temperature > 0.0):
            raise InputError(f"A temperature in K must be positive; found {self.temperature}")
        if self.universe.atoms.n_atoms != self.frames.count:
            raise InputError(
                f"The topology has {self.universe.atoms.n_atoms} atoms and the trajectory {self.frames.count}"
            )

    @classmethod
    def read(
        cls,
        topology: Path | str,
        trajectory: Path | str | Sequence[Path | str] = (),
        *,
        temperature: float,
        pressure: float | None = None,
        start: int | None = None,
        stop: int | None = None,
        step: int | None = None,
        **options: Any,
    ) -> Reference:
        """Files of any program that MDAnalysis reads (GROMACS, AMBER, CHARMM, LAMMPS, ...).

        Args:
            topology: e.g. ``.tpr``, ``.prmtop``, ``.psf``, ``.data``, ``.gro``, ``.pdb``.
            trajectory: one file or several; empty where the topology file holds positions.
            temperature: K.
            pressure: bar.
            start: first frame.
            stop: frame after the last.
            step: take every step-th frame.
            **options: handed to ``MDAnalysis.Universe``.

        Raises:
            InputError: a file is missing or cannot be read, or a frame has no box with right angles.
            MissingExtraError: MDAnalysis is not installed.
        """
        try:
            import MDAnalysis as mda
        except ImportError as error:
            raise MissingExtraError("MDAnalysis", "molecules") from error
        given = [trajectory] if isinstance(trajectory, Path | str) else list(trajectory)
        for file in (topology, *given):
            if not Path(file).is_file():
                raise InputError(f"There is no file {file}; check the path")
        try:
            universe = mda.Universe(str(topology), *([[str(file) for file in given]] if given else []), **options)
        except Exception as error:  # each reader of MDAnalysis has errors of its own
            raise InputError(f"MDAnalysis cannot read {topology} with {given or 'no trajectory'}: {error}") from error
        if not hasattr(universe.atoms, "masses"):
            raise InputError(f"{topology} has no masses; give a topology with masses, or guess them with MDAnalysis")
        return cls(universe, read_frames(universe, start=start, stop=stop, step=step), temperature, pressure)

    @classmethod
    def simulate(cls, atoms: AllAtom, **asked: Any) -> Reference:
        """Simulate with OpenMM; options as of `AllAtom.run`."""
        return atoms.run(**asked)

    def extended(self, beads: Beads) -> Beads:
        """The coarse topology with the further terms."""
        if not self.network:
            return beads
        from dataclasses import replace

        return replace(beads, extra=dict(self.network))
