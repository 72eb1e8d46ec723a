"""Pressure of bulk water, which an open end must carry."""

from __future__ import annotations

import math

import numpy as np

from scalebridge.errors import InputError
from scalebridge.fluids.atomistic import BAR, KELVIN
from scalebridge.fluids.atomistic._engine import Engine
from scalebridge.fluids.atomistic._water_build import bulk_water
from scalebridge.fluids.transport._blocks import Measured, block_mean


def measure_water_pressure(
    kelvin: float = 298.15,
    kg_per_m3: float = 997.0,
    seed: int = 1,
    steps: int = 10000,
    *,
    molecules: int = 343,
    cutoff: float = 0.9,
    time_step: float = 0.002,
    settle: int = 5000,
) -> Measured:
    """Pressure of SPC/E water as `fluids.atomistic.Water` moves it, in bar, from the virial under a thermostat.

    Truncated as it is there, water at 997 kg/m^3 has not the pressure of one bar. Per 1 % of density it is some 220 bar.

    Args:
        kelvin: temperature.
        kg_per_m3: mass density.
        seed: of places, velocities and noise.
        steps: measured.
        molecules: in a periodic cube; a number n^3 melts fastest.
        cutoff: of the forces, nm.
        time_step: ps.
        settle: steps before.

    Raises:
        InputError: a cube smaller than twice the cut-off.
        RunError: an atom flew off.
    """
    engine = Engine()
    try:
        edge = bulk_water(engine, molecules, kelvin * KELVIN, kg_per_m3, cutoff, np.random.default_rng(seed))
        if edge < 2.0 * cutoff:
            need = math.ceil(molecules * (2.0 * cutoff / edge) ** 3)
            raise InputError(f"{molecules} molecules fill a cube of {edge:.2f} nm, less than twice the cut-off; take {need}")
        warmth = kelvin * KELVIN
        engine.command(
            f"""
            timestep {time_step!r}
            fix move all nve
            fix bath all langevin {warmth!r} {warmth!r} 0.2 {seed}
            fix shape all shake 1e-8 200 0 b 1 a 1
            thermo_style custom step press
            """
        )
        engine.run(settle, setup=True)
        engine.command("fix sampled all vector 10 c_thermo_press")
        engine.run(steps, setup=True)
        return block_mean(engine.fix_vector("sampled") / BAR, "bar")
    finally:
        engine.close()
