"""FE² as a bridge: one load step per step, states of all volume elements in the checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from scalebridge.bridge import Bridge, Failure, Outcome, Progress, Step
from scalebridge.errors import InputError
from scalebridge.ledger import Entry, Verdict
from scalebridge.scales import ScaleMap
from scalebridge.solids.fe2._conditions import Condition
from scalebridge.solids.fe2._fe2 import FE2, Kinematics
from scalebridge.solids.fe2._ladder import Ladder
from scalebridge.solids.fe2._materials import Material, Oriented
from scalebridge.solids.fe2._on_ladder import on_ladder
from scalebridge.solids.fe2._points import CanTrain, Floats
from scalebridge.solids.fe2._records import FE2State, StepResult
from scalebridge.solids.fe2._space import MacroElement
from scalebridge.solids.laws import Law
from scalebridge.solids.microstructure import Microstructure
from scalebridge.solids.rve import RVE


@dataclass(frozen=True)
class Cell:
    """A volume element as parameters; see `RVE`."""

    microstructure: Microstructure
    laws: Mapping[int, Law]
    boundary: Literal["periodic", "kubc", "subc"] = "periodic"
    element: Literal["full", "reduced"] = "full"
    tolerance: float = 1e-8

    def rve(self, kinematics: Kinematics) -> RVE:
        """The volume element."""
        return RVE(
            self.microstructure, self.laws, self.boundary, self.element, kinematics, tolerance=self.tolerance, threads=1
        )


@dataclass(frozen=True)
class Part:
    """What a region is made of.

    Attributes:
        material: an ordinary law, or a cell.
        orientation: as in `Oriented`; None for the axes of the body.
        fibre_axis: as in `Oriented`.
    """

    material: Law | Cell
    orientation: Any = None
    fibre_axis: int = 1


@dataclass(frozen=True)
class Line:
    """What is kept of a load step.

    Attributes:
        time: s.
        force: sum of the reactions at the nodes watched, (3,), N.
        motion: mean displacement of these nodes, (3,), m.
        points: number of points on the rungs -1 (a law), 0, 1, 2, 3, (5,).
        indicator: largest error indicator.
        iterations: Newton iterations.
    """

    time: float
    force: Floats
    motion: Floats
    points: npt.NDArray[np.int64]
    indicator: float
    iterations: int


@dataclass(frozen=True)
class FE2BridgeState:
    """Where a run is.

    Attributes:
        body: the body after the last step that converged.
        lines: what was kept of each step.
        rung: of each point in the last step, (n,).
        reason: why the run ended early; empty where it did not.
        prepared: whether reduced models have been made, where they are.
    """

    body: FE2State
    lines: tuple[Line, ...] = ()
    rung: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    reason: str = ""
    prepared: bool = True


@dataclass(frozen=True)
class FE2Bridge(Bridge[FE2BridgeState]):
    """A body with volume elements, along load steps.

    Attributes:
        mesh: scikit-fem mesh with named boundaries and regions.
        parts: material of each region; the key ``""`` means the whole body.
        conditions: what is done to it; functions in them must survive pickling.
        times: ends of the load steps, s.
        watch: boundary whose force and motion are recorded.
        kinematics: ``"small"`` or ``"finite"``.
        ladder: what may be simplified; None solves all cells in full.
        element: macroscopic element.
        workers: processes that own the cells.
        tolerance: of the macroscopic Newton iterations.
    """

    mesh: Any
    parts: Mapping[str, Part]
    conditions: tuple[Condition, ...]
    times: tuple[float, ...]
    watch: str
    kinematics: Kinematics = "small"
    ladder: Ladder | None = None
    element: MacroElement = "auto"
    workers: int = 0
    tolerance: float = 1e-7

    name: ClassVar[str] = "fe2"

    def __post_init__(self) -> None:
        if self.watch not in (self.mesh.boundaries or {}):
            names = ", ".join(sorted(self.mesh.boundaries or {})) or "none"
            raise InputError(f"the boundary to watch, {self.watch!r}, is not in the mesh; it has: {names}.")

    def __getstate__(self) -> dict[str, Any]:
        # the model holds compiled operators and processes; it is built again where it is needed
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @cached_property
    def model(self) -> FE2:
        """The body."""
        materials: dict[str, Material] = {}
        # one volume element per cell, so that regions share what is learned about it
        cells = {id(p.material): p.material.rve(self.kinematics)
                 for p in self.parts.values() if isinstance(p.material, Cell)}  # fmt: skip
        for name, part in self.parts.items():
            material = cells[id(part.material)] if isinstance(part.material, Cell) else part.material
            materials[name] = (
                material if part.orientation is None else Oriented(material, part.orientation, part.fibre_axis)
            )
        return FE2(
            self.mesh, materials.get("", materials), self.conditions, self.kinematics, self.ladder,
            element=self.element, workers=self.workers, tolerance=self.tolerance,
        )  # fmt: skip

    @cached_property
    def watched(self) -> npt.NDArray[np.int64]:
        """Nodes of the boundary that is watched."""
        found: npt.NDArray[np.int64] = np.asarray(self.model.space.basis.get_dofs(self.watch).all(), np.int64)
        return found

    def scales(self) -> ScaleMap:
        """Voxels and cells below, elements and body above."""
        from scalebridge.solids.fe2._scales import scale_map

        return scale_map(self)

    def init(self, seed: np.random.SeedSequence) -> FE2BridgeState:
        """The undeformed body; nothing here is random."""
        del seed
        start, points = self.model.initial_state, self.model.points
        waits = isinstance(points, CanTrain) and points.untrained(start.micro)
        return FE2BridgeState(start, prepared=not waits)

    def step(self, state: FE2BridgeState, executor: Executor) -> Step[FE2BridgeState]:
        """One load step. The cells stay with their owners, whatever the executor."""
        del executor
        if not state.prepared:
            return self._prepared(state)
        time = self.times[len(state.lines)]
        body, found = self.model.step(state.body, time)
        if not found.converged:
            where = f"load step {len(state.lines) + 1} of {len(self.times)}"
            failure = Failure(where, found.reason, {"time": time})
            books = Entry("load steps", "1", float(len(state.lines)), float(len(self.times)), 1.0, 1e-9, where, time)
            return Step(replace(state, reason=found.reason), (books,), (failure,))
        entries = tuple(replace(e, when=time) for e in found.entries)
        after = replace(state, body=body, lines=(*state.lines, self._line(found)), rung=found.rung)
        return Step(after, entries)

    def _prepared(self, state: FE2BridgeState) -> Step[FE2BridgeState]:
        """The rehearsal, as a step of its own: what was learned is worth a checkpoint."""
        body = self.model.prepared(state.body, self.times)
        after = replace(state, body=body, prepared=True)
        allowed = self.ladder.allowance if self.ladder is not None else 1.0
        parts = on_ladder(self.model.points, body.micro, np.arange(self.model.points.count))
        found = max((part.points.learned_error(part.state) for part in parts), default=0.0)
        # what exceeds the allowance here is watched by the indicators later
        entry = Entry(
            "error of the reduced model on cells it had not seen", "1", found, allowed, 1.0, 1e-9, "rehearsal", 0.0,
            "<=", Verdict.WARNS,
        )  # fmt: skip
        return Step(after, (entry,))

    def _line(self, found: StepResult) -> Line:
        return Line(
            found.time,
            found.reaction[self.watched].sum(axis=0),
            found.displacement[self.watched].mean(axis=0),
            np.bincount(found.rung + 1, minlength=5),
            float(found.indicator.max()),
            found.iterations,
        )

    def done(self, state: FE2BridgeState) -> bool:
        """Whether all load steps are done, or one failed for good."""
        return bool(state.reason) or len(state.lines) == len(self.times)

    def progress(self, state: FE2BridgeState) -> Progress:
        """Load steps done."""
        count, total = len(state.lines), len(self.times)
        done = total if state.reason else count
        if not state.prepared:
            return Progress(float(done), float(total), "rehearsal, and cells in full to learn from")
        return Progress(float(done), float(total), f"load step {min(count + 1, total)} of {total}")

    def finish(self, state: FE2BridgeState) -> Outcome:
        """Force curve, rungs, fields and methods."""
        from scalebridge.solids.fe2._outcome import outcome

        return outcome(self, state)
