"""One self-contained HTML page about a comparison: no script, no link out, everything escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from workbench.present import numbers
from workbench.present.charts import Confusion, Histogram
from workbench.present.safe_text import safe_text
from workbench.present.svg import histogram_chart, interval_chart, share_bar
from workbench.present.verdict_words import (
    beneath,
    details,
    evidence_notes,
    headline,
    margin_line,
)
from workbench.prompts.diff import Span, diff_text, diff_words
from workbench.runs.spec.suite import GatePolicy
from workbench.verdicts.values import Comparison, Evidence, Gate

SHOWN_CHARS = 4_000
"""Of one text in the list of cases."""
OPEN_CASES = 3
"""The first ones, which are the worst, so that a reader need not ask for them."""
CONTEXT_LINES = 3
MOST_ATTEMPTS = 20

_STYLE = """
:root { color-scheme: light dark; --text: #1c1e21; --soft: #62666d; --line: #d5d8dd; --back: #fff;
 --panel: #f5f6f8; --good: #16713c; --bad: #b3261e; --open: #8a5a00; --bar: #4a6fa5; }
@media (prefers-color-scheme: dark) { :root { --text: #e4e6ea; --soft: #9aa0a8; --line: #3a3e45;
 --back: #16181c; --panel: #1f2227; --good: #6fcf97; --bad: #ff8a80; --open: #e0b050;
 --bar: #7fa6da; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back);
 max-width: 60rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2.2rem; }
p.verdict { font-size: 1.1rem; white-space: pre-wrap; border-left: .4rem solid var(--open);
 padding: .4rem .8rem; background: var(--panel); }
p.pass { border-color: var(--good); } p.fail { border-color: var(--bad); }
.wide { overflow-x: auto; } .whole { overflow-wrap: normal; }
table { border-collapse: collapse; } th:first-child { overflow-wrap: normal; }
th, td { text-align: left; padding: .15rem .8rem .15rem 0; vertical-align: top;
 border-bottom: 1px solid var(--line); } td.number { text-align: right; }
pre, .text { font: 13px/1.45 ui-monospace, monospace; white-space: pre-wrap;
 background: var(--panel); padding: .5rem .7rem; margin: .2rem 0; }
.text { unicode-bidi: plaintext; }
details { border-bottom: 1px solid var(--line); padding: .4rem 0; } summary { cursor: pointer; }
details p.soft { margin: .6rem 0 0; }
.sides { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .8rem; }
del { color: var(--bad); text-decoration: line-through; } ins { color: var(--good);
 text-decoration: underline; } .soft { color: var(--soft); }
.sides del, .sides ins { color: inherit; text-decoration: underline; }
.removed { color: var(--bad); } .added { color: var(--good); }
svg { width: 100%; max-width: 640px; height: auto; display: block; margin: .6rem 0;
 overflow: visible; }
svg text { font: 12px system-ui, sans-serif; fill: var(--text); } .sides svg text
 { font-size: 15px; }
@media (max-width: 40rem) { .sides { grid-template-columns: minmax(0, 1fr); }
 svg text, .sides svg text { font-size: 19px; } }
.axis { stroke: var(--soft); } .margin { stroke: var(--bad); stroke-dasharray: 4 3; }
.interval { stroke: var(--text); stroke-width: 2; } .point { fill: var(--text); }
.bar { fill: var(--bar); } .part-fixed { fill: var(--good); } .part-broke { fill: var(--bad); }
.part-same { fill: var(--line); } .part-missing { fill: var(--open); }
"""


@dataclass(frozen=True)
class ReportSide:
    """One of the two: facts by name in the order shown, and how long its calls took."""

    letter: str
    name: str
    facts: Mapping[str, str]
    latencies: Histogram
    latency_labels: tuple[str, ...]


@dataclass(frozen=True)
class ReportCase:
    """A case with both answers. Every text is untrusted."""

    case_id: str
    change: str
    inputs: Mapping[str, str]
    expected: str
    output_a: str
    output_b: str
    scores: Mapping[str, tuple[str, str]]
    """What each scorer said of A and of B."""


@dataclass(frozen=True)
class Report:
    """All that the page shows."""

    title: str
    suite: str
    comparisons: tuple[Comparison, ...]
    policy: GatePolicy
    a: ReportSide
    b: ReportSide
    cases: tuple[ReportCase, ...]
    """The worst first."""
    left_out: int
    """Changed cases that are not listed."""
    prompt_a: str
    prompt_b: str
    confusion: Confusion | None = None
    notes: tuple[str, ...] = field(default=())
    warning: str = ""
    """What stands before all else: that it is a preview."""
    attempts: tuple[Evidence, ...] = ()
    """What was recorded of the suite's gate for this prompt, newest first."""


def render_report(report: Report) -> str:
    """The whole page; ends with a newline."""
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta http-equiv="Content-Security-Policy"'
        " content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_e(report.title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{_e(report.title)}</h1>",
        f'<p class="soft">{_e(report.suite)}</p>',
        f'<p class="verdict open">{_e(report.warning)}</p>' if report.warning else "",
        *(_verdict(comparison, report) for comparison in report.comparisons),
        _attempts(report),
        "<h2>The two</h2>",
        _sides(report),
        "<h2>Latency</h2>",
        _latencies(report),
        _confusion(report.confusion),
        f"<h2>Changed cases ({len(report.cases):,})</h2>",
        *(_case(case, at < OPEN_CASES) for at, case in enumerate(report.cases)),
        f'<p class="soft">{report.left_out:,} more changed cases are not listed here.</p>'
        if report.left_out
        else "",
        "<h2>Prompt, A to B</h2>",
        _prompt_diff(report.prompt_a, report.prompt_b),
        *(f'<p class="soft">{_e(note)}</p>' for note in report.notes),
        "</body></html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _verdict(comparison: Comparison, report: Report) -> str:
    css = {Gate.PASS: "pass", Gate.FAIL: "fail"}.get(comparison.gate, "open")
    line = headline(comparison, report.policy, a=report.a.name, b=report.b.name)
    parts = [
        f"<h2>{_e(comparison.scorer)}</h2>",
        f'<p class="verdict {css}">{_e(line)}</p>',
        *(f"<p>{_e(text)}</p>" for text in beneath(comparison, report.policy)),
    ]
    if comparison.difference is not None and comparison.low is not None:
        high = comparison.high if comparison.high is not None else comparison.low
        parts.append(
            interval_chart(comparison.difference, comparison.low, high, report.policy.margin)
        )
    counts = (
        ("fixed", len(comparison.fixed)),
        ("broke", len(comparison.broke)),
        ("same", comparison.same),
        ("missing", len(comparison.missing)),
    )
    parts.append(share_bar(counts))
    rows = "".join(f"<li>{_e(line)}</li>" for line in details(comparison))
    parts.append(f"<details><summary>Details</summary><ul>{rows}</ul></details>")
    return "\n".join(parts)


def _attempts(report: Report) -> str:
    """Who was evaluated on this gate before, and under which rules."""
    if not report.attempts:
        return ""
    rows = ["<tr><th>when</th><th>version</th><th>against</th><th>gate</th><th>attempt</th></tr>"]
    for evidence in report.attempts[:MOST_ATTEMPTS]:
        cells = (
            evidence.finished_at[:10],
            evidence.version,
            evidence.baseline_version or "no baseline",
            evidence.gate.value.replace("_", " "),
            str(evidence.attempt),
        )
        rows.append(f"<tr>{''.join(f'<td>{_e(cell)}</td>' for cell in cells)}</tr>")
    left = len(report.attempts) - MOST_ATTEMPTS
    newest = report.attempts[0]
    notes = [
        f"{left:,} earlier ones are not listed here." if left > 0 else "",
        margin_line(report.attempts, report.policy.margin),
        *(f"{newest.version}: {note}" for note in evidence_notes(newest)),
    ]
    said = "".join(f'<p class="soft">{_e(note)}</p>' for note in notes if note)
    return f"<h2>Evaluations on this gate ({len(report.attempts):,})</h2>{_table(rows)}{said}"


def _sides(report: Report) -> str:
    names = list(dict.fromkeys((*report.a.facts, *report.b.facts)))
    head = f"<tr><th></th><th>A {_e(report.a.name)}</th><th>B {_e(report.b.name)}</th></tr>"
    rows = [
        f"<tr><th>{_e(name)}</th><td>{_e(report.a.facts.get(name, numbers.UNKNOWN))}</td>"
        f"<td>{_e(report.b.facts.get(name, numbers.UNKNOWN))}</td></tr>"
        for name in names
    ]
    return _table([head, *rows])


def _latencies(report: Report) -> str:
    charts = [
        f"<div><strong>{side.letter} {_e(side.name)}</strong>"
        + (
            histogram_chart(side.latencies, side.latency_labels, f"latency of {side.letter}")
            or '<p class="soft">no call was timed</p>'
        )
        + "</div>"
        for side in (report.a, report.b)
    ]
    return f'<div class="sides">{"".join(charts)}</div>'


def _confusion(matrix: Confusion | None) -> str:
    if matrix is None:
        return ""
    head = "".join(f"<th>{_e(label)}</th>" for label in matrix.labels)
    rows = []
    for at, counts in enumerate(matrix.counts):
        cells = "".join(
            f'<td class="number">{f"<strong>{n}</strong>" if at == column else n or "·"}</td>'
            for column, n in enumerate(counts)
        )
        rows.append(f"<tr><th>{_e(matrix.labels[at])}</th>{cells}</tr>")
    title = f"B: expected (rows) against answered, {matrix.right:,} of {matrix.total:,} right"
    return f"<h2>{_e(title)}</h2>{_table([f'<tr><th></th>{head}</tr>', *rows], 'whole')}"


def _table(rows: Sequence[str], css: str = "") -> str:
    """Rows of HTML; what is wider than the screen scrolls by itself, not with the page."""
    return f'<div class="wide {css}"><table>{"".join(rows)}</table></div>'


def _case(case: ReportCase, is_open: bool) -> str:
    spans_a, spans_b = diff_words(_cut(case.output_a), _cut(case.output_b))
    inputs = "".join(
        f'<p class="soft">input · {_e(name)}</p><div class="text">{_e(_cut(text))}</div>'
        for name, text in case.inputs.items()
    )
    scores = [
        f"<tr><th>{_e(name)}</th><td>{_e(a)}</td><td>{_e(b)}</td></tr>"
        for name, (a, b) in case.scores.items()
    ]
    return (
        f"<details{' open' if is_open else ''}>"
        f"<summary><strong>{_e(case.change)}</strong> {_e(case.case_id)}</summary>{inputs}"
        f'<p class="soft">expected</p><div class="text">{_e(_cut(case.expected))}</div>'
        f'<div class="sides"><div><p class="soft">A</p><div class="text">'
        f"{_marked(spans_a, 'del')}</div></div>"
        f'<div><p class="soft">B</p><div class="text">{_marked(spans_b, "ins")}</div></div></div>'
        f"{_table(['<tr><th></th><th>A</th><th>B</th></tr>', *scores])}</details>"
    )


def _prompt_diff(a: str, b: str) -> str:
    diff = diff_text(a, b)
    if not diff.added and not diff.removed:
        return '<p class="soft">no difference</p>'
    blocks = []
    for hunk in diff.hunks(CONTEXT_LINES):
        lines = []
        for line in hunk:
            sign = {"same": " ", "removed": "-", "added": "+"}[line.tag]
            element = {"removed": "del", "added": "ins"}.get(line.tag, "")
            text = _marked(line.spans, element) if element else _e(line.text)
            lines.append(f'<span class="{line.tag}">{sign} {text}</span>')
        blocks.append("<pre>" + "\n".join(lines) + "</pre>")
    note = f'<p class="soft">{_e(diff.note)}</p>' if diff.note else ""
    return note + "\n".join(blocks)


def _marked(spans: Sequence[Span], element: str) -> str:
    return "".join(
        f"<{element}>{_e(span.text)}</{element}>" if span.changed else _e(span.text)
        for span in spans
    )


def _cut(text: str) -> str:
    if len(text) <= SHOWN_CHARS:
        return text
    return f"{text[:SHOWN_CHARS]}\n… {len(text) - SHOWN_CHARS:,} more characters"


def _e(text: str) -> str:
    """Untrusted text for HTML: controls made visible, markup escaped."""
    return escape(safe_text(text), quote=True)
