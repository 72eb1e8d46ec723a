"""The Micro Manager's calling convention, played by this test."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from scalebridge import solids
from scalebridge.errors import InputError
from scalebridge.solids.microstructure import Microstructure

MATRIX = solids.J2Plasticity(3e9, 0.35, solids.LinearHardening(30e6, 300e6))


def cell(**options):
    phase = np.zeros((4, 4, 4), int)
    phase[1:3, 1:3, 1:3] = 1
    laws = {0: MATRIX, 1: solids.LinearElastic.isotropic(70e9, 0.2)}
    return solids.RVE(Microstructure(phase, (1e-3,) * 3), laws, threads=1, **options)


class MicroSimulation(solids.MicroSimulation):
    """As a user's file would have it."""

    def __init__(self, sim_id):
        super().__init__(sim_id, cell())


def data(strain):
    return {"strains1to3": strain[:3], "strains4to6": strain[3:]}


def test_an_implicit_coupling_goes_back_and_forth():
    sim = MicroSimulation(3)
    first = sim.initialize()
    assert np.abs(first["stresses1to3"]).max() == 0.0
    path = np.array([[0.02, -0.01, 0.0, 0.005, 0.0, 0.0], [0.01, 0.0, 0.0, -0.005, 0.01, 0.0]])
    a = sim.solve(data(path[0]), 0.1)
    kept = pickle.loads(pickle.dumps(sim.get_state()))
    tried = sim.solve(data(2 * path[1]), 0.1)
    sim.set_state(kept)
    b = sim.solve(data(path[1]), 0.1)
    assert sorted(b) == ["cmat1", "cmat2", "cmat3", "cmat4", "cmat5", "cmat6", "cmat7", "stresses1to3", "stresses4to6"]
    state = None
    for strain, answer in zip(path, (a, b), strict=True):
        state, found = cell().respond(solids.laws.from_mandel(strain)[None], state, dt=0.1)
        expected = solids.laws.to_mandel(found.stress[0])
        assert np.concatenate([answer["stresses1to3"], answer["stresses4to6"]]) == pytest.approx(expected, rel=1e-6)
    assert not np.allclose(tried["stresses1to3"], b["stresses1to3"])


def test_voigt_data_mean_the_same():
    strain = np.array([0.001, 0.0, 0.0, 0.002, 0.0, 0.001])
    mandel = solids.MicroSimulation(0, cell()).solve(data(strain), 1.0)
    root = np.array([1, 1, 1, *[np.sqrt(2)] * 3])
    voigt = solids.MicroSimulation(0, cell(), "voigt").solve(data(strain * root), 1.0)
    assert voigt["stresses4to6"] == pytest.approx(mandel["stresses4to6"] / np.sqrt(2))
    assert voigt["cmat6"][0] == pytest.approx(mandel["cmat6"][0] / 2)


def test_wrong_data_are_named():
    sim = MicroSimulation(0)
    with pytest.raises(InputError, match="strains4to6"):
        sim.solve({"strains1to3": np.zeros(3)}, 1.0)
    with pytest.raises(InputError, match="finite"):
        sim.solve(data(np.full(6, np.nan)), 1.0)
    with pytest.raises(InputError, match="small"):
        solids.MicroSimulation(0, solids.RVE(cell().microstructure, {0: solids.NeoHookean(1e6, 0.3),
                                             1: solids.NeoHookean(1e7, 0.3)}, kinematics="finite"))  # fmt: skip
