"""Periodic boxes with right angles."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError


def check_box(box: npt.ArrayLike, cutoff: float) -> npt.NDArray[np.float64]:
    """Edges of a box in which every pair within the cutoff is met once.

    Args:
        box: three edges, nm.
        cutoff: largest distance of interest, nm.

    Returns:
        The edges, shape (3,).

    Raises:
        InputError: not three positive edges, or an edge shorter than twice the cutoff.
    """
    edges = np.asarray(box, dtype=np.float64)
    if edges.shape != (3,) or not np.all(np.isfinite(edges)) or np.any(edges <= 0.0):
        raise InputError(f"A box needs three positive edges in nm; found {np.array2string(edges, precision=4)}")
    if edges.min() < 2.0 * cutoff:
        raise InputError(
            f"The box is too small: its shortest edge is {edges.min():.4g} nm, and a cutoff of {cutoff:.4g} nm needs "
            f"at least {2.0 * cutoff:.4g} nm. Take a larger box or a cutoff of at most {edges.min() / 2.0:.4g} nm"
        )
    return edges
