"""What the study of every bridge has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from scalebridge.bridge import Bridge
from scalebridge.errors import Problem

__all__ = ["InputFile", "StudyModel", "StudyPart"]


def _existing(path: Path, info: ValidationInfo) -> Path:
    folder = (info.context or {}).get("folder", Path())
    try:
        resolved = Path(folder, path).resolve()
        problem = "" if resolved.is_file() else ("a folder" if resolved.is_dir() else "no file")
    except (OSError, ValueError, RuntimeError) as error:
        raise _no_file(path, f"no usable file name ({error})") from None
    if problem:
        raise _no_file(path, f"{problem} at {resolved}")
    return resolved


def _no_file(path: Path, why: str) -> PydanticCustomError:
    shown = str(path) if len(str(path)) <= 60 else f"{str(path)[:57]}..."
    allowed = "the path of a file that exists, absolute or relative to the study file"
    context = {"found": f"{shown!r}: {why}", "allowed": allowed, "suggestion": ""}
    return PydanticCustomError("study_value", "{allowed}", context)


InputFile = Annotated[Path, AfterValidator(_existing)]
"""Field type of a file that a study reads: it must exist, relative paths resolve against the study file, and a run
keeps a copy of it. Every `Path` in a study model is such a file."""


class StudyPart(BaseModel):
    """Base of every table of a study: unknown keys, NaN and infinity are mistakes; values cannot be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class StudyModel(StudyPart, ABC):
    """Base of the study of one bridge. A subclass narrows `bridge` to a Literal and adds its own keys.

    Attributes:
        bridge: name of the bridge, as registered.
        title: heading of the report.
        seed: seed of all randomness of the run.
    """

    bridge: str = Field(description="the bridge that this study runs")
    title: str = Field(default="", max_length=200, description="heading of the report")
    seed: int = Field(default=0, ge=0, lt=2**63, description="seed of all randomness of the run")

    def problems(self) -> Iterable[Problem]:
        """Mistakes that no single key shows; asked for when every key is valid by itself. Lines are added later."""
        return ()

    @abstractmethod
    def build(self) -> Bridge[Any]:
        """The bridge with its input read.

        Raises:
            InputError: the input files or their combination describe nothing that can be computed.
        """

    @classmethod
    @abstractmethod
    def template(cls) -> Mapping[str, bytes]:
        """A commented study and the input files it needs, by file name; one is ``"study.toml"``."""
