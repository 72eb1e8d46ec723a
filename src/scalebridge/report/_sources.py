"""How a run was made: methods with their sources, and provenance."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from scalebridge.report._html import Markup, definitions, fold, join, paragraph, raw, table, tag, text
from scalebridge.report._numbers import duration
from scalebridge.report._record import Record, field, numeral, part, parts

_DOI = re.compile(r"10\.\d{4,9}/\S+")


def methods(record: Record) -> Markup:
    """Methods text, numbered references, and the same for a bibliography."""
    words, sources = field(record.methods, "methods"), list(parts(record.methods, "citations"))
    if not words and not sources:
        return paragraph("The methods text is written when a run ends.", class_="quiet")
    body = [paragraph(_linked(block, len(sources))) for block in re.split(r"\n\s*\n", words.strip()) if block]
    if not sources:
        return join(body)
    entries = "\n\n".join(bibtex(sources))
    copy = tag("button", "Copy", type="button", class_="copy", data_copies="bibtex")
    book = fold("BibTeX", copy, tag("pre", tag("code", entries), id="bibtex", tabindex="0"))
    references = tag("ol", *(_reference(i, item) for i, item in enumerate(sources, start=1)), class_="references")
    return join((*body, tag("h3", "References"), references, book))


def _linked(block: str, known: int) -> Markup:
    """`block` with its ``[1]`` and ``[1, 2]`` leading to the references."""

    def link(match: re.Match[str]) -> str:
        return tag("a", match[0], href=f"#reference-{match[0]}") if 0 < int(match[0]) <= known else match[0]

    def group(match: re.Match[str]) -> str:
        return re.sub(r"\d+", link, match[0])

    return raw(re.sub(r"\[\d{1,3}(?:\s*[,–-]\s*\d{1,3})*\]", group, text(block)))


def _reference(number: int, item: Mapping[str, Any]) -> Markup:
    doi, used_for = field(item, "doi"), field(item, "used_for")
    link = tag("a", f"doi:{doi}", href=f"https://doi.org/{doi}", rel="noreferrer") if _DOI.fullmatch(doi) else text(doi)
    use = tag("span", f"Used for: {used_for}.", class_="quiet") if used_for else ""
    return tag("li", field(item, "text"), " ", link, " ", use, id=f"reference-{number}")


def bibtex(sources: Sequence[Mapping[str, Any]]) -> list[str]:
    """One BibTeX entry per source; keys are the first author's name and the year."""
    keys: dict[str, int] = {}
    entries = []
    for item in sources:
        stem = _key(field(item, "text"))
        keys[stem] = keys.get(stem, 0) + 1
        key = stem if keys[stem] == 1 else f"{stem}-{keys[stem]}"
        fields = {"note": _tex(field(item, "text")), "doi": field(item, "doi"), "annote": _tex(field(item, "used_for"))}
        lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
        entries.append(f"@misc{{{key},\n" + ",\n".join(lines) + "\n}")
    return entries


def _key(words: str) -> str:
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode("ascii")
    author = re.search(r"[A-Za-z]{2,}", plain)
    year = re.search(r"\b(1[89]|20)\d\d\b", words)
    return (author[0].lower() if author else "source") + (year[0] if year else "")


def _tex(words: str) -> str:
    return re.sub(r"([&%$#_{}])", r"\\\1", words)


def provenance(record: Record) -> Markup:
    """Versions, seed, machine, command and inputs of the run."""
    facts = record.provenance
    if not facts:
        return paragraph("The run folder has no provenance.json.", class_="quiet")
    pairs = [
        ("Command", tag("code", field(facts, "command", "–"))),
        ("Seed", field(facts, "seed", "–")),
        ("Started", _moment(field(facts, "started"))),
        ("Finished", _moment(field(facts, "finished"))),
        ("On the clock", duration(numeral(facts, "wall_seconds"))),
        ("Processor time", duration(numeral(facts, "cpu_seconds"))),
        ("scalebridge", field(facts, "scalebridge", "–")),
        ("Python", field(facts, "python", "–")),
        *((key.replace("_", " ").capitalize(), value) for key, value in part(facts, "machine").items()),
    ]
    packages = [(name, version) for name, version in part(facts, "packages").items()]
    inputs = [(name, tag("code", value)) for name, value in part(facts, "inputs").items()]
    folds = []
    if inputs:
        folds.append(fold("Input files", table(("File", "SHA-256"), inputs, caption="Input files and their hashes")))
    if packages:
        folds.append(fold("Packages", table(("Package", "Version"), packages, caption="Packages and their versions")))
    return join((definitions(pairs), *folds))


def _moment(stamp: str) -> str:
    """An ISO time as a reader writes it."""
    if not stamp:
        return "not yet"
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError:
        return stamp
    return f"{moment.day} {moment:%B %Y, %H:%M:%S %Z}".strip()
