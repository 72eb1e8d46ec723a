from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import scalebridge
import scalebridge.report
from scalebridge.cli import Exit, app
from support.diffusion import STUDY
from support.processes import popen

SOURCES = os.pathsep.join([str(Path(scalebridge.__file__).parents[1]), str(Path(__file__).parent)])
CHILD = "import support.diffusion; from scalebridge.cli import main; main()"


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def spawn(*arguments: str | Path, code: str = CHILD) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": SOURCES}
    return popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture(autouse=True)
def report(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def write_report(folder: Path) -> Path:
        (folder / "report.html").write_text("<html></html>")
        return folder / "report.html"

    monkeypatch.setattr(scalebridge.report, "write_report", write_report, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")


def test_new_check_plan_run_list_report(tmp_path: Path) -> None:
    made = call("new", "diffusion", "mine")
    assert made.exit_code == Exit.DONE
    assert "scalebridge run mine/study.toml" in made.stdout
    assert "is valid: bridge diffusion, seed 7" in call("check", "mine/study.toml").stdout

    planned = call("plan", "mine/study.toml").stdout
    assert "wavelength / spacing" in planned
    assert "Brute force takes 4 times as long" in planned

    ran = call("run", "mine/study.toml", "--workers", "0")
    assert ran.exit_code == Exit.DONE
    assert "The certificate warns" in ran.stdout
    assert "amplitude of the wave" in ran.stdout
    assert f"Report: {tmp_path / 'runs' / 'study-1' / 'report.html'}" in ran.stdout

    assert call("run", "mine/study.toml", "--workers", "0").exit_code == Exit.DONE
    listed = call("list", "runs").stdout
    assert [line.split()[0] for line in listed.splitlines()[1:]] == ["study-1", "study-2"]
    assert "finished" in listed
    assert call("report", "runs/study-1").stdout.strip().endswith("report.html")
    assert call("resume", "runs/study-1").exit_code == Exit.DONE


def test_new_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "profile.csv").write_text("mine")
    made = call("new", "diffusion")
    assert made.exit_code == Exit.BAD_INPUT
    assert "holds profile.csv already" in made.stderr
    assert (tmp_path / "profile.csv").read_text() == "mine"
    assert not (tmp_path / "study.toml").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["new", "difusion"], "Did you mean diffusion?"),
        (["new", "diffusion", "file/below"], "cannot be written"),
        (["check", "broken.toml"], "broken.toml: 2 mistakes"),
        (["plan", "broken.toml"], "sites (line 2)"),
        (["run", "broken.toml"], "the key is required"),
        (["run", "missing.toml"], "No such file"),
        (["resume", "missing"], "holds no run"),
        (["report", "missing"], "holds no run"),
        (["list", "missing"], "is no folder"),
        (["schema", "difusion"], "Did you mean diffusion?"),
    ],
)
def test_bad_input_is_answered_with_sentences(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    (tmp_path / "broken.toml").write_text('bridge = "diffusion"\nsites = "many"\nlength = "1 um"\n')
    (tmp_path / "file").touch()
    result = call(*arguments)
    assert result.exit_code == Exit.BAD_INPUT
    assert sentence in result.stderr
    assert "Traceback" not in result.output
    assert not (tmp_path / "runs").exists()


def changed(study_file: Path, line: str) -> Path:
    study_file.write_text(STUDY.replace("steps = 12", f"steps = 12\n{line}"))
    return study_file


def test_books_that_do_not_balance_have_their_own_status(study_file: Path) -> None:
    result = call("run", changed(study_file, "sloppy = true"), "--workers", "0")
    assert result.exit_code == Exit.CERTIFICATE_FAILS
    assert "the books do not balance" in result.stdout


def test_divergence_has_its_own_status_and_names_the_checkpoint(study_file: Path) -> None:
    result = call("run", changed(study_file, "nan_at = 5"), "--workers", "0", "--folder", "here")
    assert result.exit_code == Exit.NOT_CONVERGED
    assert "is not a number" in result.stderr
    assert "The last checkpoint is kept in here/checkpoint" in result.stderr
    assert "scalebridge report here" in result.stderr


def test_unexpected_errors_go_to_a_file(study_file: Path, tmp_path: Path) -> None:
    result = call("run", changed(study_file, "broken_at = 5"), "--workers", "0", "--folder", "here")
    assert result.exit_code == Exit.UNEXPECTED
    crash = tmp_path / "here" / "crash.txt"
    assert f"Details are in {crash}" in result.stderr
    assert "the toy breaks here" in crash.read_text()
    assert "Traceback" not in result.output


def test_a_run_is_replaced_only_when_asked(study_file: Path) -> None:
    assert call("run", study_file, "--workers", "0", "--folder", "here").exit_code == Exit.DONE
    refused = call("run", study_file, "--workers", "0", "--folder", "here")
    assert refused.exit_code == Exit.BAD_INPUT
    assert "--replace" in refused.stderr
    assert call("run", study_file, "--workers", "0", "--folder", "here", "--replace").exit_code == Exit.DONE


def test_a_report_that_fails_is_said(study_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(folder: Path) -> Path:
        raise OSError("no paper")

    monkeypatch.setattr(scalebridge.report, "write_report", fail)
    result = call("run", study_file, "--workers", "0")
    assert result.exit_code == Exit.DONE
    assert "The results are safe, but the report could not be written: OSError: no paper" in result.stdout


@pytest.mark.parametrize(("number", "workers"), [(signal.SIGINT, "0"), (signal.SIGINT, "1"), (signal.SIGTERM, "0")])
def test_an_interrupt_ends_with_its_own_status_and_says_how_to_go_on(
    study_file: Path, tmp_path: Path, number: signal.Signals, workers: str
) -> None:
    process = spawn("run", changed(study_file, 'pause = "0.1 s"'), "--folder", tmp_path / "here", "--workers", workers)
    deadline = time.monotonic() + 30.0
    while not list((tmp_path / "here" / "checkpoint").glob("step-*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == Exit.INTERRUPTED, errors
    assert f"Interrupted; continue with: scalebridge resume {tmp_path / 'here'}" in errors
    assert "Traceback" not in errors
    assert "interrupted" in call("list").stdout
    assert call("resume", tmp_path / "here", "--workers", "0").exit_code == Exit.DONE


def test_the_command_is_kept(study_file: Path, tmp_path: Path) -> None:
    process = spawn("run", study_file, "--folder", tmp_path / "my run", "--workers", "0")
    assert process.wait(timeout=60) == Exit.DONE
    provenance = json.loads((tmp_path / "my run" / "provenance.json").read_text())
    assert provenance["command"] == f"scalebridge run {study_file} --folder '{tmp_path / 'my run'}' --workers 0"


def test_schema_is_json() -> None:
    assert json.loads(call("schema", "diffusion").stdout)["properties"]["sites"]["minimum"] == 4
    assert "diffusion" in json.loads(call("schema").stdout)["discriminator"]["mapping"]


def test_doctor_tells_versions_and_measures() -> None:
    result = call("doctor")
    assert result.exit_code == Exit.DONE
    assert f"scalebridge {scalebridge.__version__}" in result.stdout
    assert "ms per task" in result.stdout
    assert "cores" in result.stdout


COMMANDS = ("new", "check", "plan", "run", "resume", "report", "list", "schema", "doctor")


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_help_documents_the_exit_status(command: list[str]) -> None:
    text = " ".join(call(*command, "--help").stdout.split())
    for code, words in [(2, "bad input"), (3, "the certificate fails"), (4, "did not converge"), (5, "interrupted")]:
        assert f"{code} {words}" in text.replace("done, but ", "")


def test_usage_mistakes_are_bad_input() -> None:
    assert call("rum").exit_code == Exit.BAD_INPUT
    assert call("run", "--wrokers").exit_code == Exit.BAD_INPUT


def test_help_starts_fast() -> None:
    def processor_time() -> float:
        times = os.times()
        return times.children_user + times.children_system

    before = processor_time()
    assert spawn("--help", code="from scalebridge.cli import main; main()").wait(timeout=30) == 0
    assert processor_time() - before < 0.6
