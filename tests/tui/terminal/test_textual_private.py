"""Private names of Textual stand in one file, which says what version it was checked against."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import textual

from workbench.tui.terminal import textual_private, textual_private_area

PRIVATE = [Path(module.__file__ or "") for module in (textual_private, textual_private_area)]
SCREENS = PRIVATE[0].parents[1]


def own_names(tree: ast.AST) -> set[str]:
    """Private names that a file gives to something of its own."""
    names = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
    return names


def textuals_names() -> set[str]:
    """Private methods and attributes of Textual's classes."""
    names: set[str] = set()
    for path in Path(textual.__file__).parent.rglob("*.py"):
        names |= own_names(ast.parse(path.read_text(encoding="utf-8")))
    return {name for name in names if name.startswith("_") and not name.startswith("__")}


def private_uses(tree: ast.AST, private: set[str]) -> Iterator[str]:
    """`_name` of an object, or of a module of Textual."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in private:
            yield f"{node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("textual"):
            parts = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
            yield from (f"{node.lineno}: {part}" for part in parts if part.startswith("_"))


def test_private_names_of_textual_stand_in_one_place() -> None:
    trees = {
        path.name: ast.parse(path.read_text(encoding="utf-8"))
        for path in SCREENS.rglob("*.py")
        if path not in PRIVATE
    }
    private = textuals_names() - set().union(*map(own_names, trees.values()))
    assert {"_bindings", "_keymap", "_handle_exception"} <= private
    uses = {f"{name}:{use}" for name, tree in trees.items() for use in private_uses(tree, private)}
    assert uses == set()


def test_they_were_checked_against_the_version_that_is_installed() -> None:
    assert version("textual") == textual_private.CHECKED_AGAINST
