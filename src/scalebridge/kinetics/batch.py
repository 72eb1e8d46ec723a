"""Thousands of cells, each with its own parameters and initial values, by an explicit solver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.errors import ConvergenceError, InputError
from scalebridge.kinetics._explicit import Pointer, read_cells, run_cells
from scalebridge.kinetics._system import amount_symbol
from scalebridge.kinetics.network import Network, checked_times
from scalebridge.kinetics.reduced import Reduced

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Cells:
    """What a batch gives.

    Attributes:
        times: shape (times,).
        names: what was kept.
        values: shape (cells, times, names).
        evaluations: calls of the right-hand side per cell, shape (cells,).
    """

    times: Floats
    names: tuple[str, ...]
    values: Floats
    evaluations: npt.NDArray[np.int64]

    def __getitem__(self, name: str) -> Floats:
        """Values of one identifier, shape (cells, times)."""
        if name not in self.names:
            raise InputError(f"'{name}' was not kept; kept: {', '.join(self.names)}.")
        return self.values[:, :, self.names.index(name)]


def simulate_cells(
    model: Network | Reduced, times: npt.ArrayLike, values: Mapping[str, npt.ArrayLike], *, keep: Sequence[str] = (),
    rtol: float = 1e-6, atol: float | None = None, max_calls: int = 10_000_000,
) -> Cells:  # fmt: skip
    """Integrate many cells with Dormand-Prince 5(4), each cell with its own step.

    Args:
        model: a network without events and algebraic equations, or a reduced one in closed form.
        times: ascending; the cells start at the first.
        values: initial values and parameters by identifier, numbers or arrays of shape (cells,).
        keep: identifiers to keep; all species where empty.
        rtol: relative tolerance.
        atol: absolute tolerance; None for 1e-3 `rtol` times the largest state at the start.
        max_calls: calls of the right-hand side per cell before it is given up.

    Raises:
        InputError: unknown identifiers, unequal lengths, values that are not finite, a model with events or algebraic
            equations.
        ConvergenceError: a cell was given up.
    """
    grid = checked_times(times)
    network = model.network if isinstance(model, Reduced) else model
    full = model.full if isinstance(model, Reduced) else model
    simulation = network._simulation(grid[0])
    regime = simulation.regime
    if regime.dae or network.definition.events or regime.switches:
        raise InputError(
            "Batches need a model without events, conditions in its rates and algebraic equations; a reduced model "
            "must be in closed form."
        )
    arrays = _arrays(full, values)
    count = max((len(a) for a in arrays.values()), default=1)
    y = np.repeat(simulation.y[None], count, 0)
    p = np.repeat(simulation.p[None], count, 0)
    _fill(model, network, full, arrays, y, p)
    names = tuple(keep) or tuple(full.species)
    for name in names:
        if name not in regime.index:
            raise InputError(f"There is no '{name}' to keep.")
    tolerance = np.full(regime.size, 1e-3 * rtol * float(np.abs(y).max(initial=1e-300)) if atol is None else atol)
    f = Pointer(regime.native.address("f"), regime)
    out, calls = run_cells(f, grid, y, p, rtol, tolerance, max_calls)
    if np.any(calls < 0):
        bad = int(np.argmax(calls < 0))
        raise ConvergenceError(
            f"{int((calls < 0).sum())} cell(s) were given up, the first is number {bad}: the model is too stiff for an "
            "explicit solver with max_calls, or its values blow up. Reduce it, or use Network.simulate."
        )
    kept = np.array([regime.index[n] for n in names])
    read = read_cells(Pointer(regime.native.address("out"), regime), grid, out, p, len(regime.names), kept)
    return Cells(grid, names, read, calls)


def _arrays(full: Network, values: Mapping[str, npt.ArrayLike]) -> dict[str, Floats]:
    out: dict[str, Floats] = {}
    for name, value in values.items():
        array = np.atleast_1d(np.asarray(value, dtype=float))
        if name not in full.definition.variables:
            raise InputError(f"There is no '{name}' in the model.")
        if name in full.definition.assigned:
            raise InputError(f"'{name}' is set by a rule of the model and cannot be given.")
        if array.ndim != 1 or not np.isfinite(array).all():
            raise InputError(f"The values of '{name}' must be finite numbers in one row, one per cell.")
        out[name] = array
    lengths = {len(a) for a in out.values()} - {1}
    if len(lengths) > 1:
        raise InputError(f"The values have different lengths, {sorted(lengths)}: give one number per cell.")
    return out


def _fill(
    model: Network | Reduced, network: Network, full: Network, arrays: Mapping[str, Floats], y: Floats, p: Floats
) -> None:
    """Initial states and parameters of every cell."""
    regime = network.regime
    at = {s.name: (y, k) for k, s in enumerate(regime.states)} | {
        s.name: (p, k) for k, s in enumerate(regime.parameters)
    }
    b = full.system.builder  # type: ignore[attr-defined]
    amounts = np.repeat(_start(full)[None], len(y), 0)
    moved = False
    for name, array in arrays.items():
        v = full.definition.variables[name]
        if name in full.state_names:
            size = b.number(v.compartment) if b.concentration(v) else 1.0
            amounts[:, full.state_names.index(name)] = array * size
            moved = True
            continue
        stored = amount_symbol(name).name if amount_symbol(name).name in at else name
        if stored not in at or v.kind == "compartment":
            raise InputError(f"'{name}' cannot differ between cells: it is fixed by the model.")
        if _feeds_initial(full, name):
            raise InputError(f"'{name}' enters initial assignments and cannot differ between cells.")
        table, k = at[stored]
        table[:, k] = array
    if not moved:
        return
    if not isinstance(model, Reduced):
        y[:, : amounts.shape[1]] = amounts
        return
    if model.form != "total":
        raise InputError("Initial values per cell need the total form.")
    z = amounts @ model.coordinates.to_slow.T
    for k, i in enumerate(model.coordinates.slow):
        name = full.state_names[i]
        own = f"total_{name}" if f"total_{name}" in at else (name if name in at else amount_symbol(name).name)
        size = (
            b.number(full.definition.variables[name].compartment)
            if own == name and b.concentration(full.definition.variables[name])
            else 1.0
        )
        table, column = at[own]
        table[:, column] = z[:, k] / size


def _feeds_initial(full: Network, name: str) -> bool:
    return any(s.name == name for e in full.definition.initial.values() for s in _symbols(e))


def _symbols(e: Any) -> set[Any]:
    import sympy as sp

    return set(sp.sympify(e).free_symbols)


def _start(full: Network) -> Floats:
    return np.asarray(full._simulation(0.0).y.copy())
