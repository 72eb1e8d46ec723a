"""How a run depends on parameters and initial values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.kinetics._forward import Forward
from scalebridge.kinetics._system import start_values
from scalebridge.kinetics.network import Network, checked_times

if TYPE_CHECKING:
    from scalebridge.kinetics.reduced import Reduced

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Sensitivities:
    """Derivatives of a run.

    Attributes:
        times: shape (times,).
        names: identifiers that are differentiated.
        parameters: identifiers of parameters and initial values they are differentiated by.
        values: shape (times, names).
        derivatives: shape (times, names, parameters), in the units of the model.
    """

    times: Floats
    names: tuple[str, ...]
    parameters: tuple[str, ...]
    values: Floats
    derivatives: Floats

    def __getitem__(self, pair: tuple[str, str]) -> Floats:
        """Derivative of one identifier by one parameter over time, shape (times,)."""
        name, parameter = pair
        for found, known in ((name, self.names), (parameter, self.parameters)):
            if found not in known:
                raise InputError(f"There is no '{found}' here; there are {', '.join(known[:20])}.")
        return self.derivatives[:, self.names.index(name), self.parameters.index(parameter)]


def sensitivities(
    network: Network, times: npt.ArrayLike, parameters: Sequence[str], *, keep: Sequence[str] = (), rtol: float = 1e-9,
    seeds: Mapping[Any, Floats] | None = None,
) -> Sensitivities:  # fmt: skip
    """See `Network.sensitivities`.

    Args:
        network: the model.
        times: ascending; the model starts at the first.
        parameters: identifiers: parameters, compartments, and species for their initial values.
        keep: what to differentiate; all species where empty.
        rtol: relative tolerance of the run.
        seeds: derivatives of everything stored at the start, by symbol; the model's own where None.
    """
    grid = checked_times(times)
    names = tuple(keep) or network.species
    chosen = tuple(parameters)
    if seeds is None:
        seeds = start_derivatives(network, chosen)
    run = Forward(
        network.definition, float(grid[0]), seeds, len(chosen), _kept(network, names), rtol=rtol, cache=network._cache
    )
    values, slopes = run.derivatives(grid)
    columns = [run.regime.index[n] for n in names]
    return Sensitivities(grid, names, chosen, values[:, columns], slopes)


def _kept(network: Network, names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if name not in network.system.values and not name.startswith("amount("):
            raise InputError(
                f"There is no '{name}' in the model; there are {', '.join(list(network.system.values)[:20])}."
            )
    return names


def _known(network: Network, parameters: Sequence[str]) -> None:
    d = network.definition
    if not parameters:
        raise InputError("Name the parameters to differentiate by.")
    for name in parameters:
        if name not in d.variables:
            raise InputError(f"There is no '{name}' in the model; there are {', '.join(list(d.variables)[:20])}.")
        if name in d.assigned or name in network.system.builder.solved:  # type: ignore[attr-defined]
            raise InputError(f"'{name}' is set by a rule of the model: differentiate by what the rule depends on.")
        if d.variables[name].kind == "stoichiometry":
            raise InputError(f"'{name}' is a stoichiometry: derivatives by it are not made.")


def start_derivatives(network: Network, parameters: Sequence[str]) -> dict[Any, Floats]:
    """Derivatives of everything stored at the start, by symbol; differences of order 4, exact for what is linear."""
    _known(network, parameters)
    out: dict[Any, Floats] = {}
    base = start_values(network.definition)
    for k, name in enumerate(parameters):
        value = network.system.builder.number(name)  # type: ignore[attr-defined]
        h = 1e-3 * abs(value) or 1e-3
        total = dict.fromkeys(base, 0.0)
        for step, weight in ((-2.0, 1.0), (-1.0, -8.0), (1.0, 8.0), (2.0, -1.0)):
            for s, v in start_values(network.with_values({name: value + step * h}).definition).items():
                total[s] += weight * v / (12.0 * h)
        for s, slope in total.items():
            if np.isfinite(slope) and abs(slope) > 1e-12 * (abs(base[s]) / max(abs(value), h)):
                out.setdefault(s, np.zeros(len(parameters)))[k] = slope
    return out


def reduced_sensitivities(
    reduced: Reduced, times: npt.ArrayLike, parameters: Sequence[str], **options: Any
) -> Sensitivities:
    """See `Reduced.sensitivities`."""
    full, c = reduced.full, reduced.coordinates
    for name in parameters:
        if name in full.definition.variables and full.definition.variables[name].kind == "compartment":
            raise InputError(f"'{name}' is a compartment: differentiate the full model by it.")
    own = start_derivatives(full, parameters)
    zero = np.zeros(len(parameters))
    amounts = np.array([own.get(s, zero) for s in full.system.states])
    slow = c.to_slow @ amounts if reduced.keeps_totals else _projected(reduced, parameters)
    seeds = {s: v for s, v in own.items() if s not in full.system.states}
    for k, (s, size) in enumerate(reduced.slow_symbols()):
        if s is not None:
            seeds[s] = slow[k] / size
    return sensitivities(reduced.network, times, parameters, seeds=seeds, **options)


def _projected(reduced: Reduced, parameters: Sequence[str]) -> Floats:
    """Derivatives of the slow coordinates at the start, by reducing again at other values."""
    c, full = reduced.coordinates, reduced.full
    out = np.zeros((len(c.slow), len(parameters)))
    for k, name in enumerate(parameters):
        value = full.system.builder.number(name)  # type: ignore[attr-defined]
        h = 1e-3 * abs(value) or 1e-3
        for step, weight in ((-2.0, 1.0), (-1.0, -8.0), (1.0, 8.0), (2.0, -1.0)):
            other = reduced.at({name: value + step * h})
            if other.coordinates.fast != c.fast:
                raise InputError(f"Which species are eliminated depends on '{name}': no derivative by it.")
            out[:, k] += weight * (c.to_slow @ other.start) / (12.0 * h)
    return out
