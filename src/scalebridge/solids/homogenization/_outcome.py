"""What a homogenization hands over."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scalebridge.bridge import Outcome
from scalebridge.scales import Separation
from scalebridge.solids.homogenization._files import files
from scalebridge.solids.homogenization._headlines import headlines
from scalebridge.solids.homogenization._methods import methods
from scalebridge.solids.homogenization._pictures import pictures
from scalebridge.solids.homogenization._results import dataset

if TYPE_CHECKING:
    from scalebridge.solids.homogenization._bridge import Homogenization
    from scalebridge.solids.homogenization._state import HomogenizationState


def outcome(bridge: Homogenization, state: HomogenizationState) -> Outcome:
    """Data, headline numbers, measured separations, pictures, files and methods from the last state."""
    text, sources = methods(bridge, state)
    return Outcome(
        data=dataset(bridge, state),
        headlines=headlines(bridge, state),
        separations=_measured(bridge, state),
        pictures=pictures(bridge, state),
        files=files(bridge, state),
        methods=text,
        citations=sources,
    )


def _measured(bridge: Homogenization, state: HomogenizationState) -> tuple[Separation, ...]:
    """The cell that was solved against the size that the study recommends for a single cell."""
    if state.study is None:
        return ()
    wanted = state.study.recommend(realisations=1).edge
    if not math.isfinite(wanted) or wanted <= 0.0:
        return ()
    why = (
        f"A single cell smaller than this one misses the precision of {100 * state.study.precision:.2g} % that was "
        "asked for, in one property at least (Kanit et al. 2003, doi 10.1016/S0020-7683(03)00143-4)."
    )
    edge = min(bridge.microstructure.size)
    return (Separation("RVE edge / recommended edge", edge / wanted, trusted=1.0, warned=0.5, why=why),)
