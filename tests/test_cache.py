from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from scalebridge._cache import cache_folder

_INNER = """
from numba import njit

@njit(inline="always")
def inner(x):
    return x + {shift}
"""
_OUTER = """
from scalebridge._cache import compiled
from inner import inner

@compiled(nogil=True)
def outer(x):
    return 2.0 * inner(x)

if __name__ == "__main__":
    value = outer(1.0)
    hits = sum(outer.stats.cache_hits.values())
    print(value, hits, outer.stats.cache_path)
"""


def _package(folder: Path, shift: float) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "inner.py").write_text(_INNER.format(shift=shift))
    (folder / "outer.py").write_text(_OUTER)
    return folder / "outer.py"


def _run(file: Path, **environment: str) -> tuple[float, int, str]:
    inherited = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    code = [sys.executable, file.name]
    ran = subprocess.run(
        code, cwd=file.parent, env={**inherited, **environment}, capture_output=True, text=True, check=True, timeout=120
    )
    value, hits, place = ran.stdout.split(maxsplit=2)
    return float(value), int(hits), place.strip()


def test_an_edited_file_is_never_answered_from_an_old_cache(tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    file = _package(tmp_path / "package", shift=1.0)
    assert _run(file, XDG_CACHE_HOME=home)[:2] == (4.0, 0)
    assert _run(file, XDG_CACHE_HOME=home)[:2] == (4.0, 1)
    _package(tmp_path / "package", shift=2.0)
    value, hits, place = _run(file, XDG_CACHE_HOME=home)
    assert (value, hits) == (6.0, 0)
    assert place.startswith(str(Path(home) / "scalebridge" / "numba"))


def test_a_folder_of_ones_own(tmp_path: Path) -> None:
    file = _package(tmp_path / "package", shift=1.0)
    own = tmp_path / "own"
    assert _run(file, NUMBA_CACHE_DIR=str(own))[2].startswith(str(own))


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    file = _package(tmp_path / "package", shift=1.0)
    (tmp_path / "taken").write_text("a file where the folder should be")
    assert _run(file, XDG_CACHE_HOME=str(tmp_path / "taken"))[:3] == (4.0, 0, "None")


def test_the_folder_follows_all_sources_that_are_imported_and_no_others(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "a.py").write_text("from package.b import x")
    (package / "b.py").write_text("from . import c, a")
    steps = (("c.py", "y = 1"), ("c.py", "y = 2"), ("other.py", "z = 1"), ("notes.txt", "no source"), ("a.py", "x = 3"))
    folders = []
    for name, text in steps:
        (package / name).write_text(text)
        cache_folder.cache_clear()
        folders.append(cache_folder(package / "a.py", str(tmp_path)))
    assert None not in folders
    assert folders[1] == folders[2] == folders[3]
    assert len(set(folders)) == 3
