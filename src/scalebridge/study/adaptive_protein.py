"""The study of a protein with adaptive resolution, from a PDB file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from scalebridge.errors import InputError, Problem, StudyError
from scalebridge.study._model import InputFile, StudyModel, StudyPart
from scalebridge.study.adaptive_resolution import (
    NM,
    PS,
    CoarsePart,
    Length,
    ProductionPart,
    Size,
    Temperature,
    Time,
    bead,
)

if TYPE_CHECKING:
    from scalebridge.molecules.adaptive import AdaptiveProtein, CalibrationSettings, Sphere
    from scalebridge.molecules.adaptive._solvated import Solvation

TEMPLATE = """\
# A peptide with all its atoms and the water around it, beads beyond, in a ball that follows it.
# Check it with 'scalebridge check', see its cost with 'scalebridge plan', carry it out with 'scalebridge run'.
bridge = "adaptive-protein"
title = "A peptide in water"
seed = 1                          # every random number of the run follows from it
copies = 1                        # of control and production; errors come from their means where there are several

[protein]
file = "protein.pdb"              # one chain; hydrogens and water are added where they miss
fields = ["amber14/protein.ff14SB.xml"]   # force fields of OpenMM; the water is SPC/E
edge = "3.6 nm"                   # of the cube that is filled with water; its pressure of 1 bar then finds its own
temperature = "300 K"
cutoff = "0.7 nm"                 # reaction field beyond
relaxation = "5 ps"               # with all atoms, at that edge

[region]
atomistic = "0.9 nm"              # around the protein's centre of mass
hybrid = "0.7 nm"                 # as wide as the cutoff, or wider

[coarse]
potential = "lennard-jones"       # or "table": two columns, nm and kJ/mol; or "none": an ideal gas
sigma = "0.28 nm"
epsilon = 0.65                    # kJ/mol
cutoff = "0.3143 nm"              # at the minimum: repulsion alone

[control]
duration = "20 ps"                # the same with all atoms everywhere

[calibration]
tolerance = 0.03                  # of the water's density against the control
kirkwood = "1.6 ps"               # at each of ten uniform resolutions of a cube of water
density_length = "3 ps"           # of the first round; they grow by a quarter
rounds = 6

[production]
duration = "20 ps"
timestep = "2 fs"
friction = 2.0                    # of the Langevin thermostat, 1/ps
every = 25                        # steps between samples
"""

PEPTIDE = """\
ATOM      1  CH3 ACE A   1       2.000   2.090   0.000  1.00  0.00           C
ATOM      2  C   ACE A   1       3.427   2.641   0.000  1.00  0.00           C
ATOM      3  O   ACE A   1       4.391   1.877   0.000  1.00  0.00           O
ATOM      4  N   ALA A   2       3.555   3.970   0.000  1.00  0.00           N
ATOM      5  CA  ALA A   2       4.853   4.614   0.000  1.00  0.00           C
ATOM      6  CB  ALA A   2       5.661   4.221  -1.232  1.00  0.00           C
ATOM      7  C   ALA A   2       4.713   6.129   0.000  1.00  0.00           C
ATOM      8  O   ALA A   2       3.601   6.653   0.000  1.00  0.00           O
ATOM      9  N   NME A   3       5.846   6.835   0.000  1.00  0.00           N
ATOM     10  C   NME A   3       5.737   8.286   0.000  1.00  0.00           C
END
"""


class ProteinPart(StudyPart):
    """The protein and its water."""

    file: InputFile
    fields: tuple[str, ...] = Field(default=("amber14/protein.ff14SB.xml",), min_length=1, max_length=5)
    edge: Length
    temperature: Temperature = 300.0
    cutoff: Length = 0.9e-9
    ph: float = Field(default=7.0, ge=0.0, le=14.0, description="at which hydrogens are added")
    relaxation: Time = 5e-12


class BallPart(StudyPart):
    """Where the box is atomistic: a ball around the protein's centre of mass."""

    atomistic: Size
    hybrid: Length
    switching: Literal["cos2", "c2"] = "cos2"


class ControlPart(StudyPart):
    """The same protein with all atoms everywhere."""

    duration: Time = 20e-12


class ProteinCalibrationPart(StudyPart):
    """How the compensation is found."""

    tolerance: float = Field(default=0.03, gt=0.0, le=1.0)
    kirkwood: Time = Field(default=1.6e-12, description="at each of ten uniform resolutions of a cube of water")
    width: Length | None = Field(default=None, description="of the shells; a tenth of the hybrid zone where not given")
    density_length: Time = 3e-12
    rounds: int = Field(default=6, ge=0, le=1000)
    gain: float = Field(default=0.6, gt=0.0, le=1.0, description="share of each correction that is applied")


class AdaptiveProteinStudy(StudyModel):
    """A protein with all its atoms in water that is coarse away from it."""

    bridge: Literal["adaptive-protein"]
    protein: ProteinPart
    region: BallPart
    coarse: CoarsePart
    cap: Size = Field(default=0.12e-9, description="site energies continue linearly below")
    control: ControlPart = ControlPart()
    calibration: ProteinCalibrationPart = ProteinCalibrationPart()
    production: ProductionPart = ProductionPart()
    copies: int = Field(default=1, ge=1, le=1000, description="of control and production; errors from their means")

    def problems(self) -> Iterator[Problem]:
        """Mistakes between keys."""
        try:
            reach = self._solvation().radius()
        except (InputError, OSError, ValueError) as error:
            yield Problem("protein.file", f"a file that cannot be used: {error}", "a PDB file of one protein")
            return
        if reach > self.region.atomistic / NM:
            yield Problem(
                "region.atomistic", f"{self.region.atomistic / NM:g} nm, and the protein reaches {reach:.2f} nm",
                f"{reach + 0.3:.1f} nm or more, so that a layer of water fits as well",
            )  # fmt: skip
        try:
            self._region().check(np.full(3, self.protein.edge / NM), self.protein.cutoff / NM)
        except InputError as error:
            yield Problem("region", f"a region that does not fit: {error}", "one that fits its box")
        try:
            bead(self.coarse)
        except InputError as error:
            yield Problem("coarse", f"a potential that cannot be used: {error}", "two columns, nm and kJ/mol")
        for key, length in (("control", self.control.duration), ("production", self.production.duration)):
            if length < 10.0 * self.production.every * self.production.timestep:
                yield Problem(f"{key}.duration", f"{length / PS:g} ps", "so long that there are ten samples")

    def build(self) -> AdaptiveProtein:
        """The bridge.

        Raises:
            StudyError: mistakes between keys.
        """
        from scalebridge.molecules.adaptive import AdaptiveProtein

        problems = tuple(self.problems())
        if problems:
            raise StudyError(problems)
        return AdaptiveProtein(
            self._solvation(), self._region(), bead(self.coarse), self.cap / NM, self._settings(),
            self.protein.relaxation / PS, self.control.duration / PS, self.calibration.kirkwood / PS,
            self.production.duration / PS, self.copies,
        )  # fmt: skip

    @classmethod
    def template(cls) -> Mapping[str, bytes]:
        """Alanine dipeptide."""
        return {"study.toml": TEMPLATE.encode(), "protein.pdb": PEPTIDE.encode()}

    def _solvation(self) -> Solvation:
        from scalebridge.molecules.adaptive._solvated import Solvation

        p = self.protein
        return Solvation(p.file.read_text(errors="replace"), p.edge / NM, p.cutoff / NM, p.fields, p.ph)

    def _region(self) -> Sphere:
        from scalebridge.molecules.adaptive import Sphere

        part = self.region
        return Sphere((0.0, 0.0, 0.0), part.atomistic / NM, part.hybrid / NM, part.switching)

    def _settings(self) -> CalibrationSettings:
        from scalebridge.molecules.adaptive import CalibrationSettings, Dynamics

        part, run = self.calibration, self.production
        return CalibrationSettings(
            part.tolerance, 0, density_length=part.density_length / PS, rounds=part.rounds, gain=part.gain,
            width=None if part.width is None else part.width / NM,
            dynamics=Dynamics(self.protein.temperature, run.timestep / PS, run.friction, run.every),
        )  # fmt: skip


__all__ = ["AdaptiveProteinStudy"]
