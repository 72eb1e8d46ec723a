"""Bridges in time: find what is fast in a reaction network, remove it, and say how wrong that is.

    network = Network.from_sbml("model.xml")
    network.timescales(times).proposal()       # what is fast
    reduced = network.reduce(times=times)      # fast species follow slow totals
    reduced.error_bars(times)                  # how far that is from the full model, without running it
    reduced.to_sbml("reduced.xml")

Time and quantities are in the model's own units.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scalebridge.kinetics._bridge import Kinetics as Kinetics
    from scalebridge.kinetics._bridge import KineticsState as KineticsState
    from scalebridge.kinetics._detect import TimeScales as TimeScales
    from scalebridge.kinetics._error_bars import ErrorBars as ErrorBars
    from scalebridge.kinetics._fallback import SafeRun as SafeRun
    from scalebridge.kinetics.batch import Cells as Cells
    from scalebridge.kinetics.batch import simulate_cells as simulate_cells
    from scalebridge.kinetics.criteria import Criteria as Criteria
    from scalebridge.kinetics.criteria import enzyme_criteria as enzyme_criteria
    from scalebridge.kinetics.manifold import csp as csp
    from scalebridge.kinetics.manifold import ildm as ildm
    from scalebridge.kinetics.network import Network as Network
    from scalebridge.kinetics.network import Trajectory as Trajectory
    from scalebridge.kinetics.network import Violation as Violation
    from scalebridge.kinetics.reduced import Reduced as Reduced
    from scalebridge.kinetics.sensitivity import Sensitivities as Sensitivities
    from scalebridge.kinetics.stochastic import Runs as Runs
    from scalebridge.kinetics.stochastic import distortion as distortion
    from scalebridge.kinetics.stochastic import simulate_counts as simulate_counts
    from scalebridge.kinetics.stochastic import simulate_slow as simulate_slow

_HOMES = {
    "Cells": "batch",
    "Criteria": "criteria",
    "ErrorBars": "_error_bars",
    "Kinetics": "_bridge",
    "KineticsState": "_bridge",
    "Network": "network",
    "Reduced": "reduced",
    "Runs": "stochastic",
    "SafeRun": "_fallback",
    "Sensitivities": "sensitivity",
    "TimeScales": "_detect",
    "Trajectory": "network",
    "Violation": "network",
    "csp": "manifold",
    "distortion": "stochastic",
    "enzyme_criteria": "criteria",
    "ildm": "manifold",
    "simulate_cells": "batch",
    "simulate_counts": "stochastic",
    "simulate_slow": "stochastic",
}

__all__ = [
    "Cells",
    "Criteria",
    "ErrorBars",
    "Kinetics",
    "KineticsState",
    "Network",
    "Reduced",
    "Runs",
    "SafeRun",
    "Sensitivities",
    "TimeScales",
    "Trajectory",
    "Violation",
    "csp",
    "distortion",
    "enzyme_criteria",
    "ildm",
    "simulate_cells",
    "simulate_counts",
    "simulate_slow",
]


def __getattr__(name: str) -> Any:
    """Import a name's module when it is first used; SymPy and Numba load no earlier."""
    if name in _HOMES:
        return getattr(importlib.import_module(f"scalebridge.kinetics.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'scalebridge.kinetics' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted(__all__)
