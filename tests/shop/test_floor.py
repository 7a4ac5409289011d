"""The ground floor stays pure: the standard library and itself, no clock, no chance, no input or output."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SHOP = Path(__file__).parents[2] / "shop"
FILES = sorted(SHOP.rglob("*.py"))

_PURE = "collections dataclasses datetime decimal enum functools hashlib itertools math re types typing unicodedata"
ALLOWED = frozenset(_PURE.split())
CLOCKS = frozenset(("now", "utcnow", "today"))


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SHOP)))
def test_shop_imports_only_itself_and_pure_parts_of_the_standard_library(path: Path) -> None:
    roots = {module.partition(".")[0] for module in imports(ast.parse(path.read_text(encoding="utf-8")))}
    assert roots <= ALLOWED | {"shop"}
    assert roots - {"shop"} <= sys.stdlib_module_names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SHOP)))
def test_shop_reads_no_clock_opens_nothing_and_awaits_nothing(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.AsyncFunctionDef(name=name):
                pytest.fail(f"{name} is async")
            case ast.Call(func=ast.Attribute(attr=attr)) if attr in CLOCKS:
                pytest.fail(f"line {node.lineno} reads a clock")
            case ast.Call(func=ast.Name(id="open" | "print" | "input")):
                pytest.fail(f"line {node.lineno} does input or output")
