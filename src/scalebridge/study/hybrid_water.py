"""The study of water that shears: a slab of rigid molecules on a wall, a continuum above it, a moving wall on top.

Quantities carry units; the bridge works in nm, ps, u and kJ/mol.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from scalebridge.errors import Problem, StudyError
from scalebridge.study._model import StudyModel, StudyPart
from scalebridge.units import Quantity

if TYPE_CHECKING:
    from scalebridge.fluids.atomistic import Water
    from scalebridge.fluids.continuum import Continuum
    from scalebridge.fluids.hybrid import Hybrid, Overlap, StartUpCouette

Length = Annotated[float, Quantity("length", gt=0.0, le=1e-6)]
Height = Annotated[float, Quantity("length", ge=-1e-6, le=1e-6)]


class WaterPart(StudyPart):
    """Rigid SPC/E water, its forces cut off, with the properties that the continuum needs."""

    temperature: Annotated[float, Quantity("temperature", gt=200.0, le=600.0)] = 298.15
    density: Annotated[float, Quantity("density", gt=0.0, le=2000.0)] = 997.0
    pressure: Annotated[float, Quantity("pressure", ge=-1e9, le=1e10)] = Field(
        description="of this model at this state, carried by the open end; fluids.transport.measure_pressure",
        examples=["120 bar"],
    )
    viscosity: Annotated[float, Quantity("viscosity", gt=0.0, le=1.0)] = Field(
        description="of this model at this state; fluids.transport.measure_viscosity", examples=["0.72 mPa*s"]
    )
    cutoff: Length = 0.9e-9


class WaterWallPart(StudyPart):
    """The crystal below the molecules, whose surface is at height 0."""

    sites: float = Field(default=33.0, gt=0.0, le=300.0, description="atoms of the wall per nm^3")
    epsilon: float = Field(default=4.0, gt=0.0, le=50.0, description="depth of the wall-oxygen potential, kJ/mol")
    sigma: Length = 0.3166e-9
    layers: int = Field(default=5, ge=1, le=40, description="atomic layers")
    plane: Height = Field(
        default=0.0,
        description="height at which water stands still, for theory: the negative of the slip length that "
        "fluids.transport.measure_channel finds at the surface",
    )


class WaterGeometryPart(StudyPart):
    """Heights and widths; height 0 is the surface of the lower wall."""

    width: tuple[Length, Length] = Field(description="along the flow and across it", examples=[["2 nm", "2 nm"]])
    atoms: Length = Field(description="height to which there are molecules", examples=["3.6 nm"])
    height: Length = Field(description="of the upper wall", examples=["6 nm"])
    sample: tuple[Length, Length] = Field(description="slab whose velocity goes up", examples=[["0.9 nm", "1.2 nm"]])
    constraint: tuple[Length, ...] = Field(
        min_length=2,
        max_length=50,
        description="edges of the cells that follow the continuum",
        examples=[["2.1 nm", "2.55 nm", "3 nm"]],
    )
    buffer: Length = 0.6e-9
    bin: Annotated[float, Quantity("length", ge=1e-11, le=1e-6)] = Field(
        default=0.15e-9, description="of the profiles; it divides the height of the molecules"
    )
    cells: int = Field(default=33, ge=4, le=10_000, description="of the continuum")


class WaterCouplingPart(StudyPart):
    """How the two sides talk."""

    exchange: Literal["state", "flux"] = "state"
    cycles: int = Field(default=300, ge=1, le=1_000_000, description="coupling cycles")
    cycles_per_window: int = Field(default=100, ge=1, le=10_000, description="cycles over which profiles are averaged")
    steps_per_cycle: int = Field(default=50, ge=1, le=10_000, description="molecular dynamics steps per cycle")
    time_step: Annotated[float, Quantity("time", gt=0.0, le=1e-14)] = 2e-15
    instances: int = Field(default=1, ge=1, le=1000, description="independent molecular dynamics runs")
    spread: bool = Field(default=False, description="instances as tasks of the executor, cycle by cycle")
    memory: float = Field(default=0.0, ge=0.0, le=1000.0, description="cycles over which what goes up is averaged")
    friction: float = Field(default=5.0, ge=0.0, le=100.0, description="of the thermostat on z, 1/ps")
    equilibration: int = Field(default=5000, ge=0, le=10_000_000, description="molecular dynamics steps before")


class HybridWaterStudy(StudyModel):
    """Start-up Couette flow of water: molecules on a wall at rest, Navier-Stokes above, a moving wall on top."""

    bridge: Literal["hybrid-water"]
    water: WaterPart
    wall: WaterWallPart = WaterWallPart()
    geometry: WaterGeometryPart
    coupling: WaterCouplingPart = WaterCouplingPart()
    speed: Annotated[float, Quantity("velocity", ge=-2000.0, le=2000.0)] = Field(
        description="of the upper wall along x", examples=["0.3 nm/ps"]
    )

    def problems(self) -> Iterable[Problem]:
        """Mistakes between keys."""
        g = self.geometry
        end, last = _nm(g.atoms - g.buffer), _nm(g.constraint[-1])
        if last > end:
            yield Problem(
                "geometry.constraint", f"{last:g} nm as its end", f"at most {end:g} nm, where the buffer begins"
            )
        if _nm(g.height) <= last:
            yield Problem("geometry.height", f"{_nm(g.height):g} nm", f"more than {last:g} nm, the constraint's end")
        if g.height <= self.wall.plane:
            yield Problem("wall.plane", f"{_nm(self.wall.plane):g} nm", "a height below the upper wall's")
        bins = g.atoms / g.bin
        if abs(bins - round(bins)) > 1e-6:
            yield Problem("geometry.bin", f"{_nm(g.bin):g} nm", f"a part of the height {_nm(g.atoms):g} nm")

    def build(self) -> Hybrid:
        """The bridge.

        Raises:
            StudyError: mistakes between keys.
            InputError: what either side refuses.
        """
        from scalebridge.fluids.hybrid import Hybrid, Overlap

        problems = tuple(self.problems())
        if problems:
            raise StudyError(problems)
        c, g, water = self.coupling, self.geometry, self._water()
        overlap = Overlap((_nm(g.sample[0]), _nm(g.sample[1])), tuple(map(_nm, g.constraint)))
        return Hybrid(
            water,
            self._continuum(water, overlap),
            overlap,
            self._viscosity,
            c.exchange,
            c.cycles,
            c.cycles_per_window,
            c.steps_per_cycle,
            c.instances,
            c.memory,
            equilibration=c.equilibration,
            friction=c.friction,
            bin_width=_nm(g.bin),
            reference=self._reference(water),
            spread=c.spread,
        )

    def _water(self) -> Water:
        from scalebridge.fluids.atomistic import Crystal, Water

        w, g, wall = self.water, self.geometry, self.wall
        return Water(
            w.temperature,
            w.density,
            (_nm(g.width[0]), _nm(g.atoms), _nm(g.width[1])),
            Crystal(wall.sites, wall.epsilon, _nm(wall.sigma), wall.layers),
            buffer=_nm(g.buffer),
            bar=w.pressure / 1e5,
            time_step=_rounded(self.coupling.time_step, 1e-12),
            cutoff=_nm(w.cutoff),
        )

    def _continuum(self, water: Water, overlap: Overlap) -> Continuum:
        from scalebridge.fluids.continuum import Continuum, Flux, Liquid, Wall

        below = Wall() if self.coupling.exchange == "state" else Flux()
        sides = {"y-": below, "y+": Wall(velocity=(self._speed, 0.0, 0.0))}
        size = (water.lengths[0], _nm(self.geometry.height) - overlap.interface, water.lengths[2])
        liquid = Liquid(water.density * water.mass, self._viscosity)
        return Continuum(size, (1, self.geometry.cells, 1), liquid, sides)

    def _reference(self, water: Water) -> StartUpCouette | None:
        from scalebridge.fluids.hybrid import StartUpCouette

        if not self._speed:
            return None
        diffusivity = self._viscosity / (water.density * water.mass)
        return StartUpCouette(_nm(self.geometry.height), self._speed, diffusivity, plane=_nm(self.wall.plane))

    @property
    def _viscosity(self) -> float:
        from scalebridge.fluids.atomistic import MILLIPASCAL_SECOND

        return self.water.viscosity * 1e3 * MILLIPASCAL_SECOND

    @property
    def _speed(self) -> float:
        return _rounded(self.speed, 1e3)

    @classmethod
    def template(cls) -> Mapping[str, bytes]:
        """Six nanometres of water under a moving wall."""
        return {"study.toml": _TEMPLATE.encode()}


def _rounded(value: float, unit: float) -> float:
    """In other units, without what the change of units has made of the last digits."""
    return float(f"{value / unit:.12g}")


def _nm(length: float) -> float:
    return _rounded(length, 1e-9)


_TEMPLATE = """\
# Start-up Couette flow of water: rigid SPC/E molecules on a wall at rest, Navier-Stokes above, a moving wall on top.
# Check it with 'scalebridge check', see its cost with 'scalebridge plan', carry it out with 'scalebridge run'.
bridge = "hybrid-water"
title = "Start-up Couette flow of water"
seed = 1                   # every random number of the run follows from it
speed = "0.3 nm/ps"        # of the upper wall

[water]                    # rigid SPC/E, forces cut off; measured with scalebridge.fluids.transport (BulkWater)
temperature = "298.15 K"
density = "997 kg/m^3"
pressure = "120 bar"       # carried by the open end
viscosity = "0.72 mPa*s"   # of the continuum: both sides must agree

[wall]
epsilon = 4.0              # depth of the wall-oxygen potential, kJ/mol
plane = "0.21 nm"          # where water stands still above the surface, for theory; see measure_channel

[geometry]
width = ["2 nm", "2 nm"]   # rounded to whole cells of the wall's crystal
atoms = "3.6 nm"           # height to which there are molecules
height = "6 nm"            # of the moving wall
sample = ["0.9 nm", "1.2 nm"]               # velocity goes up here; the continuum begins in the middle
constraint = ["2.1 nm", "2.55 nm", "3 nm"]  # velocity comes down here
buffer = "0.6 nm"          # thickness of the open end

[coupling]
exchange = "state"         # "flux": momentum flux goes up instead of velocity
cycles = 300               # of 50 steps each
cycles_per_window = 100
friction = 5.0             # of the thermostat on z, which takes the heat of the flow, 1/ps
"""
