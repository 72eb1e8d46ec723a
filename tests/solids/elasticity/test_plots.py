from __future__ import annotations

import io

import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.solids import elasticity as el

MATERIAL = el.TransverseIsotropy(E_L=140e9, nu_LT=0.28, G_LT=5e9, k_T=7e9, G_TT=3.3e9)


def test_curves_pass_through_the_moduli_along_the_axes():
    figure = el.plot_youngs_modulus(MATERIAL.stiffness(axis=0), planes=((0, 1), (1, 2)))
    along, across = figure.axes[0].lines
    quarter = int(np.argmin(np.abs(along.get_xdata() - np.pi / 2)))
    assert along.get_ydata()[0] == pytest.approx(140.0)
    assert along.get_ydata()[quarter] == pytest.approx(MATERIAL.E_T / 1e9)
    np.testing.assert_allclose(across.get_ydata(), MATERIAL.E_T / 1e9, rtol=1e-9)
    figure.savefig(io.BytesIO(), format="png")


@pytest.mark.parametrize("planes", [(), ((0, 0),), ((0, 3),), ((0, 1),) * 4])
def test_impossible_planes_are_refused(planes):
    with pytest.raises(InputError, match="plane"):
        el.plot_youngs_modulus(MATERIAL.stiffness(), planes=planes)
