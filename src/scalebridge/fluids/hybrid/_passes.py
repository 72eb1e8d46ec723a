"""How slits of atoms are looked at: in passes, until the flow is known well enough. For nanochannels and long ones."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scalebridge.errors import InputError
from scalebridge.fluids.atomistic import Atomistic
from scalebridge.fluids.atomistic._exchange import require_exchangeable
from scalebridge.fluids.atomistic._state import Floats
from scalebridge.fluids.hybrid._filling import LAYERS
from scalebridge.fluids.transport._blocks import Measured
from scalebridge.ledger import Entry, Verdict
from scalebridge.scales import Cost

_LEAST = 16  # blocks, below which nothing is known about the error
_SIGMAS = 5.0


@dataclass(frozen=True, slots=True)
class Passes:
    """What every pass of a slit is made of, and when there are enough of them.

    Attributes:
        tolerance: relative standard error of the flow at which the passes end.
        most: passes at most.
        blocks: of each pass.
        steps_per_block: molecular dynamics steps of a block.
        settle: steps at the beginning of each pass that do not count.
        equilibration: steps before the first pass.
        friction: of the thermostat on z, per mass.
        bin_width: of the profiles; rounded so that it divides the height.

    Raises:
        InputError: a number that is too small.
    """

    tolerance: float = 0.02
    most: int = 20
    blocks: int = 10
    steps_per_block: int = 2000
    settle: int = 4000
    equilibration: int = 4000
    friction: float = 0.5
    bin_width: float = 0.5

    def __post_init__(self) -> None:
        for name in ("most", "blocks", "steps_per_block"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}; it must be at least 1")
        if not (self.tolerance > 0.0 and self.bin_width > 0.0):
            raise InputError(f"tolerance is {self.tolerance:g} and bin_width {self.bin_width:g}; both must be positive")

    @property
    def counted(self) -> int:
        """Steps of one pass that count."""
        return self.blocks * self.steps_per_block

    @property
    def steps(self) -> int:
        """All steps of one pass."""
        return self.settle + self.counted

    def enough(self, passes: int, flow: Measured) -> bool:
        """Whether the flow is known to the tolerance; one pass that does not count and two that do are the least."""
        return passes >= 3 and flow.error <= self.tolerance * abs(flow.value)

    def correlated(self, memory: float, time_step: float) -> float:
        """By how much the error of a mean exceeds that of independent blocks.

        Noise of the flow fades with the slit's viscous memory t, as exp(-time / t). Then the variance of a long mean is
        that of independent blocks of length T over 1 - (t / T) (1 - exp(-T / t)).

        Args:
            memory: t, see `velocity_memory`.
            time_step: of the molecular dynamics.
        """
        share = memory / (self.steps_per_block * time_step)
        return 1.0 / math.sqrt(1.0 - share * (1.0 - math.exp(-1.0 / share)))


def check_slit(atomistic: Atomistic, lowest: float, density: float, drop: float) -> None:
    """Refuse atoms that are no slit, or not of the continuum's fluid.

    Args:
        atomistic: the slit.
        lowest: height of the lowest slit.
        density: of the continuum.
        drop: pressure difference.

    Raises:
        InputError: a configuration that cannot work.
    """
    require_exchangeable(atomistic)
    least = 2.0 * LAYERS + 2.0
    if not atomistic.closed:
        raise InputError("A slit needs a wall above too; build the atoms with closed=True")
    if lowest < least:
        raise InputError(
            f"A slit is {lowest:.3g} high; its middle, where density is measured, needs {least:g}. Take a higher one"
        )
    if abs(density - atomistic.density * atomistic.mass) > 0.02 * density:
        raise InputError(
            f"The continuum's density is {density:g} and the atoms' is {atomistic.density * atomistic.mass:g}; both "
            "sides are the same fluid"
        )
    if not (math.isfinite(drop) and drop != 0.0):
        raise InputError(f"drop is {drop:g}; a flow needs a pressure difference")


def conductance(counted: Floats, early: Floats, correlated: float) -> Measured:
    """Mass flow per depth over force per mass, with the error that correlated blocks leave.

    Args:
        counted: blocks of the passes that count, (n,); without error where they are few.
        early: means of the passes so far, for where none counts.
        correlated: see `Passes.correlated`.
    """
    if len(counted) < _LEAST:
        return Measured(float((counted if len(counted) else early).mean()), math.inf, "m tau")
    error = float(counted.std(ddof=1)) / math.sqrt(len(counted)) * correlated
    return Measured(float(counted.mean()), error, "m tau", len(counted) / correlated**2)


def agreement(name: str, sent: float, taken: float, error: float, where: str, when: float) -> Entry:
    """Mass flow that atoms sent up in a pass against what was taken for it, in standard errors."""
    severity = Verdict.WARNS
    return Entry(name, "m/(sigma tau)", sent, taken, error, _SIGMAS, where, when, severity=severity)


def costs(passes: Passes, atom_seconds: float, slits: float, whole: float, name: str) -> tuple[Cost, Cost]:
    """Of molecular dynamics everywhere, and of all passes.

    Args:
        passes: how slits are looked at.
        atom_seconds: processor seconds of an atom in a step.
        slits: atoms of all slits.
        whole: atoms of what the slits stand for.
        name: of what they stand for.
    """
    seconds = atom_seconds * (passes.equilibration + passes.most * passes.steps)
    return (
        Cost(f"molecular dynamics of {name}", seconds * whole, 400.0 * whole, "for the same time"),
        Cost("this bridge", seconds * slits, 400.0 * slits, "if all passes are needed"),
    )
