"""A movie of the field with the atoms in place: one animated drawing that plays without a script."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scalebridge.bridge import Picture
from scalebridge.fluids.atomistic import Atoms
from scalebridge.fluids.atomistic._state import Floats

if TYPE_CHECKING:
    import xarray as xr

    from scalebridge.fluids.hybrid._bridge import Hybrid
    from scalebridge.fluids.hybrid._state import HybridState

SHOWN = 240  # atoms of a frame
_FRAMES, _SECONDS, _TIMES, _COLOURS = 16, 8.0, 4, 12
_SCALE, _LEFT, _RIGHT, _EDGE = 9.0, 46.0, 150.0, 20.0  # pixels per grain, margins


def frame_of(atoms: Atoms) -> Floats:
    """Places (x, y) of the fluid atoms nearest to a plane of constant z, (SHOWN, 2), filled up with the last."""
    places = atoms.positions[atoms.fluid]
    depth = np.abs(places[:, 2] - atoms.box[2].mean())
    nearest = np.sort(np.argsort(depth, kind="stable")[:SHOWN])
    return np.pad(places[nearest, :2], ((0, SHOWN - len(nearest)), (0, 0)), mode="edge").astype(np.float32)


def movie(bridge: Hybrid, state: HybridState, data: xr.Dataset) -> Picture:
    """Velocity along x of both sides as colour, atoms as dots, frame by frame.

    Frames are groups of an SVG that style sheets show one after the other, some times over; then the last one stands.
    Opened by itself where the reader wants no motion, it stands at once.
    """
    steps = data.sizes["time"]
    chosen = np.unique(np.linspace(0, steps - 1, min(steps, _FRAMES)).round().astype(int))
    drawing = _Drawing(bridge, data)
    frames = "".join(drawing.frame(int(k), state.frames[k], i, len(chosen)) for i, k in enumerate(chosen))
    svg = drawing.page(frames, len(chosen))
    caption = (
        f"Velocity along x in {len(chosen)} of {steps} steps: stripes are the continuum, dots the atoms next to a "
        "plane of constant z, with the mean velocity of their height as colour. On the right: where velocity goes up "
        "(sample), where it comes down (constraint), and the open end (buffer)."
    )
    return Picture("Atoms and continuum, a movie", caption, svg.encode(), "svg", "movie")


class _Drawing:
    """Where things are on the page, and which colour they have."""

    def __init__(self, bridge: Hybrid, data: xr.Dataset) -> None:
        self.bridge, self.data = bridge, data
        self.width = bridge.atomistic.lengths[0]
        self.top = max(float(data["height_above"].values[-1]), bridge.atomistic.size[1])
        below, above = data["velocity"].values[..., 0], data["velocity_above"].values[..., 0]
        self.low, self.high = float(min(below.min(), above.min())), float(max(below.max(), above.max()))
        if self.high - self.low < 1e-9:
            self.low, self.high = self.low - 0.5, self.high + 0.5
        # tall slabs are drawn smaller
        self.grain, self.unit = bridge.atomistic.grain, bridge.atomistic.units
        self.scale = min(_SCALE / self.grain, 560.0 / (self.top + 2.0 * self.grain))

    def colour(self, velocity: float) -> int:
        """Class of a velocity."""
        part = (velocity - self.low) / (self.high - self.low)
        return int(np.clip(part * _COLOURS, 0, _COLOURS - 1))

    def y(self, height: float) -> float:
        """Pixel of a height."""
        return _EDGE + (self.top - height) * self.scale

    def frame(self, step: int, places: Floats, index: int, count: int) -> str:
        """One frame as a group."""
        now = self.data.isel(time=step)
        heights, velocity = now["height"].values, now["velocity"].values[:, 0]
        dots: dict[int, list[str]] = {}
        for x, y in places.tolist():
            if 0.0 <= y <= self.top:
                here = self.colour(float(np.interp(y, heights, velocity)))
                dots.setdefault(here, []).append(f"M{_LEFT + x * self.scale:.1f} {self.y(y):.1f}h0")
        atoms = "".join(f'<path class="c{c}" d="{"".join(parts)}"/>' for c, parts in sorted(dots.items()))
        words = f"to {float(now['time']):.4g} {self.unit.time}"
        when = f'<text x="{_LEFT:.0f}" y="{self.y(-1.9 * self.grain):.0f}">{words}</text>'
        delay = index * _SECONDS / count - _SECONDS
        return f'<g class="f" style="animation-delay:{delay:.3f}s">{self._stripes(now)}{atoms}{when}</g>'

    def _stripes(self, now: xr.Dataset) -> str:
        above, velocity = now["height_above"].values, now["velocity_above"].values[:, 0]
        edges = np.concatenate([above[:1], 0.5 * (above[1:] + above[:-1]), above[-1:]])
        return "".join(
            f'<rect class="s{self.colour(float(u))}" x="{_LEFT:.1f}" y="{self.y(b):.1f}" '
            f'width="{self.width * self.scale:.1f}" height="{(b - a) * self.scale + 0.3:.1f}"/>'
            for a, b, u in zip(edges, edges[1:], velocity, strict=False)
        )

    def page(self, frames: str, count: int) -> str:
        """The whole drawing."""
        wide, high = _LEFT + self.width * self.scale + _RIGHT, self.y(-2.6 * self.grain)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {high:.0f}" width="{wide:.0f}" '
            f'height="{high:.0f}" font-family="sans-serif" font-size="11">'
            f"<style>{self._style(count)}</style>"
            f'<rect width="{wide:.0f}" height="{high:.0f}" fill="white"/>'
            f"{frames}{self._zones()}{self._legend()}</svg>"
        )

    def _style(self, count: int) -> str:
        from matplotlib import colormaps
        from matplotlib.colors import to_hex

        shades = [to_hex(colormaps["viridis"](i / (_COLOURS - 1))) for i in range(_COLOURS)]
        dots = "".join(f".c{i}{{stroke:{shade}}}.s{i}{{fill:{shade}}}" for i, shade in enumerate(shades))
        part = 100.0 / count
        hidden = "" if count == 1 else f"{part:.3f}%,100%{{visibility:hidden}}"
        stroke = 0.9 * self.grain * self.scale
        return (
            f"path{{fill:none;stroke-width:{stroke:.2f};stroke-linecap:round}}rect[class^=s]{{opacity:.55}}"
            f"{dots}@keyframes f{{0%{{visibility:visible}}{hidden}}}"
            f".f{{visibility:hidden;animation:f {_SECONDS:g}s steps(1,end) {_TIMES}}}"
            f".f:nth-of-type({count}){{visibility:visible}}"
            "@media (prefers-reduced-motion:reduce){.f{animation:none}}"
        )

    def _zones(self) -> str:
        o, a = self.bridge.overlap, self.bridge.atomistic
        left, right = _LEFT, _LEFT + self.width * self.scale
        thick = 0.8 * self.grain * self.scale
        wall = (
            f'<rect x="{left:.1f}" y="{self.y(0.0):.1f}" width="{right - left:.1f}" height="{thick:.1f}" fill="#888"/>'
        )
        marks = []
        for name, low, high in (
            ("sample", *o.sample), ("constraint", o.constraint[0], o.constraint[-1]),
            ("buffer", a.size[1] - a.buffer, a.size[1]),
        ):  # fmt: skip
            for height in (low, high):
                y = self.y(height)
                marks.append(f'<path d="M{right - 8:.1f} {y:.1f}h16" style="stroke:#000;stroke-width:1"/>')
            marks.append(f'<text x="{right + 11:.1f}" y="{self.y(0.5 * (low + high)) + 4:.1f}">{name}</text>')
        ticks = "".join(
            f'<text x="{_LEFT - 6:.1f}" y="{self.y(float(h)) + 4:.1f}" text-anchor="end">{h:g}</text>'
            for h in np.arange(0.0, self.top - 1.5 * self.grain, 10.0 * self.grain)
        )
        unit = f'<text x="{_LEFT - 6:.1f}" y="{self.y(self.top) - 3:.1f}" text-anchor="end">{self.unit.length}</text>'
        return wall + "".join(marks) + ticks + unit

    def _legend(self) -> str:
        x, top, size = _LEFT + self.width * self.scale + 82.0, _EDGE + 26.0, 12.0
        boxes = "".join(
            f'<rect class="s{_COLOURS - 1 - i}" style="opacity:1" x="{x:.0f}" y="{top + i * size:.0f}" width="12" '
            f'height="{size:.0f}"/>'
            for i in range(_COLOURS)
        )
        ends = ((self.high, top + 9.0), (self.low, top + _COLOURS * size))
        words = "".join(f'<text x="{x + 16:.0f}" y="{y:.0f}">{value:.2g}</text>' for value, y in ends)
        return f'{boxes}{words}<text x="{x - 22:.0f}" y="{top - 10:.0f}">{self.unit.velocity}</text>'
