"""What the command line prints: plans, runs and results."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from scalebridge.ledger import Verdict
from scalebridge.scales import Cost, Scale, ScaleMap, Separation

if TYPE_CHECKING:
    from scalebridge.bridge import Headline
    from scalebridge.certificate import Certificate
    from scalebridge.study import ListedRun, RunResult

_COLOURS = {Verdict.HOLDS: "green", Verdict.WARNS: "yellow", Verdict.FAILS: "red"}
_WORDS = {
    Verdict.HOLDS: "The certificate holds: the books balance.",
    Verdict.WARNS: "The certificate warns: the books balance, with reservations; see the lines that warn.",
    Verdict.FAILS: "The certificate fails: the books do not balance.",
}


def show_plan(scales: ScaleMap) -> None:
    """Print scales, separations and costs."""
    console = _console()
    console.print(_table("Scales", ("model", "side", "length", "time", "unknowns"), map(_scale, scales.scales)))
    if scales.separations:
        heads = ("ratio", "value", "trusted from", "verdict", "why")
        console.print(_table("Separations", heads, map(_separation, scales.separations)))
    costs = [cost for cost in (scales.brute_force, scales.bridge) if cost is not None]
    if costs:
        console.print(_table("Predicted cost", ("way", "processor time", "memory", "basis"), map(_cost, costs)))
    if scales.brute_force is not None and scales.bridge is not None and scales.bridge.seconds > 0.0:
        console.print(f"Brute force takes {scales.brute_force.seconds / scales.bridge.seconds:.2g} times as long.")


def show_runs(runs: Iterable[ListedRun], home: Path) -> None:
    """Print one line per run."""
    rows = [_run(run, home) for run in runs]
    if not rows:
        print(f"No runs in {home}")
        return
    heads = ("folder", "bridge", "state", "certificate", "headline", "started (UTC)")
    _console().print(_table("", heads, rows))


def show_result(result: RunResult) -> None:
    """Print headline numbers, certificate and where the report is."""
    console = _console()
    summary = result.summary
    rows = [(headline.label, headline_text(headline)) for headline in summary.headlines.values()]
    console.print(_table(summary.title or summary.bridge, ("", "value"), rows))
    console.print(_certificate(summary.certificate))
    console.print(Text(_WORDS[summary.certificate.verdict], style=_COLOURS[summary.certificate.verdict]))
    if summary.failures:
        plural = "piece" if summary.failures == 1 else "pieces"
        console.print(f"{summary.failures} {plural} of work did not succeed; the report lists them.")
    if result.report is None:
        console.print(Text(f"The results are safe, but the report could not be written: {result.report_problem}"))
    # Paths are printed whole: a console would break them at its width, and people copy them.
    print(f"Run: {result.folder}")
    if result.report is not None:
        print(f"Report: {result.report}")


def headline_text(headline: Headline) -> str:
    """A headline number with its error and unit."""
    unit = "" if headline.unit == "1" else f" {headline.unit}"
    error = "" if headline.error is None else f" ± {headline.error:.2g}"
    return f"{headline.value:.6g}{error}{unit}"


def duration(seconds: float) -> str:
    """A time as people say it."""
    for limit, size, unit in (
        (60.0, 1.0, "s"),
        (3600.0, 60.0, "min"),
        (86400.0, 3600.0, "h"),
        (3.2e7, 86400.0, "days"),
    ):
        if seconds < limit:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 31557600.0:.3g} years"


def size(count: float) -> str:
    """A number of bytes as people say it."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 1000.0:
            return f"{count:.3g} {unit}"
        count /= 1000.0
    return f"{count:.3g} PB"


def _console() -> Console:
    """A console as wide as the terminal; wide enough for whole lines where the output goes to a file."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 160)


def _table(title: str, heads: Iterable[str], rows: Iterable[tuple[str | Text, ...]]) -> Table:
    table = Table(title=Text(title) if title else None, title_justify="left", box=None, pad_edge=False)
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    return table


def _verdict(verdict: Verdict) -> Text:
    return Text(verdict.value, style=_COLOURS[verdict])


def _span(span: tuple[float, float] | None, unit: str) -> str:
    return "" if span is None else f"{span[0]:.3g} to {span[1]:.3g} {unit}"


def _scale(scale: Scale) -> tuple[str | Text, ...]:
    return scale.name, scale.side, _span(scale.length, "m"), _span(scale.time, "s"), f"{scale.unknowns:.3g}"


def _separation(found: Separation) -> tuple[str | Text, ...]:
    return found.name, f"{found.value:.3g}", f"{found.trusted:.3g}", _verdict(found.verdict), found.why


def _cost(cost: Cost) -> tuple[str | Text, ...]:
    return cost.name, duration(cost.seconds), size(cost.memory), cost.basis


def _run(run: ListedRun, home: Path) -> tuple[str | Text, ...]:
    where = str(run.folder.relative_to(home)) if run.folder.is_relative_to(home) else str(run.folder)
    started = run.started[:16].replace("T", " ")
    if run.summary is None:
        return where, "", run.state, "", "", started
    first = next(iter(run.summary.headlines.values()), None)
    headline = f"{first.label}: {headline_text(first)}" if first else ""
    return where, run.summary.bridge, run.state, _verdict(run.summary.certificate.verdict), headline, started


def _certificate(certificate: Certificate) -> Table:
    rows = [
        (
            line.name,
            f"{line.value:.3g}",
            f"{'<=' if line.kind == 'balance' else '>='} {line.allowed:.3g}",
            _verdict(line.verdict),
        )
        for line in certificate.lines
    ]
    return _table("Certificate", ("line", "worst", "allowed", "verdict"), rows)
