"""What an RVE study is to do, as a list of independent tasks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scalebridge.errors import InputError
from scalebridge.solids.representative._model import ApparentModel, Boundary
from scalebridge.solids.representative._realisation import MakeMicrostructure, RealisationTask
from scalebridge.solids.representative._statistics import check_confidence

BOUNDARIES: tuple[Boundary, ...] = ("periodic", "kubc", "subc")


@dataclass(frozen=True, slots=True, eq=False)
class StudyPlan:
    """What an RVE study is to do.

    Attributes:
        make_microstructure: draws a microstructure of a size (its edge in m by convention) with a generator.
        model: computes apparent tensors.
        sizes: sizes in growing order.
        realisations: realisations of each size.
        seed: seed of the study.
        boundaries: boundary conditions.
        precision: relative error wanted of the mean.
        confidence: level of all intervals.
        part_length: smallest length in m over which the part's load varies; None where not known.
        ordering_allowed: largest relative violation of SUBC <= PBC <= KUBC that still balances.

    Raises:
        InputError: sizes not growing, no realisation, an unknown boundary condition, a part length that is not
            positive, or a precision or confidence outside (0, 1).
    """

    make_microstructure: MakeMicrostructure
    model: ApparentModel
    sizes: tuple[float, ...]
    realisations: tuple[int, ...]
    seed: np.random.SeedSequence
    boundaries: tuple[Boundary, ...] = BOUNDARIES
    precision: float = 0.02
    confidence: float = 0.95
    part_length: float | None = None
    ordering_allowed: float = 1e-6

    def __post_init__(self) -> None:
        check_confidence(self.confidence)
        if not 0.0 < self.precision < 1.0:
            raise InputError(f"the precision is {self.precision}; give a relative error between 0 and 1, e.g. 0.02")
        steps = np.diff([0.0, *self.sizes])
        if not self.sizes or not np.all(np.isfinite(steps) & (steps > 0.0)):
            raise InputError(f"the sizes {list(self.sizes)} must be positive, finite and grow; give at least one")
        if len(self.realisations) != len(self.sizes) or min(self.realisations) < 1:
            raise InputError(
                f"{list(self.realisations)} realisations for {len(self.sizes)} sizes; give one or more each"
            )
        if self.part_length is not None and not self.part_length > 0.0:
            raise InputError(f"the part's length is {self.part_length} m; it must be positive")
        strange = [b for b in self.boundaries if b not in BOUNDARIES]
        if strange or not self.boundaries or len(set(self.boundaries)) != len(self.boundaries):
            raise InputError(f"boundaries {list(self.boundaries)}; allowed are {', '.join(BOUNDARIES)}, each once")

    def tasks(self) -> tuple[RealisationTask, ...]:
        """All realisations, in the order of size and number; each with a seed of its own.

        A realisation's seed depends on its size and number only, so that neither the number of workers nor the number
        of realisations changes its microstructure.
        """
        pairs = [(s, r) for s, count in enumerate(self.realisations) for r in range(count)]
        return tuple(self._task(number, s, r) for number, (s, r) in enumerate(pairs))

    def _task(self, number: int, size_index: int, realisation: int) -> RealisationTask:
        key = (*self.seed.spawn_key, size_index, realisation)
        return RealisationTask(
            number=number,
            size_index=size_index,
            realisation=realisation,
            size=self.sizes[size_index],
            seed=np.random.SeedSequence(self.seed.entropy, spawn_key=key),
            make_microstructure=self.make_microstructure,
            model=self.model,
            boundaries=self.boundaries,
            ordering_allowed=self.ordering_allowed,
        )
