"""What adaptive resolution can save: Amdahl's law with the shares of pairs that are atomistic and coarse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scalebridge.molecules.adaptive._regions import Region

Floats = npt.NDArray[np.float64]

SAMPLES = 100_000


@dataclass(frozen=True)
class Costs:
    """Processor seconds per step of a whole box.

    Attributes:
        fine: of the interactions, all atoms.
        coarse: of the interactions, all beads.
        engine: of everything else, which no resolution changes.
        other: of the interactions, all atoms, in what adaptive resolution is compared with; None: as `fine`.
    """

    fine: float
    coarse: float
    engine: float
    other: float | None = None


def pair_shares(region: Region, box: Floats, reach: float) -> tuple[float, float]:
    """Shares of pairs of molecules within reach that are computed with atoms and between centres, a hybrid one both.

    A pair has atoms as soon as one of the two is not coarse; it has centres unless both are atomistic.

    Args:
        region: where the box is atomistic.
        box: three edges, nm.
        reach: of the interactions between centres of molecules, nm.
    """
    rng = np.random.default_rng(0)
    first = rng.random((SAMPLES, 3)) * box
    towards = rng.normal(size=(SAMPLES, 3))
    distance = reach * rng.random(SAMPLES) ** (1.0 / 3.0)
    second = first + towards * (distance / np.linalg.norm(towards, axis=1))[:, None]
    a, b = (region.resolution(x, box)[0] for x in (first, second))
    return float(np.mean((a > 0.0) | (b > 0.0))), float(np.mean((a < 1.0) | (b < 1.0)))


def predicted_speed_up(region: Region, box: Floats, reach: float, costs: Costs) -> float:
    """How many times faster than with all atoms a step should be: Amdahl's law.

    Args:
        region: where the box is atomistic.
        box: three edges, nm.
        reach: of the atomistic interactions between centres of molecules, nm.
        costs: of the two limits.
    """
    fine, coarse = pair_shares(region, box, reach)
    whole = costs.fine if costs.other is None else costs.other
    return (costs.engine + whole) / (costs.engine + fine * costs.fine + coarse * costs.coarse)
