"""From pydantic's errors to sentences that name the key, what was found, what is allowed and the nearest valid name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from scalebridge.errors import Problem
from scalebridge.study._lines import Path, line_of

Schema = Mapping[str, Any]


def problems_of(
    error: ValidationError, data: Mapping[str, Any], schema: Schema, lines: dict[Path, int]
) -> list[Problem]:
    """Every mistake of a study, one per key.

    Args:
        error: what pydantic found.
        data: the study as parsed.
        schema: JSON schema of the study model.
        lines: line of each path, from `key_lines`.
    """
    found: dict[Path, Problem] = {}
    misspelt: set[Path] = set()
    for details in error.errors(include_url=False):
        path, problem = _problem(details, data, schema, lines)
        if details["type"] == "extra_forbidden":
            misspelt.add((*path[:-1], problem.suggestion))
        if path in found and found[path].allowed != problem.allowed:
            # The members of a union complain one by one; a reader wants one sentence with the alternatives.
            problem = _merge(found[path], problem)
        found[path] = problem
    # A key that is missing because it was misspelt is one mistake, told where it was written.
    return [problem for path, problem in found.items() if path not in misspelt or _child_at(data, path) is not _ABSENT]


def show(value: object) -> str:
    """A value of a study, short enough for a sentence."""
    if isinstance(value, Mapping):
        keys = ", ".join(map(str, list(value)[:6]))
        return f"a table with {keys or 'no keys'}"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)} value{'' if len(value) == 1 else 's'}"
    text = ("true" if value else "false") if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def nearest(name: object, names: list[str]) -> str:
    """Nearest of `names`, ignoring case; empty where none is near."""
    folded = {valid.casefold(): valid for valid in names}
    close = difflib.get_close_matches(str(name)[:100].casefold(), folded, n=1)
    return folded[close[0]] if close else ""


def dotted(path: Path) -> str:
    """A path as it is written in sentences: ``laws.0.poisson_ratio``."""
    return ".".join(map(str, path)) or "(study)"


def _problem(
    details: ErrorDetails, data: Mapping[str, Any], schema: Schema, lines: dict[Path, int]
) -> tuple[Path, Problem]:
    path = _path_in(data, details)
    found, allowed, suggestion = _sentence(details, path, data, schema)
    return path, Problem(dotted(path), found, allowed, suggestion, line_of(lines, path))


def _path_in(data: object, details: ErrorDetails) -> Path:
    """Location without the names of union members that pydantic mixes in."""
    path: Path = ()
    kind, location = details["type"], details["loc"]
    here = data
    for i, part in enumerate(location):
        inside = _child(here, part)
        last = i == len(location) - 1
        if inside is not _ABSENT:
            path, here = (*path, part), inside
        elif last and kind == "missing" and isinstance(part, str):
            path = (*path, part)
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        path = (*path, str(details["ctx"]["discriminator"]).strip("'"))
    return path


_ABSENT = object()


def _child(value: object, part: str | int) -> object:
    if isinstance(value, Mapping):
        return value.get(str(part), _ABSENT)
    if isinstance(value, list) and isinstance(part, int) and 0 <= part < len(value):
        return value[part]
    return _ABSENT


def _sentence(details: ErrorDetails, path: Path, data: Mapping[str, Any], schema: Schema) -> tuple[str, str, str]:
    """What was found, what is allowed, and a suggestion."""
    kind, context = details["type"], details.get("ctx", {})
    if kind == "study_value":
        return context["found"], context["allowed"], context["suggestion"]
    if kind == "missing" and isinstance(details["loc"][-1], int):
        lengths = {len(found["prefixItems"]) for found in _schemas_at(schema, data, path) if "prefixItems" in found}
        return show(_child_at(data, path)), f"a list of {' or '.join(map(str, sorted(lengths)))} values", ""
    if kind in ("missing", "union_tag_not_found"):
        return "nothing", _wanted(schema, data, path), ""
    if kind == "extra_forbidden":
        names = sorted(_names(schema, data, path[:-1]))
        free = [name for name in names if _child(_child_at(data, path[:-1]), name) is _ABSENT]
        return f"the unknown key {path[-1]!r}", f"one of {', '.join(names)}", nearest(path[-1], free)
    if kind in ("literal_error", "enum", "union_tag_invalid"):
        names = re.findall(r"'([^']*)'", str(context.get("expected", context.get("expected_tags", ""))))
        found = context.get("tag", details["input"])
        return show(found), f"one of {', '.join(names)}", nearest(found, names)
    whole = kind == "int_type" and isinstance(details["input"], float) and details["input"].is_integer()
    allowed = _allowed(details["msg"]) + (" as key" if details["loc"][-1:] == ("[key]",) else "")
    return show(details["input"]), allowed, str(int(details["input"])) if whole else ""


_PLAIN = {
    "an object": "a table",
    "a valid integer": "an integer",
    "a valid number": "a number",
    "a valid string": "a text in quotes",
    "a valid boolean": "true or false",
    "a valid array": "a list",
    "a valid tuple": "a list",
}


def _allowed(message: str) -> str:
    text = re.sub(r"^(Value error, |Assertion failed, |Input should be )|, unable to parse .*", "", message)
    return _PLAIN.get(text, text)


def _merge(first: Problem, second: Problem) -> Problem:
    allowed = f"{first.allowed}; or {second.allowed}"
    return Problem(first.key, first.found, allowed, first.suggestion or second.suggestion, first.line)


def _wanted(schema: Schema, data: Mapping[str, Any], path: Path) -> str:
    """What a missing key should hold, from its description and example in the schema."""
    fields = list(_schemas_at(schema, data, path))
    names = [str(found["const"]) for found in fields if "const" in found]
    if names:
        return f"one of {', '.join(names)}; the key is required"
    field = fields[0] if fields else {}
    described = str(field.get("description", "a value"))
    examples = field.get("examples", ())
    example = f", e.g. {path[-1]} = {_toml(examples[0])}" if examples else ""
    return f"{described[0].lower()}{described[1:]}{example}; the key is required"


def _toml(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _child_at(data: object, path: Path) -> object:
    for part in path:
        data = _child(data, part)
    return data


def _names(schema: Schema, data: object, path: Path) -> Iterator[str]:
    seen: set[str] = set()
    for found in _schemas_at(schema, data, path):
        for name in found.get("properties", {}):
            if name not in seen:
                seen.add(name)
                yield name


def _schemas_at(schema: Schema, data: object, path: Path) -> Iterator[Schema]:
    """Schemas that could describe the value at `path`; more than one inside an open union."""
    yield from _descend(schema, schema, data, path)


def _descend(root: Schema, schema: Schema, data: object, path: Path) -> Iterator[Schema]:
    for option in _options(root, schema, data):
        if not path:
            yield option
            continue
        inner = _member(option, path[0])
        if inner is not None:
            yield from _descend(root, inner, _child(data, path[0]), path[1:])


def _options(root: Schema, schema: Schema, data: object) -> Iterator[Schema]:
    """Resolve references and unions; a discriminator picks one member where the data names it."""
    if "$ref" in schema:
        described = {key: value for key, value in schema.items() if key != "$ref"}
        target = root["$defs"][str(schema["$ref"]).rsplit("/", 1)[-1]]
        yield from _options(root, {**target, **described}, data)
        return
    discriminator = schema.get("discriminator")
    tag = _child(data, discriminator["propertyName"]) if discriminator else _ABSENT
    members = schema.get("oneOf", schema.get("anyOf"))
    if discriminator and isinstance(tag, str) and tag in discriminator["mapping"]:
        yield from _options(root, {"$ref": discriminator["mapping"][tag]}, data)
    elif members:
        for member in members:
            yield from _options(root, member, data)
    else:
        yield schema


def _member(schema: Schema, part: str | int) -> Schema | None:
    if isinstance(part, int):
        prefix = schema.get("prefixItems", ())
        inner = prefix[part] if part < len(prefix) else schema.get("items")
    else:
        # Tables whose keys are free but have a pattern describe their values under it.
        free = next(iter(schema.get("patternProperties", {}).values()), schema.get("additionalProperties"))
        inner = schema.get("properties", {}).get(part, free)
    return inner if isinstance(inner, Mapping) else None
