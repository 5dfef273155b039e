"""An evaluation as Markdown, for the summary page of a CI job."""

from __future__ import annotations

import re
from collections.abc import Callable

from workbench.present.safe_text import safe_line
from workbench.present.slices.lines import HEADER, condition_lines, slice_notes, slice_rows
from workbench.present.verdict_details import details, evidence_notes
from workbench.present.verdict_lines import beneath, headline, percent
from workbench.runs.spec.suite import DEFAULT_CONFIDENCE
from workbench.units import points
from workbench.verdicts.evidence import policy_from_content
from workbench.verdicts.slices import conditions_of, standings_of
from workbench.verdicts.values import Comparison, Evidence

_NONE = "\N{EN DASH}"
_ACTIVE = re.compile(r"([\\`*_\[\]#|~:])")


def plain(text: str) -> str:
    """Untrusted text, escaped for Markdown: no link, image, HTML or mention."""
    shown = _ACTIVE.sub(r"\\\1", safe_line(text))
    shown = shown.replace("&", "&amp;").replace("<", "&lt;")
    return shown.replace("www.", "www\\.").replace("@", "@\N{ZERO WIDTH SPACE}")


def markdown_summary(evidence: Evidence) -> str:
    """Headline, table, broken cases and details of an evaluation; ends with a newline."""
    policy = policy_from_content(evidence.policy)
    baseline = evidence.baseline_version or "A"
    lines = [f"## {plain(evidence.prompt_id)} {plain(evidence.version)} on {plain(evidence.suite)}"]
    for comparison in evidence.comparisons:
        lines += [
            "",
            f"**{plain(comparison.scorer)}**: "
            + plain(headline(comparison, policy, a=baseline, b=evidence.version)),
        ]
        for extra in beneath(comparison, policy, f"{evidence.prompt_id}@{evidence.version}"):
            lines += ["", plain(extra)]
    for line in condition_lines(conditions_of(evidence)):
        lines += ["", plain(line)]
    lines += [
        "",
        *_table(evidence),
        *_slices(evidence),
        "",
        "<details><summary>Details</summary>",
        "",
    ]
    for comparison in evidence.comparisons:
        lines += [f"- {plain(comparison.scorer)}: {plain(line)}" for line in details(comparison)]
    lines += [f"- {plain(line)}" for line in evidence_notes(evidence)]
    return "\n".join([*lines, "", "</details>", ""])


def _table(evidence: Evidence) -> list[str]:
    rows = [
        "| scorer | gate | A | B | difference | 95 % interval | fixed | broke | same | missing |",
        "|---|---|---:|---:|---:|---|---:|---:|---:|---:|",
    ]
    if evidence.comparisons:
        level = evidence.policy.get("confidence", DEFAULT_CONFIDENCE)
        rows[0] = rows[0].replace("95 %", f"{100 * level:g} %")
    return rows + [_row(comparison) for comparison in evidence.comparisons]


def _slices(evidence: Evidence) -> list[str]:
    """How each tag stands, as a table; empty without tags."""
    standings = standings_of(evidence)
    if not standings:
        return []
    rows = ["| " + " | ".join(map(plain, row)) + " |" for row in slice_rows(standings)]
    head = ["| " + " | ".join(HEADER) + " |", "|---|---:|---|---:|---:|---:|---|"]
    notes = [line for note in slice_notes(standings) for line in ("", plain(note))]
    return ["", *head, *rows, *notes]


def _row(comparison: Comparison) -> str:
    if comparison.difference is None:
        interval = _interval(comparison, percent)
        difference = _NONE
    else:
        interval = _interval(comparison, points)
        difference = points(comparison.difference)
    cells = [
        plain(comparison.scorer),
        comparison.gate.value.replace("_", " "),
        _NONE if comparison.score_a is None else percent(comparison.score_a),
        _NONE if comparison.score_b is None else percent(comparison.score_b),
        difference,
        interval,
        str(len(comparison.fixed)),
        str(len(comparison.broke)),
        str(comparison.same),
        str(len(comparison.missing)),
    ]
    return "| " + " | ".join(cells) + " |"


def _interval(comparison: Comparison, say: Callable[[float], str]) -> str:
    if comparison.low is None or comparison.high is None:
        return _NONE
    return f"{say(comparison.low)} to {say(comparison.high)}"
