"""Linear viscoelasticity: the generalised Maxwell solid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scalebridge.bridge import Citation
from scalebridge.errors import InputError
from scalebridge.solids.laws import _validate
from scalebridge.solids.laws._law import Array, HasFreeEnergy, Rows, SmallStrainLaw, State
from scalebridge.solids.laws._moduli import bulk_modulus, shear_modulus
from scalebridge.solids.laws._tensors import add, isotropic, isotropic_energy, scale, subtract

if TYPE_CHECKING:
    from scalebridge.solids.laws._law import Scalar


@dataclass(frozen=True)
class MaxwellArm:
    """A spring and a dashpot in series.

    Args:
        shear_modulus: G_i of the spring, Pa.
        relaxation_time: tau_i, s.
        bulk_modulus: K_i of the spring, Pa; 0 where only shear relaxes.

    Raises:
        InputError: the relaxation time is not positive, a modulus is negative, or both moduli are zero.
    """

    shear_modulus: float
    relaxation_time: float
    bulk_modulus: float = 0.0

    def __post_init__(self) -> None:
        shear = _validate.not_negative("shear_modulus", self.shear_modulus)
        bulk = _validate.not_negative("bulk_modulus", self.bulk_modulus)
        _validate.positive("relaxation_time", self.relaxation_time)
        if shear == bulk == 0.0:
            raise InputError(
                "the arm has shear_modulus 0 and bulk_modulus 0; one must be positive, or leave the arm out."
            )


@dataclass(frozen=True)
class Viscoelastic(SmallStrainLaw, HasFreeEnergy):
    """Isotropic spring in parallel with Maxwell arms, small strain.

    The elastic strain h of an arm obeys dh/dt + h/tau = d eps/dt. For a strain linear in time within the step that is
    integrated exactly, h <- exp(-dt/tau) h + (1 - exp(-dt/tau)) tau/dt (eps_new - eps_old), at any length of step.
    Internal variables: ``strain`` (6, Mandel) at the start of the step and ``arm_1`` ... (6 each), the strains h.

    Args:
        youngs_modulus: long-term, Pa.
        poisson_ratio: long-term.
        arms: the Maxwell arms, one or more.

    Raises:
        InputError: a parameter is out of its range.

    Source: R. L. Taylor, K. S. Pister, G. L. Goudreau, Int. J. Numer. Methods Eng. 2 (1970) 45-59,
    DOI 10.1002/nme.1620020106.
    """

    youngs_modulus: float
    poisson_ratio: float
    arms: tuple[MaxwellArm, ...]

    def __post_init__(self) -> None:
        _validate.positive("youngs_modulus", self.youngs_modulus)
        _validate.poisson_ratio("poisson_ratio", self.poisson_ratio)
        arms = tuple(self.arms)
        if not arms or not all(isinstance(arm, MaxwellArm) for arm in arms):
            raise InputError(
                f"arms is {self.arms!r}; it must hold one MaxwellArm or more. Without arms use LinearElastic."
            )
        object.__setattr__(self, "arms", arms)

    @property
    def rate_dependent(self) -> bool:
        """Always: the arms relax."""
        return True

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Source of the time integration."""
        return (
            Citation(
                "R. L. Taylor, K. S. Pister, G. L. Goudreau (1970), Thermomechanical analysis of viscoelastic solids, "
                "International Journal for Numerical Methods in Engineering 2, 45-59",
                "10.1002/nme.1620020106",
                "exact exponential integration of generalised Maxwell arms",
            ),
        )

    def internal_variables(self) -> Mapping[str, int]:
        """Strain at the start of the step and the elastic strain of every arm (Mandel)."""
        return {"strain": 6, **dict.fromkeys(self._names(), 6)}

    def stress(self, strain: Rows, state: State, dt: Array) -> tuple[Rows, State]:
        """Long-term stress and that of the arms at the end of the step."""
        import jax.numpy as jnp

        change = subtract(strain, state["strain"])
        total = isotropic(*self._long_term(), strain)
        new: dict[str, Rows] = {"strain": strain}
        for name, arm in zip(self._names(), self.arms, strict=True):
            ratio = dt / arm.relaxation_time
            kept, gained = jnp.exp(-ratio), -jnp.expm1(-ratio) / ratio
            new[name] = add(scale(kept, state[name]), scale(gained, change))
            total = add(total, isotropic(arm.bulk_modulus, arm.shear_modulus, new[name]))
        return total, new

    def free_energy(self, strain: Rows, state: State) -> Array:
        """Energy of all springs."""
        total = isotropic_energy(*self._long_term(), strain)
        for name, arm in zip(self._names(), self.arms, strict=True):
            total = total + isotropic_energy(arm.bulk_modulus, arm.shear_modulus, state[name])
        return total

    def _long_term(self) -> tuple[Scalar, Scalar]:
        e, nu = self.youngs_modulus, self.poisson_ratio
        return bulk_modulus(e, nu), shear_modulus(e, nu)

    def _names(self) -> tuple[str, ...]:
        return tuple(f"arm_{i + 1}" for i in range(len(self.arms)))
