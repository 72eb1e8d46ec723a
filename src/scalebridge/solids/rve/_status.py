"""How a solve ended: a value that batches can carry, worded for whoever reads it."""

from __future__ import annotations

from enum import Enum


class Status(Enum):
    """Outcome of one load; the value is the sentence shown to the user."""

    CONVERGED = "Converged."
    STALLED = "Newton's method no longer reduced the residual. Take smaller increments or check the law with check_law."
    LAW_FAILED = (
        "A law had no answer at some integration point (local iteration not converged or inverted volume). "
        "Take smaller increments."
    )
    INDEFINITE = (
        "The stiffness is no longer positive definite: the material loses ellipticity or the load has no stable "
        "answer. Prescribe strain instead of stress, or stop before this load."
    )
    ITERATIONS = (
        "The iteration limit was reached before the tolerance. Raise the limit, loosen the tolerance or lower the "
        "contrast."
    )
    NOT_FINITE = "The solution is not finite. Check load, laws and units."
    SKIPPED = "Not computed, since an earlier increment of the path did not converge."
