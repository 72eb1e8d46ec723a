from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from scalebridge.errors import InputError
from scalebridge.solids import elasticity as el

E, NU, G = (100.0, 20.0, 10.0), {"12": 0.25, "13": 0.3, "23": 0.4}, {"12": 6.0, "13": 5.0, "23": 4.0}


def orthotropic() -> np.ndarray:
    s = np.diag([1 / E[0], 1 / E[1], 1 / E[2], 0.5 / G["23"], 0.5 / G["13"], 0.5 / G["12"]])
    s[0, 1] = s[1, 0] = -NU["12"] / E[0]
    s[0, 2] = s[2, 0] = -NU["13"] / E[0]
    s[1, 2] = s[2, 1] = -NU["23"] / E[1]
    return np.linalg.inv(s)


def test_constants_of_an_orthotropic_stiffness_in_any_axes():
    turn = Rotation.from_euler("zxz", [0.3, 1.1, -0.7]).as_matrix()
    c = el.engineering_constants(el.rotate_stiffness(orthotropic(), turn), turn)
    np.testing.assert_allclose(c.youngs_moduli, E)
    for (i, j), name in (((0, 1), "12"), ((0, 2), "13"), ((1, 2), "23")):
        assert c.poisson_ratios[i, j] == pytest.approx(NU[name])
        assert c.poisson_ratios[j, i] == pytest.approx(NU[name] * E[j] / E[i])
        assert c.shear_moduli[i, j] == c.shear_moduli[j, i] == pytest.approx(G[name])
    assert np.all(np.isnan(np.diag(c.poisson_ratios)))


def test_bulk_modulus_of_an_isotropic_stiffness():
    assert el.engineering_constants(el.isotropic_stiffness(2.0, 1.0)).bulk_modulus == pytest.approx(2.0)


def test_directional_modulus_along_and_between_axes():
    c = orthotropic()
    np.testing.assert_allclose(el.directional_youngs_modulus(c, 3.0 * np.eye(3)), E)
    between = 1.0 / (0.25 / E[0] + 0.25 / E[1] + 0.25 * (1 / G["12"] - 2 * NU["12"] / E[0]))
    assert el.directional_youngs_modulus(c, (1.0, 1.0, 0.0)) == pytest.approx(between)


@pytest.mark.parametrize("direction", [(0, 0, 0), (1, 0), (np.nan, 0, 1)])
def test_impossible_directions_are_refused(direction):
    with pytest.raises(InputError, match="directions"):
        el.directional_youngs_modulus(np.eye(6), direction)
