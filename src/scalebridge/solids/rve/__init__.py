"""Representative volume elements: voxel finite elements, boundary conditions, nonlinear solves, tangents."""

from __future__ import annotations

from scalebridge.solids.rve._advance import Target as Target
from scalebridge.solids.rve._path import LoadPath as LoadPath
from scalebridge.solids.rve._records import Drive as Drive
from scalebridge.solids.rve._records import Homogenized as Homogenized
from scalebridge.solids.rve._records import IncrementResult as IncrementResult
from scalebridge.solids.rve._records import RVEState as RVEState
from scalebridge.solids.rve._rve import RVE as RVE
from scalebridge.solids.rve._status import Status as Status

__all__ = ["RVE", "Drive", "Homogenized", "IncrementResult", "LoadPath", "RVEState", "Status", "Target"]
