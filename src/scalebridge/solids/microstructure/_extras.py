"""Optional packages, imported when a format that needs them is first used."""

from __future__ import annotations

import importlib
from typing import Any

from scalebridge.errors import MissingExtraError

_PACKAGES = {"PIL": "pillow", "vtkmodules": "vtk"}


def optional(module: str) -> Any:
    """Import a module of the extra ``solids``.

    Args:
        module: dotted name.

    Returns:
        The module.

    Raises:
        MissingExtraError: its package is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        root = module.partition(".")[0]
        raise MissingExtraError(_PACKAGES.get(root, root), "solids") from None
