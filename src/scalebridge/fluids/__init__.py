"""Atomistic and continuum fluids, and their coupling.

Units are SI, or those of the atoms throughout: numbers are never converted inside.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from scalebridge.errors import MissingExtraError

if TYPE_CHECKING:
    from scalebridge.fluids import atomistic as atomistic
    from scalebridge.fluids import continuum as continuum
    from scalebridge.fluids import hybrid as hybrid
    from scalebridge.fluids import transport as transport
    from scalebridge.fluids.atomistic import Atomistic as Atomistic
    from scalebridge.fluids.atomistic import Water as Water
    from scalebridge.fluids.continuum import Continuum as Continuum
    from scalebridge.fluids.continuum import MeshContinuum as MeshContinuum
    from scalebridge.fluids.hybrid import Hybrid as Hybrid

_PACKAGES = ("atomistic", "continuum", "hybrid", "transport")
_NAMES = {"atomistic": ("Atomistic", "Water"), "continuum": ("Continuum", "MeshContinuum"), "hybrid": ("Hybrid",)}
_HOME = {name: package for package, names in _NAMES.items() for name in names}

__all__ = sorted([*_PACKAGES, *_HOME])


def __getattr__(name: str) -> Any:
    """Import a module when one of its names is first used."""
    if name in _PACKAGES:
        return _package(name)
    if name in _HOME:
        return getattr(_package(_HOME[name]), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'; it has {', '.join(__all__)}")


def _package(name: str) -> Any:
    """A package of this one; what is not installed is named with the command that installs it."""
    try:
        return importlib.import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("scalebridge"):
            raise
        raise MissingExtraError(error.name, "fluids") from error


def __dir__() -> list[str]:
    return list(__all__)
