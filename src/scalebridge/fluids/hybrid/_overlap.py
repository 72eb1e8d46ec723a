"""Where the two sides meet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scalebridge.errors import InputError


@dataclass(frozen=True, slots=True)
class Overlap:
    """Handshake region of a slab whose continuum lies above: core, interface, constraint region, buffer.

    Attributes:
        sample: slab of the atomistic side whose mean velocity goes up; the continuum begins at its middle.
        constraint: edges of the cells whose mean velocity comes down.

    Raises:
        InputError: the zones are out of order.
    """

    sample: tuple[float, float]
    constraint: tuple[float, ...]

    def __post_init__(self) -> None:
        edges = (*self.sample, *self.constraint)
        if len(self.constraint) < 2 or not np.all(np.diff(edges) > 0.0):
            raise InputError(
                f"The overlap's zones are sample {self.sample} and constraint {self.constraint}; going up, the sample "
                "must end before the constraint region begins, which needs two edges or more"
            )

    @property
    def interface(self) -> float:
        """Height at which the continuum begins."""
        return 0.5 * (self.sample[0] + self.sample[1])
