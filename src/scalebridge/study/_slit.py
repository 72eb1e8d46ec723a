"""Tables that studies of slits share: the fluid, the passes, the atoms of a slit.

Lennard-Jones units: lengths sigma, energies epsilon, masses m, times tau.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from scalebridge.study._model import StudyPart
from scalebridge.study.hybrid_fluid import WallPart

if TYPE_CHECKING:
    from scalebridge.fluids.atomistic import Atomistic
    from scalebridge.fluids.hybrid import Passes


class SlitFluidPart(StudyPart):
    """The fluid: Lennard-Jones, cut and shifted."""

    cutoff: float = Field(ge=1.0, le=5.0, description="cut-off of the potential, sigma", examples=[2.2])
    density: float = Field(gt=0.0, le=1.2, description="atoms per sigma^3", examples=[0.81])
    temperature: float = Field(gt=0.0, le=10.0, description="epsilon / k", examples=[1.1])
    viscosity: float = Field(
        gt=0.0, le=100.0, description="at this state; fluids.transport.measure_viscosity", examples=[2.21]
    )


class PassesPart(StudyPart):
    """How long the two sides talk."""

    tolerance: float = Field(default=0.02, gt=0.0, le=1.0, description="relative standard error of the flow at the end")
    most: int = Field(default=20, ge=1, le=10_000, description="passes at most")
    blocks: int = Field(default=10, ge=2, le=1000, description="blocks of a pass")
    steps_per_block: int = Field(default=2000, ge=5, le=1_000_000, description="molecular dynamics steps of a block")
    settle: int = Field(default=4000, ge=0, le=10_000_000, description="steps of a pass that do not count")
    equilibration: int = Field(default=4000, ge=0, le=10_000_000, description="steps before")

    def built(self) -> Passes:
        """The passes."""
        from scalebridge.fluids.hybrid import Passes

        return Passes(self.tolerance, self.most, self.blocks, self.steps_per_block, self.settle, self.equilibration)


def slit_atoms(fluid: SlitFluidPart, wall: WallPart, piece: tuple[float, float], height: float) -> Atomistic:
    """Atoms of a periodic piece of a slit, along the flow and across it."""
    from scalebridge.fluids.atomistic import Atomistic, Crystal, LennardJones

    crystal = Crystal(wall.density, wall.epsilon, wall.sigma, wall.layers)
    size = (piece[0], height, piece[1])
    return Atomistic(LennardJones(fluid.cutoff), fluid.density, fluid.temperature, size, crystal, closed=True)
