"""The conformance kit of the interface: what every continuum fluid must keep."""

from __future__ import annotations

import pickle
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from scalebridge.fluids.continuum._interface import AbstractContinuum, Boundary, books


def check_continuum(
    fluid: AbstractContinuum[Any],
    dt: float,
    *,
    boundary: Boundary | None = None,
    steps: int = 3,
    tolerance: float = 1e-12,
) -> None:
    """Test that books close, that states are values, and that fields and fluxes have the promised shapes.

    Args:
        fluid: what to test.
        dt: duration of the steps.
        boundary: values on patches for every step.
        steps: number of steps.
        tolerance: largest relative residual of the books.

    Raises:
        AssertionError: what is not kept.
    """
    state = fluid.initial()
    for _ in range(steps):
        kept = pickle.dumps(state)
        after, fluxes = fluid.step(state, boundary, dt)
        assert pickle.dumps(state) == kept, "step changed the state that it was given"
        again, _ = fluid.step(pickle.loads(kept), boundary, dt)
        assert _numbers(again) == _numbers(after), "the same step gave another state"
        mismatch = books(fluid.contents(state), fluid.contents(after), fluxes).mismatch
        assert max(mismatch) <= tolerance, f"books of mass, momentum and energy do not close: {mismatch}"
        for faces, found in ((fluid.patches, fluxes.patches), (fluid.surfaces, fluxes.surfaces)):
            assert set(faces) == set(found), f"fluxes of {sorted(found)} where there are {sorted(faces)}"
            for name, geometry in faces.items():
                assert found[name].momentum.shape == (len(geometry), 3), f"momentum of {name} has a wrong shape"
        state = after
    points = np.concatenate([faces.centre for faces in fluid.patches.values()])
    found_there = fluid.fields(state, points, boundary)
    assert found_there.stress.shape == (len(points), 3, 3), "stress has a wrong shape"
    assert np.isfinite(found_there.velocity).all(), "velocity is not finite on the boundary"
    assert fluid.stable_step(state) > 0.0, "stable_step is not positive"


def _numbers(value: Any) -> bytes:
    """All numbers of a state."""
    if is_dataclass(value):
        return b"".join(_numbers(getattr(value, f.name)) for f in fields(value))
    if isinstance(value, tuple | list):
        return b"".join(_numbers(x) for x in value)
    return np.asarray(value).tobytes()
