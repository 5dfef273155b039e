"""Compare a pairwise judge with what people preferred, and record how far they agree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from workbench.actions.comparing.preferring import PairQuestion
from workbench.actions.running.calibrating import (
    Calibrated,
    JudgedLabel,
    OnAhead,
    ask_pairs,
    judge_named,
    recorded,
)
from workbench.actions.running.labelled import Labelled
from workbench.actions.session import Session
from workbench.errors import UsageError
from workbench.fingerprints import canonical_json
from workbench.providers.base import Answer, Outcome
from workbench.runs.labels.preferences import PreferenceRecord, Preferences
from workbench.runs.labels.records import standing
from workbench.runs.spec.suite import Suite
from workbench.runs.store.forgetting import FORGOTTEN
from workbench.verdicts.judges.pairwise import A, B, PairVerdict


@dataclass(frozen=True, slots=True)
class _Preference:
    """A pair with what people say of it: a pass is a preference of the left answer."""

    record: PreferenceRecord
    labelled: Labelled


def calibrate_pairs(
    session: Session,
    suite: Suite,
    name: str,
    *,
    budget_usd: float | None = None,
    on_ahead: OnAhead | None = None,
) -> Calibrated:
    """Ask the pairwise judge about every pair of which people preferred a side, in both orders.

    A pair passes where the answer that was shown on the left is preferred: the sides were drawn,
    so either label is as frequent. A tie of the judge counts against it, whichever side people
    prefer. Ties of people, and pairs that are both bad, are left out. Raises UsageError and
    ProviderError.
    """
    scorer, judge = judge_named(suite, name)
    preferences = _preferences(session, suite.prompt_id)
    clear = [one for one in preferences if one.labelled.passes is not None]
    if not clear:
        raise UsageError(
            f"nobody preferred an answer of {suite.prompt_id} yet",
            hint=f"workbench prefer {suite.prompt_id} --inputs FILE",
        )
    for one in clear:
        lacking = judge.lacks(one.labelled.case)
        if lacking:
            raise UsageError(f"case {one.labelled.case.id!r}: {lacking}")
    tasks = [
        PairQuestion(
            judge, scorer, one.labelled.case, _answer(one.record.a_answer),
            _answer(one.record.b_answer),
        )
        for one in clear
    ]  # fmt: skip
    done = ask_pairs(session, suite, judge, tasks, budget_usd, on_ahead)
    judged = [
        JudgedLabel(_agrees(one, verdict), verdict.reason if verdict else "", tuple(replies))
        for one, (verdict, replies) in zip(clear, done, strict=True)
    ]
    return recorded(session, suite, judge, [one.labelled for one in preferences], judged)


def _answer(text: str) -> Answer:
    return Answer(Outcome.OK, text=text)


def _agrees(one: _Preference, verdict: PairVerdict | None) -> bool | None:
    """Whether the judge prefers the left answer; None where it gave no verdict."""
    if verdict is None or verdict.outcome is None:
        return None
    if verdict.outcome not in (A, B):
        return not one.labelled.passes
    return _is_left(verdict.outcome, one.record)


def _is_left(side: str, record: PreferenceRecord) -> bool:
    return (side == B) is record.swapped


def _preferences(session: Session, prompt_id: str) -> list[_Preference]:
    """Each pair of which somebody preferred a side, with everybody's last word on it."""
    store = Preferences(session.store.database)
    pairs: dict[tuple[str, str, str], _Preference] = {}
    for number, reading in store.sessions(prompt_id):
        for record in _last(standing(store.records(number))):
            if record.case is None or FORGOTTEN in (record.a_answer, record.b_answer):
                continue
            texts = [record.a_answer, record.b_answer]
            known = pairs.setdefault(
                record.key,
                _Preference(record, Labelled(record.case, canonical_json(texts), {})),
            )
            # All are told by the sides of the first record of the pair.
            is_left = _is_left(record.action, known.record)
            labels = {**known.labelled.labels, reading.rater: is_left}
            pairs[record.key] = replace(known, labelled=replace(known.labelled, labels=labels))
    return list(pairs.values())


def _last(records: Iterable[PreferenceRecord]) -> Sequence[PreferenceRecord]:
    """The last word on each pair, where that prefers a side."""
    last = {record.key: record for record in records if record.action not in ("skip", "note")}
    return [record for record in last.values() if record.action in (A, B)]
