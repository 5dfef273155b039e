"""The rooms of the house: no circle of imports, no folder or file that has grown too big."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "workbench"
MOST_FILES = 20
"""About a dozen and a half, `__init__.py` included."""
MOST_LINES = 350
ONE_FILE_A_COMMAND = "cli"

Graph = Mapping[str, frozenset[str]]


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules() -> dict[str, Path]:
    return {module_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imported(tree: ast.AST) -> Iterator[str]:
    """The modules of the package that are imported anywhere in it, in functions and behind
    TYPE_CHECKING too.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules())
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                if full in modules():
                    yield full
                elif node.module in modules():
                    yield node.module


@cache
def imports() -> Graph:
    return {
        name: frozenset(imported(ast.parse(path.read_text(encoding="utf-8")))) - {name}
        for name, path in modules().items()
    }


def folder_of(module: str) -> str:
    is_package = modules()[module].name == "__init__.py"
    return module if is_package else module.rpartition(".")[0]


def folders() -> Graph:
    """Which folder imports from which; a folder and the one around it are one room here."""
    graph: dict[str, set[str]] = {folder_of(name): set() for name in modules()}
    for name, targets in imports().items():
        here = folder_of(name)
        for there in map(folder_of, targets):
            if not f"{there}.".startswith(f"{here}.") and not f"{here}.".startswith(f"{there}."):
                graph[here].add(there)
    return {name: frozenset(targets) for name, targets in graph.items()}


def circles(graph: Graph) -> list[list[str]]:
    """The strongly connected components of more than one node (Tarjan, SIAM J. Comput. 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    components: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for target in graph[node]:
            if target not in index:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in stack:
                low[node] = min(low[node], index[target])
        if low[node] == index[node]:
            at = stack.index(node)
            component = stack[at:]
            del stack[at:]
            if len(component) > 1:
                components.append(sorted(component))

    for node in graph:
        if node not in index:
            visit(node)
    return components


def test_a_circle_is_found_where_there_is_one() -> None:
    graph = {"a": frozenset("b"), "b": frozenset("c"), "c": frozenset("ad"), "d": frozenset[str]()}
    assert circles(graph) == [["a", "b", "c"]]


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circles(imports()) == []


def test_no_folders_import_each_other_in_a_circle() -> None:
    assert circles(folders()) == []


def test_no_folder_holds_too_many_files() -> None:
    counts: dict[str, int] = {}
    for name in modules():
        counts[folder_of(name)] = counts.get(folder_of(name), 0) + 1
    del counts[f"workbench.{ONE_FILE_A_COMMAND}"]
    assert {name: count for name, count in counts.items() if count > MOST_FILES} == {}


def test_every_file_is_short_enough_to_be_read_at_once() -> None:
    lines = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in modules().values()
    }
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}
