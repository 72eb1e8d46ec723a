"""Linear elasticity of any symmetry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from scalebridge.errors import InputError
from scalebridge.solids.laws import _validate
from scalebridge.solids.laws._law import Array, HasFreeEnergy, HyperelasticLaw, Rows, SmallStrainLaw, State
from scalebridge.solids.laws._moduli import bulk_modulus, shear_modulus, youngs_and_poisson
from scalebridge.solids.laws._tensors import dot, green_lagrange, mandel_rotation, matrix_times


@dataclass(frozen=True, eq=False)
class LinearElastic(SmallStrainLaw, HyperelasticLaw, HasFreeEnergy):
    """Linear elasticity with up to 21 constants; in finite strain the Saint Venant-Kirchhoff law of the same stiffness.

    Args:
        stiffness: (6, 6) symmetric positive definite, Pa, Mandel notation, order 11, 22, 33, 23, 13, 12: shear entries
            are twice those of the Voigt matrix of engineering strains.

    Raises:
        InputError: the stiffness is not symmetric or not positive definite (the offending eigenvalue is named).
    """

    stiffness: np.ndarray

    is_linear: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "stiffness", _validate.positive_definite("stiffness", self.stiffness, 6))

    @classmethod
    def isotropic(cls, youngs_modulus: float, poisson_ratio: float) -> LinearElastic:
        """Isotropic solid from Young's modulus (Pa) and Poisson's ratio; InputError outside E > 0, -1 < nu < 0.5."""
        e = _validate.positive("youngs_modulus", youngs_modulus)
        nu = _validate.poisson_ratio("poisson_ratio", poisson_ratio)
        return cls.from_moduli(bulk_modulus(e, nu), shear_modulus(e, nu))

    @classmethod
    def from_moduli(cls, bulk_modulus: float, shear_modulus: float) -> LinearElastic:
        """Isotropic solid from bulk and shear modulus (Pa); InputError where one is not positive."""
        youngs_and_poisson(bulk_modulus, shear_modulus)
        volumetric = np.zeros((6, 6))
        volumetric[:3, :3] = 1.0 / 3.0
        return cls(3.0 * bulk_modulus * volumetric + 2.0 * shear_modulus * (np.eye(6) - volumetric))

    @classmethod
    def transversely_isotropic(
        cls,
        axial_modulus: float,
        transverse_modulus: float,
        axial_poisson_ratio: float,
        transverse_poisson_ratio: float,
        axial_shear_modulus: float,
        axis: int = 3,
    ) -> LinearElastic:
        """Solid with one axis of rotational symmetry, e.g. a fibre.

        Args:
            axial_modulus: Young's modulus along the axis, Pa.
            transverse_modulus: Young's modulus across it, Pa.
            axial_poisson_ratio: contraction across for extension along the axis.
            transverse_poisson_ratio: within the plane across the axis.
            axial_shear_modulus: Pa.
            axis: 1, 2 or 3, the coordinate axis of symmetry; 3 is normal to a 2-D cross-section.

        Raises:
            InputError: a constant is out of range or the stiffness is not positive definite.
        """
        if axis not in (1, 2, 3):
            raise InputError(f"axis is {axis!r}; it must be 1, 2 or 3.")
        transverse = _validate.positive("transverse_modulus", transverse_modulus)
        nu = _validate.finite_number("transverse_poisson_ratio", transverse_poisson_ratio)
        if nu <= -1.0:
            raise InputError(f"transverse_poisson_ratio is {nu:g}; it must be above -1.")
        along_axis_1 = cls.orthotropic(
            (axial_modulus, transverse, transverse),
            (axial_poisson_ratio, axial_poisson_ratio, nu),
            (axial_shear_modulus, axial_shear_modulus, transverse / (2.0 * (1.0 + nu))),
        )
        return along_axis_1.rotated(np.roll(np.eye(3), axis - 1, axis=0))

    @classmethod
    def orthotropic(
        cls,
        youngs_moduli: tuple[float, float, float],
        poisson_ratios: tuple[float, float, float],
        shear_moduli: tuple[float, float, float],
    ) -> LinearElastic:
        """Solid with three planes of symmetry normal to the coordinate axes.

        Args:
            youngs_moduli: E1, E2, E3, Pa.
            poisson_ratios: nu12, nu13, nu23, where nu_ij is the contraction along j for extension along i, and
                nu_ij / E_i = nu_ji / E_j.
            shear_moduli: G12, G13, G23, Pa.

        Raises:
            InputError: a constant is out of range or the compliance is not positive definite.
        """
        e = [_validate.positive(f"youngs_moduli: E{i}", x) for i, x in zip("123", youngs_moduli, strict=True)]
        names = ("12", "13", "23")
        nu = [_validate.finite_number(f"poisson_ratios: nu{n}", x) for n, x in zip(names, poisson_ratios, strict=True)]
        g = [_validate.positive(f"shear_moduli: G{n}", x) for n, x in zip(names, shear_moduli, strict=True)]
        compliance = np.diag([1 / e[0], 1 / e[1], 1 / e[2], 0.5 / g[2], 0.5 / g[1], 0.5 / g[0]])
        for (i, j), ratio in zip(((0, 1), (0, 2), (1, 2)), nu, strict=True):
            compliance[i, j] = compliance[j, i] = -ratio / e[i]
        where = "compliance from youngs_moduli, poisson_ratios and shear_moduli"
        return cls(np.linalg.inv(_validate.positive_definite(where, compliance, 6)))

    def rotated(self, rotation: np.ndarray) -> LinearElastic:
        """The same material turned by a (3, 3) rotation R: a direction a of the material comes to lie along R a."""
        q = mandel_rotation(_validate.rotation("rotation", rotation))
        return LinearElastic(q @ self.stiffness @ q.T)

    def stress(self, strain: Rows, state: State, dt: Array) -> tuple[Rows, State]:
        """Hooke's law."""
        del dt
        return matrix_times(self.stiffness, strain), state

    def free_energy(self, strain: Rows, state: State) -> Array:
        """Strain energy, half of strain : stiffness : strain."""
        del state
        return 0.5 * dot(strain, matrix_times(self.stiffness, strain))

    def energy(self, gradient: Rows) -> Array:
        """Saint Venant-Kirchhoff: the quadratic energy of the Green-Lagrange strain."""
        return self.free_energy(green_lagrange(gradient), {})
