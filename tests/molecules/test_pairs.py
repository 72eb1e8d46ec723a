"""Pairs: all within reach and no others; forces and virial against straightforward sums and differences."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.molecules.dynamics import CoarseForces
from scalebridge.molecules.pairs import Exclusions, internal_coordinates, neighbours, pair_distances, pair_histogram
from support.liquids import chain_model, liquid

RNG = np.random.default_rng(1)


@pytest.mark.parametrize(
    ("count", "box", "cutoff"),
    [(300, (3.0, 3.2, 3.5), 0.7), (300, (3.0, 3.2, 3.5), 1.49), (900, (6.0, 3.0, 3.1), 0.55), (2, (1.0, 1.0, 1.0), 0.5)],
)
def test_every_pair_once(count: int, box: tuple[float, float, float], cutoff: float) -> None:
    edges = np.array(box)
    positions = 3.0 * RNG.random((count, 3)) * edges - 5.0
    left_out = [(i, i + 1) for i in range(0, count - 1, 2)]
    first, second, r = pair_distances(positions, edges, cutoff, Exclusions.of(count, left_out))
    apart = positions[:, None] - positions[None]
    apart -= edges * np.round(apart / edges)
    distances = np.linalg.norm(apart, axis=2)
    near = np.triu(distances <= cutoff, 1)
    near[tuple(np.transpose(left_out))] = False
    expected = {tuple(pair) for pair in np.argwhere(near).tolist()}
    assert {tuple(sorted(pair)) for pair in zip(first.tolist(), second.tolist(), strict=True)} == expected
    assert len(first) == len(expected)
    np.testing.assert_allclose(r, distances[first, second], atol=1e-12)
    edges_of_bins = np.linspace(0.0, cutoff, 15)
    types, kinds = np.zeros(count, np.int32), np.zeros((1, 1), np.int32)
    counts = pair_histogram(positions, edges, types, kinds, edges_of_bins, Exclusions.of(count, left_out))
    np.testing.assert_array_equal(counts[0], np.histogram(r, edges_of_bins)[0])


def test_a_box_too_small_says_so() -> None:
    with pytest.raises(InputError, match="too small"):
        neighbours(np.zeros((3, 3)), [1.0, 1.0, 0.8], 0.45, Exclusions.of(3))
    with pytest.raises(InputError, match="three positive edges"):
        neighbours(np.zeros((3, 3)), [1.0, np.nan, 0.8], 0.45, Exclusions.of(3))


@pytest.mark.parametrize("width", [2, 3, 4])
def test_gradients_of_internal_coordinates(width: int) -> None:
    positions, box = RNG.random((40, 3)), np.full(3, 5.0)
    members = np.arange(40 - 40 % width, dtype=np.int32).reshape(-1, width)
    values, gradients = internal_coordinates(positions, box, members)
    np.testing.assert_allclose(gradients.sum(axis=1), 0.0, atol=1e-9)
    h = 1e-6
    for k in range(width):
        for c in range(3):
            moved = [positions.copy(), positions.copy()]
            moved[0][members[:, k], c] += h
            moved[1][members[:, k], c] -= h
            up, down = (internal_coordinates(place, box, members)[0] for place in moved)
            slope = (up - down + np.pi) % (2 * np.pi) - np.pi if width == 4 else up - down
            np.testing.assert_allclose(gradients[:, k, c], slope / (2 * h), rtol=1e-4, atol=1e-4)
    assert values.shape == (len(members),)


def test_trans_is_a_half_turn() -> None:
    chain = np.array([[0.0, 0.1, 0.0], [0.0, 0.0, 0.0], [0.1, 0.0, 0.0], [0.1, -0.1, 0.0]])
    members = np.array([[0, 1, 2, 3]], dtype=np.int32)
    assert abs(internal_coordinates(chain, [1.0, 1.0, 1.0], members)[0][0]) == pytest.approx(np.pi)
    chain[3] = [0.1, 0.0, 0.1]
    assert internal_coordinates(chain, [1.0, 1.0, 1.0], members)[0][0] == pytest.approx(np.pi / 2)


def test_forces_are_what_the_potentials_say() -> None:
    model = chain_model()
    positions, box = model.start.positions, model.start.box
    found = CoarseForces(model.beads, model.potentials).evaluate(positions, box)
    first, second, r = pair_distances(positions, box, 1.0, model.beads.exclusions)
    energy, virial = 0.0, 0.0
    forces = np.zeros_like(positions)
    for number, name in enumerate(model.beads.pairs):
        kinds = model.beads.pair_numbers[model.beads.type_numbers[first], model.beads.type_numbers[second]] == number
        i, j, d = first[kinds], second[kinds], r[kinds]
        apart = positions[i] - positions[j]
        apart -= box * np.round(apart / box)
        force = (model.potentials[name].force(d) / d)[:, None] * apart
        np.add.at(forces, i, force)
        np.add.at(forces, j, -force)
        energy += model.potentials[name].energy(d).sum()
        virial += (d * model.potentials[name].force(d)).sum()
    for name, members in model.beads.bonded.items():
        x, gradients = internal_coordinates(positions, box, members)
        force = model.potentials[name].force(x)
        np.add.at(forces, members, force[:, None, None] * gradients)
        energy += model.potentials[name].energy(x).sum()
        virial += (x * force).sum() if members.shape[1] == 2 else 0.0
    assert found.energy == pytest.approx(energy, rel=1e-5, abs=1e-2)
    assert found.virial == pytest.approx(virial, rel=1e-4, abs=0.1)
    np.testing.assert_allclose(found.forces, forces, atol=1e-3 * np.abs(forces).max())
    np.testing.assert_allclose(found.forces.sum(axis=0), 0.0, atol=1e-9 * np.abs(forces).sum())


def test_the_virial_is_the_derivative_by_the_volume() -> None:
    model = chain_model()
    forces = CoarseForces(model.beads, model.potentials)
    h = 1e-4
    up, down = (
        forces.evaluate(model.start.positions * factor, model.start.box * factor).energy for factor in (1 + h, 1 - h)
    )
    virial = forces.evaluate(model.start.positions, model.start.box).virial
    assert virial == pytest.approx(-(up - down) / (2 * h), rel=2e-3)


def test_a_kept_neighbour_list_changes_nothing() -> None:
    model = chain_model()
    kept = CoarseForces(model.beads, model.potentials)
    positions = model.start.positions.copy()
    for _ in range(30):
        positions += 0.015 * RNG.standard_normal(positions.shape)
        fresh = CoarseForces(model.beads, model.potentials).evaluate(positions, model.start.box)
        assert kept.evaluate(positions + model.start.box, model.start.box).energy == pytest.approx(fresh.energy, rel=1e-6)
    assert 1 < kept.listings < 30


def test_types_without_potential_do_not_interact() -> None:
    model = chain_model()
    only = {"pair A-A": model.potentials["pair A-A"]}
    found = CoarseForces(model.beads, only).evaluate(model.start.positions, model.start.box)
    of_b = [i for i, kind in enumerate(model.beads.kinds) if kind == "B"]
    assert not found.forces[of_b].any()
    beads, start = liquid()
    with pytest.raises(InputError, match="no term"):
        CoarseForces(beads, only)
    with pytest.raises(InputError, match="needs potentials"):
        CoarseForces(beads, {})
    del start
