"""Fine against coarse: the essential physics, with error bars and warnings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.molecules.coarse._target import Target
from scalebridge.molecules.dynamics import Simulation
from scalebridge.molecules.inverse import similarity
from scalebridge.molecules.statistics import Distribution, collect, compressibility, diffusion

if TYPE_CHECKING:
    from scalebridge.molecules.coarse._model import CoarseModel

Floats = npt.NDArray[np.float64]
Value = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Comparison:
    """What the coarse model keeps and what it does not.

    Attributes:
        fine: distributions of the target by term.
        coarse: distributions of the coarse simulation by term.
        similarity: 1 - sum |p - p*| / sum (|p| + |p*|) of each term.
        misfit: root mean square difference of each term over the common range.
        pressure: fine (None where not known) and coarse with its standard error, bar.
        compressibility: fine and coarse with standard errors, 1/bar; empty for beads of several kinds or chains.
        diffusion: fine and coarse with standard errors, nm^2/ps; empty where the fine trajectory has no times.
        timescale: diffusion of the coarse model over that of the fine one: how much faster its clock runs.
        warnings: what this model cannot represent, one sentence each.
    """

    fine: Mapping[str, Distribution]
    coarse: Mapping[str, Distribution]
    similarity: Mapping[str, float]
    misfit: Mapping[str, float]
    pressure: tuple[float | None, Value]
    compressibility: tuple[Value, ...] = ()
    diffusion: tuple[Value, ...] = ()
    timescale: float | None = None
    warnings: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        lines = [
            f"{name}: similarity {self.similarity[name]:.4f}, rms {self.misfit[name]:.4f}" for name in self.similarity
        ]
        wanted = "not known" if self.pressure[0] is None else f"{self.pressure[0]:.0f} bar"
        lines.append(f"pressure: fine {wanted}, coarse {self.pressure[1][0]:.0f} +- {self.pressure[1][1]:.0f} bar")
        for label, pair, unit in (
            ("compressibility", self.compressibility, "1/bar"),
            ("diffusion", self.diffusion, "nm^2/ps"),
        ):
            if pair:
                values = ", ".join(
                    f"{side} {value:.3g} +- {error:.1g}"
                    for side, (value, error) in zip(("fine", "coarse"), pair, strict=False)
                )
                lines.append(f"{label}: {values} {unit}")
        if self.timescale is not None:
            lines.append(f"time-scale factor: {self.timescale:.3g}")
        return "\n".join([*lines, *(f"warning: {text}" for text in self.warnings)])


def compare(model: CoarseModel, target: Target, run: Simulation) -> Comparison:
    """See `CoarseModel.compare`."""
    if len(target.beads) != len(model.beads):
        raise InputError(f"The reference has {len(target.beads)} beads and the model {len(model.beads)}")
    grids = {name: distribution.grid for name, distribution in target.distributions.items()}
    found = collect(run.frames, model.beads, grids)
    alike, away = {}, {}
    for name, wanted in target.distributions.items():
        alike[name] = similarity(found[name].mean, wanted.mean)
        away[name] = float(np.sqrt(np.mean((found[name].mean - wanted.mean) ** 2)))
    moves = _diffusion(model, target, run)
    factor = moves[1][0] / moves[0][0] if len(moves) == 2 and moves[0][0] > 0.0 else None
    result = Comparison(
        target.distributions, found, alike, away, (target.pressure, run.pressure), _compressibility(target, found),
        moves, factor,
    )  # fmt: skip
    return Comparison(**{**result.__dict__, "warnings": tuple(_warnings(result))})


def _compressibility(target: Target, found: Mapping[str, Distribution]) -> tuple[Value, ...]:
    pairs = [name for name in found if name.startswith("pair")]
    if len(pairs) != 1 or len(found) != 1:
        return ()
    both = (target.distributions[pairs[0]], found[pairs[0]])
    return tuple(_with_error(distribution, target) for distribution in both)


def _with_error(distribution: Distribution, target: Target, blocks: int = 5) -> Value:
    r = distribution.grid.centers
    value = compressibility(r, distribution.mean, target.density, target.kt)
    if len(distribution.counts) < 2 * blocks:
        return value, float("inf")
    parts = [
        compressibility(r, distribution.normalised(part.mean(axis=0)), target.density, target.kt)
        for part in np.array_split(distribution.counts, blocks)
    ]
    return value, float(np.std(parts, ddof=1) / np.sqrt(blocks))


def _diffusion(model: CoarseModel, target: Target, run: Simulation) -> tuple[Value, ...]:
    frames = target.frames
    if frames is None or frames.times is None or len(frames) < 20 or len(run.frames) < 20:
        return ()
    beads = model.beads
    return (
        diffusion(frames, target.beads.molecules, target.beads.masses),
        diffusion(run.frames, beads.molecules, beads.masses),
    )


def _warnings(found: Comparison) -> list[str]:
    """Where the coarse model is not representable: energy and pressure cannot both be those of the atoms."""
    texts = []
    fine, (coarse, error) = found.pressure
    if fine is not None and abs(coarse - fine) > max(100.0, 3.0 * error):
        texts.append(
            f"the pressure is {coarse:.0f} bar where the atoms have {fine:.0f} bar: pair potentials that keep the "
            "structure need not keep the pressure; use pressure=..., and keep the volume fixed otherwise"
        )
    if found.timescale is not None and not 0.8 < found.timescale < 1.25:
        texts.append(
            f"beads move {found.timescale:.2g} times as fast as atoms: divide times of dynamics by this factor"
        )
    for name, value in found.similarity.items():
        if value < 0.95:
            texts.append(
                f"{name} is kept to a similarity of {value:.3f} only: this method or this mapping cannot hold it"
            )
    return texts
