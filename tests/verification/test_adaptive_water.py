"""SPC/E water, 8,480 molecules: density, structure and exchange after an automatic calibration (more than an hour)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from scalebridge.molecules.adaptive import AdaptiveLiquid, CalibrationSettings, Dynamics, Liquid, Slab, Sphere
from scalebridge.molecules.adaptive._outcome import structure_difference
from scalebridge.molecules.potentials import Spline
from support.molecules import read_columns
from support.reference_data import reference

pytest.importorskip("openmm")
pytestmark = pytest.mark.verify

LIQUID = Liquid(530, (4, 2, 2))
MIDDLE = tuple((0.5 * LIQUID.box).tolist())
REGIONS = {"slab": Slab(MIDDLE, 0.5, 1.0), "sphere": Sphere(MIDDLE, 1.3, 1.0)}


def bead() -> Spline:
    """SPC/E water by inverse Monte Carlo, as VOTCA ships it."""
    r, energy = read_columns(reference("molecules", "spce-coarse-graining", "pot.imc"))[:2]
    kept = r > 0.199
    return Spline.through(r[kept], energy[kept], cut=True)


# ps of production: shells around the middle of a sphere hold few molecules
LENGTHS = {"slab": 60.0, "sphere": 140.0}


@pytest.mark.parametrize("shape", REGIONS)
def test_water_keeps_its_density_and_structure(shape):
    settings = CalibrationSettings(
        0.01, density_length=10.0, rounds=6, gain=1.0, width=0.2, dynamics=Dynamics(300.0, 0.002, 2.0, 20)
    )
    bridge = AdaptiveLiquid(
        LIQUID, REGIONS[shape], {"HOH": bead()}, settings=settings, equilibration=(10.0, 40.0),
        production=LENGTHS[shape],
    )  # fmt: skip
    state = bridge.init(np.random.SeedSequence(1))
    with ThreadPoolExecutor(1) as executor:
        while not bridge.done(state):
            state = bridge.step(state, executor).state
            if state.calibration is not None and state.calibration.history:
                print(state.calibration.history[-1])
    run = state.run
    density, error = run.density
    print(shape, np.round(run.distance, 2), np.round(density, 3), np.round(error, 3))
    layers, noise = run.layer_density
    near = run.layer_distance < 2.3
    print("layers", np.round(run.layer_distance[near], 3), np.round(layers[near], 3), np.round(noise[near], 3))
    assert np.abs(density - 1.0).max() <= 0.02
    assert error.max() <= 0.01
    away, noise = structure_difference(state.liquid, run)
    print(f"g(r) off by {away:.4f}, noise {noise:.4f}")
    assert away < 2.0 * noise
    out, into = run.outward.sum(axis=0), run.inward.sum(axis=0)
    print("across", out, into, "residence", run.residence)
    assert (np.abs(out - into) < 5.0 * np.sqrt(out + into)).all()
