"""Stress-strain curves of load paths, and the numbers read off them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scalebridge.solids.homogenization._settings import Load
from scalebridge.solids.homogenization._state import FloatArray, PathRecord

OFFSET = 0.002


@dataclass(frozen=True)
class Curve:
    """The leading components of stress and strain along a path, from the undeformed state on.

    Attributes:
        component: e.g. ``"11"``.
        strain: (n + 1,); in finite strain F - 1.
        stress: (n + 1,), Pa; in finite strain first Piola-Kirchhoff.
        finite: whether it is finite strain.
    """

    component: str
    strain: FloatArray
    stress: FloatArray
    finite: bool

    @property
    def largest(self) -> float:
        """The stress largest in size, Pa."""
        return float(self.stress[np.argmax(np.abs(self.stress))])

    @property
    def normal(self) -> bool:
        """Whether it is tension or compression."""
        return self.component[0] == self.component[1]

    def offset_yield(self) -> tuple[float, float] | None:
        """Strain, and stress in Pa, at 0.2 % beyond the first tangent; None where the path does not get there."""
        if not self.normal or self.finite or len(self.strain) < 3 or self.strain[1] == 0.0:
            return None
        slope = self.stress[1] / self.strain[1]
        beyond = np.abs(self.strain - self.stress / slope)
        # Loading only: what is taken back afterwards would cross the offset again.
        beyond = beyond[: int(np.argmax(np.abs(self.strain))) + 1]
        after = np.flatnonzero(beyond >= OFFSET)
        if after.size == 0:
            return None
        n = int(after[0])
        share = (OFFSET - beyond[n - 1]) / (beyond[n] - beyond[n - 1])
        strain, stress = (float(c[n - 1] + share * (c[n] - c[n - 1])) for c in (self.strain, self.stress))
        return strain, stress


def curve(load: Load, record: PathRecord, finite: bool) -> Curve:
    """The curve of a path."""
    i, j = load.leading(finite)
    start = 1.0 if finite and i == j else 0.0
    strain = [0.0, *(float(x.strain[i, j]) - start for x in record.increments)]
    stress = [0.0, *(float(x.stress[i, j]) for x in record.increments)]
    return Curve(f"{i + 1}{j + 1}", np.array(strain), np.array(stress), finite)


def curve_table(load: Load, record: PathRecord) -> bytes:
    """All components of a path as comma-separated values, one row per increment."""
    pairs = [f"{i}{j}" for i in "123" for j in "123"]
    head = ["time_s", *(f"strain_{p}" for p in pairs), *(f"stress_{p}_Pa" for p in pairs), "newton_iterations"]
    rows = [
        [repr(x.time), *map(repr, x.strain.ravel().tolist()), *map(repr, x.stress.ravel().tolist()), str(x.newton)]
        for x in record.increments
    ]
    return "".join(",".join(row) + "\n" for row in [head, *rows]).encode()
