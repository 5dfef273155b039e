"""An audit as text, Markdown or a self-contained HTML page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.lineage.audit import BEGINNING, Audit, Period
from workbench.lineage.values import Node
from workbench.present.lineage_lines import node_line, tree_lines
from workbench.present.markdown_summary import plain
from workbench.present.pages.html_page import escaped, html_page
from workbench.present.pages.lineage_page import node_list
from workbench.present.unified import unified_diff
from workbench.prompts.files.prompty import write_prompty

_NOTHING = "nothing was live"


def audit_lines(audit: Audit) -> Iterator[str]:
    """Lines for a terminal, made safe."""
    yield from _head(audit)
    for period in audit.periods:
        yield _span(period)
        yield from tree_lines([period.node], "")
    if audit.beside:
        yield "also recorded"
        yield from tree_lines(audit.beside, "")
    yield from _ledger(audit)


def audit_markdown(audit: Audit) -> str:
    """A Markdown page; ends with a newline."""
    title, *rest = _head(audit)
    lines = [f"# {plain(title)}", "", *map(plain, rest)]
    for period in audit.periods:
        lines += ["", f"## {plain(_span(period))}", "", *_bullets([period.node], "")]
        difference = _difference(period)
        if difference:
            # A fence longer than any in the text cannot be closed by it.
            fence = "`" * max(3, _longest_run(difference) + 1)
            lines += ["", f"{fence}diff", difference.rstrip("\n"), fence]
    if audit.beside:
        lines += ["", "## Also recorded", "", *_bullets(audit.beside, "")]
    lines += ["", "## Ledger", "", *(f"- {plain(line)}" for line in _ledger(audit))]
    return "\n".join(lines) + "\n"


def audit_html(audit: Audit) -> str:
    """A page without script or links."""
    title, *rest = _head(audit)
    parts = [f'<p class="soft">{escaped(line)}</p>' for line in rest]
    for period in audit.periods:
        parts += [f"<h2>{escaped(_span(period))}</h2>", node_list([period.node])]
        difference = _difference(period)
        if difference:
            parts.append(f"<pre>{escaped(difference)}</pre>")
    if audit.beside:
        parts += ["<h2>Also recorded</h2>", node_list(audit.beside)]
    ledger = "".join(f"<li>{escaped(line)}</li>" for line in _ledger(audit))
    return html_page(title, [*parts, "<h2>Ledger</h2>", f"<ul>{ledger}</ul>"])


def _head(audit: Audit) -> Iterator[str]:
    span = f"{audit.since} to {audit.until}"
    if audit.since == audit.until:
        span = f"at {audit.until}"
    elif audit.since == BEGINNING:
        span = f"until {audit.until}"
    yield f"{audit.prompt_id} in {audit.environment}, {span}"
    if not audit.periods:
        yield _NOTHING


def _span(period: Period) -> str:
    until = period.end or "today"
    return f"{period.version.ref} was live from {period.start} to {until}"


def _ledger(audit: Audit) -> Iterator[str]:
    yield f"head {audit.head} of {audit.records:,} records"
    yield f"to check it: workbench verify --head {audit.head}"
    if audit.problems:
        yield from (f"does not hold: {problem}" for problem in audit.problems)
    else:
        yield "everything holds"


def _difference(period: Period) -> str:
    """What the version changed, as a unified diff of the two drafts."""
    if period.previous is None:
        return ""
    before, after = period.previous, period.version
    texts = write_prompty(before.prompt), write_prompty(after.prompt)
    return unified_diff(*texts, before.ref, after.ref)


def _longest_run(text: str) -> int:
    longest = run = 0
    for char in text:
        run = run + 1 if char == "`" else 0
        longest = max(longest, run)
    return longest


def _bullets(nodes: Sequence[Node], indent: str) -> Iterator[str]:
    for node in nodes:
        yield f"{indent}- {plain(node_line(node, whole=True))}"
        yield from _bullets(node.nodes, f"{indent}  ")
