"""What a hybrid run and molecular dynamics of all of it will cost, from what is known before either runs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scalebridge.fluids.continuum import Continuum, MeshContinuum
from scalebridge.scales import Cost

if TYPE_CHECKING:
    from scalebridge.fluids.hybrid._bridge import Hybrid

# Processor seconds on one core, each measured by itself (`benchmarks/bench_hybrid_fluid.py` and its parts).
CALLBACK, COUPLED_ATOM_STEP = 2.5e-5, 4.5e-8  # what a coupled step adds, and what it adds for each atom of the fluid
SUBSTEP, CELL_SUBSTEP = 1.0e-3, 4.0e-7  # of the continuum, and of each of its cells
MESH_SUBSTEP = 1.1e-5  # of each polynomial of each element of a mesh
EXCHANGE = 4.0e-3  # a cycle's questions to the continuum, its books and entries
START = 1.5e-2  # an engine, at each step of the bridge
BYTES_PER_ATOM = 400.0


def costs(bridge: Hybrid) -> tuple[Cost, Cost]:
    """Of molecular dynamics of the whole slab between two walls, and of the bridge."""
    a, cycles = bridge.atomistic, bridge.cycles
    steps = cycles * bridge.steps_per_cycle
    fluid, wall = a.atoms_per_particle * a.density * a.area * a.size[1], a.wall_atoms
    whole = fluid * height(bridge) / a.size[1] + 2 * wall
    atom = a.atom_seconds
    instance = steps * (atom * (fluid + wall) + CALLBACK + COUPLED_ATOM_STEP * fluid)
    instance += START * math.ceil(cycles / bridge.cycles_per_step)
    seconds = bridge.instances * instance + cycles * (EXCHANGE + _continuum(bridge))
    return (
        Cost(
            "molecular dynamics of the whole slab",
            steps * atom * whole,
            BYTES_PER_ATOM * whole,
            "atoms of the fluid and of a wall at either end, times steps",
        ),
        Cost(
            "this bridge",
            seconds,
            BYTES_PER_ATOM * (fluid + wall) * bridge.instances,
            "atoms times steps, the coupling of each step, the continuum and the exchange of each cycle",
        ),
    )


def height(bridge: Hybrid) -> float:
    """Height of both sides together."""
    patches = bridge.continuum.patches
    high = max(float(faces.centre[:, 1].max()) for faces in patches.values())
    return bridge.overlap.interface + high - float(patches[bridge.patch].centre[:, 1].mean())


def _continuum(bridge: Hybrid) -> float:
    """Processor seconds of the continuum in a cycle."""
    c = bridge.continuum
    size = CELL_SUBSTEP * math.prod(c.domain.grid.cells) if isinstance(c, Continuum) else 0.0
    if isinstance(c, MeshContinuum):
        order = c.domain.order
        size = MESH_SUBSTEP * c.domain.mesh.ne * (order + 1) * (order + 2) / 2
    parts = math.ceil(bridge.coupler.duration / c.stable_step(c.initial(bridge.velocity)))
    return parts * (SUBSTEP + size)
