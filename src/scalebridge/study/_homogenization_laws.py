"""Tables ``[laws.<name>]`` of a homogenization study."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from scalebridge.solids import laws
from scalebridge.study._model import StudyPart
from scalebridge.units import Quantity

Modulus = Annotated[float, Quantity("pressure", gt=0.0)]
Stress = Annotated[float, Quantity("pressure")]
NoLess = Annotated[float, Quantity("pressure", ge=0.0)]
Ratio = Annotated[float, Quantity("dimensionless")]
Poisson = Annotated[float, Field(gt=-1.0, lt=0.5, description="Poisson's ratio", examples=[0.3])]
PhaseNumber = Annotated[int, Field(ge=0, lt=10_000_000)]


class _Law(StudyPart):
    """What all laws have."""

    phase: PhaseNumber | tuple[PhaseNumber, ...] | Literal["all"] = Field(
        description='the phase that follows this law, a list of phases, or "all"', examples=[0]
    )


class LinearHardeningPart(StudyPart):
    """Yield stress that grows in proportion to the plastic strain."""

    curve: Literal["linear"]
    yield_stress: Modulus
    modulus: NoLess = 0.0

    def build(self) -> laws.Hardening:
        """The curve."""
        return laws.LinearHardening(self.yield_stress, self.modulus)


class PowerHardeningPart(StudyPart):
    """Swift's or Ludwik's law."""

    curve: Literal["power"]
    yield_stress: Modulus
    coefficient: NoLess
    exponent: float = Field(gt=0.0, le=1.0, description="exponent of the plastic strain", examples=[0.2])
    offset: Annotated[float, Quantity("dimensionless", gt=0.0)] = 1e-6

    def build(self) -> laws.Hardening:
        """The curve."""
        return laws.PowerHardening(self.yield_stress, self.coefficient, self.exponent, self.offset)


class SaturationHardeningPart(StudyPart):
    """Voce's law with a linear part."""

    curve: Literal["saturation"]
    yield_stress: Modulus
    saturation_stress: Modulus
    rate: float = Field(gt=0.0, description="how fast the curve saturates, per plastic strain", examples=[50.0])
    modulus: NoLess = 0.0

    def build(self) -> laws.Hardening:
        """The curve."""
        return laws.SaturationHardening(self.yield_stress, self.saturation_stress, self.rate, self.modulus)


class TableHardeningPart(StudyPart):
    """Yield stress linear between points."""

    curve: Literal["table"]
    plastic_strains: tuple[Annotated[float, Quantity("dimensionless", ge=0.0)], ...] = Field(min_length=2)
    stresses: tuple[Modulus, ...] = Field(min_length=2)

    def build(self) -> laws.Hardening:
        """The curve."""
        return laws.TabulatedHardening(self.plastic_strains, self.stresses)


HardeningPart = Annotated[
    LinearHardeningPart | PowerHardeningPart | SaturationHardeningPart | TableHardeningPart,
    Field(discriminator="curve", description="yield stress against plastic strain"),
]


class LinearElasticPart(_Law):
    """Isotropic linear elasticity."""

    law: Literal["linear-elastic"]
    youngs_modulus: Modulus
    poisson_ratio: Poisson

    def build(self) -> laws.Law:
        """The law."""
        return laws.LinearElastic.isotropic(self.youngs_modulus, self.poisson_ratio)


class TransverselyIsotropicPart(_Law):
    """Linear elasticity with one axis of rotational symmetry, e.g. of a fibre."""

    law: Literal["transversely-isotropic"]
    axial_modulus: Modulus
    transverse_modulus: Modulus
    axial_poisson_ratio: float
    transverse_poisson_ratio: float
    axial_shear_modulus: Modulus
    axis: Literal[1, 2, 3] = 3

    def build(self) -> laws.Law:
        """The law."""
        return laws.LinearElastic.transversely_isotropic(
            self.axial_modulus,
            self.transverse_modulus,
            self.axial_poisson_ratio,
            self.transverse_poisson_ratio,
            self.axial_shear_modulus,
            self.axis,
        )


class OrthotropicPart(_Law):
    """Linear elasticity with three planes of symmetry normal to the coordinate (crystal) axes."""

    law: Literal["orthotropic"]
    youngs_moduli: tuple[Modulus, Modulus, Modulus] = Field(description="E1, E2, E3")
    poisson_ratios: tuple[float, float, float] = Field(description="nu12, nu13, nu23")
    shear_moduli: tuple[Modulus, Modulus, Modulus] = Field(description="G12, G13, G23")

    def build(self) -> laws.Law:
        """The law."""
        return laws.LinearElastic.orthotropic(self.youngs_moduli, self.poisson_ratios, self.shear_moduli)


_Row = tuple[Stress, Stress, Stress, Stress, Stress, Stress]


class AnisotropicPart(_Law):
    """Linear elasticity with up to 21 constants."""

    law: Literal["anisotropic"]
    stiffness: tuple[_Row, _Row, _Row, _Row, _Row, _Row] = Field(
        description="6x6 Mandel matrix, order 11, 22, 33, 23, 13, 12; shear entries are twice those of the Voigt matrix"
    )

    def build(self) -> laws.Law:
        """The law."""
        import numpy as np

        return laws.LinearElastic(np.array(self.stiffness))


class J2Part(_Law):
    """Von Mises plasticity."""

    law: Literal["j2"]
    youngs_modulus: Modulus
    poisson_ratio: Poisson
    hardening: HardeningPart
    kinematic_modulus: NoLess = 0.0
    viscosity: Annotated[float, Quantity("viscosity", ge=0.0)] = 0.0

    def build(self) -> laws.Law:
        """The law."""
        return laws.J2Plasticity(
            self.youngs_modulus, self.poisson_ratio, self.hardening.build(), self.kinematic_modulus, self.viscosity
        )


class NeoHookeanPart(_Law):
    """Compressible neo-Hookean solid, for finite strain."""

    law: Literal["neo-hookean"]
    youngs_modulus: Modulus
    poisson_ratio: Poisson

    def build(self) -> laws.Law:
        """The law."""
        return laws.NeoHookean(self.youngs_modulus, self.poisson_ratio)


class ArmPart(StudyPart):
    """A spring and a dashpot in series."""

    shear_modulus: NoLess
    relaxation_time: Annotated[float, Quantity("time", gt=0.0)]
    bulk_modulus: NoLess = 0.0


class ViscoelasticPart(_Law):
    """Isotropic spring in parallel with Maxwell arms."""

    law: Literal["viscoelastic"]
    youngs_modulus: Modulus
    poisson_ratio: Poisson
    arms: tuple[ArmPart, ...] = Field(min_length=1, description="the Maxwell arms")

    def build(self) -> laws.Law:
        """The law."""
        arms = tuple(laws.MaxwellArm(arm.shear_modulus, arm.relaxation_time, arm.bulk_modulus) for arm in self.arms)
        return laws.Viscoelastic(self.youngs_modulus, self.poisson_ratio, arms)


_Conductivity = Annotated[float, Quantity("thermal conductivity", gt=0.0)]


class ConductionPart(_Law):
    """Linear conduction of heat; it goes next to the mechanical law of the same phase, or alone."""

    law: Literal["conduction"]
    conductivity: _Conductivity | tuple[_Conductivity, _Conductivity, _Conductivity] = Field(
        description="one value, or one along each axis", examples=["0.2 W/(m*K)"]
    )

    def build(self) -> laws.Conduction:
        """The law."""
        import numpy as np

        diagonal = self.conductivity if isinstance(self.conductivity, tuple) else (self.conductivity,) * 3
        return laws.Conduction(np.diag(diagonal))


LawPart = Annotated[
    LinearElasticPart
    | TransverselyIsotropicPart
    | OrthotropicPart
    | AnisotropicPart
    | J2Part
    | NeoHookeanPart
    | ViscoelasticPart
    | ConductionPart,
    Field(discriminator="law"),
]
