"""A volume element behind the calling convention of preCICE's Micro Manager, for couplings that exist."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from scalebridge.errors import ConvergenceError, InputError
from scalebridge.solids.laws import from_mandel, to_mandel
from scalebridge.solids.rve import RVE, RVEState

Notation = Literal["mandel", "voigt"]

_SHEAR = {"mandel": np.ones(6), "voigt": np.array([1.0, 1.0, 1.0, *[np.sqrt(2.0)] * 3])}
"""What strains in a notation are multiplied with, and stresses divided by, relative to Mandel."""


class MicroSimulation:
    """One volume element with the calls `initialize`, `solve`, `get_state`, `set_state` of the Micro Manager.

    The Micro Manager looks in a user's file for a class of this name that takes a number. Such a file reads::

        from scalebridge import solids

        CELL = solids.RVE(...)

        class MicroSimulation(solids.MicroSimulation):
            def __init__(self, sim_id):
                super().__init__(sim_id, CELL)

    Strains come as ``strains1to3`` and ``strains4to6``; stresses leave as ``stresses1to3`` and ``stresses4to6``, the
    upper triangle of the tangent, row by row, as ``cmat1`` to ``cmat7``. Order 11, 22, 33, 23, 13, 12.

    Args:
        sim_id: number of this simulation.
        rve: the volume element, small strain.
        notation: ``"mandel"``, or ``"voigt"`` with engineering shear strains.

    Raises:
        InputError: the RVE is for finite strain or the notation is unknown.
    """

    def __init__(self, sim_id: int, rve: RVE, notation: Notation = "mandel") -> None:
        if rve.kinematics != "small":
            raise InputError("the Micro Manager's data are strains; make the RVE with kinematics='small'.")
        if notation not in _SHEAR:
            raise InputError(f"notation is {notation!r}; allowed are 'mandel' and 'voigt'.")
        self.sim_id = sim_id
        self._rve = rve
        self._shear = _SHEAR[notation]
        self._state: RVEState = rve.initial_state(1)

    def initialize(self, initial_data: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Begin undeformed; stress and tangent at the initial strain, zero if none is given."""
        self._state = self._rve.initial_state(1)
        zero = {"strains1to3": np.zeros(3), "strains4to6": np.zeros(3)}
        before = self._state
        answer = self.solve({**zero, **(initial_data or {})}, 1.0)
        self._state = before
        return answer

    def solve(self, macro_data: Mapping[str, Any], dt: float) -> dict[str, Any]:
        """Stress and tangent at the end of a time step that begins in the present state, which becomes its end.

        Args:
            macro_data: ``strains1to3`` and ``strains4to6``, three numbers each.
            dt: length of the step, s.

        Raises:
            InputError: data are missing, have another length or are not finite.
            ConvergenceError: the volume element did not converge; its state is as before.
        """
        parts = []
        for name in ("strains1to3", "strains4to6"):
            if name not in macro_data:
                raise InputError(f"the data of simulation {self.sim_id} have no {name!r}; found {sorted(macro_data)}.")
            part = np.asarray(macro_data[name], np.float64)
            if part.shape != (3,) or not np.isfinite(part).all():
                raise InputError(f"{name!r} of simulation {self.sim_id} is {part}; it must be three finite numbers.")
            parts.append(part)
        strain = from_mandel(np.concatenate(parts) / self._shear)
        after, found = self._rve.respond(strain[None], self._state, dt=dt)
        if not found.converged or found.tangent is None:
            raise ConvergenceError(f"simulation {self.sim_id}: {found.status[0].value}")
        self._state = after
        stress = to_mandel(found.stress[0]) / self._shear
        tangent = (found.tangent[0] / np.outer(self._shear, self._shear))[np.triu_indices(6)]
        answer = {"stresses1to3": stress[:3], "stresses4to6": stress[3:]}
        return {**answer, **{f"cmat{k + 1}": tangent[3 * k : 3 * k + 3] for k in range(7)}}

    def get_state(self) -> RVEState:
        """State to come back to; it never changes and survives pickling."""
        return self._state

    def set_state(self, state: RVEState) -> None:
        """Come back to a state.

        Raises:
            InputError: it belongs to another volume element.
        """
        from scalebridge.solids.rve._checks import check_state

        check_state(state, self._rve.material, 1)
        self._state = state

    def get_global_id(self) -> int:
        """Number of this simulation."""
        return self.sim_id

    def set_global_id(self, global_id: int) -> None:
        """Give this simulation another number."""
        self.sim_id = global_id
