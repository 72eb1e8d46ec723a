"""What adaptive resolution can save: Amdahl's law with the shares of pairs that are atomistic and coarse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scalebridge.molecules.adaptive._blocks import BLOCK
from scalebridge.molecules.adaptive._regions import Region

Floats = npt.NDArray[np.float64]

SAMPLES = 50_000


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


def pair_shares(region: Region, box: Floats, reach: float, side: float) -> tuple[float, float]:
    """Shares of pairs of molecules within reach that are computed with atoms and between centres, a hybrid one both.

    A molecule meets blocks of others: with atoms as soon as it or any of the block is not coarse, between centres
    unless all are atomistic.

    Args:
        region: where the box is atomistic.
        box: three edges, nm.
        reach: of the interactions between centres of molecules, nm.
        side: of the cube that a block takes up, see `block_side`, nm.
    """
    rng = np.random.default_rng(0)
    first = rng.random((SAMPLES, 3)) * box
    towards = rng.normal(size=(SAMPLES, 3))
    distance = reach * rng.random(SAMPLES) ** (1.0 / 3.0)
    second = first + towards * (distance / np.linalg.norm(towards, axis=1))[:, None]
    corner = second - side * rng.random((SAMPLES, 3))
    own, *others = (
        region.resolution(x, box)[0]
        for x in (first, second, *(corner + side * rng.random((SAMPLES, 3)) for _ in range(BLOCK - 1)))
    )
    most, least = np.max([own, *others], axis=0), np.min([own, *others], axis=0)
    return float(np.mean(most > 0.0)), float(np.mean(least < 1.0))


def block_side(box: Floats, molecules: int) -> float:
    """Edge of the cube that the molecules of a block take up, nm."""
    return float((BLOCK * np.prod(box) / molecules) ** (1.0 / 3.0))


def predicted_speed_up(region: Region, box: Floats, reach: float, molecules: int, costs: Costs) -> float:
    """How many times faster than with all atoms a step should be: Amdahl's law.

    Args:
        region: where the box is atomistic.
        box: three edges, nm.
        reach: of the atomistic interactions between centres of molecules, nm.
        molecules: in the box.
        costs: of the two limits.
    """
    fine, coarse = pair_shares(region, box, reach, block_side(box, molecules))
    whole = costs.fine if costs.other is None else costs.other
    return (costs.engine + whole) / (costs.engine + fine * costs.fine + coarse * costs.coarse)
