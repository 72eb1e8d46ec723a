from __future__ import annotations

import io

import pytest

from scalebridge.bridge import Progress
from scalebridge.study import show_progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_plain_lines_are_few_and_tell_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    stream = io.StringIO()
    with show_progress(stream, every=5.0) as show:
        for second in range(0, 101, 1):
            now = float(second)
            show(Progress(2.0 * second, 200.0, f"load {second}"))
    lines = stream.getvalue().splitlines()
    assert len(lines) == 21
    assert lines[0] == "  0 %  0:00:00  load 0"
    assert lines[1] == "  5 %  0:00:05, 0:01:35 left  load 5"
    assert lines[-1] == "100 %  0:01:40, 0:00:00 left  load 100"


def test_time_left_of_a_resumed_run_counts_its_own_work_only(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    stream = io.StringIO()
    with show_progress(stream, every=5.0) as show:
        show(Progress(90.0, 100.0))
        now = 10.0
        show(Progress(95.0, 100.0))
    assert stream.getvalue().splitlines()[-1] == " 95 %  0:00:10, 0:00:10 left"


def test_a_terminal_gets_a_bar() -> None:
    stream = Terminal()
    with show_progress(stream) as show:
        show(Progress(1.0, 4.0, "load [1]"))
    assert "load [1]" in stream.getvalue()
    assert "25%" in stream.getvalue()
