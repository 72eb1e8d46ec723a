"""Read a study from TOML, with every mistake reported at once; write one back."""

from __future__ import annotations

import datetime
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from scalebridge.errors import Problem, StudyError
from scalebridge.study import _lines
from scalebridge.study._model import StudyModel
from scalebridge.study._problems import dotted, nearest, problems_of, show
from scalebridge.study.registry import bridges, model_of

_MOST_BYTES = 10_000_000
_DEEPEST = 40


@dataclass(frozen=True, slots=True)
class ReadStudy:
    """A study with the text it came from.

    Attributes:
        model: the checked study.
        text: the TOML text as written.
        source: name for messages.
    """

    model: StudyModel
    text: str
    source: str


def load_study(path: str | Path) -> StudyModel:
    """Read and check a study file.

    Relative paths in it resolve against its folder.

    Raises:
        StudyError: the file cannot be read, or has mistakes; all of them are listed.
    """
    return read_study(Path(path)).model


def read_study(path: Path) -> ReadStudy:
    """Read and check a study file, and keep its text.

    Raises:
        StudyError: see `load_study`.
    """
    text = _read_text(path)
    return ReadStudy(parse_study(text, path.resolve().parent, str(path)), text, str(path))


def parse_study(text: str, folder: Path, source: str = "study") -> StudyModel:
    """Check a study given as TOML text.

    Args:
        text: the TOML text.
        folder: relative paths resolve against it.
        source: name for messages.

    Raises:
        StudyError: see `load_study`.
    """
    data = _parse_toml(text, source)
    if _depth(data) > _DEEPEST:
        raise StudyError([Problem("(file)", "tables or lists nested too deeply", f"at most {_DEEPEST} levels")], source)
    lines = _lines.key_lines(text)
    problems = list(_screen(data, (), lines))
    name = _bridge_name(data, lines, problems)
    study = None if name is None else _validate(name, data, folder, lines, problems)
    if study is not None and not problems:
        problems += (_placed(problem, lines) for problem in study.problems())
    if study is None or problems:
        first = {problem.key: problem for problem in reversed(problems)}
        ordered = sorted(first.values(), key=lambda problem: (problem.line or 0, problem.key))
        raise StudyError(ordered, source)
    return study


def _validate(
    name: str, data: dict[str, Any], folder: Path, lines: dict[_lines.Path, int], problems: list[Problem]
) -> StudyModel | None:
    """The study; None, and its mistakes added to `problems`, where it has some."""
    model = model_of(name)
    # Strict JSON rather than Python objects: a list is a list, while "5" is no number and 1 is not true.
    text = json.dumps(_clean({**data, "bridge": name}))
    try:
        return model.model_validate_json(text, strict=True, context={"folder": folder})
    except ValidationError as error:
        problems += problems_of(error, data, model.model_json_schema(), lines)
        return None


def _placed(problem: Problem, lines: dict[_lines.Path, int]) -> Problem:
    """The problem with the line of its key, or of the nearest table around it."""
    by_name = {dotted(path): line for path, line in lines.items()}
    key = problem.key
    while key and key not in by_name:
        key = key.rpartition(".")[0]
    return replace(problem, line=by_name.get(key))


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise _unreadable(path, "a larger file", f"at most {_MOST_BYTES} bytes of TOML text")
        return content.decode("utf-8-sig")  # some editors put a mark in front
    except UnicodeDecodeError as error:
        raise _unreadable(path, f"a byte that is no UTF-8 at position {error.start}", "TOML text in UTF-8") from None
    except OSError as error:
        raise _unreadable(path, str(error.strerror), "the path of a study file") from None
    except ValueError as error:
        raise _unreadable(path, f"a name that no file can have ({error})", "the path of a study file") from None


def _unreadable(path: Path, found: str, allowed: str) -> StudyError:
    return StudyError([Problem("(file)", found, allowed)], str(path))


def _parse_toml(text: str, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+)", str(error))
        rows = text.split("\n")
        line = int(place.group(1)) if place else len(text.rstrip().split("\n"))
        written = rows[min(line, len(rows)) - 1].strip()
        allowed = f"TOML ({re.sub(r' [(]at .*[)]$', '', str(error))})"
        raise StudyError([Problem("(file)", show(written), allowed, line=line)], source) from None
    except (ValueError, RecursionError) as error:
        found = "tables or lists nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise StudyError([Problem("(file)", found, "TOML")], source) from None


def _depth(value: object) -> int:
    """Levels of nesting, counted up to one more than allowed."""
    level, depth = [value], 0
    while level and depth <= _DEEPEST:
        inner = [list(v.values()) if isinstance(v, Mapping) else v for v in level if isinstance(v, Mapping | list)]
        level, depth = [v for values in inner for v in values], depth + 1
    return depth


def _screen(value: object, path: _lines.Path, lines: dict[_lines.Path, int]) -> Iterator[Problem]:
    """Values that TOML can say and no study can use: dates, and integers beyond 64 bits."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _screen(inner, (*path, key), lines)
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _screen(inner, (*path, i), lines)
    elif isinstance(value, datetime.date | datetime.time):
        found = f"the date or time {value}"
        yield Problem(dotted(path), found, "a number or a text in quotes", line=_lines.line_of(lines, path))
    elif isinstance(value, int) and abs(value) >= 2**63:
        found = f"an integer of {value.bit_length()} bits"
        yield Problem(dotted(path), found, "an integer within 64 bits", line=_lines.line_of(lines, path))


def _clean(value: Any) -> Any:
    """The same values, with those that `_screen` complains about replaced by ones that JSON can say."""
    if isinstance(value, Mapping):
        return {key: _clean(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_clean(inner) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return max(-(2**63), min(value, 2**63))
    return str(value) if isinstance(value, datetime.date | datetime.time) else value


def _bridge_name(data: Mapping[str, Any], lines: dict[_lines.Path, int], problems: list[Problem]) -> str | None:
    """Name of the bridge; where it is misspelt, the nearest one, so that the other keys are checked too."""
    found = data.get("bridge")
    if isinstance(found, str) and found in bridges():
        return found
    near = nearest(found, list(bridges())) if isinstance(found, str) else ""
    shown = "nothing" if found is None else show(found)
    problems.append(Problem("bridge", shown, f"one of {', '.join(bridges())}", near, lines.get(("bridge",))))
    return near or None


def dump_study(study: StudyModel) -> str:
    """TOML text of a study; reading it back gives an equal study. Input files are written with absolute paths."""
    import tomli_w

    return tomli_w.dumps(study.model_dump(mode="json", by_alias=True, exclude_none=True))


def json_schema(bridge: str | None = None) -> dict[str, Any]:
    """JSON schema of the studies of one bridge, or of all; editors complete and check study files with it.

    Raises:
        InputError: no bridge has this name.
    """
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    if bridge is not None:
        return {**head, **model_of(bridge).model_json_schema()}
    from pydantic.json_schema import models_json_schema

    models = {name: model_of(name) for name in bridges()}
    references, definitions = models_json_schema([(model, "validation") for model in models.values()])
    members = [references[(model, "validation")] for model in models.values()]
    mapping = {name: member["$ref"] for name, member in zip(models, members, strict=True)}
    return {
        **head,
        "oneOf": members,
        "discriminator": {"propertyName": "bridge", "mapping": mapping},
        **definitions,
    }
