"""The project's shape where neither ruff nor import-linter sees it: sizes, layers, and a core that is pure."""

import ast
import gc
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
MODULES = sorted(path for top in ("bot", "handlers") for path in (ROOT / top).rglob("*.py"))
LONGEST_MODULE, LONGEST_FUNCTION = 300, 30
IMPURE = {"asyncio", "io", "logging", "os", "pathlib", "random", "socket", "subprocess", "threading", "time"}


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def layers() -> set[str]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    rows = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return {name.strip(" ()") for row in rows for name in row.replace("|", ":").split(":")}


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


def imported(node: ast.AST) -> set[str]:
    """What an import names; nothing of any other node."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    return {"." * node.level + (node.module or "")} if isinstance(node, ast.ImportFrom) else set()


def is_core(name: str) -> bool:
    return f"{name}.".startswith("bot.core.")


@cache
def trees() -> Mapping[str, ast.Module]:
    return {dotted(path): parsed(path.read_text()) for path in MODULES}


def of_core() -> Iterator[tuple[str, ast.AST]]:
    """Every node of the core's modules, with its module's name."""
    yield from ((name, node) for name, tree in trees().items() if is_core(name) for node in ast.walk(tree))


def test_there_are_modules_to_look_at() -> None:
    assert {"bot", "bot.core.health"} <= {dotted(path) for path in MODULES}


def test_a_module_is_short() -> None:
    assert [dotted(path) for path in MODULES if path.read_text().count("\n") > LONGEST_MODULE] == []


def test_a_module_says_what_it_is_for() -> None:
    assert [name for name, tree in trees().items() if not ast.get_docstring(tree)] == []


def test_a_function_is_short() -> None:
    all_ = ((name, function) for name, tree in trees().items() for function in functions(tree))
    assert [f"{name}.{one.name}" for name, one in all_ if lines(one) > LONGEST_FUNCTION] == []


def test_a_module_stands_in_a_layer_of_the_import_contracts() -> None:
    stands = tuple(f"{layer}." for layer in layers())
    assert [name for name in trees() if name != "bot" and not f"{name}.".startswith(stands)] == []


def test_the_core_imports_only_itself_and_what_is_pure() -> None:
    foreign = {(name, one) for name, node in of_core() for one in imported(node) if not is_core(one)}
    tops = {(name, one.partition(".")[0]) for name, one in foreign}
    assert {(name, top) for name, top in tops if top not in sys.stdlib_module_names or top in IMPURE} == set()


def test_the_core_asks_no_clock() -> None:
    clocks = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today"}
    reads = ((name, ast.unparse(node)) for name, node in of_core() if isinstance(node, ast.Attribute))
    assert [(name, read) for name, read in reads if read in clocks] == []
