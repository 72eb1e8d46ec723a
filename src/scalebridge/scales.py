"""Scales, their separations, and what a bridge costs next to brute force."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from scalebridge.ledger import Verdict


@dataclass(frozen=True, slots=True)
class Scale:
    """A model's smallest resolved and largest represented length and time, with its cost.

    Attributes:
        name: the model, e.g. ``"voxel finite elements"``.
        side: which side of the bridge it is.
        length: smallest and largest length in metres.
        time: smallest and largest time in seconds; None where the model has no time.
        unknowns: degrees of freedom per step.
        seconds_per_step: processor seconds of one step, measured or estimated; None where not known.
    """

    name: str
    side: Literal["fine", "coarse"]
    length: tuple[float, float]
    time: tuple[float, float] | None = None
    unknowns: float = 0.0
    seconds_per_step: float | None = None


@dataclass(frozen=True, slots=True)
class Separation:
    """A ratio of scales that the theory of a bridge needs large.

    Attributes:
        name: what is compared with what, e.g. ``"RVE size / fibre diameter"``.
        value: the ratio found.
        trusted: value from which on the theory is trusted.
        warned: value below which it is refused; between `warned` and `trusted` the certificate warns.
        why: one sentence that says what goes wrong when the ratio is small, with its source.
    """

    name: str
    value: float
    trusted: float
    warned: float
    why: str

    @property
    def verdict(self) -> Verdict:
        """Whether the separation is wide enough."""
        if self.value >= self.trusted:
            return Verdict.HOLDS
        return Verdict.WARNS if self.value >= self.warned else Verdict.FAILS


@dataclass(frozen=True, slots=True)
class Cost:
    """Predicted processor seconds and memory of one way to get the answer.

    Attributes:
        name: e.g. ``"this bridge"`` or ``"direct simulation of the part"``.
        seconds: processor seconds.
        memory: bytes.
        basis: how the number was obtained, one sentence.
    """

    name: str
    seconds: float
    memory: float
    basis: str


@dataclass(frozen=True, slots=True)
class ScaleMap:
    """All scales of a bridge, their separations, and the predicted costs.

    Attributes:
        scales: the models joined.
        separations: ratios known before the run.
        brute_force: cost without the bridge; None where there is no such way.
        bridge: cost of this bridge.
    """

    scales: tuple[Scale, ...]
    separations: tuple[Separation, ...] = field(default=())
    brute_force: Cost | None = None
    bridge: Cost | None = None
