from __future__ import annotations

import pickle

import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.solids.laws import evaluate, from_mandel, to_mandel
from scalebridge.solids.reduced import ReducedState, validate


def test_undeformed_it_has_the_exact_stiffness(model, rve, strain):
    exact = rve.effective_stiffness()
    stress, tangent, indicator, _ = model.advance(strain[:1], model.initial_state())
    assert np.abs(tangent[0] - exact).max() < 1e-6 * exact.max()
    assert np.allclose(to_mandel(stress[0]), exact @ to_mandel(strain[0]), rtol=1e-6)
    assert indicator[0] < 1e-6


def test_tangent_is_the_derivative_of_the_stress(model, strain):
    state = model.advance(strain, model.initial_state(3))[3]
    turned = np.roll(strain, 1, axis=0) * 0.7
    _, tangent, _, _ = model.advance(turned, state)
    step = 1e-7
    for k, unit in enumerate(from_mandel(np.eye(6))):
        up, down = (model.advance(turned + sign * step * unit, state)[0] for sign in (1, -1))
        assert np.allclose(to_mandel(up - down) / (2 * step), tangent[:, :, k], atol=2e-5 * np.abs(tangent).max())


def test_the_work_of_the_points_is_that_of_the_mean_stress(model, strain):
    """Hill and Mandel: forces on the amplitudes vanish, so the points' work is that of the mean stress."""
    member, state = model.members[-1], model.initial_state(3)
    internal = state.internal[:, -member.internal_size :]
    after, answer = model.respond(strain, state)
    z = np.concatenate([after.strain, after.amplitude[:, -member.modes :]], axis=1)
    work = z @ np.zeros(6 + member.modes)
    for rule, matrix in zip(member.rules, member._matrices, strict=True):
        local = np.einsum("qim,nm->inq", matrix, z)
        state_rows = internal.reshape(3, -1, rule.weight.size).transpose(1, 0, 2).reshape(7, -1)
        answer_at = evaluate(rule.law, local.reshape(6, -1), np.ascontiguousarray(state_rows), tangent=True)
        stress = answer_at.stress.reshape(local.shape)
        work = work + np.einsum("inq,inq,q->n", stress, local, rule.weight)
    work = work + np.einsum("ni,ij,nj->n", z, member.linear, z)
    macroscopic = np.einsum("nij,nij->n", answer.stress, strain)
    assert np.allclose(work, macroscopic, rtol=1e-6)


def test_a_point_gives_the_same_bits_in_any_batch(model, strain):
    state = model.initial_state(3)
    together = model.advance(strain, state)
    alone = [model.advance(strain[k : k + 1], state[k : k + 1]) for k in range(3)]
    for k in range(3):
        assert np.array_equal(together[0][k], alone[k][0][0])
        assert np.array_equal(together[1][k], alone[k][1][0])
    joined = ReducedState.joined([a[3] for a in alone])
    assert np.array_equal(joined.internal, together[3].internal)


def test_paths_not_seen_before_come_out_right_unloading_included(model, rve, paths):
    from scalebridge.solids.reduced import solve_path

    known = [solve_path(rve, p) for p in paths.draw(4, seed=99)]
    _, error = validate(model, known)
    assert np.median(error) < 0.01
    assert error.max() < 0.05


def test_it_survives_pickling_and_gives_the_same_numbers(model, strain):
    light = pickle.loads(pickle.dumps(model.without_training()))
    assert len(pickle.dumps(light)) < len(pickle.dumps(model))
    before, after = (m.advance(strain, m.initial_state(3))[0] for m in (model, light))
    assert np.array_equal(before, after)


def test_a_hopeless_increment_is_marked_and_spoils_no_other(model, strain):
    state = model.initial_state(3)
    wild = strain.copy()
    wild[1] *= 1e200
    stress, tangent, indicator, after = model.advance(wild, state)
    assert np.isnan(stress[1]).all()
    assert np.isnan(tangent[1]).all()
    assert np.isinf(indicator[1])
    assert np.array_equal(after[1:2].strain, state[1:2].strain)
    assert np.array_equal(stress[0], model.advance(strain, state)[0][0])


def test_wrong_inputs_are_named(model, strain):
    with pytest.raises(InputError, match="must be \\(N, 3, 3\\)"):
        model.advance(strain[0], model.initial_state())
    with pytest.raises(InputError, match="not symmetric"):
        model.advance(strain + np.triu(np.full((3, 3), 0.1), 1), model.initial_state(3))
    with pytest.raises(InputError, match="initial_state"):
        model.advance(strain, model.initial_state(2))
    with pytest.raises(InputError, match="NaN"):
        model.advance(strain * np.nan, model.initial_state(3))
