"""Reduced models of nonlinear volume elements: a thousand macroscopic points for the price of one full solution."""

from __future__ import annotations

from scalebridge.solids.reduced._audit import Audit as Audit
from scalebridge.solids.reduced._audit import audit as audit
from scalebridge.solids.reduced._model import ReducedResult as ReducedResult
from scalebridge.solids.reduced._model import ReducedRVE as ReducedRVE
from scalebridge.solids.reduced._model import ReducedState as ReducedState
from scalebridge.solids.reduced._paths import RandomPaths as RandomPaths
from scalebridge.solids.reduced._reduce import enrich as enrich
from scalebridge.solids.reduced._reduce import model_from as model_from
from scalebridge.solids.reduced._reduce import reduce_rve as reduce_rve
from scalebridge.solids.reduced._reduce import resize as resize
from scalebridge.solids.reduced._reduce import stand_in as stand_in
from scalebridge.solids.reduced._reduce import validate as validate
from scalebridge.solids.reduced._snapshots import Size as Size
from scalebridge.solids.reduced._snapshots import Snapshots as Snapshots
from scalebridge.solids.reduced._snapshots import Training as Training
from scalebridge.solids.reduced._snapshots import solve_path as solve_path

__all__ = [
    "Audit",
    "RandomPaths",
    "ReducedRVE",
    "ReducedResult",
    "ReducedState",
    "Size",
    "Snapshots",
    "Training",
    "audit",
    "enrich",
    "model_from",
    "reduce_rve",
    "resize",
    "solve_path",
    "stand_in",
    "validate",
]
