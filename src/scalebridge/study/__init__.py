"""Read and check a study; carry it out as a run: progress, checkpoints, resume, provenance."""

from __future__ import annotations

from scalebridge.study._model import InputFile as InputFile
from scalebridge.study._model import StudyModel as StudyModel
from scalebridge.study._model import StudyPart as StudyPart
from scalebridge.study._read import dump_study as dump_study
from scalebridge.study._read import json_schema as json_schema
from scalebridge.study._read import load_study as load_study
from scalebridge.study.registry import bridges as bridges
from scalebridge.study.registry import model_of as model_of
from scalebridge.study.registry import register as register

__all__ = [
    "InputFile",
    "StudyModel",
    "StudyPart",
    "bridges",
    "dump_study",
    "json_schema",
    "load_study",
    "model_of",
    "register",
]
