"""Pair potentials of ready-made fluids, in Lennard-Jones units."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scalebridge.errors import InputError


@dataclass(frozen=True, slots=True)
class LennardJones:
    """Lennard-Jones fluid, truncated at `cutoff` and shifted to zero there.

    U(r) = 4 [r^-12 - r^-6] - U(cutoff), lengths in sigma, energies in epsilon, masses in m.

    Attributes:
        cutoff: in units of sigma.

    Raises:
        InputError: the cut-off is not a number of at least 1.
    """

    cutoff: float = 2.5

    def __post_init__(self) -> None:
        if not 1.0 <= self.cutoff < math.inf:
            raise InputError(
                f"cutoff is {self.cutoff!r}; a Lennard-Jones fluid needs one of at least 1 sigma, e.g. 2.5"
            )


def wca() -> LennardJones:
    """Weeks-Chandler-Andersen fluid: the repulsive part of Lennard-Jones, cut at its minimum 2^(1/6) sigma."""
    return LennardJones(cutoff=2.0 ** (1.0 / 6.0))
