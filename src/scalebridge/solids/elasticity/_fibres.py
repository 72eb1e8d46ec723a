"""Aligned fibres: transversely isotropic phases and the composite cylinder assemblage.

Of the five effective constants four are known exactly for an assemblage of coated cylinders that fill the space; the
fifth, the transverse shear modulus, is bounded.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from scalebridge.errors import InputError
from scalebridge.solids.elasticity._hashin_shtrikman import hashin_shtrikman_plane
from scalebridge.solids.elasticity._isotropy import bulk_and_shear
from scalebridge.solids.elasticity._mandel import FloatArray
from scalebridge.solids.elasticity._phases import check_fraction


@dataclass(frozen=True, slots=True)
class TransverseIsotropy:
    """The five constants of a transversely isotropic material in Hill's set (Hill 1964, 10.1016/0022-5096(64)90019-5).

    Attributes:
        E_L: Young's modulus along the axis of symmetry, Pa.
        nu_LT: Poisson's ratio, contraction across for tension along the axis.
        G_LT: axial shear modulus, Pa.
        k_T: plane-strain bulk modulus across the axis, Pa.
        G_TT: transverse shear modulus, Pa.

    Raises:
        InputError: a modulus is not positive, or the ratio is not finite. Any finite ratio gives a positive definite
            stiffness.
    """

    E_L: float
    nu_LT: float
    G_LT: float
    k_T: float
    G_TT: float

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not np.isfinite(value) or (field.name != "nu_LT" and value <= 0.0):
                raise InputError(f"{field.name} is {value}; it must be finite and, unless a ratio, positive")

    @classmethod
    def isotropic(cls, youngs_modulus: float, poisson_ratio: float) -> TransverseIsotropy:
        """The constants of an isotropic material, E in Pa.

        Raises:
            InputError: E <= 0 or nu outside (-1, 0.5).
        """
        k, g = bulk_and_shear(youngs_modulus, poisson_ratio)
        return cls(E_L=youngs_modulus, nu_LT=poisson_ratio, G_LT=g, k_T=k + g / 3.0, G_TT=g)

    @property
    def E_T(self) -> float:
        """Transverse Young's modulus in Pa: 4 / E_T = 1 / G_TT + 1 / k_T + 4 nu_LT^2 / E_L."""
        return 4.0 / (1.0 / self.G_TT + 1.0 / self.k_T + 4.0 * self.nu_LT**2 / self.E_L)

    @property
    def nu_TT(self) -> float:
        """Transverse Poisson's ratio."""
        return self.E_T / (2.0 * self.G_TT) - 1.0

    def stiffness(self, axis: int = 2) -> FloatArray:
        """Mandel stiffness (6, 6) in Pa with coordinate axis `axis` (0, 1 or 2) as the axis of symmetry.

        Raises:
            InputError: `axis` is not 0, 1 or 2.
        """
        if axis not in (0, 1, 2):
            raise InputError(f"the axis is {axis}; it must be 0, 1 or 2")
        across = [i for i in range(3) if i != axis]
        c = np.diag(np.full(6, 2.0 * self.G_LT))
        c[3 + axis, 3 + axis] = 2.0 * self.G_TT
        c[np.ix_(across, across)] = self.k_T - self.G_TT
        c[across, across] = self.k_T + self.G_TT
        c[axis, across] = c[across, axis] = 2.0 * self.nu_LT * self.k_T
        c[axis, axis] = self.E_L + 4.0 * self.nu_LT**2 * self.k_T
        return c


@dataclass(frozen=True, slots=True)
class CylinderAssemblage:
    """Effective constants of a composite cylinder assemblage.

    Attributes:
        E_L: longitudinal Young's modulus, Pa; exact.
        nu_LT: major Poisson's ratio; exact.
        G_LT: axial shear modulus, Pa; exact.
        k_T: plane-strain bulk modulus, Pa; exact.
        G_TT: lower and upper bound of the transverse shear modulus, Pa, for any transversely isotropic arrangement.
    """

    E_L: float
    nu_LT: float
    G_LT: float
    k_T: float
    G_TT: tuple[float, float]

    @property
    def E_T(self) -> tuple[float, float]:
        """Bounds of the transverse Young's modulus in Pa."""
        lower, upper = (TransverseIsotropy(self.E_L, self.nu_LT, self.G_LT, self.k_T, g).E_T for g in self.G_TT)
        return lower, upper


def composite_cylinders(
    fibre: TransverseIsotropy, matrix: TransverseIsotropy, fibre_fraction: float
) -> CylinderAssemblage:
    """Hashin and Rosen's composite cylinder assemblage, with transversely isotropic constituents.

    Hashin and Rosen 1964, doi 10.1115/1.3629590; Hashin 1983, doi 10.1115/1.3167081, section 3. The transverse
    shear modulus is bounded by Hill and Hashin's bounds for any transversely isotropic arrangement (Hashin 1965, doi
    10.1016/0022-5096(65)90015-3).

    Args:
        fibre: constants of the fibres.
        matrix: constants of the matrix.
        fibre_fraction: volume fraction of the fibres, 0 to 1.

    Raises:
        InputError: a fraction outside [0, 1].
    """
    f = check_fraction(fibre_fraction, "the fibre fraction")
    m = 1.0 - f
    stiffening = f * m / (m / fibre.k_T + f / matrix.k_T + 1.0 / matrix.G_TT)
    contrast = fibre.nu_LT - matrix.nu_LT
    g_f, g_m = fibre.G_LT, matrix.G_LT
    bounds = hashin_shtrikman_plane((matrix.k_T, fibre.k_T), (matrix.G_TT, fibre.G_TT), (m, f))
    return CylinderAssemblage(
        E_L=m * matrix.E_L + f * fibre.E_L + 4.0 * contrast**2 * stiffening,
        nu_LT=m * matrix.nu_LT + f * fibre.nu_LT + contrast * (1.0 / matrix.k_T - 1.0 / fibre.k_T) * stiffening,
        G_LT=g_m * (g_m * m + g_f * (1.0 + f)) / (g_m * (1.0 + f) + g_f * m),
        k_T=1.0 / (m / (matrix.k_T + matrix.G_TT) + f / (fibre.k_T + matrix.G_TT)) - matrix.G_TT,
        G_TT=bounds.shear_modulus,
    )
