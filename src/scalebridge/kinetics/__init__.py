"""Bridges in time: find what is fast in a reaction network, remove it, and say how wrong that is.

    network = Network.from_sbml("model.xml")
    network.timescales(times).proposal()       # what is fast
    reduced = network.reduce(times=times)      # fast species follow slow totals
    reduced.error_bars(times)                  # how far that is from the full model, without running it
    reduced.to_sbml("reduced.xml")

Time and quantities are in the model's own units.
"""

from __future__ import annotations

from scalebridge.kinetics.network import Network as Network
from scalebridge.kinetics.network import Trajectory as Trajectory
from scalebridge.kinetics.reduced import Reduced as Reduced

__all__ = ["Network", "Reduced", "Trajectory"]
