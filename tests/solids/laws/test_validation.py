"""Every wrong parameter is an InputError that names the parameter, what was found and what is allowed."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.errors import InputError, ScalebridgeError
from scalebridge.solids import laws

ASYMMETRIC = np.eye(6) + 0.1 * np.eye(6, k=1)
INDEFINITE = np.diag([1.0, 1.0, 1.0, 1.0, -2.0, 1.0])
HARDENING = laws.LinearHardening(1.0, 1.0)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: laws.LinearElastic.isotropic(-1.0, 0.3), "youngs_modulus is -1; it must be positive"),
        (lambda: laws.LinearElastic.isotropic(1.0, 0.5), "poisson_ratio is 0.5"),
        (lambda: laws.LinearElastic.isotropic(1.0, -1.0), "-1 < nu < 0.5"),
        (lambda: laws.LinearElastic.isotropic(float("nan"), 0.3), "must be finite"),
        (lambda: laws.LinearElastic.isotropic("stiff", 0.3), "must be a number"),
        (lambda: laws.LinearElastic.from_moduli(1.0, 0.0), "shear_modulus is 0"),
        (lambda: laws.LinearElastic(ASYMMETRIC), r"entry \(1,2\) is 0.1, entry \(2,1\) is 0"),
        (lambda: laws.LinearElastic(INDEFINITE), "smallest eigenvalue is -2"),
        (lambda: laws.LinearElastic(np.eye(3)), r"shape \(3, 3\); it must be \(6, 6\)"),
        (lambda: laws.LinearElastic(np.full((6, 6), np.inf)), "NaN or infinite"),
        (lambda: laws.LinearElastic("soft"), "must be an array of numbers"),
        (lambda: laws.LinearElastic.orthotropic((1, 1, 1), (0.9, 0.9, 0.9), (1, 1, 1)), "not positive definite"),
        (lambda: laws.LinearElastic.orthotropic((1, -1, 1), (0, 0, 0), (1, 1, 1)), "E2 is -1"),
        (lambda: laws.LinearElastic.orthotropic((1, 1, 1), (0, 0, 0), (1, 1, 0)), "G23 is 0"),
        (lambda: laws.LinearElastic.transversely_isotropic(1, 1, 0.2, 0.2, 1, axis=4), "axis is 4"),
        (lambda: laws.LinearElastic.transversely_isotropic(1, 1, 0.2, -1.5, 1), "must be above -1"),
        (lambda: laws.LinearElastic(np.eye(6)).rotated(2 * np.eye(3)), "not a rotation"),
        (lambda: laws.LinearElastic(np.eye(6)).rotated(-np.eye(3)), "det R is -1"),
        (lambda: laws.LinearElastic(np.eye(6)).rotated(np.eye(2)), r"\(3, 3\) rotation"),
        (lambda: laws.Conduction(-1.0), "conductivity is -1"),
        (lambda: laws.Conduction(np.diag([1.0, 2.0, 0.0])), "smallest eigenvalue is 0"),
        (lambda: laws.Conduction(np.ones(3)), r"shape \(3,\)"),
        (lambda: laws.J2Plasticity(1.0, 0.6, HARDENING), "poisson_ratio is 0.6"),
        (lambda: laws.J2Plasticity(1.0, 0.3, 5.0), "must be a hardening curve"),
        (lambda: laws.J2Plasticity(1.0, 0.3, HARDENING, viscosity=-1.0), "viscosity is -1"),
        (lambda: laws.J2Plasticity(1.0, 0.3, HARDENING, kinematic_modulus=-1.0), "kinematic_modulus is -1"),
        (lambda: laws.LinearHardening(0.0), "yield_stress is 0"),
        (lambda: laws.LinearHardening(1.0, -1.0), "modulus is -1"),
        (lambda: laws.PowerHardening(1.0, 1.0, 1.5), r"exponent is 1.5; it must lie in \(0, 1\]"),
        (lambda: laws.PowerHardening(1.0, 1.0, 0.5, offset=0.0), "offset is 0"),
        (lambda: laws.SaturationHardening(2.0, 1.0, 1.0), "saturation_stress is 1, below yield_stress"),
        (lambda: laws.TabulatedHardening([0.0], [1.0]), "two or more"),
        (lambda: laws.TabulatedHardening([0.0, 1.0], [1.0]), "2 plastic_strains and 1 stresses"),
        (lambda: laws.TabulatedHardening([0.1, 1.0], [1.0, 2.0]), "the first must be 0"),
        (lambda: laws.TabulatedHardening([0.0, 1.0, 1.0], [1.0, 2.0, 3.0]), "row 2 is 1 and row 3 is 1"),
        (lambda: laws.TabulatedHardening([0.0, 1.0, 2.0], [1.0, 2.0, 1.5]), "row 2 is 2 and row 3 is 1.5"),
        (lambda: laws.TabulatedHardening([0.0, np.nan], [1.0, 2.0]), "row 2 is nan"),
        (lambda: laws.TabulatedHardening([0.0, 1.0], [0.0, 2.0]), "stresses: row 1 is 0"),
        (lambda: laws.TabulatedHardening("ab", [0.0, 2.0]), "sequence of numbers"),
        (lambda: laws.NeoHookean(0.0, 0.3), "youngs_modulus is 0"),
        (lambda: laws.NeoHookean.from_moduli(-1.0, 1.0), "bulk_modulus is -1"),
        (lambda: laws.Viscoelastic(1.0, 0.3, ()), "one MaxwellArm or more"),
        (lambda: laws.Viscoelastic(1.0, 0.3, (1.0,)), "one MaxwellArm or more"),
        (lambda: laws.MaxwellArm(1.0, 0.0), "relaxation_time is 0"),
        (lambda: laws.MaxwellArm(0.0, 1.0), "one must be positive"),
    ],
)
def test_a_wrong_parameter_is_named(build, words):
    with pytest.raises(InputError, match=words) as caught:
        build()
    assert isinstance(caught.value, ScalebridgeError)
