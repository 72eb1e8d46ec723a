"""Shells, curves, free energies along the resolution, and calibrations that are interrupted."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.molecules.adaptive import (
    AdaptiveForces,
    Calibration,
    CalibrationSettings,
    CoarsePairs,
    Compensation,
    Cylinder,
    Dynamics,
    Kirkwood,
    Molecules,
    SitePairs,
    Slab,
    Sphere,
    ThermodynamicForce,
    shells,
)
from scalebridge.molecules.adaptive._calibration import _flat, calibrate
from scalebridge.molecules.adaptive._kirkwood import Node, nodes
from scalebridge.molecules.adaptive._production import produce
from scalebridge.molecules.adaptive._shells import Shells, opened, split
from scalebridge.molecules.adaptive._waves import answers, corrected, faded, learnt, noise_of, points, unknown, waves

BOX = np.array([3.0, 4.0, 5.0])


@pytest.mark.parametrize("kind", [Slab, Cylinder, Sphere])
def test_shells_fill_the_box(kind):
    region = kind((1.0, 3.5, 2.0), 0.4, 0.8)
    found = shells(region, BOX, 0.15, 0.05)
    assert found.volume.sum() == pytest.approx(60.0, rel=1e-12)
    assert (found.volume >= 0.05).all()
    rng = np.random.default_rng(1)
    points = rng.random((400_000, 3)) * BOX
    _, gradient = region.resolution(points, BOX)
    d = (points - np.array(region.centre)) * region.directions
    distance = np.linalg.norm(d - BOX * region.directions * np.round(d / BOX), axis=1)
    expected = 60.0 * found.count(distance) / len(points)
    assert np.abs(found.volume - expected).max() < 5.0 * np.sqrt(60.0 * found.volume.max() / len(points))
    assert found.count(distance).sum() == len(points)
    del gradient


def test_shells_leave_out_what_a_solute_takes():
    region = Sphere((1.5, 2.0, 2.5), 0.6, 0.8)
    whole = shells(region, BOX, 0.1, 0.0)
    # 30 molecules to a nm^3 everywhere but within 0.45 nm of the middle
    free = np.clip((whole.edges[1:] ** 3 - 0.45**3) / np.maximum(np.diff(whole.edges**3), 1e-300), 0.0, 1.0)
    free[whole.edges[1:] > 1.4] = 1.0
    found = opened(whole, 30.0 * free * whole.volume, 20.0)
    taken = 4.0 / 3.0 * np.pi * 0.45**3
    # the same number of molecules, counted in the volume that was open to them
    assert found.volume.sum() == pytest.approx(60.0)
    within = np.concatenate([[0.0], np.cumsum(30.0 * free * whole.volume)])
    counts = np.interp(found.edges, whole.edges, within)
    density = np.diff(counts) / found.volume
    np.testing.assert_allclose(density, 30.0 * (60.0 - taken) / 60.0, rtol=0.01)
    assert (np.diff(counts) > 20.0 - 1e-9).all()


def test_densities_are_seen_as_waves():
    edges = np.linspace(0.0, 4.0, 41)
    where = Shells(edges, 9.0 * np.diff(edges))
    knots, at_knots, seen, steps = points(where, Slab((0.0, 0.0, 0.0), 0.6, 2.0), 0.12)
    np.testing.assert_allclose(knots, [0.0, *where.middle[:34], 3.4])
    np.testing.assert_allclose(seen.sum(axis=1), 1.0, rtol=1e-12)
    # beyond the ends the force is nothing: what counts is the mean of all that lies there
    assert np.abs(seen @ np.where(where.middle > 3.4, where.middle - 3.7, 0.0)).max() < 1e-12
    # around the middle nothing is beyond: the first shell is the first point, and the knot in the middle is as high
    np.testing.assert_array_equal(at_knots[:3], [0, 0, 1])
    np.testing.assert_allclose(seen[at_knots[1:-1]] @ where.middle, where.middle[:34])
    # nor where it is too thin to be told from noise: a slab of .1 nm within
    knots, at_knots, thin, _ = points(where, Slab((0.0, 0.0, 0.0), 0.5, 1.0), 0.12)
    assert knots[0] == 0.0
    np.testing.assert_array_equal(at_knots[:3], [0, 0, 1])
    np.testing.assert_array_equal(thin[0], np.eye(40)[0])
    # nor beyond the walls of the box
    knots, at_knots, walled, _ = points(where, Slab((0.0, 0.0, 0.0), 1.4, 2.4), 0.12)
    assert knots[[0, -1]] == pytest.approx([0.44, 4.0])
    np.testing.assert_array_equal(at_knots[-2:], len(walled) - 1)
    assert at_knots[1] == len(walled) - len(knots) + 2 > 0
    uneven = 0.05 * (1.0 + 0.3 * np.sin(np.arange(60)))
    for lengths in (steps, uneven):
        numbers, there, back = waves(lengths)
        np.testing.assert_allclose(back @ there, np.eye(len(lengths)), atol=1e-12)
        x = np.cumsum(lengths) - 0.5 * lengths
        # a cosine that fits is one wave, and what is done to waves of its length is done to it
        high = there @ np.cos(numbers[9] * x)
        assert np.abs(np.delete(high, 9)).max() < 0.2 * abs(high[9])
        level = there @ np.ones(len(x))
        np.testing.assert_allclose(np.abs(level), np.sqrt(lengths.sum()) * np.eye(len(x))[0], atol=1e-9)


def test_shells_are_split_and_joined():
    region = Sphere((1.5, 2.0, 2.5), 0.6, 0.8)
    whole = shells(region, BOX, 0.1, 0.2)
    parts = split(whole, region, BOX, 0.03, 0.06)
    assert len(parts.volume) > 2.5 * len(whole.volume)
    widened = whole.volume > 0.18
    np.testing.assert_allclose(parts.joined(parts.volume, whole)[widened], whole.volume[widened], rtol=1e-9)
    counts = parts.joined(parts.count(np.linspace(0.01, 3.0, 1000))[None, None], whole)
    np.testing.assert_array_equal(counts, whole.count(np.linspace(0.01, 3.0, 1000))[None, None])


def test_rounds_that_are_remembered_add_up():
    # a density that answers exactly, seen through noise: every round must leave less, as the mean of all rounds would
    rng = np.random.default_rng(3)
    answers, noise, rounds = 4000, 0.03, 9
    left, prior, kept = np.full(answers, 0.10), np.full(answers, 0.01), []
    for _ in range(rounds):
        blocks = left + noise * np.sqrt(5.0) * rng.standard_normal((5, answers))
        change, prior = corrected(blocks, prior, 1.0)
        left = left - change
        kept.append(float(np.sqrt((left**2).mean())))
    assert kept[0] < 1.2 * noise, "a rule that corrects all it sees stays here"
    assert kept[-1] < 0.7 * noise, "the mean of all rounds: 0.33"
    # and it knows how well it did
    assert np.sqrt(prior.mean()) == pytest.approx(kept[-1], rel=0.35)


@pytest.mark.parametrize("truth", [0.5, 1.0, 1.8])
def test_corrections_converge_with_a_wrong_response(truth):
    left, prior = np.array([0.2, -0.1, 0.05]), np.full(3, 0.02)
    for _ in range(20):
        change, prior = corrected(left + 1e-3 * np.array([[1.0], [-1.0]]), prior, 0.6)
        left = left - truth * change
    assert np.abs(left).max() < 2e-3


@pytest.mark.parametrize("truth", [0.5, 1.0, 1.6])
def test_rounds_learn_the_response(truth):
    # twenty calibrations of eighty waves; what arrives of a correction is not what was expected, and differs by wave;
    # of long ones twice as much arrives
    rng = np.random.default_rng(7)
    noise, rounds, found, kept, plain = 0.01, 4, [], [], []
    for learns in (True, False):
        for _ in range(20):
            factor = np.where(np.arange(80) < 4, 2.0, truth) * (1.0 + 0.2 * rng.standard_normal(80))
            left, prior, response = 0.06 * rng.standard_normal(80), np.zeros(80), unknown(80)
            asked = np.zeros((3, 80))
            for number in range(rounds):
                blocks = left + noise * np.sqrt(5.0) * rng.standard_normal((5, 80))
                if number and learns:
                    response = learnt(response, asked, blocks)
                change, prior = corrected(blocks, prior, 1.0)
                change /= response[0]
                asked = np.array([blocks.mean(axis=0), noise_of(blocks), change])
                left = left - factor * change
            (kept if learns else plain).append(float((left**2).mean()))
            if learns:
                found.append(response)
    values, precisions = np.array(found).transpose(1, 0, 2)
    assert values[:, 8:].mean() == pytest.approx(truth, rel=0.15)
    assert values[:, :2].mean() == pytest.approx(2.0, rel=0.15)
    assert np.sqrt(np.mean(kept)) < noise, "less than one round can tell"
    if truth != 1.0:
        assert np.mean(plain) > 1.5 * np.mean(kept), "not to learn costs rounds"


@pytest.mark.parametrize("packing", [0.35, 0.40, 0.45])
def test_corrections_are_the_inverse_of_a_liquids_response(packing):
    # hard spheres by Percus and Yevick (Wertheim 1963), k in 1 / diameter
    e = packing
    one, two = (1.0 + 2.0 * e) ** 2 / (1.0 - e) ** 4, -((1.0 + 0.5 * e) ** 2) / (1.0 - e) ** 4
    spacing = (np.pi / (6.0 * e)) ** (1.0 / 3.0)
    r = (np.arange(4000) + 0.5) / 4000.0
    direct = -(one + 6.0 * e * two * r + 0.5 * e * one * r**3)
    # down to waves a third as long as molecules are apart; shorter ones no shell resolves.
    k = np.linspace(0.01, 3.0 * 2.0 * np.pi / spacing, 600)
    whole = 4.0 * np.pi * (direct * r * np.sin(k[:, None] * r)).mean(axis=1) / k
    structure = 1.0 / (1.0 - 6.0 * e / np.pi * whole)
    assert structure[0] == pytest.approx((1.0 - e) ** 4 / (1.0 + 2.0 * e) ** 2, rel=1e-3)
    assert structure.max() > 20.0 * structure[0], "what would be corrected too strongly"
    effect = answers(k * spacing, structure[0]) * structure / structure[0]
    # with any share of up to one, an error shrinks from round to round at all lengths
    long = k < 1.05 * 2.0 * np.pi / spacing
    assert (effect[long] > 0.6).all()
    assert effect[long].max() < 1.9
    assert (effect > 0.25).all()
    assert effect.max() < 2.0


@pytest.mark.parametrize("end", [0, -1])
def test_a_correction_fades_out(end):
    # a wave of the density at the very end of where the force acts: the potential must not begin with a step
    region = Sphere((0.0, 0.0, 0.0), 1.3, 1.0)
    x = np.linspace(0.9, 2.7, 40)
    wave = np.exp(-0.5 * ((x - x[end]) / 0.15) ** 2)
    wave[end] = 0.0
    found = faded(wave, x, region)
    assert np.abs(np.diff(wave)).max() > 0.9
    assert np.abs(np.diff(found)).max() < 0.1
    zone = (x > 1.3) & (x < 2.3)
    np.testing.assert_array_equal(found[zone], wave[zone])
    # levels within and beyond are kept, and there is no force at either end
    level = np.where(x < 1.8, 2.0, -1.0)
    np.testing.assert_array_equal(faded(level, x, region), level)
    force = ThermodynamicForce(x, found)(x)[1]
    assert np.abs(force).max() < 2.0
    # where the knots end because the box does, they keep what they have
    near = Slab((0.0, 0.0, 0.0), 0.5, 1.0)
    x = np.linspace(0.0, 1.7, 30)
    np.testing.assert_array_equal(faded(np.cos(x), x, near), np.cos(x))


def test_a_thermodynamic_force_ends_smoothly():
    curve = ThermodynamicForce(np.array([0.3, 0.6, 0.9, 1.2]), np.array([1.0, 3.0, -1.0, 0.0]))
    d = np.linspace(0.0, 1.5, 301)
    energy, force = curve(d)
    np.testing.assert_allclose(force[1:-1], -(energy[2:] - energy[:-2]) / (d[2:] - d[:-2]), atol=0.3)
    assert np.abs(energy[d <= 0.3] - 1.0).max() < 1e-14
    assert np.abs(force[d <= 0.3]).max() < 1e-13
    assert np.abs(energy[d >= 1.2]).max() < 1e-14
    assert np.abs(force[d >= 1.2]).max() < 1e-13
    with pytest.raises(InputError, match="increase"):
        ThermodynamicForce(np.array([0.3, 0.2, 0.9]), np.zeros(3))


def test_a_compensation_takes_slopes():
    x = np.linspace(0.0, 1.0, 9) ** 2
    curve = Compensation(x, x**3, 3.0 * x**2)
    value, slope = curve(np.array([0.1, 0.37, 0.9]))
    np.testing.assert_allclose(value, [0.001, 0.37**3, 0.729], rtol=1e-12)
    np.testing.assert_allclose(slope, 3.0 * np.array([0.1, 0.37, 0.9]) ** 2, rtol=1e-12)


@pytest.mark.parametrize(("power", "end"), [(-0.75, 0), (0.0, 0), (2.0, 0), (-0.75, 1)])
def test_kirkwood_integrates_what_diverges(power, end):
    # <V> = lambda^power, or that of 1 - lambda; pressure linear: both free energies are known; the error falls with the
    # number of nodes
    errors = []
    for count in (7, 10, 13):
        x = nodes(count)
        gaps = np.zeros(count)
        gaps[1:-1] = (x[1:-1] if end == 0 else 1.0 - x[1:-1]) ** power
        found = Kirkwood(tuple(Node(w, (g, 0.0), (2.0 * w, 0.0)) for w, g in zip(x, gaps, strict=True)), 0.5, 100.0)
        at = np.array([0.3, 1.0])
        whole = at ** (power + 1.0) if end == 0 else 1.0 - (1.0 - at) ** (power + 1.0)
        errors.append(np.abs(found.helmholtz(at)[0] + whole / (power + 1.0)).max())
        # of the seventh degree in u
        assert np.abs(found.gibbs(at)[0] - found.helmholtz(at)[0] + 4.0 * at).max() < (1e-9 if count > 7 else 0.03)
    # faster than any power of the number of nodes; a gap that does not depend on lambda is exact with ten
    assert errors[1] < (1e-12 if power == 0.0 else 0.3 * errors[0])
    assert errors[2] < 1e-3 * errors[0] + 1e-5


def fluid():
    """A Lennard-Jones fluid that is ideal outside a slab: system, forces, box, positions."""
    mm = pytest.importorskip("openmm")
    box = np.array([7.0, 5.0, 5.0])
    grid = np.stack(np.meshgrid(np.arange(7), np.arange(5), np.arange(5), indexing="ij"), -1).reshape(-1, 3)
    x = (grid + 0.5).astype(float)
    sites = SitePairs.lennard_jones(np.array([0.8]), np.array([1.0]), 1.0, shifted=True)
    molecules = Molecules.alike(len(x), [1.0], np.array([0]))
    forces = AdaptiveForces(molecules, sites, CoarsePairs.none(1), Slab((3.5, 2.5, 2.5), 0.8, 1.2), cap=0.5, skin=0.4)
    system = mm.System()
    for _ in range(len(x)):
        system.addParticle(1.0)
    system.setDefaultPeriodicBoxVectors(*(mm.Vec3(*row) for row in np.diag(box)))
    force = mm.PythonForce(forces)
    force.setUsesPeriodicBoundaryConditions(True)
    system.addForce(force)
    return system, forces, box, x


SETTINGS = CalibrationSettings(
    drift_rounds=2, drift_length=0.4, density_length=0.4, rounds=2, tolerance=1e-6,
    dynamics=Dynamics(200.0, 0.005, every=4, platform="Reference"),
)  # fmt: skip


def test_a_killed_calibration_continues(tmp_path):
    system, forces, box, x = fluid()
    whole = calibrate(system, forces, box, x, SETTINGS, seed=5)
    assert len(whole.history) == 4
    assert not whole.converged

    class Killed(Exception):
        pass

    def kill(now: Calibration) -> None:
        if len(now.history) == 3:
            raise Killed

    file = tmp_path / "calibration.npz"
    system, forces, box, x = fluid()
    with pytest.raises(Killed):
        calibrate(system, forces, box, x, SETTINGS, seed=5, checkpoint=file, watch=kill)
    system, forces, box, x = fluid()
    again = calibrate(system, forces, box, x, SETTINGS, seed=5, checkpoint=file)
    np.testing.assert_array_equal(again.positions, whole.positions)
    np.testing.assert_array_equal(again.thermodynamic["molecule"].energy, whole.thermodynamic["molecule"].energy)
    np.testing.assert_array_equal(again.compensation["molecule"].energy, whole.compensation["molecule"].energy)
    read = Calibration.read(file)
    assert read.history == whole.history
    with pytest.raises(InputError, match="seed 5"):
        calibrate(system, forces, box, x, SETTINGS, seed=6, checkpoint=file)
    without = {name: value for name, value in Calibration.read(file).arrays().items() if name != "variance"}
    np.savez(tmp_path / "older.npz", **without)
    with pytest.raises(InputError, match="another version"):
        Calibration.read(tmp_path / "older.npz")
    file.write_bytes(file.read_bytes()[:500])
    with pytest.raises(InputError, match="damaged"):
        Calibration.read(file)


CHILD = """
import sys
sys.path[:0] = {paths!r}
from test_calibration import SETTINGS, fluid
from scalebridge.molecules.adaptive._calibration import calibrate
system, forces, box, x = fluid()
calibrate(system, forces, box, x, SETTINGS, seed=5, checkpoint={file!r})
"""


@pytest.mark.verify
def test_a_calibration_that_the_system_kills_continues(tmp_path):
    file = tmp_path / "calibration.npz"
    paths = [str(Path(__file__).parent), str(Path(__file__).parents[2])]
    child = subprocess.Popen([sys.executable, "-c", CHILD.format(paths=paths, file=str(file))])
    while not file.exists() and child.poll() is None:
        time.sleep(0.002)
    child.kill()
    child.wait()
    begun = len(Calibration.read(file).history)
    system, forces, box, x = fluid()
    again = calibrate(system, forces, box, x, SETTINGS, seed=5, checkpoint=file)
    system, forces, box, x = fluid()
    whole = calibrate(system, forces, box, x, SETTINGS, seed=5)
    assert 1 <= begun < 4, "killed in time"
    np.testing.assert_array_equal(again.positions, whole.positions)
    np.testing.assert_array_equal(again.thermodynamic["molecule"].energy, whole.thermodynamic["molecule"].energy)


def test_a_calibration_converges_when_all_rounds_say_so():
    system, forces, box, x = fluid()
    loose = replace(SETTINGS, tolerance=5.0)
    found = calibrate(system, forces, box, x, loose, seed=5)
    assert found.converged
    assert [r.stage for r in found.history] == ["drift", "drift", "density"]
    assert [np.isfinite(r.left) for r in found.history] == [False, False, True]
    # the correction that its last round asks for is made nevertheless
    assert np.ptp(found.thermodynamic["molecule"].energy) > 0.0
    left = found.history[-1].left
    assert found.answered == pytest.approx([found.stiffness]), "nothing learnt yet"
    learnt_response = np.stack([[np.full(9, 0.5), np.full(9, 100.0)]])
    assert replace(found, response=learnt_response).answered == pytest.approx([2.0 * found.stiffness])
    tight = calibrate(*fluid(), replace(SETTINGS, tolerance=2.9 * left, rounds=1), seed=5)
    assert not tight.converged, "more may be left than is allowed"
    # what the last round sees may contradict what is thought to be left
    assert _flat(found, 0.01, 0.03 + float(np.abs(found.density - 1.0).max()))
    seen = replace(found, density=1.0 + np.array([[0.0, 0.05]]), error=np.array([[0.01, 0.01]]))
    assert _flat(seen, 0.005, 0.021)
    assert not _flat(seen, 0.005, 0.019)
    assert not _flat(seen, 0.0075, 0.021)


def test_a_production_shows_layers():
    system, forces, box, x = fluid()
    region = forces.region
    where = shells(region, box, 0.4, 5.0)
    parts = split(where, region, box, 0.1, 2.0)
    run = produce(system, forces, where, SETTINGS.dynamics, (x, None), 0.4, thinner=parts, seed=1)
    assert run.layers.shape == (20, len(parts.volume))
    assert len(parts.volume) > 2 * len(where.volume)
    np.testing.assert_array_equal(parts.joined(run.layers, where), run.counts)
    np.testing.assert_array_equal(run.counts.sum(axis=1), len(x))
    density, (fine, error) = run.density[0], run.layer_density
    for values, volume in ((density, run.volume), (fine, run.layer_volume)):
        assert (values * volume).sum() == pytest.approx(volume.sum())
    assert (error > 0.0).any()
    whole = produce(system, forces, where, SETTINGS.dynamics, (x, None), 0.4, seed=1)
    np.testing.assert_array_equal(whole.layers, run.counts)
