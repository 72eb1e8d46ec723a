"""What an RVE study found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from scalebridge.bridge import Failure
from scalebridge.ledger import Entry
from scalebridge.scales import Separation
from scalebridge.solids.representative._model import Boundary
from scalebridge.solids.representative._quantities import Bounds, Property, Quantity
from scalebridge.solids.representative._recommendation import Recommendation, recommend_size
from scalebridge.solids.representative._statistics import MeanInterval
from scalebridge.solids.representative._variance import VarianceLaw

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class RVEStudy:
    """What an RVE study found.

    Attributes:
        prop: ``"stiffness"`` or ``"conductivity"``.
        ndim: dimensions of the microstructures.
        boundaries: boundary conditions, the first axis of the arrays.
        sizes: sizes asked for, the second axis.
        volumes: volume of each size in m^ndim; NaN where no realisation succeeded, shape (s,).
        apparent: apparent tensors, shape (b, s, r, m, m); NaN where there is none.
        quantities: scalar properties followed.
        statistics: mean with confidence interval of each size, by boundary condition and quantity.
        variance_laws: variance law by boundary condition and quantity, where two realisations of a size succeeded.
        bounds: bounds of each quantity by name, averaged over the realisations.
        correlation_length: of the largest microstructures, m; NaN where not known.
        recommendation: one size for the precision and the number of realisations planned.
        separations: l << d << L with the recommended size.
        entries: ordering of the tensors in every realisation.
        failures: what did not succeed.
        precision: relative error that was asked for.
        confidence: level of all intervals.
    """

    prop: Property
    ndim: int
    boundaries: tuple[Boundary, ...]
    sizes: tuple[float, ...]
    volumes: FloatArray
    apparent: FloatArray
    quantities: tuple[Quantity, ...]
    statistics: Mapping[tuple[str, str], tuple[MeanInterval, ...]]
    variance_laws: Mapping[tuple[str, str], VarianceLaw]
    bounds: Mapping[str, Bounds]
    correlation_length: float
    recommendation: Recommendation
    separations: tuple[Separation, ...]
    entries: tuple[Entry, ...]
    failures: tuple[Failure, ...]
    precision: float
    confidence: float

    @property
    def edges(self) -> FloatArray:
        """Edge of a cube (square) of each volume, m, shape (s,)."""
        edges: FloatArray = self.volumes ** (1.0 / self.ndim)
        return edges

    def recommend(
        self, *, precision: float | None = None, realisations: int, boundary: Boundary | None = None
    ) -> Recommendation:
        """One size for another precision, number of realisations or boundary condition.

        Args:
            precision: relative error wanted of the mean; the study's where not given.
            realisations: number of realisations to be averaged.
            boundary: boundary condition to be used; chosen as in `recommendation` where not given.

        Raises:
            InputError: a boundary condition that was not studied, or an impossible precision or number.
        """
        return recommend_size(
            self.statistics,
            self.variance_laws,
            edges=self.edges,
            ndim=self.ndim,
            precision=self.precision if precision is None else precision,
            realisations=realisations,
            confidence=self.confidence,
            boundary=boundary,
        )

    def plot(self) -> Figure:
        """Mean and confidence interval against size with bounds and recommendation; the variance law."""
        from scalebridge.solids.representative._plot import plot_study

        return plot_study(self)

    def to_xarray(self) -> xr.Dataset:
        """All results with named dimensions and units in the attributes."""
        from scalebridge.solids.representative._dataset import study_dataset

        return study_dataset(self)
