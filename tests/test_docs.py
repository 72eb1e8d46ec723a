"""Everything that the documentation shows is run: code, studies, commands, examples in docstrings, links."""

from __future__ import annotations

import doctest
import importlib
import importlib.util
import inspect
import pkgutil
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import scalebridge

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> Iterator[tuple[int, str]]:
    text = page.read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        if found[1] == language:
            yield text.count("\n", 0, found.start()) + 2, found[2]


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def with_blocks(language: str) -> list[Path]:
    return [page for page in PAGES if next(blocks(page, language), None)]


@pytest.mark.parametrize("page", with_blocks("python"), ids=named)
def test_code_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    module = ModuleType("page")
    monkeypatch.setitem(sys.modules, "page", module)  # dataclasses look there
    for line, code in blocks(page, "python"):
        # blank lines in front make a traceback point into the page
        exec(compile("\n" * (line - 1) + code, str(page), "exec"), vars(module))


def studies() -> Iterator[tuple[str, str]]:
    """Whole studies, and tables of studies completed by the tables of the page's whole one."""
    for page in PAGES:
        texts = list(blocks(page, "toml"))
        whole = next((text for _, text in texts if text.startswith("bridge")), "")
        for line, text in texts:
            yield f"{named(page)}:{line}", text if text.startswith("bridge") else completed(text, whole)


def completed(tables: str, whole: str) -> str:
    """Tables of `whole`, those that `tables` has too left out, then `tables`."""
    own = tomllib.loads(tables)
    pieces = re.split(r"^(?=\[+(\w+))", whole, flags=re.MULTILINE)
    kept = [pieces[0], *(text for name, text in zip(pieces[1::2], pieces[2::2], strict=True) if name not in own)]
    return "".join(kept) + "\n" + tables


@pytest.mark.parametrize(("where", "text"), [pytest.param(*study, id=study[0]) for study in studies()])
def test_studies_are_valid(where: str, text: str, tmp_path: Path) -> None:
    from scalebridge.study import load_study

    del where
    if "section.png" in text:
        draw_section(tmp_path / "section.png")
    study = tmp_path / "study.toml"
    study.write_text(text)
    load_study(study).build().scales()


def draw_section(path: Path) -> None:
    import numpy as np
    from PIL import Image

    y, x = np.mgrid[0:64, 0:64]
    Image.fromarray(np.where((x - 32) ** 2 + (y - 32) ** 2 < 400, 200, 60).astype(np.uint8)).save(path)


def commands(program: str) -> set[str]:
    lines = (line for page in PAGES for _, text in blocks(page, "console") for line in text.splitlines())
    inline = (code for page in PAGES for code in re.findall(r"`([^`\n]+)`", page.read_text(encoding="utf-8")))
    return {words[1] for words in map(str.split, [*lines, *inline]) if len(words) > 1 and words[0] == program}


def test_commands_exist() -> None:
    from scalebridge.cli import app

    known = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    assert commands("scalebridge") >= {"new", "check", "plan", "run", "resume"}
    assert commands("scalebridge") <= known


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"demo", "test"} <= targets
    assert "demo" in commands("make")
    assert commands("make") <= targets


def test_exit_codes_are_those_of_the_command_line() -> None:
    from scalebridge.cli import Exit

    table = re.findall(r"^\| (\d) \| ", (ROOT / "docs" / "command-line.md").read_text(), re.MULTILINE)
    assert [int(code) for code in table] == [code.value for code in Exit]


def links(page: Path) -> set[str]:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    return {link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not link.startswith("http")}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}, link


MODULES = ["scalebridge", *(found.name for found in pkgutil.walk_packages(scalebridge.__path__, "scalebridge."))]


def examples(name: str) -> list[doctest.DocTest]:
    module = importlib.import_module(name)
    public = {key: getattr(module, key) for key in getattr(module, "__all__", ())}
    finder = doctest.DocTestFinder(exclude_empty=True)
    return [test for test in finder.find(module, extraglobs=public) if test.examples]


WITH_EXAMPLES = [
    name
    for name in MODULES
    if (spec := importlib.util.find_spec(name)) and ">>>" in Path(str(spec.origin)).read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_in_docstrings_hold(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    for example in examples(name):
        runner.run(example)
    assert runner.tries > 0
    assert runner.failures == 0, capsys.readouterr().out


DOCUMENTED = {
    "scalebridge.fluids.atomistic": "hybrid",
    "scalebridge.fluids.hybrid": "hybrid",
    "scalebridge.fluids.transport": "hybrid",
    "scalebridge.parallel": "parallel",
    "scalebridge.report": "study",
    "scalebridge.solids.elasticity": "elasticity",
    "scalebridge.solids.export": "export",
    "scalebridge.solids.fe2": "fe2",
    "scalebridge.solids.homogenization": "homogenization",
    "scalebridge.solids.laws": "laws",
    "scalebridge.solids.microstructure": "microstructure",
    "scalebridge.solids.representative": "representative",
    "scalebridge.solids.rve": "rve",
    "scalebridge.study": "study",
}


@pytest.mark.parametrize(("package", "page"), DOCUMENTED.items())
def test_the_reference_is_complete(package: str, page: str) -> None:
    module = importlib.import_module(package)
    things = {name: getattr(module, name) for name in module.__all__}
    public = {name for name, thing in things.items() if inspect.isclass(thing) or inspect.isroutine(thing)}
    text = (ROOT / "docs" / "api" / f"{page}.md").read_text()
    assert set(re.findall(rf"^::: {re.escape(package)}\.(\w+)$", text, re.MULTILINE)) == public
