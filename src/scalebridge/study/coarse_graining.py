"""The study of a coarse-graining."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field, StringConstraints

from scalebridge.errors import InputError, Problem, StudyError
from scalebridge.study._coarse_graining_template import TEMPLATE
from scalebridge.study._model import InputFile, StudyModel, StudyPart
from scalebridge.units import Quantity

if TYPE_CHECKING:
    from scalebridge.molecules.coarse import CoarseGraining, Fit, Source
    from scalebridge.molecules.mapping import Mapping as BeadMapping

NM, PS, BAR = 1e-9, 1e-12, 1e5
Length = Annotated[float, Quantity("length", gt=0.0, le=1e-6)]
Time = Annotated[float, Quantity("time", gt=0.0, le=1.0)]
Temperature = Annotated[float, Quantity("temperature", gt=0.0, le=10_000.0)]
Pressure = Annotated[float, Quantity("pressure", ge=-1e10, le=1e10)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{1,20}$")]


class SimulatedPart(StudyPart):
    """Atoms that are simulated in the first step of the run."""

    temperature: Temperature = 300.0
    pressure: Pressure | None = Field(default=None, description="kept while equilibrating; the volume then stays")
    duration: Time = 50e-12
    equilibration: Time = 10e-12
    every: Time = Field(default=0.25e-12, description="time between frames")


class WaterPart(SimulatedPart):
    """Rigid SPC/E water with particle-mesh Ewald."""

    source: Literal["water"]
    molecules: int = Field(default=500, ge=200, le=200_000)


class ChainsPart(SimulatedPart):
    """n-alkanes as united atoms (OPLS)."""

    source: Literal["chains"]
    molecules: int = Field(default=200, ge=50, le=100_000)
    carbons: int = Field(default=6, ge=3, le=60)


class ProteinPart(SimulatedPart):
    """A protein in water from a PDB file with hydrogens, ions and a box (AMBER ff14SB, TIP3P)."""

    source: Literal["protein"]
    pdb: InputFile | None = Field(default=None, description="villin in water, shipped with OpenMM, where not given")
    network: Annotated[float, Quantity("length", ge=0.0, le=5e-9)] = 0.9e-9
    stiffness: float | None = Field(
        default=None,
        ge=0.0,
        le=1e6,
        description="of the elastic network, kJ/mol/nm^2; none: springs follow the fluctuations of the atoms",
    )


class FilesPart(StudyPart):
    """A trajectory that MDAnalysis reads."""

    source: Literal["files"]
    topology: InputFile
    trajectory: InputFile | None = None
    temperature: Temperature
    pressure: Pressure | None = None


ReferencePart = Annotated[WaterPart | ChainsPart | ProteinPart | FilesPart, Field(discriminator="source")]


class BeadPart(StudyPart):
    """A bead of a molecule."""

    name: Name
    atoms: str = Field(min_length=1, max_length=500, description="MDAnalysis selection", examples=["name OW HW1 HW2"])
    kind: Name | None = Field(default=None, alias="type", description="beads of one type share their potentials")
    weights: Literal["mass", "uniform"] | tuple[Annotated[float, Field(ge=0.0)], ...] = "mass"


class MoleculePart(StudyPart):
    """All molecules of one kind."""

    name: Name
    select: str = Field(min_length=1, max_length=500, description="MDAnalysis selection", examples=["resname HOH"])
    each: Literal["residue", "fragment", "segment"] = "residue"
    bonds: tuple[tuple[str, str], ...] | None = None
    kind: Name | None = Field(default=None, alias="type", description="of beads that are residues")
    bead: tuple[BeadPart, ...] = Field(default=(), description="none: one bead for each residue")


class MappingPart(StudyPart):
    """From atoms to beads."""

    molecule: tuple[MoleculePart, ...] = Field(min_length=1)
    ignore: str = ""
    excluded_bonds: int = Field(default=3, ge=0, le=3)
    shared: bool = False


class IterationPart(StudyPart):
    """Simulation of the beads."""

    steps: int = Field(default=2500, ge=100, le=10**9)
    timestep: Time = 4e-15
    every: int = Field(default=20, ge=1, le=10**6, description="steps between frames")
    equilibration: int = Field(default=250, ge=0, le=10**9, description="steps before the first frame")
    friction: float = Field(default=5.0, ge=0.0, le=1000.0, description="of the thermostat, 1/ps")


class ProductionPart(IterationPart):
    """The final potentials at work."""

    steps: int = Field(default=12500, ge=100, le=10**9)
    every: int = Field(default=50, ge=1, le=10**6)
    equilibration: int = Field(default=1250, ge=0, le=10**9)


class FitPart(StudyPart):
    """Method and numerics."""

    method: Literal["bi", "ibi", "imc", "gn", "fm", "re"] = "ibi"
    cutoff: Length = 0.9e-9
    bins: Length = 0.01e-9
    iterations: int = Field(default=15, ge=1, le=1000)
    scale: float = Field(default=1.0, gt=0.0, le=1.0, description="share of each change that is applied")
    ridge: float | None = Field(default=None, ge=0.0, le=1e6, description="regularisation")
    knots: Length = 0.02e-9
    pressure: Pressure | None = Field(default=None, description="pressure that the beads should have")
    correction: Literal["simple", "wjk"] = "wjk"
    average: int = Field(default=5, ge=1, le=1000, description="last iterations whose mean is the result")
    iteration: IterationPart = IterationPart()


class CoarseGrainingStudy(StudyModel):
    """Effective potentials between beads from an all-atom reference."""

    bridge: Literal["coarse-graining"]
    reference: ReferencePart
    mapping: MappingPart
    fit: FitPart = FitPart()
    production: ProductionPart = ProductionPart()

    def problems(self) -> Iterator[Problem]:
        """Mistakes between keys."""
        try:
            self._mapping()
        except InputError as error:
            yield Problem("mapping", f"rules that do not go together ({error})", "beads with names of their own")
            return
        for name in ("iteration", "production"):
            part = self.fit.iteration if name == "iteration" else self.production
            if part.steps < 10 * part.every:
                key = "fit.iteration.every" if name == "iteration" else "production.every"
                yield Problem(key, str(part.every), f"at most a tenth of the {part.steps} steps, for ten frames")
        if not self.fit.cutoff > 5.0 * self.fit.bins:
            yield Problem("fit.bins", f"{self.fit.bins / NM:g} nm", "less than a fifth of the cutoff")
        reference = self.reference
        if not isinstance(reference, FilesPart) and reference.every > reference.duration / 10.0:
            yield Problem("reference.every", f"{reference.every / PS:g} ps", "at most a tenth of the duration")
        try:
            edge = self._source().sketch().edge
        except InputError as error:
            yield Problem(
                "reference", f"a reference that cannot be used: {error}", "one that mapping and files describe"
            )
            return
        if edge < 2.0 * self.fit.cutoff / NM:
            found = f"{self.fit.cutoff / NM:g} nm in a box of {edge:.3g} nm"
            yield Problem("fit.cutoff", found, f"at most half the box, {0.5 * edge:.3g} nm")

    def build(self) -> CoarseGraining:
        """The bridge.

        Raises:
            StudyError: mistakes between keys.
        """
        from scalebridge.molecules.coarse import CoarseGraining

        problems = tuple(self.problems())
        if problems:
            raise StudyError(problems)
        return CoarseGraining((self._source(),), self._fit(), _protocol(self.production))

    @classmethod
    def template(cls) -> Mapping[str, bytes]:
        """Water to one bead."""
        return {"study.toml": TEMPLATE.encode()}

    def _mapping(self) -> BeadMapping:
        from scalebridge.molecules.mapping import BeadRule, Mapping, MoleculeRule

        rules = tuple(
            MoleculeRule(
                part.name,
                part.select,
                tuple(BeadRule(bead.name, bead.atoms, bead.kind or "", bead.weights) for bead in part.bead),
                part.each,
                part.bonds,
                kind=part.kind or "",
            )
            for part in self.mapping.molecule
        )
        return Mapping(rules, self.mapping.ignore, self.mapping.excluded_bonds, self.mapping.shared)

    def _source(self) -> Source:
        from scalebridge.molecules.coarse import Files, Simulated

        part, step = self.reference, self.fit.bins / NM
        pressure = None if part.pressure is None else part.pressure / BAR
        if isinstance(part, FilesPart):
            forces = self.fit.method == "fm"
            return Files(part.topology, part.trajectory, self._mapping(), part.temperature, pressure, step, forces)
        further: dict[str, Any] = {}
        if isinstance(part, ProteinPart):
            further = {"pdb": part.pdb, "network": part.network / NM, "stiffness": part.stiffness}
        else:
            further["molecules"] = part.molecules
        if isinstance(part, ChainsPart):
            further["carbons"] = part.carbons
        return Simulated(
            part.source,
            self._mapping(),
            part.temperature,
            part.duration / PS,
            part.every / PS,
            part.equilibration / PS,
            pressure=pressure,
            step=step,
            **further,
        )

    def _fit(self) -> Fit:
        from scalebridge.molecules.coarse import Fit

        fit = self.fit
        return Fit(
            method=fit.method,
            cutoff=float(np.round(fit.cutoff / NM, 9)),
            iterations=fit.iterations,
            scale=fit.scale,
            ridge=fit.ridge,
            knots=fit.knots / NM,
            pressure=None if fit.pressure is None else fit.pressure / BAR,
            pressure_method=fit.correction,
            average=fit.average,
            iteration=_protocol(fit.iteration),
        )


def _protocol(part: IterationPart) -> Any:
    from scalebridge.molecules.dynamics import Protocol

    return Protocol(part.steps, part.timestep / PS, part.every, part.equilibration, part.friction)


__all__ = ["CoarseGrainingStudy"]
