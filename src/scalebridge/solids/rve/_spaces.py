"""Spaces of displacement fluctuations, and the preconditioner that belongs to each.

In all three the fluctuation has no mean gradient, so the mean stress is conjugate to the prescribed mean gradient and
the Hill-Mandel condition holds for every discrete solution.

| boundary | fluctuation | preconditioner |
| --- | --- | --- |
| periodic | periodic | finite element stiffness of a homogeneous body, inverted in Fourier space |
| kubc | zero on the boundary | its diagonal blocks, inverted by sine transforms |
| subc | free; no mean gradient, no translation | its diagonal blocks, inverted by cosine transforms |

Leuschner and Fritzen (2018), doi 10.1007/s00466-017-1501-5; Ladecky et al. (2023), doi 10.1016/j.amc.2023.127835. For
an isotropic homogeneous body the diagonal blocks are spectrally equivalent to the whole (Korn's inequality).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import prange

from scalebridge._cache import compiled
from scalebridge.solids.rve._grid import Grid
from scalebridge.solids.rve._modal import MONOMIALS
from scalebridge.solids.rve._rows import MODES, OPTIONS

Array = npt.NDArray[Any]


def _symbol_factors(angles: tuple[Array, Array, Array], grid: Grid) -> tuple[list[Array], list[Array]]:
    """Averages cos(theta / 2) and differences 2 sin(theta / 2) / h along each array axis, broadcastable."""
    averages, differences = [], []
    for axis, theta in enumerate(angles):
        shape = [1, 1, 1]
        shape[axis] = theta.size
        averages.append(np.cos(theta / 2).reshape(shape))
        differences.append((2 * np.sin(theta / 2)).reshape(shape))
    return averages, differences


def _mode_pairs(grid: Grid) -> list[tuple[int, int, int, float]]:
    """(mode, direction, direction, weight) of all products of gradients that share a monomial."""
    pairs = []
    for m1 in range(MODES):
        for m2 in range(MODES):
            for d1 in range(3):
                for d2 in range(3):
                    e1, e2 = MONOMIALS.get((m1, d1)), MONOMIALS.get((m2, d2))
                    if e1 is None or e1 != e2:
                        continue
                    weight = float(np.prod([s ** (2 * e) for s, e in zip(grid.spread, e1, strict=True)]))
                    if weight > 0.0:
                        pairs.append((m1 * MODES + m2, d1, d2, weight))
    return pairs


_DIFFERENCED = ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, 0, 1), (0, 1, 1), (1, 1, 1))


def acoustic_products(angles: tuple[Array, Array, Array], grid: Grid) -> dict[tuple[int, int], Array]:
    """Mean over the integration points of conj(g_d) g_d' for the gradient symbols g of the finite element.

    Args:
        angles: phase advance per node along each array axis.
        grid: the grid.

    Returns:
        Real arrays for d <= d', broadcast to the full frequency grid, in 1 / m^2.
    """
    averages, differences = _symbol_factors(angles, grid)
    products: dict[tuple[int, int], Array] = {}
    for code, d1, d2, weight in _mode_pairs(grid):
        if d1 > d2:
            continue
        m1, m2 = divmod(code, MODES)
        value = np.asarray(weight * grid.inverse_spacing[d1] * grid.inverse_spacing[d2])
        turns = 0
        for axis in range(3):
            p, q = _DIFFERENCED[m1][axis], _DIFFERENCED[m2][axis]
            value = value * (differences[axis] if p else averages[axis]) * (differences[axis] if q else averages[axis])
            turns += q - p
        # each difference carries a factor i: conj(i)^p i^q
        value = value * (1.0, 0.0, -1.0, 0.0)[turns % 4] if turns % 2 == 0 else value * 0.0
        products[d1, d2] = products.get((d1, d2), 0.0) + value
    return products


def stiffness_symbol(reference: Array, angles: tuple[Array, Array, Array], grid: Grid) -> dict[tuple[int, int], Array]:
    """Fourier symbol of the homogeneous finite element stiffness, upper triangle of components.

    Args:
        reference: tangent of the homogeneous body in array axes, (C, 3, C, 3).
        angles: phase advance per node along each array axis.
        grid: the grid.
    """
    products = acoustic_products(angles, grid)
    count = reference.shape[0]
    symbol = {}
    for a in range(count):
        for b in range(a, count):
            total: Any = 0.0
            for (d1, d2), value in products.items():
                total = total + reference[a, d1, b, d2] * value
                if d1 != d2:
                    total = total + reference[a, d2, b, d1] * value
            symbol[a, b] = total
    return symbol


def _invert_symbol(symbol: dict[tuple[int, int], Array], shape: tuple[int, ...]) -> Array:
    """Pseudo-inverse of the symmetric symbol, upper triangle first: (K, *shape)."""
    count = max(a for a, _ in symbol) + 1
    full = np.empty((*shape, count, count))
    for (a, b), value in symbol.items():
        full[..., a, b] = value
        full[..., b, a] = value
    trace = np.trace(full, axis1=-2, axis2=-1)
    empty = trace <= 1e-10 * trace.max()
    full[empty] = np.eye(count)
    inverse = np.linalg.inv(full)
    inverse[empty] = 0.0
    return np.stack([inverse[..., a, b] for a in range(count) for b in range(a, count)])


@compiled(parallel=True, **OPTIONS)
def _multiply_spectrum(spectrum, inverse):  # type: ignore[no-untyped-def]
    """In place: components of `spectrum` (B, 3, M) times the symmetric `inverse` (6, M)."""
    loads, _, count = spectrum.shape
    pieces = 16
    for job in prange(loads * pieces):
        b, piece = job // pieces, job % pieces
        s0, s1, s2 = spectrum[b, 0], spectrum[b, 1], spectrum[b, 2]
        for k in range(piece * count // pieces, (piece + 1) * count // pieces):
            x, y, z = s0[k], s1[k], s2[k]
            s0[k] = inverse[0, k] * x + inverse[1, k] * y + inverse[2, k] * z
            s1[k] = inverse[1, k] * x + inverse[3, k] * y + inverse[4, k] * z
            s2[k] = inverse[2, k] * x + inverse[4, k] * y + inverse[5, k] * z


class Space(ABC):
    """Fluctuations that a boundary condition allows, with a preconditioner for stiffnesses on them."""

    @abstractmethod
    def restrict(self, force: Array) -> Array:
        """Transpose of the inclusion: nodal forces (B, C, m0, m1, m2) as admissible fluctuations see them."""

    @abstractmethod
    def precondition(self, force: Array, threads: int) -> Array:
        """Fluctuation that the homogeneous body gives for restricted forces."""

    @abstractmethod
    def project(self, u: Array) -> Array:
        """Nearly admissible fluctuation (B, C, m0, m1, m2), as left by single precision, made admissible."""


class PeriodicSpace(Space):
    """Periodic fluctuations with a Fourier preconditioner.

    Args:
        grid: the grid.
        reference: tangent of the homogeneous body in array axes, (C, 3, C, 3).
    """

    def __init__(self, grid: Grid, reference: Array) -> None:
        n0, n1, n2 = grid.nodes
        angles = (
            2 * np.pi * np.fft.fftfreq(n0),
            2 * np.pi * np.fft.fftfreq(n1),
            2 * np.pi * np.arange(n2 // 2 + 1) / n2,
        )
        shape = (n0, n1, n2 // 2 + 1)
        inverse = _invert_symbol(stiffness_symbol(reference, angles, grid), shape)
        self._shape = (n0, n1, n2)
        self._inverse = {
            np.dtype(t): np.ascontiguousarray((inverse / grid.voxels).reshape(inverse.shape[0], -1), t)
            for t in (np.float32, np.float64)
        }

    def restrict(self, force: Array) -> Array:
        return force

    def precondition(self, force: Array, threads: int) -> Array:
        from ducc0 import fft

        spectrum = fft.r2c(force, axes=(2, 3, 4), nthreads=threads)
        inverse = self._inverse[force.dtype]
        flat = spectrum.reshape(*spectrum.shape[:2], -1)
        if flat.shape[1] == 3:
            _multiply_spectrum(flat, inverse)
        else:
            flat *= inverse
        result: Array = fft.c2r(
            spectrum,
            axes=(2, 3, 4),
            lastsize=self._shape[2],
            forward=False,
            nthreads=threads,
            allow_overwriting_input=True,
        )
        return result

    def project(self, u: Array) -> Array:
        return u


def _diagonal_symbol(
    grid: Grid, reference: Array, angles: tuple[Array, Array, Array], scale: float
) -> dict[Any, Array]:
    """Inverse diagonal blocks of the symbol times `scale`, per precision, (C, *frequencies).

    Real transforms diagonalise products of one-dimensional stiffness and mass matrices only, so couplings of different
    directions are left out.
    """
    reference = reference * np.eye(3)[None, :, None, :]
    symbol = stiffness_symbol(reference, angles, grid)
    shape = tuple(a.size for a in angles)
    blocks = np.stack([np.broadcast_to(symbol[c, c], shape) for c in range(reference.shape[0])])
    empty = blocks <= 1e-10 * blocks.max()
    inverse = np.where(empty, 0.0, scale / np.where(empty, 1.0, blocks))
    return {np.dtype(t): np.ascontiguousarray(inverse, t) for t in (np.float32, np.float64)}


def _flat_angle(grid: Grid, axis: int, angles: Array) -> Array:
    return np.zeros(1) if grid.flat and axis == 1 else angles


class FixedSpace(Space):
    """Fluctuations that vanish on the boundary (uniform displacement, KUBC), with a sine-transform preconditioner."""

    def __init__(self, grid: Grid, reference: Array) -> None:
        angles = [np.pi * np.arange(1, n) / n for n in grid.shape]
        angles = [_flat_angle(grid, axis, a) for axis, a in enumerate(angles)]
        self._axes = tuple(axis + 2 for axis in range(3) if not (grid.flat and axis == 1))
        scale = 1.0 / float(np.prod([2 * grid.shape[axis - 2] for axis in self._axes]))
        self._inverse = _diagonal_symbol(grid, reference, (angles[0], angles[1], angles[2]), scale)
        inner = slice(1, -1)
        self._inner = (slice(None), slice(None), inner, slice(None) if grid.flat else inner, inner)

    def restrict(self, force: Array) -> Array:
        restricted = np.zeros_like(force)
        restricted[self._inner] = force[self._inner]
        return restricted

    def precondition(self, force: Array, threads: int) -> Array:
        from ducc0 import fft

        result = np.zeros_like(force)
        work = np.ascontiguousarray(force[self._inner])
        work = fft.dst(work, type=1, axes=self._axes, nthreads=threads)
        work *= self._inverse[force.dtype]
        result[self._inner] = fft.dst(work, type=1, axes=self._axes, nthreads=threads)
        return result

    def project(self, u: Array) -> Array:
        return u


class FreeSpace(Space):
    """Fluctuations free on the boundary but without mean gradient or translation (uniform traction, SUBC).

    The multiplier of the vanishing mean gradient is a uniform stress, hence the uniform traction. The projector takes
    the affine field with the same mean gradient, and the mean, out of a fluctuation.
    """

    def __init__(self, grid: Grid, reference: Array) -> None:
        angles = [np.pi * np.arange(n + 1) / n for n in grid.shape]
        angles = [_flat_angle(grid, axis, a) for axis, a in enumerate(angles)]
        self._grid = grid
        self._axes = tuple(axis + 2 for axis in range(3) if not (grid.flat and axis == 1))
        scale = 1.0 / float(np.prod([2 * grid.shape[axis - 2] for axis in self._axes]))
        self._inverse = _diagonal_symbol(grid, reference, (angles[0], angles[1], angles[2]), scale)

    @cached_property
    def _end_weights(self) -> Array:
        """Product of 1/2 at the ends and 1 inside along each free axis, (m0, m1, m2)."""
        weights = np.ones(self._grid.nodes)
        for axis in self._axes:
            ends = np.ones(self._grid.nodes[axis - 2])
            ends[[0, -1]] = 0.5
            shape = [1, 1, 1]
            shape[axis - 2] = -1
            weights = weights * ends.reshape(shape)
        return weights

    @cached_property
    def _affine(self) -> tuple[Array, Array]:
        """Centred coordinates (A, nodes) and mean-gradient functionals (A, nodes) of the free axes."""
        grid = self._grid
        coordinates, functionals = [], []
        for axis in (a - 2 for a in self._axes):
            n, h = grid.shape[axis], grid.spacing[axis]
            shape = [1, 1, 1]
            shape[axis] = -1
            x = (np.arange(n + 1) - n / 2) * h
            coordinates.append(np.broadcast_to(x.reshape(shape), grid.nodes).ravel())
            ends = np.zeros(n + 1)
            ends[0], ends[-1] = -1.0, 1.0
            across = self._end_weights * 2.0 * np.abs(ends).reshape(shape)
            functionals.append((across * ends.reshape(shape) / (grid.voxels * h)).ravel())
        return np.array(coordinates), np.array(functionals)

    def project(self, u: Array) -> Array:
        x, d = self._affine
        flat = u.reshape(u.shape[0] * u.shape[1], -1).astype(np.float64)
        flat = flat - np.einsum("cn,an->ca", flat, d) @ x
        flat -= flat.mean(axis=1, keepdims=True)
        projected: Array = flat.reshape(u.shape).astype(u.dtype)
        return projected

    def restrict(self, force: Array) -> Array:
        x, d = self._affine
        flat = force.reshape(force.shape[0] * force.shape[1], -1).astype(np.float64)
        flat = flat - flat.mean(axis=1, keepdims=True)
        flat -= np.einsum("cn,an->ca", flat, x) @ d
        restricted: Array = flat.reshape(force.shape).astype(force.dtype)
        return restricted

    def precondition(self, force: Array, threads: int) -> Array:
        from ducc0 import fft

        work = (force / self._end_weights).astype(force.dtype)
        work = fft.dct(work, type=1, axes=self._axes, nthreads=threads)
        work *= self._inverse[force.dtype]
        return self.project(fft.dct(work, type=1, axes=self._axes, nthreads=threads))


def fluctuation_space(grid: Grid, reference: Array) -> Space:
    """Space of the grid's boundary condition, preconditioned with `reference` (C, 3, C, 3) in array axes."""
    spaces: dict[str, Callable[[Grid, Array], Space]] = {
        "periodic": PeriodicSpace,
        "kubc": FixedSpace,
        "subc": FreeSpace,
    }
    return spaces[grid.boundary](grid, reference)
