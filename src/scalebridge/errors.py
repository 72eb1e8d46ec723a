"""Every error that scalebridge raises on purpose.

Each derives from `ScalebridgeError` and from the built-in that fits, so that callers can catch either. A message
says what was found, where, what is allowed and what to do next.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class ScalebridgeError(Exception):
    """Base of all errors raised by scalebridge."""


class InputError(ScalebridgeError, ValueError):
    """An argument or a file does not describe something that can be computed."""


class ConvergenceError(ScalebridgeError, RuntimeError):
    """A solver stopped before it reached its tolerance."""


class RunError(ScalebridgeError, RuntimeError):
    """A run folder cannot be used as asked (exists already, is damaged, holds no checkpoint)."""


class WorkerLostError(ScalebridgeError, RuntimeError):
    """Work was lost with its worker more often than the retries allow."""


class MissingExtraError(ScalebridgeError, ImportError):
    """A package that belongs to an optional extra is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"The package '{package}' is needed here and is not installed. "
            f"It comes with the extra '{extra}': pip install 'scalebridge[{extra}]'"
        )
        self.package = package
        self.extra = extra


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a study: where it stands, what was found, what is allowed, and a suggestion.

    Attributes:
        key: dotted path of the key, e.g. ``"laws.matrix.poisson_ratio"``.
        found: the value as written.
        allowed: what would be accepted there, as a sentence.
        suggestion: the nearest valid name or value; empty where there is none.
        line: line of the study file, counted from 1; None where it is not known.
    """

    key: str
    found: str
    allowed: str
    suggestion: str = ""
    line: int | None = None

    def __str__(self) -> str:
        place = f"{self.key}" + (f" (line {self.line})" if self.line is not None else "")
        hint = f" Did you mean {self.suggestion}?" if self.suggestion else ""
        return f"{place}: found {self.found}; allowed: {self.allowed}.{hint}"


class StudyError(ScalebridgeError, ValueError):
    """A study has mistakes; all of them are listed.

    Attributes:
        problems: every mistake found, in file order.
    """

    def __init__(self, problems: Iterable[Problem], source: str = "study") -> None:
        self.problems = tuple(problems)
        self.source = source
        n = len(self.problems)
        head = f"{source}: {n} mistake{'' if n == 1 else 's'}"
        super().__init__("\n".join([head, *(f"  - {p}" for p in self.problems)]))
