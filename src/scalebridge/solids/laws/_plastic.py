"""Von Mises plasticity by implicit radial return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scalebridge.bridge import Citation
from scalebridge.errors import InputError
from scalebridge.solids.laws import _validate
from scalebridge.solids.laws._hardening import Hardening
from scalebridge.solids.laws._law import Array, HasFreeEnergy, Rows, SmallStrainLaw, State
from scalebridge.solids.laws._moduli import bulk_modulus, shear_modulus
from scalebridge.solids.laws._roots import decreasing_root, with_derivative
from scalebridge.solids.laws._tensors import add, deviator, dot, isotropic, isotropic_energy, scale, subtract

_SIMO_HUGHES = Citation(
    "J. C. Simo, T. J. R. Hughes (1998), Computational Inelasticity, Springer, box 3.1 and section 3.3",
    "10.1007/b98904",
    "implicit radial return and its consistent tangent for J2 plasticity",
)
_PERZYNA = Citation(
    "P. Perzyna (1966), Fundamental problems in viscoplasticity, Advances in Applied Mechanics 9, 243-377",
    "10.1016/S0065-2156(08)70009-7",
    "overstress viscosity of the plastic flow",
)


@dataclass(frozen=True)
class J2Plasticity(SmallStrainLaw, HasFreeEnergy):
    """Isotropic elasticity with von Mises yield, isotropic and linear kinematic hardening, optional viscosity.

    With q = sqrt(3/2) |dev(sigma) - X|, back stress X = 2/3 H_k eps_p, and p the equivalent plastic strain, a step
    solves q_trial - dp (3 G + H_k + 3/2 eta/dt) - sigma_y(p + dp) = 0 for dp. The tangent follows from the implicit
    function theorem. Internal variables: ``plastic_strain`` (6, Mandel) and ``equivalent_plastic_strain`` (1).

    Args:
        youngs_modulus: Pa.
        poisson_ratio: of the elastic part.
        hardening: yield stress against equivalent plastic strain.
        kinematic_modulus: H_k, Pa (Prager).
        viscosity: eta, Pa s, of the Perzyna flow |d eps_p/dt| = (|dev(sigma) - X| - sqrt(2/3) sigma_y) / eta; 0 is rate
            independent.

    Raises:
        InputError: a parameter is out of its range.

    Source: J. C. Simo, T. J. R. Hughes, Computational Inelasticity, 1998, box 3.1, DOI 10.1007/b98904.
    """

    youngs_modulus: float
    poisson_ratio: float
    hardening: Hardening
    kinematic_modulus: float = 0.0
    viscosity: float = 0.0

    def __post_init__(self) -> None:
        _validate.positive("youngs_modulus", self.youngs_modulus)
        _validate.poisson_ratio("poisson_ratio", self.poisson_ratio)
        _validate.not_negative("kinematic_modulus", self.kinematic_modulus)
        _validate.not_negative("viscosity", self.viscosity)
        if not isinstance(self.hardening, Hardening):
            raise InputError(
                f"hardening is {self.hardening!r}; it must be a hardening curve, "
                "e.g. LinearHardening(yield_stress, modulus)."
            )

    @property
    def rate_dependent(self) -> bool:
        """Whether there is a viscosity."""
        return self.viscosity > 0

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Sources of what these parameters use."""
        return (_SIMO_HUGHES, _PERZYNA) if self.rate_dependent else (_SIMO_HUGHES,)

    def internal_variables(self) -> Mapping[str, int]:
        """Plastic strain (Mandel) and equivalent plastic strain."""
        return {"plastic_strain": 6, "equivalent_plastic_strain": 1}

    def stress(self, strain: Rows, state: State, dt: Array) -> tuple[Rows, State]:
        """Radial return; NaN where the local equation was not solved."""
        import jax.numpy as jnp

        bulk, shear = self._bulk(), self._shear()
        plastic, (p,) = state["plastic_strain"], state["equivalent_plastic_strain"]
        trial = isotropic(bulk, shear, subtract(strain, plastic))
        relative = deviator(subtract(trial, scale(2.0 / 3.0 * self.kinematic_modulus, plastic)))
        q = _safe_norm(relative, shear)
        increment, found = self._increment(q, p, shear, dt)
        flow = scale(1.5 * increment / q, relative)
        stress = subtract(trial, scale(2.0 * shear, flow))
        new: State = {"plastic_strain": add(plastic, flow), "equivalent_plastic_strain": (p + increment,)}
        return tuple(jnp.where(found, row, jnp.nan) for row in stress), new

    def free_energy(self, strain: Rows, state: State) -> Array:
        """Elastic energy, that of the back stress, and that stored by isotropic hardening."""
        plastic, (p,) = state["plastic_strain"], state["equivalent_plastic_strain"]
        elastic = isotropic_energy(self._bulk(), self._shear(), subtract(strain, plastic))
        return elastic + self.kinematic_modulus / 3.0 * dot(plastic, plastic) + self.hardening.stored_energy(p)

    def _bulk(self) -> float:
        return bulk_modulus(self.youngs_modulus, self.poisson_ratio)

    def _shear(self) -> float:
        return shear_modulus(self.youngs_modulus, self.poisson_ratio)

    def _increment(self, q: Array, p: Array, shear: float, dt: Array) -> tuple[Array, Array]:
        """Increment of the equivalent plastic strain, and where it was found."""
        import jax
        import jax.numpy as jnp

        drag = 3.0 * shear + self.kinematic_modulus + 1.5 * self.viscosity / dt

        def residual_with(trial: Array, x: Array) -> Array:
            return trial - drag * x - self.hardening.stress(p + x)

        fixed = jax.lax.stop_gradient(q)
        overstress = fixed - self.hardening.stress(p)
        yields = overstress > 0
        root, found = decreasing_root(lambda x: residual_with(fixed, x), overstress / drag, fixed, yields)
        return jnp.where(yields, with_derivative(lambda x: residual_with(q, x), root), 0.0), found


def _safe_norm(relative: Rows, shear: float) -> Array:
    """Equivalent stress q, kept off zero, where its derivative does not exist, by far less than any yield stress."""
    import jax.numpy as jnp

    squared = 1.5 * dot(relative, relative)
    floor = (1e-30 * shear) ** 2
    return jnp.sqrt(jnp.where(squared > floor, squared, floor))
