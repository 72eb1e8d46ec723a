from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from scalebridge import solids
from scalebridge.errors import InputError
from scalebridge.solids.laws import from_mandel, to_mandel
from scalebridge.solids.reduced import RandomPaths, Size, audit, enrich, reduce_rve, solve_path, stand_in, validate
from scalebridge.solids.reduced._modes import fluctuation_modes
from scalebridge.solids.reduced._reduce import _calibrated, _repeated


def test_modes_are_orthonormal_in_energy_and_give_amplitudes_back(model, rve):
    modes = model.modes
    assert np.allclose(modes.amplitudes(modes.fluctuation), np.eye(len(modes.fluctuation)), atol=1e-8)
    assert np.allclose(modes.stiffness[6:, 6:], np.eye(len(modes.fluctuation)))


def test_condensed_elastic_stiffness_is_the_effective_one_with_six_modes_already(model, rve):
    fields = np.concatenate([s.fluctuation for s in model.training.fitted])
    k = fluctuation_modes(rve, fields, 6).stiffness
    condensed = k[:6, :6] - k[:6, 6:] @ np.linalg.solve(k[6:, 6:], k[6:, :6])
    exact = rve.effective_stiffness()
    assert np.abs(condensed - exact).max() < 1e-6 * exact.max()


def test_laws_of_oriented_phases_are_not_turned_twice(rve):
    angle = np.pi / 5
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    fibre = solids.LinearElastic.transversely_isotropic(230e9, 15e9, 0.2, 0.25, 15e9, axis=1)
    cell = dataclasses.replace(rve.microstructure, orientations={1: turn})
    turned = solids.RVE(cell, {0: rve.laws[0], 1: fibre}, element="reduced", threads=1)
    fields = np.concatenate([s.fluctuation for s in [solve_path(turned, np.eye(3)[None] * 1e-2)]])
    k = fluctuation_modes(turned, fields, 6).stiffness
    condensed = k[:6, :6] - k[:6, 6:] @ np.linalg.solve(k[6:, 6:], k[6:, :6])
    exact = turned.effective_stiffness()
    assert np.abs(exact[0, 5]) > 1e-3 * exact.max()
    assert np.abs(condensed - exact).max() < 1e-6 * exact.max()


def test_sections_have_their_exact_stiffness_too():
    section = solids.microstructure.square_fibres(0.4, diameter=1e-5, voxels=6)
    matrix = solids.J2Plasticity(3.5e9, 0.35, solids.LinearHardening(60e6, 100e6))
    flat = solids.RVE(section, {0: matrix, 1: solids.LinearElastic.isotropic(72e9, 0.22)}, threads=1)
    exact = flat.effective_stiffness()
    _, tangent, _, _ = (model := stand_in(flat)).advance(1e-5 * np.eye(3)[None], model.initial_state(1))
    assert np.abs(exact[2, 2] / exact[0, 0] - 1.0) > 0.5
    assert np.abs(tangent[0] - exact).max() < 1e-6 * exact.max()


def test_a_full_solution_is_that_of_the_volume_element(rve, paths):
    path = paths.draw(1, seed=5)[0]
    known = solve_path(rve, path)
    drive = rve.drive(solids.LoadPath.strains(path), tangent=False)
    assert np.allclose(from_mandel(known.stress), drive.stress, rtol=1e-5, atol=1e-6 * np.abs(drive.stress).max())


def test_enriching_lowers_the_error_where_it_was_made(model, rve):
    far = RandomPaths(amplitude=0.06, legs=1, steps=4).draw(2, seed=11)
    known = [solve_path(rve, p) for p in far]
    indicator, before = validate(model, known)
    better = enrich(model, rve, far)
    _, after = validate(better, known)
    assert after.max() < 0.5 * before.max()
    assert indicator[before.argmax()] > 0.5 * before.max()
    assert all(a is b for a, b in zip(better.training.kept, model.training.kept, strict=True))
    assert better.training.cpu > model.training.cpu


def test_the_audit_sees_the_true_error(model, rve, paths):
    path = paths.draw(1, seed=77)[0]
    true = solve_path(rve, path)
    verdict = audit(model, rve, path)
    peak = np.maximum.accumulate(np.linalg.norm(true.stress, axis=1))
    corrected = np.linalg.norm(to_mandel(verdict.corrected) - true.stress, axis=1) / peak
    error = np.linalg.norm(to_mandel(verdict.stress) - true.stress, axis=1) / peak
    assert np.abs(verdict.error - error).max() <= corrected.max() + 1e-3
    assert corrected.max() < 0.03
    assert 0.0 < verdict.residual.max() < 0.2


def test_the_audit_judges_only_where_asked(model, rve, paths):
    verdict = audit(model, rve, paths.draw(1, seed=77)[0], judged=(8,))
    assert np.flatnonzero(~np.isnan(verdict.error)).tolist() == [8]


def test_what_cannot_be_reduced_is_said(rve, model, paths):
    elastic = solids.LinearElastic.isotropic(1e9, 0.3)
    linear = solids.RVE(rve.microstructure, {0: elastic, 1: elastic})
    finite = solids.RVE(rve.microstructure, {p: solids.NeoHookean(1e9, 0.3) for p in (0, 1)}, kinematics="finite")
    with pytest.raises(InputError, match="all phases are linear"):
        reduce_rve(linear, paths)
    with pytest.raises(InputError, match="small strain"):
        reduce_rve(finite, paths)
    with pytest.raises(InputError, match="at least 2"):
        reduce_rve(rve, paths.draw(1, seed=1))
    with pytest.raises(InputError, match="do not go together"):
        reduce_rve(rve, paths, start=10, limit=5)
    with pytest.raises(InputError, match="stripped"):
        enrich(model.without_training(), rve, paths.draw(1, seed=1))
    with pytest.raises(InputError, match="at least 6 modes"):
        Size(modes=3)
    other = solids.RVE(solids.microstructure.centred_sphere(0.35, voxels=4), rve.laws)
    with pytest.raises(InputError, match="made from"):
        audit(model, other, paths.draw(1, seed=1)[0])


def test_first_flow_that_no_member_sees_does_not_set_the_factor():
    distance = np.concatenate([np.zeros(20), np.linspace(1e-3, 1e-2, 40)])
    error = np.concatenate([np.zeros(10), np.full(10, 3e-3), 1.5 * distance[20:]])
    norm = np.linspace(1.0, 6.0, 60)
    factor, floor, (hidden, onset) = _calibrated(distance, error, norm)
    assert factor == pytest.approx(1.5)
    assert floor == pytest.approx(np.median(error[20:]))
    assert (hidden, onset) == (3e-3, norm[10])
    assert _calibrated(distance[:10], error[:10], norm[:10]) == (1.0, np.inf, (0.0, np.inf))


def test_elastic_increments_count_once():
    first = [1e-3, 2e-3, *[4e-3] * 8, 5e-3]
    distance, error = np.array([*first, 5e-3, 7e-3]), 1.5 * np.array([*first, 5e-3, 7e-3])
    error[9] *= 1.01
    found = _repeated(distance, error, [len(first), 2])
    # the increment after the first that equals it, but not where one of the two has moved or a path begins
    assert np.flatnonzero(found).tolist() == [3, 4, 5, 6, 7, 8]
