"""A lineage as a tree of nodes, without a word about how it is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.fingerprints import canonical_json


def fact_text(value: Any) -> str:
    """A setting or a fact in one line: texts as they are, the rest as JSON; empty for None."""
    return value if isinstance(value, str) else "" if value is None else canonical_json(value)


@dataclass(frozen=True, slots=True)
class Node:
    """One thing that a version depends on, or that depends on it."""

    kind: str
    """version, model, parameter, snippet, examples, suite, dataset, scorer, policy, evaluation,
    environment, consumer, export, ..."""
    name: str
    digest: str = ""
    """The sha256 that identifies its content, where there is one."""
    detail: str = ""
    """One line; untrusted where it repeats what people wrote."""
    at: str = ""
    by: str = ""
    warning: str = ""
    """What is wrong with it today: stale, drifted, missing."""
    nodes: tuple[Node, ...] = ()

    def walk(self) -> Iterator[Node]:
        """The node and all below it."""
        yield self
        for node in self.nodes:
            yield from node.walk()

    def content(self) -> dict[str, Any]:
        """As plain JSON values, without what is empty."""
        texts = {
            "digest": self.digest,
            "detail": self.detail,
            "at": self.at,
            "by": self.by,
            "warning": self.warning,
        }
        content: dict[str, Any] = {"kind": self.kind, "name": self.name}
        content |= {key: text for key, text in texts.items() if text}
        return content | ({"nodes": [node.content() for node in self.nodes]} if self.nodes else {})


@dataclass(frozen=True, slots=True)
class Lineage:
    """A version with what it depends on (upstream) and what depends on it (downstream)."""

    version: Node
    upstream: tuple[Node, ...]
    downstream: tuple[Node, ...]
    state: Mapping[str, str] = field(default_factory=dict)
    """By environment: how the version stands there, in one sentence."""

    def walk(self) -> Iterator[Node]:
        """Every node once, the version first."""
        yield self.version
        for node in (*self.upstream, *self.downstream):
            yield from node.walk()

    def content(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "version": self.version.content(),
            "state": dict(self.state),
            "upstream": [node.content() for node in self.upstream],
            "downstream": [node.content() for node in self.downstream],
        }
