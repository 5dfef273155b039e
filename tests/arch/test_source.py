"""Rules about our own source that no linter knows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "workbench"
MARKUP_WIDGETS = {
    "Static",
    "Label",
    "Checkbox",
    "Collapsible",
    "DataTable",
    "Link",
    "Markdown",
    "OptionList",
    "RadioButton",
    "RichLog",
    "SelectionList",
    "Tree",
}
"""Textual's widgets that parse a plain `str` as markup, or pass escape sequences on."""
MARKUP_ATTRIBUTES = {"border_title", "border_subtitle", "tooltip"}


TELL_NOTHING = re.compile(r"\b(found|said)\b")
"""Names that would fit every variable, and so none."""


def sources(folder: Path = PACKAGE) -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(folder.rglob("*.py")):
        yield str(path.relative_to(PACKAGE)), parsed(path)


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def calls(tree: ast.Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def test_nothing_prints_but_the_commands() -> None:
    printing = [
        f"{path}:{call.lineno}"
        for path, tree in sources()
        if not path.startswith("cli/")
        for call in calls(tree)
        if isinstance(call.func, ast.Name) and call.func.id == "print"
    ]
    assert printing == []


def test_no_widget_that_parses_markup_is_made_from_text() -> None:
    places = [
        f"{path}:{call.lineno} {name_of(call.func)}"
        for path, tree in sources(PACKAGE / "tui")
        for call in calls(tree)
        if name_of(call.func) in MARKUP_WIDGETS
        and call.args
        and not isinstance(call.args[0], ast.Constant)
    ]
    assert places == []


def test_titles_and_tooltips_are_content_and_never_a_plain_text() -> None:
    places = []
    for path, tree in sources(PACKAGE / "tui"):
        for node in ast.walk(tree):
            if not isinstance(node, ast.Assign):
                continue
            names = {name_of(target) for target in node.targets}
            made = node.value
            fine = (isinstance(made, ast.Call) and name_of(made.func) in ("plain", "Content")) or (
                isinstance(made, ast.Constant) and made.value in (None, "")
            )
            if names & MARKUP_ATTRIBUTES and not fine:
                places.append(f"{path}:{node.lineno}")
    assert places == []


def test_a_notice_never_parses_markup() -> None:
    places = [
        f"{path}:{call.lineno}"
        for path, tree in sources(PACKAGE / "tui")
        for call in calls(tree)
        if isinstance(call.func, ast.Attribute)
        and call.func.attr == "notify"
        and name_of(call.func.value) in ("self", "app")
        and not any(
            word.arg == "markup" and getattr(word.value, "value", True) is False
            for word in call.keywords
        )
    ]
    assert places == []


def test_no_template_of_a_user_meets_str_format() -> None:
    places = [
        f"{path}:{call.lineno}"
        for path, tree in sources(PACKAGE / "prompts")
        for call in calls(tree)
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("format", "format_map")
    ]
    assert places == []


def test_no_code_opens_or_copies_a_database_file() -> None:
    places = []
    for path, tree in sources():
        for call in calls(tree):
            source = ast.unparse(call)
            opens = name_of(call.func) in ("open", "read_bytes", "copy", "copyfile", "copy2")
            if opens and ("registry_path" in source or "runs_path" in source or ".db" in source):
                places.append(f"{path}:{call.lineno}")
            if name_of(call.func) == "executescript":
                places.append(f"{path}:{call.lineno}")
    assert places == []


def test_no_traceback_shows_the_values_of_variables() -> None:
    places = [
        f"{path}:{call.lineno}"
        for path, tree in sources()
        for call in calls(tree)
        if any(
            word.arg in ("show_locals", "capture_locals")
            and getattr(word.value, "value", True) is not False
            for word in call.keywords
        )
    ]
    assert places == []


def test_sqlite_utils_never_brings_pandas_along() -> None:
    """It loads pandas and numpy where they are installed: twice the time of a command."""

    def unguarded(node: ast.AST) -> Iterator[int]:
        if isinstance(node, ast.If) and name_of(node.test) == "TYPE_CHECKING":
            return
        if isinstance(node, ast.With) and "without(" in ast.unparse(node.items[0]):
            return
        if isinstance(node, ast.Import | ast.ImportFrom) and "sqlite_utils" in ast.unparse(node):
            yield node.lineno
        for child in ast.iter_child_nodes(node):
            yield from unguarded(child)

    assert [f"{path}:{line}" for path, tree in sources() for line in unguarded(tree)] == []


def names_given(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The line and name of every variable, parameter, field, function and keyword."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name):
                yield node.lineno, name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield node.lineno, name
            case ast.keyword(arg=str(name)):
                yield node.value.lineno, name


def test_a_variable_names_what_it_holds() -> None:
    root = PACKAGE.parent
    places = [
        f"{path.relative_to(root)}:{line} {name}"
        for folder in ("workbench", "tests", "benchmarks", "scripts", "evals")
        for path in sorted((root / folder).rglob("*.py"))
        if TELL_NOTHING.search(text := path.read_text(encoding="utf-8"))
        for line, name in names_given(ast.parse(text))
        if TELL_NOTHING.fullmatch(name)
    ]
    assert places == []
