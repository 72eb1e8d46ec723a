"""The reduced network: fast species follow the slow ones; formulas, simulation, SBML and an error bar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import sympy as sp

from scalebridge.kinetics._definition import symbol
from scalebridge.kinetics._reduced_definition import Relation, size_at_start
from scalebridge.kinetics._simulate import Simulation
from scalebridge.kinetics._slow_coordinates import Coordinates
from scalebridge.kinetics.network import Form, Network, Trajectory, checked_times, violations

if TYPE_CHECKING:
    from scalebridge.kinetics._error_bars import ErrorBars
    from scalebridge.kinetics._fallback import SafeRun
    from scalebridge.kinetics.sensitivity import Sensitivities

Floats = npt.NDArray[np.float64]
Initial = Literal["fibre", "given", "first-order"]


@dataclass(frozen=True)
class Reduced:
    """A network whose fast part follows its slow part.

    Attributes:
        full: the network it was made from, nothing marked as fast.
        network: the reduced network; it has the same species and can be simulated, written and reduced again.
        form: ``total``, ``standard`` or ``reverse``.
        fast: species that follow.
        fast_reactions: reactions taken as fast; empty where species were named in the standard form.
        coordinates: slow and fast coordinates.
        solutions: closed forms by fast species; empty where the equations are solved numerically.
        start: amounts of the states on the slow manifold at the start, shape (states,).
        relation: what holds on the manifold.
        initial: how the slow start was chosen.
        begin: first time.
    """

    full: Network
    network: Network
    form: Form
    fast: tuple[str, ...]
    fast_reactions: tuple[str, ...]
    coordinates: Coordinates
    solutions: Mapping[str, Any]
    start: Floats
    relation: Relation = "quasi-steady"
    initial: Initial = "fibre"
    begin: float = 0.0

    @property
    def slow(self) -> tuple[str, ...]:
        """Names of the variables that are still integrated."""
        return tuple(s.name for s in self.network.system.states)

    @property
    def closed(self) -> bool:
        """Whether every fast species has a formula."""
        return len(self.solutions) == len(self.fast)

    def simulate(self, times: npt.ArrayLike, *, rtol: float = 1e-8, atol: float | None = None) -> Trajectory:
        """Integrate the reduced model; arguments and errors as in `Network.simulate`."""
        return self.network.simulate(times, rtol=rtol, atol=atol)

    def continue_from(self, amounts: Floats, times: npt.ArrayLike, *, rtol: float = 1e-8) -> Trajectory:
        """Integrate the reduced model from amounts of the full model's states at the first time.

        Args:
            amounts: shape (states,); what fast reactions conserve of them is kept.
            times: ascending.
            rtol: relative tolerance.
        """
        grid = checked_times(times)
        z = self.coordinates.to_slow @ amounts
        values = {s: float(x) / size for x, (s, size) in zip(z, self.slow_symbols(), strict=True) if s is not None}
        simulation = Simulation(
            self.network.definition, float(grid[0]), rtol=rtol, overrides=values, cache=self.network._cache
        )
        out = simulation.run(grid)
        return Trajectory(grid, tuple(simulation.regime.names), out, *simulation.counts(), violations(simulation))

    def slow_symbols(self) -> list[tuple[Any, float]]:
        """How each slow coordinate is stored in the reduced network: symbol (None where it is not) and divisor."""
        stored = set(self.network.system.starts)
        out: list[tuple[Any, float]] = []
        for i in self.coordinates.slow:
            name = self.full.state_names[i]
            stem = f"total_{name}"
            totals = [symbol(n) for n in self.network.definition.variables if n.rstrip("_") == stem]
            total = next((t for t in totals if t in stored), None)
            own = symbol(name) if symbol(name) in stored else None
            out.append((total, 1.0) if total is not None else (own, size_at_start(self.full, name)))
        return out

    @property
    def keeps_totals(self) -> bool:
        """Whether the slow coordinates at the start are those of the full model's start."""
        return self.initial == "given" or (self.initial == "fibre" and self.form == "total")

    def at(self, values: Mapping[str, float]) -> Reduced:
        """The same reduction of the model with other initial values and parameters."""
        from scalebridge.kinetics._reduce import reduce_network

        return reduce_network(
            self.full.with_values(values), list(self.fast_reactions if self.form == "total" else self.fast),
            self.form, None, initial=self.initial, start=self.begin, closed_form=False, relation=self.relation,
        )  # fmt: skip

    def sensitivities(self, times: npt.ArrayLike, parameters: Sequence[str], **options: Any) -> Sensitivities:
        """Derivatives of the reduced run by parameters and initial values of the full model.

        Arguments and errors as in `Network.sensitivities`; how the start is projected is differentiated, too.
        """
        from scalebridge.kinetics.sensitivity import reduced_sensitivities

        return reduced_sensitivities(self, times, list(parameters), **options)

    def simulate_safely(self, times: npt.ArrayLike, allowance: float = 0.05) -> SafeRun:
        """Integrate the reduced model where its error bar is within the allowance, the full model elsewhere.

        From shortly before the first event on, where error bars are not known, the full model is used.

        Args:
            times: ascending.
            allowance: largest error, relative to the largest value of each species so far.

        Raises:
            InputError: the allowance is not positive.
        """
        from scalebridge.kinetics._fallback import safe_run

        return safe_run(self, checked_times(times), allowance)

    def error_bars(self, times: npt.ArrayLike, **options: Any) -> ErrorBars:
        """How far the reduced model is from the full one, per species and time, without running the full one.

        Bars are known up to the first event; `ErrorBars.known_until` says when that is.
        """
        from scalebridge.kinetics._error_bars import error_bars

        return error_bars(self, checked_times(times), **options)

    def formulas(self) -> dict[str, str]:
        """The reduced model as formulas: fast species, expressed species, and rates of the slow variables."""
        d = self.network.definition
        out = {name: sp.sstr(e) for name, e in d.assigned.items()}
        out.update({f"0 = ({k + 1})": sp.sstr(e) for k, e in enumerate(d.algebraic)})
        out.update({f"d({name})/dt": sp.sstr(e) for name, e in d.rates.items()})
        return out

    def to_sbml(self, path: str | Path | None = None) -> str:
        """The reduced model as SBML Level 3, also written to `path`; checked by libSBML.

        Raises:
            ScalebridgeError: libSBML finds a fault.
        """
        from scalebridge.kinetics._sbml_write import write

        text = write(self.network.definition)
        if path is not None:
            Path(path).write_text(text)
        return text

    def __repr__(self) -> str:
        how = "closed form" if self.closed else f"{len(self.fast) - len(self.solutions)} algebraic equations"
        counts = f"{len(self.slow)} slow, {len(self.fast)} fast by {how}"
        return f"Reduced '{self.full.definition.name}' ({self.form}): {counts}"
