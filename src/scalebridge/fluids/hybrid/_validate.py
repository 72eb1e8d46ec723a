"""Mistakes in a hybrid configuration, found before anything runs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from scalebridge.errors import InputError

if TYPE_CHECKING:
    from scalebridge.fluids.hybrid._bridge import Hybrid

_AGREE = 0.02  # relative difference of a property on the two sides that is taken for a mistake


def validate(bridge: Hybrid) -> None:
    """Refuse what cannot work.

    Raises:
        InputError: every mistake found, one sentence each.
    """
    mistakes = [*_counts(bridge), *_geometry(bridge), *_properties(bridge)]
    if mistakes:
        raise InputError("This hybrid cannot work:\n" + "\n".join(f"  - {mistake}" for mistake in mistakes))


def _counts(bridge: Hybrid) -> Iterator[str]:
    for name in ("cycles", "cycles_per_step", "steps_per_cycle", "instances"):
        if getattr(bridge, name) < 1:
            yield f"{name} is {getattr(bridge, name)}; it must be at least 1"
    if bridge.exchange not in ("state", "flux"):
        yield f'exchange is {bridge.exchange!r}; allowed are "state" and "flux"'
    if not (math.isfinite(bridge.memory) and bridge.memory >= 0.0):
        yield f"memory is {bridge.memory!r}; it is a number of cycles, 0 for none"
    if bridge.atomistic.closed:
        yield "the atomistic side is closed above; a continuum needs an open end there"


def _geometry(bridge: Hybrid) -> Iterator[str]:
    a, o, patches = bridge.atomistic, bridge.overlap, bridge.continuum.patches
    end = a.size[1] - a.buffer
    if o.constraint[-1] > end:
        yield f"the constraint region ends at {o.constraint[-1]:g}, inside the buffer; end it at {end:g}"
    if o.sample[0] < a.cutoff:
        yield f"the sample begins at {o.sample[0]:g}, within the wall's reach {a.cutoff:g}; take it from farther up"
    if o.constraint[0] - o.sample[1] < a.cutoff:
        gap = o.constraint[0] - o.sample[1]
        yield f"the sample feels the constrained atoms: they are {gap:g} apart, the cut-off is {a.cutoff:g}"
    marks = np.array([*o.sample, o.interface]) / bridge.bin_width
    if not np.allclose(marks, np.round(marks), atol=1e-9):
        yield f"sample {o.sample} and its middle {o.interface:g} must lie on edges of bins of {bridge.bin_width:g}"
    if bridge.patch not in patches:
        yield f"the continuum has no patch {bridge.patch!r}; it has {', '.join(patches)}"
        return
    if not np.allclose(np.abs(patches[bridge.patch].normal), [0.0, 1.0, 0.0]):
        yield f"the patch {bridge.patch!r} does not face along y, as the atoms' open end does"
    low = float(patches[bridge.patch].centre[:, 1].mean())
    top = max(float(faces.centre[:, 1].max()) for faces in patches.values()) - low
    reach = o.constraint[-1] - o.interface
    if top < reach:
        yield f"the continuum is {top:g} high; the constraint region, which it must hold, needs {reach:g}"
    else:
        yield from _mesh(bridge)


def _mesh(bridge: Hybrid) -> Iterator[str]:
    """A mesh may have any shape, but where it meets the atoms: a straight patch with fluid above its middle."""
    from scalebridge.fluids.continuum import MeshContinuum

    if not isinstance(bridge.continuum, MeshContinuum):
        return
    faces = bridge.continuum.patches[bridge.patch]
    low, high = faces.centre[:, 1].min(), faces.centre[:, 1].max()
    if high - low > 1e-9 * max(float(faces.area.sum()) / bridge.continuum.domain.thickness, abs(high)):
        yield f"the patch {bridge.patch!r} lies between heights {low:g} and {high:g}; the interface must be straight"
        return
    above = np.array(bridge.overlap.constraint) - bridge.overlap.interface
    points = faces.centre.mean(axis=0) + np.outer(np.append(0.0, above), [0.0, 1.0, 0.0])
    outside = ~bridge.continuum.contains(points)
    if outside.any():
        yield (
            f"the continuum has no fluid {points[outside][0, 1] - low:g} above the middle of its patch "
            f"{bridge.patch!r}, where the constraint region takes its velocity"
        )


def _properties(bridge: Hybrid) -> Iterator[str]:
    from scalebridge.fluids.continuum import Continuum, Liquid, MeshContinuum

    if not isinstance(bridge.continuum, Continuum | MeshContinuum) or not isinstance(bridge.continuum.fluid, Liquid):
        return
    liquid = bridge.continuum.fluid
    pairs = [("density", liquid.density, bridge.atomistic.density * bridge.atomistic.mass)]
    if not callable(liquid.viscosity):
        pairs.append(("viscosity", liquid.viscosity, bridge.viscosity))
    for name, continuum, atoms in pairs:
        if abs(continuum - atoms) > _AGREE * abs(atoms):
            yield (
                f"the continuum's {name} is {continuum:g} and the atoms' is {atoms:g}; both sides are the same fluid "
                f"(measure it with fluids.transport)"
            )
    if bridge.energy and liquid.conductivity is None:
        yield "energy is exchanged, but the continuum has no conductivity"
