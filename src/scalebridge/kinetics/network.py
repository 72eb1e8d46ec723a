"""The reaction network: read it, run it, look at its time scales, reduce it."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.kinetics._definition import Definition
from scalebridge.kinetics._rational import conserved
from scalebridge.kinetics._regime import Regime
from scalebridge.kinetics._simulate import Simulation
from scalebridge.kinetics._system import System, build, moving_stoichiometry

if TYPE_CHECKING:
    from scalebridge.kinetics._detect import TimeScales
    from scalebridge.kinetics.reduced import Reduced
    from scalebridge.kinetics.sensitivity import Sensitivities

Floats = npt.NDArray[np.float64]
Form = Literal["auto", "standard", "total", "reverse"]


@dataclass(frozen=True)
class Violation:
    """A constraint of the model that did not hold: from then on the model does not claim to be right.

    Attributes:
        time: when it was first false.
        message: what the model says about it.
    """

    time: float
    message: str


@dataclass(frozen=True)
class Trajectory:
    """What a simulation gives.

    Attributes:
        times: shape (times,).
        names: identifiers, then ``amount(species)``.
        values: shape (times, names).
        steps: steps of the integrator.
        evaluations: evaluations of the right-hand side.
        violations: constraints of the model that were violated, in order of time; a warning is given for each.
    """

    times: Floats
    names: tuple[str, ...]
    values: Floats
    steps: int
    evaluations: int
    violations: tuple[Violation, ...] = ()

    def __getitem__(self, name: str) -> Floats:
        """Values of an identifier over time, shape (times,)."""
        try:
            return self.values[:, self.names.index(name)]
        except ValueError:
            raise InputError(f"There is no '{name}' in the model; there are {', '.join(self.names[:20])}.") from None


class Network:
    """A reaction network.

    Make one with `from_sbml`, `from_sbml_text` or `from_antimony`. Time and quantities are in the model's own units.
    """

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self._cache: dict[Any, Any] = {}

    @classmethod
    def from_sbml(cls, path: str | Path) -> Network:
        """Network of an SBML file, levels 1 to 3.

        Raises:
            InputError: no such file, broken XML, invalid SBML, a required package that is not supported.
        """
        from scalebridge.kinetics._sbml_read import read_file

        return cls(read_file(path))

    @classmethod
    def from_sbml_text(cls, text: str) -> Network:
        """Network of SBML as text; raises as `from_sbml`."""
        from scalebridge.kinetics._sbml_read import read_text

        return cls(read_text(text))

    @classmethod
    def from_antimony(cls, text: str) -> Network:
        """Network of an Antimony model, the small way to write one.

        Raises:
            InputError: the text has a mistake.
            MissingExtraError: antimony is not installed.
        """
        from scalebridge.kinetics._antimony import to_sbml

        return cls.from_sbml_text(to_sbml(text))

    # what it is ------------------------------------------------------------------------------------------------------

    @functools.cached_property
    def system(self) -> System:
        """The equations in symbols."""
        return build(self.definition)

    @property
    def species(self) -> tuple[str, ...]:
        """Identifiers of the species."""
        return tuple(n for n, v in self.definition.variables.items() if v.kind == "species")

    @property
    def reactions(self) -> tuple[str, ...]:
        """Identifiers of the reactions."""
        return tuple(r.name for r in self.definition.reactions)

    @functools.cached_property
    def state_names(self) -> tuple[str, ...]:
        """Identifiers of what is integrated."""
        return tuple(_bare(s) for s in self.system.states)

    @functools.cached_property
    def stoichiometry(self) -> Floats:
        """Change of every state's amount by every reaction, shape (states, reactions).

        Raises:
            InputError: a stoichiometry changes during the run.
        """
        b = self.system.builder  # type: ignore[attr-defined]
        moving = moving_stoichiometry(self.system)
        if moving:
            raise InputError(
                f"The stoichiometry in the reaction '{moving[0]}' changes during the run (through {moving[1]}): time "
                "scales and reductions are made for constant stoichiometries."
            )
        out = np.zeros((len(self.state_names), len(self.reactions)))
        for i, name in enumerate(self.state_names):
            if name not in b.changed:
                continue
            for j, r in enumerate(self.definition.reactions):
                out[i, j] = b.at_start(b.net(r, name)) * b.at_start(b.v[name].conversion)
        return out

    @functools.cached_property
    def moieties(self) -> Floats:
        """Conserved sums of amounts, shape (moieties, states); only of states that reactions change."""
        free = np.array([n in self.system.builder.changed for n in self.state_names])  # type: ignore[attr-defined]
        basis = conserved(self.stoichiometry[free])
        out = np.zeros((len(basis), len(self.state_names)))
        out[:, free] = basis
        return out

    def __repr__(self) -> str:
        d = self.definition
        fast = sum(r.fast for r in d.reactions)
        return (
            f"Network '{d.name}': {len(self.species)} species, {len(d.reactions)} reactions ({fast} fast), "
            f"{len(d.events)} events"
        )

    # what it does ----------------------------------------------------------------------------------------------------

    def simulate(
        self, times: npt.ArrayLike, *, rtol: float = 1e-8, atol: float | None = None, max_steps: int = 100_000,
        values: Mapping[str, float] | None = None,
    ) -> Trajectory:  # fmt: skip
        """Integrate the full model.

        Args:
            times: ascending, in the model's unit; the model starts at the first.
            rtol: relative tolerance of a step.
            atol: absolute tolerance; None for 1e-4 `rtol` times the largest amount at the start.
            max_steps: largest number of steps between two outputs.
            values: initial values and parameters that replace the model's, by identifier.

        Raises:
            InputError: times not ascending, unknown identifiers.
            ConvergenceError: the integrator gave up.
        """
        grid = checked_times(times)
        simulation = self._simulation(grid[0], rtol, atol, max_steps, values)
        out = simulation.run(grid)
        return Trajectory(grid, tuple(simulation.regime.names), out, *simulation.counts(), violations(simulation))

    def _simulation(
        self, start: float, rtol: float = 1e-8, atol: float | None = None, max_steps: int = 100_000,
        values: Mapping[str, float] | None = None,
    ) -> Simulation:  # fmt: skip
        network = self.with_values(values) if values else self
        return Simulation(network.definition, start, rtol=rtol, atol=atol, max_steps=max_steps, cache=network._cache)

    def with_values(self, values: Mapping[str, float]) -> Network:
        """The same network with other initial values and parameters.

        Raises:
            InputError: unknown identifier or a value that is no finite number.
        """
        variables = dict(self.definition.variables)
        initial = dict(self.definition.initial)
        for name, value in values.items():
            if name not in variables:
                raise InputError(f"There is no '{name}' in the model; there are {', '.join(list(variables)[:20])}.")
            if not np.isfinite(value):
                raise InputError(f"The value of '{name}' is {value}; it must be a finite number.")
            initial.pop(name, None)
            v = variables[name]
            variables[name] = replace(v, value=float(value), amount=v.substance if v.kind == "species" else v.amount)
        return Network(replace(self.definition, variables=variables, initial=initial))

    @functools.cached_property
    def regime(self) -> Regime:
        """The compiled full model at its start."""
        return self._simulation(0.0).regime

    def states(self, times: npt.ArrayLike, *, rtol: float = 1e-9) -> tuple[Floats, Floats]:
        """Amounts of the states over time and the parameter vector: what analyses work on.

        Returns:
            Shapes (times, states), (parameters,).
        """
        grid = checked_times(times)
        simulation = self._simulation(grid[0], rtol=rtol)
        if simulation.regime.dae or simulation.plain.fast is not None:
            raise InputError(
                "The model has algebraic rules or fast reactions already; time scales are analysed on the model "
                "without them."
            )
        trajectory = simulation.run(grid)
        names = list(simulation.regime.names)
        columns = [names.index(f"amount({n})" if f"amount({n})" in names and s.name.startswith("amount(") else n)
                   for n, s in zip(self.state_names, self.system.states, strict=True)]  # fmt: skip
        return trajectory[:, columns], simulation.p

    def function(self) -> Callable[[float, Floats, Floats], Floats]:
        """Right-hand side as f(t, x, p) on arrays, machine code behind it.

        States are `system.states` (amounts), parameters `regime.parameters`; start values are those of `start`.
        Algebraic equations, where there are such, follow the rates.
        """
        regime = self.regime
        return lambda t, x, p: regime.evaluate("f", t, np.ascontiguousarray(x), np.ascontiguousarray(p))

    def jax_function(self) -> Callable[[Any, Any, Any], Any]:
        """Right-hand side as f(t, x, p) in JAX, to be differentiated, batched by ``vmap`` and run on a GPU.

        Raises:
            InputError: the model has algebraic equations.
            MissingExtraError: JAX is not installed.
        """
        from scalebridge.kinetics._jax import jax_function

        return jax_function(self.regime)

    def start(self, time: float = 0.0) -> tuple[Floats, Floats]:
        """Start values of the states and parameters for `function` and `jax_function`."""
        simulation = self._simulation(time)
        return simulation.y.copy(), simulation.p.copy()

    def sensitivities(self, times: npt.ArrayLike, parameters: Iterable[str], **options: Any) -> Sensitivities:
        """Derivatives of the run by parameters and initial values, forward along the run and across events.

        Args:
            times: ascending; the model starts at the first.
            parameters: identifiers of parameters, compartments and, for their initial values, species.
            options: ``keep`` (identifiers to differentiate, all species where left out) and ``rtol``.

        Raises:
            InputError: unknown identifiers; reactions marked as fast, delays and events that jump compartments.
            ConvergenceError: derivatives do not exist at some time.
        """
        from scalebridge.kinetics.sensitivity import sensitivities

        return sensitivities(self, times, list(parameters), **options)

    def timescales(self, times: npt.ArrayLike, **options: Any) -> TimeScales:
        """Time scales, exhausted modes and who takes part in them along a run; see `kinetics.TimeScales`."""
        from scalebridge.kinetics._detect import timescales

        return timescales(self, checked_times(times), **options)

    def reduce(
        self, fast: Iterable[str] | None = None, form: Form = "auto", *, times: npt.ArrayLike | None = None,
        **options: Any,
    ) -> Reduced:  # fmt: skip
        """Take fast species or reactions as quasi-steady.

        Args:
            fast: identifiers of fast reactions (total form) or of fast species; None for the reactions marked as fast
                or, without such, for what detection along `times` proposes.
            form: ``standard`` (fast species at rest, the others keep their own rates), ``total`` (slow totals z = B x),
                ``reverse`` (as standard, with the substrate at rest), ``auto``.
            times: where to look for fast parts when `fast` is None.

        Raises:
            InputError: unknown names, nothing fast found, or a fast part that cannot be eliminated.
        """
        from scalebridge.kinetics._reduce import reduce_network

        return reduce_network(self, None if fast is None else list(fast), form, times, **options)


def violations(simulation: Simulation) -> tuple[Violation, ...]:
    """Constraints that a run violated; warns of each."""
    found = []
    for i, t in sorted(simulation.violated.items(), key=lambda item: item[1]):
        found.append(Violation(t, simulation.d.constraints[i][1]))
        warnings.warn(
            f"Constraint of the model '{simulation.d.name}' violated at time {t:g}: {found[-1].message}", stacklevel=3
        )
    return tuple(found)


def checked_times(times: npt.ArrayLike) -> Floats:
    """Times as an ascending array of finite numbers.

    Raises:
        InputError: they are not.
    """
    grid = np.atleast_1d(np.asarray(times, dtype=float))
    if grid.ndim != 1 or not len(grid) or not np.isfinite(grid).all() or np.any(np.diff(grid) < 0.0):
        raise InputError("Times must be a list of finite, ascending numbers.")
    return grid


def _bare(s: Any) -> str:
    name: str = s.name
    return name[7:-1] if name.startswith("amount(") else name
