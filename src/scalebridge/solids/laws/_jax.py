"""JAX made ready for the laws: double precision, and compiled functions that are found again in the next process."""

from __future__ import annotations

import functools
from typing import Any

from scalebridge._cache import user_cache
from scalebridge.errors import MissingExtraError


@functools.cache
def prepare_jax() -> None:
    """Switch JAX to float64 and give it a persistent compilation cache, unless the user has configured one.

    The cache is ``$XDG_CACHE_HOME/scalebridge/jax``, by default ``~/.cache/scalebridge/jax``. Done once per process.

    Raises:
        MissingExtraError: JAX is not installed.
    """
    try:
        import jax
    except ImportError as error:
        raise MissingExtraError("jax", "solids") from error
    config: Any = jax.config
    config.update("jax_enable_x64", True)
    if config.jax_compilation_cache_dir is None:
        config.update("jax_compilation_cache_dir", str(user_cache() / "jax"))
        config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
