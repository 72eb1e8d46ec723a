"""Bond lengths, angles and dihedral angles with their derivatives."""

# mypy: allow-untyped-defs
from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scalebridge._cache import compiled
from scalebridge.errors import InputError

Floats = npt.NDArray[np.float64]


def internal_coordinates(
    positions: npt.NDArray[np.floating], box: npt.ArrayLike, members: npt.NDArray[np.int32]
) -> tuple[Floats, Floats]:
    """Bond lengths (two members), angles (three) or dihedral angles (four), and their gradients.

    Dihedral angles lie in (-pi, pi], trans is pi (IUPAC).

    Args:
        positions: shape (n, 3), nm.
        box: three edges, nm; neighbouring members are taken at their nearest image.
        members: particle numbers, shape (m, 2), (m, 3) or (m, 4).

    Returns:
        Values, shape (m,), nm or radians; derivatives by the positions of the members, shape (m, members, 3).

    Raises:
        InputError: members have another number of columns.
    """
    places = np.ascontiguousarray(positions, dtype=np.float64)
    edges = np.asarray(box, dtype=np.float64)
    count, width = members.shape
    if width not in _LOOPS:
        raise InputError(f"Bonds have 2 members, angles 3, dihedral angles 4; found {width}")
    values = np.empty(count)
    gradients = np.empty((count, width, 3))
    _LOOPS[width](places, edges, np.ascontiguousarray(members, dtype=np.int32), values, gradients)
    return values, gradients


@compiled()
def _apart(positions, box, i, j, out):
    for c in range(3):
        d = positions[j, c] - positions[i, c]
        out[c] = d - box[c] * np.floor(d / box[c] + 0.5)


@compiled()
def _bonds(positions, box, members, values, gradients):
    d = np.empty(3)
    for m in range(members.shape[0]):
        _apart(positions, box, members[m, 0], members[m, 1], d)
        r = np.sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2])
        values[m] = r
        for c in range(3):
            gradients[m, 1, c] = d[c] / r
            gradients[m, 0, c] = -d[c] / r


@compiled()
def _angles(positions, box, members, values, gradients):
    a = np.empty(3)
    b = np.empty(3)
    for m in range(members.shape[0]):
        _apart(positions, box, members[m, 1], members[m, 0], a)
        _apart(positions, box, members[m, 1], members[m, 2], b)
        la = np.sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2])
        lb = np.sqrt(b[0] * b[0] + b[1] * b[1] + b[2] * b[2])
        cosine = (a[0] * b[0] + a[1] * b[1] + a[2] * b[2]) / (la * lb)
        cosine = min(1.0, max(-1.0, cosine))
        values[m] = np.arccos(cosine)
        sine = max(np.sqrt(1.0 - cosine * cosine), 1e-8)
        for c in range(3):
            ga = (cosine * a[c] / la - b[c] / lb) / (la * sine)
            gb = (cosine * b[c] / lb - a[c] / la) / (lb * sine)
            gradients[m, 0, c] = ga
            gradients[m, 2, c] = gb
            gradients[m, 1, c] = -ga - gb


@compiled()
def _cross(a, b, out):
    out[0] = a[1] * b[2] - a[2] * b[1]
    out[1] = a[2] * b[0] - a[0] * b[2]
    out[2] = a[0] * b[1] - a[1] * b[0]


@compiled()
def _dihedrals(positions, box, members, values, gradients):
    """Gradients of the angle between the planes 123 and 234 (Blondel and Karplus, 1996)."""
    f = np.empty(3)
    g = np.empty(3)
    h = np.empty(3)
    p = np.empty(3)
    q = np.empty(3)
    n = np.empty(3)
    for m in range(members.shape[0]):
        _apart(positions, box, members[m, 1], members[m, 0], f)
        _apart(positions, box, members[m, 2], members[m, 1], g)
        _apart(positions, box, members[m, 2], members[m, 3], h)
        _cross(f, g, p)
        _cross(h, g, q)
        _cross(q, p, n)
        lg = np.sqrt(g[0] * g[0] + g[1] * g[1] + g[2] * g[2])
        p2 = max(p[0] * p[0] + p[1] * p[1] + p[2] * p[2], 1e-16)
        q2 = max(q[0] * q[0] + q[1] * q[1] + q[2] * q[2], 1e-16)
        values[m] = np.arctan2((n[0] * g[0] + n[1] * g[1] + n[2] * g[2]) / lg, p[0] * q[0] + p[1] * q[1] + p[2] * q[2])
        fg = (f[0] * g[0] + f[1] * g[1] + f[2] * g[2]) / lg
        hg = (h[0] * g[0] + h[1] * g[1] + h[2] * g[2]) / lg
        for c in range(3):
            outer = -lg / p2 * p[c]
            last = lg / q2 * q[c]
            twist = fg / p2 * p[c] - hg / q2 * q[c]
            gradients[m, 0, c] = outer
            gradients[m, 1, c] = -outer + twist
            gradients[m, 2, c] = -last - twist
            gradients[m, 3, c] = last


_LOOPS = {2: _bonds, 3: _angles, 4: _dihedrals}
