"""YAML as a file format for people: safe, no duplicate keys, no alias bombs."""

from __future__ import annotations

from typing import Any

import yaml

from workbench.errors import DraftError, UsageError

MAX_DEPTH = 64


class _Loader(yaml.SafeLoader):
    """Safe, and strict: an alias or a key twice is refused."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        mark = self.get_mark()
        if self.check_event(yaml.AliasEvent):
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


# Dates and times stay as they are written: a version or an id must not turn into an object.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in pairs if tag != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def parse_yaml(text: str, where: str, error: type[UsageError] = DraftError) -> Any:
    """The values of a YAML text; None for an empty one gives {}.

    Raises `error` naming `where`, the line and the problem.
    """
    try:
        loaded = yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as bad:
        mark = bad.problem_mark
        line = f" line {mark.line + 1}" if mark else ""
        raise error(f"{where}:{line} {bad.problem or 'not YAML'}") from bad
    except (yaml.YAMLError, ValueError, RecursionError) as bad:
        raise error(f"{where}: {str(bad).splitlines()[0] if str(bad) else 'not YAML'}") from bad
    return {} if loaded is None else loaded
