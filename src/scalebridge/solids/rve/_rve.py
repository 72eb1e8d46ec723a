"""The representative volume element: what a user builds, asks and drives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Literal, final

import numpy as np
import numpy.typing as npt

from scalebridge.errors import ConvergenceError, InputError
from scalebridge.solids.laws import Conduction, Law, LinearElastic
from scalebridge.solids.microstructure import Microstructure
from scalebridge.solids.rve._advance import Solver, Target
from scalebridge.solids.rve._checks import check_path, check_state, checked_strains, wanted_increments
from scalebridge.solids.rve._grid import Boundary, Element, Grid, voxel_grid
from scalebridge.solids.rve._homogenize import homogenize
from scalebridge.solids.rve._material import Material
from scalebridge.solids.rve._newton import Increment, Tolerance
from scalebridge.solids.rve._path import LoadPath
from scalebridge.solids.rve._records import Drive, Homogenized, IncrementResult, RVEState
from scalebridge.solids.rve._status import Status

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Kinematics = Literal["small", "finite"]


@final
class RVE:
    """A representative volume element: microstructure, laws, boundary condition and voxel finite elements.

    Args:
        microstructure: phases on a 2-D or 3-D voxel grid; a 2-D one is a cross-section with uniform third direction.
        laws: law of every phase that occurs; all mechanical, or all `Conduction`.
        boundary: ``"periodic"``; ``"kubc"``, linear displacement on the boundary; ``"subc"``, uniform traction.
        element: ``"full"``, two Gauss points per axis; ``"bbar"``, the same with one volumetric strain per voxel, which
            does not lock where plastic flow keeps the volume (small strain); ``"reduced"``, one point per voxel.
        kinematics: ``"small"`` or ``"finite"`` strain.
        tolerance: residual force relative to the one without fluctuation (linear phases), or to the internal forces
            without cancellation (nonlinear).
        threads: threads to use; None for all that Numba has.

    Raises:
        InputError: a phase has no law, a law does not fit the kinematics, kinds of laws are mixed, or an option is
            unknown.

    Examples:
        >>> from scalebridge import solids
        >>> cell = solids.microstructure.square_fibres(0.3, diameter=7e-6, voxels=16)
        >>> glass, epoxy = solids.LinearElastic.isotropic(72e9, 0.22), solids.LinearElastic.isotropic(3.5e9, 0.35)
        >>> solids.RVE(cell, {0: epoxy, 1: glass}).effective_stiffness().shape
        (6, 6)
    """

    def __init__(
        self,
        microstructure: Microstructure,
        laws: Mapping[int, Law | Conduction],
        boundary: Boundary = "periodic",
        element: Element = "full",
        kinematics: Kinematics = "small",
        *,
        tolerance: float = 1e-8,
        max_iterations: int = 2000,
        threads: int | None = None,
    ) -> None:
        import numba

        _one_of("boundary", boundary, ("periodic", "kubc", "subc"))
        _one_of("element", element, ("full", "bbar", "reduced"))
        _one_of("kinematics", kinematics, ("small", "finite"))
        if not 1e-13 <= tolerance <= 1e-1:
            raise InputError(f"tolerance is {tolerance}; it must lie between 1e-13 and 0.1.")
        self.microstructure = microstructure
        self.boundary = boundary
        self.element = element
        self.kinematics = kinematics
        self.tolerance = float(tolerance)
        self.max_iterations = max_iterations
        self.threads = threads or numba.get_num_threads()
        self.laws = _checked_laws(microstructure, laws, kinematics)
        if (element, kinematics) == ("bbar", "finite"):
            raise InputError(
                "element='bbar' averages the volumetric part of small strains; with kinematics='finite' use "
                "element='reduced', which does not lock either, or 'full'."
            )
        if (boundary, element, kinematics) == ("subc", "reduced", "finite"):
            raise InputError(
                "elements with one point let voxels at a free boundary turn without strain, which nothing stabilises "
                "in finite strain; use element='full' with boundary='subc'."
            )
        if min(microstructure.shape) < 2:
            raise InputError(f"the grid is {microstructure.shape}; every axis needs at least 2 voxels.")

    def __repr__(self) -> str:
        laws = ", ".join(f"{p}: {type(law).__name__}" for p, law in self.laws.items())
        return f"RVE({self.microstructure!r}, {{{laws}}}, {self.boundary}, {self.element}, {self.kinematics} strain)"

    @cached_property
    def grid(self) -> Grid:
        """Voxels, nodes and integration points."""
        return voxel_grid(self.microstructure.shape, self.microstructure.size, self.boundary, self.element)

    @cached_property
    def material(self) -> Material:
        """Laws on the grid."""
        phase = np.asarray(self.microstructure.phase, np.int64).ravel()
        return Material(self.grid, phase, self.laws, self.kinematics == "finite", self.threads)

    @cached_property
    def _solver(self) -> Solver:
        return Solver(self.material, Tolerance(force=self.tolerance, linear=self.max_iterations))

    @cached_property
    def _linear(self) -> Homogenized:
        with _threads(self.threads):
            return homogenize(self.material, tolerance=self.tolerance, limit=self.max_iterations, threads=self.threads)

    def homogenize(self) -> Homogenized:
        """Effective stiffness or conductivity of linear phases, with iterations, status and ledger entries.

        Raises:
            InputError: a phase is nonlinear or the kinematics is finite; use `drive`, which gives tangents.
        """
        if not self.material.linear:
            raise InputError(
                "homogenize needs linear phases in small strain; drive the RVE along a LoadPath, whose increments have "
                "a tangent each."
            )
        return self._linear

    def effective_stiffness(self) -> Floats:
        """Effective stiffness, (6, 6) in Pa, Mandel notation, order 11, 22, 33, 23, 13, 12.

        For nonlinear laws, the tangent of the undeformed material.

        Raises:
            ConvergenceError: a load case did not reach the tolerance.
            InputError: the phases conduct heat; use `effective_conductivity`.
        """
        if self._conducts:
            raise InputError("the phases are conductors and have no stiffness; ask for effective_conductivity().")
        if self.material.linear:
            return self._checked_tensor()
        start = self._solver.initial(1)
        target = Target(np.zeros((1, 9)), np.full((1, 9), np.nan), 1.0)
        with _threads(self.threads):
            state, result, _ = self._solver.advance(start, target)
        if not result.converged or state.tangent is None:
            raise ConvergenceError(result.status[0].value)
        directions = self._solver.directions
        from scalebridge.solids.rve._grid import symmetric_directions

        change = symmetric_directions().T @ directions
        stiffness: Floats = change @ state.tangent[0] @ change.T
        return stiffness

    def effective_conductivity(self) -> Floats:
        """Effective conductivity, (3, 3) in W/(m K).

        Raises:
            ConvergenceError: a load case did not reach the tolerance.
            InputError: the phases are not conductors.
        """
        if not self._conducts:
            raise InputError("the phases have stiffnesses, no conductivities; give Conduction laws.")
        return self._checked_tensor()

    @property
    def _conducts(self) -> bool:
        return all(isinstance(law, Conduction) for law in self.laws.values())

    def _checked_tensor(self) -> Floats:
        found = self._linear
        if not found.converged:
            reason = next(s for s in found.status if s is not Status.CONVERGED)
            raise ConvergenceError(f"{reason.value} ({self.max_iterations} iterations, tolerance {self.tolerance:g})")
        return found.tensor

    def initial_state(self, loads: int = 1) -> RVEState:
        """Undeformed state of `loads` copies of this RVE; InputError where phases conduct heat."""
        if self._conducts:
            raise InputError("the phases are conductors and have no stress; a load needs mechanical laws.")
        with _threads(self.threads):
            return self._solver.initial(loads)

    def advance(self, state: RVEState, target: Target, *, tangent: bool = True) -> tuple[RVEState, IncrementResult]:
        """One increment of all loads of `state`; halved where Newton's method fails."""
        with _threads(self.threads):
            after, result, _ = self._solver.advance(state, target, tangent=tangent)
        return after, result

    def respond(
        self, strain: Floats, state: RVEState | None = None, *, dt: float = 1.0, tangent: bool = True
    ) -> tuple[RVEState, IncrementResult]:
        """Stress and tangent of B copies of this RVE for B mean strains, in one vectorised solve.

        Args:
            strain: (B, 3, 3) mean strains, or deformation gradients in finite strain, at the end of the increment.
            state: state of the B copies at its start; None for undeformed ones.
            dt: length of the increment, s.
            tangent: whether the macroscopic tangents are wanted.

        Raises:
            InputError: the strains have a wrong shape, are not finite or (in small strain) not symmetric, the state is
                that of another volume element or number of loads, or phases conduct heat. A deformation gradient
                that turns the body inside out is no error but the status of its load.
        """
        strain = checked_strains(strain, self.kinematics == "finite")
        state = self._start(state, len(strain))
        offset = np.eye(3) if self.kinematics == "finite" else 0.0
        gradient = (strain - offset).reshape(-1, 9)
        return self.advance(state, Target(gradient, np.full_like(gradient, np.nan), state.time + dt), tangent=tangent)

    def drive(
        self,
        path: LoadPath,
        *,
        state: RVEState | None = None,
        fields: tuple[int, ...] | Literal["last"] | None = None,
        tangent: bool = True,
        on_increment: Callable[[int, IncrementResult], None] | None = None,
    ) -> Drive:
        """Stress, strain and tangent along a load path.

        An increment that fails ends the path: its stress and what follows is NaN, its status says why, and everything
        before it is kept.

        Args:
            path: prescribed mean strains and stresses.
            state: state to start from, whose time those of the path are counted from; undeformed if None.
            fields: increments after which voxel fields are kept, or ``"last"``.
            tangent: whether the macroscopic tangent of each increment is wanted.
            on_increment: called after each increment, for progress.

        Raises:
            InputError: the path does not suit the kinematics, the state is that of another volume element, fields of
                increments beyond the path are wanted, or phases conduct heat.
        """
        check_path(path, self.kinematics == "finite")
        wanted = wanted_increments(fields, len(path))
        state = self._start(state, 1)
        since = state.time
        results: list[IncrementResult] = []
        kept: dict[int, dict[str, Array]] = {}
        with _threads(self.threads):
            for n in range(len(path)):
                state, result, increment = self._solver.advance(state, self._target(path, n, since), tangent=tangent)
                results.append(result)
                if on_increment is not None:
                    on_increment(n, result)
                if not result.converged:
                    break
                if n in wanted:
                    kept[n] = voxel_fields(self.material, increment)
        return _collect(path, results, state, kept, 9 if self.kinematics == "finite" else 6)

    def _start(self, state: RVEState | None, loads: int) -> RVEState:
        if state is None:
            return self.initial_state(loads)
        check_state(state, self.material, loads)
        return state

    def _target(self, path: LoadPath, n: int, since: float) -> Target:
        offset = np.eye(3) if self.kinematics == "finite" else 0.0
        return Target(
            (path.strain[n] - offset).reshape(1, 9), path.stress[n].reshape(1, 9), since + float(path.time[n])
        )


def voxel_fields(material: Material, increment: Increment) -> dict[str, Array]:
    """Voxel averages of strain (or displacement gradient) and stress in coordinates, each (3, 3, *shape)."""
    from scalebridge.solids.rve._newton import point_strains

    grid, last = material.grid, increment.last
    zero = np.zeros((len(last.u), 9))
    strain = point_strains(material, last.u, zero).mean(axis=2)[:, 0]
    stress = last.response.stress.mean(axis=2)[:, 0]
    shape = tuple(n for axis, n in enumerate(grid.shape) if not (grid.flat and axis == 1))
    return {
        "fluctuation strain": _tensor_field(strain, grid, material.finite).reshape(3, 3, *shape),
        "stress": _tensor_field(stress, grid, material.finite).reshape(3, 3, *shape),
    }


def _tensor_field(rows: Array, grid: Grid, finite: bool) -> Array:
    from scalebridge.solids.rve._grid import symmetric_directions

    coordinates = np.empty_like(rows)
    coordinates[grid.gradient_order if finite else grid.mandel_order] = rows
    if not finite:
        coordinates = np.einsum("gm,mxyz->gxyz", symmetric_directions(), coordinates)
    return coordinates.reshape(3, 3, *rows.shape[1:])


def _collect(
    path: LoadPath, results: list[IncrementResult], state: RVEState, fields: dict[int, dict[str, Array]], size: int
) -> Drive:
    n = len(path)
    strain, stress = path.strain.copy(), np.full((n, 3, 3), np.nan)
    tangent = np.full((n, size, size), np.nan)
    newton, linear = np.zeros(n, np.int64), np.zeros(n, np.int64)
    status = [Status.SKIPPED] * n
    for k, r in enumerate(results):
        strain[k], stress[k], status[k] = r.strain[0], r.stress[0], r.status[0]
        newton[k], linear[k] = r.newton, r.linear + r.linear_tangent
        if r.tangent is not None:
            tangent[k] = r.tangent[0]
    entries = tuple(e for r in results for e in r.entries)
    return Drive(strain, stress, tangent, path.time, tuple(status), newton, linear, entries, state, fields)


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InputError(f"{name} is {value!r}; allowed are {', '.join(repr(a) for a in allowed)}.")


def _checked_laws(
    microstructure: Microstructure, laws: Mapping[int, Law | Conduction], kinematics: Kinematics
) -> dict[int, Law | Conduction]:
    """Laws of the phases that occur, turned into their orientations."""
    missing = sorted(set(microstructure.phases) - set(laws))
    if missing:
        raise InputError(
            f"phases {missing} have no law; the microstructure has phases {sorted(microstructure.phases)}."
        )
    used = {int(p): laws[p] for p in microstructure.phases}
    conductors = [p for p, law in used.items() if isinstance(law, Conduction)]
    if conductors and len(conductors) < len(used):
        raise InputError(f"phases {conductors} conduct heat and the others are mechanical; give one kind of law.")
    for p, law in used.items():
        if isinstance(law, Law):
            _check_law_fits(p, law, kinematics)
        elif kinematics == "finite":
            raise InputError("conduction knows no finite strain; use kinematics='small'.")
        if p in microstructure.orientations:
            used[p] = _rotated(p, law, np.asarray(microstructure.orientations[p]))
    return used


def _check_law_fits(phase: int, law: Law, kinematics: Kinematics) -> None:
    if kinematics not in law.kinematics:
        raise InputError(
            f"the law of phase {phase}, {type(law).__name__}, works in {' and '.join(law.kinematics)} strain, not in "
            f"{kinematics}."
        )
    if not law.symmetric_tangent:
        raise InputError(
            f"the law of phase {phase}, {type(law).__name__}, has an unsymmetric tangent; the solver's conjugate "
            "gradients need a symmetric one."
        )


def _rotated(phase: int, law: Law | Conduction, rotation: Floats) -> Law | Conduction:
    if isinstance(law, LinearElastic | Conduction):
        return law.rotated(rotation)
    if type(law).__name__ in _ISOTROPIC:
        return law
    raise InputError(f"phase {phase} has an orientation, but its law {type(law).__name__} cannot be turned.")


_ISOTROPIC = frozenset({"J2Plasticity", "NeoHookean", "Viscoelastic"})


class _threads:
    """Numba threads for a while."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __enter__(self) -> None:
        import numba

        self._before = numba.get_num_threads()
        numba.set_num_threads(min(self._count, numba.config.NUMBA_NUM_THREADS))  # type: ignore[attr-defined]

    def __exit__(self, *_: object) -> None:
        import numba

        numba.set_num_threads(self._before)
