"""FE²: a body whose material is simulated at every integration point.

Units are SI. Points, strains and stresses are (n, 3, 3); tangents (n, 6, 6) Mandel, order 11, 22, 33, 23, 13, 12, in
small strain and (n, 9, 9) row-major dP/dF in finite strain.
"""

from __future__ import annotations

from scalebridge.solids.fe2._bridge import Cell as Cell
from scalebridge.solids.fe2._bridge import FE2Bridge as FE2Bridge
from scalebridge.solids.fe2._bridge import FE2BridgeState as FE2BridgeState
from scalebridge.solids.fe2._bridge import Part as Part
from scalebridge.solids.fe2._conditions import BodyForce as BodyForce
from scalebridge.solids.fe2._conditions import Displacement as Displacement
from scalebridge.solids.fe2._conditions import Pressure as Pressure
from scalebridge.solids.fe2._conditions import Traction as Traction
from scalebridge.solids.fe2._fe2 import FE2 as FE2
from scalebridge.solids.fe2._ladder import Ladder as Ladder
from scalebridge.solids.fe2._ladder import ReducedModel as ReducedModel
from scalebridge.solids.fe2._materials import Oriented as Oriented
from scalebridge.solids.fe2._mesh import read_mesh as read_mesh
from scalebridge.solids.fe2._micro_simulation import MicroSimulation as MicroSimulation
from scalebridge.solids.fe2._points import Answer as Answer
from scalebridge.solids.fe2._points import MaterialPoints as MaterialPoints
from scalebridge.solids.fe2._records import FE2Result as FE2Result
from scalebridge.solids.fe2._records import FE2State as FE2State
from scalebridge.solids.fe2._records import StepResult as StepResult
from scalebridge.solids.fe2._records import StepStatus as StepStatus
from scalebridge.solids.fe2._space import macro_space as macro_space
from scalebridge.solids.fe2._training import OnTheFly as OnTheFly
from scalebridge.solids.fe2._wing import Lift as Lift
from scalebridge.solids.fe2._wing import Wing as Wing

__all__ = [
    "FE2",
    "Answer",
    "BodyForce",
    "Cell",
    "Displacement",
    "FE2Bridge",
    "FE2BridgeState",
    "FE2Result",
    "FE2State",
    "Ladder",
    "Lift",
    "MaterialPoints",
    "MicroSimulation",
    "OnTheFly",
    "Oriented",
    "Part",
    "Pressure",
    "ReducedModel",
    "StepResult",
    "StepStatus",
    "Traction",
    "Wing",
    "macro_space",
    "read_mesh",
]
