from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from scalebridge.bridge import Bridge
from scalebridge.errors import InputError
from scalebridge.study import InputFile, StudyModel, StudyPart, register
from scalebridge.study._inputs import input_files, portable
from scalebridge.study._read import parse_study


class Phase(StudyPart):
    name: str
    image: InputFile


class FilesStudy(StudyModel):
    bridge: Literal["files of the tests"]
    main: InputFile | None = None
    stacks: dict[str, tuple[InputFile, ...]] = Field(default_factory=dict)
    phases: tuple[Phase, ...] = ()

    def build(self) -> Bridge[Any]:
        raise InputError("this study is only read")

    @classmethod
    def template(cls) -> dict[str, bytes]:
        return {}


register("files of the tests", FilesStudy)

STUDY = """\
bridge = "files of the tests"   # a comment
main = 'a.png'                  # another

[stacks]
left = ["a.png", "deep/a.png",
        "b.png"]  # a third

[[phases]]
name = "a.png"
image = "deep/a.png"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deep").mkdir()
    for name in ("a.png", "b.png", "deep/a.png"):
        (tmp_path / name).write_text(name)
    return tmp_path


def test_every_file_is_found_with_its_key(folder: Path) -> None:
    assert input_files(parse_study(STUDY, folder)) == {
        ("main",): folder / "a.png",
        ("stacks", "left", 0): folder / "a.png",
        ("stacks", "left", 1): folder / "deep" / "a.png",
        ("stacks", "left", 2): folder / "b.png",
        ("phases", 0, "image"): folder / "deep" / "a.png",
    }


def test_paths_are_exchanged_in_place_and_names_stay_apart(folder: Path) -> None:
    text, files = portable(parse_study(STUDY, folder), STUDY)
    assert files == {
        "inputs/a.png": folder / "a.png",
        "inputs/a-2.png": folder / "deep" / "a.png",
        "inputs/b.png": folder / "b.png",
    }
    assert (
        text
        == """\
bridge = "files of the tests"   # a comment
main = "inputs/a.png"                  # another

[stacks]
left = ["inputs/a.png", "inputs/a-2.png",
        "inputs/b.png"]  # a third

[[phases]]
name = "a.png"
image = "inputs/a-2.png"
"""
    )


def test_where_a_text_cannot_be_exchanged_in_place_the_values_still_are(folder: Path) -> None:
    tricky = STUDY.replace("'a.png'", '"\\u0061.png"')
    text, _ = portable(parse_study(tricky, folder), tricky)
    assert tomllib.loads(text) == tomllib.loads(portable(parse_study(STUDY, folder), STUDY)[0])
    assert "#" not in text


NAMES = st.lists(st.sampled_from(["a.png", "b.png", "deep/a.png"]), min_size=1, max_size=5)


@given(NAMES, st.sampled_from(["\n", " "]), st.sampled_from(["'", '"', "'''"]))
def test_the_portable_study_reads_the_same_files(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], space: str, quote: str
) -> None:
    home = tmp_path_factory.mktemp("files")
    (home / "deep").mkdir()
    for name in ("a.png", "b.png", "deep/a.png"):
        (home / name).write_text(name)
    listed = f",{space}".join(f"{quote}{name}{quote}" for name in names)
    text = f'bridge = "files of the tests"\nstacks.left = [{listed}]\n'
    moved, files = portable(parse_study(text, home), text)
    read = [files[name].read_text() for name in tomllib.loads(moved)["stacks"]["left"]]
    assert read == names
