"""The ladder against all cells in full: a notched specimen, loaded, unloaded and loaded again."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks import bench_fe2_notch as notch

VOXELS, ELEMENTS = 6, 4


@pytest.mark.verify
def test_reaction_of_the_ladder_is_within_one_percent_of_cells_in_full_everywhere_in_the_curve():
    ran = notch.ladder_run(VOXELS, ELEMENTS)
    full = notch.problem(VOXELS, ELEMENTS, None).run(notch.TIMES)
    assert full.converged
    top = np.isclose(ran.model.space.nodes[:, 1], 1.0)
    force = np.array([[s.reaction[top, 1].sum() for s in steps] for steps in (full.steps, ran.steps)])
    assert (np.diff(force[0]) < 0.0).any(), "the curve must unload"
    print("largest error:", np.abs(np.diff(force, axis=0)).max() / np.abs(force[0]).max())
    # relative to the force itself, also where unloading has made it small
    assert (np.abs(force[1] - force[0]) <= 0.01 * np.abs(force[0])).all()
    # most points never needed a cell of their own
    rungs = np.bincount(ran.steps[-1].rung, minlength=4)
    assert rungs[:2].sum() > 0.8 * rungs.sum()
    estimate = notch.checked(ran, 16)
    error = (force[1] - force[0]) / force[0]
    assert (np.abs(estimate.reaction - error) <= 4.0 * estimate.spread + 2e-3).all()
