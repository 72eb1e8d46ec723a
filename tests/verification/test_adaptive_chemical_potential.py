"""Excess chemical potential of Lennard-Jones fluids: compensation to an ideal gas against Widom's insertions."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.molecules.adaptive import AdaptiveForces, CoarsePairs, Dynamics, Molecules, SitePairs, kirkwood
from scalebridge.molecules.adaptive._engine import new_context
from scalebridge.molecules.adaptive._kirkwood import nodes

mm = pytest.importorskip("openmm")
pytestmark = pytest.mark.verify

COUNT, CUTOFF = 512, 2.5
KELVIN = 1.0 / 0.00831446261815324
SITES = SitePairs.lennard_jones(np.ones(1), np.ones(1), CUTOFF, shifted=True)


def forces_at(resolution: float) -> AdaptiveForces:
    molecules = Molecules.alike(COUNT, [1.0], np.array([0]))
    return AdaptiveForces(molecules, SITES, CoarsePairs.none(1), None, uniform=resolution)


def system_in(box):
    def make(forces):
        made = mm.System()
        for _ in range(COUNT):
            made.addParticle(1.0)
        made.setDefaultPeriodicBoxVectors(*(mm.Vec3(*row) for row in np.diag(box)))
        force = mm.PythonForce(forces)
        force.setUsesPeriodicBoundaryConditions(True)
        made.addForce(force)
        return made

    return make


def insertions(x, box, temperature, rng, count=2000):
    """Mean Boltzmann factor of `count` particles that are put in anywhere (Widom 1963)."""
    energy = np.zeros(count)
    for start in range(0, count, 500):
        at = rng.random((500, 3)) * box
        d = at[:, None] - x[None]
        d -= box * np.round(d / box)
        r2 = np.einsum("ijk,ijk->ij", d, d)
        s6 = 1.0 / np.maximum(r2, 0.2) ** 3
        shift = (CUTOFF**-12 - CUTOFF**-6) * 4.0
        energy[start : start + 500] = np.where(r2 < CUTOFF**2, 4.0 * (s6 * s6 - s6) - shift, 0.0).sum(axis=1)
    return np.exp(-energy / temperature).mean()


def widom(x, box, temperature):
    """mu_ex and its standard error from ten blocks."""
    context, integrator = new_context(system_in(box)(forces_at(1.0)), Dynamics(temperature * KELVIN, 0.004, 1.0), 11)
    context.setPositions(x)
    context.setVelocitiesToTemperature(temperature * KELVIN, 3)
    integrator.step(2000)
    rng, factors = np.random.default_rng(4), []
    for _ in range(900):
        integrator.step(50)
        places = np.asarray(context.getState(positions=True).getPositions(asNumpy=True)._value)
        factors.append(insertions(places, box, temperature, rng))
    blocks = np.array([part.mean() for part in np.array_split(factors, 10)])
    mean = float(np.mean(factors))
    return -temperature * np.log(mean), temperature * blocks.std(ddof=1) / np.sqrt(10) / mean


@pytest.mark.parametrize(("density", "temperature"), [(0.8, 1.2), (0.6, 1.5), (0.4, 2.0)])
def test_excess_chemical_potential(density, temperature):
    box = np.full(3, (COUNT / density) ** (1.0 / 3.0))
    grid = np.stack(np.meshgrid(*[np.arange(8)] * 3, indexing="ij"), -1).reshape(-1, 3)
    x = (grid + 0.5) * box / 8
    how = Dynamics(temperature * KELVIN, 0.004, 1.0, every=10)
    found = kirkwood(system_in(box), forces_at, box, x, nodes(11), 32.0, how, settle=6.0, seed=5)
    value, error = found.excess_chemical_potential
    expected, noise = widom(x, box, temperature)
    print(f"rho {density}, T {temperature}: {value:.3f} +- {error:.3f}, Widom {expected:.3f} +- {noise:.3f}")
    assert abs(value - expected) < 3.0 * np.hypot(error, noise)
    assert error < 0.05
    assert noise < 0.08
