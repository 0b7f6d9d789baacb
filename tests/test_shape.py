"""The project's shape where neither ruff nor import-linter sees it: sizes, layers, and a core that is pure."""

import ast
import gc
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted(path for top in ("bot", "handlers") for path in (ROOT / top).rglob("*.py"))
CORE = [path for path in MODULES if path.is_relative_to(ROOT / "bot" / "core")]
LONGEST_MODULE, LONGEST_FUNCTION = 300, 30
IMPURE = {"asyncio", "io", "logging", "os", "pathlib", "random", "socket", "subprocess", "threading", "time"}


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def layers() -> set[str]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    rows = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return {name.strip(" ()") for row in rows for name in row.replace("|", ":").split(":")}


def top_level(name: str) -> str:
    return name.partition(".")[0]


def parsed(source: str) -> ast.Module:
    """Python below 3.11.8 miscounts, and raises SystemError, where garbage is collected while it builds a tree."""
    gc.disable()  # what it runs may let another thread parse meanwhile: github.com/python/cpython/issues/106905
    try:
        return ast.parse(source)
    finally:
        gc.enable()


def functions(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return function.end_lineno - function.lineno + 1


def imported(tree: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
    return names


def test_there_are_modules_to_look_at() -> None:
    assert {"bot", "bot.core.health"} <= {dotted(path) for path in MODULES}


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_a_module_is_short_and_says_what_it_does(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= LONGEST_MODULE
    tree = parsed(text)
    assert ast.get_docstring(tree), f"{dotted(path)} has no docstring"
    long = [function.name for function in functions(tree) if lines(function) > LONGEST_FUNCTION]
    assert not long, f"longer than {LONGEST_FUNCTION} lines: {long}"


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_a_module_stands_in_a_layer(path: Path) -> None:
    name = dotted(path)
    stands = name == "bot" or any(f"{name}.".startswith(f"{layer}.") for layer in layers())
    assert stands, f"{name} stands in no layer of [tool.importlinter] in pyproject.toml"


@pytest.mark.parametrize("path", CORE, ids=dotted)
def test_the_core_imports_only_itself_and_what_is_pure(path: Path) -> None:
    names = imported(parsed(path.read_text()))
    foreign = {name for name in names if not f"{name}.".startswith("bot.core.")}
    assert not {top for top in map(top_level, foreign) if top not in sys.stdlib_module_names or top in IMPURE}


@pytest.mark.parametrize("path", CORE, ids=dotted)
def test_the_core_asks_no_clock(path: Path) -> None:
    read = {ast.unparse(node) for node in ast.walk(parsed(path.read_text())) if isinstance(node, ast.Attribute)}
    assert not read & {"datetime.now", "datetime.utcnow", "datetime.today", "date.today"}
