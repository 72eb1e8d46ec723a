"""The study of a hybrid fluid: a slab of atoms on a wall, a continuum above it, a wall on top.

Lennard-Jones units: lengths sigma, energies epsilon, masses m, times tau.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from scalebridge.errors import InputError, Problem
from scalebridge.study._model import StudyModel, StudyPart

if TYPE_CHECKING:
    from scalebridge.fluids.atomistic import Atomistic
    from scalebridge.fluids.continuum import Continuum
    from scalebridge.fluids.hybrid import Hybrid, Overlap, StartUpCouette


class FluidPart(StudyPart):
    """The fluid: Lennard-Jones, cut and shifted, with the properties that the continuum needs."""

    cutoff: float = Field(ge=1.0, le=5.0, description="cut-off of the potential, sigma", examples=[2.2])
    density: float = Field(gt=0.0, le=1.2, description="atoms per sigma^3", examples=[0.81])
    temperature: float = Field(gt=0.0, le=10.0, description="epsilon / k", examples=[1.1])
    pressure: float = Field(
        ge=-5.0, le=100.0, description="at this state; fluids.transport.measure_pressure", examples=[2.71]
    )
    viscosity: float = Field(
        gt=0.0, le=100.0, description="at this state; fluids.transport.measure_viscosity", examples=[2.21]
    )
    heat_capacity: float = Field(default=2.4, gt=0.0, le=20.0, description="at constant volume, k per atom")
    conductivity: float | None = Field(
        default=None, gt=0.0, le=100.0, description="at this state, needed where energy is exchanged"
    )


class WallPart(StudyPart):
    """The crystal below the atoms."""

    density: float = Field(default=0.81, gt=0.0, le=8.0, description="atoms of the wall per sigma^3")
    epsilon: float = Field(default=0.6, gt=0.0, le=10.0, description="depth of the wall-fluid potential")
    sigma: float = Field(default=1.0, gt=0.3, le=2.0, description="length of the wall-fluid potential")
    layers: int = Field(default=4, ge=1, le=40, description="atomic layers")


class GeometryPart(StudyPart):
    """Heights and widths, sigma; height 0 is the surface of the lower wall."""

    width: tuple[float, float] = Field(description="along the flow and across it", examples=[[13.6, 13.6]])
    atoms: float = Field(gt=5.0, le=500.0, description="height to which there are atoms", examples=[26.0])
    height: float = Field(gt=5.0, le=1e6, description="of the upper wall", examples=[50.0])
    sample: tuple[float, float] = Field(description="slab whose velocity goes up", examples=[[10.0, 12.0]])
    constraint: tuple[float, ...] = Field(
        min_length=2,
        max_length=50,
        description="edges of the cells that follow the continuum",
        examples=[[18.0, 20.0, 22.0]],
    )
    buffer: float = Field(default=3.0, gt=0.5, le=50.0, description="thickness of the open end")
    cells: int = Field(default=40, ge=4, le=10_000, description="of the continuum")


class CouplingPart(StudyPart):
    """How the two sides talk."""

    exchange: Literal["state", "flux"] = "state"
    energy: bool = False
    cycles: int = Field(default=400, ge=1, le=1_000_000, description="coupling cycles")
    cycles_per_window: int = Field(default=100, ge=1, le=10_000, description="cycles over which profiles are averaged")
    steps_per_cycle: int = Field(default=50, ge=1, le=10_000, description="molecular dynamics steps per cycle")
    time_step: float = Field(default=0.005, gt=0.0, le=0.02, description="of the molecular dynamics, tau")
    instances: int = Field(default=1, ge=1, le=1000, description="independent molecular dynamics runs")
    spread: bool = Field(default=False, description="instances as tasks of the executor, cycle by cycle")
    memory: float = Field(default=0.0, ge=0.0, le=1000.0, description="cycles over which what goes up is averaged")
    equilibration: int = Field(default=5000, ge=0, le=10_000_000, description="molecular dynamics steps before")


class DrivePart(StudyPart):
    """What moves the fluid."""

    speed: float = Field(default=0.0, ge=-5.0, le=5.0, description="of the upper wall along x, sigma / tau")
    force: float = Field(default=0.0, ge=-1.0, le=1.0, description="per mass along x, on both sides")
    upper_temperature: float | None = Field(default=None, gt=0.0, le=10.0, description="of the upper wall")
    heat: float = Field(
        default=0.0, ge=-5.0, le=5.0, description="heat flux from the lower wall, where energy is exchanged"
    )


class HybridFluidStudy(StudyModel):
    """Molecular dynamics on a wall joined to Navier-Stokes above it, in a slab."""

    bridge: Literal["hybrid-fluid"]
    units: Literal["lj"] = "lj"
    fluid: FluidPart
    wall: WallPart = WallPart()
    geometry: GeometryPart
    coupling: CouplingPart = CouplingPart()
    drive: DrivePart = DrivePart()

    def problems(self) -> Iterable[Problem]:
        """Mistakes between keys."""
        g, c, f = self.geometry, self.coupling, self.fluid
        if g.constraint[-1] > g.atoms - g.buffer:
            yield Problem(
                "geometry.constraint",
                f"{g.constraint[-1]:g} as its end",
                f"at most {g.atoms - g.buffer:g}, where the buffer begins",
            )
        if g.height <= g.constraint[-1]:
            yield Problem(
                "geometry.height", f"{g.height:g}", f"more than {g.constraint[-1]:g}, the end of the constraint region"
            )
        if c.energy and f.conductivity is None:
            yield Problem("fluid.conductivity", "nothing", "a number, since coupling.energy is true")
        for key, given in (("heat", self.drive.heat), ("upper_temperature", self.drive.upper_temperature)):
            if given and not c.energy:
                yield Problem(f"drive.{key}", f"{given:g}", "only with coupling.energy = true")

    def build(self) -> Hybrid:
        """The bridge.

        Raises:
            StudyError: mistakes between keys.
            InputError: what either side refuses.
        """
        from scalebridge.errors import StudyError
        from scalebridge.fluids.hybrid import Hybrid, Overlap

        problems = tuple(self.problems())
        if problems:
            raise StudyError(problems)
        c, d = self.coupling, self.drive
        overlap = Overlap(self.geometry.sample, self.geometry.constraint)
        atoms = self._atoms()
        return Hybrid(
            atoms,
            self._continuum(atoms, overlap),
            overlap,
            self.fluid.viscosity,
            c.exchange,
            c.cycles,
            c.cycles_per_window,
            c.steps_per_cycle,
            c.instances,
            c.memory,
            equilibration=c.equilibration,
            energy=c.energy,
            heated=((1.0, 3.0, d.heat * atoms.area),) if d.heat else (),
            force=(d.force, 0.0, 0.0),
            reference=self._reference(),
            spread=c.spread,
        )

    def _atoms(self) -> Atomistic:
        from scalebridge.fluids.atomistic import Atomistic, Crystal, LennardJones

        f, w, g = self.fluid, self.wall, self.geometry
        return Atomistic(
            LennardJones(f.cutoff),
            f.density,
            f.temperature,
            (g.width[0], g.atoms, g.width[1]),
            Crystal(w.density, w.epsilon, w.sigma, w.layers),
            buffer=g.buffer,
            pressure=f.pressure,
            time_step=self.coupling.time_step,
        )

    def _continuum(self, atoms: Atomistic, overlap: Overlap) -> Continuum:
        from scalebridge.fluids.continuum import Continuum, Flux, Liquid, Wall

        f, d, energy = self.fluid, self.drive, self.coupling.energy
        thickness = self.geometry.height - overlap.interface
        if thickness <= 0.0:
            raise InputError(
                f"The interface at {overlap.interface:g} lies above the upper wall at {self.geometry.height:g}"
            )
        liquid = Liquid(f.density, f.viscosity, f.heat_capacity, f.conductivity if energy else None, f.temperature)
        warm = (d.upper_temperature or f.temperature) if energy else None
        below = Wall(temperature=f.temperature if energy else None) if self.coupling.exchange == "state" else Flux()
        sides = {"y-": below, "y+": Wall(velocity=(d.speed, 0.0, 0.0), temperature=warm)}
        size = (atoms.lengths[0], thickness, atoms.lengths[2])
        return Continuum(size, (1, self.geometry.cells, 1), liquid, sides, force=(d.force, 0.0, 0.0))

    def _reference(self) -> StartUpCouette | None:
        from scalebridge.fluids.hybrid import StartUpCouette

        if self.drive.force or self.coupling.energy or not self.drive.speed:
            return None
        return StartUpCouette(self.geometry.height, self.drive.speed, self.fluid.viscosity / self.fluid.density)

    @classmethod
    def template(cls) -> Mapping[str, bytes]:
        """A small start-up Couette flow."""
        return {"study.toml": _TEMPLATE.encode()}


_TEMPLATE = """\
# Start-up Couette flow through a hybrid column: atoms on a wall at rest, Navier-Stokes above, a moving wall on top.
# Lennard-Jones units: lengths sigma, energies epsilon, masses m, times tau.
bridge = "hybrid-fluid"
title = "Start-up Couette flow, atoms and continuum"
seed = 1
units = "lj"

[fluid]                    # cut and shifted Lennard-Jones; measured with scalebridge.fluids.transport
cutoff = 2.2
density = 0.81
temperature = 1.1
pressure = 2.71            # carried by the open end of the atoms
viscosity = 2.213          # of the continuum: both sides must agree

[wall]
epsilon = 0.6              # depth of the wall-fluid potential

[geometry]
width = [6.8, 6.8]         # rounded to whole cells of the wall's crystal
atoms = 20.0               # height to which there are atoms
height = 30.0              # of the moving wall
sample = [6.0, 8.0]        # velocity goes up here; the continuum begins in the middle
constraint = [12.0, 14.0, 16.0]  # velocity comes down here
cells = 23

[coupling]
exchange = "state"         # "flux": momentum flux goes up instead of velocity
cycles = 80                # of 50 steps each
cycles_per_window = 40
equilibration = 2000

[drive]
speed = 1.0                # of the upper wall
"""
