from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def kernels(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module with the tasks, found by this process and, through its search path, by the workers."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    return importlib.import_module("parallel_kernels")
