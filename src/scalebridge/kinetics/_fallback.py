"""The reduced model where it is good, the full one elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from scalebridge.errors import ConvergenceError, InputError
from scalebridge.kinetics._error_bars import ErrorBars, error_bars, first_event, trajectory_amounts
from scalebridge.kinetics._simulate import Simulation

if TYPE_CHECKING:
    from scalebridge.kinetics.network import Network
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
        until = first_event(reduced, times)
        if until <= times[-1]:
            return _with_events(reduced, times, allowance, until)
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


def _with_events(reduced: Reduced, times: Floats, allowance: float, until: float) -> SafeRun:
    """The reduced model up to shortly before the first event, where its error is known; the full one from there on."""
    full = reduced.full
    k = int(np.searchsorted(times, until)) - 1
    while k > 0:
        k -= 1  # one output early: the full model meets its event at another time than the reduced one
        run = _before_events(reduced, times[: k + 1], allowance)
        if not any(_triggered(full, float(times[k]), run.amounts[-1])):
            break
    else:
        start = full._simulation(float(times[0])).y.copy()
        run = SafeRun(times[:1], full.state_names, start[None], np.ones(1, dtype=bool), 0, ())
    later = times[len(run.times) - 1 :]
    if len(run.times) == 1:
        trajectory = full.simulate(later)
        values, names = trajectory.values, trajectory.names
    else:
        simulation = _full_from(full, float(later[0]), run.amounts[-1])
        values, names = simulation.run(later), tuple(simulation.regime.names)
    amounts = np.vstack([run.amounts[:-1], trajectory_amounts(full, names, values)])
    by_full = np.concatenate([run.full, np.ones(len(later) - 1, dtype=bool)])
    note = f"full model from {later[0]:g} on: error bars are not known through the event at {until:g}"
    return SafeRun(times, full.state_names, amounts, by_full, run.switches + (not run.full[-1]), (*run.notes, note))


def _before_events(reduced: Reduced, times: Floats, allowance: float) -> SafeRun:
    if len(times) == 1:
        start = reduced.full._simulation(float(times[0])).y.copy()
        return SafeRun(times, reduced.full.state_names, start[None], np.ones(1, dtype=bool), 0, ())
    return safe_run(reduced, times, allowance)


def _triggered(full: Network, t: float, amounts: Floats) -> list[bool]:
    simulation = full._simulation(t)
    return [bool(v) for v in simulation.regime.evaluate("trigger", t, np.ascontiguousarray(amounts), simulation.p)]


def _full_from(full: Network, start: float, amounts: Floats) -> Simulation:
    values = dict(zip(full.system.states, amounts.tolist(), strict=True))
    return Simulation(full.definition, start, overrides=values, cache=full._cache)


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
    simulation = _full_from(reduced.full, start, begin)
    simulation.run(np.array([start, end]))
    return np.array(simulation.y)
