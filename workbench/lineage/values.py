"""A lineage as a tree of nodes, without a word about how it is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.fingerprints import canonical_json, short

_DIGEST = re.compile(r"\b[0-9a-f]{64}\b")


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


STALE, DRIFTED, NOTE = "stale", "drifted", "note"
"""How evidence reads after a difference; a note changes nothing."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as it was when a version was judged."""

    what: str
    """In words: `cases`, `snippet tone`, `the model that answered`, `lock`."""
    before: str
    now: str
    reads: str = DRIFTED
    node: tuple[str, str] = ("", "")
    """Kind and name of the node that it concerns; an empty name is any."""
    of_draft: bool = False
    """The draft has moved on: the version may go live as before."""

    def __str__(self) -> str:
        """One line, with the first digits of digests."""
        line = f"{self.what}: {self.before or 'not recorded'} -> {self.now or 'none'}"
        return _DIGEST.sub(lambda digest: short(digest[0]), line)

    def content(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {"what": self.what, "before": self.before, "now": self.now, "reads": self.reads}


@dataclass(frozen=True, slots=True)
class Lineage:
    """A version with what it depends on (upstream) and what depends on it (downstream)."""

    version: Node
    upstream: tuple[Node, ...]
    downstream: tuple[Node, ...]
    state: Mapping[str, str] = field(default_factory=dict)
    """By environment: how the version stands there, in one sentence."""
    today: tuple[Difference, ...] = ()
    """What differs today from what was judged, as far as the workspace can tell without a call."""

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
            "today": [difference.content() for difference in self.today],
            "upstream": [node.content() for node in self.upstream],
            "downstream": [node.content() for node in self.downstream],
        }

    def compared(self, today: Sequence[Difference]) -> Lineage:
        """The same with what differs today: at the nodes that it concerns, and in the state where
        evidence that counted does not any more.
        """
        decisive = [d for d in today if d.reads != NOTE and not d.of_draft]
        state = dict(self.state)
        for environment, sentence in self.state.items():
            if decisive and sentence.startswith("tested"):
                state[environment] = f"{decisive[0].reads}: {'; '.join(map(str, decisive))}"
        nodes = tuple(_marked(node, today) for node in self.upstream)
        return replace(self, upstream=nodes, state=state, today=tuple(today))


def _marked(node: Node, today: Sequence[Difference]) -> Node:
    below = tuple(_marked(each, today) for each in node.nodes)
    warnings = [
        f"{d.reads}, {d}" for d in today if d.node in ((node.kind, node.name), (node.kind, ""))
    ]
    warning = "; ".join(filter(None, [node.warning, *warnings]))
    return replace(node, nodes=below, warning=warning)
