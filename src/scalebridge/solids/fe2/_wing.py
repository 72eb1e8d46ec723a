"""A tapered wing box with the outer shape of a NACA four-digit profile: mesh, regions and fibre directions.

Axes: x along the chord, y along the span, z up. Skins and spars are hexahedra; each skin has as many layers as its
lay-up has angles. The box is closed by a web at its front and its rear.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.solids.fe2._points import Floats

Nodes = npt.NDArray[np.int64]


@final
@dataclass(frozen=True)
class Wing:
    """A wing box.

    Args:
        span: from root to tip, m.
        chord: at the root, m.
        taper: chord at the tip over chord at the root.
        sweep: how far the quarter-chord line moves back from root to tip, m.
        profile: NACA four-digit number.
        skin: thickness of the skins, as a share of the chord.
        skin_angles: lay-up of the skins, from outside in: degrees from the span, in the plane of the skin.
        spar_angle: fibres of the webs, degrees from the span, in the plane of the web.
        spars: places of the inner webs along the chord, between 0.05 and 0.85.
        chordwise: elements along the chord.
        spanwise: elements along the span.
        upright: elements over the height of a web.

    Raises:
        InputError: numbers that make no wing.
    """

    span: float = 1.0
    chord: float = 0.3
    taper: float = 0.5
    sweep: float = 0.0
    profile: str = "0015"
    skin: float = 0.008
    skin_angles: tuple[float, ...] = (0.0,)
    spar_angle: float = 45.0
    spars: tuple[float, ...] = (0.3,)
    chordwise: int = 8
    spanwise: int = 6
    upright: int = 1

    def __post_init__(self) -> None:
        if min(self.span, self.chord, self.taper, self.skin) <= 0.0 or self.taper > 2.0:
            raise InputError("span, chord, taper and skin thickness of a wing must be positive, its taper at most 2.")
        if len(self.profile) != 4 or not self.profile.isdigit() or self.profile[2:] == "00":
            raise InputError(f"profile is {self.profile!r}; it must be a NACA four-digit number such as '2415'.")
        if self.chordwise < 3 or self.spanwise < 1 or self.upright < 1 or not self.skin_angles:
            raise InputError("a wing needs 3 elements along the chord, 1 along span and height, and a skin angle.")
        if any(not FRONT < place < REAR for place in self.spars):
            raise InputError(f"spars are at {self.spars} of the chord; they must lie between {FRONT} and {REAR}.")
        upper, lower = surface(self.profile, self.stations)
        if (upper - lower).min() < 2.2 * self.skin:
            raise InputError(
                f"skins of {self.skin} of the chord fill the profile {self.profile}, which is only "
                f"{(upper - lower).min():.3g} high at its thinnest; make them thinner."
            )

    @property
    def stations(self) -> Floats:
        """Places along the chord where elements meet."""
        # closer together at the front, where the profile bends
        even: Floats = np.linspace(0.0, 1.0, self.chordwise + 1) ** 1.3
        return FRONT + (REAR - FRONT) * even

    def mesh(self) -> Any:
        """scikit-fem mesh; boundaries ``root``, ``tip``, ``upper``, ``lower``, regions ``skin`` and ``spar``."""
        import skfem

        points, quads, spar, outside = self._section()
        count = len(points)
        along = np.linspace(0.0, 1.0, self.spanwise + 1)
        layers = []
        for s in along:
            chord = self.chord * (1.0 + s * (self.taper - 1.0))
            x = 0.25 * self.chord + s * self.sweep + chord * (points[:, 0] - 0.25)
            layers.append(np.stack([x, np.full(count, s * self.span), chord * points[:, 1]]))
        # corners of a hexahedron in scikit-fem's order, from those of a quadrilateral on both ends
        order = np.array([7, 3, 5, 6, 1, 2, 4, 0])
        cells = []
        for k in range(self.spanwise):
            both = np.concatenate([quads + k * count, quads + (k + 1) * count], axis=1)
            cells.append(both[:, order])
        mesh = skfem.MeshHex(np.concatenate(layers, axis=1), np.concatenate(cells).T)
        mesh = mesh.with_subdomains(
            {
                "skin": np.flatnonzero(~np.tile(spar, self.spanwise)),
                "spar": np.flatnonzero(np.tile(spar, self.spanwise)),
            }
        )
        return mesh.with_boundaries(self._boundaries(mesh, outside, count))

    def directions(self, region: str) -> Floats:
        """Fibre direction of each element of ``"skin"`` or ``"spar"``, (elements, 3)."""
        mesh = self.mesh()
        elements = mesh.subdomains[region]
        corners = mesh.p[:, mesh.t[:, elements]].transpose(2, 1, 0)
        # in scikit-fem's order the corners are 111, 110, 101, 011, 100, 010, 001, 000 (chord, height, span)
        span = _difference(corners, [0, 2, 3, 6], [1, 4, 5, 7])
        chordwise = _difference(corners, [0, 1, 2, 4], [3, 5, 6, 7])
        across = _difference(corners, [0, 1, 3, 5], [2, 4, 6, 7]) if region == "spar" else chordwise
        span /= np.linalg.norm(span, axis=1)[:, None]
        across -= np.einsum("ei,ei->e", across, span)[:, None] * span
        across /= np.linalg.norm(across, axis=1)[:, None]
        angle = np.radians(self._angles(region, len(elements)))[:, None]
        fibres: Floats = np.cos(angle) * span + np.sin(angle) * across
        return fibres

    def _angles(self, region: str, elements: int) -> Floats:
        if region == "spar":
            return np.full(elements, self.spar_angle)
        layers = np.tile(np.repeat(np.asarray(self.skin_angles, float), self.chordwise), 2)
        return np.tile(layers, self.spanwise)

    def _section(self) -> tuple[Floats, Nodes, npt.NDArray[np.bool_], dict[str, Nodes]]:
        """Points (n, 2) for a chord of one, quadrilaterals (q, 4), which are webs, and nodes of the outer surfaces."""
        x, n, layers = self.stations, self.chordwise, len(self.skin_angles)
        upper, lower = surface(self.profile, x)
        depth = self.skin * np.arange(layers + 1) / layers
        rows = [np.stack([x, upper - d], axis=1) for d in depth] + [np.stack([x, lower + d], axis=1) for d in depth]
        points = list(np.concatenate(rows))
        number = np.arange(len(points)).reshape(2, layers + 1, n + 1)
        quads = []
        for side in range(2):
            for k in range(layers):
                above, below = (number[side, k], number[side, k + 1])[:: 1 if side == 0 else -1]
                quads += [[below[i], below[i + 1], above[i], above[i + 1]] for i in range(n)]
        skins = len(quads)
        for column in self._webs():
            left, right = column, column + 1
            ladder = [(number[1, layers, left], number[1, layers, right])]
            for m in range(1, self.upright):
                share = m / self.upright
                ends = [points[a] + share * (points[b] - points[a])
                        for a, b in zip(ladder[0], number[0, layers, [left, right]], strict=True)]  # fmt: skip
                ladder.append((len(points), len(points) + 1))
                points += ends
            ladder.append((number[0, layers, left], number[0, layers, right]))
            quads += [[*low, *high] for low, high in itertools.pairwise(ladder)]
        spar = np.arange(len(quads)) >= skins
        return np.array(points), np.array(quads, np.int64), spar, {"upper": number[0, 0], "lower": number[1, 0]}

    def _webs(self) -> list[int]:
        """Columns of elements that are webs: front, rear, and those nearest to the spars."""
        middle = 0.5 * (self.stations[1:] + self.stations[:-1])
        inner = {int(np.argmin(np.abs(middle - place))) for place in self.spars}
        return sorted({0, self.chordwise - 1, *inner})

    def _boundaries(self, mesh: Any, outside: dict[str, Nodes], count: int) -> dict[str, Nodes]:
        ends = {"root": np.arange(count), "tip": np.arange(count) + self.spanwise * count}
        shells = {
            name: (nodes[None] + count * np.arange(self.spanwise + 1)[:, None]).ravel()
            for name, nodes in outside.items()
        }
        border = mesh.boundary_facets()
        return {
            name: border[np.isin(mesh.facets[:, border], nodes).all(axis=0)]
            for name, nodes in {**ends, **shells}.items()
        }


def _difference(corners: Floats, far: list[int], near: list[int]) -> Floats:
    """From the middle of some corners to that of others, (e, 3)."""
    gap: Floats = corners[:, far].mean(axis=1) - corners[:, near].mean(axis=1)
    return gap


FRONT, REAR = 0.04, 0.85
"""Ends of the box along the chord."""


@final
@dataclass(frozen=True)
class Lift:
    """Upward traction with the elliptic distribution of lift along the span, Pa; a function of positions (3, n).

    Args:
        root: traction at the root, Pa.
        span: of the wing, m.
    """

    root: float
    span: float

    def __call__(self, x: Floats) -> Floats:
        """Traction (3, n)."""
        size = self.root * np.sqrt(np.maximum(1.0 - (x[1] / self.span) ** 2, 0.0))
        return np.stack([np.zeros_like(size), np.zeros_like(size), size])


def surface(profile: str, x: Floats) -> tuple[Floats, Floats]:
    """Upper and lower surface of a NACA four-digit profile at places along a chord of one.

    Source: E. N. Jacobs, K. E. Ward, R. M. Pinkerton, NACA Report 460, 1933; thickness added along z.
    """
    camber, place, thick = int(profile[0]) / 100, int(profile[1]) / 10, int(profile[2:]) / 100
    half = 5 * thick * (0.2969 * np.sqrt(x) - 0.1260 * x - 0.3516 * x**2 + 0.2843 * x**3 - 0.1015 * x**4)
    middle = np.zeros_like(x)
    if camber and place:
        middle = np.where(
            x < place,
            camber / place**2 * (2 * place * x - x**2),
            camber / (1 - place) ** 2 * (1 - 2 * place + 2 * place * x - x**2),
        )
    return middle + half, middle - half
