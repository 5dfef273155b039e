"""Definitions of features: how an input of a prompt is computed, pinned by content.

A feature is `features/NAME.py` with a function NAME, and a literal at its top level that is read
without running the file:

    FEATURE = {"inputs": ["question"], "output": "string", "nulls": "error"}

A prompt holds a definition as plain JSON values, with the texts of its files, so that a registered
version computes what it computed when it was judged.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Any

from workbench.child_process.source import Source, parsed, read_source, source_of
from workbench.errors import CodeError
from workbench.fingerprints import short
from workbench.prompts.kinds import KINDS, MEDIA
from workbench.prompts.values import FEATURES as FOLDER
from workbench.prompts.values import Prompt
from workbench.suggestions import did_you_mean

DECLARATION = "FEATURE"
ERROR, PASS = "error", "pass"
GIVE = "give"
_KEYS = ("inputs", "output", "nulls", "description")
_HINT = f'{DECLARATION} = {{"inputs": ["question"], "output": "string", "nulls": "error"}}'


@dataclass(frozen=True)
class Feature:
    """A definition: its code, and what its declaration says."""

    name: str
    source: Source
    inputs: tuple[str, ...]
    """The fields of a case that it gets, in this order, by their names."""
    output: str
    """The kind of its value, as of an input."""
    nulls: str | Mapping[str, Any] = ERROR
    """What happens where an input is null or absent: ERROR, the case's; PASS, the function gets
    None; {GIVE: VALUE}, that is the value, also where the function gives None.
    """

    @property
    def hash(self) -> str:
        """sha256 of its file, the workspace's files and the packages that it imports, and Python's
        minor version.
        """
        return self.source.hash

    @property
    def gives(self) -> Any:
        """The value in place of a null; None: there is none."""
        return self.nulls.get(GIVE) if isinstance(self.nulls, Mapping) else None

    @property
    def content(self) -> dict[str, Any]:
        """The definition as plain JSON values; `feature_of` reads them."""
        return self.source.content


def read_feature(root: Path, name: str) -> Feature:
    """The feature of that name in the workspace `root`. Its code is not run. Raises CodeError."""
    if not name.isidentifier():
        raise CodeError(f"{name!r} cannot be the name of a feature", hint="letters, digits and '_'")
    if not (root / FOLDER / f"{name}.py").is_file():
        known = [path.stem for path in (root / FOLDER).glob("*.py")]
        hint = did_you_mean(name, known) if known else f"write {FOLDER}/{name}.py"
        raise CodeError(f"there is no feature {name!r}: no {FOLDER}/{name}.py", hint=hint)
    return _declared(name, read_source(root, f"{FOLDER}/{name}.py"))


def feature_of(name: str, content: Mapping[str, Any]) -> Feature:
    """The feature that a prompt holds. Raises CodeError for what is no definition."""
    try:
        return _declared(name, source_of(content))
    except CodeError as error:
        raise CodeError(f"the feature {name}: {error.message}", hint=error.hint) from error


def _declared(name: str, source: Source) -> Feature:
    where = source.path
    tree = parsed(source.modules[source.name].text, where)
    declaration, line = _literal(tree, where)
    at = f"{where} line {line}: {DECLARATION}"
    if not isinstance(declaration, dict):
        raise CodeError(f"{at} is no mapping", hint=_HINT)
    for key in declaration:
        if key not in _KEYS:
            raise CodeError(f"{at} has an unknown key {key!r}", hint=did_you_mean(str(key), _KEYS))
    inputs, output = declaration.get("inputs"), declaration.get("output", "string")
    if not isinstance(inputs, (list, tuple)) or not inputs:
        raise CodeError(f"{at} names no inputs", hint=_HINT)
    if not all(isinstance(item, str) and item.isidentifier() for item in inputs):
        raise CodeError(f"{at}: inputs are names of fields of a case", hint=_HINT)
    if output not in KINDS or output in MEDIA:
        kinds = [kind for kind in KINDS if kind not in MEDIA]
        raise CodeError(f"{at}: no output {output!r}", hint=did_you_mean(str(output), kinds))
    _check_function(tree, where, name, tuple(inputs))
    nulls = declaration.get("nulls", ERROR)
    is_given = isinstance(nulls, dict) and nulls.keys() == {GIVE} and nulls[GIVE] is not None
    if nulls not in (ERROR, PASS) and not is_given:
        raise CodeError(f"{at}: no null rule {nulls!r}", hint='"error", "pass" or {"give": VALUE}')
    return Feature(name, source, tuple(inputs), output, nulls)


def _literal(tree: ast.Module, where: str) -> tuple[Any, int]:
    """The value of the declaration, and its line."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else ()
        if any(isinstance(one, ast.Name) and one.id == DECLARATION for one in targets):
            assert isinstance(node, ast.Assign)
            try:
                return ast.literal_eval(node.value), node.lineno
            except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
                problem = f"{where} line {node.lineno}: {DECLARATION} is no literal"
                raise CodeError(problem, hint="it is read without running the file") from error
    raise CodeError(f"{where} has no {DECLARATION} at its top level", hint=_HINT)


def _check_function(tree: ast.Module, where: str, name: str, inputs: tuple[str, ...]) -> None:
    """Refuse a file whose function does not take these inputs, in this order."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            takes = tuple(item.arg for item in (*node.args.posonlyargs, *node.args.args))
            if takes[: len(inputs)] != inputs:
                raise CodeError(
                    f"{where} line {node.lineno}: it takes {', '.join(takes) or 'nothing'}",
                    hint=f"def {name}({', '.join(inputs)}): as {DECLARATION} has them",
                )
            return
    raise CodeError(
        f"{where} has no function {name!r}", hint=f"def {name}({', '.join(inputs)}): ..."
    )


def used_fields(prompt: Prompt, names: Collection[str]) -> frozenset[str]:
    """The fields of a case that decide what is sent: `names`, which the templates use, with the raw
    inputs of features in place of what these compute.
    """
    raw = {
        name
        for feature, content in prompt.features.items()
        for name in feature_of(feature, content).inputs
    }
    return frozenset({*names} - prompt.computed.keys() | raw)


def feature_change(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """How a definition differs from another, in one line: files with the number of added and
    removed lines, packages, Python.
    """
    before, after = _texts(old), _texts(new)
    parts = []
    for path in sorted({*before, *after}):
        if before.get(path) != after.get(path):
            lines = list(unified_diff(before.get(path, []), after.get(path, []), n=0, lineterm=""))
            added = sum(line[0] == "+" for line in lines[2:])
            removed = sum(line[0] == "-" for line in lines[2:])
            parts.append(f"{path} (+{added} -{removed} lines)")
    packages = {**old["packages"], **new["packages"]}
    for name in sorted(packages):
        first, second = old["packages"].get(name), new["packages"].get(name)
        if first != second:
            shown = [f"{pin[0]} {short(pin[1])}" if pin else "none" for pin in (first, second)]
            parts.append(f"package {name} {' -> '.join(shown)}")
    if old["python"] != new["python"]:
        parts.append(f"python {old['python']} -> {new['python']}")
    return ", ".join(parts) or "nothing"


def _texts(content: Mapping[str, Any]) -> dict[str, list[str]]:
    return {path: text.split("\n") for path, text in content["modules"].values()}
