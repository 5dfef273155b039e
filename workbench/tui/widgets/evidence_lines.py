"""An evaluation in a few lines, the same in every dialog."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from workbench.errors import WorkbenchError
from workbench.present import numbers
from workbench.present.safe_text import safe_line
from workbench.present.slices.lines import condition_lines, slice_lines
from workbench.present.verdict_words import beneath, details, evidence_notes, headline
from workbench.verdicts.evidence import policy_from_content
from workbench.verdicts.slices import conditions_of, standings_of
from workbench.verdicts.values import Evidence, Gate

_STYLES = {
    Gate.PASS: "bold $text-success",
    Gate.FAIL: "bold $text-error",
    Gate.NO_DECISION: "bold $text-warning",
}


def evidence_text(evidence: Evidence, *, full: bool = False) -> Content:
    """The gate's word for each scorer, which cases broke, and what to do next."""
    baseline = evidence.baseline_version or "no baseline"
    cases = numbers.plural(evidence.planned, "case")
    lines = [
        Content.styled(
            safe_line(
                f"suite {evidence.suite} · {cases} · against {baseline} · attempt "
                f"{evidence.attempt} · {evidence.finished_at[:10]}"
            ),
            "$text-muted",
        )
    ]
    if evidence.external:
        lines.append(Content("the team's own suite said so, not a run of ours"))
    for comparison in evidence.comparisons:
        try:
            policy = policy_from_content(evidence.policy)
            line = headline(
                comparison, policy, a=evidence.baseline_version or "A", b=evidence.version
            )
            more = beneath(comparison, policy, f"{evidence.prompt_id}@{evidence.version}")
        except WorkbenchError:
            line, more = f"{comparison.gate.value} {comparison.reason}", []
        name = f"{comparison.scorer}: " if len(evidence.comparisons) > 1 else ""
        lines.append(Content.styled(safe_line(name + line), _STYLES[comparison.gate]))
        lines += [Content(safe_line(line)) for line in more]
        if full:
            lines += [Content(safe_line(f"  {line}")) for line in details(comparison)]
    lines += _further(evidence, full=full)
    lines += [Content.styled(safe_line(note), "$text-muted") for note in evidence_notes(evidence)]
    return Content("\n").join(lines)


def _further(evidence: Evidence, *, full: bool) -> list[Content]:
    """What the gate asked beside its scorers, and, in full, how each tag stands."""
    try:
        conditions = conditions_of(evidence)
        standings = standings_of(evidence) if full else ()
    except WorkbenchError:
        return []
    return [
        *(
            Content.styled(line, _STYLES[one.gate])
            for one, line in zip(conditions, condition_lines(conditions), strict=True)
        ),
        *map(Content, slice_lines(standings)),
    ]


def all_evidence(evidence: Sequence[Evidence], *, full: bool = False) -> Content:
    """Several evaluations below each other."""
    return Content("\n\n").join([evidence_text(item, full=full) for item in evidence])
