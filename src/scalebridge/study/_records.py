"""The plain files of a run folder: what is in them, to and from the shared words."""

from __future__ import annotations

import dataclasses
import math
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from scalebridge.bridge import Failure, Headline, Outcome, Picture
from scalebridge.certificate import Certificate, Line
from scalebridge.errors import InputError, RunError
from scalebridge.ledger import Verdict
from scalebridge.scales import ScaleMap
from scalebridge.study._files import read_json, write_json, write_whole

SUMMARY = "summary.json"
_OWN = frozenset(
    (
        "checkpoint",
        "crash.txt",
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
    )
)


@dataclass(frozen=True, slots=True)
class Summary:
    """What ``summary.json`` says.

    Attributes:
        bridge: name of the bridge.
        title: title of the study.
        headlines: headline numbers by key.
        certificate: what the run concludes.
        failures: number of pieces of work that did not succeed.
    """

    bridge: str
    title: str
    headlines: Mapping[str, Headline]
    certificate: Certificate
    failures: int


def write_summary(folder: Path, summary: Summary) -> None:
    """Write ``summary.json``; its bytes depend on the study and its seed alone. It is the mark of a finished run."""
    certificate = summary.certificate
    record = {
        "bridge": summary.bridge,
        "title": summary.title,
        "state": "finished",
        "headlines": {key: dataclasses.asdict(headline) for key, headline in summary.headlines.items()},
        "certificate": {"verdict": certificate.verdict, "lines": [dataclasses.asdict(x) for x in certificate.lines]},
        "failures": summary.failures,
    }
    write_json(folder / SUMMARY, plain(record))


def read_summary(folder: Path) -> Summary | None:
    """Content of ``summary.json``; None where the run is not finished.

    Raises:
        RunError: the file is damaged.
    """
    if not (folder / SUMMARY).exists():
        return None
    record = read_json(folder / SUMMARY)
    try:
        headlines = {key: Headline(**headline) for key, headline in record["headlines"].items()}
        certificate = Certificate(tuple(_line(line) for line in record["certificate"]["lines"]))
        return Summary(record["bridge"], record["title"], headlines, certificate, record["failures"])
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"{folder / SUMMARY} is damaged ({error!r}); delete it and resume the run") from error


def write_scales(folder: Path, scales: ScaleMap) -> None:
    """Write ``scales.json``."""
    record = dataclasses.asdict(scales)
    record["separations"] = [{**dataclasses.asdict(s), "verdict": s.verdict} for s in scales.separations]
    write_json(folder / "scales.json", plain(record))


def write_failures(folder: Path, failures: Iterable[Failure]) -> None:
    """Write ``failures.json``."""
    write_json(folder / "failures.json", plain([dataclasses.asdict(failure) for failure in failures]))


def write_outcome(folder: Path, outcome: Outcome) -> None:
    """Write results, pictures, files and methods.

    Raises:
        InputError: the name of a file or a picture leaves the run folder or belongs to the run itself.
    """
    _write_results(folder, outcome)
    _write_pictures(folder, outcome.pictures)
    for name, content in outcome.files.items():
        path = folder / _checked(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    citations = [dataclasses.asdict(citation) for citation in outcome.citations]
    write_json(folder / "methods.json", {"methods": outcome.methods, "citations": citations})


def plain(value: Any) -> Any:
    """The same in the words of JSON; a number that is not finite becomes null."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, Verdict):
        return value.value
    if isinstance(value, np.generic | np.ndarray):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int) else str(value)


def _line(record: Mapping[str, Any]) -> Line:
    unbounded = {key: math.inf if record[key] is None else record[key] for key in ("value", "allowed")}
    return Line(**{**record, **unbounded, "verdict": Verdict(record["verdict"])})


def _write_results(folder: Path, outcome: Outcome) -> None:
    aside = folder / ".results.zarr.tmp"
    for old in (aside, folder / "results.zarr"):
        shutil.rmtree(old, ignore_errors=True)
    # text of variable length is in Zarr's specification, text of fixed length is not
    text = {name: v.astype(object) for name, v in outcome.data.variables.items() if v.dtype.kind == "U"}
    outcome.data.assign({str(name): v for name, v in text.items()}).to_zarr(aside, mode="w", consolidated=False)
    aside.rename(folder / "results.zarr")


def _write_pictures(folder: Path, pictures: Iterable[Picture]) -> None:
    home = folder / "pictures"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    listed = []
    for picture in pictures:
        file = f"{picture.name}.{picture.kind}"
        write_whole(home / _checked(file), picture.data)
        listed.append({**{k: getattr(picture, k) for k in ("name", "title", "caption", "kind")}, "file": file})
    write_json(home / "pictures.json", listed)


def _checked(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or not path.parts or ".." in path.parts or path.parts[0] in _OWN:
        raise InputError(f"A bridge cannot write the file {name!r}: it leaves the run folder or belongs to the run")
    return path
