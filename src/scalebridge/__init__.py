"""Bridges between fine and coarse models of the same thing, each with its books kept."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scalebridge import molecules as molecules
    from scalebridge import parallel as parallel
    from scalebridge import solids as solids

__version__ = "0.1.0"

_PACKAGES = ("molecules", "parallel", "solids")

__all__ = ["__version__", *_PACKAGES]


def __getattr__(name: str) -> Any:
    """Import a bridge's package when it is first used; heavy dependencies load no earlier."""
    if name in _PACKAGES:
        return importlib.import_module(f"scalebridge.{name}")
    raise AttributeError(f"module 'scalebridge' has no attribute '{name}'; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted(__all__)
