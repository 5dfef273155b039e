"""What leaves beside a prompt's content: who made it, and its evidence in short, as plain texts.

A target writes these texts where it can, as tags or metadata. They are no part of what is compared
afterwards: evidence may be added later.
"""

from __future__ import annotations

from workbench.exchange.targets.base import Export
from workbench.registry.models.records import SuiteStatus


def evidence_in_short(export: Export) -> dict[str, str]:
    """Names to texts; a name without a value is left out. Of several suites the texts of each name
    stand in the same order, separated by "; ".

    `prompt_id`, `version`, `fingerprint`, `author`, `description`, `created_at`; `state` and
    `environment` that it holds for; `suite`, `gate`, `verdict`, `score`, `interval`, `cases`,
    `evaluated_at`; `forced_reason`; `ledger_head`.
    """
    if export.approved is None:
        return {}
    approved = export.approved
    version, status = approved.version, approved.status
    texts = {
        "prompt_id": version.prompt_id,
        "version": version.version,
        "fingerprint": version.fingerprint,
        "author": version.author,
        "description": version.description,
        "created_at": version.created_at,
        "state": status.state.value,
        "environment": approved.environment,
        "forced_reason": approved.reason,
        "ledger_head": export.registry.head(),
    }
    rows = [_of_suite(suite) for suite in status.suites if suite.evaluation]
    for name in dict.fromkeys(name for row in rows for name in row):
        texts[name] = "; ".join(row[name] or "-" for row in rows)
    return {name: text for name, text in texts.items() if text}


def _of_suite(suite: SuiteStatus) -> dict[str, str]:
    assert suite.evaluation is not None
    evidence = suite.evaluation.evidence
    headline = evidence.comparisons[0] if evidence.comparisons else None
    low, high = (headline.low, headline.high) if headline else (None, None)
    return {
        "suite": suite.suite,
        "gate": evidence.gate.value,
        "verdict": headline.verdict.value if headline else "",
        "score": "" if evidence.score is None else f"{evidence.score:.4f}",
        "interval": "" if low is None or high is None else f"{low:+.4f} to {high:+.4f}",
        "cases": str(headline.cases if headline else evidence.planned),
        "evaluated_at": suite.evaluation.recorded_at,
    }
