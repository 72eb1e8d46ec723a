"""A box of liquid whose edge is the one at which its pressure is that of the surroundings.

Water packed around a solute keeps its distance: some 4 % of it are missing in a small box. At the volume as packed the
liquid is stretched, and sooner than being stretched it withdraws from what it wets least, the solute.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.errors import ConvergenceError
from scalebridge.molecules.adaptive._engine import Dynamics, new_context
from scalebridge.molecules.dynamics._system import openmm

Floats = npt.NDArray[np.float64]

BAR = 1.0
WINDOW = 3.0  # ps, over which the volume is averaged
BLOCKS = 6  # of a window
MOST = 20  # windows
ATTEMPT = 10  # steps between attempts of the barostat


def at_pressure(
    system: Any, molecules: Sequence[Sequence[int]], positions: Floats, how: Dynamics, seed: int
) -> tuple[Floats, Floats, Floats]:
    """Minimise the energy, and simulate at constant pressure, 1 bar, until the volume falls no more.

    Args:
        system: OpenMM system of a cube, with all atoms.
        molecules: atoms of each, which a change of the volume leaves as they are.
        positions: (N, 3) nm.
        how: integration; friction is strong.
        seed: of everything random.

    Returns:
        Positions and velocities, scaled to the mean volume of the last window, and the edges of the box, (3,) nm.

    Raises:
        ConvergenceError: the volume still falls after many windows.
    """
    mm = openmm()
    new = mm.XmlSerializer.deserialize(mm.XmlSerializer.serialize(system))
    barostat = mm.MonteCarloBarostat(BAR, how.temperature, ATTEMPT)
    barostat.setRandomNumberSeed(seed)
    new.addForce(barostat)
    context, integrator = new_context(new, replace(how, friction=10.0), seed)
    context.setPositions(positions)
    mm.LocalEnergyMinimizer.minimize(context, 50.0, 200)
    context.setVelocitiesToTemperature(how.temperature, seed)
    steps = max(round(WINDOW / how.timestep / BLOCKS / ATTEMPT), 1)
    before: Floats | None = None
    for _ in range(MOST):
        now = np.array([_block(context, integrator, steps) for _ in range(BLOCKS)])
        if before is not None and settled(before, now):
            break
        before = now
    else:
        raise ConvergenceError(
            f"The volume of the box still falls after {MOST * WINDOW:g} ps at {BAR:g} bar, to {now.mean():.2f} nm^3: "
            "begin with a smaller edge, or with more water"
        )
    state = context.getState(positions=True, velocities=True)
    # what a PDB file keeps of an edge
    edge = round(float(now.mean()) ** (1.0 / 3.0), 4)
    x = np.array(state.getPositions(asNumpy=True)._value)
    stretch = edge / state.getPeriodicBoxVectors()[0][0]._value
    for atoms in molecules:
        own = list(atoms)
        x[own] += (stretch - 1.0) * x[own].mean(axis=0)
    return x, np.array(state.getVelocities(asNumpy=True)._value), np.full(3, edge)


def settled(before: Floats, now: Floats) -> bool:
    """Whether the mean of blocks has not fallen by more than its standard error since the blocks before."""
    noise = np.hypot(*(x.std(ddof=1) / np.sqrt(len(x)) for x in (before, now)))
    return bool(now.mean() > before.mean() - noise)


def _block(context: Any, integrator: Any, steps: int) -> float:
    volumes = []
    for _ in range(steps):
        integrator.step(ATTEMPT)
        volumes.append(context.getState().getPeriodicBoxVolume()._value)
    return float(np.mean(volumes))
