"""The continuum on a mesh: books, orders, exact flows, mistakes."""

from __future__ import annotations

import pickle
import sys
from dataclasses import replace

import numpy as np
import pytest

from scalebridge.errors import InputError, MissingExtraError
from scalebridge.fluids.continuum import (
    Characteristic,
    Continuum,
    DivergedError,
    Flux,
    Liquid,
    Outlet,
    PatchValues,
    Periodic,
    Wall,
    books,
    check_continuum,
)
from support.manufactured_flows import Vortices
from support.meshes import (
    MeshContinuum,
    divergence,
    errors,
    heated_channel,
    parabola,
    rectangle,
    ring,
    square_with_hole,
    two_rooms,
)

WATER = Liquid(1.0, 1.0)
CLOSED = {side: Wall() for side in ("left", "right", "bottom", "top")}


def box(**changes):
    arguments = {"mesh": rectangle(1.0, 1.0, 0.5), "fluid": WATER, "boundaries": CLOSED} | changes
    return MeshContinuum(**arguments)


@pytest.mark.parametrize("order", [1, 3])
def test_the_interface_is_kept(order):
    check_continuum(heated_channel(order, 0.25), 0.02)


def test_books_close_for_both_materials_and_divergence_is_zero():
    fluid = heated_channel()
    before = fluid.initial(velocity=lambda p: 0.3 * np.cos(3.0 * p))
    after, fluxes = fluid.step(before, dt=0.3)
    assert fluxes.substeps > 1
    assert max(books(fluid.contents(before), fluid.contents(after), fluxes).mismatch) < 1e-13
    assert divergence(fluid, after) < 1e-12
    middle, made = fluxes.surfaces["middle"].total, fluxes.made
    rooms = {"left": ("inlet", "cylinder"), "right": ("outlet",)}
    names = fluid.domain.mesh.GetMaterials()
    for sign, (room, whole) in zip((-1.0, 1.0), rooms.items(), strict=True):
        gained = fluid.contents_of(after, room) - fluid.contents_of(before, room)
        crossed = sign * middle.momentum, sign * middle.energy, sign * middle.mass
        totals = [fluxes.patches[name].total for name in whole]
        for name in ("bottom", "top"):  # they belong to both
            here = (fluid.patches[name].centre[:, 0] < 1.0) == (room == "left")
            f = fluxes.patches[name]
            totals.append(replace(totals[0], mass=0.0, momentum=f.momentum[here].sum(0), energy=f.energy[here].sum()))
        share = fluid.contents_of(before, room).mass / fluid.contents(before).mass
        momentum = crossed[0] + sum(t.momentum for t in totals) + share * fluxes.sources.momentum
        here = fluid.domain.materials == names.index(room)
        energy = crossed[1] + sum(t.energy for t in totals) + made[here].sum()
        np.testing.assert_allclose(gained.momentum, momentum, atol=1e-13)
        assert gained.energy == pytest.approx(energy, abs=1e-12)
        assert crossed[2] + sum(t.mass for t in totals) == pytest.approx(0.0, abs=1e-13)
    assert abs(middle.mass) > 0.01


def test_orders_in_space_are_those_of_the_polynomials():
    coarse, _, _ = errors(Vortices(), square_with_hole(0.1), 2, 0.005, 5)
    fine, left, parts = errors(Vortices(), square_with_hole(0.05), 2, 0.005, 5)
    orders = [np.log2(a / b) for a, b in zip(coarse, fine, strict=True)]
    assert parts == 5
    assert left < 1e-12
    assert orders[0] > 2.8
    assert orders[1] > 1.8
    assert orders[2] > 2.8


def test_order_in_time_is_two():
    """An inflow that grows, a wall that gets faster: differences from a run with short steps fall with their square."""
    fluid = heated_channel(2, 0.3)
    start, _ = fluid.step(fluid.initial(), dt=0.5)
    points = np.random.default_rng(0).random((400, 3)) * [2.0, 1.0, 1.0]
    points = points[fluid.contains(points)]
    where = fluid.points("inlet")
    inflow = parabola(where.reshape(-1, 3)).reshape(where.shape)

    def values(s):
        top = PatchValues(velocity=(0.5 + s, 0.0, 0.1 * (1.0 - s)))
        return {"inlet": PatchValues(velocity=(1.0 + 0.5 * s) * inflow), "top": top}

    ends = {}
    for n in (16, 32, 80):
        state, impulse = start, 0.0
        for i in range(n):
            state, fluxes = fluid.step(state, values(i / n), 0.4 / n, until=values((i + 1) / n))
            assert fluxes.substeps == 1
            impulse = impulse + fluxes.patches["cylinder"].total.momentum
        found = fluid.fields(state, points, wanted=("velocity", "temperature"))
        ends[n] = found.velocity, found.temperature, impulse
    for one, two, best in zip(ends[16], ends[32], ends[80], strict=True):
        assert np.log2(np.linalg.norm(one - best) / np.linalg.norm(two - best)) > 1.9


def test_what_friction_takes_from_the_motion_is_heat():
    """Motion and heat together keep their sum in a closed room, to the order of the scheme in time."""
    fluid = box(
        mesh=square_with_hole(0.2), fluid=Liquid(1.0, 0.02, 1.0, 0.1), boundaries={"side": Wall(), "hole": Wall()}
    )

    def motion(state):
        v, scheme = fluid._scheme.basis.volume, fluid._scheme
        u = np.einsum("epin,en->epi", v.velocity, scheme.broken(state.velocity))
        w = np.einsum("epn,en->ep", v.scalar, state.along)
        return 0.5 * float((v.weights * ((u**2).sum(axis=2) + w**2)).sum())

    start, _ = fluid.step(fluid.initial(velocity=lambda p: np.sin(np.pi * p[:, [1, 0, 1]])), dt=0.2)
    misses = []
    for parts in (8, 16):
        state = start
        for _ in range(parts):
            state, _ = fluid.step(state, dt=0.08 / parts)
        lost = motion(start) - motion(state)
        misses.append(abs(fluid.contents(state).energy - fluid.contents(start).energy - lost) / lost)
    assert misses[1] < 1e-4
    assert np.log2(misses[0] / misses[1]) > 1.9


def spin(rate):
    return lambda p: np.stack([-rate * p[:, 1], rate * p[:, 0], 0.0 * p[:, 0]], axis=1)


def test_flow_between_turning_cylinders_with_viscous_heating():
    """u = a r + b / r; the torque is 4 pi mu b for each depth; k (r T')' = -4 mu b^2 / r^3."""
    mu, k, inner, outer, fast, slow, depth = 1.5, 0.8, 1.0, 2.0, 1.2, -0.4, 2.0
    sides = {"inner": Wall(velocity=spin(fast), temperature=1.0), "outer": Wall(velocity=spin(slow), temperature=1.5)}
    fluid = MeshContinuum(ring(inner, outer, 0.6), Liquid(1.0, mu, 2.0, k), sides, order=4, thickness=depth)
    state, fluxes = fluid.initial(), None
    for _ in range(6):
        state, fluxes = fluid.step(state, dt=1.0)
    b = (fast - slow) * inner**2 * outer**2 / (outer**2 - inner**2)
    a = (slow * outer**2 - fast * inner**2) / (outer**2 - inner**2)
    for name, sign in (("inner", 1.0), ("outer", -1.0)):
        faces, momentum = fluid.patches[name], fluxes.patches[name].momentum / fluxes.dt
        radius = np.linalg.norm(faces.centre[:, :2], axis=1)
        half = 0.5 * faces.area / depth / radius
        # friction goes along an arc, its sum over a face along the chord
        torque = np.cross(faces.centre, momentum)[:, 2] * half / np.sin(half)
        assert torque.sum() == pytest.approx(sign * 4.0 * np.pi * mu * b * depth, rel=1e-3)

    def made(r):
        return -mu * b**2 / (k * r**2)

    c = (0.5 - made(outer) + made(inner)) / np.log(outer / inner)
    r, angle = np.linspace(1.05, 1.95, 30), np.linspace(0.0, 6.0, 30)
    found = fluid.fields(state, np.stack([r * np.cos(angle), r * np.sin(angle), 0.0 * r], axis=1))
    warmth = 1.0 + made(r) - made(inner) + c * np.log(r / inner)
    np.testing.assert_allclose(found.temperature, warmth, atol=3e-3)
    along = found.velocity[:, 1] * np.cos(angle) - found.velocity[:, 0] * np.sin(angle)
    np.testing.assert_allclose(along, a * r + b / r, atol=1e-3)
    lost = (
        -2.0
        * np.pi
        * depth
        * k
        * np.array([inner, -outer])
        * (2.0 * mu * b**2 / k / np.array([1.0, 8.0]) + c / np.array([inner, outer]))
    )
    energy = [fluxes.patches[name].energy.sum() / fluxes.dt for name in ("inner", "outer")]
    np.testing.assert_allclose(energy, lost, rtol=1e-3)


def test_a_joined_channel_with_slip_has_a_parabola():
    g, b, rho, mu = 0.5, 0.3, 0.81, 2.2
    sides = {"left": Periodic(), "right": Periodic(), "bottom": Wall(slip_length=b), "top": Wall()}
    fluid = MeshContinuum(
        rectangle(2.0, 1.0, 0.6, True), Liquid(rho, mu), sides, force=(g, 0.0, 0.4 * g), thickness=3.0
    )
    state = fluid.initial()
    for _ in range(12):
        state, fluxes = fluid.step(state, dt=0.5)
    y = np.linspace(0.0, 1.0, 9)
    found = fluid.fields(state, np.stack([0.0 * y + 0.7, y, 0.0 * y], axis=1))
    exact = rho * g / (2.0 * mu) * ((y + b) / (1.0 + b) - y**2)
    np.testing.assert_allclose(found.velocity, np.outer(exact, [1.0, 0.0, 0.4]), atol=1e-9)
    assert sum(f.momentum[:, 0].sum() for f in fluxes.patches.values()) == pytest.approx(-rho * g * 6.0 * 0.5, rel=1e-8)
    slope = rho * g / (2.0 * mu) * (1.0 / (1.0 + b) - 2.0 * y)
    np.testing.assert_allclose(found.stress[:, 0, 1], mu * slope, atol=1e-8)
    np.testing.assert_allclose(found.stress[:, 2, 1], 0.4 * mu * slope, atol=1e-8)


def test_what_is_handed_over_enters_literally_and_ends_as_heat_and_motion():
    sides = {"left": Outlet(temperature=1.0), "right": Outlet(temperature=1.0), "bottom": Flux(), "top": Wall()}
    fluid = box(fluid=Liquid(1.0, 1.0, 1.0, 1.0), boundaries=sides)
    faces = fluid.patches["bottom"]
    shear = np.linspace(0.1, 0.4, len(faces))
    given = PatchValues(momentum=np.stack([shear, 0.0 * shear, 2.0 * shear], axis=1), total_energy=-shear)
    state, fluxes = fluid.step(
        fluid.initial(), {"bottom": PatchValues(momentum=(0.0, 0.0, 0.0))}, 0.03, until={"bottom": given}
    )
    got, half = fluxes.patches["bottom"], 0.5 * 0.03 * faces.area * shear
    np.testing.assert_allclose(got.momentum[:, [0, 2]], np.outer(half, [1.0, 2.0]), rtol=1e-11)
    np.testing.assert_allclose(got.energy, -half, rtol=1e-11)
    assert max(books(fluid.contents(fluid.initial()), fluid.contents(state), fluxes).mismatch) < 1e-13


def test_mesh_and_box_agree_in_a_channel():
    """An inflow that is no parabola becomes one; both solvers find the same pressure that it needs."""
    liquid = Liquid(1.0, 0.5)
    ends = {"x-": Wall(velocity=(1.0, 0.0, 0.0)), "x+": Outlet(0.2), "y-": Wall(), "y+": Wall(slip_length=0.2)}
    plain = Continuum((3.0, 1.0, 1.0), (48, 16, 1), liquid, ends)
    names = dict(zip(("left", "right", "bottom", "top"), ends.values(), strict=True))
    fine = MeshContinuum(rectangle(3.0, 1.0, 0.2), liquid, names, order=3)
    points = np.random.default_rng(2).random((40, 3)) * [1.5, 0.8, 1.0] + [1.0, 0.1, 0.0]
    found = []
    for fluid in (plain, fine):
        state = fluid.initial()
        for _ in range(4):
            state, _ = fluid.step(state, dt=0.25)
        found.append(fluid.fields(state, points))
    np.testing.assert_allclose(found[1].velocity, found[0].velocity, atol=0.01)
    np.testing.assert_allclose(found[1].pressure, found[0].pressure, atol=0.02)


def test_balance_corrects_what_was_measured():
    fluid = box(balance=["top"])
    noise = 0.1 * np.random.default_rng(1).normal(size=(len(fluid.patches["bottom"]), 3))
    start = fluid.initial()
    after, fluxes = fluid.step(start, {"bottom": PatchValues(velocity=noise)}, 0.1)
    assert fluxes.correction != 0.0
    assert abs(sum(f.mass.sum() for f in fluxes.patches.values())) < 1e-16
    assert max(books(fluid.contents(start), fluid.contents(after), fluxes).mismatch) < 1e-12
    with pytest.raises(InputError, match="region without outlet"):
        box().step(start, {"bottom": PatchValues(velocity=noise)}, 0.1)


def test_copies_are_equal_and_go_on_with_the_same_numbers():
    fluid = box(fluid=Liquid(1.0, 1.0, 1.0, 2.0), boundaries=CLOSED | {"top": Wall(velocity=(1.0, 0.0, 0.0))})
    state, _ = fluid.step(fluid.initial(), dt=0.1)
    copy, same = pickle.loads(pickle.dumps((fluid, state)))
    assert copy == fluid
    assert hash(copy) == hash(fluid)
    assert copy != box()
    one, other = fluid.step(state, dt=0.1)[0], copy.step(same, dt=0.1)[0]
    np.testing.assert_array_equal(one.velocity, other.velocity)
    np.testing.assert_array_equal(one.temperature, other.temperature)


GMSH = """$MeshFormat
2.2 0 8
$EndMeshFormat
$PhysicalNames
3
1 1 "wall"
1 2 "lid"
2 3 "fluid"
$EndPhysicalNames
$Nodes
9
1 0 0 0
2 1 0 0
3 1 1 0
4 0 1 0
5 0.5 0.5 0
6 0.5 -0.1 0
7 1.1 0.5 0
8 0.5 1 0
9 -0.1 0.5 0
$EndNodes
$Elements
8
1 8 2 1 1 1 2 6
2 8 2 1 1 2 3 7
3 1 2 2 2 3 4
4 8 2 1 1 4 1 9
5 9 2 3 3 1 2 5 6 10 11
6 9 2 3 3 2 3 5 7 12 10
7 9 2 3 3 3 4 5 8 13 12
8 9 2 3 3 4 1 5 9 11 13
$EndElements
"""
MIDDLES = {10: (0.75, 0.25), 11: (0.25, 0.25), 12: (0.75, 0.75), 13: (0.25, 0.75)}


def test_files_of_netgen_and_gmsh(tmp_path):
    sides = {"wall": Wall(), "lid": Wall(velocity=(1.0, 0.0, 0.0))}
    more = "".join(f"{n} {x} {y} 0\n" for n, (x, y) in MIDDLES.items())
    text = (
        GMSH.replace("$Nodes\n9", "$Nodes\n13")
        .replace("$EndNodes", more + "$EndNodes")
        .replace("3 1 2 2 2 3 4", "3 8 2 2 2 3 4 8")
    )
    (tmp_path / "pillow.msh").write_text(text)
    fluid = MeshContinuum(tmp_path / "pillow.msh", WATER, sides)
    # three sides bulge by parabolas of height .1
    assert fluid.contents(fluid.initial()).mass == pytest.approx(1.0 + 3.0 * 2.0 / 3.0 * 0.1, rel=1e-12)
    check_continuum(fluid, 0.1)
    rectangle(1.0, 2.0, 0.7).ngmesh.Save(str(tmp_path / "box.vol"))
    fluid = MeshContinuum(str(tmp_path / "box.vol"), WATER, CLOSED)
    assert fluid.contents(fluid.initial()).mass == pytest.approx(2.0, rel=1e-12)
    for name, message in (
        ("none.msh", "no file"),
        ("mesh.txt", "ends neither"),
        ("bad.msh", "cannot be read|no physical"),
    ):
        if "none" not in name:
            (tmp_path / name).write_text("nothing")
        with pytest.raises(InputError, match=message):
            MeshContinuum(tmp_path / name, WATER, sides)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mesh": 3}, "give an ngsolve.Mesh"),
        ({"fluid": "water"}, "takes a Liquid"),
        ({"fluid": Liquid(1.0, lambda t: t)}, "viscosity is a function"),
        ({"order": 0}, "at least 1"),
        ({"thickness": -1.0}, "positive number"),
        ({"boundaries": {"left": Wall()}}, "'bottom' has no condition"),
        ({"boundaries": CLOSED | {"door": Wall()}}, "no boundary 'door'"),
        ({"boundaries": CLOSED | {"left": Characteristic()}}, "compressible"),
        ({"boundaries": CLOSED | {"left": 3}}, "takes Wall, Outlet, Flux and Periodic"),
        ({"boundaries": CLOSED | {"left": Periodic()}}, "joins it with no other"),
        ({"boundaries": CLOSED | {"left": Wall(slip_length=-1.0)}}, "slip_length is -1.0"),
        ({"boundaries": CLOSED | {"left": Wall(velocity=(np.nan, 0.0, 0.0))}}, "not finite"),
        ({"boundaries": CLOSED | {"left": Wall(velocity=1.0)}}, "vector of 3"),
        ({"balance": ["door"]}, "no patch 'door'"),
        ({"force": (1.0, 2.0)}, "three finite numbers"),
        ({"heating": np.inf}, "finite number"),
    ],
)
def test_impossible_domains(changes, message):
    with pytest.raises(InputError, match=message):
        box(**changes)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"door": PatchValues(velocity=(0.0, 0.0, 0.0))}, "no patch 'door'"),
        ({"left": PatchValues(mass=1.0)}, "takes velocity, temperature, heat_flux"),
        ({"left": PatchValues(velocity=np.zeros((7, 3)))}, "has shape"),
        ({"left": PatchValues(velocity=(np.inf, 0.0, 0.0))}, "not finite"),
        ({"left": PatchValues(temperature=2.0)}, "built with a heat flux"),
        ({"left": PatchValues(velocity=(1.0, 0.0, 0.0))}, "region without outlet"),
    ],
)
def test_impossible_values(values, message):
    fluid = box()
    with pytest.raises(InputError, match=message):
        fluid.step(fluid.initial(), values, 0.1)


def test_other_mistakes():
    fluid = box()
    state = fluid.initial()
    with pytest.raises(InputError, match="positive time"):
        fluid.step(state, dt=0.0)
    with pytest.raises(InputError, match="contents_of"):
        fluid.contents(state, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    with pytest.raises(InputError, match="no material 'sand'"):
        fluid.contents_of(state, "sand")
    with pytest.raises(InputError, match="no patch 'door'"):
        fluid.points("door")
    with pytest.raises(InputError, match="points have shape"):
        fluid.fields(state, [0.0, 1.0, 2.0])
    with pytest.raises(InputError, match=r"wanted names \['speed'\]"):
        fluid.fields(state, [[0.5, 0.5, 0.5]], wanted=("speed",))
    with pytest.raises(InputError, match="one density"):
        fluid.initial(density=2.0)
    with pytest.raises(InputError, match="temperature is not positive"):
        fluid.initial(temperature=-1.0)
    assert np.isnan(fluid.fields(state, [[2.0, 0.5, 0.5]]).velocity).all()
    with pytest.raises(InputError, match="lies inside the fluid"):
        MeshContinuum(two_rooms(0.4), WATER, {"middle": Wall()})
    hot = Liquid(1.0, 1.0, 1.0, 1.0)
    through = CLOSED | {"left": Wall(velocity=(1.0, 0.0, 0.0)), "right": Outlet()}
    open_box = box(fluid=hot, boundaries=through)
    with pytest.raises(InputError, match="left: fluid enters without a temperature"):
        open_box.step(open_box.initial(), dt=0.1)


def test_a_diverging_run_keeps_the_last_good_state():
    fluid = box(
        fluid=Liquid(1.0, 0.0),
        max_substeps=8,
        force=(0.0, 1e6, 0.0),
        boundaries=CLOSED | {"top": Outlet(), "bottom": Outlet()},
    )
    with pytest.raises(DivergedError, match="max_substeps = 8") as caught:
        fluid.step(fluid.initial(), dt=10.0)
    assert np.isfinite(caught.value.state.velocity).all()


def test_without_ngsolve_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ngsolve", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'scalebridge\[mesh\]'"):
        MeshContinuum("mesh.vol", WATER, {})
