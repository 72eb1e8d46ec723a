"""One change of all tables from the statistics of an iteration: each method is a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.molecules.coarse._settings import Fit
from scalebridge.molecules.coarse._tables import Table
from scalebridge.molecules.coarse._target import Target
from scalebridge.molecules.inverse import (
    EntropySlope,
    entropy_slope,
    gauss_newton_update,
    ibi_update,
    imc_update,
    multistate_update,
    newton_step,
    reweight,
    simple_amplitude,
    wjk_amplitude,
)
from scalebridge.molecules.inverse._boltzmann import well_sampled
from scalebridge.molecules.inverse._monte_carlo import mixing
from scalebridge.molecules.potentials import Basis
from scalebridge.molecules.statistics import BAR, Distribution

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Changes = dict[str, tuple[Floats, Mask]]


@dataclass(frozen=True, eq=False)
class Sample:
    """Statistics of a state point under the current potentials.

    Attributes:
        target: what is wanted.
        found: distributions of the coarse simulation.
        pressure: bar.
    """

    target: Target
    found: Mapping[str, Distribution]
    pressure: float


    def pair(self, name: str, points: int) -> tuple[Floats, Floats, Mask]:
        """g(r) found and wanted at the first points, and where both were sampled."""
        found, wanted = self.found[name].mean[:points], self.target.distributions[name].mean[:points]
        return found, wanted, well_sampled(found) & well_sampled(wanted)

    def wanted_counts(self, name: str, points: int) -> Floats:
        """Counts that a frame of the coarse simulation should have at the first points."""
        return np.asarray(self.target.distributions[name].mean[:points] * self.found[name].expected[:points])


def changed_tables(fit: Fit, tables: Mapping[str, Table], samples: tuple[Sample, ...]) -> dict[str, Table]:
    """Tables after one step of the method, with the pressure correction where it is asked for."""
    weights = [sample.target.weight for sample in samples]
    asked = [_asked(fit, tables, sample) for sample in samples]
    result = {}
    for name, table in tables.items():
        kind = name.split(" ", 1)[0]
        seen = np.all([changes[name][1] for changes in asked], axis=0)
        change = multistate_update([changes[name][0] for changes in asked], weights) * len(asked) / sum(weights)
        limit = 2.0 * samples[0].target.kt
        change = (fit.scale if kind == "pair" else fit.bonded_scale) * np.clip(change, -limit, limit)
        if kind == "pair" and fit.pressure is not None:
            slope = np.mean([_amplitude(fit, name, table, sample) for sample in samples])
            change = change + slope * (1.0 - table.x / table.x[-1])
        result[name] = table.changed(change, seen, kind)
    return result


def _asked(fit: Fit, tables: Mapping[str, Table], sample: Sample) -> Changes:
    pairs = [name for name in tables if name.startswith("pair")]
    changes = _METHODS[fit.method](fit, tables, sample, pairs) if pairs else {}
    for name in tables:
        if name not in changes:
            found, wanted = sample.found[name].mean, sample.target.distributions[name].mean
            changes[name] = ibi_update(found, wanted, sample.target.kt)
    return changes


def _ibi(fit: Fit, tables: Mapping[str, Table], sample: Sample, pairs: list[str]) -> Changes:
    changes = {}
    for name in pairs:
        found, wanted, _ = sample.pair(name, len(tables[name].x))
        changes[name] = ibi_update(found, wanted, sample.target.kt)
    return changes


def _imc(fit: Fit, tables: Mapping[str, Table], sample: Sample, pairs: list[str]) -> Changes:
    n = [len(tables[name].x) for name in pairs]
    counts = np.concatenate([sample.found[name].counts[:, :k] for name, k in zip(pairs, n, strict=True)], axis=1)
    wanted = [sample.wanted_counts(name, k) for name, k in zip(pairs, n, strict=True)]
    change = imc_update(counts, np.concatenate(wanted), sample.target.kt, ridge=fit.regularisation)
    changes = {}
    for name, part in zip(pairs, np.split(change, np.cumsum(n)[:-1]), strict=True):
        changes[name] = part, sample.pair(name, len(part))[2]
    return changes


def _gn(fit: Fit, tables: Mapping[str, Table], sample: Sample, pairs: list[str]) -> Changes:
    if len(pairs) != 1 or len(tables) != 1:
        raise InputError("Integral-equation Gauss-Newton is for liquids of one kind of bead; use ibi, imc or re")
    name = pairs[0]
    table, target = tables[name], sample.target
    found, wanted = sample.found[name], target.distributions[name]
    pressure = None if fit.pressure is None else (sample.pressure / BAR, fit.pressure / BAR)
    r = found.grid.centers
    reach = len(r) if len(wanted.mean) >= len(r) else len(wanted.mean)
    change = gauss_newton_update(
        r[:reach], found.mean[:reach], wanted.mean[:reach], target.density, target.kt, fit.cutoff, pressure=pressure
    )
    n = len(table.x)
    return {name: (change[:n], sample.pair(name, n)[2])}


def _re(fit: Fit, tables: Mapping[str, Table], sample: Sample, pairs: list[str]) -> Changes:
    """Newton's steps in the coefficients of splines, repeated on reweighted frames as long as these are worth enough."""
    target = sample.target
    rows = {name: free_splines(fit, tables[name], sample.found[name]) for name in pairs}
    counts = {name: sample.found[name].counts[:, : len(tables[name].x)] for name in pairs}
    coarse = np.concatenate([counts[name] @ rows[name] for name in pairs], axis=1)
    fine = np.concatenate([sample.wanted_counts(name, len(tables[name].x)) @ rows[name] for name in pairs])
    step = np.zeros(coarse.shape[1])
    weights, beta = None, 1.0 / target.kt
    alone = _independent(sample, rows, pairs) * beta**2
    share = mixing(len(step), len(coarse))
    for _ in range(10):
        slope = entropy_slope(fine, coarse, beta, weights=weights)
        slope = EntropySlope(slope.gradient, (1.0 - share) * slope.hessian + share * alone)
        root = np.sqrt(np.maximum(np.diag(slope.hessian), 1e-12))
        scaled = EntropySlope(slope.gradient / root, slope.hessian / np.outer(root, root))
        move = newton_step(scaled, ridge=fit.regularisation) / root
        weights, worth = reweight(coarse @ (step + move), beta)
        if worth < fit.effective * len(coarse):
            # as far as the frames carry
            step = step + move if not step.any() else step
            break
        step = step + move
    sizes = np.cumsum([rows[name].shape[1] for name in pairs])[:-1]
    changes = {}
    for name, part in zip(pairs, np.split(step, sizes), strict=True):
        changes[name] = rows[name] @ part, sample.pair(name, len(tables[name].x))[2]
    return changes


def _independent(sample: Sample, rows: Mapping[str, Floats], pairs: list[str]) -> Floats:
    """Covariance of the splines' sums if pairs were independent: what few frames are mixed with."""
    from scipy.linalg import block_diag

    parts = []
    for name in pairs:
        mean = sample.found[name].counts.mean(axis=0)[: len(rows[name])]
        parts.append((rows[name].T * mean) @ rows[name])
    return np.asarray(block_diag(*parts))


def free_splines(fit: Fit, table: Table, found: Distribution) -> Floats:
    """Cubic B-splines of a pair that data can determine, at the points of its table, shape (b, k).

    The last three are left out: energy, force and its slope vanish at the cutoff.
    """
    cutoff = float(table.x[-1])
    basis = Basis(0.0, cutoff, max(round(cutoff / fit.knots), 6), 3)
    rows = basis.matrix(table.x)[:, :-3]
    held = found.counts.mean(axis=0)[: len(table.x)] @ rows
    return rows[:, held > 1e-4 * held.max()]


def _amplitude(fit: Fit, name: str, table: Table, sample: Sample) -> float:
    """Amplitude of the linear pressure correction; Gauss-Newton has its own."""
    assert fit.pressure is not None
    kt = sample.target.kt
    if fit.method == "gn":
        return 0.0
    if fit.pressure_method == "simple":
        scale = 3e-4 if fit.pressure_scale is None else fit.pressure_scale
        return simple_amplitude(sample.pressure, fit.pressure, kt, scale=scale)
    # with several kinds of pairs each takes the share that all of them as one liquid would
    found = sample.found
    pairs = [other for other in found if other.startswith("pair")]
    expected = np.sum([found[other].expected for other in pairs], axis=0)
    g = np.sum([found[other].expected * found[other].mean for other in pairs], axis=0) / expected
    r = found[name].grid.centers
    scale = 1.0 if fit.pressure_scale is None else fit.pressure_scale
    return wjk_amplitude(
        sample.pressure, fit.pressure, r, g, float(table.x[-1]), sample.target.density, kt, scale=scale
    )


_METHODS: dict[str, Callable[[Fit, Mapping[str, Table], Sample, list[str]], Changes]] = {
    "ibi": _ibi,
    "imc": _imc,
    "gn": _gn,
    "re": _re,
}
