"""Hyperelasticity in finite strain."""

from __future__ import annotations

from dataclasses import dataclass

from scalebridge.bridge import Citation
from scalebridge.solids.laws import _validate
from scalebridge.solids.laws._law import Array, HyperelasticLaw, Rows
from scalebridge.solids.laws._moduli import bulk_modulus, shear_modulus, youngs_and_poisson
from scalebridge.solids.laws._tensors import determinant, dot


@dataclass(frozen=True)
class NeoHookean(HyperelasticLaw):
    """Compressible neo-Hookean solid, W = mu/2 (tr(F^T F) - 3) - mu ln J + lambda/2 (ln J)^2.

    The second Piola-Kirchhoff stress is S = lambda ln(J) C^-1 + mu (1 - C^-1), with the Lame constants of the linear
    elastic solid that it becomes at small strain. A point with J <= 0 is reported as not ok.

    Args:
        youngs_modulus: Pa, at small strain.
        poisson_ratio: at small strain.

    Raises:
        InputError: a parameter is out of its range.

    Source: J. Bonet, R. D. Wood, Nonlinear Continuum Mechanics for Finite Element Analysis, 2nd ed. 2008, section
    6.4.3, DOI 10.1017/CBO9780511755446.
    """

    youngs_modulus: float
    poisson_ratio: float

    def __post_init__(self) -> None:
        _validate.positive("youngs_modulus", self.youngs_modulus)
        _validate.poisson_ratio("poisson_ratio", self.poisson_ratio)

    @classmethod
    def from_moduli(cls, bulk_modulus: float, shear_modulus: float) -> NeoHookean:
        """From bulk modulus K (lambda = K - 2 mu/3) and shear modulus mu, Pa; InputError where one is not positive."""
        return cls(*youngs_and_poisson(bulk_modulus, shear_modulus))

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Source of the energy."""
        return (
            Citation(
                "J. Bonet, R. D. Wood (2008), Nonlinear Continuum Mechanics for Finite Element Analysis, 2nd ed., "
                "Cambridge University Press, section 6.4.3",
                "10.1017/CBO9780511755446",
                "compressible neo-Hookean energy",
            ),
        )

    def energy(self, gradient: Rows) -> Array:
        """Stored energy; NaN where the volume is not positive."""
        import jax.numpy as jnp

        mu = shear_modulus(self.youngs_modulus, self.poisson_ratio)
        lame = bulk_modulus(self.youngs_modulus, self.poisson_ratio) - 2.0 / 3.0 * mu
        log_volume = jnp.log(determinant(gradient))
        return 0.5 * mu * (dot(gradient, gradient) - 3.0) - mu * log_volume + 0.5 * lame * log_volume**2
