"""Strict YAML: safe, without duplicate keys and aliases."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import yaml

from workbench.errors import DraftError, UsageError
from workbench.prompts.files.untyped import UntypedText

MAX_DEPTH = 64
MAX_NODES = 1_000_000
"""Maximum number of values in a text with aliases, with all that these repeat."""

_TAG = "tag:yaml.org,2002:"
_MERGE = f"{_TAG}merge"


class _Loader(yaml.SafeLoader):
    """A safe loader that refuses aliases and duplicate keys."""

    depth = 0
    takes_aliases = False

    def compose_node(self, parent: Any, index: Any) -> Any:
        mark = self.get_mark()
        if self.check_event(yaml.AliasEvent) and not self.takes_aliases:
            raise yaml.MarkedYAMLError(problem="aliases are refused", problem_mark=mark)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise yaml.MarkedYAMLError(problem="nested too deeply", problem_mark=mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            if key_node.tag == _MERGE:
                continue
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, (str, int, float, bool)):
                raise yaml.MarkedYAMLError(
                    problem="a key must be text", problem_mark=key_node.start_mark
                )
            if key in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key!r} stands twice", problem_mark=key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


_WORDS = {
    "null": ("~|null|Null|NULL|", ["~", "n", "N", ""]),
    "bool": ("true|True|TRUE|false|False|FALSE", list("tTfF")),
    "int": (r"[-+]?[0-9]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    "float": (
        r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
}


class _PlainLoader(_Loader):
    """Reads scalars by YAML 1.2: `no`, `12:30:45` and dates are text."""


class _AliasLoader(_PlainLoader):
    """Also reads aliases and merge keys (`<<`)."""

    takes_aliases = True

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self.sizes: dict[int, int] = {}
        """Values in a node, by its id, with all that its aliases repeat."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        mark, is_alias = self.get_mark(), self.check_event(yaml.AliasEvent)
        node = super().compose_node(parent, index)
        if is_alias:
            if id(node) not in self.sizes:
                raise yaml.MarkedYAMLError(
                    problem="an alias stands inside of what it repeats",
                    problem_mark=mark,
                )
            return node
        self.sizes[id(node)] = 1 + sum(
            self.sizes.get(id(part), 1)
            for item in (node.value if isinstance(node, yaml.CollectionNode) else ())
            for part in (item if isinstance(item, tuple) else (item,))
        )
        if self.sizes[id(node)] > MAX_NODES:
            raise yaml.MarkedYAMLError(
                problem="aliases repeat too much", problem_mark=node.start_mark
            )
        return node


class _VerbatimLoader(_PlainLoader):
    """Also reads a number as text if printing it would change its spelling: 1.10, 007."""


class _TextLoader(_Loader):
    """Reads every scalar as its source text."""


_TextLoader.yaml_implicit_resolvers = {}
_PlainLoader.yaml_implicit_resolvers = {}
for _kind, (_pattern, _first) in _WORDS.items():
    _PlainLoader.add_implicit_resolver(_TAG + _kind, re.compile(f"(?:{_pattern})$"), _first)


def _whole(loader: _Loader, node: yaml.ScalarNode) -> int:
    """An integer; a leading zero does not make it octal."""
    text = str(loader.construct_scalar(node))
    return int(text, 16) if text.startswith("0x") else int(text)


def _decimal(loader: _Loader, node: yaml.ScalarNode) -> float:
    text = str(loader.construct_scalar(node)).lower()
    return float(text.replace(".inf", "inf").replace(".nan", "nan"))


def _whole_or_text(loader: _Loader, node: yaml.ScalarNode) -> int | str:
    number, text = _whole(loader, node), str(loader.construct_scalar(node))
    return number if str(number) == text else UntypedText(text)


def _decimal_or_text(loader: _Loader, node: yaml.ScalarNode) -> float | str:
    number, text = _decimal(loader, node), str(loader.construct_scalar(node))
    return number if repr(number) == text or not math.isfinite(number) else UntypedText(text)


_AliasLoader.yaml_implicit_resolvers = dict(_PlainLoader.yaml_implicit_resolvers)
_AliasLoader.add_implicit_resolver(_MERGE, re.compile("<<$"), ["<"])
_PlainLoader.add_constructor(_TAG + "int", _whole)
_PlainLoader.add_constructor(_TAG + "float", _decimal)
_VerbatimLoader.add_constructor(_TAG + "int", _whole_or_text)
_VerbatimLoader.add_constructor(_TAG + "float", _decimal_or_text)


def parse_yaml(
    text: str,
    where: str,
    error: type[UsageError] = DraftError,
    *,
    verbatim: bool = False,
    aliases: bool = False,
    first_line: int = 1,
) -> Any:
    """The values of a YAML text, {} for an empty one. Line numbers count from `first_line`.

    With `verbatim`, for datasets, a number that would be printed differently from its source stays
    text, as UntypedText. With `aliases`, for other tools' files, aliases and merge keys are read,
    as far as they do not make the values much larger than the text. Raises `error` with `where`,
    the line and the problem.
    """
    loader = _AliasLoader if aliases else _VerbatimLoader if verbatim else _PlainLoader
    return _loaded(text, loader, where, error, first_line)


def yaml_as_text(text: str, where: str, error: type[UsageError] = DraftError) -> Any:
    """Like `parse_yaml`, with every scalar as its source text."""
    return _loaded(text, _TextLoader, where, error)


def _loaded(
    text: str, loader: type[_Loader], where: str, error: type[UsageError], first_line: int = 1
) -> Any:
    try:
        loaded = yaml.load(text, Loader=loader)
    except yaml.MarkedYAMLError as bad:
        mark = bad.problem_mark
        line = f" line {mark.line + first_line}" if mark else ""
        raise error(f"{where}:{line} {bad.problem or 'not YAML'}") from bad
    except (yaml.YAMLError, ValueError, RecursionError) as bad:
        raise error(f"{where}: {str(bad).splitlines()[0] if str(bad) else 'not YAML'}") from bad
    return {} if loaded is None else loaded


def line_of(text: str, path: Sequence[str | int]) -> int:
    """The line, from 1, of the key or item at `path`, or of its last existing part.

    `text` is YAML that `parse_yaml` accepts.
    """
    node, line = yaml.compose(text, Loader=_PlainLoader), 1
    for part in path:
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            matches = [(item, item) for item in node.value[part : part + 1]]
        elif isinstance(node, yaml.MappingNode):
            matches = [(k, v) for k, v in node.value if k.value == str(part)]
        else:
            matches = []
        if not matches:
            break
        key, node = matches[0]
        line = key.start_mark.line + 1
    return line


class _Dumper(yaml.SafeDumper):
    """Quotes text that YAML 1.1 or 1.2 would not read as text."""


_Dumper.yaml_implicit_resolvers = {
    first: [
        *yaml.SafeDumper.yaml_implicit_resolvers.get(first, []),
        *_PlainLoader.yaml_implicit_resolvers.get(first, []),
    ]
    for first in {*yaml.SafeDumper.yaml_implicit_resolvers, *_PlainLoader.yaml_implicit_resolvers}
}

_BREAKS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\xa0\u2028\u2029\ufeff]")


def _quoted(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    """Double-quote text with unusual line breaks, which PyYAML folds in all other styles. Other
    text of several lines keeps them, so that each can be compared and merged.
    """
    style = '"' if _BREAKS.search(text) else "|" if "\n" in text else None
    return dumper.represent_scalar(_TAG + "str", text, style=style)


_Dumper.add_representer(str, _quoted)


def dump_yaml(data: Any) -> str:
    """YAML that `parse_yaml` and other programs read back unchanged; each value on its own line,
    whatever its length, so that branches merge as they do for other files.
    """
    text: str = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=math.inf)
    return text


def flow_yaml(data: Any) -> str:
    """The same in one line: `{strip: true}`."""
    text: str = yaml.dump(
        data,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=math.inf,
        default_flow_style=True,
    )
    return text.removesuffix("...\n").rstrip("\n")
