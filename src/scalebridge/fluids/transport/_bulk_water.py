"""Bulk water, whose pressure an open end must carry and whose viscosity the continuum must have."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

import numpy as np

from scalebridge.errors import InputError
from scalebridge.fluids.atomistic import KELVIN, Units
from scalebridge.fluids.atomistic._engine import Engine
from scalebridge.fluids.atomistic._water_build import bulk_water, cube_edge
from scalebridge.fluids.transport._bulk import AbstractBulk

_MELTING = 2000  # steps under a strong thermostat, which takes the heat of the start


@final
@dataclass(frozen=True, slots=True)
class BulkWater(AbstractBulk):
    """SPC/E water as `fluids.atomistic.Water` moves it, in a periodic cube; measured in nm, ps, u and kJ/mol.

    Its forces end at a cut-off, so that its pressure at 997 kg/m^3 is not that of one bar. One per cent of density
    changes it by some 220 bar.

    Attributes:
        kelvin: temperature.
        kg_per_m3: mass density.
        molecules: their number.
        cutoff: of the forces, nm.
        time_step: of the molecular dynamics, ps.
        equilibration: steps before measuring.

    Raises:
        InputError: a value that no water has, or a cube smaller than twice the reach of the forces.
    """

    kelvin: float = 298.15
    kg_per_m3: float = 997.0
    molecules: int = 343
    cutoff: float = 0.9
    time_step: float = 0.002
    equilibration: int = 4000

    def __post_init__(self) -> None:
        for name in ("kelvin", "kg_per_m3", "molecules", "cutoff", "time_step"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise InputError(f"{name} is {getattr(self, name)!r}; it must be a positive number")
        edge, least = cube_edge(self.molecules, self.kg_per_m3), 2.0 * self.cutoff
        if edge < least:
            need = math.ceil(self.molecules * (least / edge) ** 3)
            raise InputError(
                f"{self.molecules} molecules fill a cube of {edge:.2f} nm, less than twice the cut-off; take {need}"
            )

    @property
    def warmth(self) -> float:
        """k T, kJ/mol."""
        return self.kelvin * KELVIN

    @property
    def memory(self) -> float:
        """Time over which a thermostat acts, ps."""
        return 0.1

    @property
    def units(self) -> Units:
        """Nanometres, picoseconds, atomic masses and kJ/mol."""
        return Units("nm", "ps", "u", "kJ/mol", "kJ/mol")

    @property
    def constraints(self) -> str:
        """SHAKE of bonds and angle."""
        return "fix shape all shake 1e-8 200 0 b 1 a 1"

    def fill(self, engine: Engine, seed: int, triclinic: bool) -> None:
        """Molecules that were turned at random on a lattice, molten."""
        rng = np.random.default_rng(seed)
        bulk_water(engine, self.molecules, self.warmth, self.kg_per_m3, self.cutoff, rng, triclinic=triclinic)
        engine.command(
            f"""
            timestep {self.time_step!r}
            fix melting all langevin {self.warmth!r} {self.warmth!r} {self.memory!r} {seed}
            fix move all nve
            {self.constraints}
            """
        )
        engine.run(_MELTING, setup=True)
        engine.command("unfix shape\nunfix move\nunfix melting")
