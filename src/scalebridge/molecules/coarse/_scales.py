"""Scales of a coarse-graining."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scalebridge.scales import Cost, Scale, ScaleMap, Separation

if TYPE_CHECKING:
    from scalebridge.molecules.coarse._bridge import CoarseGraining

PER_ATOM_STEP = 3.0e-6
"""Processor seconds per atom and step with particle-mesh Ewald, measured on the same machine."""

PER_BEAD_STEP = 1.0e-6
"""Processor seconds per bead and step of a dense liquid, measured on one core of a busy 2024 server."""


def scale_map(bridge: CoarseGraining) -> ScaleMap:
    """Atoms to beads to box."""
    fit, sketch = bridge.fit, bridge.sources[0].sketch()
    n, box = sketch.beads, sketch.edge * 1e-9
    spacing = box / max(n, 1) ** (1.0 / 3.0)
    production = bridge.production or fit.iteration
    steps = (fit.iterations * fit.iteration.steps if fit.iterative else 0) + production.steps
    end = production.steps * production.timestep * 1e-12
    frames = sketch.frames
    separations = (
        Separation(
            "half the box / cutoff", 0.5 * box * 1e9 / fit.cutoff, 1.5, 1.0,
            "structure beyond the cutoff must fit into the box, or g(r) feels its own images (Allen and Tildesley)",
        ),
    )  # fmt: skip
    if frames:
        separations += (
            Separation(
                "frames of the reference", float(frames), 100.0, 10.0,
                "noise of the target ends up in the potential: kT times the relative error of g(r)",
            ),
        )  # fmt: skip
    atoms = sketch.atoms or 3 * n
    fine = PER_ATOM_STEP * atoms / 2e-6
    brute = Cost(
        "all-atom simulation as long as the coarse one", fine * end * 1e9, 1e8 + 1e4 * atoms,
        "three microseconds per atom and step of 2 fs with particle-mesh Ewald",
    )  # fmt: skip
    runs = sum(fine * source.sketch().nanoseconds for source in bridge.sources)
    return ScaleMap(
        scales=(
            Scale("atoms", "fine", (1e-10, box), (2e-15, end), 3.0 * atoms),
            Scale(
                "beads", "coarse", (spacing, box), (production.timestep * 1e-12, end), 3.0 * n, PER_BEAD_STEP * n
            ),
        ),
        separations=separations,
        brute_force=brute,
        bridge=Cost("this bridge", runs + PER_BEAD_STEP * n * steps * len(bridge.sources), 2e8 + 12.0 * n * 2000.0,
                    "one microsecond per bead and step, and the references that are simulated"),
    )  # fmt: skip
