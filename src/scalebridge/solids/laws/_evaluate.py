"""Laws evaluated at many points: blocks of one fixed size through one compiled function."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from scalebridge.errors import InputError
from scalebridge.solids.laws._jax import prepare_jax
from scalebridge.solids.laws._law import Array, Kinematics, Law, Rows, initial_state
from scalebridge.solids.laws._parameters import join, split
from scalebridge.solids.laws._response import STRAIN_ROWS, response, tangent_rows

BLOCK = 8192
"""Points per block: large enough to hide the cost of a call, small enough for the second-level cache."""

_Kernel = Callable[[np.ndarray, np.ndarray, Array], Array]

_kernels: dict[Hashable, _Kernel] = {}
_compiling = threading.Lock()
_compile_seconds = 0.0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A law's answer at N points; arrays are float64, components first.

    Attributes:
        stress: (6, N) Mandel, order 11, 22, 33, 23, 13, 12, for small strain; (9, N) first Piola-Kirchhoff stress,
            row by row, for finite strain. Pa.
        tangent: derivative of the stress by the strain (by F), Pa. Where `law.symmetric_tangent`, the upper triangle
            row by row: (21, N) or (45, N); otherwise the whole matrix row by row: (36, N) or (81, N). None if not
            asked for.
        state: (n_state, N) internal variables at the end of the step.
        ok: (N,) bool; False where the law has no answer (local iteration not converged, negative volume, overflow).
    """

    stress: np.ndarray
    tangent: np.ndarray | None
    state: np.ndarray
    ok: np.ndarray


def evaluate(
    law: Law,
    strain: np.ndarray,
    state: np.ndarray | None = None,
    dt: float = 1.0,
    *,
    tangent: bool,
    threads: int = 1,
    out: np.ndarray | None = None,
) -> Evaluation:
    """Stress, new state and, if asked for, consistent tangent of a law at N points.

    Args:
        law: the law; 6 rows of strain mean small strain, 9 rows finite strain.
        strain: (6, N) strain in Mandel components, order 11, 22, 33, 23, 13, 12; or (9, N) deformation gradient, row
            by row.
        state: (n_state, N) internal variables at the start of the step; None for the undeformed material.
        dt: length of the time step, s; positive. Without effect where the law is not rate dependent.
        tangent: whether the tangent is wanted.
        threads: number of Python threads among which blocks are shared.
        out: (`output_rows`, N) C-contiguous float64 memory to be used again; the result's arrays are views of it.

    Raises:
        InputError: an array has the wrong shape, `dt` or `threads` is not positive, or the law does not support the
            kinematics.
    """
    strain = np.asarray(strain, dtype=np.float64)
    kinematics = _kinematics(strain)
    state = _checked_state(law, state, strain.shape[1])
    _check_positive(dt, threads)
    structure, parameters = split(law)
    kernel = _kernel(structure, law, kinematics, tangent)
    memory = _checked_memory(out, output_rows(law, kinematics, tangent=tangent), strain.shape[1])
    _run_blocks(kernel, strain, state, np.concatenate([[dt], parameters]), memory, threads)
    return _views(memory, STRAIN_ROWS[kinematics], state.shape[0], tangent)


def prepare(law: Law, kinematics: Kinematics, *, tangent: bool) -> float:
    """Compile what `evaluate` will need for laws of this structure, and say how long it took, s; 0 if it was there."""
    before = _compile_seconds
    _kernel(split(law)[0], law, kinematics, tangent)
    return _compile_seconds - before


def compile_seconds() -> float:
    """Time that this process has spent compiling laws (or fetching them from the cache on disk), s."""
    return _compile_seconds


def output_rows(law: Law, kinematics: Kinematics, *, tangent: bool) -> int:
    """Rows of the memory that `evaluate` fills: stress, state, tangent and one for `ok`."""
    n = STRAIN_ROWS[kinematics]
    size = (n * (n + 1) // 2 if law.symmetric_tangent else n * n) if tangent else 0
    return n + sum(law.internal_variables().values()) + size + 1


def _kernel(structure: Hashable, law: Law, kinematics: Kinematics, tangent: bool) -> _Kernel:
    key = (structure, kinematics, tangent)
    with _compiling:
        if key not in _kernels:
            _kernels[key] = _compile(structure, law, kinematics, tangent)
        return _kernels[key]


def _compile(structure: Hashable, law: Law, kinematics: Kinematics, tangent: bool) -> _Kernel:
    global _compile_seconds
    prepare_jax()
    import jax

    start = time.perf_counter()
    n_state = sum(law.internal_variables().values())
    shapes = ((STRAIN_ROWS[kinematics], BLOCK), (n_state, BLOCK), (1 + split(law)[1].size,))
    arguments = [
        jax.ShapeDtypeStruct(shape, np.float64)  # type: ignore[no-untyped-call]
        for shape in shapes
    ]
    kernel: _Kernel = jax.jit(_block_function(structure, kinematics, tangent)).lower(*arguments).compile()
    _compile_seconds += time.perf_counter() - start
    return kernel


def _block_function(
    structure: Hashable, kinematics: Kinematics, tangent: bool
) -> Callable[[Array, Array, Array], Array]:
    """All rows of the answer in one array; `ok` last, as 1 or 0."""

    def law_on_block(strain: Array, state: Array, parameters: Array) -> Array:
        import jax
        import jax.numpy as jnp

        law, dt = join(structure, parameters[1:]), parameters[0]
        strains, states = _rows(strain), _rows(state)
        stress, new_state = response(law, kinematics)(strains, states, dt)
        slopes = tangent_rows(law, kinematics, strains, states, dt) if tangent else []
        ok = jnp.isfinite(sum((*stress, *new_state, *slopes), start=jnp.zeros_like(strain[0])))
        everything = tuple(
            jnp.broadcast_to(r, ok.shape) for r in (*stress, *new_state, *slopes, ok.astype(strain.dtype))
        )
        # Without the barrier the rows are fused into the concatenation, and each computes again what they share.
        return jnp.stack(jax.lax.optimization_barrier(everything))  # type: ignore[no-untyped-call]

    return law_on_block


def _rows(array: Array) -> Rows:
    return tuple(array[i] for i in range(array.shape[0]))


def _run_blocks(
    kernel: _Kernel, strain: np.ndarray, state: np.ndarray, parameters: np.ndarray, memory: np.ndarray, threads: int
) -> None:
    import jax

    on_device = jax.device_put(parameters)
    points = strain.shape[1]

    def run(start: int) -> None:
        stop = min(start + BLOCK, points)
        answer = kernel(_block(strain, start, stop), _block(state, start, stop), on_device)
        memory[:, start:stop] = np.asarray(answer)[:, : stop - start]

    starts = range(0, points, BLOCK)
    if threads == 1 or len(starts) < 2:
        for start in starts:
            run(start)
        return
    with ThreadPoolExecutor(min(threads, len(starts))) as pool:
        for _ in pool.map(run, starts):
            pass


def _block(array: np.ndarray, start: int, stop: int) -> np.ndarray:
    """One block of points, the last one filled up with copies of its first point."""
    block = np.empty((array.shape[0], BLOCK))
    block[:, : stop - start] = array[:, start:stop]
    block[:, stop - start :] = array[:, start : start + 1]
    return block


def _views(memory: np.ndarray, n: int, n_state: int, tangent: bool) -> Evaluation:
    slopes = memory[n + n_state : -1] if tangent else None
    return Evaluation(stress=memory[:n], tangent=slopes, state=memory[n : n + n_state], ok=memory[-1] != 0.0)


def _kinematics(strain: np.ndarray) -> Kinematics:
    if strain.ndim == 2 and strain.shape[0] == 6:
        return "small"
    if strain.ndim == 2 and strain.shape[0] == 9:
        return "finite"
    raise InputError(
        f"strain has shape {strain.shape}; allowed are (6, N), small strain in Mandel components, and (9, N), "
        "deformation gradients row by row."
    )


def _checked_state(law: Law, state: np.ndarray | None, points: int) -> np.ndarray:
    start = initial_state(law, points)
    if state is None:
        return start
    given = np.asarray(state, dtype=np.float64)
    if given.shape != start.shape:
        raise InputError(
            f"state has shape {given.shape}; {type(law).__name__} at {points} points needs {start.shape}. "
            "Begin with initial_state(law, points), then pass on Evaluation.state."
        )
    return given


def _checked_memory(out: np.ndarray | None, rows: int, points: int) -> np.ndarray:
    if out is None:
        return np.empty((rows, points))
    if out.shape != (rows, points) or out.dtype != np.float64:
        raise InputError(f"out is {out.dtype} of shape {out.shape}; it must be float64 of shape {(rows, points)}.")
    return out


def _check_positive(dt: float, threads: int) -> None:
    if not (np.isfinite(dt) and dt > 0):
        raise InputError(f"dt is {dt}; the time step must be a positive, finite number of seconds.")
    if threads < 1:
        raise InputError(f"threads is {threads}; it must be 1 or more.")
