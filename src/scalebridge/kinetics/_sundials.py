"""CVODE and IDA of the SUNDIALS that scikit-sundae brings, with compiled callbacks: no Python inside a step.

scikit-sundae's own classes call Python for every right-hand side, which costs more than the step itself for networks of
a few dozen species. Here the same libraries are called with the addresses of compiled functions.
Sources: Hindmarsh et al., ACM Trans. Math. Softw. 31 (2005) 363, doi 10.1145/1089014.1089020.
"""

from __future__ import annotations

import ctypes
import functools
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.errors import ConvergenceError, MissingExtraError

Floats = npt.NDArray[np.float64]
_P = ctypes.c_void_p
_D = ctypes.c_double
_BDF, _NORMAL, _ONE_STEP, _ROOT, _TSTOP = 2, 1, 2, 2, 1
_WORDS = {
    -1: "took more steps than allowed",
    -2: "was asked for more accuracy than the machine can give",
    -3: "could not meet the error test with the smallest step",
    -4: "could not solve the implicit equations of a step",
    -5: "could not factorise the Jacobian",
    -9: "could not evaluate the rates at the start",
    -10: "met rates that are not finite, again and again",
    -8: "met rates that are not finite",
    -11: "met a root function that is not finite",
}


@functools.cache
def libraries() -> dict[str, ctypes.CDLL]:
    """The shared libraries by name.

    Raises:
        MissingExtraError: scikit-sundae is not installed.
    """
    try:
        import sksundae
        from sksundae import cvode, ida  # noqa: F401  loads what the libraries depend on
    except ImportError as error:
        raise MissingExtraError("scikit-sundae", "kinetics") from error
    root = Path(sksundae.__file__).parent
    folders = [root.parent / "scikit_sundae.libs", root / ".dylibs", root]
    names = ("core", "cvode", "ida", "nvecserial", "sunmatrixdense", "sunlinsoldense")
    found: dict[str, ctypes.CDLL] = {}
    for name in names:
        files = [f for folder in folders if folder.is_dir() for f in folder.glob(f"*sundials_{name}[-.]*")]
        if not files:
            raise MissingExtraError("scikit-sundae (wheel with SUNDIALS inside)", "kinetics")
        found[name] = ctypes.CDLL(str(files[0]))
    return found


@functools.cache
def _function(library: str, name: str, *types: Any, result: Any = ctypes.c_int) -> Any:
    function = getattr(libraries()[library], name)
    function.argtypes = list(types)
    function.restype = result
    return function


def accessors() -> dict[str, int]:
    """Addresses of the functions that give the data of a vector and of a matrix."""
    vector = libraries()["nvecserial"].N_VGetArrayPointer_Serial
    matrix = libraries()["sunmatrixdense"].SUNDenseMatrix_Data
    return {
        "vector": int(ctypes.cast(vector, _P).value or 0),
        "matrix": int(ctypes.cast(matrix, _P).value or 0),
    }


@functools.cache
def _context() -> Any:
    context = _P()
    _function("core", "SUNContext_Create", ctypes.c_int, _P)(0, ctypes.byref(context))
    _function("core", "SUNContext_ClearErrHandlers", _P)(context)
    logger = _P()
    _function("core", "SUNContext_GetLogger", _P, _P)(context, ctypes.byref(logger))
    # steps that are too small end in an exception with words; the library would also print to the terminal
    _function("core", "SUNLogger_SetWarningFilename", _P, ctypes.c_char_p)(logger, os.devnull.encode())
    return context


class Integrator:
    """One CVODE or IDA integrator of y over compiled callbacks.

    Args:
        size: number of unknowns.
        callbacks: addresses: ``rhs`` and ``jacobian`` (and ``roots``).
        p: parameters, kept and read at every call.
        dae: IDA instead of CVODE.
        roots: number of root functions.
        differential: of each unknown, whether it is differential (IDA).
    """

    def __init__(
        self,
        size: int,
        callbacks: dict[str, int],
        p: Floats,
        *,
        dae: bool = False,
        roots: int = 0,
        rtol: float = 1e-8,
        atol: Floats | float = 1e-12,
        differential: Floats | None = None,
        max_steps: int = 100_000,
    ) -> None:
        self.size, self.p, self.dae, self.roots = size, p, dae, roots
        self.prefix, self.library = ("IDA", "ida") if dae else ("CVode", "cvode")
        self.y, self.yp = np.zeros(size), np.zeros(size)
        self._atol = np.ascontiguousarray(np.broadcast_to(np.asarray(atol, dtype=float), (size,)).copy())
        self._id = np.ones(size) if differential is None else np.asarray(differential, dtype=float)
        self._callbacks = callbacks
        self.rtol, self.max_steps = rtol, max_steps
        self._memory: Any = None
        self._keep: list[Any] = []
        self._t = _D()
        self.steps = self.evaluations = 0

    def _vector(self, array: Floats) -> Any:
        make = _function("nvecserial", "N_VMake_Serial", ctypes.c_int, _P, _P, result=_P)
        vector = _P(make(self.size, array.ctypes.data, _context()))
        self._keep.append(array)
        return vector

    def _call(self, name: str, *arguments: Any, types: tuple[Any, ...]) -> int:
        return int(_function(self.library, self.prefix + name, _P, *types)(self._memory, *arguments))

    def start(self, t: float, y: Floats, yp: Floats | None = None) -> None:
        """Begin, or begin again after a jump."""
        self.y[:] = y
        if yp is not None:
            self.yp[:] = yp
        if self._memory is None:
            self._create(t)
        elif self.dae:
            self._call("ReInit", t, self._y, self._yp, types=(_D, _P, _P))
        else:
            self._count()
            self._call("ReInit", t, self._y, types=(_D, _P))
        self.t = t

    def _create(self, t: float) -> None:
        self._y, self._yp = self._vector(self.y), self._vector(self.yp)
        if self.dae:
            self._memory = _P(_function("ida", "IDACreate", _P, result=_P)(_context()))
            self._call("Init", self._callbacks["rhs"], t, self._y, self._yp, types=(_P, _D, _P, _P))
            self._call("SetId", self._vector(self._id), types=(_P,))
        else:
            self._memory = _P(_function("cvode", "CVodeCreate", ctypes.c_int, _P, result=_P)(_BDF, _context()))
            self._call("Init", self._callbacks["rhs"], t, self._y, types=(_P, _D, _P))
        self._call("SVtolerances", self.rtol, self._vector(self._atol), types=(_D, _P))
        self._call("SetUserData", self.p.ctypes.data, types=(_P,))
        self._call("SetMaxNumSteps", self.max_steps, types=(ctypes.c_long,))
        dense = _function("sunmatrixdense", "SUNDenseMatrix", ctypes.c_int, ctypes.c_int, _P, result=_P)
        self._matrix = _P(dense(self.size, self.size, _context()))
        solver = _function("sunlinsoldense", "SUNLinSol_Dense", _P, _P, _P, result=_P)
        self._solver = _P(solver(self._y, self._matrix, _context()))
        self._call("SetLinearSolver", self._solver, self._matrix, types=(_P, _P))
        self._call("SetJacFn", self._callbacks["jacobian"], types=(_P,))
        if self.roots:
            self._call("RootInit", self.roots, self._callbacks["roots"], types=(ctypes.c_int, _P))
            self._call("SetNoInactiveRootWarn", types=())

    def set_max_step(self, step: float) -> None:
        """Largest step."""
        self._call("SetMaxStep", step, types=(_D,))

    def advance(self, t: float, *, stop: float | None = None, one_step: bool = False) -> bool:
        """Integrate to `t` (or one step towards it); whether a root was met. The solution is in `y`, its time in `t`.

        Raises:
            ConvergenceError: the integrator gave up; says where and why.
        """
        if stop is not None:
            self._call("SetStopTime", stop, types=(_D,))
        mode = _ONE_STEP if one_step else _NORMAL
        if self.dae:
            solve = _function("ida", "IDASolve", _P, _D, _P, _P, _P, ctypes.c_int)
            flag = solve(self._memory, t, ctypes.byref(self._t), self._y, self._yp, mode)
        else:
            solve = _function("cvode", "CVode", _P, _D, _P, _P, ctypes.c_int)
            flag = solve(self._memory, t, self._y, ctypes.byref(self._t), mode)
        self.t = self._t.value
        if flag < 0:
            why = _WORDS.get(flag, f"stopped with code {flag}")
            raise ConvergenceError(
                f"The integrator {why} at t = {self.t:g}. Values that blow up or rates that are undefined there are "
                "the usual cause; a looser tolerance or more steps (max_steps) helps where the model is right."
            )
        return bool(flag == _ROOT)

    def roots_met(self) -> npt.NDArray[np.int32]:
        """Of each root function, whether the last step ended on its zero: -1, 0 or 1, the direction of the crossing."""
        found = np.zeros(max(self.roots, 1), dtype=np.int32)
        self._call("GetRootInfo", found.ctypes.data, types=(_P,))
        return found[: self.roots]

    def at(self, t: float, order: int = 0) -> Floats:
        """Solution (or a derivative of it) at a time within the last step."""
        out = np.empty(self.size)
        vector = self._vector(out)
        self._call("GetDky", t, order, vector, types=(_D, ctypes.c_int, _P))
        self._keep.pop()
        _function("nvecserial", "N_VDestroy_Serial", _P, result=None)(vector)
        return out

    def _number(self, name: str) -> int:
        value = ctypes.c_long()
        self._call(name, ctypes.byref(value), types=(_P,))
        return int(value.value)

    def _count(self) -> None:
        self.steps += self._number("GetNumSteps")
        self.evaluations += self._number("GetNumResEvals" if self.dae else "GetNumRhsEvals")

    def counts(self) -> tuple[int, int]:
        """Steps and evaluations of the right-hand side so far."""
        if self._memory is None:
            return 0, 0
        now = self._number("GetNumSteps"), self._number("GetNumResEvals" if self.dae else "GetNumRhsEvals")
        return self.steps + now[0], self.evaluations + now[1]

    def __del__(self) -> None:
        if self._memory is not None:
            free = _function(self.library, self.prefix + "Free", _P, result=None)
            free(ctypes.byref(self._memory))
            _function("sunlinsoldense", "SUNLinSolFree_Dense", _P)(self._solver)
            _function("sunmatrixdense", "SUNMatDestroy_Dense", _P, result=None)(self._matrix)
            for vector in (self._y, self._yp):
                _function("nvecserial", "N_VDestroy_Serial", _P, result=None)(vector)
            self._memory = None
