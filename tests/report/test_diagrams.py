from __future__ import annotations

import itertools
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalebridge.ledger import Verdict
from scalebridge.report._ledger_file import Line
from scalebridge.report._ledger_plot import HEIGHT, WIDTH, gather, ledger_plot
from scalebridge.report._scale_map import models, scale_diagram, separation_diagram
from scalebridge.report._svg import Axis, log_axis


def entry(when: float, mismatch: float, allowed: float = 1e-8) -> Line:
    verdict = Verdict.HOLDS if mismatch <= allowed else Verdict.FAILS
    return Line("work", "J", 1.0, 1.0, mismatch, allowed, "==", verdict, "here", when)


anything = st.floats(allow_nan=True, allow_infinity=True)


def test_a_logarithmic_axis_gives_equal_room_to_equal_factors():
    axis = Axis(1.0, 1e4, 0.0, 400.0, log=True)
    assert [axis.at(10.0**e) for e in range(5)] == [0.0, 100.0, 200.0, 300.0, 400.0]
    assert axis.at(1e9) == 400.0
    assert axis.decades(10) == [0, 1, 2, 3, 4]
    assert axis.decades(3) == [0, 2, 4]


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(3, 10))
def test_ticks_are_evenly_spaced_and_on_the_axis(low: float, length: float, most: int):
    ticks = Axis(low, low + length, 0.0, 1.0).ticks(most)
    assert 1 <= len(ticks) <= most
    steps = [b - a for a, b in itertools.pairwise(ticks)]
    assert steps == pytest.approx([steps[0]] * len(steps) if steps else [], rel=1e-3)
    assert all(low - 1e-6 * length <= tick <= low + length * (1 + 1e-6) for tick in ticks)


@given(st.lists(st.floats(5e-324, 1.7e308), min_size=1, max_size=5))
def test_logarithmic_axes_take_every_positive_number(values: list[float]):
    axis = log_axis(values, 0.0, 100.0)
    assert all(0.0 <= axis.at(value) <= 100.0 for value in values)
    assert 1 <= len(axis.decades(8)) <= 8


@given(st.lists(st.tuples(anything, anything, anything), min_size=1, max_size=30))
def test_ledger_plots_take_every_number_and_stay_in_their_frame(posts: list[tuple[float, float, float]]):
    drawing = ledger_plot("plot", "work", [entry(*post) for post in posts])
    assert "nan" not in drawing.replace("not a number", "")
    for key, limit in (("cx", WIDTH), ("x1", WIDTH), ("x2", WIDTH), ("cy", HEIGHT), ("y1", HEIGHT), ("y2", HEIGHT)):
        assert all(0.0 <= float(x) <= limit for x in re.findall(rf'\b{key}="([^"]*)"', drawing))


def test_many_entries_stay_small_and_the_worst_stays_visible():
    lines = [entry(float(i), 1e-3 if i == 70_707 else 1e-11) for i in range(100_000)]
    spans = gather(lines)
    assert len(spans) <= 120
    assert max(span.high for span in spans) == 1e-3
    assert sum(span.verdict is Verdict.FAILS for span in spans) == 1
    assert len(ledger_plot("plot", "work", lines)) < 40_000


def test_a_mismatch_without_bound_is_drawn_at_the_top():
    drawing = ledger_plot("plot", "work", [entry(1.0, math.inf), entry(2.0, 1e-10)])
    assert "✕" in drawing
    assert "worst mismatch ∞" in drawing


def test_the_allowed_line_follows_its_steps():
    lines = [entry(float(i), 1e-10, 1e-8 if i < 5 else 1e-6) for i in range(10)]
    (points,) = re.findall(r'<polyline points="([^"]*)"', ledger_plot("plot", "work", lines))
    assert len(points.split()) == 4
    assert "polyline" not in ledger_plot("plot", "work", [entry(1.0, 0.0, 0.0)])


def scales(time: list[float] | None, *lengths: object) -> dict[str, object]:
    sides = ("fine", "coarse")
    return {"scales": [{"name": f"model {i}", "side": sides[i % 2], "length": length, "time": time}
                       for i, length in enumerate(lengths)]}  # fmt: skip


def boxes(drawing: str) -> list[tuple[float, float]]:
    found = re.findall(r'<rect x="([^"]*)" y="[^"]*" width="([^"]*)"[^>]*class="box', drawing)
    return [(float(x), float(x) + float(width)) for x, width in found]


@pytest.mark.parametrize("time", [None, [1e-9, 1.0]], ids=["lengths only", "space and time"])
def test_boxes_of_separated_models_stand_apart(time: list[float] | None):
    drawing = scale_diagram(models(scales(time, [1e-9, 1e-7], [1e-5, 1e-2])))
    for fine, coarse in (boxes(drawing)[:2], boxes(drawing)[2:]):
        assert fine[1] < coarse[0]
        # Two decades against three.
        assert (coarse[1] - coarse[0]) / (fine[1] - fine[0]) == pytest.approx(1.5, rel=0.02)
    assert (">time<" in drawing) == (time is not None)


@pytest.mark.parametrize("length", [None, [], [1.0], [0.0, 1.0], [-1.0, 1.0], ["a", 1.0], [math.nan, 1.0], 3])
def test_a_model_without_lengths_is_left_out(length: object):
    assert [model.name for model in models(scales(None, length, [1e-6, 1e-6]))] == ["model 1"]


def test_arrows_end_at_the_ratio_found():
    row = {"name": "a / b", "value": 100.0, "trusted": 10.0, "warned": 3.0, "verdict": "holds"}
    drawing = separation_diagram({"separations": [row, {**row, "value": 0.5, "verdict": "fails"}]})
    tips = [float(x) for x in re.findall(r'd="M([\d.]+)', drawing)][:2]
    (one, ten, hundred) = (float(x) for x in re.findall(r'<line x1="([\d.]+)"[^>]*class="grid"', drawing)[:3])
    assert tips[0] == pytest.approx(hundred)
    assert tips[1] == pytest.approx(one - 0.301 * (ten - one), abs=0.3)


def test_a_separation_without_number_has_no_arrow():
    assert separation_diagram({"separations": [{"name": "a", "value": None, "trusted": 1.0, "warned": 1.0}]}) == ""
