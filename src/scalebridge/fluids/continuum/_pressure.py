"""The pressure equation: fast transforms on a plain box, a sparse factor or preconditioned CG with obstacles.

The matrix is the discrete divergence of the discrete gradient, so that the projected velocity has no divergence but
that of rounding.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Literal, final

import numpy as np
import numpy.typing as npt
import scipy.fft
import scipy.sparse as sp
import scipy.sparse.linalg as spla
from scipy import ndimage

from scalebridge.errors import ConvergenceError
from scalebridge.fluids.continuum._grid import Grid
from scalebridge.fluids.continuum._interface import Floats

Side = Literal["closed", "open", "mixed"]
_DIRECT = {1: 10**6, 2: 80_000, 3: 12_000}


class PoissonSolver(ABC):
    """Solves -div grad p = b on the grid; p is zero at open ends, its flux is zero at closed ones."""

    @abstractmethod
    def solve(self, b: Floats) -> Floats:
        """p of the grid's shape; its mean is zero in every region without open end.

        Args:
            b: right-hand side of the grid's shape; zero in cells without fluid, its sum zero in closed regions.
        """


@final
class Transforms(PoissonSolver):
    """Cosine, sine and Fourier transforms: closed, open and periodic sides, no obstacles. Direct.

    Args:
        grid: the grid.
        sides: lower and upper side of each axis.
        constant: what a constant right-hand side gives where no side is open; a preconditioner needs it positive.
    """

    def __init__(self, grid: Grid, sides: tuple[tuple[Side, Side], ...], constant: float = 0.0) -> None:
        self._kind: list[tuple[str, int, bool]] = []
        eigenvalues: list[Floats] = []
        for a, (n, h) in enumerate(zip(grid.cells, grid.spacing, strict=True)):
            k = np.arange(n)
            if grid.periodic[a]:
                angle = 2.0 * np.pi * k / n
                self._kind.append(("fft", 0, False))
            elif sides[a] == ("closed", "closed"):
                angle = np.pi * k / n
                self._kind.append(("dct", 2, False))
            elif sides[a] == ("open", "open"):
                angle = np.pi * (k + 1) / n
                self._kind.append(("dst", 2, False))
            else:
                angle = np.pi * (k + 0.5) / n
                self._kind.append(("dct" if sides[a][0] == "closed" else "dst", 4, False))
            eigenvalues.append((2.0 - 2.0 * np.cos(angle)) / h**2)
        self._periodic = tuple(a for a in range(3) if grid.periodic[a] and grid.cells[a] > 1)
        if self._periodic:
            last = self._periodic[-1]
            eigenvalues[last] = eigenvalues[last][: grid.cells[last] // 2 + 1]
        self._shape = grid.cells
        x, y, z = eigenvalues
        total = x[:, None, None] + y[None, :, None] + z[None, None, :]
        zero = total <= 1e-14 * total.max()
        self._inverse = np.where(zero, constant, 1.0 / np.where(zero, 1.0, total))

    def solve(self, b: Floats) -> Floats:
        """p of the grid's shape."""
        x: npt.NDArray[Any] = b
        plain = [(a, kind, t) for a, (kind, t, _) in enumerate(self._kind) if kind != "fft" and self._shape[a] > 1]
        for a, kind, t in plain:
            x = (scipy.fft.dct if kind == "dct" else scipy.fft.dst)(x, type=t, axis=a, norm="ortho")
        if self._periodic:
            x = scipy.fft.rfftn(x, axes=self._periodic)
        x = x * self._inverse
        if self._periodic:
            x = scipy.fft.irfftn(x, s=[self._shape[a] for a in self._periodic], axes=self._periodic)
        for a, kind, t in plain:
            x = (scipy.fft.idct if kind == "dct" else scipy.fft.idst)(x, type=t, axis=a, norm="ortho")
        return np.ascontiguousarray(x)


@final
class Sparse(PoissonSolver):
    """Any obstacles and openings: a sparse factor, or CG with the plain box as preconditioner where that is too big.

    A closed obstacle filled with fluid changes the energy of a pressure field by a bounded factor, so that the number
    of iterations does not grow with the grid.
    """

    def __init__(self, grid: Grid, opened: npt.NDArray[np.bool_], box: Transforms, tolerance: float = 1e-14) -> None:
        self._cells = grid.fluid.ravel()
        self._matrix = matrix(grid, opened)
        self._shape = grid.cells
        self._box = box
        self._tolerance = tolerance
        region, _, is_open = regions(grid, opened)
        self._region = region.ravel()[self._cells]
        self._closed = np.flatnonzero(~is_open)
        self._factor: Any = None
        dimensions = sum(n > 1 for n in grid.cells)
        if self._matrix.shape[0] <= _DIRECT[max(dimensions, 1)]:
            pinned = self._matrix.tolil()
            for one in self._closed:
                first = int(np.argmax(self._region == one))
                pinned[first, first] = 2.0 * pinned[first, first] + 1.0 / grid.spacing[0] ** 2
            self._factor = spla.splu(pinned.tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})

    def solve(self, b: Floats) -> Floats:
        """p of the grid's shape.

        Raises:
            ConvergenceError: CG stopped early.
        """
        right = self._centred(b.ravel()[self._cells])
        if self._factor is not None:
            x = self._factor.solve(right)
            x += self._factor.solve(self._centred(right - self._matrix @ x))
        else:
            x = self._iterate(right)
        result = np.zeros(self._cells.size)
        result[self._cells] = self._centred(x)
        return result.reshape(self._shape)

    def _centred(self, x: Floats) -> Floats:
        """Take the mean from each closed region."""
        for region in self._closed:
            here = self._region == region
            x[here] -= x[here].mean()
        return x

    def _iterate(self, right: Floats) -> Floats:
        size = np.zeros(self._cells.size)

        def precondition(r: Floats) -> Floats:
            size[self._cells] = r
            return self._box.solve(size.reshape(self._shape)).ravel()[self._cells]

        n = len(right)
        norm = float(np.linalg.norm(right))
        if norm == 0.0:
            return np.zeros(n)
        m = spla.LinearOperator((n, n), precondition)
        x = np.zeros(n)
        for _ in range(2):  # the second pass takes away what rounding left
            rest = self._centred(right - self._matrix @ x)
            atol = max(self._tolerance, 1e-15) * norm
            if np.linalg.norm(rest) <= 2.0 * atol:
                break
            step, flag = spla.cg(self._matrix, rest, rtol=0.0, atol=atol, maxiter=2000, M=m)
            x = x + step
            if flag != 0 and np.linalg.norm(right - self._matrix @ x) > 1e-10 * norm:
                raise ConvergenceError(
                    "The pressure equation did not converge in 2000 iterations of conjugate gradients; look for "
                    "regions that are joined by single cells only, and widen them."
                )
        return x


def matrix(grid: Grid, opened: npt.NDArray[np.bool_]) -> sp.csr_matrix:
    """-div grad on fluid cells; ends that are open hold zero at the face, half a cell away."""
    index = np.full(grid.cells, -1)
    index[grid.fluid] = np.arange(int(grid.fluid.sum()))
    rows, columns, values = [], [], []
    diagonal = np.zeros(int(grid.fluid.sum()))
    for a, h in enumerate(grid.spacing):
        if grid.cells[a] == 1 and grid.periodic[a]:
            continue
        low, high = np.moveaxis(index, a, 0)[:-1], np.moveaxis(index, a, 0)[1:]
        if grid.periodic[a]:
            low, high = np.moveaxis(index, a, 0), np.roll(np.moveaxis(index, a, 0), -1, axis=0)
        both = (low >= 0) & (high >= 0)
        i, j = low[both], high[both]
        rows += [i, j]
        columns += [j, i]
        values += [np.full(2 * len(i), -1.0 / h**2)]
        np.add.at(diagonal, i, 1.0 / h**2)
        np.add.at(diagonal, j, 1.0 / h**2)
    ends = grid.ends
    cells = index[tuple(ends.cell[opened].T)]
    np.add.at(diagonal, cells, 2.0 / np.array(grid.spacing)[ends.axis[opened]] ** 2)
    n = len(diagonal)
    rows, columns, values = [*rows, np.arange(n)], [*columns, np.arange(n)], [*values, diagonal]
    return sp.csr_matrix((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=(n, n))


def poisson_solver(grid: Grid, opened: npt.NDArray[np.bool_]) -> PoissonSolver:
    """The fastest solver for this grid.

    Args:
        grid: the grid.
        opened: which of the grid's ends hold a given pressure.
    """
    sides = tuple((_side(grid, opened, a, -1), _side(grid, opened, a, 1)) for a in range(3))
    mixed = any("mixed" in pair for pair in sides)
    if not mixed and bool(grid.fluid.all()):
        return Transforms(grid, sides)
    plain: Any = tuple(tuple("closed" if s == "mixed" else s for s in pair) for pair in sides)
    longest = max(grid.size) ** 2 / np.pi**2
    return Sparse(grid, opened, Transforms(grid, plain, constant=longest))


def regions(grid: Grid, opened: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.int64], int, npt.NDArray[np.bool_]]:
    """Connected regions of fluid: their number in each cell (-1 without fluid), how many, which have an open end."""
    label, count = ndimage.label(grid.fluid)
    label = label - 1
    parents = list(range(count))

    def root(i: int) -> int:
        while parents[i] != i:
            i = parents[i]
        return i

    for a in range(3):
        if grid.periodic[a]:
            first, last = np.take(label, 0, axis=a), np.take(label, -1, axis=a)
            joined = (first >= 0) & (last >= 0)
            for i, j in {(int(p), int(q)) for p, q in zip(first[joined], last[joined], strict=True)}:
                parents[root(i)] = root(j)
    roots = np.array([root(i) for i in range(count)], dtype=np.int64)
    names, compact = np.unique(roots, return_inverse=True)
    region = np.where(label >= 0, compact[np.maximum(label, 0)] if count else -1, -1)
    is_open = np.zeros(len(names), bool)
    is_open[region[tuple(grid.ends.cell[opened].T)]] = True
    return region, len(names), is_open


def _side(grid: Grid, opened: npt.NDArray[np.bool_], axis: int, side: int) -> Side:
    ends = grid.ends
    last = grid.cells[axis] if side > 0 else 0
    here = (ends.axis == axis) & (ends.side == side) & (ends.face[:, axis] == last)
    if not here.any() or not opened[here].any():
        return "closed"
    return "open" if opened[here].all() else "mixed"
