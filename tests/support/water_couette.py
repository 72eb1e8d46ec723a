"""Start-up Couette flow of water, atoms and continuum: 0.3 nm/ps across 6 nm."""

from __future__ import annotations

import numpy as np

from scalebridge.fluids.atomistic import MILLIPASCAL_SECOND, Water
from scalebridge.fluids.continuum import Continuum, Liquid, Wall
from scalebridge.fluids.hybrid import Hybrid, Overlap, StartUpCouette
from scalebridge.fluids.hybrid._noise import window_error
from scalebridge.fluids.transport import Measured, measure_channel

HEIGHT, SPEED = 6.0, 0.3
VISCOSITY = 0.72 * MILLIPASCAL_SECOND


def still_plane(seed=2, steps=60_000, height=3.0, rate=0.1):
    """Height above the wall's surface at which water stands still, with its error, and density between the layers.

    From the level of plane Poiseuille flow whose curvature is that of the bulk's viscosity, which is known to 3 %. The
    slit is filled so that its middle has the density of the hybrid, kg/m^3; its walls see the shear `rate`, 1/ps.
    """
    slit = Water(kg_per_m3=1005.0, size=(2.0, height, 2.0), closed=True)
    mass = Water(bar=0.0).density * slit.mass
    force = 2.0 * VISCOSITY * rate / (mass * height)
    flow = measure_channel(slit, force, seed, steps, settle=6000, viscosity=VISCOSITY, friction=5.0)
    inner = np.abs(flow.heights - height / 2.0) < height / 2.0 - 3.0 * slit.grain
    density = float(flow.density[inner].mean() * slit.mass / 0.602214076)
    error = np.hypot(flow.slip.error, 0.03 * (height / 4.0 + flow.slip.value))
    return Measured(-flow.slip.value, float(error), "nm"), density


def water_couette(instances=1, cycles=300, plane=0.0) -> Hybrid:
    """Pressure and viscosity are those that `transport` measures in bulk."""
    water, overlap = Water(size=(2.0, 3.6, 2.0), buffer=0.6, bar=120.0), Overlap((0.9, 1.2), (2.1, 2.55, 3.0))
    mass = water.density * water.mass
    continuum = Continuum(
        (water.lengths[0], HEIGHT - overlap.interface, water.lengths[2]),
        (1, 33, 1),
        Liquid(mass, VISCOSITY),
        {"y-": Wall(), "y+": Wall(velocity=(SPEED, 0.0, 0.0))},
    )
    return Hybrid(
        water, continuum, overlap, VISCOSITY, cycles=cycles, cycles_per_step=100, steps_per_cycle=50,
        instances=instances, friction=5.0, bin_width=0.15,
        reference=StartUpCouette(HEIGHT, SPEED, VISCOSITY / mass, plane=plane),
    )  # fmt: skip


def deviations(bridge, windows):
    """Velocity less theory in the bins between wall layers and constraint, window by window, (windows, bins)."""
    heights = bridge.bin_width * (np.arange(windows.shape[1]) + 0.5)
    duration = bridge.cycles_per_step * bridge.coupler.duration
    inside = (heights > 0.3) & (heights < bridge.overlap.constraint[0])
    theory = [bridge.reference.mean(heights, i * duration, (i + 1) * duration) for i in range(len(windows))]
    return (windows[..., 1] - np.array(theory))[:, inside]


def noise(bridge):
    """Standard error of the slowest motion in a window: of the slab between wall and constraint as a whole."""
    return window_error(bridge, bridge.cycles_per_step * bridge.coupler.duration, bridge.overlap.constraint[0])
