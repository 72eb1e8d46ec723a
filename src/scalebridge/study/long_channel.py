"""The study of a long channel: slits of atoms at stations, joined by mass and pressure.

Lennard-Jones units: lengths sigma, energies epsilon, masses m, times tau.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from scalebridge.errors import Problem
from scalebridge.study._model import StudyModel, StudyPart
from scalebridge.study._slit import PassesPart, SlitFluidPart, slit_atoms
from scalebridge.study.hybrid_fluid import WallPart

if TYPE_CHECKING:
    from scalebridge.fluids.hybrid import LongChannel


class ShapePart(StudyPart):
    """The channel, sigma: its height from crystal to crystal at some positions, monotone between them."""

    positions: tuple[float, ...] = Field(
        min_length=2, max_length=1000, description="along the channel, rising from 0", examples=[[0.0, 2000.0, 4000.0]]
    )
    heights: tuple[float, ...] = Field(
        min_length=2, max_length=1000, description="at these positions", examples=[[14.0, 9.0, 14.0]]
    )
    stations: int = Field(default=4, ge=1, le=200, description="places with atoms, Gauss points of the length")
    slip: float = Field(
        default=0.0, ge=-10.0, le=1000.0, description="slip length at the crystals that theory knows; may be negative"
    )
    piece: tuple[float, float] = Field(
        default=(6.8, 6.8), description="periodic piece of atoms, along the flow and across it"
    )


class DrivenPart(StudyPart):
    """What drives the flow."""

    drop: float = Field(ge=-1000.0, le=1000.0, description="pressure difference between the ends", examples=[2.0])
    rate: float = Field(
        default=0.1, gt=0.0, le=0.3, description="largest shear rate in the slits, which are driven faster"
    )


class LongChannelStudy(StudyModel):
    """Steady flow along a channel much longer than high, with atoms at a few stations."""

    bridge: Literal["long-channel"]
    units: Literal["lj"] = "lj"
    fluid: SlitFluidPart
    wall: WallPart = WallPart()
    channel: ShapePart
    drive: DrivenPart
    passes: PassesPart = PassesPart()

    def problems(self) -> Iterable[Problem]:
        """Mistakes between keys."""
        c = self.channel
        if c.positions[0] != 0.0 or any(b <= a for a, b in zip(c.positions, c.positions[1:], strict=False)):
            yield Problem("channel.positions", f"{list(c.positions)}", "numbers that rise from 0")
        if len(c.positions) != len(c.heights):
            yield Problem("channel.heights", f"{len(c.heights)} numbers", f"{len(c.positions)}, one for each position")
        if min(c.heights) < 8.0:
            yield Problem("channel.heights", f"{min(c.heights):g}", "at least 8, so that a slit has a middle")

    def build(self) -> LongChannel:
        """The bridge.

        Raises:
            StudyError: mistakes between keys.
            InputError: what the bridge refuses.
        """
        from scalebridge.errors import StudyError
        from scalebridge.fluids.hybrid import ChannelShape, LongChannel, Lubrication

        problems = tuple(self.problems())
        if problems:
            raise StudyError(problems)
        f, c = self.fluid, self.channel
        slit = slit_atoms(f, self.wall, c.piece, max(c.heights))
        law = Lubrication(ChannelShape(c.positions, c.heights), f.density, f.viscosity, c.slip, c.stations)
        return LongChannel(slit, law, self.drive.drop, self.drive.rate, self.passes.built())

    @classmethod
    def template(cls) -> Mapping[str, bytes]:
        """A channel four thousand sigma long with a throat."""
        return {"study.toml": _TEMPLATE.encode()}


_TEMPLATE = """\
# A channel 4000 sigma long with a throat: slits of atoms at a few stations, pressure and mass between them.
# Lennard-Jones units: lengths sigma, energies epsilon, masses m, times tau.
bridge = "long-channel"
title = "A long channel with a throat"
seed = 1
units = "lj"

[fluid]                    # measured with scalebridge.fluids.transport
cutoff = 2.2
density = 0.81             # every slit is filled until its middle has it
temperature = 1.1
viscosity = 2.213

[wall]
epsilon = 0.6              # depth of the wall-fluid potential

[channel]
positions = [0.0, 500.0, 1000.0, 1500.0, 2000.0, 2500.0, 3000.0, 3500.0, 4000.0]
heights = [14.0, 13.6, 12.5, 11.2, 10.5, 11.2, 12.5, 13.6, 14.0]   # from crystal to crystal
stations = 4               # Gauss points along the channel
slip = 0.0                 # what theory, which the stations correct, takes for the slip length

[drive]
drop = 2.0                 # pressure difference between the ends
rate = 0.1                 # largest shear rate in the slits: they are driven as much faster, flow being linear

[passes]
tolerance = 0.05           # relative standard error of the flow at which the passes end
most = 20
blocks = 10
steps_per_block = 1000
settle = 2000
"""
