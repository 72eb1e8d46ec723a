"""Checks that the generators share."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from scalebridge.errors import InputError


def fraction(name: str, value: float, highest: float = 1.0) -> float:
    """A share strictly between 0 and `highest`.

    Args:
        name: what it is called, for the message.
        value: the share.
        highest: upper bound, excluded.

    Returns:
        The share.

    Raises:
        InputError: out of bounds or not a number.
    """
    if not 0 < value < highest:
        raise InputError(f"{name} lies between 0 and {highest:.6g}, both excluded; found {value!r}.")
    return float(value)


def length(name: str, value: float) -> float:
    """A positive finite length.

    Args:
        name: what it is called, for the message.
        value: in m.

    Returns:
        The length.

    Raises:
        InputError: not positive or not finite.
    """
    if not (math.isfinite(value) and value > 0):
        raise InputError(f"{name} is a positive length in m; found {value!r}.")
    return float(value)


def count(name: str, value: int, lowest: int = 1) -> int:
    """A whole number.

    Args:
        name: what it is called, for the message.
        value: the number.
        lowest: smallest value accepted.

    Returns:
        The number.

    Raises:
        InputError: not whole or too small.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < lowest:
        raise InputError(f"{name} is a whole number, at least {lowest}; found {value!r}.")
    return int(value)


def grid(name: str, value: Sequence[int], ndims: tuple[int, ...] = (2, 3)) -> tuple[int, ...]:
    """Numbers of voxels along the axes.

    Args:
        name: what it is called, for the message.
        value: one number per axis.
        ndims: numbers of axes accepted.

    Returns:
        The numbers.

    Raises:
        InputError: wrong number of axes, or a number that is not whole and positive.
    """
    if not isinstance(value, Sequence) or len(value) not in ndims:
        axes = " or ".join(str(n) for n in ndims)
        raise InputError(f"{name} is a number of voxels for each of {axes} axes; found {value!r}.")
    return tuple(count(name, n) for n in value)


def cell(size: Sequence[float], ndim: int) -> tuple[float, ...]:
    """Edge lengths of a cell.

    Args:
        size: in m, one per axis.
        ndim: number of axes.

    Returns:
        The lengths.

    Raises:
        InputError: wrong number, or a length that is not positive and finite.
    """
    if not isinstance(size, Sequence) or len(size) != ndim:
        raise InputError(f"size is {ndim} lengths in m, one for each axis of the grid; found {size!r}.")
    return tuple(length("each edge of size", edge) for edge in size)
