"""A self-contained HTML page about a comparison: no script, no links, everything escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from workbench.present import numbers
from workbench.present.charts import Confusion, Histogram
from workbench.present.pages.html_page import escaped, html_page
from workbench.present.slices.lines import HEADER, condition_lines, slice_notes, slice_rows
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
from workbench.verdicts.conditions import Condition
from workbench.verdicts.slices import SliceStanding
from workbench.verdicts.statistics.classification import classification
from workbench.verdicts.values import Comparison, Evidence, Gate

SHOWN_CHARS = 4_000
"""Maximum characters of one text in the list of cases."""
OPEN_CASES = 3
"""Number of cases that are expanded initially: the first, which are the worst."""
CONTEXT_LINES = 3
MOST_ATTEMPTS = 20
IMAGE_URIS = tuple(f"data:image/{kind};base64," for kind in ("png", "jpeg", "gif", "webp"))
_CSS = {Gate.PASS: "pass", Gate.FAIL: "fail"}


@dataclass(frozen=True)
class ReportSide:
    """One side: facts by name in the order shown, and the latencies of its calls."""

    letter: str
    name: str
    facts: Mapping[str, str]
    latencies: Histogram
    latency_labels: tuple[str, ...]
    prompt: str
    """The prompt as a Prompty file."""
    comparisons: tuple[Comparison, ...] = ()
    """Comparisons with A, one per gating scorer; empty for A itself."""
    notes: tuple[str, ...] = ()
    """Notes below its verdicts."""
    confusion: Confusion | None = None
    conditions: tuple[Condition, ...] = ()
    """What the gate asks of slices, cost and latency."""
    slices: tuple[SliceStanding, ...] = ()
    """How each tag's cases stand."""


@dataclass(frozen=True)
class ReportCase:
    """A case with the answers of all sides. Every text is untrusted."""

    case_id: str
    change: str
    inputs: Mapping[str, str]
    expected: str
    outputs: Sequence[str]
    """Answers in the order of the sides."""
    scores: Mapping[str, Sequence[str]]
    """Scores and reasons by scorer, in the order of the sides."""
    pictures: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Images among the inputs, by name, as `data:` URIs of a type found by their content."""


@dataclass(frozen=True)
class Report:
    """The contents of the page."""

    title: str
    suite: str
    policy: GatePolicy
    sides: tuple[ReportSide, ...]
    """The sides; A, the baseline, first."""
    cases: tuple[ReportCase, ...]
    """Changed cases, worst first."""
    left_out: int
    """Number of changed cases that are not listed."""
    notes: tuple[str, ...] = field(default=())
    warning: str = ""
    """A warning at the top: that it is a preview."""
    best_of: str = ""
    """Note about the effect of chance on the best of several candidates."""
    attempts: tuple[Evidence, ...] = ()
    """Recorded evaluations on the suite's gate for these prompts, newest first."""

    @property
    def candidates(self) -> tuple[ReportSide, ...]:
        """Every side except A."""
        return self.sides[1:]


def render_report(report: Report) -> str:
    """The whole page; ends with a newline."""
    several = len(report.candidates) > 1
    parts = [
        _soft(report.suite),
        f'<p class="verdict open">{escaped(report.warning)}</p>' if report.warning else "",
        *(_verdicts(side, report) for side in report.candidates),
        _soft(report.best_of),
        _attempts(report),
        "<h2>The sides</h2>" if several else "<h2>The two</h2>",
        _sides(report.sides),
        "<h2>Latency</h2>",
        _latencies(report.sides),
        *(_confusion(side) for side in report.candidates),
        f"<h2>Changed cases ({len(report.cases) + report.left_out:,})</h2>",
        *(_case(case, report.sides, at < OPEN_CASES) for at, case in enumerate(report.cases)),
        _soft(f"{report.left_out:,} more changed cases are not listed here.")
        if report.left_out
        else "",
        *(_prompt_diff(report.sides[0], side) for side in report.candidates),
        *map(_soft, report.notes),
    ]
    return html_page(report.title, parts)


def _soft(text: str) -> str:
    return f'<p class="soft">{escaped(text)}</p>' if text else ""


def _verdicts(side: ReportSide, report: Report) -> str:
    """A candidate's verdict by each gating scorer."""
    several = len(report.candidates) > 1
    parts = [_verdict(comparison, side, report, several) for comparison in side.comparisons]
    parts += (
        f'<p class="verdict {_CSS.get(one.gate, "open")}">{escaped(line)}</p>'
        for one, line in zip(side.conditions, condition_lines(side.conditions), strict=True)
    )
    return "\n".join([*parts, _slices(side), *map(_soft, side.notes)])


def _slices(side: ReportSide) -> str:
    """How each tag stands, as a table."""
    if not side.slices:
        return ""
    head = "".join(f"<th>{escaped(cell)}</th>" for cell in HEADER)
    rows = [
        f"<tr>{''.join(f'<td>{escaped(cell)}</td>' for cell in row)}</tr>"
        for row in slice_rows(side.slices)
    ]
    notes = "".join(map(_soft, slice_notes(side.slices)))
    return f"<h3>Slices</h3>{_table([f'<tr>{head}</tr>', *rows])}{notes}"


def _verdict(comparison: Comparison, side: ReportSide, report: Report, several: bool) -> str:
    css = _CSS.get(comparison.gate, "open")
    line = headline(comparison, report.policy, a=report.sides[0].name, b=side.name)
    whose = f"{side.letter} {side.name}: " if several else ""
    parts = [
        f"<h2>{escaped(whose + comparison.scorer)}</h2>",
        f'<p class="verdict {css}">{escaped(line)}</p>',
        *(f"<p>{escaped(text)}</p>" for text in beneath(comparison, report.policy)),
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
    rows = "".join(f"<li>{escaped(line)}</li>" for line in details(comparison, b=side.letter))
    parts.append(f"<details><summary>Details</summary><ul>{rows}</ul></details>")
    return "\n".join(parts)


def _attempts(report: Report) -> str:
    """Earlier evaluations on this gate, and their rules."""
    if not report.attempts:
        return ""
    several = len({evidence.prompt_id for evidence in report.attempts}) > 1
    rows = ["<tr><th>when</th><th>version</th><th>against</th><th>gate</th><th>attempt</th></tr>"]
    for evidence in report.attempts[:MOST_ATTEMPTS]:
        cells = (
            evidence.finished_at[:10],
            _version(evidence, several),
            evidence.baseline_version or "no baseline",
            evidence.gate.value.replace("_", " "),
            str(evidence.attempt),
        )
        rows.append(f"<tr>{''.join(f'<td>{escaped(cell)}</td>' for cell in cells)}</tr>")
    left = len(report.attempts) - MOST_ATTEMPTS
    newest = report.attempts[0]
    notes = [
        f"{left:,} earlier ones are not listed here." if left > 0 else "",
        margin_line(report.attempts, report.policy.margin),
        *(f"{_version(newest, several)}: {note}" for note in evidence_notes(newest)),
    ]
    title = f"<h2>Evaluations on this gate ({len(report.attempts):,})</h2>"
    return title + _table(rows) + "".join(map(_soft, notes))


def _version(evidence: Evidence, several: bool) -> str:
    return f"{evidence.prompt_id}@{evidence.version}" if several else evidence.version


def _sides(sides: Sequence[ReportSide]) -> str:
    names = dict.fromkeys(name for side in sides for name in side.facts)
    rows = [_row("", [f"{side.letter} {side.name}" for side in sides], "th")]
    rows += [_row(n, [side.facts.get(n, numbers.UNKNOWN) for side in sides]) for n in names]
    return _table(rows)


def _latencies(sides: Sequence[ReportSide]) -> str:
    charts = [
        f"<div><strong>{escaped(f'{side.letter} {side.name}')}</strong>"
        + (
            histogram_chart(side.latencies, side.latency_labels, f"latency of {side.letter}")
            or _soft("no call was timed")
        )
        + "</div>"
        for side in sides
    ]
    return f'<div class="sides">{"".join(charts)}</div>'


def _confusion(side: ReportSide) -> str:
    matrix = side.confusion
    if matrix is None:
        return ""
    head = "".join(f"<th>{escaped(label)}</th>" for label in matrix.labels)
    rows = []
    for at, counts in enumerate(matrix.counts):
        cells = "".join(
            f'<td class="number">{f"<strong>{n}</strong>" if at == column else n or "·"}</td>'
            for column, n in enumerate(counts)
        )
        rows.append(f"<tr><th>{escaped(matrix.labels[at])}</th>{cells}</tr>")
    title = (
        f"{side.letter}: expected (rows) against answered,"
        f" {matrix.right:,} of {matrix.total:,} right"
    )
    counts_table = _table([f"<tr><th></th>{head}</tr>", *rows], "whole")
    return f"<h2>{escaped(title)}</h2>{counts_table}{_label_measures(matrix)}"


def _label_measures(matrix: Confusion) -> str:
    """Precision, recall and F1 per label, and their averages."""
    measured = classification(matrix.labels, matrix.counts)
    rows = [(one.label, one.measures) for one in measured.labels]
    rows += [("macro", measured.macro), ("micro", measured.micro)]
    lines = [_row("", ("precision", "recall", "F1"), "th")]
    for name, shares in rows:
        cells = (shares.precision, shares.recall, shares.f1)
        lines.append(_row(name, [numbers.score(share, 3) for share in cells]))
    return f"<p>accuracy {numbers.score(measured.accuracy, 3)}</p>{_table(lines)}"


def _row(name: str, cells: Sequence[str], element: str = "td") -> str:
    row = "".join(f"<{element}>{escaped(cell)}</{element}>" for cell in cells)
    return f"<tr><th>{escaped(name)}</th>{row}</tr>"


def _table(rows: Sequence[str], css: str = "") -> str:
    """A table of HTML rows; one wider than the screen scrolls by itself, not with the page."""
    return f'<div class="wide {css}"><table>{"".join(rows)}</table></div>'


def _case(case: ReportCase, sides: Sequence[ReportSide], is_open: bool) -> str:
    inputs = "".join(
        f'<p class="soft">input · {escaped(name)}</p>{_pictures(case.pictures.get(name, ()), text)}'
        f'<div class="text">{escaped(_cut(text))}</div>'
        for name, text in case.inputs.items()
    )
    letters = [side.letter for side in sides]
    outputs = "".join(
        f'<div><p class="soft">{letter}</p><div class="text">{text}</div></div>'
        for letter, text in zip(letters, _marked_outputs(case.outputs), strict=True)
    )
    scores = [_row(name, cells) for name, cells in case.scores.items()]
    return (
        f"<details{' open' if is_open else ''}>"
        f"<summary><strong>{escaped(case.change)}</strong> {escaped(case.case_id)}</summary>"
        f"{inputs}"
        f'<p class="soft">expected</p><div class="text">{escaped(_cut(case.expected))}</div>'
        f'<div class="sides">{outputs}</div>'
        f"{_table([_row('', letters, 'th'), *scores])}</details>"
    )


def _pictures(uris: Sequence[str], name: str) -> str:
    """Images as a browser draws them: PNG, JPEG, GIF or WebP, which run nothing."""
    safe = [escaped(uri) for uri in uris if uri.startswith(IMAGE_URIS)]
    return "".join(f'<img src="{uri}" alt="{escaped(name)}">' for uri in safe)


def _marked_outputs(outputs: Sequence[str]) -> list[str]:
    """The answers of all sides with differences marked: of two sides in both, else against A."""
    first, *others = map(_cut, outputs)
    diffs = [diff_words(first, other) for other in others]
    of_a = _marked(diffs[0][0], "del") if len(diffs) == 1 else escaped(first)
    return [of_a, *(_marked(spans, "ins") for _, spans in diffs)]


def _prompt_diff(a: ReportSide, b: ReportSide) -> str:
    title = f"<h2>Prompt, A to {escaped(b.letter)}</h2>"
    diff = diff_text(a.prompt, b.prompt)
    if not diff.added and not diff.removed:
        return title + _soft("no difference")
    blocks = []
    for hunk in diff.hunks(CONTEXT_LINES):
        lines = []
        for line in hunk:
            sign = {"same": " ", "removed": "-", "added": "+"}[line.tag]
            element = {"removed": "del", "added": "ins"}.get(line.tag, "")
            text = _marked(line.spans, element) if element else escaped(line.text)
            lines.append(f'<span class="{line.tag}">{sign} {text}</span>')
        blocks.append("<pre>" + "\n".join(lines) + "</pre>")
    return title + _soft(diff.note) + "\n".join(blocks)


def _marked(spans: Sequence[Span], element: str) -> str:
    return "".join(
        f"<{element}>{escaped(span.text)}</{element}>" if span.changed else escaped(span.text)
        for span in spans
    )


def _cut(text: str) -> str:
    if len(text) <= SHOWN_CHARS:
        return text
    return f"{text[:SHOWN_CHARS]}\n… {len(text) - SHOWN_CHARS:,} more characters"
