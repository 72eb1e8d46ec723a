"""A mesh as the continuum of a hybrid: the same numbers as the box, books that close, shapes that cannot work."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.fluids.continuum import Flux, Liquid, Periodic, Wall
from scalebridge.ledger import Verdict
from scalebridge.parallel import SerialExecutor
from scalebridge.study import check_bridge
from support.meshes import MeshContinuum, rectangle, square_with_hole
from support.small_hybrid import small_hybrid


def column(lengths, exchange="state", energy=False):
    """The continuum of `small_hybrid` as a mesh of triangles, periodic along x."""
    mesh = rectangle(lengths[0], 20.0, 2.5, periodic=True)
    below = Wall(temperature=1.1 if energy else None) if exchange == "state" else Flux()
    above = Wall(velocity=(1.0, 0.0, 0.0), temperature=1.2 if energy else None)
    sides = {"left": Periodic(), "right": Periodic(), "bottom": below, "top": above}
    liquid = Liquid(0.8, 2.2, 2.4, 6.0 if energy else None, temperature=1.1)
    return MeshContinuum(mesh, liquid, sides, thickness=lengths[2])


def on_a_mesh(exchange="state", energy=False, **options):
    box = small_hybrid(exchange, energy, **options)
    return replace(box, continuum=column(box.atomistic.lengths, exchange, energy), patch="bottom"), box


def stepped(bridge):
    state = bridge.init(np.random.SeedSequence(1))
    with SerialExecutor() as executor:
        return bridge.step(state, executor)


def test_conforms():
    check_bridge(on_a_mesh(cycles=2, cycles_per_step=1, equilibration=200)[0])


@pytest.mark.parametrize("exchange", ["state", "flux"])
def test_books_close_in_every_cycle(exchange):
    mesh, _ = on_a_mesh(exchange, energy=True)
    step = stepped(mesh)
    assert [e.quantity for e in step.entries if e.verdict is Verdict.FAILS] == []
    assert {"atoms' mass", "continuum's momentum x", "continuum's energy"} <= {e.quantity for e in step.entries}
    if exchange == "flux":
        atoms, continuum = step.state.flux[0]
        assert np.abs(atoms[[0, 2, 3]]).min() > 1e-6
        np.testing.assert_allclose(continuum[[0, 2, 3]], atoms[[0, 2, 3]], rtol=1e-10)


def test_mesh_and_box_give_the_same_flow():
    """Where velocity comes down, 4 above the interface and more, both continua differ by their errors alone."""

    def shear(points):
        return np.outer(points[:, 1] / 20.0, [1.0, 0.0, 0.0])

    pair = on_a_mesh(velocity=shear, cycles=4, cycles_per_step=4)
    mesh, box = (stepped(bridge).state for bridge in pair)
    np.testing.assert_allclose(mesh.above[0, 8:, 0], box.above[0, 8:, 0], atol=0.01)
    np.testing.assert_allclose(mesh.windows[0, :12, 1], box.windows[0, :12, 1], atol=0.01)
    assert box.above[0, 8, 0] > 0.15


@pytest.mark.parametrize(
    ("patch", "message"),
    [("hole", "does not face along y"), ("left", "no patch 'left'"), ("nowhere", "no patch 'nowhere'")],
)
def test_patches_that_are_no_interface(patch, message):
    mesh, _ = on_a_mesh()
    with pytest.raises(InputError, match=message):
        replace(mesh, patch=patch, continuum=mesh.continuum if patch != "hole" else hollow())


def hollow():
    sides = {"side": Wall(), "hole": Wall()}
    return MeshContinuum(square_with_hole(0.3), Liquid(0.8, 2.2), sides)
