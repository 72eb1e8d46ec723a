"""The ladder: exact while nothing yields, shared within a bound, in full where nothing else will do."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from scalebridge import solids
from scalebridge.solids.fe2 import FE2, Displacement, Ladder
from scalebridge.solids.fe2._rve_points import rve_points
from scalebridge.solids.fe2._sharing import representatives
from scalebridge.solids.microstructure import Microstructure
from support.bodies import box

MATRIX = solids.J2Plasticity(3e9, 0.35, solids.LinearHardening(30e6, 300e6))
GLASS = solids.LinearElastic.isotropic(70e9, 0.2)
TIMES = [0.1, 0.4, 0.7, 1.0, 1.5, 2.0]
COURSE = ((0.0, 0.0), (1.0, 1.0), (2.0, -0.5))


def cell(matrix=MATRIX):
    phase = np.zeros((4, 4), int)
    phase[1:3, 1:3] = 1
    return solids.RVE(Microstructure(phase, (1e-3, 1e-3)), {0: matrix, 1: GLASS}, threads=1)


def bar(ladder):
    bent = [
        Displacement(lambda x: x[0] > -1.0, (None, 0.0, None)),
        Displacement("left"),
        Displacement("right", (3.5e-2, 0.0, 3.5e-2), COURSE),
    ]
    return FE2(box((4, 1, 2), (4.0, 1.0, 1.0)), cell(), bent, "small", ladder, element="hex8", tolerance=1e-7)


def test_elastic_range_is_exact():
    """No point yields just below the limit, one does just above."""
    points = rve_points(cell(), 1, Ladder(), 0, 1e-4)
    rng = np.random.default_rng(0)
    for _ in range(5):
        e = rng.standard_normal((3, 3))
        mandel = solids.laws.to_mandel(e + e.T)[None] * 1e-2
        limit = mandel / points.elastic.load(mandel)
        for factor, plastic in ((0.999, False), (1.001, True)):
            state, found = cell().respond(solids.laws.from_mandel(factor * limit))
            assert (np.abs(state.internal[0]).max() > 0.0) == plastic
            if not plastic:
                exact = points.elastic.tensor @ (factor * limit[0])
                assert solids.laws.to_mandel(found.stress[0]) == pytest.approx(exact, rel=1e-6, abs=1.0)


def test_linear_phases_never_leave_the_first_rung():
    linear = cell(solids.LinearElastic.isotropic(3e9, 0.35))
    pull = [Displacement("left"), Displacement("right", (0.1, 0.0, 0.0))]
    model = FE2(box((1, 1, 1)), linear, pull, "small", Ladder(), element="hex8")
    found = model.run(1)
    assert found.converged
    assert found.steps[0].rung.max() == 0


def test_reaction_is_that_of_the_full_problem():
    full, ladder = bar(None), bar(Ladder(0.01))
    a, b = full.run(TIMES), ladder.run(TIMES)
    assert a.converged
    assert b.converged
    nodes = np.flatnonzero(np.isclose(full.space.nodes[:, 0], 4.0))
    force, simple = a.reaction(nodes), b.reaction(nodes)
    assert np.abs(force - simple).max() < 0.01 * np.abs(force).max()
    counts = np.array([np.bincount(s.rung, minlength=4) for s in b.steps])
    assert (counts[0] == [64, 0, 0, 0]).all()
    assert counts[-1, 0] > 0
    assert counts[-1, 2] > 0
    assert 0 < counts[-1, 3] < 64
    assert all(e.verdict.value == "holds" for e in b.entries)


def test_resumed_ladder_goes_on_with_the_same_bits():
    whole = bar(Ladder()).run(TIMES)
    first = bar(Ladder()).run(TIMES[:3])
    rest = bar(Ladder()).run(TIMES[3:], state=pickle.loads(pickle.dumps(first.state)))
    for a, b in zip(whole.steps[3:], rest.steps, strict=True):
        assert np.array_equal(a.stress, b.stress)


def test_representatives_are_found_and_followed():
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((4, 3, 6))
    path = np.concatenate([centres + 1e-3 * rng.standard_normal((4, 3, 6)) for _ in range(5)], axis=1)
    leader = representatives(path, np.arange(3, 15), np.array([0]), 0.1)
    assert set(leader) == {0, 4, 5}
    assert (leader % 3 == np.arange(3, 15) % 3).all()


class Careless:
    """A reduced model for tests: elastic with a little softening, sure of itself up to some strain, lost beyond."""

    def __init__(self, tensor):
        self.tensor = tensor

    def initial_state(self, points):
        return (np.zeros((points, 6)),)

    def advance(self, strains, state, dt):
        strain = solids.laws.to_mandel(strains)
        size = np.linalg.norm(strain, axis=1)
        error = np.where(size < 9e-3, 0.0, np.inf)
        stress = np.where(np.isfinite(error)[:, None], 0.99 * strain @ self.tensor, np.nan)
        return solids.laws.from_mandel(stress), np.tile(0.99 * self.tensor, (len(strain), 1, 1)), error, (strain,)


def test_points_go_to_the_reduced_model_and_on_where_it_is_lost():
    tensor = rve_points(cell(), 1, Ladder(), 0, 1e-4).elastic.tensor
    model = bar(Ladder(reduced=Careless(tensor)))
    found = model.run(TIMES)
    assert found.converged
    counts = np.array([np.bincount(s.rung, minlength=4) for s in found.steps])
    assert (counts[:, 1] > 0).any()
    assert counts[-1, 3] > 0
    cheap = found.steps[-1].rung == 1
    assert (np.linalg.norm(found.steps[-1].strain[cheap], axis=(1, 2)) < 9e-3).all()
    assert all(e.verdict.value == "holds" for e in found.entries)
