"""The reduced model where it is good, the full one elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from scalebridge.errors import ConvergenceError, InputError
from scalebridge.kinetics._error_bars import ErrorBars, error_bars, trajectory_amounts
from scalebridge.kinetics._simulate import Simulation

if TYPE_CHECKING:
    from scalebridge.kinetics.reduced import Reduced

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SafeRun:
    """A run that falls back to the full model where it has to.

    Attributes:
        times: shape (times,).
        names: states of the full model.
        amounts: shape (times, states).
        full: whether the full model was used to reach a time, shape (times,).
        switches: changes between the models.
        notes: what happened, sentences.
    """

    times: Floats
    names: tuple[str, ...]
    amounts: Floats
    full: npt.NDArray[np.bool_]
    switches: int
    notes: tuple[str, ...]

    def __getitem__(self, name: str) -> Floats:
        """Amounts of one state, shape (times,)."""
        if name not in self.names:
            raise InputError(f"There is no state '{name}'; there are {', '.join(self.names[:20])}.")
        return self.amounts[:, self.names.index(name)]


def safe_run(reduced: Reduced, times: Floats, allowance: float) -> SafeRun:
    """See `Reduced.simulate_safely`."""
    if not allowance > 0.0:
        raise InputError(f"The allowance must be positive; found {allowance}.")
    full = reduced.full
    if full.definition.events:
        raise InputError("Falling back to the full model is not possible where the model has events.")
    start = full._simulation(float(times[0])).y.copy()
    amounts, by_full = np.empty((len(times), len(start))), np.zeros(len(times), dtype=bool)
    amounts[0], by_full[0] = start, True
    size = np.abs(start)
    notes: list[str] = []
    k, switches = 0, 0
    while k < len(times) - 1:
        good, why = _good_until(reduced, times[k:], amounts[k], allowance, size)
        if good > 0:
            run = reduced.continue_from(amounts[k], times[k : k + good + 1])
            amounts[k + 1 : k + good + 1] = trajectory_amounts(full, run.names, run.values)[1:]
            by_full[k + 1 : k + good + 1] = False
        else:
            good = 1
            amounts[k + 1] = _full_step(reduced, float(times[k]), float(times[k + 1]), amounts[k])
            by_full[k + 1] = True
            notes.append(f"full model from {times[k]:g} to {times[k + 1]:g}: {why}")
        switches += k > 0 and by_full[k + 1] != by_full[k]
        k += good
        size = np.maximum(size, np.abs(amounts[: k + 1]).max(0))
    return SafeRun(times, full.state_names, amounts, by_full, switches, tuple(notes))


def _good_until(reduced: Reduced, times: Floats, begin: Floats, allowance: float, size: Floats) -> tuple[int, str]:
    """How many of the coming times the reduced model reaches within the allowance; why no more."""
    try:
        bars: ErrorBars = error_bars(reduced, times, begin=begin, refine=60)
    except (ConvergenceError, np.linalg.LinAlgError) as error:
        return 0, str(error)
    shown = np.maximum(np.maximum.accumulate(np.abs(bars.values), axis=0), size)
    scale = np.maximum(shown, 1e-6 * np.abs(bars.values).max(initial=1e-300))
    over = np.any(~(bars.bars[1:] <= allowance * scale[1:]), axis=1)
    if not over.any():
        return len(times) - 1, ""
    first = int(np.argmax(over))
    worst = int(np.argmax(bars.bars[first + 1] / scale[first + 1]))
    return first, f"the error bar of {bars.names[worst]} is {bars.bars[first + 1, worst] / scale[first + 1, worst]:.2g}"


def _full_step(reduced: Reduced, start: float, end: float, begin: Floats) -> Floats:
    full = reduced.full
    values = dict(zip(full.system.states, begin.tolist(), strict=True))
    simulation = Simulation(full.definition, start, overrides=values, cache=full._cache)
    simulation.run(np.array([start, end]))
    return np.array(simulation.y)
