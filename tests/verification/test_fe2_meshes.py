"""Macroscopic benchmarks with ordinary laws: Cook's membrane, an L-shape and a notch, with orders of convergence."""

from __future__ import annotations

import numpy as np
import pytest
import skfem

from scalebridge import solids
from scalebridge.solids.fe2 import FE2, Displacement, Traction
from support.bodies import cook

PLANE = Displacement(lambda x: np.ones(x.shape[1], bool), (None, None, 0.0))


def energy_order(values):
    """Observed order of a sequence on meshes refined by two, from its own differences."""
    a, b, c = values[-3:]
    return np.log2(abs(a - b) / abs(b - c))


def extrapolated(values):
    a, b, c = values[-3:]
    return c + (c - b) / (abs((b - a) / (c - b)) - 1.0)


def tip(n, element, law, load):
    mesh = cook(n, thickness=48.0 / n)
    model = FE2(
        mesh, law, [PLANE, Displacement(lambda x: np.isclose(x[0], 0.0), (0.0, 0.0, None)),
                    Traction(lambda x: np.isclose(x[0], 48.0), (0.0, load / 16.0, 0.0))], element=element,
    )  # fmt: skip
    found = model.run(1)
    assert found.converged
    corner = np.isclose(model.space.nodes[:, 0], 48.0) & np.isclose(model.space.nodes[:, 1], 60.0)
    return found.state.displacement[corner, 1].mean()


@pytest.mark.verify
@pytest.mark.parametrize("element", ["hex8", "hex20"])
def test_cooks_membrane_without_locking(element):
    """Nearly incompressible, plane strain: E = 240.565, nu = 0.4999, load 100 over the right edge.

    All elements must tend to the same tip displacement, the averaged linear one from coarse meshes on.
    """
    law = solids.LinearElastic.isotropic(240.565, 0.4999)
    values = [tip(n, element, law, 100.0) for n in (4, 8, 16, 32)]
    reference = extrapolated([tip(n, "hex27", law, 100.0) for n in (4, 8, 16)])
    assert values[-1] == pytest.approx(reference, rel=0.01)
    assert values[1] == pytest.approx(reference, rel=0.1)
    locked = tip(4, "hex8-full", law, 100.0)
    assert locked < 0.7 * reference
    assert energy_order(values) > 1.0


def l_shape(n):
    square = skfem.MeshHex.init_tensor(
        np.linspace(0, 1, 2 * n + 1), np.linspace(0, 1, 2 * n + 1), np.array([0, 0.5 / n])
    )
    middle = square.p[:, square.t].mean(axis=1)
    keep = ~((middle[0] > 0.5) & (middle[1] > 0.5))
    return square.restrict(np.flatnonzero(keep))


def work(mesh, conditions, law, element, thickness):
    model = FE2(mesh, law, conditions, element=element)
    found = model.run(1)
    assert found.converged
    space = model.space
    density = 0.5 * np.einsum("pij,pij->p", found.steps[-1].stress, found.steps[-1].strain)
    return float(space.weights.ravel() @ density) / thickness


LAMBDA, Q = 0.544483737, 0.543075579
"""Opening mode of a free corner of 270 degrees (B. Szabo, I. Babuska, Finite Element Analysis, 1991, section 10)."""


def corner_field(x):
    """Displacement of the opening mode about (1/2, 1/2) in plane strain, E = 1e9, nu = 0.3."""
    c, s = np.cos(1.25 * np.pi), np.sin(1.25 * np.pi)
    a, b = x[0] - 0.5, x[1] - 0.5
    a, b = c * a + s * b, -s * a + c * b
    r, t, kappa, shear = np.hypot(a, b), np.arctan2(b, a), 3 - 4 * 0.3, 1e9 / 2.6
    factor = 1e6 * r**LAMBDA / (2 * shear)
    u = factor * ((kappa - Q * (LAMBDA + 1)) * np.cos(LAMBDA * t) - LAMBDA * np.cos((LAMBDA - 2) * t))
    v = factor * ((kappa + Q * (LAMBDA + 1)) * np.sin(LAMBDA * t) + LAMBDA * np.sin((LAMBDA - 2) * t))
    return np.stack([c * u - s * v, s * u + c * v, np.full(r.shape, np.nan)])


@pytest.mark.verify
@pytest.mark.parametrize(("element", "sizes"), [("hex8-full", (8, 16, 32)), ("hex20", (4, 8, 16))])
def test_l_shape_converges_with_the_order_of_its_singularity(element, sizes):
    """The energy tends to its limit with order 2 lambda, whatever the element; both corner faces are free."""
    law = solids.LinearElastic.isotropic(1e9, 0.3)
    rim = Displacement(lambda x: (np.isclose(x[:2], 0.0) | np.isclose(x[:2], 1.0)).any(axis=0), corner_field)
    values = [work(l_shape(n), [PLANE, rim], law, element, 0.5 / n) for n in sizes]
    assert energy_order(values) == pytest.approx(2 * LAMBDA, abs=0.1)


def notched(n):
    """Quarter of a plate with a round notch of half its width, structured in polar rings."""
    s, t = np.meshgrid(np.linspace(0, 1, n + 1), np.linspace(0, np.pi / 2, n + 1), indexing="ij")
    mesh = skfem.MeshHex.init_tensor(s[:, 0], t[0], np.array([0.0, 1.0 / n]))
    r, angle, z = mesh.p
    inner = 0.5 * np.stack([np.cos(angle), np.sin(angle)])
    outer = np.stack([np.cos(angle), np.sin(angle)]) / np.maximum(np.cos(angle), np.sin(angle))
    x = inner + r * (outer - inner)
    return skfem.MeshHex(np.stack([x[0], x[1], z]), mesh.t)


@pytest.mark.verify
def test_notched_specimen_converges_with_its_facets_elastic_and_steadily_plastic():
    """Order 2 whatever the element: the edges of the mesh are straight, the notch is not."""
    elastic = solids.LinearElastic.isotropic(1e9, 0.3)
    plastic = solids.J2Plasticity(1e9, 0.3, solids.LinearHardening(5e6, 5e7))
    pull = [PLANE, Displacement(lambda x: np.isclose(x[0], 0.0), (0.0, None, None)),
            Displacement(lambda x: np.isclose(x[1], 0.0), (None, 0.0, None)),
            Displacement(lambda x: np.isclose(x[1], 1.0), (None, 0.02, None))]  # fmt: skip
    for element, sizes in (("hex8-full", (4, 8, 16)), ("hex20", (4, 8, 16))):
        values = [work(notched(n), pull, elastic, element, 1.0 / n) for n in sizes]
        assert energy_order(values) == pytest.approx(2.0, abs=0.3)
    force = []
    for n in (4, 8, 16):
        model = FE2(notched(n), plastic, pull, element="hex20")
        found = model.run(4)
        assert found.converged
        top = np.isclose(model.space.nodes[:, 1], 1.0)
        force.append(found.steps[-1].reaction[top, 1].sum() * n)
    assert abs(force[2] - force[1]) < 0.5 * abs(force[1] - force[0])
    assert abs(force[2] - force[1]) < 0.01 * force[2]
