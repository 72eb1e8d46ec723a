"""The input files of a study, and its text made valid for a folder that holds copies of them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from scalebridge.study import _lines
from scalebridge.study._model import StudyModel

FOLDER = "inputs"


def input_files(study: StudyModel) -> dict[_lines.Path, Path]:
    """Every file that a study reads, by the path of its key."""
    return dict(_files(study, ()))


def portable(study: StudyModel, text: str) -> tuple[str, dict[str, Path]]:
    """The text of a study with its input files in ``inputs/``.

    Comments and layout are kept wherever the paths can be exchanged in place.

    Args:
        study: the study.
        text: its TOML text.

    Returns:
        The text, and each file to copy by its path relative to the run folder.
    """
    files = input_files(study)
    names = _names(files)
    expected = tomllib.loads(text)
    rows = text.split("\n")
    lines = _lines.key_lines(text)
    for key, source in files.items():
        written = _exchange(expected, key, names[source])
        if key in lines:
            line = lines[key] - 1
            rows[line] = _replace_text(rows[line], written, names[source])
    edited = "\n".join(rows)
    return (edited if _same(edited, expected) else _plain(expected)), {name: path for path, name in names.items()}


def _files(value: object, path: _lines.Path) -> Iterator[tuple[_lines.Path, Path]]:
    if isinstance(value, Path):
        yield path, value
    elif isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield from _files(getattr(value, name), (*path, field.alias or name))
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _files(inner, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for i, inner in enumerate(value):
            yield from _files(inner, (*path, i))


def _names(files: Mapping[_lines.Path, Path]) -> dict[Path, str]:
    """A name in the run folder for each file; files of the same name are numbered."""
    names: dict[Path, str] = {}
    for source in files.values():
        candidate, number = source.name, 1
        while source not in names and f"{FOLDER}/{candidate}" in names.values():
            number += 1
            candidate = f"{source.stem}-{number}{source.suffix}"
        names.setdefault(source, f"{FOLDER}/{candidate}")
    return names


def _exchange(data: Any, key: _lines.Path, new: str) -> str:
    """Put `new` where `key` points to and return what was there; a default that was not written is added."""
    for part in key[:-1]:
        data = data[part] if isinstance(part, int) else data.setdefault(part, {})
    old = data[key[-1]] if isinstance(key[-1], int) or key[-1] in data else ""
    data[key[-1]] = new
    return str(old)


def _replace_text(row: str, old: str, new: str) -> str:
    for quote in ('"', "'"):
        row = row.replace(f"{quote}{old}{quote}", f'"{new}"', 1)
    return row


def _same(text: str, expected: Mapping[str, Any]) -> bool:
    try:
        return tomllib.loads(text) == expected
    except tomllib.TOMLDecodeError:
        return False


def _plain(data: Mapping[str, Any]) -> str:
    import tomli_w

    return tomli_w.dumps(data)
