"""Scales of adaptive resolution."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scalebridge.molecules.adaptive._pressure import WINDOW
from scalebridge.molecules.adaptive._speed import Costs, predicted_speed_up
from scalebridge.scales import Cost, Scale, ScaleMap, Separation

if TYPE_CHECKING:
    from scalebridge.molecules.adaptive._bridge import AdaptiveLiquid
    from scalebridge.molecules.adaptive._protein import AdaptiveProtein

PER_MOLECULE = Costs(2.0e-6, 0.7e-6, 0.3e-6, 6.0e-6)
"""Processor seconds per molecule of water and step, cutoff 0.9 nm, on one core of a busy 2024 server; OpenMM's last."""


def _costs(molecules: int, engine: float = 1.0) -> tuple[Costs, float]:
    """Of a box of water, everything else than interactions that many times dearer; and of all atoms in OpenMM."""
    c = PER_MOLECULE
    assert c.other is not None
    costs = Costs(*(molecules * x for x in (c.fine, c.coarse, engine * c.engine, c.other)))
    return costs, molecules * (engine * c.engine + c.other)


def scale_map(bridge: AdaptiveLiquid) -> ScaleMap:
    """Atoms to beads to box."""
    n, box, region = bridge.liquid.count, bridge.liquid.box, bridge.region
    settings, how = bridge.settings, bridge.settings.dynamics
    costs, fine = _costs(n)
    faster = predicted_speed_up(region, box, bridge.liquid.cutoff + 0.16, n, costs)
    rounds = settings.drift_rounds * settings.drift_length
    rounds += sum(1.2 * settings.density_length * 1.25**k for k in range(settings.rounds))
    steps = (rounds + bridge.production) / how.timestep
    # ten uniform resolutions of a cube, with all atoms
    share = bridge.liquid.molecules / n
    cube = share * (sum(bridge.equilibration) + 15.0 * bridge.kirkwood) / how.timestep
    end, edge = bridge.production * 1e-12, float(box.max()) * 1e-9
    spacing = (float(box.prod()) / n) ** (1.0 / 3.0) * 1e-9
    return ScaleMap(
        scales=(
            Scale("atoms", "fine", (1e-10, 2e-9 * region.outer), (how.timestep * 1e-12, end), 9.0 * n * sum(
                region.volumes(box)[:2])),
            Scale("beads", "coarse", (spacing, edge), (how.timestep * 1e-12, end), 3.0 * n),
        ),
        separations=(
            Separation(
                "hybrid zone / cutoff", region.hybrid / bridge.liquid.cutoff, 1.0, 0.999,
                "atoms must not meet beads directly, for which no compensation makes up (Potestio et al. 2013)",
            ),
            Separation(
                "speed-up by Amdahl's law", faster, 2.0, 1.0,
                "where most of the box is atomistic or hybrid, adaptive resolution saves nothing",
            ),
        ),
        brute_force=Cost(
            "all atoms, as long as the production", fine * bridge.production / how.timestep, 1e8 + 1e3 * n,
            "six microseconds per molecule of water and step, in OpenMM on one core",
        ),
        bridge=Cost("this bridge", fine * (steps / faster + cube), 2e8 + 2e3 * n, "Amdahl's law, all rounds"),
    )  # fmt: skip


def protein_scale_map(bridge: AdaptiveProtein) -> ScaleMap:
    """Atoms of a protein and its water, beads, and the box."""
    from scalebridge.molecules.adaptive._protein import SETTLE

    n, region, settings = bridge.count, bridge.region, bridge.settings
    edge, cutoff, how = bridge.solvation.edge, bridge.solvation.cutoff, bridge.settings.dynamics
    # constraints and bonded forces are the engine's: it takes more than for rigid water alone
    costs, fine = _costs(n, 2.0)
    box = np.full(3, edge)
    faster = predicted_speed_up(region, box, cutoff + 0.16, n, costs)
    rounds = sum(1.2 * settings.density_length * 1.25**k for k in range(settings.rounds))
    longer = (1.0 + SETTLE) * bridge.copies
    end, produced = bridge.production * 1e-12, longer * bridge.production
    # the volume takes some four windows to settle
    every = (4.0 * WINDOW + bridge.relaxation + longer * bridge.controlled) / how.timestep
    return ScaleMap(
        scales=(
            Scale("atoms", "fine", (1e-10, 2e-9 * region.outer), (how.timestep * 1e-12, end), 9.0 * n * sum(
                region.volumes(box)[:2])),
            Scale("beads", "coarse", (3.1e-10, edge * 1e-9), (how.timestep * 1e-12, end), 3.0 * n),
        ),
        separations=(
            Separation(
                "hybrid zone / cutoff", region.hybrid / cutoff, 1.0, 0.999,
                "atoms must not meet beads directly, for which no compensation makes up (Potestio et al. 2013)",
            ),
            Separation(
                "atomistic part / reach of the protein", region.atomistic / bridge.solvation.radius(), 1.2, 1.0,
                "the protein's first shell of water must be atomistic as well",
            ),
        ),
        brute_force=Cost(
            "all atoms, as long as the production", fine * produced / how.timestep, 1e8 + 1e3 * n,
            "six microseconds per molecule of water and step, in OpenMM on one core",
        ),
        bridge=Cost(
            "this bridge", fine * (every + (rounds + produced) / how.timestep / faster), 2e8 + 2e3 * n,
            "the control with all atoms, all rounds and the production",
        ),
    )  # fmt: skip
