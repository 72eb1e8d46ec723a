"""The study of a body whose material is simulated at every integration point."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field

from scalebridge.errors import InputError, Problem, StudyError
from scalebridge.study._fe2_bodies import BodyPart, BoxPart, MeshPart, WingPart
from scalebridge.study._fe2_template import TEMPLATE
from scalebridge.study._homogenization_laws import ConductionPart, LawPart
from scalebridge.study._homogenization_microstructure import MicrostructurePart
from scalebridge.study._model import StudyModel, StudyPart
from scalebridge.study.homogenization import Name
from scalebridge.units import Quantity

if TYPE_CHECKING:
    from scalebridge.solids.fe2 import FE2Bridge, Ladder, OnTheFly
    from scalebridge.solids.fe2._conditions import Condition
    from scalebridge.solids.microstructure import Microstructure

Motion = Annotated[float, Quantity("length")]
Force = Annotated[float, Quantity("pressure")]
Axis = Literal["x", "y", "z"]


class DisplacementPart(StudyPart):
    """Displacements of a boundary; directions that are not named are free."""

    boundary: str = Field(description="a boundary of the body", examples=["root"])
    value: dict[Axis, Motion] = Field(min_length=1, description="displacement in each direction", examples=[{"x": 0.0}])


class TractionPart(StudyPart):
    """Force per area of a boundary."""

    boundary: str = Field(description="a boundary of the body", examples=["lower"])
    value: dict[Axis, Force] = Field(min_length=1, description="force per area in each direction")
    distribution: Literal["uniform", "elliptic"] = Field(
        default="uniform", description='"elliptic" falls from the root of a wing to its tip as lift does'
    )


class SolverPart(StudyPart):
    """How the body and its cells are solved."""

    element: Literal["auto", "tet4", "tet10", "hex8", "hex8-full", "hex20", "hex27"] = "auto"
    kinematics: Literal["small", "finite"] = "small"
    tolerance: float = Field(default=1e-6, ge=1e-10, le=1e-3, description="of the macroscopic residual, relative")
    cell_boundary: Literal["periodic", "kubc", "subc"] = "periodic"
    cell_element: Literal["full", "reduced"] = "reduced"
    cell_tolerance: float = Field(default=1e-7, ge=1e-12, le=1e-3, description="of the residual in cells, relative")
    workers: int = Field(default=0, ge=0, le=1024, description="processes that own the cells; 0: the run's own")


class ReducedPart(StudyPart):
    """A reduced model, made from the cells of the body itself and enriched where it errs."""

    paths: int = Field(default=12, ge=4, le=1000, description="cells solved in full for the first model")
    more: int = Field(default=4, ge=1, le=1000, description="cells solved in full for each enrichment")
    limit: int = Field(default=36, ge=4, le=10_000, description="cells solved in full for it altogether")
    modes: int = Field(default=40, ge=6, le=1000, description="modes of the fluctuation")
    points: int = Field(default=64, ge=1, le=10_000, description="integration points of the reduced model")
    audits: int = Field(default=1, ge=0, le=1000, description="points judged on the full grid in each load step")

    def build(self, seed: int) -> OnTheFly:
        """How the model is made; its judge has two thirds of its modes and half of its points."""
        from scalebridge.solids.fe2 import OnTheFly
        from scalebridge.solids.reduced import Size

        judge = Size(max(6, 2 * self.modes // 3), max(1, self.points // 2), 200)
        sizes = (judge, Size(self.modes, self.points, 300))
        return OnTheFly(self.paths, self.more, self.limit, sizes, self.audits, seed)


class LadderPart(StudyPart):
    """What may be simplified where that is proved to be harmless."""

    allowance: float = Field(default=0.01, gt=0.0, le=0.2, description="error of a stress, of the largest in the body")
    elastic: bool = Field(default=True, description="cells in which nothing yields answer by their exact tensor")
    sharing: bool = Field(default=True, description="points with nearly the same history share a cell")
    reduced: ReducedPart | None = Field(default=None, description="cells that yield answer by a reduced model")

    def build(self, seed: int) -> Ladder:
        """The ladder."""
        from scalebridge.solids.fe2 import Ladder

        reduced = None if self.reduced is None else self.reduced.build(seed)
        return Ladder(self.allowance, self.elastic, reduced, self.sharing)


class LoadingPart(StudyPart):
    """The course of all loads."""

    steps: int = Field(default=10, ge=1, le=10_000, description="equal load steps up to the full load")
    unload: Annotated[float, Quantity("dimensionless", ge=0.0, le=1.0)] = Field(
        default=0.0, description="share of the load that is taken back at the end"
    )


class FE2Study(StudyModel):
    """A body whose material is a cell at every integration point."""

    bridge: Literal["fe2"]
    body: BodyPart
    microstructure: MicrostructurePart
    laws: dict[Name, LawPart] = Field(min_length=1, description="a law for each phase")
    displacement: tuple[DisplacementPart, ...] = Field(min_length=1, description="what is held and moved")
    traction: tuple[TractionPart, ...] = ()
    loading: LoadingPart = LoadingPart()
    ladder: LadderPart | None = Field(default=None, description="without it all cells are solved in full")
    solver: SolverPart = SolverPart()
    watch: str = Field(description="boundary whose force and motion are recorded", examples=["tip"])

    def problems(self) -> Iterator[Problem]:
        """Mistakes between keys, and between the study, its body and its microstructure."""
        yield from self.body.problems()
        yield from self.microstructure.problems()
        yield from self._law_problems()
        yield from self._boundary_problems()
        if self.ladder is not None and self.solver.kinematics == "finite":
            yield Problem("ladder", "a ladder in finite strain", "none; it is for small strain")
        reduced = None if self.ladder is None else self.ladder.reduced
        if reduced is not None and reduced.limit < reduced.paths:
            yield Problem("ladder.reduced.limit", str(reduced.limit), f"at least as many as paths, {reduced.paths}")
        for i, part in enumerate(self.traction):
            if part.distribution == "elliptic" and not isinstance(self.body, WingPart):
                yield Problem(f"traction.{i}.distribution", "'elliptic' for a body without a span", "uniform")

    def build(self) -> FE2Bridge:
        """The bridge.

        Raises:
            StudyError: mistakes between keys.
            InputError: what mesh, microstructure or solver refuse.
        """
        from scalebridge.solids.fe2 import Cell, FE2Bridge

        problems = tuple(self.problems())
        if problems:
            raise StudyError(problems)
        drawn, solver = self._drawn, self.solver
        missing = set(drawn.phases) - set(self._laws)
        if missing:
            raise InputError(f"laws: no mechanical law for phase {', '.join(map(str, sorted(missing)))}.")
        laws = {p: law for p, law in self._laws.items() if p in drawn.phases}
        cell = Cell(drawn, laws, solver.cell_boundary, solver.cell_element, solver.cell_tolerance)
        return FE2Bridge(
            mesh=self.body.mesh(),
            parts=self.body.parts(cell, 3 if drawn.ndim == 2 else 1),
            conditions=self._conditions(),
            times=self._times(),
            watch=self.watch,
            kinematics=solver.kinematics,
            ladder=None if self.ladder is None else self.ladder.build(self.seed),
            element=solver.element,
            workers=solver.workers,
            tolerance=solver.tolerance,
        )

    @classmethod
    def template(cls) -> Mapping[str, bytes]:
        """A small wing of glass and epoxy."""
        return {"study.toml": TEMPLATE.encode()}

    @functools.cached_property
    def _drawn(self) -> Microstructure:
        """The microstructure, drawn with the seed of the study."""
        return self.microstructure.draw(np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(0,))))

    @functools.cached_property
    def _laws(self) -> dict[int, Any]:
        found: dict[int, Any] = {}
        for part in self.laws.values():
            phases = (
                self._drawn.phases
                if part.phase == "all"
                else part.phase
                if isinstance(part.phase, tuple)
                else (part.phase,)
            )
            found.update(dict.fromkeys(phases, part.build()))
        return found

    def _law_problems(self) -> Iterator[Problem]:
        linear = True
        for name, part in self.laws.items():
            if isinstance(part, ConductionPart):
                yield Problem(f"laws.{name}.law", "'conduction'", "a mechanical law; FE² needs stresses")
                continue
            try:
                law = part.build()
            except InputError as error:
                yield Problem(f"laws.{name}", f"constants that cannot be used ({error})", "a stable material")
                continue
            linear &= law.is_linear
            if self.solver.kinematics not in law.kinematics:
                found = f"a law that works in {' and '.join(law.kinematics)} strain"
                yield Problem(f"laws.{name}.law", found, f"a law for {self.solver.kinematics} strain")

        if linear and self.ladder is not None and self.ladder.reduced is not None:
            yield Problem("ladder.reduced", "a reduced model where all laws are linear", "none: rung 0 is exact there")

    def _boundary_problems(self) -> Iterator[Problem]:
        known = self.body.boundaries
        if not known:
            return
        asked = {"watch": self.watch}
        for table in ("displacement", "traction"):
            asked |= {f"{table}.{i}.boundary": p.boundary for i, p in enumerate(getattr(self, table))}
        for key, name in asked.items():
            if name not in known:
                yield Problem(key, repr(name), f"a boundary of the body: {', '.join(known)}")

    def _conditions(self) -> tuple[Condition, ...]:
        from scalebridge.solids.fe2 import Displacement, Lift, Traction

        course = self._course()
        moved = tuple(
            Displacement(p.boundary, (p.value.get("x"), p.value.get("y"), p.value.get("z")), course)
            for p in self.displacement
        )
        pulled = []
        for part in self.traction:
            value: Any = tuple(part.value.get(axis, 0.0) for axis in ("x", "y", "z"))
            if part.distribution == "elliptic" and isinstance(self.body, WingPart):
                value = Lift(value[2], self.body.span)
            pulled.append(Traction(part.boundary, value, course))
        return (*moved, *pulled)

    def _course(self) -> tuple[tuple[float, float], ...]:
        up = ((0.0, 0.0), (1.0, 1.0))
        return (*up, (1.0 + self.loading.unload, 1.0 - self.loading.unload)) if self.loading.unload else up

    def _times(self) -> tuple[float, ...]:
        steps = self.loading.steps
        back = round(self.loading.unload * steps) or (1 if self.loading.unload else 0)
        up = [k / steps for k in range(1, steps + 1)]
        return (*up, *(1.0 + self.loading.unload * k / back for k in range(1, back + 1)))


__all__ = ["BoxPart", "FE2Study", "LadderPart", "LoadingPart", "MeshPart", "ReducedPart", "SolverPart", "WingPart"]
