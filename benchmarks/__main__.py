"""Run benchmarks, each in a process of its own, so that none warms caches or memory for the next."""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
from pathlib import Path

from benchmarks._figure import Figure
from benchmarks._machine import busy

HERE = Path(__file__).parent
NAMES = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
BUSY = 0.1


def main() -> int:
    """Run what was asked for; the status is not 0 where a benchmark failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"{', '.join(NAMES)}; default: all")
    parser.add_argument("--results", type=Path, default=HERE / "results", help="folder for the JSON files")
    options = parser.parse_args()
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    if len(options.names) == 1:
        _show(options.names[0], options.results)
        return 0
    command = [sys.executable, "-m", "benchmarks", "--results", str(options.results)]
    return max(abs(subprocess.run([*command, name], check=False).returncode) for name in options.names or NAMES)


def _show(name: str, results: Path) -> None:
    before = busy()
    figure: Figure = importlib.import_module(f"benchmarks.bench_{name}").run()
    path = results / f"{name}.json"
    figure.save(path, before)
    print(f"\n{figure}\nwritten to {path}")
    if before > BUSY:
        print(f"Others used {before:.0%} of the processors before the start: times are too long.")


if __name__ == "__main__":
    sys.exit(main())
