"""The study of a liquid with adaptive resolution."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from scalebridge.errors import InputError, Problem, StudyError
from scalebridge.study._model import InputFile, StudyModel, StudyPart
from scalebridge.units import Quantity

if TYPE_CHECKING:
    from scalebridge.molecules.adaptive import AdaptiveLiquid, CalibrationSettings, Liquid, Region
    from scalebridge.molecules.potentials import Potential

NM, PS, KJ = 1e-9, 1e-12, 1e3
Length = Annotated[float, Quantity("length", gt=0.0, le=1e-6)]
Size = Annotated[float, Quantity("length", ge=0.0, le=1e-6)]
Time = Annotated[float, Quantity("time", gt=0.0, le=1.0)]
Temperature = Annotated[float, Quantity("temperature", gt=0.0, le=10_000.0)]

TEMPLATE = """\
# SPC/E water: all atoms in a slab, single beads beyond, the density the same everywhere.
# Check it with 'scalebridge check', see its cost with 'scalebridge plan', carry it out with 'scalebridge run'.
bridge = "adaptive-resolution"
title = "A slab of atoms in water"
seed = 1                          # every random number of the run follows from it

[liquid]
molecules = 530                   # in a cube
repeats = [3, 1, 1]               # cubes along x, y and z
temperature = "300 K"
cutoff = "0.9 nm"
equilibration = "5 ps"            # with all atoms, before ...
structure = "20 ps"               # ... and while g(r) is taken

[region]
shape = "slab"                    # or "sphere", "cylinder"; in the middle of the box
atomistic = "0.5 nm"              # half the thickness, or the radius
hybrid = "1.0 nm"                 # as wide as the cutoff, or wider
switching = "cos2"                # or "c2"

[coarse]
potential = "lennard-jones"       # or "table": two columns, nm and kJ/mol; or "none": an ideal gas
sigma = "0.28 nm"
epsilon = 0.65                    # kJ/mol
cutoff = "0.3143 nm"              # at the minimum: repulsion alone

[calibration]
tolerance = 0.02                  # of the density, everywhere
kirkwood = "1.6 ps"               # at each of ten uniform resolutions of a cube: the first guess
density_length = "3 ps"           # of the first round; they grow by a quarter
rounds = 10

[production]
duration = "20 ps"
timestep = "2 fs"
friction = 2.0                    # of the Langevin thermostat, 1/ps
every = 10                        # steps between samples
"""


class LiquidPart(StudyPart):
    """Rigid SPC/E water with a reaction field."""

    molecules: int = Field(default=530, ge=200, le=200_000, description="in a cube")
    repeats: tuple[Annotated[int, Field(ge=1, le=50)], ...] = Field(
        default=(3, 1, 1), min_length=3, max_length=3, description="cubes along x, y and z", examples=[[3, 1, 1]]
    )
    temperature: Temperature = 300.0
    cutoff: Length = 0.9e-9
    equilibration: Time = 5e-12
    structure: Time = Field(default=20e-12, description="length over which g(r) is taken with all atoms")


class RegionPart(StudyPart):
    """Where the box is atomistic; its middle is that of the box."""

    shape: Literal["slab", "sphere", "cylinder"] = "slab"
    atomistic: Size = Field(default=0.5e-9, description="half the thickness of a slab, or the radius")
    hybrid: Length = 1e-9
    switching: Literal["cos2", "c2"] = "cos2"


class LennardJonesPart(StudyPart):
    """Beads that repel (cutoff at the minimum), or attract as well."""

    potential: Literal["lennard-jones"]
    sigma: Length
    epsilon: float = Field(gt=0.0, le=1e3, description="kJ/mol")
    cutoff: Length


class TablePart(StudyPart):
    """A potential from a file, e.g. of a coarse-graining."""

    potential: Literal["table"]
    file: InputFile


class NonePart(StudyPart):
    """Beads that do not interact."""

    potential: Literal["none"]


CoarsePart = Annotated[LennardJonesPart | TablePart | NonePart, Field(discriminator="potential")]


class CalibrationPart(StudyPart):
    """How the compensation is found."""

    tolerance: float = Field(default=0.02, gt=0.0, le=1.0)
    kirkwood: Annotated[float, Quantity("time", ge=0.0, le=1.0)] = Field(
        default=1.6e-12, description="at each of ten uniform resolutions; 0 measures the drift force on the fly instead"
    )
    drift_rounds: int = Field(default=8, ge=1, le=1000, description="of the drift force, without Kirkwood integration")
    drift_length: Time = 0.4e-12
    width: Length | None = Field(default=None, description="of the shells; a tenth of the hybrid zone where not given")
    density_length: Time = 3e-12
    rounds: int = Field(default=10, ge=0, le=1000)
    gain: float = Field(default=0.6, gt=0.0, le=1.0, description="share of each correction that is applied")


class ProductionPart(StudyPart):
    """The simulation that is looked at."""

    duration: Time = 20e-12
    timestep: Time = 2e-15
    friction: float = Field(default=2.0, ge=0.0, le=1000.0, description="of the Langevin thermostat, 1/ps")
    every: int = Field(default=10, ge=1, le=10**6, description="steps between samples")


class AdaptiveResolutionStudy(StudyModel):
    """A liquid with atoms in a region and beads around it."""

    bridge: Literal["adaptive-resolution"]
    liquid: LiquidPart = LiquidPart()
    region: RegionPart = RegionPart()
    coarse: CoarsePart
    scheme: Literal["hamiltonian", "force"] = "hamiltonian"
    cap: Size = Field(default=0.12e-9, description="site energies continue linearly below")
    calibration: CalibrationPart = CalibrationPart()
    production: ProductionPart = ProductionPart()

    def problems(self) -> Iterator[Problem]:
        """Mistakes between keys."""
        box = self._liquid().box
        cutoff = self.liquid.cutoff / NM
        if box.min() < 2.0 * cutoff + 0.7:
            yield Problem(
                "liquid.molecules", f"a box {box.min():.3g} nm thin",
                f"{2.0 * cutoff + 0.7:.3g} nm or more, for the cutoff of {cutoff:g} nm",
            )  # fmt: skip
        try:
            self._region().check(box, cutoff)
        except InputError as error:
            yield Problem("region", f"a region that does not fit: {error}", "one that fits its box")
        try:
            self._coarse()
        except InputError as error:
            yield Problem("coarse", f"a potential that cannot be used: {error}", "two columns, nm and kJ/mol")
        if self.production.duration < 10.0 * self.production.every * self.production.timestep:
            yield Problem("production.every", str(self.production.every), "so few steps that there are ten samples")

    def build(self) -> AdaptiveLiquid:
        """The bridge.

        Raises:
            StudyError: mistakes between keys.
        """
        from scalebridge.molecules.adaptive import AdaptiveLiquid

        problems = tuple(self.problems())
        if problems:
            raise StudyError(problems)
        return AdaptiveLiquid(
            self._liquid(), self._region(), self._coarse(), self.scheme, self.cap / NM, self._settings(),
            (self.liquid.equilibration / PS, self.liquid.structure / PS), self.calibration.kirkwood / PS,
            self.production.duration / PS,
        )  # fmt: skip

    @classmethod
    def template(cls) -> Mapping[str, bytes]:
        """A slab in water."""
        return {"study.toml": TEMPLATE.encode()}

    def _liquid(self) -> Liquid:
        from scalebridge.molecules.adaptive import Liquid

        x, y, z = self.liquid.repeats
        return Liquid(self.liquid.molecules, (x, y, z), self.liquid.cutoff / NM)

    def _region(self) -> Region:
        from scalebridge.molecules.adaptive import Cylinder, Slab, Sphere

        part = self.region
        kinds: dict[str, type[Slab | Sphere | Cylinder]] = {"slab": Slab, "sphere": Sphere, "cylinder": Cylinder}
        x, y, z = (0.5 * self._liquid().box).tolist()
        return kinds[part.shape]((x, y, z), part.atomistic / NM, part.hybrid / NM, part.switching)

    def _coarse(self) -> dict[str, Potential]:
        found = bead(self.coarse)
        return {} if found is None else {"HOH": found}

    def _settings(self) -> CalibrationSettings:
        from scalebridge.molecules.adaptive import CalibrationSettings, Dynamics

        part, run = self.calibration, self.production
        return CalibrationSettings(
            part.tolerance, part.drift_rounds, part.drift_length / PS, part.density_length / PS, part.rounds, part.gain,
            None if part.width is None else part.width / NM,
            dynamics=Dynamics(self.liquid.temperature, run.timestep / PS, run.friction, run.every),
        )  # fmt: skip


def bead(part: LennardJonesPart | TablePart | NonePart) -> Potential | None:
    """The potential between beads; None where there is none.

    Raises:
        InputError: a table that cannot be used.
    """
    from scalebridge.molecules.potentials import LennardJones, Spline

    if isinstance(part, NonePart):
        return None
    if isinstance(part, LennardJonesPart):
        return LennardJones(part.sigma / NM, part.epsilon, part.cutoff / NM, "energy")
    return Spline.through(*_columns(part.file), cut=True)


def _columns(file: InputFile) -> tuple[np.ndarray, np.ndarray]:
    """Distances and energies of a table, from where the core is no higher than some hundred kJ/mol."""
    try:
        rows = np.genfromtxt(str(file), usecols=(0, 1), delimiter="," if str(file).endswith(".csv") else None)
    except (OSError, ValueError) as error:
        raise InputError(f"{file} is no table of two columns: {error}") from error
    rows = np.atleast_2d(rows)
    rows = rows[np.isfinite(rows).all(axis=1)]
    if len(rows) < 4:
        raise InputError(f"{file} has {len(rows)} rows of two numbers; a potential needs four or more")
    kept = rows[np.flatnonzero(rows[:, 1] < 500.0)[0] :] if (rows[:, 1] < 500.0).any() else rows
    return kept[:, 0], kept[:, 1]


__all__ = ["AdaptiveResolutionStudy"]
