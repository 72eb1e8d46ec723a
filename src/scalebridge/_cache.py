"""Compiled loops that are kept between runs, in a place that knows all the sources they were made from.

Numba keeps compiled code next to a function's file and compiles again when this file changes, not when a function that
was inlined from another file does. Here the folder is named after all sources of the package, so that stale code is
never found.
"""

from __future__ import annotations

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
    # Between parallel loops the threads of libgomp would spin and take the processor from everyone else.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        import numba
    except ImportError as error:
        raise MissingExtraError("numba", "solids") from error
    config: Any = numba.config

    def decorate(function: Callable[..., Any]) -> Any:
        folder = cache_folder(Path(function.__code__.co_filename).parent, config.CACHE_DIR)
        before, config.CACHE_DIR = config.CACHE_DIR, str(folder or "")
        try:
            # the cache's place is chosen when a function is decorated, not when it is compiled
            result = numba.njit(cache=folder is not None, **options)(function)
        finally:
            config.CACHE_DIR = before
        return result

    return decorate


@functools.cache
def cache_folder(package: Path, base: str = "") -> Path | None:
    """Folder for the compiled functions of a package, named after its sources and Numba's version.

    Args:
        package: folder of the sources; every ``.py`` file in it counts.
        base: folder that holds such folders; empty for the user's cache.

    Returns:
        A folder that exists and can be written, or None where there is no such place.
    """
    import numba

    digest = hashlib.sha256(numba.__version__.encode())
    for file in sorted(package.glob("*.py")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    home = Path(base) if base else user_cache() / "numba"
    return _writable(home / f"{package.name}-{digest.hexdigest()[:16]}")


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
