"""What this machine and this installation can do."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import time
from collections.abc import Iterable

from rich.console import Console

from scalebridge import __version__
from scalebridge._tables import size
from scalebridge.study import Package, packages

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def examine() -> None:
    """Print versions, what is missing with the command that installs it, the machine and the overhead of tasks."""
    console = Console(highlight=False, soft_wrap=True)
    for line in (*_installation(packages()), *_machine(), *_overheads()):
        console.print(line, markup=False)


def _installation(found: Iterable[Package]) -> Iterable[str]:
    yield f"scalebridge {__version__}, Python {sys.version.split()[0]}"
    extras: dict[str, list[Package]] = {}
    for package in found:
        extras.setdefault(package.extra, []).append(package)
    for extra, members in extras.items():
        have = ", ".join(f"{package.name} {package.version}" for package in members if package.version)
        missing = ", ".join(package.name for package in members if package.version is None)
        target = f"'scalebridge[{extra}]'" if extra else "scalebridge"
        yield f"{extra or 'always needed'}: {have or 'nothing installed'}"
        if missing:
            yield f"  missing: {missing}; install with: python -m pip install {target}"


def _machine() -> Iterable[str]:
    import psutil

    memory = psutil.virtual_memory()
    yield f"machine: {platform.platform()}, {os.cpu_count()} cores"
    yield f"memory: {size(memory.total)}, of which {size(memory.available)} are free"
    browser = next((path for path in map(shutil.which, _BROWSERS) if path), None)
    yield f"browser for the tests of the report: {browser or 'none found; on Debian: apt-get install chromium'}"


def _overheads() -> Iterable[str]:
    from scalebridge.parallel import available_workers, measure_overhead, open_executor

    for name in ("serial", "local"):
        began = time.perf_counter()
        with open_executor(name) as executor:
            executor.submit(int).result()
            started = time.perf_counter() - began
            seconds = measure_overhead(executor)
        workers = f", {available_workers()} workers" if name == "local" else ""
        yield f"executor {name}{workers}: {1000.0 * seconds:.3f} ms per task, {started:.2f} s to start"
