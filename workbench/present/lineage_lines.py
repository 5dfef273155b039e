"""A lineage as lines of text: two trees, what it rests on and what rests on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.fingerprints import short
from workbench.lineage.values import Lineage, Node
from workbench.present.safe_text import safe_line

UPSTREAM = "rests on"
DOWNSTREAM = "is used by"
TODAY = "changed since"


def lineage_lines(lineage: Lineage) -> Iterator[str]:
    """The whole lineage; every text of it is made safe for a terminal."""
    yield node_line(lineage.version)
    for environment, sentence in sorted(lineage.state.items()):
        yield f"  {safe_line(environment)}: {safe_line(sentence)}"
    for difference in lineage.today:
        yield safe_line(f"  {TODAY}: {difference.reads}, {difference}")
    for title, nodes in ((UPSTREAM, lineage.upstream), (DOWNSTREAM, lineage.downstream)):
        yield title
        yield from tree_lines(nodes, "")
        if not nodes:
            yield "  nothing"


def node_line(node: Node, *, whole: bool = False) -> str:
    """One node: kind, name, its digest (the first digits, unless `whole`), and what is known."""
    parts = [f"{node.kind} {node.name}"]
    if node.digest:
        parts.append(node.digest if whole else short(node.digest))
    if node.detail:
        parts.append(node.detail)
    if node.at:
        parts.append(node.at)
    if node.by:
        parts.append(f"by {node.by}")
    line = "  ".join(parts) + (f"  !! {node.warning}" if node.warning else "")
    return safe_line(line)


def tree_lines(nodes: Sequence[Node], indent: str) -> Iterator[str]:
    """Nodes with all below them, as a tree."""
    for at, node in enumerate(nodes):
        last = at == len(nodes) - 1
        yield f"{indent}{'└─ ' if last else '├─ '}{node_line(node)}"
        yield from tree_lines(node.nodes, f"{indent}{'   ' if last else '│  '}")
