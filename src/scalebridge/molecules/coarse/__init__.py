"""Coarse-graining: targets, methods as a bridge, and the coarse model that comes out."""

from __future__ import annotations

from scalebridge.molecules.coarse._bridge import CoarseGraining as CoarseGraining
from scalebridge.molecules.coarse._coarsen import coarsen as coarsen
from scalebridge.molecules.coarse._compare import Comparison as Comparison
from scalebridge.molecules.coarse._model import CoarseModel as CoarseModel
from scalebridge.molecules.coarse._settings import Fit as Fit
from scalebridge.molecules.coarse._source import Files as Files
from scalebridge.molecules.coarse._source import Given as Given
from scalebridge.molecules.coarse._source import Simulated as Simulated
from scalebridge.molecules.coarse._source import Source as Source
from scalebridge.molecules.coarse._state import CoarseState as CoarseState
from scalebridge.molecules.coarse._target import Target as Target

__all__ = ["CoarseGraining", "CoarseModel", "CoarseState", "Comparison", "Files", "Fit", "Given", "Simulated", "Source", "Target", "coarsen"]
