"""The wing box: its shape, its regions and directions, and how it bends and twists."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge import solids
from scalebridge.errors import InputError
from scalebridge.solids.fe2 import FE2, Displacement, Lift, Oriented, Traction, Wing, macro_space
from scalebridge.solids.fe2._wing import FRONT, REAR, surface

WING = Wing(chordwise=4, spanwise=4, skin_angles=(0.0, 45.0), upright=2)


def test_volume_and_surfaces_are_those_of_the_profile():
    plain = Wing(taper=1.0, chordwise=60, spanwise=1, skin=0.004, spars=())
    space = macro_space(plain.mesh(), "hex8")
    x = np.linspace(FRONT, REAR, 2001)
    upper, lower = surface("0015", x)
    assert upper.max() == pytest.approx(0.075, rel=2e-3)
    skins = 2 * 0.004 * (REAR - FRONT) * 0.3**2
    webs = sum(np.diff(plain.stations)[[0, -1]] * np.interp(plain.stations[[0, -1]], x, upper - lower - 0.008)) * 0.09
    assert space.volume.sum() == pytest.approx(skins + webs, rel=0.02)
    mesh = plain.mesh()
    assert sorted(mesh.boundaries) == ["lower", "root", "tip", "upper"]
    assert len(mesh.boundaries["upper"]) == 60


def test_regions_and_fibre_directions():
    mesh = WING.mesh()
    assert len(mesh.subdomains["skin"]) == 4 * 4 * 2 * 2
    assert len(mesh.subdomains["spar"]) == 3 * 2 * 4
    fibres = WING.directions("skin")
    assert np.linalg.norm(fibres, axis=1) == pytest.approx(1.0)
    outer = fibres.reshape(4, 2, 2, 4, 3)[:, :, 0]
    assert (outer[..., 1] > 0.97).all()
    assert WING.directions("spar")[:, 2] == pytest.approx(np.sin(np.pi / 4), abs=0.02)


def test_wing_bends_upwards_and_fibres_off_the_span_twist_it():
    ud = solids.LinearElastic.isotropic(1.0, 0.3)
    stiffness = np.diag([140e9, 10e9, 10e9, 7e9, 10e9, 10e9]) + 3e9 * np.pad(1 - np.eye(3), (0, 3))
    ud = solids.LinearElastic(stiffness)
    twist = {}
    for angle in (0.0, 25.0):
        wing = Wing(chordwise=4, spanwise=4, skin_angles=(angle,), spar_angle=0.0)
        materials = {r: Oriented(ud, wing.directions(r)) for r in ("skin", "spar")}
        loads = [Displacement("root"), Traction("lower", Lift(2e3, wing.span))]
        model = FE2(wing.mesh(), materials, loads, element="hex8")
        found = model.run(1)
        assert found.converged
        u, x = found.state.displacement[:, 2], model.space.nodes
        tip = np.isclose(x[:, 1], 1.0)
        assert u[tip].min() > 0.0
        front, rear = x[tip, 0].argmin(), x[tip, 0].argmax()
        twist[angle] = (u[tip][front] - u[tip][rear]) / u[tip].mean()
    assert abs(twist[25.0] - twist[0.0]) > 0.02


def test_impossible_wings():
    with pytest.raises(InputError, match="NACA"):
        Wing(profile="15")
    with pytest.raises(InputError, match="fill the profile"):
        Wing(skin=0.05)
    with pytest.raises(InputError, match="spars"):
        Wing(spars=(0.95,))
