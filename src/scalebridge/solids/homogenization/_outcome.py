"""What a homogenization hands over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scalebridge.bridge import Headline, Outcome
from scalebridge.solids.homogenization._results import dataset

if TYPE_CHECKING:
    from scalebridge.solids.homogenization._bridge import Homogenization
    from scalebridge.solids.homogenization._state import HomogenizationState


def outcome(bridge: Homogenization, state: HomogenizationState) -> Outcome:
    """Everything from the last state."""
    return Outcome(dataset(bridge, state), {"x": Headline(1.0, "1", "x")})
