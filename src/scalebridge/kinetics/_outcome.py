"""What a run of the bridge in time hands over: data, headline numbers, pictures, files, methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scalebridge.bridge import Citation, Headline, Outcome
from scalebridge.kinetics._draw import pictures

if TYPE_CHECKING:
    from scalebridge.kinetics._bridge import Kinetics, KineticsState

_SOURCES = (
    Citation("S. H. Lam, D. A. Goussis, 1994, Int. J. Chem. Kinet. 26, 461", "10.1002/kin.550260408",
             "exhausted modes, refinement"),
    Citation("U. Maas, S. B. Pope, 1992, Combust. Flame 88, 239", "10.1016/0010-2180(92)90034-M",
             "invariant subspaces by ordered Schur forms"),
    Citation("J. A. M. Borghans, R. J. de Boer, L. A. Segel, 1996, Bull. Math. Biol. 58, 43", "10.1007/BF02458281",
             "slow totals"),
    Citation("A. C. Hindmarsh et al., 2005, ACM Trans. Math. Softw. 31, 363", "10.1145/1089014.1089020",
             "integration (CVODE, IDA)"),
    Citation("F. T. Bergmann et al., libSBML; B. J. Bornstein et al., 2008, Bioinformatics 24, 880",
             "10.1093/bioinformatics/btn051", "reading and checking SBML"),
)  # fmt: skip


def outcome(bridge: Kinetics, state: KineticsState) -> Outcome:
    """See the module."""
    import xarray as xr

    from scalebridge.kinetics._bridge import UNKNOWN

    unit = {"units": "model unit"}
    over = ("time", "state")
    missing = {} if np.isfinite(state.bars).all() else {"missing": UNKNOWN}
    data = xr.Dataset(
        {
            "full": (over, state.full, unit),
            "reduced": (over, state.reduced, unit),
            "bar": (over, state.bars, unit | missing),
            "pointer": (over, state.pointers, {"units": "1"}),
            "tau": (("time", "mode"), state.tau, {"units": "model time"}),
            "participation": (("time", "reaction"), state.participation, {"units": "1"}),
            "importance": (("time", "reaction"), state.importance, {"units": "1"}),
            "fast_modes": ("time", state.fast_modes, {"units": "1"}),
            "gap": ("time", state.gap, {"units": "1", "missing": "no gap at this time is wide enough"}),
            "fast_ratio": ("time", state.fast_ratio, {"units": "1"} | missing),
        },
        coords={
            "time": ("time", np.array(bridge.times), {"units": "model time"}),
            "state": list(state.names),
            "reaction": list(state.reactions),
        },
    )
    return Outcome(
        data=data, headlines=_headlines(bridge, state), separations=(bridge.separation(state),),
        pictures=pictures(bridge, state),
        files={"reduced.xml": state.sbml.encode(), "formulas.txt": _formulas(bridge, state).encode()},
        methods=_methods(bridge, state), citations=_SOURCES,
    )  # fmt: skip


def _headlines(bridge: Kinetics, state: KineticsState) -> dict[str, Headline]:
    late = bridge.late
    size = np.maximum(np.abs(state.full[late]).max(0), 1e-300)
    error = np.abs(state.full - state.reduced)[late].max(0) / size
    bar = np.nan_to_num(state.bars[late]).max(0) / size
    return {
        "slow_variables": Headline(float(len(state.slow)), "1", "variables still integrated"),
        "eliminated": Headline(float(len(state.eliminated)), "1", "species that follow"),
        "worst_bar": Headline(float(bar.max()), "1", f"largest error bar, relative ({state.names[int(bar.argmax())]})"),
        "worst_error": Headline(
            float(error.max()), "1", f"largest true error, relative ({state.names[int(error.argmax())]})"
        ),
        "full_evaluations": Headline(float(state.evaluations[0]), "1", "rate evaluations, full model (implicit)"),
        "reduced_evaluations": Headline(float(state.evaluations[1]), "1", "rate evaluations, reduced model (implicit)"),
    }


def _formulas(bridge: Kinetics, state: KineticsState) -> str:
    reduced = bridge._made(state)
    return "\n".join(f"{left} = {right}" for left, right in reduced.formulas().items()) + "\n"


def _methods(bridge: Kinetics, state: KineticsState) -> str:
    how = "by formulas" if state.closed else "by algebraic equations solved with the slow variables"
    return (
        f"The network of {len(state.names)} states was integrated in full [4], read with libSBML [5]. "
        f"Along the run its Jacobian was split by ordered Schur forms, conserved moieties left out [2]; "
        f"modes count as exhausted when their refined amplitudes are spent [1]. "
        f"{len(state.eliminated)} species ({', '.join(state.eliminated[:12])}) were taken as "
        f"{bridge.relation}, in slow totals [3], {how}; {len(state.slow)} slow variables are left. The error bars are "
        f"1.2 times the first-order defect of the slow manifold, transported by the linearised slow dynamics, plus the "
        f"size of the next term."
    )
