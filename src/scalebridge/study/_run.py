"""Carry out a study: the loop that exists once."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from scalebridge.bridge import Bridge, Progress
from scalebridge.certificate import Certificate
from scalebridge.errors import InputError, RunError, ScalebridgeError
from scalebridge.ledger import Ledger
from scalebridge.study import _provenance, _records
from scalebridge.study._checkpoint import Point
from scalebridge.study._finite import require_finite_outcome, require_no_nan
from scalebridge.study._folder import STUDY, create_folder, fingerprint, is_run
from scalebridge.study._lock import locked
from scalebridge.study._model import StudyModel
from scalebridge.study._read import ReadStudy, dump_study, read_study
from scalebridge.study._recorder import Recorder

OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class RunResult:
    """A finished run.

    Attributes:
        folder: the run folder.
        summary: headline numbers and certificate.
        report: the report; None where it could not be written.
        report_problem: why there is no report; empty where there is one.
    """

    folder: Path
    summary: _records.Summary
    report: Path | None
    report_problem: str = ""

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from scalebridge.report import result_html

        return result_html(self)


def run(
    study: StudyModel | str | Path,
    folder: str | Path,
    *,
    workers: int | None = None,
    executor: str = "local",
    replace: bool = False,
    on_progress: OnProgress | None = None,
    command: str = "",
    checkpoint_interval: float = 2.0,
) -> RunResult:
    """Carry out a study in a new folder.

    Args:
        study: a study, or the path of a study file.
        folder: the run folder to make.
        workers: processes for independent work; None for one per processor, 0 for this process. Numbers do not depend
            on it.
        executor: where independent work goes, see `scalebridge.parallel.open_executor`.
        replace: remove a run that is in `folder`.
        on_progress: called with the progress before the first step and after each step.
        command: what was typed, for the provenance.
        checkpoint_interval: shortest time between two checkpoints, in seconds.

    Returns:
        Headline numbers, certificate and report.

    Raises:
        StudyError: the study has mistakes.
        InputError: its input describes nothing that can be computed.
        RunError: the folder cannot be used.
        ConvergenceError: a solver gave up, or a NaN appeared; the last good checkpoint is kept.
        WorkerLostError: workers were lost more often than is retried; the last good checkpoint is kept.
    """
    read = _read(study)
    bridge = read.model.build()
    bridge.scales()
    home = create_folder(read, Path(folder), command=command, replace=replace)
    return _carry_out(home, read.model, bridge, _Options(workers, executor, on_progress, command, checkpoint_interval))


def resume(
    folder: str | Path,
    *,
    workers: int | None = None,
    executor: str = "local",
    on_progress: OnProgress | None = None,
    command: str = "",
    checkpoint_interval: float = 2.0,
) -> RunResult:
    """Continue a run that was ended before it finished; it ends with the same numbers as the undisturbed run.

    Args:
        folder: the run folder.
        workers: see `run`.
        executor: see `run`.
        on_progress: see `run`.
        command: what was typed, for the provenance.
        checkpoint_interval: see `run`.

    Returns:
        See `run`; a run that was finished already is not repeated.

    Raises:
        RunError: the folder holds no run, is in use, or was changed.
        ConvergenceError: see `run`.
        WorkerLostError: see `run`.
    """
    home = Path(folder).resolve()
    if not is_run(home):
        raise RunError(f"{home} holds no run; start one with 'scalebridge run'")
    summary = _records.read_summary(home)
    if summary is not None:
        report = home / "report.html"
        return RunResult(home, summary, report) if report.exists() else _with_report(home, summary)
    model = read_study(home / STUDY).model
    return _carry_out(
        home, model, model.build(), _Options(workers, executor, on_progress, command, checkpoint_interval)
    )


@dataclass(frozen=True, slots=True)
class _Options:
    workers: int | None
    executor: str
    on_progress: OnProgress | None
    command: str
    interval: float


def _read(study: StudyModel | str | Path) -> ReadStudy:
    if isinstance(study, StudyModel):
        return ReadStudy(study, dump_study(study), "study")
    return read_study(Path(study))


def _carry_out(home: Path, model: StudyModel, bridge: Bridge[Any], options: _Options) -> RunResult:
    with locked(home):
        recorder = Recorder(home, fingerprint(home), options.interval)
        _provenance.open_session(home, options.command)
        try:
            summary = _compute(home, model, bridge, options, recorder)
        except KeyboardInterrupt:
            recorder.end("interrupted")
            raise
        except Exception as error:
            recorder.end(f"{type(error).__name__}: {error}")
            if not isinstance(error, ScalebridgeError):
                error.add_note(f"Details are in {_write_crash(home)}")
            raise
        return _with_report(home, summary)


def _compute(
    home: Path, model: StudyModel, bridge: Bridge[Any], options: _Options, recorder: Recorder
) -> _records.Summary:
    from scalebridge.parallel import open_executor

    _records.write_scales(home, bridge.scales())
    point = recorder.last or Point(bridge.init(np.random.SeedSequence(model.seed)))
    require_no_nan(point.state, "At the start")
    with Ledger(home / "ledger.csv", keep=point.entries) as ledger:
        with open_executor(options.executor, options.workers) as executor:
            point = _loop(bridge, point, ledger, executor, recorder, options.on_progress)
        return _conclude(home, model, bridge, point, ledger, recorder)


def _loop(
    bridge: Bridge[Any],
    point: Point,
    ledger: Ledger,
    executor: Executor,
    recorder: Recorder,
    on_progress: OnProgress | None,
) -> Point:
    recorder.reached(point, ledger)
    if on_progress:
        on_progress(bridge.progress(point.state))
    while not bridge.done(point.state):
        point = _advance(bridge, point, ledger, executor)
        recorder.reached(point, ledger)
        if on_progress:
            on_progress(bridge.progress(point.state))
    return point


def _advance(bridge: Bridge[Any], point: Point, ledger: Ledger, executor: Executor) -> Point:
    step = bridge.step(point.state, executor)
    if not step.entries:
        raise InputError(f"Step {point.steps + 1} of the bridge {bridge.name!r} posted nothing to the ledger")
    require_no_nan(step.state, f"Step {point.steps + 1}")
    ledger.post(step.entries)
    return replace(
        point,
        state=step.state,
        steps=point.steps + 1,
        entries=len(ledger),
        failures=(*point.failures, *step.failures),
    )


def _conclude(
    home: Path, model: StudyModel, bridge: Bridge[Any], point: Point, ledger: Ledger, recorder: Recorder
) -> _records.Summary:
    outcome = bridge.finish(point.state)
    require_finite_outcome(outcome)
    # A separation measured by the run replaces the one that was estimated before it.
    separations = {found.name: found for found in (*bridge.scales().separations, *outcome.separations)}
    certificate = Certificate.of(ledger.entries, separations.values())
    failures = len(point.failures)
    summary = _records.Summary(bridge.name, model.title, outcome.headlines, certificate, failures)
    _records.write_outcome(home, outcome)
    _records.write_failures(home, point.failures)
    recorder.end("finished")
    _records.write_summary(home, summary)
    return summary


def _write_crash(home: Path) -> Path:
    """Keep the traceback of the error in flight in ``crash.txt``."""
    path = home / "crash.txt"
    with path.open("a") as file:
        file.write(f"{_provenance.now()}\n{traceback.format_exc()}\n")
    return path


def _with_report(home: Path, summary: _records.Summary) -> RunResult:
    """Write the report; results that are safe on disk do not depend on it."""
    try:
        from scalebridge.report import write_report

        return RunResult(home, summary, write_report(home))
    except Exception as error:  # whatever is wrong with the report, the results stand; the caller is told
        crash = _write_crash(home)
        return RunResult(home, summary, None, f"{type(error).__name__}: {error} (details in {crash})")
