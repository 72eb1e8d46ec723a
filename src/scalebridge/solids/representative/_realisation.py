"""One realisation: a microstructure drawn, homogenised under each boundary condition, and checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scalebridge.bridge import Failure
from scalebridge.errors import ConvergenceError, ScalebridgeError
from scalebridge.ledger import Entry
from scalebridge.solids.elasticity import (
    check_conductivity,
    check_stiffness,
    finite_array,
    reuss_average,
    voigt_average,
)
from scalebridge.solids.representative._correlation import correlation_length
from scalebridge.solids.representative._model import ApparentModel, Boundary
from scalebridge.solids.representative._ordering import ordering_entries
from scalebridge.solids.representative._quantities import (
    TENSOR_SIZE,
    Bounds,
    Property,
    quantity_bounds,
    study_quantities,
)

FloatArray = NDArray[np.float64]
MakeMicrostructure = Callable[[float, np.random.Generator], Any]

# What a piece of work may fail with for reasons of its own; anything else is a mistake in a program and goes up.
_EXPECTED = (ScalebridgeError, ValueError, ArithmeticError, RuntimeError, MemoryError)
_ASYMMETRY = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class RealisationTask:
    """Everything that one realisation needs; survives pickling when `make_microstructure` and `model` do.

    Attributes:
        number: position in the study's list of tasks.
        size_index: which of the study's sizes.
        realisation: which realisation of that size.
        size: passed to `make_microstructure`; its edge in m by convention.
        seed: seed of this realisation alone.
        make_microstructure: draws a microstructure of a size.
        model: computes its apparent tensors.
        boundaries: boundary conditions to apply.
        ordering_allowed: largest relative violation of the ordering that still balances.
    """

    number: int
    size_index: int
    realisation: int
    size: float
    seed: np.random.SeedSequence
    make_microstructure: MakeMicrostructure
    model: ApparentModel
    boundaries: tuple[Boundary, ...]
    ordering_allowed: float = 1e-6

    @property
    def where(self) -> str:
        """Name of the realisation for the reader."""
        return f"realisation {self.realisation + 1}, size {self.size:.4g}"

    @property
    def inputs(self) -> dict[str, object]:
        """What is needed to repeat it."""
        return {
            "size": self.size,
            "realisation": self.realisation,
            "seed": self.seed.entropy,
            "spawn_key": tuple(self.seed.spawn_key),
        }


@dataclass(frozen=True, slots=True, eq=False)
class RealisationResult:
    """What one realisation gave.

    Attributes:
        number: number of the task.
        size_index: which of the study's sizes.
        realisation: which realisation of that size.
        ndim: dimensions of the microstructure; 0 where it could not be drawn.
        volume: in m^ndim; NaN where it could not be drawn.
        correlation_length: in m; NaN where not known.
        apparent: tensor by boundary condition, for those that succeeded.
        bounds: of each quantity of `study_quantities`, for this realisation's volume fractions.
        point_values: each quantity of each phase that occurs, shape (q, n).
        fractions: volume fractions of those phases, shape (n,).
        entries: balances of the computations and ordering of the tensors, for the ledger.
        failures: what did not succeed.
    """

    number: int
    size_index: int
    realisation: int
    ndim: int = 0
    volume: float = float("nan")
    correlation_length: float = float("nan")
    apparent: Mapping[str, FloatArray] = field(default_factory=dict)
    bounds: tuple[Bounds, ...] = ()
    point_values: FloatArray = field(default_factory=lambda: np.empty((0, 0)))
    fractions: FloatArray = field(default_factory=lambda: np.empty(0))
    entries: tuple[Entry, ...] = ()
    failures: tuple[Failure, ...] = ()


def failed_realisation(task: RealisationTask, error: BaseException, what: str = "") -> RealisationResult:
    """The result of a realisation that gave nothing."""
    return RealisationResult(
        task.number, task.size_index, task.realisation, failures=(_failure(task, error, what or task.where),)
    )


def homogenize_realisation(task: RealisationTask) -> RealisationResult:
    """Draw a microstructure, compute its apparent tensors, check their ordering.

    A pure function of the task: the same on any worker and in any order. What fails is recorded as `Failure`, and the
    other boundary conditions go on.
    """
    try:
        microstructure = task.make_microstructure(task.size, np.random.default_rng(task.seed))
        phases = task.model.phase_tensors(microstructure)
        fractions = microstructure.volume_fractions()
        tensors = np.stack([phases[phase] for phase in fractions])
        shares = np.array(list(fractions.values()))
        quantities = study_quantities(task.model.prop, microstructure.ndim)
        bounds = quantity_bounds(quantities, tensors, shares)
        length = correlation_length(microstructure)
    except _EXPECTED as error:
        return failed_realisation(task, error, f"{task.where}: microstructure")
    apparent, balances, failures = _apparent_tensors(task, microstructure)
    outer = {"reuss": reuss_average(tensors, shares), "voigt": voigt_average(tensors, shares)}
    ordering = ordering_entries(
        outer | apparent,
        unit=quantities[0].unit,
        where=task.where,
        when=float(task.number),
        allowed=task.ordering_allowed,
    )
    return RealisationResult(
        number=task.number,
        size_index=task.size_index,
        realisation=task.realisation,
        ndim=microstructure.ndim,
        volume=float(np.prod(microstructure.size)),
        correlation_length=length,
        apparent=apparent,
        bounds=bounds,
        point_values=np.stack([q.of(tensors) for q in quantities]),
        fractions=shares,
        entries=balances + (ordering if apparent else ()),
        failures=failures,
    )


def _apparent_tensors(
    task: RealisationTask, microstructure: Any
) -> tuple[dict[str, FloatArray], tuple[Entry, ...], tuple[Failure, ...]]:
    tensors: dict[str, FloatArray] = {}
    entries: list[Entry] = []
    failures: list[Failure] = []
    for boundary in task.boundaries:
        where = f"{task.where}, {boundary}"
        try:
            answer = task.model.apparent(microstructure, boundary)
            tensors[boundary] = _checked(answer.tensor, task.model.prop)
            entries += [
                replace(entry, where=f"{where}, {entry.where}", when=float(task.number)) for entry in answer.entries
            ]
        except _EXPECTED as error:
            failures.append(_failure(task, error, where, boundary=boundary))
    return tensors, tuple(entries), tuple(failures)


def _checked(tensor: FloatArray, prop: Property) -> FloatArray:
    """The symmetric part of an apparent tensor; a solver's tolerance leaves a small rest."""
    name, size = f"the apparent {prop}", TENSOR_SIZE[prop]
    finite = finite_array(tensor, (size, size), name)
    rest = float(np.max(np.abs(finite - finite.T)) / np.max(np.abs(finite)))
    if rest > _ASYMMETRY:
        raise ConvergenceError(f"{name} is not symmetric: relative difference {rest:.2g} to its transpose")
    symmetric = 0.5 * (finite + finite.T)
    return check_stiffness(symmetric, name) if prop == "stiffness" else check_conductivity(symmetric, name)


def _failure(task: RealisationTask, error: BaseException, where: str, **more: object) -> Failure:
    reason = str(error) or type(error).__name__
    named = reason if isinstance(error, ScalebridgeError) else f"{type(error).__name__}: {reason}"
    return Failure(where, named, task.inputs | more)
