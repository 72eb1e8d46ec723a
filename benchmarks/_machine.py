"""What a benchmark ran on."""

from __future__ import annotations

import datetime
import importlib.metadata
import platform
from pathlib import Path

from scalebridge.parallel import available_workers

_PACKAGES = ("scalebridge", "numpy", "scipy", "numba", "jax", "ducc0")


def machine() -> dict[str, object]:
    """Processor, memory, load and versions; nothing that names the machine."""
    import psutil

    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "processor": _processor(),
        "cores": available_workers(),
        "memory_bytes": psutil.virtual_memory().total,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in _PACKAGES},
    }


def busy() -> float:
    """Share of the processors that others use, over the next half second."""
    import psutil

    return float(psutil.cpu_percent(interval=0.5)) / 100.0


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
