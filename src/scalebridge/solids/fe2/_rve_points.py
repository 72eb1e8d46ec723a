"""A volume element, solved in full, at every point: rung 3 of the ladder."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from scalebridge.ledger import Entry
from scalebridge.parallel import Owners, open_owners
from scalebridge.solids.fe2._cells import ADVANCE, CellKernel, cell_kernel
from scalebridge.solids.fe2._ladder import FULL, Ladder
from scalebridge.solids.fe2._points import Answer, Floats, MaterialPoints
from scalebridge.solids.rve import RVE

HILL_MANDEL = 1e-6
"""Difference of the works on the two scales that still balances."""
UNIT = 4
"""Points whose states are kept together: few, so that owners can share the work evenly."""


@final
@dataclass(frozen=True)
class CellPoints(MaterialPoints):
    """Points whose volume elements live with their owners.

    Attributes:
        kernel: the volume element.
        number: number of points.
        workers: processes that own them; 0 for this one.
    """

    kernel: CellKernel
    number: int
    workers: int = 0
    _owners: list[Owners] = field(default_factory=list, repr=False, compare=False)

    @property
    def count(self) -> int:
        """Number of points."""
        return self.number

    @property
    def finite(self) -> bool:
        """Whether the points take deformation gradients instead of strains."""
        return self.kernel.finite

    def __getstate__(self) -> dict[str, Any]:
        """What defines the points; owners are opened again where they are needed."""
        return {"kernel": self.kernel, "number": self.number, "workers": self.workers, "_owners": []}

    def owners(self) -> Owners:
        """Owners of the states, opened when first needed."""
        if not self._owners:
            sizes = [min(UNIT, self.number - begin) for begin in range(0, self.number, UNIT)]
            self._owners.append(open_owners(sizes, self.workers))
        return self._owners[0]

    def initial(self) -> None:
        """The undeformed material: nothing to keep."""
        return

    def evaluate(self, strain: Floats, state: Any, dt: float) -> Answer:
        """One increment of all volume elements."""
        return self.evaluate_some(strain, state, dt, np.ones(self.number, bool))

    def evaluate_some(
        self,
        strain: Floats,
        state: Any,
        dt: float,
        which: Any,
        before: Floats | None = None,
        steps: Floats | None = None,
    ) -> Answer:
        """One increment of some volume elements, after others to strains `before` (n, T, 3, 3) of lengths `steps`."""
        n = self.number
        history = np.zeros((n, 0, 3, 3)) if before is None else before
        lengths = np.broadcast_to(np.zeros(0) if steps is None else steps, history.shape[:2])
        task = np.where(which, ADVANCE, 0.0)
        found = self.owners().map_batches(self.kernel, [strain, task, np.full(n, dt), history, lengths], state)
        stress, tangent, info = found.outputs
        ok = ~which | (info[:, 0] == 1.0)
        reason = next((text for text in found.extras if text), "")
        return Answer(
            stress, tangent, np.zeros(n), ok, np.full(n, FULL), found.version, reason, _books(info, which), info[:, 1]
        )


def _books(info: Floats, which: Any) -> tuple[Entry, ...]:
    """Hill-Mandel work of all points together, and of the one where it balances worst."""
    done = np.flatnonzero(which & (info[:, 0] == 1.0))
    if not done.size:
        return ()
    fine, coarse, scale = info[done, 2:5].T
    tiny = np.finfo(float).tiny
    entries = [
        Entry(
            "Hill-Mandel work", "J/m^3", float(fine.sum()), float(coarse.sum()), float(max(scale.sum(), tiny)),
            HILL_MANDEL, f"sum of {done.size} volume elements", 0.0,
        )
    ]  # fmt: skip
    worst = int(np.argmax(np.abs(fine - coarse) / np.maximum(scale, tiny)))
    entries.append(
        Entry(
            "Hill-Mandel work", "J/m^3", float(fine[worst]), float(coarse[worst]), float(max(scale[worst], tiny)),
            HILL_MANDEL, f"volume element at point {done[worst]}, the worst", 0.0,
        )
    )  # fmt: skip
    return tuple(entries)


def rve_points(rve: RVE, count: int, ladder: Ladder | None, workers: int, tangent: float) -> MaterialPoints:
    """Points with a volume element each, on the ladder where there is one."""
    cells = CellPoints(cell_kernel(rve, tangent), count, workers)
    if ladder is None:
        return cells
    from scalebridge.solids.fe2._ladder_points import LadderPoints

    return LadderPoints(cells, ladder)
