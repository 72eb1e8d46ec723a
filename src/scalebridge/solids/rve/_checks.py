"""Loads, states and wishes as they come in: refused with a sentence where they do not suit the volume element."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.solids.rve._material import Material
from scalebridge.solids.rve._path import LoadPath
from scalebridge.solids.rve._records import RVEState

Floats = npt.NDArray[np.float64]

SYMMETRIC = 1e-12
"""Difference of 12 and 21, relative to the largest component, that counts as rounding."""


def check_path(path: LoadPath, finite: bool) -> None:
    """InputError where a load path does not suit the kinematics."""
    if not finite:
        for name, value in (("strain", path.strain), ("stress", path.stress)):
            if not _is_symmetric(value):
                raise InputError(f"the path's {name} is not symmetric; in small strain 12 and 21 must be the same.")
        return
    whole = np.flatnonzero(~np.isnan(path.strain).any(axis=(1, 2)))
    given = dict(zip(whole.tolist(), np.linalg.det(path.strain[whole]).tolist(), strict=True))
    if min(given.values(), default=1.0) <= 0.0:
        n = next(n for n, value in given.items() if value <= 0.0)
        raise InputError(
            f"the deformation gradient of increment {n} has the determinant {given[n]:g}; it must be positive."
        )


def checked_strains(strain: Any, finite: bool) -> Floats:
    """Mean strains of a batch, (B, 3, 3), or InputError."""
    strain = np.asarray(strain, np.float64)
    if strain.ndim != 3 or strain.shape[1:] != (3, 3) or not len(strain) or not np.isfinite(strain).all():
        raise InputError(f"strain has shape {strain.shape}; it must be (B, 3, 3), without NaN or infinity.")
    if not finite and not _is_symmetric(strain):
        raise InputError("a strain of the batch is not symmetric; in small strain 12 and 21 must be the same.")
    checked: Floats = strain
    return checked


def check_state(state: RVEState, material: Material, loads: int) -> None:
    """InputError where a state belongs to another volume element or to another number of loads."""
    found = state.fluctuation.shape
    wanted = (loads, 3, *material.grid.nodes)
    points = loads * len(material.grid.points)
    sizes = {p: (len(v), points * material.voxels[p].size) for p, v in material.initial(1).items()}
    if found != wanted or {p: v.shape for p, v in state.internal.items()} != sizes:
        raise InputError(
            f"the state has fluctuations {found} and internal variables of phases {sorted(state.internal)}; this "
            f"volume element with {loads} loads needs {wanted} and phases {sorted(sizes)}. Begin with "
            "initial_state(loads), then pass on what respond, advance or drive gave."
        )


def wanted_increments(fields: tuple[int, ...] | Literal["last"] | None, count: int) -> frozenset[int]:
    """Increments after which fields are kept, or InputError."""
    if fields == "last":
        return frozenset((count - 1,))
    wanted = frozenset(fields or ())
    strangers = sorted(n for n in wanted if n not in range(count))
    if strangers:
        raise InputError(f"fields are wanted of increments {strangers}; the path has increments 0 to {count - 1}.")
    return wanted


def _is_symmetric(tensors: Floats) -> bool:
    """Whether all tensors (n, 3, 3) are, NaN included."""
    transposed = tensors.transpose(0, 2, 1)
    if (np.isnan(tensors) != np.isnan(transposed)).any():
        return False
    gap = np.abs(np.nan_to_num(tensors - transposed)).max(initial=0.0)
    return bool(gap <= SYMMETRIC * np.abs(np.nan_to_num(tensors)).max(initial=0.0))
