"""Read and check a study; carry it out as a run: progress, checkpoints, resume, provenance."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scalebridge.study._check import ConformanceError as ConformanceError
    from scalebridge.study._check import check_bridge as check_bridge
    from scalebridge.study._folder import free_folder as free_folder
    from scalebridge.study._folder import is_run as is_run
    from scalebridge.study._listing import ListedRun as ListedRun
    from scalebridge.study._listing import list_runs as list_runs
    from scalebridge.study._model import InputFile as InputFile
    from scalebridge.study._model import StudyModel as StudyModel
    from scalebridge.study._model import StudyPart as StudyPart
    from scalebridge.study._packages import Package as Package
    from scalebridge.study._packages import packages as packages
    from scalebridge.study._progress import show_progress as show_progress
    from scalebridge.study._read import dump_study as dump_study
    from scalebridge.study._read import json_schema as json_schema
    from scalebridge.study._read import load_study as load_study
    from scalebridge.study._run import RunResult as RunResult
    from scalebridge.study._run import resume as resume
    from scalebridge.study._run import run as run
    from scalebridge.study.registry import bridges as bridges
    from scalebridge.study.registry import model_of as model_of
    from scalebridge.study.registry import register as register

_HOMES = {
    "ConformanceError": "_check",
    "InputFile": "_model",
    "ListedRun": "_listing",
    "Package": "_packages",
    "RunResult": "_run",
    "StudyModel": "_model",
    "StudyPart": "_model",
    "bridges": "registry",
    "check_bridge": "_check",
    "dump_study": "_read",
    "free_folder": "_folder",
    "is_run": "_folder",
    "json_schema": "_read",
    "list_runs": "_listing",
    "load_study": "_read",
    "model_of": "registry",
    "packages": "_packages",
    "register": "registry",
    "resume": "_run",
    "run": "_run",
    "show_progress": "_progress",
}

__all__ = [
    "ConformanceError",
    "InputFile",
    "ListedRun",
    "Package",
    "RunResult",
    "StudyModel",
    "StudyPart",
    "bridges",
    "check_bridge",
    "dump_study",
    "free_folder",
    "is_run",
    "json_schema",
    "list_runs",
    "load_study",
    "model_of",
    "packages",
    "register",
    "resume",
    "run",
    "show_progress",
]


def __getattr__(name: str) -> Any:
    """Import a name's module when it is first used; pydantic loads no earlier."""
    if name in _HOMES:
        return getattr(importlib.import_module(f"scalebridge.study.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'scalebridge.study' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted(__all__)
