"""What a stranger checks first: the papers are in order, nothing is too long, all is typed and explained."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import scalebridge

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
COMPILERS = {"njit", "compiled"}
PACKAGES = [
    module.name
    for module in pkgutil.walk_packages(scalebridge.__path__, "scalebridge.")
    if not any(part.startswith("_") for part in module.name.split("."))
]


@pytest.mark.parametrize("name", ["README.md", "LICENSE", "CITATION.cff", "CHANGELOG.md", "CONTRIBUTING.md"])
def test_the_papers_are_there(name: str) -> None:
    assert len((ROOT / name).read_text().splitlines()) > 10


def test_all_papers_name_the_same_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    cited = re.search(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert cited is not None
    assert newest is not None
    assert {project["version"], cited[1], newest[1]} == {scalebridge.__version__}


def test_all_papers_name_the_same_licence() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"license: {project['license']}\n" in (ROOT / "CITATION.cff").read_text()
    assert project["license"] == "BSD-3-Clause"
    assert "Neither the name of" in (ROOT / "LICENSE").read_text()


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for file in SOURCES:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{file.relative_to(ROOT)}:{node.lineno} {node.name}", node


def is_compiled(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    names = (node.func if isinstance(node, ast.Call) else node for node in function.decorator_list)
    return any(isinstance(name, ast.Name) and name.id in COMPILERS for name in names)


def lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert function.end_lineno is not None
    return function.end_lineno - function.lineno + 1


def test_every_function_says_what_it_returns() -> None:
    assert [where for where, function in functions() if function.returns is None and not is_compiled(function)] == []


def test_functions_and_modules_are_short() -> None:
    # straight-line arithmetic of a compiled loop is not easier to read in pieces
    long = [where for where, function in functions() if lines(function) > (100 if is_compiled(function) else 70)]
    long += [str(file.relative_to(ROOT)) for file in SOURCES if len(file.read_text().splitlines()) > 600]
    assert long == []


def test_parallel_loops_have_no_choice_among_their_bounds() -> None:
    """`prange(n if ... else 0)` is compiled, gives the same results, and runs in one thread."""
    parallel = [
        (where, call)
        for where, function in functions()
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("prange")
    ]
    assert len(parallel) > 20
    assert [where for where, call in parallel if any(isinstance(part, ast.IfExp) for part in ast.walk(call))] == []


def test_fast_sums_that_others_call_are_inlined() -> None:
    # one that is not is there twice, with sums in two orders, and the cache decides which of the two runs
    options = {node.name: (ast.unparse(node.decorator_list[0]), node) for _, node in functions() if is_compiled(node)}
    called = {
        call.func.id
        for _, node in options.values()
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
    }
    loose = [
        name
        for name in sorted(called & options.keys())
        if re.search("fastmath|OPTIONS", options[name][0])
        # loops of several threads cannot be inlined
        and not re.search("inline|INLINE|parallel", options[name][0])
    ]
    assert loose == []


@pytest.mark.parametrize("package", ["scalebridge", *PACKAGES])
def test_every_public_name_is_explained(package: str) -> None:
    module = importlib.import_module(package)
    assert module.__doc__
    silent = [name for name in getattr(module, "__all__", ()) for name in unexplained(name, getattr(module, name))]
    assert silent == []


def unexplained(name: str, thing: object) -> Iterator[str]:
    if not (inspect.isclass(thing) or inspect.isroutine(thing)):
        return
    if not thing.__doc__:
        yield name
    if inspect.isclass(thing):
        for member in vars(thing):
            public = not member.startswith("_") and isinstance(vars(thing)[member], MEMBERS)
            if public and not inspect.getdoc(getattr(thing, member)):
                yield f"{name}.{member}"


MEMBERS = (property, classmethod, staticmethod, type(unexplained))


def fastest(*command: str) -> float:
    """Wall-clock seconds of the fastest of three processes; the others were disturbed by something else."""
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        subprocess.run([sys.executable, *command], check=True, capture_output=True, timeout=60)
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def test_import_takes_less_than_half_a_second() -> None:
    assert fastest("-c", "import scalebridge") < 0.5


def test_help_is_there_at_once() -> None:
    assert fastest("-m", "scalebridge.cli", "--help") < 1.5
