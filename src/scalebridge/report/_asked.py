"""What a run was asked, and on which scales it works."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scalebridge.report._html import Markup, definitions, fold, join, paragraph, table, tag
from scalebridge.report._numbers import count, duration, memory, number
from scalebridge.report._record import Record, field, interval, numeral, part, parts
from scalebridge.report._scale_map import length_range, models, scale_diagram, separation_diagram
from scalebridge.report._verdicts import badge, verdict_of


def study(record: Record) -> Markup:
    """The study, table by table, and the file as it was run."""
    if not record.study_text:
        return paragraph("The study is not in the run folder.", class_="quiet")
    original = fold("The study file as it was run", tag("pre", tag("code", record.study_text), tabindex="0"))
    return join((tag("div", *_tables("", record.study), class_="study"), original))


def _tables(path: str, values: Mapping[str, Any]) -> Iterator[Markup]:
    """The plain values of a table under its name, then the tables in it."""
    nested = {key: value for key, value in values.items() if _nested(value) and not (path and _fits_a_line(value))}
    plain = [(_words(key), _shown(value)) for key, value in values.items() if key not in nested]
    if plain:
        yield tag("section", tag("h3", path) if path else "", definitions(plain))
    for key, value in nested.items():
        name = f"{path} · {_words(key)}" if path else _words(key)
        if isinstance(value, Mapping):
            yield from _tables(name, value)
        else:
            for i, item in enumerate(value, start=1):
                yield from _tables(f"{name} {i}", item)


def _nested(value: object) -> bool:
    return isinstance(value, Mapping) or (
        isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) for item in value)
    )


def _fits_a_line(value: object) -> bool:
    """Whether a table is small enough to be a value of the table around it."""
    return isinstance(value, Mapping) and len(value) <= 3 and not any(map(_nested, value.values()))


def _words(key: str) -> str:
    return key.replace("_", " ")


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{_words(key)} = {_shown(item)}" for key, item in value.items())
    return ", ".join(_shown(item) for item in value) if isinstance(value, list) else str(value)


def scale_map(record: Record) -> Markup:
    """Both models and the separations between scales, drawn and in numbers."""
    found = models(record.scales)
    if not found:
        return paragraph("The run has not stated its scales.", class_="quiet")
    caption = (
        "What each model resolves at its finest and represents at its largest"
        + (", in length" if any(model.time is None for model in found) else ", in length and time")
        + ", on logarithmic axes."
    )
    legend = paragraph(
        tag("span", "fine model", class_="key fine"), tag("span", "coarse model", class_="key coarse"), class_="legend"
    )
    drawn = tag("figure", legend, scale_diagram(found), tag("figcaption", caption))
    return join((drawn, _model_table(record), _separations(record)))


def _model_table(record: Record) -> Markup:
    head = ("Model", "Side", "Lengths", "Times", "Unknowns", "Per step")
    rows = [
        (
            field(item, "name"),
            field(item, "side"),
            length_range(length) if (length := interval(item, "length")) else "–",
            f"{duration(time[0])} – {duration(time[1])}" if (time := interval(item, "time")) else "no time",
            count(numeral(item, "unknowns")),
            duration(numeral(item, "seconds_per_step")),
        )
        for item in parts(record.scales, "scales")
    ]
    return table(head, rows, caption="The models and their scales", numeric=(4, 5))


def _separations(record: Record) -> Markup:
    rows = list(parts(record.scales, "separations"))
    if not rows:
        return Markup("")
    caption = (
        "Each arrow runs from a ratio of one to the ratio found. Shaded behind it, from left to right: where the "
        "theory is refused, where it warns, and where it is trusted."
    )
    reasons = [
        tag(
            "li",
            badge(verdict_of(field(row, "verdict"))),
            " ",
            tag("strong", field(row, "name")),
            f": {field(row, 'why')}",
        )
        for row in rows
    ]
    drawn = tag("figure", separation_diagram(record.scales), tag("figcaption", caption))
    return join((tag("h3", "Separations"), drawn, tag("ul", *reasons, class_="reasons")))


def costs(record: Record) -> Markup:
    """Predicted and measured costs, and what the bridge saves."""
    brute, bridge = part(record.scales, "brute_force"), part(record.scales, "bridge")
    cpu, wall = numeral(record.provenance, "cpu_seconds"), numeral(record.provenance, "wall_seconds")
    rows: list[Sequence[object]] = [_predicted(item) for item in (brute, bridge) if item]
    if cpu is not None or wall is not None:
        basis = f"measured; {duration(wall)} on the clock" if wall is not None else "measured"
        rows.append(("this run", duration(cpu), "–", basis))
    if not rows:
        return paragraph("No costs were predicted or measured.", class_="quiet")
    head = ("Way to the answer", "Processor time", "Memory", "Basis")
    return join(
        (_saving(brute, bridge, cpu), table(head, rows, caption="Predicted and measured costs", numeric=(1, 2)))
    )


def _predicted(item: Mapping[str, Any]) -> Sequence[object]:
    basis = f"predicted; {field(item, 'basis', 'basis not stated')}"
    return field(item, "name"), duration(numeral(item, "seconds")), memory(numeral(item, "memory")), basis


def _saving(brute: Mapping[str, Any], bridge: Mapping[str, Any], cpu: float | None) -> Markup:
    direct, own = numeral(brute, "seconds"), cpu if cpu is not None else numeral(bridge, "seconds")
    if direct is None or own is None or own <= 0.0 or direct <= 0.0:
        return Markup("")
    if direct < own:
        return paragraph(f"{field(brute, 'name')} would have been cheaper than this bridge.")
    words = (
        f"{field(brute, 'name')} would take about {number(direct / own, 2)} times the processor time of this bridge."
    )
    return paragraph(words[:1].upper() + words[1:])
