"""A model whose variance law is planted: what the statistics must find is known."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from scalebridge.errors import ConvergenceError
from scalebridge.solids.elasticity import isotropic_stiffness
from scalebridge.solids.representative import Apparent, ApparentModel, StudyPlan

SOFT, HARD, SHEAR = 1.0e9, 3.0e9, 1.0e9
POINT_VARIANCE = 0.25 * (HARD - SOFT) ** 2
INTEGRAL_RANGE = 2.0e-19
LENGTH = 1e-6
CORRELATION = 0.4e-6


@dataclass(frozen=True)
class Correlation:
    fraction: float
    distance: np.ndarray
    radial: np.ndarray


@dataclass(frozen=True)
class Cell:
    """Stands in for a microstructure: its edges, and one random number that its tensors follow."""

    size: tuple[float, ...]
    noise: float
    orientations: dict[int, Any] = field(default_factory=dict)

    @property
    def ndim(self) -> int:
        return len(self.size)

    def volume_fractions(self) -> dict[int, float]:
        return {0: 0.5, 1: 0.5}

    def two_point_correlation(self, phase: int) -> Correlation:
        """A covariance that falls linearly, zero from the correlation length on."""
        distance = np.linspace(0.0, 2 * CORRELATION, 9)
        return Correlation(0.5, distance, 0.25 + 0.25 * np.maximum(0.0, 1.0 - distance / CORRELATION))


def make_cell(size: float, rng: np.random.Generator) -> Cell:
    return Cell((size,) * 3, float(rng.normal()))


def make_some_cells(size: float, rng: np.random.Generator) -> Cell:
    cell = make_cell(size, rng)
    if cell.noise < -1.0:
        raise ValueError("too many spheres")
    return cell


@dataclass(frozen=True)
class PlantedModel(ApparentModel):
    """Bulk modulus with a planted integral range and a bias that falls as one over the edge."""

    bias: float = 0.0
    turned: bool = False
    stuck: str = ""

    @property
    def prop(self):
        return "stiffness"

    def phase_tensors(self, microstructure):
        return {0: isotropic_stiffness(SOFT, SHEAR), 1: isotropic_stiffness(HARD, SHEAR)}

    def apparent(self, microstructure, boundary):
        if boundary == self.stuck and microstructure.noise > 0.5:
            raise ConvergenceError("stuck after 500 iterations")
        sign = {"subc": -1.0, "periodic": 0.0, "kubc": 1.0}[boundary] * (-1.0 if self.turned else 1.0)
        edge = microstructure.size[0]
        shift = 1.0 + sign * self.bias * LENGTH / edge
        scatter = np.sqrt(POINT_VARIANCE * INTEGRAL_RANGE / edge**3) * microstructure.noise
        return Apparent(isotropic_stiffness(EXACT * shift + scatter, SHEAR))


# With one shear modulus the bulk modulus is exact whatever the geometry (Hill 1963).
EXACT = 1.0 / (0.5 / (SOFT + 4 / 3 * SHEAR) + 0.5 / (HARD + 4 / 3 * SHEAR)) - 4 / 3 * SHEAR


@dataclass(frozen=True)
class Planted:
    """What was planted, for tests to compare with."""

    exact: float = EXACT
    point_variance: float = POINT_VARIANCE
    integral_range: float = INTEGRAL_RANGE
    correlation: float = CORRELATION
    length: float = LENGTH
    make_cell: Any = make_cell
    make_some_cells: Any = make_some_cells
    model: Any = PlantedModel

    def plan(self, seed: int = 1, counts: tuple[int, ...] = (60, 40, 20), **options: Any) -> StudyPlan:
        sizes = tuple(n * LENGTH for n in (5.0, 8.0, 12.0))
        return StudyPlan(
            make_microstructure=options.pop("make", make_cell),
            model=PlantedModel(**options.pop("model", {"bias": 0.15})),
            sizes=sizes[: len(counts)],
            realisations=counts,
            seed=np.random.SeedSequence(seed),
            **options,
        )


@pytest.fixture
def planted() -> Planted:
    return Planted()
