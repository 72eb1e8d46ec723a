"""Compiled loops that are kept between runs, in a place that knows all the sources they were made from.

Numba keeps compiled code next to a function's file and compiles again when this file changes, not when a function that
was inlined from another file does. Here the folder is named after all sources that a function's module imports from its
package, directly or not, so that stale code is never found.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scalebridge.errors import MissingExtraError


def compiled(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Decorator like ``numba.njit(cache=True, **options)`` with a cache that is safe against edits of other files.

    The cache is ``$NUMBA_CACHE_DIR`` if set, otherwise ``$XDG_CACHE_HOME/scalebridge/numba``, by default
    ``~/.cache/scalebridge/numba``; where it cannot be written, the function is compiled in every process.

    Args:
        **options: options of ``numba.njit`` other than ``cache``.

    Raises:
        MissingExtraError: Numba is not installed.
    """
    # Between parallel loops the threads of libgomp would spin and take the processor from everyone else. If they never
    # did, they would wake up late where one loop follows another: so they spin for some 0.3 ms.
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ["OMP_WAIT_POLICY"] = "passive"
        os.environ.setdefault("GOMP_SPINCOUNT", "20000")
    try:
        import numba
    except ImportError as error:
        raise MissingExtraError("numba", "solids") from error
    config: Any = numba.config

    def decorate(function: Callable[..., Any]) -> Any:
        folder = cache_folder(Path(function.__code__.co_filename), config.CACHE_DIR)
        before, config.CACHE_DIR = config.CACHE_DIR, str(folder or "")
        try:
            # the cache's place is chosen when a function is decorated, not when it is compiled
            result = numba.njit(cache=folder is not None, **options)(function)
        finally:
            config.CACHE_DIR = before
        return result

    return decorate


@functools.cache
def cache_folder(module: Path, base: str = "") -> Path | None:
    """Folder for the compiled functions of a module, named after its sources and Numba's version.

    Args:
        module: file of the module; the files next to it that it imports, directly or not, count as well.
        base: folder that holds such folders; empty for the user's cache.

    Returns:
        A folder that exists and can be written, or None where there is no such place.
    """
    import numba

    digest = hashlib.sha256(numba.__version__.encode())
    for file in sorted(_sources(module)):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    home = Path(base) if base else user_cache() / "numba"
    return _writable(home / f"{module.parent.name}.{module.stem}-{digest.hexdigest()[:16]}")


def _sources(module: Path) -> set[Path]:
    """The module's file and the files next to it that it imports, directly or not."""
    found: set[Path] = set()
    left = {module}
    while left:
        file = left.pop()
        found.add(file)
        left |= {path for name in _imported(file) if (path := file.with_name(f"{name}.py")).is_file()} - found
    return found


def _imported(file: Path) -> set[str]:
    """Every word in the imports of a file: more than the modules, never less."""
    words: set[str] = set()
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            words |= {word for name in names for word in name.split(".") if word}
    return words


def user_cache() -> Path:
    """``$XDG_CACHE_HOME/scalebridge``, by default ``~/.cache/scalebridge``."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base else Path.home() / ".cache") / "scalebridge"


def _writable(folder: Path) -> Path | None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return None
    return folder
