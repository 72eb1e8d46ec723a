"""A law taken apart into its structure, which is compiled, and its parameters, which are passed in."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from scalebridge.errors import InputError
from scalebridge.solids.laws._law import Law

if TYPE_CHECKING:
    import jax


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Place of a numeric field."""

    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Node:
    """A dataclass, or a tuple where `kind` is tuple, by its parts."""

    kind: type
    names: tuple[str, ...]
    parts: tuple[Hashable, ...]


def split(law: Law) -> tuple[Hashable, np.ndarray]:
    """Structure (hashable: classes, names, shapes, flags) and parameters (one float64 vector) of a law.

    Raises:
        InputError: the law is not a dataclass, or a field is neither a number, an array, a text, a flag, None, nor a
            tuple or dataclass of such.
    """
    leaves: list[np.ndarray] = []
    structure = _split(law, type(law).__name__, leaves)
    return structure, np.concatenate([np.empty(0), *(leaf.ravel() for leaf in leaves)])


def join(structure: Hashable, parameters: jax.Array) -> Law:
    """The law of a structure with other, also traced, parameters; its constructor and its checks are not run."""
    return cast(Law, _join(structure, parameters, iter(_offsets(structure))))


def _split(value: object, path: str, leaves: list[np.ndarray]) -> Hashable:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | float | np.ndarray | np.number):
        leaves.append(np.asarray(value, dtype=np.float64))
        return _Numbers(leaves[-1].shape)
    if isinstance(value, tuple):
        return _Node(tuple, (), tuple(_split(v, f"{path}[{i}]", leaves) for i, v in enumerate(value)))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = tuple(f.name for f in dataclasses.fields(value))
        parts = tuple(_split(getattr(value, n), f"{path}.{n}", leaves) for n in names)
        return _Node(type(value), names, parts)
    raise InputError(
        f"{path} is a {type(value).__name__}; a law is a frozen dataclass whose fields are numbers, arrays, texts, "
        "flags, None, or tuples and dataclasses of these. Write it as @dataclass(frozen=True) and convert the field."
    )


def _offsets(structure: Hashable) -> Iterator[int]:
    start = 0
    stack: list[Hashable] = [structure]
    while stack:
        item = stack.pop()
        if isinstance(item, _Node):
            stack.extend(reversed(item.parts))
        elif isinstance(item, _Numbers):
            yield start
            start += int(np.prod(item.shape))


def _join(item: Hashable, parameters: jax.Array, offsets: Iterator[int]) -> Any:
    if isinstance(item, _Numbers):
        start = next(offsets)
        return parameters[start : start + int(np.prod(item.shape))].reshape(item.shape)
    if not isinstance(item, _Node):
        return item
    parts = [_join(part, parameters, offsets) for part in item.parts]
    if item.kind is tuple:
        return tuple(parts)
    instance: Any = object.__new__(item.kind)
    for name, part in zip(item.names, parts, strict=True):
        object.__setattr__(instance, name, part)
    return instance
