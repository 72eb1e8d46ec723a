"""What a homogenization remembers between its steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from scalebridge.solids.representative import RealisationResult, RVEStudy
from scalebridge.solids.rve import RVEState

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Effective:
    """An effective tensor.

    Attributes:
        tensor: (6, 6) Mandel stiffness in Pa, or (3, 3) conductivity in W/(m K).
        iterations: conjugate-gradient iterations of each load case.
    """

    tensor: FloatArray
    iterations: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Increment:
    """A converged increment of a load path.

    Attributes:
        time: its end, s.
        strain: mean strain, or deformation gradient in finite strain, (3, 3).
        stress: mean stress, first Piola-Kirchhoff in finite strain, (3, 3), Pa.
        tangent: (6, 6) Mandel or (9, 9), Pa.
        newton: Newton iterations.
        linear: conjugate-gradient iterations, those of the tangent included.
        substeps: sub-increments needed.
        history: residual after each Newton iteration of the last sub-increment.
    """

    time: float
    strain: FloatArray
    stress: FloatArray
    tangent: FloatArray
    newton: int
    linear: int
    substeps: int
    history: FloatArray


@dataclass(frozen=True, eq=False)
class PathRecord:
    """A load path, as far as it has come.

    Attributes:
        increments: those that converged.
        ended: whether nothing more is to be computed.
        fields: of the voxels after the last increment, see `local_fields`.
    """

    increments: tuple[Increment, ...] = ()
    ended: bool = False
    fields: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class HomogenizationState:
    """Everything that the next steps of a homogenization depend on.

    Attributes:
        entropy: of the run's seed.
        spawn_key: of the run's seed.
        effective: effective tensors by property, ``"stiffness"`` and ``"conductivity"``.
        paths: load paths so far; the last one may be under way.
        current: state of the volume element on the path under way.
        results: realisations so far.
        study: the RVE study once it is reduced.
        reduced: whether the RVE study is over, with or without a result.
    """

    entropy: int
    spawn_key: tuple[int, ...]
    effective: Mapping[str, Effective] = field(default_factory=dict)
    paths: tuple[PathRecord, ...] = ()
    current: RVEState | None = None
    results: tuple[RealisationResult, ...] = field(
        default=(),
        metadata={"missing": "a realisation that failed has no volume; a single phase has no correlation length"},
    )
    study: RVEStudy | None = field(default=None, metadata={"missing": "realisations that failed, bounds not known"})
    reduced: bool = False
