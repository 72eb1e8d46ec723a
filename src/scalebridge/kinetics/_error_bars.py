"""An error bar per species and time from the defect of the slow manifold.

With z' = F(z, w), w' = G(z, w) in full, and 0 = G(z, h(z)) in the reduced model, the fast variables lag behind by
dw = G_w^-1 h'(z) F to first order; this drives an error of the slow variables through the linearised slow dynamics,

    dz' = (F_z - F_w G_w^-1 G_z) dz + F_w dw,

started with what slow reactions do while the fast ones settle. Source: Tikhonov's theorem and its first-order terms;
O'Malley, Singular Perturbation Methods for Ordinary Differential Equations (1991), chapter 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.kinetics._slow_coordinates import Coordinates, turning
from scalebridge.kinetics.network import Network

if TYPE_CHECKING:
    from scalebridge.kinetics.reduced import Reduced

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Blocks:
    """Rates and derivatives in slow and fast coordinates at one state."""

    f: Floats
    g: Floats
    fz: Floats
    fw: Floats
    gz: Floats
    gw: Floats
    gt: Floats

    @property
    def fast_rate(self) -> Floats:
        """h'(z) F: how fast the fast variables move along the manifold."""
        return np.asarray(-np.linalg.solve(self.gw, self.gz @ self.f + self.gt), dtype=np.float64)

    def lag(self, fast_rate: Floats | None = None) -> Floats:
        """G_w^-1 (h'(z) F - G): how far the fast variables are behind, to first order."""
        rate = self.fast_rate if fast_rate is None else fast_rate
        return np.asarray(np.linalg.solve(self.gw, rate - self.g))

    @property
    def slow_matrix(self) -> Floats:
        """F_z - F_w G_w^-1 G_z."""
        return np.asarray(self.fz - self.fw @ np.linalg.solve(self.gw, self.gz))


def blocks(full: Network, p: Floats, c: Coordinates, n: Floats, t: float) -> Blocks:
    """Rates and derivatives of a network in coordinates `c` at amounts `n`."""
    regime, fast = full.regime, list(c.fast)
    n = np.ascontiguousarray(n)
    rate, j = regime.evaluate("f", t, n, p), regime.jacobian(t, n, p)
    h = 1e-6 * max(abs(t), 1e-6)
    late = regime.evaluate("f", t + h, n, p)
    return Blocks(
        c.to_slow @ rate, rate[fast], c.to_slow @ j @ c.from_slow, c.to_slow @ j @ c.from_fast,
        j[fast] @ c.from_slow, j[fast] @ c.from_fast, (late - rate)[fast] / h,
    )  # fmt: skip


@dataclass(frozen=True)
class ErrorBars:
    """Reduced values with their error.

    Attributes:
        times: shape (times,).
        names: species (and other states).
        values: reduced model, in the units of the symbols, shape (times, names).
        estimate: full minus reduced as predicted, same shape.
        bars: half widths, same shape.
        fast_ratio: slowest fast time scale over fastest slow one along the run, shape (times,): what must be small.
        layer: slowest fast time scale at the start, with which the initial layer dies out.
        known_until: first event of the reduced run; from there on `estimate`, `bars` and `fast_ratio` are NaN.
    """

    times: Floats
    names: tuple[str, ...]
    values: Floats
    estimate: Floats
    bars: Floats
    fast_ratio: Floats
    layer: float
    known_until: float = np.inf

    def __getitem__(self, name: str) -> tuple[Floats, Floats]:
        """Values and half widths of one species, shapes (times,)."""
        if name not in self.names:
            raise InputError(f"There is no state '{name}'; there are {', '.join(self.names[:20])}.")
        k = self.names.index(name)
        return self.values[:, k], self.bars[:, k]

    def effectivity(self, full: Floats, after: float = -np.inf) -> Floats:
        """Largest bar over largest true error, per species, shape (names,); NaN where there is no error.

        Args:
            full: values of the full model, shape (times, names).
            after: only times from here on.
        """
        late = self.times >= after
        error = np.abs(full - self.values)[late].max(0)
        scale = np.abs(full)[late].max(0)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = self.bars[late].max(0) / error
        return np.asarray(np.where(error > 1e-7 * scale, ratio, np.nan))


def error_bars(
    reduced: Reduced, times: Floats, *, safety: float = 1.2, refine: int = 200, begin: Floats | None = None
) -> ErrorBars:
    """See `Reduced.error_bars`.

    Args:
        reduced: the reduced network.
        times: where bars are wanted.
        safety: factor on the first-order estimate.
        refine: points on which the error is transported at least.
        begin: amounts of the full model's states at the first time; None for its start.
    """
    full, c = reduced.full, reduced.coordinates
    if reduced.network.definition.events and begin is None:
        until = first_event(reduced, times)
        if until <= times[-1]:
            return _until(reduced, times, until, safety, refine)
    grid = _grid(times, refine, reduced, full)
    trajectory = reduced.simulate(grid) if begin is None else reduced.continue_from(begin, grid)
    amounts = trajectory_amounts(full, trajectory.names, trajectory.values)
    n0, p = _full_start(full, float(times[0]))
    n0 = n0 if begin is None else begin
    at = [blocks(full, p, c, n, float(t)) for n, t in zip(amounts, grid, strict=True)]
    lag = np.array(
        [b.lag(_refined_rate(reduced, p, n, b, t)) for n, b, t in zip(amounts, at, grid.tolist(), strict=True)]
    )
    dz = _transport(grid, at, lag, _slow_start(at[0], c, n0, amounts[0], lag[0]))
    dw = lag - np.array([np.linalg.solve(b.gw, b.gz @ e) for b, e in zip(at, dz, strict=True)])
    second = (
        np.array([np.linalg.solve(b.gw, r) for b, r in zip(at, np.gradient(lag, grid, axis=0), strict=True)])
        if len(grid) > 2
        else 0 * lag
    )
    dw += _layer(grid, at, (n0 - amounts[0])[list(c.fast)] - dw[0])
    estimate = dz @ c.from_slow.T + dw @ c.from_fast.T
    rest = np.abs(second @ c.from_fast.T)
    bars = safety * np.abs(estimate) + rest
    keep = np.searchsorted(grid, times)
    size = _sizes(full, trajectory.names, trajectory.values, amounts)
    ratio = np.array([_ratio(b) for b in at])
    return ErrorBars(
        times, full.state_names, (amounts / size)[keep], (estimate / size)[keep], (bars / size)[keep], ratio[keep],
        1.0 / max(float(np.abs(np.linalg.eigvals(at[0].gw).real).min()), 1e-300),
    )  # fmt: skip


def first_event(reduced: Reduced, times: Floats) -> float:
    """When something jumps first in the reduced run; infinity where nothing does."""
    simulation = reduced.network._simulation(float(times[0]))
    simulation.run(times)
    return simulation.first_event


def _until(reduced: Reduced, times: Floats, until: float, safety: float, refine: int) -> ErrorBars:
    """Bars before the first event; values from there on, too."""
    before = times[times < until]
    names = reduced.full.state_names
    shape = (len(times), len(names))
    estimate, bars, ratio, layer = np.full(shape, np.nan), np.full(shape, np.nan), np.full(len(times), np.nan), 0.0
    if len(before):
        known = error_bars(reduced, before, safety=safety, refine=refine)
        k = len(before)
        estimate[:k], bars[:k], ratio[:k], layer = known.estimate, known.bars, known.fast_ratio, known.layer
    run = reduced.simulate(times)
    values = np.column_stack([run[n] for n in names])
    return ErrorBars(times, names, values, estimate, bars, ratio, layer, until)


def _refined_rate(reduced: Reduced, p: Floats, n: Floats, b: Blocks, t: float) -> Floats | None:
    """h'(z) F on the refined manifold, where the first-order lag is already in h."""
    if reduced.relation != "refined":
        return None
    regime, c = reduced.full.regime, reduced.coordinates

    def field(x: Floats) -> tuple[Floats, Floats]:
        return regime.evaluate("f", t, x, p), regime.jacobian(t, x, p)

    along = turning(field, c, n, np.column_stack([c.from_fast, c.from_slow @ b.f]))
    return np.asarray(-np.linalg.solve(along[:, :-1], along[:, -1]))


def trajectory_amounts(full: Network, names: tuple[str, ...], values: Floats) -> Floats:
    """Amounts of the full network's states in a trajectory of it or of its reduced form, shape (times, states)."""
    columns = []
    for s, n in zip(full.system.states, full.state_names, strict=True):
        columns.append(names.index(f"amount({n})" if s.name.startswith("amount(") else n))
    return np.ascontiguousarray(values[:, columns])


def _sizes(full: Network, names: tuple[str, ...], values: Floats, amounts: Floats) -> Floats:
    """What amounts are divided by to be what the symbols mean."""
    out = np.ones_like(amounts)
    b = full.system.builder  # type: ignore[attr-defined]
    for k, n in enumerate(full.state_names):
        v = full.definition.variables[n]
        if b.concentration(v):
            out[:, k] = values[:, names.index(v.compartment)]
    return out


def _full_start(full: Network, start: float) -> tuple[Floats, Floats]:
    simulation = full._simulation(start)
    return simulation.y.copy(), simulation.p


def _grid(times: Floats, refine: int, reduced: Reduced, full: Network) -> Floats:
    """The asked times, and enough between them to follow the slow dynamics and the initial layer."""
    start, end = float(times[0]), float(times[-1])
    if end == start:
        return times
    p = _full_start(full, start)[1]
    b = blocks(full, p, reduced.coordinates, reduced.start, start)
    tau = 1.0 / max(float(np.abs(np.linalg.eigvals(b.gw).real).min()), 1e-300)
    early = min(tau / 10.0, (end - start) / 10.0)
    late = np.geomspace(early, end - start, refine) + start
    return np.unique(np.concatenate([times, np.clip(late, start, end), np.linspace(start, end, refine)]))


def _slow_start(b: Blocks, c: Coordinates, n0: Floats, settled: Floats, lag: Floats) -> Floats:
    """Error of the slow variables after the initial layer."""
    jump = (n0 - settled)[list(c.fast)] - lag
    return np.asarray(c.to_slow @ (n0 - settled) - b.fw @ np.linalg.solve(b.gw, jump))


def _transport(grid: Floats, at: list[Blocks], lag: Floats, start: Floats) -> Floats:
    """dz' = A dz + F_w dw by the trapezoidal rule."""
    out = np.empty((len(grid), len(start)))
    out[0] = start
    eye = np.eye(len(start))
    drive = [b.fw @ e for b, e in zip(at, lag, strict=True)]
    matrix = [b.slow_matrix for b in at]
    for k in range(len(grid) - 1):
        h = grid[k + 1] - grid[k]
        right = (eye + 0.5 * h * matrix[k]) @ out[k] + 0.5 * h * (drive[k] + drive[k + 1])
        out[k + 1] = np.linalg.solve(eye - 0.5 * h * matrix[k + 1], right)
    return out


def _layer(grid: Floats, at: list[Blocks], jump: Floats) -> Floats:
    """The initial layer of the fast variables, exp(G_w t) of their distance from the manifold."""
    values, vectors = np.linalg.eig(at[0].gw)
    weights = np.linalg.solve(vectors, jump.astype(complex))
    return np.asarray(
        (np.exp(np.minimum(values.real, 0.0)[None] * (grid - grid[0])[:, None]
                + 1j * values.imag[None] * (grid - grid[0])[:, None]) * weights) @ vectors.T
    ).real  # fmt: skip


def _ratio(b: Blocks) -> float:
    fast = np.abs(np.linalg.eigvals(b.gw).real).min()
    slow = np.abs(np.linalg.eigvals(b.slow_matrix)).max(initial=0.0)
    return float(slow / fast) if fast > 0.0 else np.inf
