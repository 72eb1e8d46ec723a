"""What a realisation is computed with: the apparent tensor of a microstructure under a boundary condition."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from scalebridge.ledger import Entry
from scalebridge.solids.representative._quantities import Property

FloatArray = NDArray[np.float64]
Boundary = Literal["periodic", "kubc", "subc"]


@dataclass(frozen=True, slots=True, eq=False)
class Apparent:
    """Apparent tensor of one cell.

    Attributes:
        tensor: 6x6 Mandel in Pa or 3x3 in W/(m K).
        entries: what the computation itself balanced, e.g. Hill-Mandel work.
    """

    tensor: FloatArray
    entries: tuple[Entry, ...] = ()


class ApparentModel(ABC):
    """Interface: phases' tensors and the apparent tensor of a microstructure.

    Implementations are frozen and picklable; they hold parameters only.
    """

    @property
    @abstractmethod
    def prop(self) -> Property:
        """The property computed."""

    @abstractmethod
    def phase_tensors(self, microstructure: Any) -> dict[int, FloatArray]:
        """Tensor of each phase that occurs, in the coordinates of the microstructure; 6x6 Mandel in Pa or 3x3."""

    @abstractmethod
    def apparent(self, microstructure: Any, boundary: Boundary) -> Apparent:
        """Apparent tensor under a boundary condition.

        Raises:
            ConvergenceError: the solver did not reach its tolerance.
        """
