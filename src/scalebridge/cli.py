"""The command line: new, check, plan, run, resume, report, list, schema, doctor."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scalebridge.errors import ConvergenceError, InputError, MissingExtraError, RunError, StudyError, WorkerLostError

if TYPE_CHECKING:
    from scalebridge.study import RunResult


class Exit(IntEnum):
    """How a command ends."""

    DONE = 0
    UNEXPECTED = 1
    BAD_INPUT = 2
    CERTIFICATE_FAILS = 3
    NOT_CONVERGED = 4
    INTERRUPTED = 5


_EPILOG = """\
Exit status: 0 done, and the certificate holds or warns · 1 unexpected error (crash.txt tells) · 2 bad input ·
3 done, but the certificate fails · 4 did not converge or lost its workers; the last checkpoint is kept ·
5 interrupted; 'scalebridge resume FOLDER' continues.
"""

app = typer.Typer(
    name="scalebridge",
    help="Multiscale simulation with its books kept.",
    epilog=_EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

StudyFile = Annotated[Path, typer.Argument(help="A study file (TOML).", show_default=False)]
RunFolder = Annotated[Path, typer.Argument(help="A run folder.", show_default=False)]
BridgeName = Annotated[str, typer.Argument(help="Name of a bridge.", show_default=False)]
Workers = Annotated[
    int | None,
    typer.Option(
        help="Processes for independent work; 0 for none. Numbers do not depend on it.", show_default="one per core"
    ),
]
ExecutorName = Annotated[str, typer.Option("--executor", help="Where independent work goes: local, dask, mpi, serial.")]


def main() -> None:
    """Entry point of the command ``scalebridge``."""
    signal.signal(signal.SIGTERM, _interrupt)
    if not {"PMI_SIZE", "OMPI_COMM_WORLD_SIZE"} & set(os.environ):
        app()
        return
    from scalebridge.parallel import mpi_program

    with mpi_program() as leads:
        if leads:
            app()


@app.command(epilog=_EPILOG)
def new(
    bridge: BridgeName,
    folder: Annotated[Path, typer.Argument(help="Where to put it.")] = Path(),
) -> None:
    """Write a commented study and the input files that it needs."""
    from scalebridge.study import model_of

    with _answers():
        files = model_of(bridge).template()
        taken = sorted(name for name in files if (folder / name).exists())
        if taken:
            raise RunError(f"{folder} holds {', '.join(taken)} already; choose another folder")
        _write_files(folder, dict(files))
        for name in sorted(files):
            typer.echo(f"wrote {folder / name}")
        study = folder / "study.toml"
        typer.echo(
            f"\nEdit it, then:\n  scalebridge check {study}\n  scalebridge plan {study}\n  scalebridge run {study}"
        )


@app.command(epilog=_EPILOG)
def check(study: StudyFile) -> None:
    """Check a study and its input; every mistake is listed."""
    from scalebridge.study import load_study

    with _answers():
        model = load_study(study)
        model.build().scales()
        typer.echo(f"{study} is valid: bridge {model.bridge}, seed {model.seed}")


@app.command(epilog=_EPILOG)
def plan(study: StudyFile) -> None:
    """Show scales, separations and predicted cost; nothing is solved."""
    from scalebridge import _tables
    from scalebridge.study import load_study

    with _answers():
        _tables.show_plan(load_study(study).build().scales())


@app.command(epilog=_EPILOG)
def run(
    study: StudyFile,
    folder: Annotated[
        Path | None, typer.Option(help="The run folder to make.", show_default="runs/<name of the study>-<n>")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a run that is in the folder.")] = False,
    workers: Workers = None,
    executor: ExecutorName = "local",
) -> None:
    """Carry out a study and write its report."""
    from scalebridge import study as studies
    from scalebridge.study import show_progress

    home = folder or studies.free_folder(study, Path("runs"))
    with _answers(home), show_progress() as show:
        result = studies.run(
            study, home, workers=workers, executor=executor, replace=replace, on_progress=show, command=_typed()
        )
    _conclude(result)


@app.command(epilog=_EPILOG)
def resume(folder: RunFolder, workers: Workers = None, executor: ExecutorName = "local") -> None:
    """Continue a run that was ended before it finished; it ends with the same numbers."""
    from scalebridge import study as studies
    from scalebridge.study import show_progress

    with _answers(folder), show_progress() as show:
        result = studies.resume(folder, workers=workers, executor=executor, on_progress=show, command=_typed())
    _conclude(result)


@app.command(epilog=_EPILOG)
def report(folder: RunFolder) -> None:
    """Write the report of a run again; an unfinished run gets one that says so."""
    from scalebridge.study import is_run

    with _answers():
        if not is_run(folder):
            raise RunError(f"{folder} holds no run")
        from scalebridge.report import write_report

        typer.echo(write_report(folder))


@app.command("list", epilog=_EPILOG)
def list_(folder: Annotated[Path, typer.Argument(help="Where to look, deep down.")] = Path()) -> None:
    """List the runs in a folder with state, certificate and headline."""
    from scalebridge import _tables
    from scalebridge.study import list_runs

    with _answers():
        _tables.show_runs(list_runs(folder), folder)


@app.command(epilog=_EPILOG)
def schema(
    bridge: Annotated[str | None, typer.Argument(help="Name of a bridge.", show_default="all bridges")] = None,
) -> None:
    """Print the JSON schema of studies, with which editors complete and check them."""
    from scalebridge.study import json_schema

    with _answers():
        typer.echo(json.dumps(json_schema(bridge), indent=2))


@app.command(epilog=_EPILOG)
def doctor() -> None:
    """Say what is installed, what is missing and how to get it, and measure the overhead of tasks."""
    from scalebridge import _doctor

    with _answers():
        _doctor.examine()


@contextlib.contextmanager
def _answers(run_folder: Path | None = None) -> Iterator[None]:
    """Turn errors into sentences and exit codes; a traceback goes to a file."""
    try:
        yield
    except (StudyError, InputError, RunError, MissingExtraError) as error:
        raise _leave(str(error), Exit.BAD_INPUT) from None
    except (ConvergenceError, WorkerLostError) as error:
        raise _leave(f"{error}{_kept(run_folder)}", Exit.NOT_CONVERGED) from None
    except KeyboardInterrupt:
        later = f"; continue with: scalebridge resume {shlex.quote(str(run_folder))}" if run_folder else ""
        raise _leave(f"Interrupted{later}", Exit.INTERRUPTED) from None
    except (BrokenPipeError, typer.Exit):
        raise
    except Exception as error:
        notes = getattr(error, "__notes__", None) or [f"Details are in {_crash_file()}"]
        raise _leave("\n".join([f"Unexpected error: {error!r}", *notes]), Exit.UNEXPECTED) from None


def _kept(run_folder: Path | None) -> str:
    if run_folder is None:
        return ""
    show = f"scalebridge report {shlex.quote(str(run_folder))}"
    return f"\nThe last checkpoint is kept in {run_folder / 'checkpoint'}; to see how far it came: {show}"


def _leave(message: str, code: Exit) -> typer.Exit:
    typer.echo(message, err=True)
    return typer.Exit(code)


def _crash_file() -> Path:
    """Write the traceback of the error in flight where temporary files go."""
    with tempfile.NamedTemporaryFile("w", prefix="scalebridge-crash-", suffix=".txt", delete=False) as file:
        file.write(traceback.format_exc())
    return Path(file.name)


def _conclude(result: RunResult) -> None:
    """Print what a run concludes and leave with the status that follows from it."""
    from scalebridge import _tables
    from scalebridge.ledger import Verdict

    _tables.show_result(result)
    if result.summary.certificate.verdict is Verdict.FAILS:
        raise typer.Exit(Exit.CERTIFICATE_FAILS)


def _write_files(folder: Path, files: dict[str, bytes]) -> None:
    try:
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
    except OSError as error:
        raise RunError(f"{error.filename} cannot be written: {error.strerror}") from error


def _typed() -> str:
    return shlex.join(["scalebridge", *sys.argv[1:]])


def _interrupt(number: int, frame: object) -> None:
    """A polite end asked for by a scheduler is treated like Ctrl-C: the run keeps a checkpoint."""
    del number, frame
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
