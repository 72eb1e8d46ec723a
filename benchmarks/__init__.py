"""Benchmarks: one file per figure; a claim of speed is a ratio measured in one run.

``python -m benchmarks`` runs all of them, ``python -m benchmarks parallel`` one. Each ``bench_<name>.py`` has a
function ``run`` that returns a `Figure`; its table is printed and goes to ``benchmarks/results/<name>.json`` together
with the machine.
"""

from __future__ import annotations

from benchmarks._figure import Figure as Figure
from benchmarks._measure import Cost as Cost
from benchmarks._measure import measure as measure

__all__ = ["Cost", "Figure", "measure"]
