"""Find the first NaN in a state or in results, and name the place."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from scalebridge.bridge import Outcome
from scalebridge.errors import ConvergenceError


def require_no_nan(state: object, when: str) -> None:
    """Check a state. A field of a dataclass may hold NaN on purpose: ``field(metadata={"missing": "why"})``.

    Raises:
        ConvergenceError: a NaN, with its place.
    """
    place = next(_places(state, "state"), None)
    if place is not None:
        raise ConvergenceError(f"{when}: {place} is not a number (NaN); the model diverged or divided by zero")


def require_finite_outcome(outcome: Outcome) -> None:
    """Check headline numbers and data. A variable may hold NaN on purpose: its attribute ``missing`` says why.

    Raises:
        ConvergenceError: a headline that is not finite, or a NaN that is not explained.
    """
    for key, headline in outcome.headlines.items():
        values = (headline.value, 0.0 if headline.error is None else headline.error)
        if not all(map(math.isfinite, values)):
            raise ConvergenceError(f"Headline number {key!r} is {headline.value} with error {headline.error}")
    for name, variable in outcome.data.variables.items():
        if "missing" not in variable.attrs and next(_places(variable.values, str(name)), None) is not None:
            raise ConvergenceError(
                f"Result {name!r} holds NaN; where values are missing on purpose its attribute 'missing' must say why"
            )


def _places(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, float | complex):
        if value != value:
            yield path
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            if "missing" not in field.metadata:
                yield from _places(getattr(value, field.name), f"{path}.{field.name}")
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _places(inner, f"{path}[{key!r}]")
    elif isinstance(value, list | tuple):
        for i, inner in enumerate(value):
            yield from _places(inner, f"{path}[{i}]")
    elif hasattr(value, "__array__"):
        yield from _in_array(np.asarray(value), path)


def _in_array(array: np.ndarray[Any, np.dtype[Any]], path: str) -> Iterator[str]:
    if array.dtype.kind in "fc" and np.isnan(array).any():
        index = np.argwhere(np.isnan(array))[0].tolist()
        yield f"{path}{index}" if index else path
