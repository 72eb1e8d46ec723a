"""The homogenization bridge: voxel finite elements below, a homogeneous continuum above."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np

from scalebridge.bridge import Bridge, Outcome, Progress, Step
from scalebridge.errors import InputError
from scalebridge.scales import ScaleMap
from scalebridge.solids.homogenization._effective import effective_step
from scalebridge.solids.homogenization._increments import increment_step
from scalebridge.solids.homogenization._realisations import batch_step, study_plan
from scalebridge.solids.homogenization._scales import predicted_work, scale_map
from scalebridge.solids.homogenization._settings import Load, Numerics, SizeStudy
from scalebridge.solids.homogenization._state import HomogenizationState
from scalebridge.solids.laws import Conduction, Law
from scalebridge.solids.microstructure import Microstructure
from scalebridge.solids.representative import linearised
from scalebridge.solids.rve import RVE

_FEW_VOXELS = 8000


@dataclass(frozen=True, eq=False)
class Homogenization(Bridge[HomogenizationState]):
    """Effective behaviour of a microstructure: tensors, load paths, and whether the cell is representative.

    What goes up is the mean stress (flux), what comes down the mean strain (gradient), and what must balance is the
    work: Hill 1963, doi 10.1016/0022-5096(63)90036-X.

    Args:
        microstructure: the volume element.
        laws: mechanical law of each phase; may be empty where conduction is asked for.
        conduction: conductivity of each phase; may be empty.
        loads: load paths.
        numerics: how volume elements are solved.
        study: RVE study; None where not wanted.
        unit_cell: whether the microstructure is the exact period of a regular arrangement.
        part_length: smallest length in m over which the load of a part varies; None where not known.
        material: name of the material in cards for other codes.
        density: in kg/m^3, for those cards; None where not wanted there.
        xdmf: whether fields are written as XDMF besides ``.vti``.

    Raises:
        InputError: no law at all, a phase without law, or loads without mechanical laws.
    """

    microstructure: Microstructure
    laws: Mapping[int, Law] = field(default_factory=dict)
    conduction: Mapping[int, Conduction] = field(default_factory=dict)
    loads: tuple[Load, ...] = ()
    numerics: Numerics = field(default_factory=Numerics)
    study: SizeStudy | None = None
    unit_cell: bool = False
    part_length: float | None = None
    material: str = "homogenized"
    density: float | None = None
    xdmf: bool = False

    name: ClassVar[str] = "homogenization"

    def __post_init__(self) -> None:
        if not self.laws and not self.conduction:
            raise InputError("A homogenization needs a law for each phase, mechanical or conducting; none was given.")
        for kind, laws in (("mechanical law", self.laws), ("conductivity", self.conduction)):
            missing = [p for p in self.microstructure.phases if laws and p not in laws]
            if missing:
                raise InputError(f"The phases {missing} have no {kind}; given for {sorted(laws)}.")
        if self.loads and not self.laws:
            raise InputError("Load paths need mechanical laws; only conductivities were given.")

    def __getstate__(self) -> dict[str, Any]:
        # Volume elements hold compiled operators; they are built again where they are needed.
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @cached_property
    def linear_rve(self) -> RVE:
        """The volume element with the laws as they are at the start of loading."""
        return self._rve(linearised(self.laws), "small")

    @cached_property
    def conducting_rve(self) -> RVE:
        """The volume element as a conductor."""
        return self._rve(self.conduction, "small")

    @cached_property
    def rve(self) -> RVE:
        """The volume element that is driven along load paths."""
        return self._rve(self.laws, self.numerics.kinematics)

    def _rve(self, laws: Mapping[int, Law | Conduction], kinematics: Literal["small", "finite"]) -> RVE:
        # Threads that wait for each other cost more than they bring where there is little to do.
        threads = 1 if self.microstructure.phase.size < _FEW_VOXELS else None
        n = self.numerics
        return RVE(self.microstructure, laws, n.boundary, n.element, kinematics, tolerance=n.tolerance, threads=threads)

    def scales(self) -> ScaleMap:
        """Voxels to RVE below, RVE to part above."""
        return scale_map(self)

    def init(self, seed: np.random.SeedSequence) -> HomogenizationState:
        """Nothing done yet."""
        return HomogenizationState(_entropy(seed), tuple(seed.spawn_key))

    def step(self, state: HomogenizationState, executor: Executor) -> Step[HomogenizationState]:
        """An effective tensor, an increment of a load path, or a batch of realisations."""
        wanted = self._tensor_wanted(state)
        if wanted is not None:
            rve = self.linear_rve if wanted == "stiffness" else self.conducting_rve
            return effective_step(rve, wanted, state)
        if not self._paths_over(state):
            return increment_step(self.rve, self.loads, state)
        if self.study is None:
            raise InputError("This homogenization is done; there is no further step.")
        return batch_step(study_plan(self, state), state, executor)

    def done(self, state: HomogenizationState) -> bool:
        """Whether tensors, paths and study are all there."""
        study_over = self.study is None or state.reduced
        return self._tensor_wanted(state) is None and self._paths_over(state) and study_over

    def progress(self, state: HomogenizationState) -> Progress:
        """Work done, weighed by predicted cost."""
        work = predicted_work(self)
        tensors = sum(work.tensor[prop] for prop in state.effective)
        paths = sum(
            work.path[i] * (1.0 if record.ended else len(record.increments) / len(self.loads[i].path))
            for i, record in enumerate(state.paths)
        )
        count = work.realisations
        share = 1.0 if state.reduced or not count else len(state.results) / count
        done = tensors + paths + work.study * share
        return Progress(min(done, work.total), work.total, self._doing(state))

    def finish(self, state: HomogenizationState) -> Outcome:
        """Data, headline numbers, pictures, cards and fields."""
        from scalebridge.solids.homogenization._outcome import outcome

        return outcome(self, state)

    def _tensor_wanted(self, state: HomogenizationState) -> str | None:
        given = {"stiffness": self.laws, "conductivity": self.conduction}
        return next((prop for prop, laws in given.items() if laws and prop not in state.effective), None)

    def _paths_over(self, state: HomogenizationState) -> bool:
        return len(state.paths) == len(self.loads) and all(record.ended for record in state.paths)

    def _doing(self, state: HomogenizationState) -> str:
        wanted = self._tensor_wanted(state)
        if wanted is not None:
            return f"effective {wanted}"
        if not self._paths_over(state):
            number = len(state.paths) - (1 if state.paths and not state.paths[-1].ended else 0)
            done = len(state.paths[-1].increments) if len(state.paths) > number else 0
            return f"{self.loads[number].name}, increment {done + 1} of {len(self.loads[number].path)}"
        if self.study is not None and not state.reduced:
            return f"realisation {len(state.results) + 1} of {sum(self.study.realisations)}"
        return "done"


def _entropy(seed: np.random.SeedSequence) -> int:
    if not isinstance(seed.entropy, int):
        raise InputError(f"The seed of a run is one whole number; found {seed.entropy!r}.")
    return seed.entropy
