"""A lineage as a self-contained HTML page with a picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.lineage.values import Lineage, Node
from workbench.present.lineage_lines import DOWNSTREAM, TODAY, UPSTREAM
from workbench.present.pages.html_page import escaped, html_page
from workbench.present.svg import BOX_WIDTH, box, connector, drawing

_MOST_BOXES = 40
"""Boxes per column of the picture; the tree below it lists all."""
_ROW = 40
_COLUMNS = (0.0, 250.0, 500.0)


def lineage_page(lineage: Lineage) -> str:
    """The page; every text of the lineage is escaped."""
    states = [f"{name}: {sentence}" for name, sentence in sorted(lineage.state.items())]
    states += [f"{TODAY}: {each.reads}, {each}" for each in lineage.today]
    return html_page(
        f"Lineage of {lineage.version.name}",
        [
            *(f'<p class="soft">{escaped(state)}</p>' for state in states),
            _picture(lineage),
            f"<h2>{lineage.version.kind}</h2>",
            node_list([lineage.version]),
            *_section(UPSTREAM, lineage.upstream),
            *_section(DOWNSTREAM, lineage.downstream),
        ],
    )


def _section(title: str, nodes: Sequence[Node]) -> Iterator[str]:
    yield f"<h2>{escaped(title)}</h2>"
    yield node_list(nodes) if nodes else '<p class="soft">nothing</p>'


def node_list(nodes: Sequence[Node]) -> str:
    """Nodes with all below them, as nested lists."""
    return f"<ul>{''.join(map(_item, nodes))}</ul>" if nodes else ""


def _item(node: Node) -> str:
    facts = [node.detail, node.at, f"by {node.by}" if node.by else ""]
    soft = " · ".join(fact for fact in facts if fact)
    parts = [
        f"<b>{escaped(node.kind)}</b> {escaped(node.name)}",
        f'<span class="soft">{escaped(soft)}</span>' if soft else "",
        f'<span class="removed">{escaped(node.warning)}</span>' if node.warning else "",
        f'<br><code class="soft">{escaped(node.digest)}</code>' if node.digest else "",
    ]
    return f"<li>{' '.join(part for part in parts if part)}{node_list(node.nodes)}</li>"


def _picture(lineage: Lineage) -> str:
    columns = (lineage.upstream[:_MOST_BOXES], lineage.downstream[:_MOST_BOXES])
    rows = max(len(columns[0]), len(columns[1]), 1)
    middle = rows * _ROW / 2 - _ROW / 2
    shapes = [box(_COLUMNS[1], middle, lineage.version.kind, lineage.version.name)]
    for side, nodes in enumerate(columns):
        x = _COLUMNS[0] if side == 0 else _COLUMNS[2]
        start = (rows - len(nodes)) * _ROW / 2
        for at, node in enumerate(nodes):
            y = start + at * _ROW
            shapes.append(box(x, y, node.kind, node.name, marked=bool(node.warning)))
            left = (x + BOX_WIDTH, y) if side == 0 else (_COLUMNS[1] + BOX_WIDTH, middle)
            right = (_COLUMNS[1], middle) if side == 0 else (x, y)
            shapes.append(connector(*left, *right))
    return drawing(rows * _ROW, f"lineage of {lineage.version.name}", shapes)
