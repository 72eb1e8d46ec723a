"""J2 plasticity against solutions on paper: proportional straining of one point, and layers in shear."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

from scalebridge import solids
from scalebridge.solids.microstructure import laminate

E, NU = 100.0, 0.3
SHEAR, BULK = E / (2 * (1 + NU)), E / (3 * (1 - 2 * NU))
TABLE = ([0.0, 0.04, 1.0], [0.5, 0.7, 0.7 + 2 * 0.96])
CURVES = {
    "linear": (solids.LinearHardening(0.5, 5.0), lambda p: 0.5 + 5.0 * p),
    "saturation": (solids.SaturationHardening(0.5, 0.9, 30.0, 2.0), lambda p: 0.9 - 0.4 * np.exp(-30 * p) + 2 * p),
    "power": (
        solids.PowerHardening(0.5, 1.2, 0.3, 1e-3),
        lambda p: 0.5 + 1.2 * ((p + 1e-3) ** 0.3 - 1e-3**0.3),
    ),
    "tabulated": (solids.TabulatedHardening(*TABLE), lambda p: np.interp(p, *TABLE)),
}


def cell(shape=(2, 3, 2)):
    phase = np.random.default_rng(1).integers(0, 2, shape)
    return solids.Microstructure(phase, tuple(float(n) for n in shape))


@pytest.mark.parametrize("kinematic", [0.0, 3.0])
@pytest.mark.parametrize("steps", [1, 7])
@pytest.mark.parametrize("name", CURVES)
def test_proportional_straining_of_one_material(name, steps, kinematic):
    # radial return is exact on a straight path: q = 3 G (e - p) = sigma_y(p) + H_k p
    hardening, yield_stress = CURVES[name]
    law = solids.J2Plasticity(E, NU, hardening, kinematic_modulus=kinematic)
    direction = np.array([[1.0, 0.4, 0.0], [0.4, -0.3, 0.2], [0.0, 0.2, -0.7]])
    equivalent = np.sqrt(2 / 3 * (direction**2).sum())
    amount, volume = 0.1 / equivalent, 0.003
    strain = np.linspace(1 / steps, 1.0, steps)[:, None, None] * (amount * direction + volume * np.eye(3))
    drive = solids.RVE(cell(), {0: law, 1: law}).drive(solids.LoadPath.strains(strain))
    assert drive.converged.all()
    p = brentq(lambda x: 3 * SHEAR * (0.1 - x) - yield_stress(x) - kinematic * x, 0.0, 0.1, xtol=1e-16, rtol=1e-14)
    q = 3 * SHEAR * (0.1 - p)
    expected = q / 0.1 * 2 / 3 * amount * direction + 3 * BULK * volume * np.eye(3)
    np.testing.assert_allclose(drive.stress[-1], expected, rtol=0, atol=1e-10 * np.abs(expected).max())


@pytest.mark.parametrize("name", CURVES)
def test_layers_in_shear_share_their_stress(name):
    # shear along the layers: each is in simple shear under the same stress, gamma(tau) = tau / G + sqrt(3) p(tau)
    hardening, yield_stress = CURVES[name]
    soft = solids.J2Plasticity(E, NU, hardening)
    stiff = solids.LinearElastic.isotropic(500.0, 0.19)
    stiff_shear = 500.0 / (2 * 1.19)
    fractions = (0.75, 0.25)
    layers = laminate(fractions, shape=(4, 2, 3), size=(1.0, 1.0, 1.0))
    mean = 0.08
    path = solids.LoadPath.proportional({"12": mean / 2}, otherwise="strain", factors=3)
    drive = solids.RVE(layers, {0: soft, 1: stiff}, tolerance=1e-10).drive(path)
    assert drive.converged.all()

    def gap(p):
        tau = yield_stress(p) / np.sqrt(3)
        return fractions[0] * (tau / SHEAR + np.sqrt(3) * p) + fractions[1] * tau / stiff_shear - mean

    p = brentq(gap, 0.0, 0.2, xtol=1e-16, rtol=1e-14)
    assert drive.stress[-1, 0, 1] == pytest.approx(yield_stress(p) / np.sqrt(3), rel=1e-8)
