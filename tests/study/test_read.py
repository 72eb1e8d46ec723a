from __future__ import annotations

import json
from pathlib import Path

import pytest

from scalebridge.errors import InputError, Problem, StudyError
from scalebridge.study import StudyModel, bridges, dump_study, json_schema, load_study, model_of, register, registry
from support.diffusion import STUDY, DiffusionStudy, FromFile


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in DiffusionStudy.template().items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def mistakes(folder: Path, text: str) -> dict[str, Problem]:
    path = folder / "broken.toml"
    path.write_text(text)
    with pytest.raises(StudyError) as caught:
        load_study(path)
    problems = {problem.key: problem for problem in caught.value.problems}
    assert len(problems) == len(caught.value.problems), "one mistake, one sentence"
    return problems


def test_a_valid_study_is_read(folder: Path) -> None:
    study = load_study(folder / "study.toml")
    assert isinstance(study, DiffusionStudy)
    assert study.length == 1e-6
    assert study.start == FromFile(kind="file", file=folder / "profile.csv")
    assert study.probes == {"middle": (5e-7, 6e-7)}


def test_what_is_written_is_read_back(folder: Path) -> None:
    study = load_study(folder / "study.toml")
    (folder / "again.toml").write_text(dump_study(study))
    assert load_study(folder / "again.toml") == study


def test_all_mistakes_are_reported_together_in_file_order(folder: Path) -> None:
    broken = """\
bridge = "difusion"
titel = "x"
seed = -3
lenght = "1 um"
diffusivity = "1e-9 kg"
sites = true
walkers = 1e3
steps = 0x1ffffffffffffffffffffffffffffff
when = 1979-05-27

[start]
kind = "fil"

[probes]
middle = ["0.5 um",
    "0.6 umm"]
end = 3
"""
    problems = mistakes(folder, broken)
    assert [(p.key, p.line, p.suggestion) for p in problems.values()] == [
        ("bridge", 1, "diffusion"),
        ("titel", 2, "title"),
        ("seed", 3, ""),
        ("lenght", 4, "length"),
        ("diffusivity", 5, ""),
        ("sites", 6, ""),
        ("walkers", 7, "1000"),
        ("steps", 8, ""),
        ("when", 9, ""),
        ("start.kind", 12, "file"),
        ("probes.middle.1", 16, "um"),
        ("probes.end", 17, ""),
    ]
    assert problems["sites"].allowed == "an integer"
    assert problems["start.kind"].allowed == "one of cosine, file"
    assert problems["steps"].found == "an integer of 121 bits"


def test_a_missing_key_says_what_belongs_there(folder: Path) -> None:
    problems = mistakes(folder, STUDY.replace("sites = 8\n", "").replace('file = "profile.csv"', ""))
    assert problems["sites"].allowed == "number of sites, e.g. sites = 32; the key is required"
    assert problems["start.file"].line == STUDY[: STUDY.index("[start]")].count("\n"), "the line of its table"


def test_unknown_keys_of_a_table_are_compared_with_the_keys_of_its_kind(folder: Path) -> None:
    problems = mistakes(folder, STUDY.replace("file = ", "fiel = "))
    assert problems == {
        "start.fiel": Problem("start.fiel", "the unknown key 'fiel'", "one of file, kind", "file", line=13)
    }


def test_a_missing_file_is_named_with_its_full_path(folder: Path) -> None:
    problem = mistakes(folder, STUDY.replace("profile.csv", "profil.csv"))["start.file"]
    assert str(folder / "profil.csv") in problem.found


@pytest.mark.parametrize(
    ("written", "found"),
    [(b"\xff\xfe", "a byte that is no UTF-8"), (b"", "nothing"), (b"a = [", "'a = ['"), (b"a = 1\na = 2", "'a = 2'")],
)
def test_files_that_are_no_study(folder: Path, written: bytes, found: str) -> None:
    (folder / "no.toml").write_bytes(written)
    with pytest.raises(StudyError) as caught:
        load_study(folder / "no.toml")
    assert found in str(caught.value)


def test_marks_and_line_ends_of_other_systems(folder: Path) -> None:
    text = STUDY.replace("\n", "\r\n")
    (folder / "other.toml").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert load_study(folder / "other.toml") == load_study(folder / "study.toml")
    (folder / "other.toml").write_bytes(text.replace("sites = 8", "sites = 'x'").encode())
    with pytest.raises(StudyError) as caught:
        load_study(folder / "other.toml")
    assert caught.value.problems[0].line == 7


def test_endless_files(folder: Path) -> None:
    with pytest.raises(StudyError, match="a larger file"):
        load_study("/dev/zero")


def test_files_that_are_not_there(folder: Path) -> None:
    for path in (folder / "missing.toml", folder, folder / "study.toml" / "below", "nul\0"):
        with pytest.raises(StudyError, match="the path of a study file"):
            load_study(path)


def test_editors_get_a_schema(folder: Path) -> None:
    one = json_schema("diffusion")
    assert one["properties"]["diffusivity"]["examples"] == ["1 um^2/s"]
    every = json.loads(json.dumps(json_schema()))
    assert every["discriminator"]["mapping"]["diffusion"] == "#/$defs/DiffusionStudy"
    with pytest.raises(InputError, match=r"known are: .*diffusion"):
        json_schema("difusion")


def test_bridges_are_registered_by_name_and_imported_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    # Names of this test must not meet other tests.
    monkeypatch.setattr(registry, "_MODELS", dict(registry._MODELS))
    assert "diffusion" in bridges()
    register("diffusion", DiffusionStudy)
    with pytest.raises(InputError, match="registered already"):
        register("diffusion", StudyModel)
    register("late diffusion", "support.diffusion:DiffusionStudy")
    assert model_of("late diffusion") is DiffusionStudy
    register("no model", "support.diffusion:hop")
    with pytest.raises(InputError, match="is no StudyModel"):
        model_of("no model")
