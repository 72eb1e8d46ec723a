"""Study files with mistakes, made from a valid one: what people and broken disks do to them."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tomli_w
from hypothesis import strategies as st

from scalebridge.errors import InputError, StudyError
from scalebridge.study import load_study

Place = tuple[str | int, ...]

WRONG_VALUES = st.one_of(
    st.sampled_from(
        [
            True,
            0,
            -1,
            10**9,
            2**64,
            -1.5,
            0.0,
            1e308,
            float("nan"),
            float("inf"),
            "",
            " ",
            "5",
            "5 kg",
            "-5 nm",
            "1e999 m",
            "5 parsnips",
            "nan m",
            "no_such_file.png",
            "/",
            "\0",
            "../" * 40,
            "x" * 300,
            [],
            [[]],
            [1, "a", True],
            {},
            {"a": {"b": {}}},
        ]
    ),
    st.text(max_size=8),
    st.integers(-(2**70), 2**70),
    st.floats(),
).map(copy.deepcopy)


def places(value: object, path: Place = ()) -> Iterator[Place]:
    """Paths of all keys and list elements."""
    pairs: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield (*path, key)
        yield from places(inner, (*path, key))


def _around(data: Any, path: Place) -> Any:
    for part in path[:-1]:
        data = data[part]
    return data


@st.composite
def _mutated_data(draw: st.DrawFn, data: dict[str, Any]) -> str:
    data = copy.deepcopy(data)
    for _ in range(draw(st.integers(1, 3))):
        here = sorted(places(data), key=str)
        if not here:
            break
        path = draw(st.sampled_from(here))
        table, key = _around(data, path), path[-1]
        match draw(st.sampled_from(["drop", "rename", "replace", "replace", "add", "nest"])):
            case "drop":
                del table[key]
            case "rename" if isinstance(table, dict):
                name = draw(st.sampled_from([f"{key}s", str(key)[1:], str(key).upper(), "é", "bridge"]))
                table[name] = table.pop(key)
            case "nest":
                table[key] = {"inner": table[key]}
            case "add" if isinstance(table, dict):
                table[draw(st.text(min_size=1, max_size=5))] = draw(WRONG_VALUES)
            case _:
                table[key] = draw(WRONG_VALUES)
    return tomli_w.dumps(data)


@st.composite
def _mutated_text(draw: st.DrawFn, text: str) -> bytes:
    raw = text.encode()
    at = draw(st.integers(0, len(raw)))
    match draw(st.sampled_from(["cut", "insert", "garbage", "deep", "dates"])):
        case "cut":
            return raw[:at]
        case "insert":
            return raw[:at] + draw(st.binary(min_size=1, max_size=4)) + raw[at:]
        case "garbage":
            return draw(st.binary(max_size=200))
        case "deep":
            n = draw(st.sampled_from([60, 2000]))
            return raw + draw(st.sampled_from([b"\na=" + b"[" * n + b"]" * n, b"\n" + b".".join([b"a"] * n) + b"=1"]))
        case _:
            return b"when = 1979-05-27T07:32:00Z\nhuge = 0x" + b"f" * 5000 + b"\n" + raw


@st.composite
def mutated_studies(draw: st.DrawFn, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of a valid study (one is ``study.toml``) with one thing or more broken.

    Reuse it for any bridge: ``mutated_studies(dict(model.template()))``.
    """
    broken = dict(files)
    text = files["study.toml"].decode()
    inputs = sorted(set(files) - {"study.toml"})
    match draw(st.sampled_from(["data", "data", "data", "text", *(["input"] if inputs else [])])):
        case "data":
            broken["study.toml"] = draw(_mutated_data(tomllib.loads(text))).encode("utf-8", "surrogatepass")
        case "text":
            broken["study.toml"] = draw(_mutated_text(text))
        case _:
            name = draw(st.sampled_from(inputs))
            broken[name] = draw(
                st.sampled_from([b"", broken[name][: len(broken[name]) // 2], b"\x00\xff" * 50, b"nan,x"])
            )
    return broken


def read_and_build(files: Mapping[str, bytes], folder: Path) -> str:
    """Write the files, read the study, build its bridge; only errors that explain themselves may come out.

    Returns:
        The message of the error; empty where the study is still valid.
    """
    for name, content in files.items():
        (folder / name).write_bytes(content)
    try:
        load_study(folder / "study.toml").build().scales()
    except (StudyError, InputError) as error:
        problems = error.problems if isinstance(error, StudyError) else ()
        message = str(error)
    else:
        return ""
    assert all(problem.key and problem.found and problem.allowed for problem in problems), message
    return message
