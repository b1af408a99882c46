"""The house keeps its own rules: every module says what it is for, and nothing outgrows its room unnoticed."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "netmon").rglob("*.py"))
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted(
    (ROOT / "docs").rglob("*.md")
)

LONGEST_MODULE = 450
LONGEST_FUNCTION = 60
DRAWERS = {"utils", "util", "common", "core", "helpers", "base", "misc"}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("module", MODULES, ids=named)
def test_a_module_opens_with_a_sentence_that_says_what_it_is_for(module: Path) -> None:
    docstring = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8")))

    assert docstring
    assert docstring.split("\n\n")[0].rstrip().endswith((".", "?", "``."))


@pytest.mark.parametrize("module", MODULES, ids=named)
def test_nothing_outgrows_its_room(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]

    assert module.stem not in DRAWERS
    assert text.count("\n") <= LONGEST_MODULE
    assert [
        function.name
        for function in functions
        if (function.end_lineno or function.lineno) - function.lineno >= LONGEST_FUNCTION
    ] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    broken = [link for link in links if "://" not in link and not (page.parent / link).exists()]

    assert broken == []


def test_every_target_of_make_help_is_one_line() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")

    documented = re.findall(r"^([a-z]+):.*## ", text, re.MULTILINE)
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)

    assert phony is not None
    assert sorted(documented) == sorted(phony[1].split())
    assert len(documented) <= 10
