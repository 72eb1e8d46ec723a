"""Coarse-graining in one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from scalebridge.molecules.coarse._bridge import CoarseGraining
from scalebridge.molecules.coarse._model import CoarseModel, model_of
from scalebridge.molecules.coarse._settings import Fit, Method
from scalebridge.molecules.coarse._source import Given
from scalebridge.molecules.coarse._state import CoarseState
from scalebridge.molecules.coarse._target import target_of
from scalebridge.molecules.dynamics import Protocol
from scalebridge.molecules.mapping import Mapping
from scalebridge.molecules.potentials import Potential
from scalebridge.parallel import SerialExecutor


def coarsen(
    reference: Any,
    mapping: Mapping | None = None,
    *,
    method: Method = "ibi",
    step: float = 0.01,
    initial: dict[str, Potential] | None = None,
    fixed: dict[str, Potential] | None = None,
    seed: int = 0,
    state: CoarseState | None = None,
    report: Callable[[CoarseState], None] | None = None,
    **settings: Any,
) -> CoarseModel:
    """Make a coarse model from an all-atom reference or from distributions.

    Everything stays in memory. Killed iterations continue from the last potential: keep what `report` is given and hand it
    in as `state`; a study (``bridge = "coarse-graining"``) does so by itself.

    Args:
        reference: `Reference`, `Target`, or several of them at different state points that share one set of potentials.
        mapping: from atoms to beads; None where the reference is a `Target`.
        method: "bi", "ibi", "imc", "gn", "fm" or "re".
        step: width of the bins of distances, nm.
        initial: potentials to begin with, by term.
        fixed: potentials of terms that are not fitted.
        seed: of all randomness.
        state: where an earlier call had arrived.
        report: called after every iteration.
        **settings: of `Fit`: cutoff, iterations, iteration (a `Protocol`), pressure, ridge, knots, ...

    Raises:
        InputError: settings, mapping and reference do not fit together; forces are missing for "fm".
        ConvergenceError: a coarse simulation has blown up.
    """
    several = reference if isinstance(reference, Sequence) else (reference,)
    held = dict(fixed or {})
    targets = tuple(
        target_of(one, mapping, step=step, fixed=tuple(held), forces=method == "fm") for one in several
    )
    fit = Fit(method=method, fixed=held, **{"iteration": Protocol(2500, 0.004, 20, 250), **settings})
    bridge = CoarseGraining(tuple(Given(target) for target in targets), fit, None, dict(initial or {}))
    current = bridge.init(np.random.SeedSequence(seed)) if state is None else state
    entries: list[Any] = []
    worker = SerialExecutor()
    while not _fitted(bridge, current):
        made = bridge.step(current, worker)
        current = made.state
        entries += made.entries
        if report is not None:
            report(current)
    return model_of(targets, fit, current, bridge.potentials(current), entries)


def _fitted(bridge: CoarseGraining, state: CoarseState) -> bool:
    """Whether only the final simulation is left."""
    if not state.targets:
        return False
    if not bridge.fit.iterative:
        return bool(state.tables) and (bridge.fit.method != "fm" or bool(state.residual))
    return len(state.history) >= bridge.fit.iterations
