"""The study of a nanochannel: a slit between two reservoirs, atoms in its core.

Lennard-Jones units: lengths sigma, energies epsilon, masses m, times tau.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from scalebridge.study._model import StudyModel, StudyPart
from scalebridge.study._slit import PassesPart, SlitFluidPart, slit_atoms
from scalebridge.study.hybrid_fluid import WallPart

if TYPE_CHECKING:
    from scalebridge.fluids.hybrid import Nanochannel


class SlitPart(StudyPart):
    """The slit, sigma."""

    height: float = Field(gt=8.0, le=200.0, description="from crystal to crystal", examples=[10.5])
    width: float = Field(gt=2.0, le=200.0, description="of the continuum's slit: hydrodynamic width", examples=[10.0])
    slip: float = Field(default=0.0, ge=0.0, le=1000.0, description="slip length at this width")
    length: float = Field(gt=2.0, le=10_000.0, description="from reservoir to reservoir", examples=[24.0])
    core: float = Field(gt=1.0, le=10_000.0, description="length of the middle that atoms take", examples=[12.0])
    piece: tuple[float, float] = Field(
        default=(6.8, 6.8), description="periodic piece of atoms, along the flow and across it"
    )


class ReservoirPart(StudyPart):
    """Each reservoir, sigma."""

    deep: float = Field(gt=2.0, le=10_000.0, description="from the wall to the far end", examples=[12.0])
    high: float = Field(gt=4.0, le=10_000.0, description="period of the slits", examples=[24.0])
    spacing: float = Field(default=1.0, gt=0.05, le=10.0, description="cells of the continuum")
    blunt: float = Field(default=0.0, ge=0.0, le=100.0, description="side of the squares cut from the slit's edges")


class NanochannelStudy(StudyModel):
    """Steady flow from a reservoir through a slit into another, with atoms in the slit's core."""

    bridge: Literal["nanochannel"]
    units: Literal["lj"] = "lj"
    drop: float = Field(ge=-100.0, le=100.0, description="pressure difference between the far ends", examples=[1.2])
    fluid: SlitFluidPart
    wall: WallPart = WallPart()
    slit: SlitPart
    reservoir: ReservoirPart
    passes: PassesPart = PassesPart()

    def build(self) -> Nanochannel:
        """The bridge.

        Raises:
            InputError: what either side refuses.
        """
        from scalebridge.fluids.hybrid import Nanochannel, Reservoirs

        f, s, r = self.fluid, self.slit, self.reservoir
        around = Reservoirs(
            s.width, s.length, s.core, (r.deep, r.high), f.density, f.viscosity, s.slip, r.spacing, r.blunt
        )
        return Nanochannel(slit_atoms(f, self.wall, s.piece, s.height), around, self.drop, self.passes.built())

    @classmethod
    def template(cls) -> Mapping[str, bytes]:
        """A slit 10.5 sigma high between two reservoirs."""
        return {"study.toml": _TEMPLATE.encode()}


_TEMPLATE = """\
# Reservoir -> nanochannel -> reservoir, driven by pressure: atoms in the slit's core, Navier-Stokes around it.
# Lennard-Jones units: lengths sigma, energies epsilon, masses m, times tau.
bridge = "nanochannel"
title = "A nanochannel between two reservoirs"
seed = 1
units = "lj"
drop = 1.2                 # pressure difference between the far ends

[fluid]                    # in the reservoirs; measured with scalebridge.fluids.transport
cutoff = 2.2
density = 0.81             # the slit's core is filled until its middle has it
temperature = 1.1
viscosity = 2.213

[wall]
epsilon = 0.6              # depth of the wall-fluid potential

[slit]
height = 10.5              # from crystal to crystal
width = 10.0               # of the continuum's slit
slip = 0.0                 # slip length at this width
length = 24.0
core = 12.0                # the middle that atoms take; the ends must be half a width or longer

[reservoir]
deep = 12.0
high = 24.0                # period of the slits
spacing = 1.0              # cells of the continuum
blunt = 0.0                # side of the squares cut from the slit's edges, which atoms round

[passes]
tolerance = 0.02           # relative standard error of the flow at which the passes end
most = 20
"""
