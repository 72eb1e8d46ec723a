from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
import xarray as xr

from scalebridge.bridge import Headline, Outcome
from scalebridge.errors import ConvergenceError
from scalebridge.study._finite import require_finite_outcome, require_no_nan


@dataclass(frozen=True)
class Inner:
    values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
    holes: float = field(default=float("nan"), metadata={"missing": "not every load converged"})


@dataclass(frozen=True)
class Outer:
    parts: dict[str, tuple[Inner, ...]]
    name: str = "nan"


def test_the_place_of_a_nan_is_named() -> None:
    values = np.zeros((2, 3))
    state = Outer({"left": (Inner(values),)})
    require_no_nan(state, "Step 1")
    values[1, 2] = np.nan
    with pytest.raises(ConvergenceError, match=r"Step 1: state\.parts\['left'\]\[0\]\.values\[1, 2\] is not a number"):
        require_no_nan(state, "Step 1")


@pytest.mark.parametrize("good", [1, "nan", None, np.arange(3), np.array(["nan"]), [1.0, 2j], np.float32(1.0)])
def test_what_is_a_number_or_none_passes(good: object) -> None:
    require_no_nan(good, "Start")


@pytest.mark.parametrize("bad", [float("nan"), complex(0.0, float("nan")), np.float32("nan"), [np.nan], {"a": np.nan}])
def test_what_is_not_a_number_is_found(bad: object) -> None:
    with pytest.raises(ConvergenceError):
        require_no_nan(bad, "Start")


def outcome(value: float = 1.0, error: float | None = None, **attributes: str) -> Outcome:
    data = xr.Dataset({"stress": ("load", np.array([1.0, np.nan if attributes else 2.0]), attributes)})
    return Outcome(data, {"stiffness": Headline(value, "Pa", "stiffness", error)})


def test_outcomes() -> None:
    require_finite_outcome(outcome())
    require_finite_outcome(outcome(missing="NaN where a load did not converge"))
    with pytest.raises(ConvergenceError, match="Result 'stress' holds NaN"):
        require_finite_outcome(outcome(units="Pa"))
    with pytest.raises(ConvergenceError, match="'stiffness' is inf"):
        require_finite_outcome(outcome(np.inf))
    with pytest.raises(ConvergenceError, match="with error nan"):
        require_finite_outcome(outcome(1.0, np.nan))
