"""Run folders: made whole or not at all, never overwritten by accident."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from scalebridge.errors import RunError
from scalebridge.study import _inputs, _lock, _provenance
from scalebridge.study._files import read_json, sha256, sync_folder, write_whole
from scalebridge.study._read import ReadStudy, parse_study

STUDY = "study.toml"


def create_folder(read: ReadStudy, folder: Path, *, command: str, replace: bool) -> Path:
    """Make a run folder with the study, its input files and its provenance.

    It is prepared aside and moved into place, so that a run folder that exists can always be resumed.

    Args:
        read: the study and its text.
        folder: where; missing or empty, unless `replace`.
        command: what was typed.
        replace: remove a run that is there; anything else that is there is left alone.

    Returns:
        The absolute path of the folder.

    Raises:
        RunError: the folder cannot be made, holds something, or is in use.
    """
    folder = folder.resolve()
    _check_free(folder, replace)
    aside = folder.with_name(f".{folder.name}.{os.getpid()}.new")
    try:
        aside.mkdir(parents=True)
        _fill(aside, read, command)
        _move_in(aside, folder)
    except OSError as error:
        raise RunError(f"The run folder {folder} cannot be made: {error.strerror or error}") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return folder


def is_run(folder: Path) -> bool:
    """Whether a folder holds a run."""
    return (folder / STUDY).is_file() and (folder / _provenance.NAME).is_file()


def free_folder(study: Path, home: Path) -> Path:
    """``home/<name of the study>-<n>`` with the smallest n that is free."""
    n = 1
    while (home / f"{study.stem}-{n}").exists():
        n += 1
    return home / f"{study.stem}-{n}"


def fingerprint(folder: Path) -> str:
    """SHA-256 over the study and its input files as they are in a run folder.

    Raises:
        RunError: a file is missing.
    """
    names = sorted(read_json(folder / _provenance.NAME)["inputs"])
    try:
        listed = "\n".join(f"{name} {sha256(folder / name)}" for name in names)
    except OSError as error:
        raise RunError(f"An input of the run {folder} is missing: {error.filename}") from error
    return hashlib.sha256(listed.encode()).hexdigest()


def _check_free(folder: Path, replace: bool) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not is_run(folder):
        raise RunError(f"{folder} exists and is not a run; choose another folder")
    if not replace:
        raise RunError(
            f"{folder} holds a run already; continue it with 'scalebridge resume', "
            "replace it with --replace, or choose another folder"
        )
    if _lock.is_locked(folder):
        raise RunError(f"{folder} is in use by another process and is not replaced; end that first")


def _fill(aside: Path, read: ReadStudy, command: str) -> None:
    text, files = _inputs.portable(read.model, read.text)
    for name, source in files.items():
        (aside / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(source, aside / name)
    write_whole(aside / STUDY, text.encode())
    parse_study(text, aside, read.source)
    hashes = {name: sha256(aside / name) for name in (STUDY, *files)}
    _provenance.begin(aside, seed=read.model.seed, command=command, inputs=hashes)


def _move_in(aside: Path, folder: Path) -> None:
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    if is_run(folder):
        folder.rename(old)
    elif folder.exists():
        folder.rmdir()
    aside.rename(folder)
    sync_folder(folder.parent)
    shutil.rmtree(old, ignore_errors=True)
