"""What `check_law` found."""

from __future__ import annotations

from dataclasses import dataclass

from scalebridge.errors import InputError


@dataclass(frozen=True, slots=True)
class LawLine:
    """One tested property.

    Attributes:
        name: the property, e.g. ``"tangent (small strain)"``.
        value: what was found, a number without unit.
        allowed: the largest value with which the property holds.
        text: what the number is.
    """

    name: str
    value: float
    allowed: float
    text: str

    @property
    def holds(self) -> bool:
        """Whether the value is allowed; NaN is not."""
        return self.value <= self.allowed

    def __str__(self) -> str:
        verdict = "holds" if self.holds else "FAILS"
        return f"{verdict}  {self.name}: {self.value:.2g} (allowed {self.allowed:.2g}); {self.text}"


@dataclass(frozen=True, slots=True)
class LawReport:
    """All tested properties of a law.

    Attributes:
        law: name of its class.
        lines: the properties in the order in which they were tested.
    """

    law: str
    lines: tuple[LawLine, ...]

    @property
    def failures(self) -> tuple[LawLine, ...]:
        """Lines that do not hold."""
        return tuple(line for line in self.lines if not line.holds)

    def __str__(self) -> str:
        return "\n".join([f"law {self.law}", *(f"  {line}" for line in self.lines)])


class LawError(InputError):
    """A law lacks a property that every law must have.

    Attributes:
        report: all that was tested.
    """

    def __init__(self, report: LawReport) -> None:
        self.report = report
        failed = "\n".join(f"  {line}" for line in report.failures)
        super().__init__(f"{report.law} is not a sound law:\n{failed}")
