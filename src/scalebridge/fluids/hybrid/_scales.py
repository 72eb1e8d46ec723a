"""Scales, separations and predicted cost of a hybrid run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scalebridge.fluids.hybrid._cost import costs, height
from scalebridge.fluids.transport._errors import velocity_memory
from scalebridge.scales import Scale, ScaleMap, Separation

if TYPE_CHECKING:
    from scalebridge.fluids.hybrid._bridge import Hybrid


def scale_map(bridge: Hybrid) -> ScaleMap:
    """Atoms below, continuum above."""
    a, coupler = bridge.atomistic, bridge.coupler
    atoms = a.atoms_per_particle * a.density * a.area * a.size[1]
    end = bridge.cycles * coupler.duration
    return ScaleMap(
        (
            Scale(
                "molecular dynamics",
                "fine",
                (a.grain, a.size[1]),
                (a.time_step, end),
                3.0 * atoms,
                a.atom_seconds * atoms,
            ),
            Scale("Navier-Stokes", "coarse", (a.cutoff, height(bridge)), (coupler.duration, end)),
        ),
        _separations(bridge),
        *costs(bridge),
    )


def _separations(bridge: Hybrid) -> tuple[Separation, ...]:
    a, overlap = bridge.atomistic, bridge.overlap
    diffusion = (overlap.constraint[0] - overlap.interface) ** 2 * a.density * a.mass / bridge.viscosity
    apart = overlap.constraint[0] - overlap.sample[1]
    thin = min(high - low for low, high in zip(overlap.constraint, overlap.constraint[1:], strict=False))
    memory = velocity_memory(bridge.viscosity, a.density, a.mass, thin)
    return (
        Separation(
            "momentum diffusion across the overlap / coupling cycle", diffusion / bridge.coupler.duration, 10.0, 2.0,
            "the velocity that comes down must not travel to where it goes up within a cycle (explicit coupling)",
        ),
        Separation(
            "distance of sample and constraint / cut-off", apart / a.cutoff, 1.5, 1.0,
            "atoms that are sampled must not feel those that are constrained directly",
        ),
        Separation(
            "constraint cell / cut-off", thin / a.cutoff, 0.8, 0.4,
            "a cell thinner than the reach of the forces does not carry a velocity of its own",
        ),
        Separation(
            "cell's viscous memory / time step", memory / a.time_step, 10.0, 2.0,
            "constrained means must be followed by the fluid within many steps",
        ),
    )  # fmt: skip
