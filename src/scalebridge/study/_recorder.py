"""What of a run is on the disk while it goes on."""

from __future__ import annotations

import time
from pathlib import Path

from scalebridge.ledger import Ledger
from scalebridge.study import _provenance, _records
from scalebridge.study._checkpoint import CheckpointPace, Point, load_checkpoint, save_checkpoint
from scalebridge.study._clock import Clock


class Recorder:
    """Keeps the last point of a run and writes checkpoints of it, when due and when the run ends early.

    Attributes:
        last: the last point reached; None before the first state.
    """

    def __init__(self, home: Path, study: str, interval: float) -> None:
        """Begin where the last checkpoint left off.

        Args:
            home: the run folder.
            study: fingerprint of the study and its input.
            interval: shortest time between two checkpoints, in seconds.

        Raises:
            RunError: there are checkpoints and none can be used.
        """
        self._home = home
        self._study = study
        self._pace = CheckpointPace(interval)
        self.last = load_checkpoint(home, study)
        self._clock = Clock.start(self.last)
        self._saved = self.last

    def reached(self, point: Point, ledger: Ledger) -> None:
        """Take note of a point; write it down when due."""
        self.last = point
        if point.steps > 0 and self._pace.due():
            began = time.monotonic()
            ledger.sync()
            self._save(point)
            self._pace.saved(time.monotonic() - began)

    def end(self, how: str) -> None:
        """Write down the last point and how the session ended."""
        if self.last is not None and self.last.steps > 0 and self.last is not self._saved:
            self._save(self.last)
        last = None if self.last is None else self._clock.stamp(self.last)
        _provenance.close_session(self._home, how, last)

    def _save(self, point: Point) -> None:
        save_checkpoint(self._home, self._clock.stamp(point), self._study)
        _records.write_failures(self._home, point.failures)
        self._saved = point
