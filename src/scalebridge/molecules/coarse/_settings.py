"""How a coarse model is fitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from scalebridge.errors import InputError
from scalebridge.molecules.dynamics import Protocol
from scalebridge.molecules.potentials import Potential

Method = Literal["bi", "ibi", "imc", "gn", "fm", "re"]

NAMES: Mapping[str, str] = {
    "bi": "Boltzmann inversion",
    "ibi": "iterative Boltzmann inversion",
    "imc": "inverse Monte Carlo",
    "gn": "integral-equation Gauss-Newton",
    "fm": "force matching",
    "re": "relative entropy",
}


@dataclass(frozen=True, eq=False)
class Fit:
    """Method and numerics of a fit.

    Attributes:
        method: "bi", "ibi", "imc", "gn", "fm" or "re".
        cutoff: of pair potentials, nm.
        iterations: of iterative methods.
        scale: share of each change of the pair potentials that is applied.
        ridge: regularisation of "imc", "re" and "fm"; None takes 1e-5, 0.01 and 0. What lies below it is left as it is:
            a liquid's softest direction, a ramp that moves the pressure, has 0.004^2 in coarse water.
        knots: distance of the knots of splines of "fm" and "re", nm.
        pressure: target pressure in bar; None leaves the pressure as it comes.
        pressure_method: "simple" or "wjk" (Wang, Junghans, Kremer).
        pressure_scale: 1/bar for "simple", a share for "wjk"; None takes 3e-4 and 1.
        average: potentials of the last iterations whose mean is the result.
        effective: share of effective frames below which "re" simulates anew.
        bonded_scale: share of each change of bonded potentials that is applied.
        iteration: simulation of an iteration.
        fixed: potentials of terms that are not fitted.

    Raises:
        InputError: an unknown method or a number out of range.
    """

    method: Method = "ibi"
    cutoff: float = 0.9
    iterations: int = 20
    scale: float = 1.0
    ridge: float | None = None
    knots: float = 0.02
    pressure: float | None = None
    pressure_method: Literal["simple", "wjk"] = "wjk"
    pressure_scale: float | None = None
    average: int = 5
    effective: float = 0.6
    bonded_scale: float = 0.5
    iteration: Protocol = field(default_factory=Protocol)
    fixed: Mapping[str, Potential] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.method not in get_args(Method):
            raise InputError(f"Unknown method {self.method!r}; known are {', '.join(NAMES)}")
        if self.pressure_method not in ("simple", "wjk"):
            raise InputError(f"Unknown pressure correction {self.pressure_method!r}; known are simple and wjk")
        if not self.cutoff > 0.0 or not self.knots > 0.0:
            raise InputError(f"Cutoff and knots must be positive; found {self.cutoff} and {self.knots} nm")
        if self.iterations < 1 or self.average < 1:
            raise InputError(f"Iterations and average must be 1 or more; found {self.iterations} and {self.average}")
        if not 0.0 < self.scale <= 1.0 or not 0.0 <= self.bonded_scale <= 1.0:
            raise InputError(f"Scales of changes lie in (0, 1]; found {self.scale} and {self.bonded_scale}")
        if self.ridge is not None and self.ridge < 0.0:
            raise InputError(f"A regularisation is zero or positive; found {self.ridge}")

    @property
    def iterative(self) -> bool:
        """Whether the method simulates."""
        return self.method not in ("bi", "fm")

    @property
    def regularisation(self) -> float:
        """The ridge, or what the method takes by itself."""
        return {"imc": 1e-5, "re": 0.01}.get(self.method, 0.0) if self.ridge is None else self.ridge
