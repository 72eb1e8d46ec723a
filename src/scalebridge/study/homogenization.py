"""The study of a homogenization."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field, StringConstraints

from scalebridge.errors import InputError, Problem, StudyError
from scalebridge.study._homogenization_laws import ConductionPart, LawPart
from scalebridge.study._homogenization_microstructure import FilePart, Length, MicrostructurePart, PolycrystalPart
from scalebridge.study._homogenization_template import TEMPLATE
from scalebridge.study._model import StudyModel, StudyPart
from scalebridge.units import Quantity, format_quantity

if TYPE_CHECKING:
    from scalebridge.solids.homogenization import Homogenization, Load, SizeStudy
    from scalebridge.solids.microstructure import Microstructure

Component = Literal["11", "22", "33", "23", "13", "12", "32", "31", "21"]
Boundary = Literal["periodic", "kubc", "subc"]
Strain = Annotated[float, Quantity("dimensionless", ge=-10.0, le=10.0)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9 _-]{0,39}$")]


class SolverPart(StudyPart):
    """How volume elements are solved."""

    boundary: Boundary = "periodic"
    element: Literal["full", "bbar", "reduced"] = "full"
    kinematics: Literal["small", "finite"] = "small"
    tolerance: float = Field(default=1e-9, ge=1e-12, le=1e-3, description="of the residual forces, relative")


class LoadPart(StudyPart):
    """A load path: components of mean strain and stress that grow together."""

    name: Name
    strain: dict[Component, Strain] = Field(default_factory=dict, description="final mean strains (finite: of F - 1)")
    stress: dict[Component, Annotated[float, Quantity("pressure")]] = Field(
        default_factory=dict, description="final mean stresses"
    )
    otherwise: Literal["stress", "strain"] = Field(
        default="stress", description='what is zero in the components not named: "stress" (free) or "strain" (held)'
    )
    increments: int = Field(default=20, ge=1, le=2000, description="equal increments of loading")
    unload: Annotated[float, Quantity("dimensionless", ge=0.0, le=1.0)] = Field(
        default=0.0, description="share of the final values that is taken back at the end"
    )
    duration: Annotated[float, Quantity("time", gt=0.0)] = 1.0
    fields: bool = Field(default=False, description="keep the local fields of the last increment")

    def build(self, kinematics: Literal["small", "finite"]) -> Load:
        """The path.

        Raises:
            InputError: a component is named twice.
        """
        from scalebridge.solids.homogenization import Load
        from scalebridge.solids.rve import LoadPath

        path = LoadPath.proportional(
            {str(key): value for key, value in self.strain.items()},
            {str(key): value for key, value in self.stress.items()},
            factors=self._factors(),
            duration=self.duration,
            otherwise=self.otherwise,
            kinematics=kinematics,
        )
        return Load(self.name, path, self.fields)

    def _factors(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        up = np.arange(1, self.increments + 1) / self.increments
        steps = round(self.unload * self.increments) or (1 if self.unload else 0)
        down = 1.0 - self.unload * np.arange(1, steps + 1) / max(steps, 1)
        return np.concatenate([up, down])


class RepresentativePart(StudyPart):
    """Is the cell representative? Cells of growing size, several of each, under several boundary conditions."""

    sizes: tuple[Length, ...] = Field(min_length=1, max_length=20, description="edges of the cells, growing")
    realisations: (
        Annotated[int, Field(ge=1, le=10_000)]
        | Annotated[tuple[Annotated[int, Field(ge=1, le=10_000)], ...], Field(min_length=1)]
    ) = 5
    boundaries: tuple[Boundary, ...] = Field(default=("periodic", "kubc", "subc"), min_length=1)
    prop: Literal["stiffness", "conductivity"] | None = Field(
        default=None, alias="property", description="stiffness where there are mechanical laws, else conductivity"
    )
    precision: Annotated[float, Quantity("dimensionless", gt=0.0, lt=1.0)] = 0.02

    @property
    def counts(self) -> tuple[int, ...]:
        """Realisations of each size."""
        given = self.realisations
        return (given,) * len(self.sizes) if isinstance(given, int) else tuple(given)


class OutputPart(StudyPart):
    """What is written besides results and report."""

    material: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,79}$")] = "homogenized"
    density: Annotated[float, Quantity("density", gt=0.0)] | None = None
    xdmf: bool = Field(default=False, description="fields as XDMF with HDF5 besides .vti")


class HomogenizationStudy(StudyModel):
    """Effective behaviour of a microstructure: tensors, load paths, and whether the cell is representative."""

    bridge: Literal["homogenization"]
    part_length: Length | None = Field(default=None, description="smallest length over which a part's load varies")
    microstructure: MicrostructurePart
    laws: dict[Name, LawPart] = Field(min_length=1, description="a law for each phase")
    solver: SolverPart = SolverPart()
    load: tuple[LoadPart, ...] = ()
    representative: RepresentativePart | None = None
    output: OutputPart = OutputPart()

    def problems(self) -> Iterator[Problem]:
        """Mistakes between keys, and between the study and its microstructure."""
        yield from self.microstructure.problems()
        yield from self._solver_problems()
        yield from self._law_problems()
        yield from self._load_problems()
        drawn: Microstructure | None = None
        if not any(True for _ in self.microstructure.problems()):
            try:
                drawn = self._drawn
            except InputError as error:
                yield _unusable(self.microstructure, error)
        if drawn is not None:
            yield from self._phase_problems(drawn)
        if self.representative is not None:
            yield from self._representative_problems(self.representative, drawn)

    def build(self) -> Homogenization:
        """The bridge.

        Raises:
            StudyError: mistakes between keys.
            InputError: what the microstructure or the solver refuses.
        """
        from scalebridge.solids.homogenization import Homogenization, Numerics

        problems = tuple(self.problems())
        if problems:
            raise StudyError(problems)
        mechanical, conduction = self._laws_by_phase()
        solver = self.solver
        return Homogenization(
            microstructure=self._named(self._drawn),
            laws=mechanical,
            conduction=conduction,
            loads=tuple(load.build(solver.kinematics) for load in self.load),
            numerics=Numerics(solver.boundary, solver.element, solver.kinematics, solver.tolerance),
            study=self._study(),
            unit_cell=not isinstance(self.microstructure, FilePart) and self.microstructure.generator() is None,
            part_length=self.part_length,
            material=self.output.material,
            density=self.output.density,
            xdmf=self.output.xdmf,
        )

    @classmethod
    def template(cls) -> Mapping[str, bytes]:
        """A section through random fibres, stretched until its matrix flows."""
        return {"study.toml": TEMPLATE.encode()}

    @functools.cached_property
    def _drawn(self) -> Microstructure:
        """The microstructure, drawn with the seed of the study."""
        return self.microstructure.draw(np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(0,))))

    def _phases_of(self, name: str) -> tuple[int, ...]:
        """Phases that a law names; for ``"all"`` those that occur, and those of larger cells of a polycrystal."""
        asked = self.laws[name].phase
        if asked != "all":
            return (asked,) if isinstance(asked, int) else tuple(asked)
        if isinstance(self.microstructure, PolycrystalPart) and self.representative is not None:
            growth = (max(self.representative.sizes) / self.microstructure.edge) ** self.microstructure.dimensions
            return tuple(range(max(self.microstructure.grains, round(self.microstructure.grains * growth) + 1)))
        return tuple(range(self._drawn.phases[-1] + 1))

    def _laws_by_phase(self) -> tuple[dict[int, Any], dict[int, Any]]:
        mechanical: dict[int, Any] = {}
        conduction: dict[int, Any] = {}
        for name, part in self.laws.items():
            into = conduction if isinstance(part, ConductionPart) else mechanical
            into.update(dict.fromkeys(self._phases_of(name), part.build()))
        return mechanical, conduction

    def _named(self, drawn: Microstructure) -> Microstructure:
        """Phases bear the names of their laws' tables."""
        names: dict[int, str] = {}
        for name, part in self.laws.items():
            if part.phase != "all":
                for phase in self._phases_of(name):
                    names.setdefault(phase, name)
        return replace(drawn, names={p: names.get(p, drawn.name(p)) for p in drawn.phases if p in names})

    def _study(self) -> SizeStudy | None:
        from scalebridge.solids.homogenization import SizeStudy, WindowSource

        asked = self.representative
        if asked is None:
            return None
        source = self.microstructure.generator() or WindowSource(self._named(self._drawn))
        prop = self._property(asked)
        return SizeStudy(source, asked.sizes, asked.counts, asked.boundaries, prop, asked.precision)

    def _property(self, asked: RepresentativePart) -> Literal["stiffness", "conductivity"]:
        mechanical = any(not isinstance(part, ConductionPart) for part in self.laws.values())
        return asked.prop or ("stiffness" if mechanical else "conductivity")

    def _solver_problems(self) -> Iterator[Problem]:
        solver = self.solver
        if (solver.kinematics, solver.element) == ("finite", "bbar"):
            found = "'bbar' in finite strain; it averages the volumetric part of small strains"
            yield Problem("solver.element", found, "reduced or full")
        if (solver.kinematics, solver.boundary, solver.element) == ("finite", "subc", "reduced"):
            found = "'reduced' with uniform traction in finite strain, which has unstable mechanisms"
            yield Problem("solver.element", found, "full, or another boundary condition")

    def _law_problems(self) -> Iterator[Problem]:
        owner: dict[tuple[bool, int | str], str] = {}
        for name, part in self.laws.items():
            try:
                law = part.build()
            except InputError as error:
                yield Problem(
                    f"laws.{name}", f"constants that cannot be used ({error})", "constants of a stable material"
                )
                continue
            if not isinstance(part, ConductionPart):
                yield from self._kinematics_problems(name, law)
            asked = part.phase if isinstance(part.phase, tuple) else (part.phase,)
            for phase in asked:
                before = owner.setdefault((isinstance(part, ConductionPart), phase), name)
                if before != name:
                    allowed = f"a phase that has no law of this kind yet; {phase} has laws.{before}"
                    yield Problem(f"laws.{name}.phase", str(phase), allowed)

    def _kinematics_problems(self, name: str, law: Any) -> Iterator[Problem]:
        wanted = self.solver.kinematics
        possible = law.kinematics
        if wanted not in possible and (self.load or wanted == "finite"):
            found = f"a law that works in {' and '.join(possible)} strain"
            yield Problem(f"laws.{name}.law", found, f"a law for {wanted} strain, as solver.kinematics asks for")

    def _load_problems(self) -> Iterator[Problem]:
        names: set[str] = set()
        for i, load in enumerate(self.load):
            key = f"load.{i}"
            if load.name in names:
                yield Problem(f"{key}.name", repr(load.name), "a name that no other load has")
            names.add(load.name)
            if not load.strain and not load.stress:
                yield Problem(key, "neither strain nor stress", 'a component, e.g. strain = { "11" = "1 %" }')
                continue
            try:
                load.build(self.solver.kinematics)
            except InputError as error:
                yield Problem(
                    key, f"components that do not go together ({error})", "each component once, as strain or stress"
                )
        if self.load and all(isinstance(part, ConductionPart) for part in self.laws.values()):
            yield Problem("load", "load paths", "none where all laws are conduction")

    def _phase_problems(self, drawn: Microstructure) -> Iterator[Problem]:
        """Phases without law, and laws without phase."""
        present = set(drawn.phases)
        for conducts, kind in ((False, "mechanical law"), (True, "conductivity")):
            names = [n for n, part in self.laws.items() if isinstance(part, ConductionPart) == conducts]
            owned = {phase for n in names for phase in self._phases_of(n)}
            if names and not present <= owned:
                lacking = ", ".join(map(str, sorted(present - owned)))
                yield Problem("laws", f"no {kind} for phase {lacking}", f"one for each phase: {_listing(present)}")
            for n in names:
                stray = set() if self.laws[n].phase == "all" else set(self._phases_of(n)) - present
                if stray and len(stray) == len(self._phases_of(n)):
                    yield Problem(f"laws.{n}.phase", _listing(stray), f"a phase that occurs: {_listing(present)}")

    def _representative_problems(self, asked: RepresentativePart, drawn: Microstructure | None) -> Iterator[Problem]:
        if any(b <= a for a, b in zip(asked.sizes, asked.sizes[1:], strict=False)):
            yield Problem("representative.sizes", _lengths(asked.sizes), "sizes that grow")
        if len(asked.counts) != len(asked.sizes):
            found = f"{len(asked.counts)} numbers for {len(asked.sizes)} sizes"
            yield Problem("representative.realisations", found, "one number, or one for each size")
        elif max(asked.counts) < 2:
            yield Problem("representative.realisations", "1", "2 or more of at least one size, to see scatter")
        if len(set(asked.boundaries)) != len(asked.boundaries):
            yield Problem("representative.boundaries", ", ".join(asked.boundaries), "each boundary condition once")
        conducts = self._property(asked) == "conductivity"
        if not any(isinstance(part, ConductionPart) == conducts for part in self.laws.values()):
            yield Problem("representative.property", self._property(asked), "a property for which there are laws")
        yield from self._size_problems(asked, drawn)

    def _size_problems(self, asked: RepresentativePart, drawn: Microstructure | None) -> Iterator[Problem]:
        if not isinstance(self.microstructure, FilePart):
            if self.microstructure.generator() is None:
                yield Problem("representative", "a study of size", "none: this cell is exact and does not scatter")
            else:
                larger = self.microstructure.model_copy(update={"edge": max(asked.sizes)})
                yield from (replace(p, key="representative.sizes") for p in larger.problems())
        elif drawn is not None:
            largest, smallest = min(drawn.size), 2 * max(drawn.spacing)
            for i, size in enumerate(asked.sizes):
                if not smallest <= size <= largest * (1 + 1e-9):
                    allowed = f"windows between {smallest:.4g} m and the image's shorter edge, {largest:.4g} m"
                    yield Problem(f"representative.sizes.{i}", str(format_quantity(size, "length")), allowed)


def _unusable(part: MicrostructurePart, error: InputError) -> Problem:
    if isinstance(part, FilePart):
        return Problem("microstructure.file", f"a file that cannot be used: {error}", "phases that these keys separate")
    return Problem("microstructure", f"a microstructure that cannot be made: {error}", "one that fits into its cell")


def _listing(phases: set[int]) -> str:
    shown = ", ".join(map(str, sorted(phases)[:8]))
    return shown if len(phases) <= 8 else f"{shown}, ... ({len(phases)} in all)"


def _lengths(sizes: tuple[float, ...]) -> str:
    return ", ".join(f"{size:.4g} m" for size in sizes)


__all__ = ["HomogenizationStudy", "LoadPart", "OutputPart", "RepresentativePart", "SolverPart"]
