from __future__ import annotations

import fcntl
import json
import os
import re
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partialmethod
from pathlib import Path
from typing import Any

import pytest

import scalebridge.report
from scalebridge.bridge import Outcome, Progress
from scalebridge.errors import ConvergenceError, InputError, RunError, StudyError
from scalebridge.ledger import Ledger, Verdict
from scalebridge.study import load_study, resume, run
from scalebridge.study._lock import is_locked, locked
from support.diffusion import STUDY, DiffusionBridge, DiffusionStudy, WalkState


def changed(study_file: Path, **values: str) -> Path:
    """The study with other values of some keys; keys that it lacks are added."""
    text = STUDY
    for key, value in values.items():
        text = re.sub(rf"^{key} = .*\n", "", text, flags=re.MULTILINE)
        text = text.replace('bridge = "diffusion"\n', f'bridge = "diffusion"\n{key} = {value}\n')
    study_file.write_text(text)
    return study_file


def read(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_text())


@pytest.fixture(autouse=True)
def report(monkeypatch: pytest.MonkeyPatch) -> None:
    def write_report(folder: Path) -> Path:
        (folder / "report.html").write_text("<html></html>")
        return folder / "report.html"

    monkeypatch.setattr(scalebridge.report, "write_report", write_report, raising=False)


def test_a_run_leaves_a_plain_folder(study_file: Path, tmp_path: Path) -> None:
    result = run(study_file, tmp_path / "run", workers=0, command="typed")
    home = result.folder
    assert sorted(path.name for path in home.iterdir()) == [
        "checkpoint",
        "counts.csv",
        "failures.json",
        "inputs",
        "ledger.csv",
        "methods.json",
        "pictures",
        "provenance.json",
        "report.html",
        "results.zarr",
        "run.lock",
        "scales.json",
        "study.toml",
        "summary.json",
    ]
    assert len(Ledger.read(home / "ledger.csv")) == 2 * 12
    assert read(home, "failures.json") == [
        {"where": "realisation 0", "reason": "a failure on purpose", "inputs": {"step": 1}}
    ]
    assert read(home, "pictures/pictures.json")[0]["file"] == "wave.svg"
    assert read(home, "methods.json")["citations"][0]["doi"].startswith("10.1002/")
    assert read(home, "scales.json")["separations"][0]["verdict"] == "warns"


def test_the_summary_holds_headlines_and_certificate(study_file: Path, tmp_path: Path) -> None:
    result = run(study_file, tmp_path / "run", workers=0)
    summary = read(result.folder, "summary.json")
    assert summary["state"] == "finished"
    assert summary["headlines"]["amplitude"]["value"] == result.summary.headlines["amplitude"].value
    lines = summary["certificate"]["lines"]
    assert [(line["name"], line["kind"], line["verdict"], line["count"]) for line in lines] == [
        ("walkers", "balance", "holds", 12),
        ("wave", "balance", "holds", 12),
        ("wavelength / spacing", "separation", "warns", 1),
    ]
    assert result.summary.certificate.verdict is Verdict.WARNS


def test_results_have_names_and_units(study_file: Path, tmp_path: Path) -> None:
    import xarray as xr

    with xr.open_zarr(run(study_file, tmp_path / "run", workers=0).folder / "results.zarr", consolidated=False) as data:
        assert data["amplitude"].dims == ("time",)
        assert data["time"].attrs["units"] == "s"
        assert data.sizes["time"] == 13


def test_provenance_says_where_the_numbers_come_from(study_file: Path, tmp_path: Path) -> None:
    home = run(study_file, tmp_path / "run", workers=0, command="scalebridge run study.toml").folder
    provenance = read(home, "provenance.json")
    assert provenance["seed"] == 7
    assert provenance["command"] == "scalebridge run study.toml"
    assert set(provenance["inputs"]) == {"study.toml", "inputs/profile.csv"}
    assert provenance["packages"]["numpy"]
    assert provenance["machine"]["cores"] == os.cpu_count()
    assert provenance["finished"] >= provenance["started"]
    assert provenance["wall_seconds"] > 0.0
    assert [session["end"] for session in provenance["sessions"]] == ["finished"]


def test_the_study_is_kept_with_its_comments_and_its_input(study_file: Path, tmp_path: Path) -> None:
    home = run(study_file, tmp_path / "run", workers=0).folder
    text = (home / "study.toml").read_text()
    assert text == STUDY.replace('"profile.csv"', '"inputs/profile.csv"')
    assert (home / "inputs" / "profile.csv").read_bytes() == (study_file.parent / "profile.csv").read_bytes()
    assert load_study(home / "study.toml").build() == load_study(study_file).build()


def test_the_same_seed_gives_the_same_bytes_whatever_the_workers(study_file: Path, tmp_path: Path) -> None:
    summaries = [
        (run(study_file, tmp_path / f"run{n}", workers=n).folder / "summary.json").read_bytes() for n in (0, 1, 2)
    ]
    assert summaries[0] == summaries[1] == summaries[2]
    other = run(changed(study_file, seed="8"), tmp_path / "other", workers=0)
    assert (other.folder / "summary.json").read_bytes() != summaries[0]


def test_a_study_made_in_python_runs_like_its_file(study_file: Path, tmp_path: Path) -> None:
    study = load_study(study_file)
    assert isinstance(study, DiffusionStudy)
    first = run(study, tmp_path / "python", workers=0)
    second = run(study_file, tmp_path / "file", workers=0)
    assert (first.folder / "summary.json").read_bytes() == (second.folder / "summary.json").read_bytes()
    assert load_study(first.folder / "study.toml").build() == study.build()


def test_progress_is_told_before_the_first_and_after_each_step(study_file: Path, tmp_path: Path) -> None:
    told: list[Progress] = []
    run(study_file, tmp_path / "run", workers=0, on_progress=told.append)
    assert [progress.done for progress in told] == list(range(13))


def test_a_finished_run_is_not_repeated(study_file: Path, tmp_path: Path) -> None:
    home = run(study_file, tmp_path / "run", workers=0).folder
    before = (home / "summary.json").stat().st_mtime_ns
    result = resume(home, on_progress=lambda progress: pytest.fail(f"a step was made: {progress}"))
    assert (home / "summary.json").stat().st_mtime_ns == before
    assert result.summary.certificate.verdict is Verdict.WARNS
    assert result.report == home / "report.html"


class TestFolders:
    def test_a_run_is_not_overwritten(self, study_file: Path, tmp_path: Path) -> None:
        home = run(study_file, tmp_path / "run", workers=0).folder
        (home / "mark").touch()
        with pytest.raises(RunError, match="holds a run already"):
            run(study_file, home, workers=0)
        assert (home / "mark").exists()
        run(study_file, home, workers=0, replace=True)
        assert not (home / "mark").exists()

    def test_what_is_no_run_is_never_replaced(self, study_file: Path, tmp_path: Path) -> None:
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "letter.txt").touch()
        for folder in (tmp_path / "mine", tmp_path / "mine" / "letter.txt"):
            with pytest.raises(RunError, match="is not a run"):
                run(study_file, folder, workers=0, replace=True)
        assert (tmp_path / "mine" / "letter.txt").exists()

    def test_an_empty_folder_is_used(self, study_file: Path, tmp_path: Path) -> None:
        (tmp_path / "run").mkdir()
        assert run(study_file, tmp_path / "run", workers=0).folder == tmp_path / "run"

    def test_a_folder_that_cannot_be_made(self, study_file: Path, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(RunError, match="cannot be made"):
            run(study_file, tmp_path / "file" / "run", workers=0)

    def test_a_wrong_study_leaves_no_folder(self, study_file: Path, tmp_path: Path) -> None:
        (study_file.parent / "profile.csv").write_text("1,2")
        with pytest.raises(InputError, match="should hold 8 densities"):
            run(study_file, tmp_path / "run", workers=0)
        (study_file.parent / "profile.csv").unlink()
        with pytest.raises(StudyError, match="no file at"):
            run(study_file, tmp_path / "run", workers=0)
        assert not (tmp_path / "run").exists()
        assert [path.name for path in tmp_path.iterdir()] == ["study"]

    def test_two_processes_do_not_work_in_one_folder(self, study_file: Path, tmp_path: Path) -> None:
        home = run(study_file, tmp_path / "run", workers=0).folder
        (home / "summary.json").unlink()
        with locked(home):
            with pytest.raises(RunError, match=f"in use by process {os.getpid()}"):
                resume(home, workers=0)
            with pytest.raises(RunError, match="in use by another process"):
                run(study_file, home, workers=0, replace=True)
        resume(home, workers=0)

    def test_a_lock_left_by_a_dead_process_locks_nothing(self, study_file: Path, tmp_path: Path) -> None:
        home = run(study_file, tmp_path / "run", workers=0).folder
        (home / "run.lock").write_text("1")
        (home / "summary.json").unlink()
        assert resume(home, workers=0).summary.failures == 1

    def test_looking_whether_a_folder_is_in_use_does_not_stop_a_run(self, tmp_path: Path) -> None:
        (tmp_path / "run.lock").touch()
        with (tmp_path / "run.lock").open("rb") as file, ThreadPoolExecutor(1) as elsewhere:
            fcntl.flock(file, fcntl.LOCK_SH)
            elsewhere.submit(lambda: (time.sleep(0.03), fcntl.flock(file, fcntl.LOCK_UN)))
            with locked(tmp_path):
                assert is_locked(tmp_path)
        assert not is_locked(tmp_path)

    def test_a_folder_that_cannot_be_written(self, tmp_path: Path) -> None:
        with pytest.raises(RunError, match="cannot be written"), locked(tmp_path / "missing"):
            pytest.fail("the lock was given")

    def test_only_runs_are_resumed(self, tmp_path: Path) -> None:
        with pytest.raises(RunError, match="holds no run"):
            resume(tmp_path)


class TestEarlyEnds:
    def test_nan_is_an_error_with_a_checkpoint_behind_it(self, study_file: Path, tmp_path: Path) -> None:
        with pytest.raises(ConvergenceError, match=r"Step 6: state.amplitudes\[6\] is not a number"):
            run(changed(study_file, nan_at="5"), tmp_path / "run", workers=0)
        assert (tmp_path / "run" / "checkpoint" / "step-000000005.pickle").exists()
        assert read(tmp_path / "run", "provenance.json")["sessions"][0]["end"].startswith("ConvergenceError: Step 6")
        assert not (tmp_path / "run" / "summary.json").exists()

    def test_an_unexpected_error_leaves_its_traceback_and_a_checkpoint(self, study_file: Path, tmp_path: Path) -> None:
        with pytest.raises(ZeroDivisionError):
            run(changed(study_file, broken_at="5"), tmp_path / "run", workers=0)
        assert "the toy breaks here" in (tmp_path / "run" / "crash.txt").read_text()
        assert (tmp_path / "run" / "checkpoint" / "step-000000005.pickle").exists()

    @pytest.mark.parametrize("stop", [0, 1, 7, 12])
    def test_an_interrupted_run_resumes_to_the_same_bytes(self, study_file: Path, tmp_path: Path, stop: int) -> None:
        def interrupt(progress: Progress) -> None:
            if progress.done == stop:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run(study_file, tmp_path / "run", workers=0, on_progress=interrupt)
        assert read(tmp_path / "run", "provenance.json")["sessions"][0]["end"] == "interrupted"
        told: list[Progress] = []
        home = resume(tmp_path / "run", workers=0, on_progress=told.append).folder
        assert told[0].done == stop, "nothing that was done is done again"
        whole = run(study_file, tmp_path / "whole", workers=0).folder
        for name in ("summary.json", "ledger.csv", "failures.json", "counts.csv"):
            assert (home / name).read_bytes() == (whole / name).read_bytes()
        assert [session["end"] for session in read(home, "provenance.json")["sessions"]] == ["interrupted", "finished"]

    def test_a_study_changed_after_the_start_is_not_continued(self, study_file: Path, tmp_path: Path) -> None:
        with pytest.raises(ConvergenceError):
            run(changed(study_file, nan_at="5"), tmp_path / "run", workers=0)
        path = tmp_path / "run" / "study.toml"
        path.write_text(path.read_text().replace("nan_at = 5\n", ""))
        with pytest.raises(RunError, match="changed after the run began"):
            resume(tmp_path / "run", workers=0)
        (tmp_path / "run" / "inputs" / "profile.csv").unlink()
        with pytest.raises((RunError, StudyError), match=r"profile\.csv"):
            resume(tmp_path / "run", workers=0)


def test_a_report_that_fails_loses_nothing(study_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(folder: Path) -> Path:
        raise OSError("no paper")

    monkeypatch.setattr(scalebridge.report, "write_report", fail)
    result = run(study_file, tmp_path / "run", workers=0)
    assert result.report is None
    assert "no paper" in result.report_problem
    assert "no paper" in (result.folder / "crash.txt").read_text()
    assert read(result.folder, "summary.json")["state"] == "finished"


def test_books_that_do_not_balance_fail_the_certificate(study_file: Path, tmp_path: Path) -> None:
    result = run(changed(study_file, sloppy="true"), tmp_path / "run", workers=0)
    assert result.summary.certificate.verdict is Verdict.FAILS


def test_an_outcome_file_cannot_leave_the_run_folder(
    study_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = DiffusionBridge.finish
    for name in ("../out.txt", "/tmp/out.txt", "summary.json", "checkpoint/x", "."):

        def write(self: DiffusionBridge, state: WalkState, files: Mapping[str, bytes]) -> Outcome:
            return replace(finish(self, state), files=files)

        monkeypatch.setattr(DiffusionBridge, "finish", partialmethod(write, files={name: b""}))
        with pytest.raises(InputError, match="cannot write the file"):
            run(study_file, tmp_path / "run", workers=0, replace=True)
