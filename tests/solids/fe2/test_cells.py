"""Volume elements at all points (rung 3): identity with one scale, quadratic convergence, the same bits everywhere."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from scalebridge import solids
from scalebridge.solids.fe2 import FE2, Displacement, Oriented, StepStatus
from scalebridge.solids.microstructure import Microstructure
from support.bodies import box

MATRIX = solids.J2Plasticity(3e9, 0.35, solids.LinearHardening(30e6, 300e6))
GLASS = solids.LinearElastic.isotropic(70e9, 0.2)
COURSE = ((0.0, 0.0), (1.0, 1.0), (2.0, -0.3))
BENT = [Displacement("left"), Displacement("right", (2.5e-2, None, 1e-2), COURSE)]


def cell(n=4, laws=None, **options):
    x = (np.indices((n, n, n)) + 0.5) / n - 0.5
    ball = ((x**2).sum(axis=0) < 0.36**2).astype(int)
    return solids.RVE(Microstructure(ball, (1e-3,) * 3), laws or {0: MATRIX, 1: GLASS}, threads=1, **options)


def test_homogeneous_cells_give_the_one_scale_solution():
    """B11 (a)."""
    bar = box((2, 1, 1))
    plain = FE2(bar, MATRIX, BENT, element="hex8", tolerance=1e-10).run([0.5, 1.0, 2.0])
    cells = FE2(bar, cell(laws={0: MATRIX, 1: MATRIX}, tolerance=1e-11), BENT, element="hex8", tolerance=1e-10)
    found = cells.run([0.5, 1.0, 2.0])
    assert found.converged
    for a, b in zip(plain.steps, found.steps, strict=True):
        assert np.abs(a.displacement - b.displacement).max() < 1e-8 * np.abs(a.displacement).max()
        assert np.abs(a.stress - b.stress).max() < 1e-8 * np.abs(a.stress).max()


def test_newton_is_quadratic_with_heterogeneous_plastic_cells():
    """B11 (b)."""
    bar = box((2, 1, 1))
    model = FE2(bar, cell(tolerance=1e-11), BENT, element="hex8", tolerance=1e-10, tangent_tolerance=1e-9)
    found = model.run([0.5, 1.0])
    assert found.converged
    for step in found.steps:
        (residuals,) = step.residuals
        r = [x for x in residuals if x > 1e-12]
        orders = [np.log(r[k + 1] / r[k]) / np.log(r[k] / r[k - 1]) for k in range(1, len(r) - 1)]
        assert len(residuals) <= 7
        assert not orders or orders[-1] > 1.7
    assert all(e.verdict.value == "holds" for e in found.entries)
    assert found.steps[-1].rung.tolist() == [3] * model.space.points


def test_finite_strain_cells():
    soft = cell(laws={0: solids.NeoHookean(1e6, 0.3), 1: solids.NeoHookean(1e7, 0.3)}, kinematics="finite")
    conditions = [Displacement("left"), Displacement("right", (0.4, 0.0, 0.3))]
    found = FE2(box((1, 1, 1)), soft, conditions, "finite", element="hex8").run(2)
    assert found.converged
    assert all(e.verdict.value == "holds" for e in found.entries)


def test_processes_and_resumed_runs_give_the_bits_of_the_serial_run():
    bar, times = box((1, 1, 1)), [0.5, 1.0]
    serial = FE2(bar, cell(), BENT, element="hex8").run(times)
    model = FE2(bar, cell(), BENT, element="hex8", workers=2)
    first = model.run(times[:1])
    other = FE2(bar, cell(), BENT, element="hex8")
    rest = other.run(times[1:], state=pickle.loads(pickle.dumps(first.state)))
    assert np.array_equal(serial.steps[0].stress, first.steps[0].stress)
    for a, b in zip(serial.steps[1:], rest.steps, strict=True):
        assert np.array_equal(a.displacement, b.displacement)
        assert np.array_equal(a.stress, b.stress)
    model.points.owners().close()


def test_a_rotated_cell_in_a_rotated_body_is_the_same():
    fibres = np.zeros((4, 4, 4), int)
    fibres[:, 1:3, 1:3] = 1
    ud = solids.RVE(Microstructure(fibres, (1e-3,) * 3), {0: MATRIX, 1: GLASS}, threads=1, tolerance=1e-10)
    pull_x = [Displacement("left"), Displacement("right", (1e-2, 0.0, 0.0))]
    pull_y = [Displacement("front"), Displacement("back", (0.0, 1e-2, 0.0))]
    along = FE2(box((1, 1, 1)), Oriented(ud, (1.0, 0.0, 0.0)), pull_x, element="hex8").run(1)
    across = FE2(box((1, 1, 1)), Oriented(ud, (0.0, 1.0, 0.0)), pull_y, element="hex8").run(1)
    assert along.steps[0].stress[:, 0, 0].mean() == pytest.approx(across.steps[0].stress[:, 1, 1].mean(), rel=1e-8)


def test_a_cell_that_cannot_follow_cuts_the_step_and_says_why():
    """A volume element turned inside out by far too large a step."""
    soft = cell(laws={0: solids.NeoHookean(1e6, 0.3), 1: solids.NeoHookean(1e9, 0.3)}, kinematics="finite")
    conditions = [Displacement("left"), Displacement("right", (-0.99, 0.0, 0.0), ((0, 0), (0.1, 0.05), (1, 1)))]
    model = FE2(box((1, 1, 1)), soft, conditions, "finite", element="hex8", tolerance=1e-6)
    model.problem = replace(model.problem, settings=replace(model.problem.settings, halvings=1))
    found = model.run([0.1, 1.0])
    assert found.steps[0].converged
    assert found.steps[-1].status is StepStatus.MATERIAL
    assert "volume element" in found.steps[-1].reason
    assert found.state.time == pytest.approx(0.1)
