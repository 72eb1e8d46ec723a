"""The ladder: which model answers at a point, how wrong it may be, and when the point climbs.

Rung 0 is the exact tensor of a cell in which nothing yields; rung 1 a reduced model; rung 2 the answer of a similar
point; rung 3 the cell solved in full. Every rung has an indicator that is at most one where its answer may stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, final

from scalebridge.errors import InputError
from scalebridge.solids.fe2._points import Floats

if TYPE_CHECKING:
    from scalebridge.solids.fe2._training import OnTheFly

EXACT, REDUCED, SHARED, FULL = 0, 1, 2, 3


class ReducedModel(Protocol):
    """Rung 1: a cheap model of a cell, batched over points, that estimates its own error; `solids.reduced` makes them.

    Its state is a dataclass (or tuple) of arrays whose first axis are the points.
    """

    def initial_state(self, points: int) -> Any:
        """Undeformed state."""

    def advance(self, strains: Floats, state: Any, dt: float) -> tuple[Floats, Floats, Floats, Any]:
        """One increment of n points.

        Returns:
            Stress (n, 3, 3) and tangent (n, 6, 6) Mandel, Pa, NaN where there is no answer; estimated error of the
            stress relative to the largest stress of the point so far (n,), infinite there; the state after it.
        """


@final
@dataclass(frozen=True)
class Ladder:
    """What may be simplified.

    Args:
        allowance: error that the stress of a point may have, relative to the largest stress in the body so far.
        elastic: whether cells in which nothing yields are answered by their exact tensor.
        reduced: reduced model, or how one is made during the run; None where there is none.
        sharing: whether similar points share one cell.
    """

    allowance: float = 0.01
    elastic: bool = True
    reduced: ReducedModel | OnTheFly | None = None
    sharing: bool = True

    def __post_init__(self) -> None:
        if not 0.0 < self.allowance <= 0.2:
            raise InputError(f"the allowance of the ladder is {self.allowance}; it must lie between 0 and 0.2.")
