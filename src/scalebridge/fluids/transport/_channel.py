"""Flow through a slit between two walls, driven by a body force: flow rate, viscosity and slip from one run."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scalebridge.errors import InputError
from scalebridge.fluids.atomistic import AbstractAtomistic, Controls, Targets, Thermostat, started
from scalebridge.fluids.atomistic._state import Floats
from scalebridge.fluids.transport._blocks import Measured

_BLOCKS = 20


@dataclass(frozen=True, slots=True)
class ChannelFlow:
    """What a slit does under a body force.

    Attributes:
        force: body force per mass.
        height: of the slit.
        flow: mass per time and width that passes.
        viscosity: from the curvature of the velocity profile.
        slip: slip length at the wall's surface, u / u' of the fitted parabola at height 0; negative where layers lock.
        heights: middles of the bins, (b,).
        velocity: mean along x, (b,).
        density: particles per volume, (b,).
    """

    force: float
    height: float
    flow: Measured
    viscosity: Measured
    slip: Measured
    heights: Floats
    velocity: Floats
    density: Floats


def measure_channel(
    model: AbstractAtomistic,
    force: float,
    seed: int = 1,
    steps: int = 40000,
    *,
    settle: int = 10000,
    layer: float | None = None,
    viscosity: float | None = None,
    friction: float = 0.5,
) -> ChannelFlow:
    """Flow through a closed slit of atoms.

    The velocity profile is fitted by u = c0 - c2 (y - H/2)^2 away from the walls: the viscosity is rho g / (2 c2), the
    slip length u/u' of the parabola at the wall's surface. Errors by jackknife over 20 blocks.

    Args:
        model: with a wall above (``closed=True``).
        force: body force per mass along x.
        seed: of start and noise.
        steps: measured.
        settle: steps before; several times density H^2 / (pi^2 viscosity).
        layer: distance from the walls at which the fit begins, where the density is the bulk's; 3 grains by default.
        viscosity: of the fluid, if it is known: the curvature follows from it, and the slip from the level of the
            profile alone, with a much smaller error.
        friction: of the thermostat on z, per mass: what keeps the heat of the flow small.

    Raises:
        InputError: the end is open, the slit is too narrow for the fit, or the viscosity is not positive.
        RunError: an atom flew off.
    """
    height, unit = model.size[1], model.units
    layer = 3.0 * model.grain if layer is None else layer
    _require_slit(model, layer, viscosity)
    centres, sums, samples = _sampled(model, force, seed, steps, settle, friction)
    inside = (centres > 0.0) & (centres < height)
    y, sums = centres[inside], sums[:, inside]
    bulk = (y > layer) & (y < height - layer)
    width = float(y[1] - y[0])

    def fitted(part: Floats) -> tuple[float, float, float]:
        total = part.sum(axis=0)
        u = total[:, 1] / np.maximum(total[:, 7], 1e-300)
        density = float(np.mean(total[bulk, 7])) / (len(part) * samples * model.area * width)
        square = (y[bulk] - height / 2.0) ** 2
        if viscosity is None:
            c2, c0 = np.polyfit(square, u[bulk], 1)
        else:
            c2 = -density * force / (2.0 * viscosity)
            c0 = np.average(u[bulk] - c2 * square, weights=total[bulk, 7])
        rate = float(total[:, 1].sum()) / (len(part) * samples * model.area)
        return rate, -density * force / (2.0 * c2), (c0 + c2 * height**2 / 4.0) / (-c2 * height)

    flow, eta, slip = _jackknife(sums, fitted)
    total = sums.sum(axis=0)
    return ChannelFlow(
        force,
        height,
        Measured(*flow, f"{unit.mass}/({unit.length} {unit.time})"),
        Measured(*eta, f"{unit.energy} {unit.time}/{unit.length}^3"),
        Measured(*slip, unit.length),
        y,
        total[:, 1] / np.maximum(total[:, 7], 1e-300),
        total[:, 0] / (_BLOCKS * samples * model.area * width),
    )


def _require_slit(model: AbstractAtomistic, layer: float, viscosity: float | None) -> None:
    if not model.closed:
        raise InputError("A channel needs a wall above too; build the atoms with closed=True")
    height, least = model.size[1], 2.0 * layer + 4.0 * model.grain
    if height < least:
        raise InputError(f"The slit is {height:g} high; a fit needs {least:g}, or a smaller layer")
    if viscosity is not None and not 0.0 < viscosity < math.inf:
        raise InputError(f"viscosity is {viscosity!r}; give that of the fluid, or None where it is to be measured")


def _sampled(
    model: AbstractAtomistic, force: float, seed: int, steps: int, settle: int, friction: float
) -> tuple[Floats, Floats, int]:
    """Centres of the bins, their sums in each block, and samples of a block."""
    start, noise = np.random.SeedSequence(seed).spawn(2)
    bath = Thermostat(-math.inf, math.inf, model.temperature, friction)
    controls = Controls(thermostats=(bath,), body_force=(force, 0.0, 0.0))
    atoms = model.equilibrate(start, settle // 2)
    simulation = started(model, atoms, controls, np.random.default_rng(noise), model.grain)
    try:
        simulation.run(settle, Targets())
        sums = np.array([simulation.run(steps // _BLOCKS, Targets()).sums for _ in range(_BLOCKS)])
        return simulation.books.centres, sums, simulation.books.samples
    finally:
        simulation.close()


def _jackknife(blocks: Floats, measure: Callable[[Floats], tuple[float, ...]]) -> list[tuple[float, float]]:
    """Value from all blocks and standard error from leaving each out, for every number that `measure` gives."""
    n = len(blocks)
    without = np.array([measure(np.delete(blocks, i, axis=0)) for i in range(n)])
    errors = np.sqrt((n - 1) / n * np.sum((without - without.mean(axis=0)) ** 2, axis=0))
    return [(float(value), float(error)) for value, error in zip(measure(blocks), errors, strict=True)]
