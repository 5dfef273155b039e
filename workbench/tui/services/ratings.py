"""Ratings of answers: those of the run itself, and of the same prompt's same answers to the same
cases in other runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from workbench.actions.session import Session
from workbench.runs.spec.values import Result, RunSummary
from workbench.tui.table.case_rows import result_key

MOST_RUNS = 200
"""Of a prompt and suite that are looked through, the newest first."""


def ratings_of(
    session: Session, summary: RunSummary, results: Iterable[Result]
) -> Mapping[str, str]:
    """The ratings of a run's answers by the key of case and repeat. Ratings of the run itself take
    precedence over those of other runs, a withdrawn one too.
    """
    store = session.store
    answers = {result_key(r.case_id, r.repeat): r.answer.text for r in results}
    labels = {result_key(x.case_id, x.repeat): x.label for x in store.labels(summary.run_id)}
    for run in store.summaries(summary.prompt_id, summary.suite, limit=MOST_RUNS):
        if run.run_id == summary.run_id or run.fingerprint != summary.fingerprint:
            continue
        others = {result_key(x.case_id, x.repeat): x.label for x in store.labels(run.run_id)}
        if not others.keys() & answers.keys() - labels.keys():
            continue
        for result in store.results(run.run_id):
            key = result_key(result.case_id, result.repeat)
            if key in others and answers.get(key) == result.answer.text:
                labels.setdefault(key, others[key])
    return {key: label for key, label in labels.items() if label}
