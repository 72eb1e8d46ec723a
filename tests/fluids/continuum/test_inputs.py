"""Mistakes are named with what was found and what to do; diverging runs keep the last good state."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.fluids import Continuum
from scalebridge.fluids.continuum import (
    Characteristic,
    CompressibleFluid,
    DivergedError,
    IdealGas,
    Linear,
    Liquid,
    Obstacle,
    Outlet,
    Patch,
    PatchValues,
    Periodic,
    Surface,
    Wall,
)

WATER = Liquid(1.0, 1.0)
PLATES = {"y-": Wall(), "y+": Wall()}
BOX = {side: Wall() for side in ("x-", "x+", "y-", "y+")}
GAS = CompressibleFluid(IdealGas(), 1.0, 1.0)


def box(**changes):
    arguments = {"size": (1.0, 1.0, 1.0), "cells": (8, 8, 1), "fluid": WATER, "boundaries": BOX} | changes
    return Continuum(**arguments)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": (1.0, 1.0)}, "three entries"),
        ({"size": (1.0, np.nan, 1.0)}, "positive number"),
        ({"cells": (8, 0, 1)}, "whole number"),
        ({"cells": (8.5, 8, 1)}, "whole number"),
        ({"fluid": "water"}, "give a Liquid"),
        ({"boundaries": {"top": Wall()}}, "no side of the box"),
        ({"boundaries": PLATES}, "x- and x\\+ have no condition"),
        ({"boundaries": BOX | {"x-": Periodic()}}, "periodic on both sides"),
        ({"boundaries": BOX | {"x-": Characteristic()}}, "compressible"),
        ({"boundaries": BOX | {"x-": Outlet()}, "fluid": GAS}, "Characteristic"),
        ({"boundaries": BOX | {"x-": Wall(slip_length=-1.0)}}, "slip_length is -1.0"),
        ({"boundaries": BOX | {"x-": Wall(velocity=(np.nan, 0.0, 0.0))}}, "not finite"),
        ({"boundaries": BOX | {"x-": Wall(velocity=1.0)}}, "vector of 3"),
        ({"boundaries": BOX | {"x-": 3}}, "is no condition"),
        ({"obstacles": {"r": Obstacle(((0.1, 0.0, 0.0), (0.5, 0.5, 1.0)))}}, "x = 0.1 is no cell face"),
        ({"obstacles": {"r": Obstacle(((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)))}}, "whole box"),
        ({"obstacles": {"r": Obstacle(((0.0, 0.0, 0.0), (2.0, 1.0, 1.0)))}}, "leaves the domain"),
        ({"obstacles": {"x-": Obstacle(((0.0, 0.0, 0.0), (0.5, 1.0, 1.0)))}}, "another name"),
        ({"obstacles": {"r": Obstacle(np.zeros((8, 8), bool))}}, "give booleans"),
        ({"patches": {"p": Patch((0.4, 0.4, 0.4), (0.45, 0.45, 0.6), Wall())}}, "no face of the boundary"),
        ({"surfaces": {"s": Surface((0.5, 0.0, 0.0), (0.75, 1.0, 1.0))}}, "exactly one axis"),
        ({"surfaces": {"s": Surface((0.0, 0.0, 0.0), (0.0, 1.0, 1.0))}}, "not inside the fluid"),
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
        ({"x-": PatchValues(mass=1.0)}, "takes velocity, temperature, heat_flux"),
        ({"x-": PatchValues(velocity=np.zeros((3, 3)))}, "has shape"),
        ({"x-": PatchValues(velocity=(np.inf, 0.0, 0.0))}, "not finite"),
        ({"x-": PatchValues(velocity=(1.0, 0.0, 0.0))}, "region without outlet"),
    ],
)
def test_impossible_values(values, message):
    fluid = box()
    with pytest.raises(InputError, match=message):
        fluid.step(fluid.initial(), values, 0.1)


def test_inflow_into_a_closed_half_is_found_although_the_other_half_is_open():
    wall = Obstacle(((0.5, 0.0, 0.0), (0.625, 1.0, 1.0)))
    sides = BOX | {"x+": Outlet(), "x-": Wall(velocity=(1.0, 0.0, 0.0))}
    fluid = box(boundaries=sides, obstacles={"wall": wall})
    with pytest.raises(InputError, match="region without outlet"):
        fluid.initial()


@pytest.mark.parametrize("dt", [0.0, -1.0, np.nan])
def test_step_needs_time(dt):
    fluid = box()
    with pytest.raises(InputError, match="positive time"):
        fluid.step(fluid.initial(), dt=dt)


def test_inflow_needs_a_temperature():
    hot = Liquid(1.0, 1.0, 1.0, 1.0)
    fluid = box(fluid=hot, boundaries=BOX | {"x-": Wall(velocity=(1.0, 0.0, 0.0)), "x+": Outlet()})
    with pytest.raises(InputError, match="x-: fluid enters without a temperature"):
        fluid.step(fluid.initial(), dt=0.1)


def test_bad_fluids_and_states():
    with pytest.raises(InputError, match="density is -1"):
        Liquid(-1.0, 1.0)
    with pytest.raises(InputError, match="viscosity is nan"):
        Liquid(1.0, np.nan)
    with pytest.raises(InputError, match="stiffness is 0"):
        Linear(1.0, 1.0, 0.0, 0.0)
    with pytest.raises(InputError, match="gamma"):
        IdealGas(1.0, 1.0)
    with pytest.raises(InputError, match="one density"):
        box().initial(density=2.0)
    with pytest.raises(InputError, match="temperature is not positive"):
        box().initial(temperature=-1.0)
    with pytest.raises(InputError, match="points have shape"):
        box().fields(box().initial(), [0.0, 1.0, 2.0])
    with pytest.raises(InputError, match=r"wanted names \['speed'\]"):
        box().fields(box().initial(), [[0.5, 0.5, 0.5]], wanted=("speed", "density"))
    with pytest.raises(InputError, match="no cell face"):
        box().contents(box().initial(), (0.1, 0.0, 0.0), (1.0, 1.0, 1.0))


def test_a_diverging_run_names_what_diverged_and_keeps_the_last_good_state():
    gas = CompressibleFluid(IdealGas(), 1.0, 1.0)
    fluid = Continuum((10.0, 1.0, 1.0), (50, 1, 1), gas, {"x-": Wall(), "x+": Wall()})
    state = fluid.initial(
        velocity=lambda p: -9.0 * np.tanh(p - 5.0) * [1, 0, 0]
    )  # shocks that no scheme here can carry
    with pytest.raises(DivergedError, match="last good state|max_substeps") as caught:
        fluid.step(state, dt=20.0)
    good = caught.value.state
    assert all(np.isfinite(u).all() for u in good.velocity)
    assert np.isfinite(good.density).all()


def test_steps_that_are_far_too_long_are_refused():
    fluid = box(max_substeps=10)
    with pytest.raises(DivergedError, match="max_substeps = 10"):
        fluid.step(fluid.initial(), dt=100.0)
