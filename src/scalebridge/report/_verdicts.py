"""How verdicts look: a sign, a word and a colour, so that no one has to tell colours apart."""

from __future__ import annotations

from scalebridge.ledger import Verdict
from scalebridge.report._html import Markup, tag

SIGNS = {Verdict.HOLDS: "✓", Verdict.WARNS: "!", Verdict.FAILS: "✕"}


def verdict_of(word: str) -> Verdict | None:
    """The verdict called `word`; None where there is none of this name."""
    return next((verdict for verdict in Verdict if verdict.value == word), None)


def style(verdict: Verdict | None) -> str:
    """Class that carries the colour."""
    return "unknown" if verdict is None else verdict.value


def badge(verdict: Verdict | None, word: str = "") -> Markup:
    """A small sign with its word."""
    sign = "?" if verdict is None else SIGNS[verdict]
    shown = word or ("unknown" if verdict is None else verdict.value)
    return tag("span", tag("span", sign, class_="sign", aria_hidden="true"), shown, class_=f"badge {style(verdict)}")
