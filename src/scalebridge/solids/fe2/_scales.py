"""Scales of FE², and how well they are separated: cell against element and against the gradient of the strain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scalebridge.scales import Cost, Scale, ScaleMap, Separation
from scalebridge.solids.fe2._points import Floats
from scalebridge.solids.fe2._space import Space

if TYPE_CHECKING:
    from scalebridge.solids.fe2._bridge import Cell, FE2Bridge

SECONDS = 4e-5
"""Processor seconds per voxel and increment of a plastic cell, tangent included, measured on a 2-core x86-64 server."""
ITERATIONS = 4
BYTES = 300.0
"""Memory per voxel of a cell: fluctuation, its sensitivities, internal variables."""

_WHY_ELEMENT = (
    "A cell that is larger than the element it stands for would overlap its neighbours: the two scales are not "
    "separated there (Geers, Kouznetsova, Brekelmans 2010)."
)
_WHY_GRADIENT = (
    "First-order theory takes the macroscopic strain as constant over a cell; its error is of first order in cell "
    "size over gradient length (Geers, Kouznetsova, Brekelmans 2010)."
)
_WHY_ROTATION = (
    "Small strain leaves out half the square of the rotation: 2 % of a displacement at 1/5 (11 degrees), 12 % at 1/2. "
    "Set kinematics to finite, or load less."
)


def cells_of(bridge: FE2Bridge) -> tuple[Cell, ...]:
    """Cells of all regions."""
    from scalebridge.solids.fe2._bridge import Cell

    return tuple(p.material for p in bridge.parts.values() if isinstance(p.material, Cell))


def scale_map(bridge: FE2Bridge) -> ScaleMap:
    """What is known before the run."""
    space = bridge.model.space
    cells = cells_of(bridge)
    extent = float(np.ptp(space.nodes, axis=0).max())
    edge = element_sizes(space)
    coarse = Scale("finite elements", "coarse", (float(edge.min()), extent), None, 3.0 * len(space.nodes))
    if not cells:
        law = Scale("constitutive law", "fine", (0.0, float(edge.min())), None, 0.0)
        return ScaleMap((law, coarse))
    size = max(max(c.microstructure.size) for c in cells)
    voxel = min(min(c.microstructure.spacing) for c in cells)
    voxels = max(c.microstructure.phase.size for c in cells)
    fine = Scale("volume element", "fine", (voxel, size), None, 3.0 * voxels, SECONDS * voxels)
    separation = Separation("smallest element / cell", float(edge.min()) / size, 3.0, 1.0, _WHY_ELEMENT)
    steps = len(bridge.times) * ITERATIONS
    number = float(space.volume.sum()) / size**3 * voxels
    direct = Cost(
        "everything in one mesh", SECONDS * number * steps, BYTES * number, "as many voxels as the body would hold"
    )
    own = SECONDS * voxels * space.points * steps
    ours = Cost("all cells in full", own, BYTES * voxels * space.points, "voxels of all cells; a ladder makes it less")
    return ScaleMap((fine, coarse), (separation,), direct, ours)


def element_sizes(space: Space) -> Floats:
    """Edge of a cube with the volume of each element, m."""
    edges: Floats = np.cbrt(space.volume)
    return edges


def gradient_lengths(space: Space, strain: Floats) -> Floats:
    """Length over which the strain of each element changes by itself, m: size of the strain over its spread per edge.

    Args:
        space: the finite element space.
        strain: (n, 3, 3) strains, or deformation gradients minus one.

    Returns:
        (E,); infinite where the strain is uniform.
    """
    count = len(space.connectivity)
    field = strain.reshape(count, -1, 9)
    mean = field.mean(axis=1)
    # neighbours share nodes: strains averaged to the corners differ over an element by its gradient times its edge
    nodes = np.zeros((len(space.nodes), 9))
    weight = np.zeros(len(space.nodes))
    for a in range(space.connectivity.shape[1]):
        np.add.at(nodes, space.connectivity[:, a], mean)
        np.add.at(weight, space.connectivity[:, a], 1.0)
    nodes /= np.maximum(weight, 1.0)[:, None]
    local = nodes[space.connectivity]
    slope = np.einsum("eaj,eak->ejk", space.centre, local)
    change = np.linalg.norm(slope.reshape(count, -1), axis=1)
    size = np.linalg.norm(mean, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        lengths: Floats = np.where(change > 0.0, size / change, np.inf)
    return lengths


def measured_separations(bridge: FE2Bridge, displacement: Floats, strain: Floats) -> tuple[Separation, ...]:
    """How far theory holds: rotations in small strain; cell against gradient length of the strain.

    Args:
        bridge: the body.
        displacement: of the nodes, (N, 3), m.
        strain: (n, 3, 3) strains, or deformation gradients.
    """
    rotations = () if bridge.kinematics == "finite" else (_rotations(bridge, displacement),)
    return (*rotations, *_gradients(bridge, strain))


def _rotations(bridge: FE2Bridge, displacement: Floats) -> Separation:
    """One over the largest rotation of an element's mean gradient, rad."""
    h = bridge.model.problem.assembler.gradients(displacement)
    h = h.reshape(len(bridge.model.space.connectivity), -1, 3, 3).mean(axis=1)
    # the axial vector of the skew part is the angle, as long as it is small
    angle = np.linalg.norm(h - h.transpose(0, 2, 1), axis=(1, 2)) / np.sqrt(8.0)
    return Separation("1 / largest rotation", min(1.0 / max(float(angle.max()), 1e-9), 1e9), 5.0, 2.0, _WHY_ROTATION)


def _gradients(bridge: FE2Bridge, strain: Floats) -> tuple[Separation, ...]:
    """Cell against the gradient length where the strain is large (a tenth of the largest and above), at worst."""
    cells = cells_of(bridge)
    if not cells:
        return ()
    space = bridge.model.space
    strain = strain - np.eye(3) if bridge.kinematics == "finite" else strain
    size = np.linalg.norm(strain.reshape(len(space.connectivity), -1, 9).mean(axis=1), axis=1)
    where = size > 0.1 * size.max()
    lengths = gradient_lengths(space, strain)
    cell = max(max(c.microstructure.size) for c in cells)
    worst = float(lengths[where].min(initial=np.inf)) / cell
    return (Separation("gradient length of the strain / cell", min(worst, 1e9), 5.0, 1.0, _WHY_GRADIENT),)
