"""The conformance kit that every bridge passes."""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from scalebridge.bridge import Bridge, Outcome, Progress, Step
from scalebridge.errors import InputError, ScalebridgeError
from scalebridge.study._finite import require_finite_outcome, require_no_nan


class ConformanceError(InputError, AssertionError):
    """A bridge breaks rules that runs rely on.

    Attributes:
        broken: the rules broken, one sentence each.
    """

    def __init__(self, name: str, broken: tuple[str, ...]) -> None:
        self.broken = broken
        super().__init__(
            "\n".join([f"{name} breaks {len(broken)} of the rules of a bridge:", *(f"  - {b}" for b in broken)])
        )


OpenExecutor = Callable[[int], AbstractContextManager[Executor]]


def check_bridge(
    bridge: Bridge[Any], *, seed: int = 0, most_steps: int = 1000, executor: OpenExecutor | None = None
) -> Outcome:
    """Carry a small study out several times and check what every run relies on.

    The same seed gives the same numbers, with one worker and with two; a step taken from a pickled state gives what the
    undisturbed one gives, so that a run resumed after any step ends with the same numbers; states are frozen, are not
    changed by `step` and survive pickling; every step posts to the ledger; progress never goes back and ends at its
    total; results have units.

    Args:
        bridge: a bridge with few and cheap steps.
        seed: seed of the runs.
        most_steps: steps after which `done` should be true.
        executor: opens an executor with a number of workers; `scalebridge.parallel.open_executor` by default.

    Returns:
        The outcome, for further checks.

    Raises:
        ConformanceError: with every rule broken.
    """
    open_workers = executor or _local
    with open_workers(1) as one, open_workers(2) as two:
        broken = _Broken()
        broken.add(_check_bridge_itself(bridge))
        state = _follow(bridge, seed, most_steps, (one, two), broken)
        outcome = bridge.finish(state)
        broken.add(_differences(_comparable(outcome), _comparable(bridge.finish(_copied(state))), "finish"))
        broken.add(_check_outcome(outcome))
    if broken.rules:
        raise ConformanceError(bridge.name, tuple(broken.rules))
    return outcome


def _local(workers: int) -> AbstractContextManager[Executor]:
    from scalebridge.parallel import open_executor

    return open_executor("local", workers)


class _Broken:
    """Rules broken so far, each once."""

    def __init__(self) -> None:
        self.rules: dict[str, None] = {}

    def add(self, found: Iterator[str]) -> None:
        self.rules |= dict.fromkeys(found)


def _follow(
    bridge: Bridge[Any], seed: int, most_steps: int, executors: tuple[Executor, Executor], broken: _Broken
) -> Any:
    """Follow a run step by step next to a copy that is pickled after each step and uses other workers."""
    state = bridge.init(np.random.SeedSequence(seed))
    broken.add(_differences(state, bridge.init(np.random.SeedSequence(seed)), "init"))
    broken.add(_check_state(state))
    progress = bridge.progress(state)
    for _ in range(most_steps):
        if bridge.done(state):
            break
        before = _copied(state)
        step, again = bridge.step(state, executors[0]), bridge.step(_copied(state), executors[1])
        broken.add(_differences(before, state, "step changes the state it is given:"))
        broken.add(_differences(step, again, "step from a copy with other workers:"))
        broken.add(_check_step(step))
        state, progress = step.state, _check_progress(progress, bridge.progress(step.state), broken)
    if not bridge.done(state):
        broken.add(iter([f"done is still false after {most_steps} steps"]))
    elif progress.done != progress.total:
        broken.add(iter([f"progress ends at {progress.done} of {progress.total}"]))
    return state


def _copied(value: Any) -> Any:
    try:
        return pickle.loads(pickle.dumps(value, pickle.HIGHEST_PROTOCOL))
    except Exception as error:  # pickling runs the code of the bridge, which may raise anything
        kind = type(value).__name__
        raise ConformanceError(kind, (f"a {kind} does not survive pickling ({error})",)) from error


def _check_bridge_itself(bridge: Bridge[Any]) -> Iterator[str]:
    if not _frozen(bridge):
        yield "the bridge is no frozen dataclass"
    yield from _differences(bridge, _copied(bridge), "the bridge after pickling:")
    sides = {scale.side for scale in bridge.scales().scales}
    if sides != {"fine", "coarse"}:
        yield f"scales lists the sides {sorted(sides)}; both fine and coarse are needed"


def _check_state(state: object) -> Iterator[str]:
    if not _frozen(state):
        yield "the state is no frozen dataclass"
    try:
        require_no_nan(state, "A state")
    except ScalebridgeError as error:
        yield str(error)


def _check_step(step: Step[Any]) -> Iterator[str]:
    if not step.entries:
        yield "a step posts nothing to the ledger"
    yield from _check_state(step.state)


def _check_progress(before: Progress, after: Progress, broken: _Broken) -> Progress:
    if after.done < before.done:
        broken.add(iter([f"progress goes back from {before.done} to {after.done}"]))
    if not 0.0 <= after.done <= after.total:
        broken.add(iter([f"progress says {after.done} of {after.total}"]))
    return after


def _check_outcome(outcome: Outcome) -> Iterator[str]:
    if not outcome.headlines:
        yield "the outcome has no headline number"
    for name, variable in outcome.data.data_vars.items():
        if "units" not in variable.attrs:
            yield f"the result {name!r} has no attribute 'units'"
    names = [picture.name for picture in outcome.pictures]
    if len(set(names)) < len(names):
        yield "two pictures have the same name"
    try:
        require_finite_outcome(outcome)
    except ScalebridgeError as error:
        yield str(error)


def _frozen(value: object) -> bool:
    parameters = getattr(type(value), "__dataclass_params__", None)
    return parameters is not None and bool(parameters.frozen)


def _comparable(outcome: Outcome) -> dict[str, object]:
    """An outcome without the bytes of its pictures, which may hold the time of drawing."""
    data = {str(name): (v.dims, v.values, v.attrs) for name, v in outcome.data.variables.items()}
    rest = {f.name: getattr(outcome, f.name) for f in dataclasses.fields(outcome) if f.name not in ("data", "pictures")}
    return {**rest, "data": data, "pictures": [picture.name for picture in outcome.pictures]}


def _differences(first: Any, second: Any, where: str) -> Iterator[str]:
    """Places where two values are not the same to the last bit; NaN equals NaN."""
    if type(first) is not type(second):
        yield f"{where} is a {type(first).__name__} once and a {type(second).__name__} once"
    elif dataclasses.is_dataclass(first):
        for field in dataclasses.fields(first):
            yield from _differences(getattr(first, field.name), getattr(second, field.name), f"{where}.{field.name}")
    elif isinstance(first, Mapping):
        if list(first) != list(second):
            yield f"{where} has the keys {list(first)} once and {list(second)} once"
        else:
            for key in first:
                yield from _differences(first[key], second[key], f"{where}[{key!r}]")
    elif isinstance(first, list | tuple):
        if len(first) != len(second):
            yield f"{where} has {len(first)} elements once and {len(second)} once"
        for i, (one, other) in enumerate(zip(first, second, strict=False)):
            yield from _differences(one, other, f"{where}[{i}]")
    elif hasattr(first, "__array__"):
        if not _same_array(np.asarray(first), np.asarray(second)):
            yield f"{where} differs"
    elif first != second and not (first != first and second != second):
        yield f"{where} is {first!r} once and {second!r} once"


def _same_array(first: np.ndarray[Any, np.dtype[Any]], second: np.ndarray[Any, np.dtype[Any]]) -> bool:
    if first.dtype.kind == "O":
        return bool(np.array_equal(first, second))
    return first.dtype == second.dtype and first.shape == second.shape and first.tobytes() == second.tobytes()
