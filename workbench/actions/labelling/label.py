"""Label the answers of a suite: what is asked next, and what was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from workbench.actions.labelling.order import INFORMATIVE, Item, ordered
from workbench.actions.session import Session
from workbench.errors import NotFound, UsageError
from workbench.providers.base import Outcome
from workbench.runs.labels.records import NOTE, SKIP, standing
from workbench.runs.labels.store import LABEL, Asked, HumanLabels, LabelRecord
from workbench.runs.spec.suite import Suite
from workbench.scorers.judges.judge import Judge
from workbench.scorers.judges.rubric import FAIL, PASS, UNSURE
from workbench.suggestions import did_you_mean
from workbench.units import plural

MOST_RUNS = 20
"""The newest runs of a suite whose answers are labelled."""
MOST_LABELS = 9
"""As many as there are digits to press."""
PASS_FAIL = (PASS, FAIL)


@dataclass(frozen=True)
class Desk:
    """The answers to be labelled by one rater, in order, and what that rater said of them."""

    asked: Asked
    labels: tuple[str, ...]
    """What may be said."""
    criterion: str
    """What the judge is asked, where labels are about a judge."""
    items: tuple[Item, ...]
    records: tuple[LabelRecord, ...]
    """The rater's, without those that were undone, oldest first."""
    spoilt: int = 0
    """Answers that are left out since the model gave none: cut short, refused, empty."""
    opened_after: int = 0
    """Answers that were skipped in records up to this one are asked again."""

    @property
    def labelled(self) -> dict[tuple[str, str], str]:
        """The rater's labels by answer."""
        return {one.key: one.label for one in self.records if one.action == LABEL}

    @property
    def skipped(self) -> frozenset[tuple[str, str]]:
        """Answers that were skipped and are not asked again."""
        skips = {one.key: one.id for one in self.records if one.action == SKIP}
        later = {key for key, number in skips.items() if number > self.opened_after}
        return frozenset(later - self.labelled.keys())

    @property
    def open(self) -> list[Item]:
        """The answers that are still asked about."""
        closed = self.labelled.keys() | self.skipped
        return [item for item in self.items if item.key not in closed]

    @property
    def done(self) -> int:
        """How many of its answers have a label."""
        labelled = self.labelled
        return sum(item.key in labelled for item in self.items)

    def note_of(self, item: Item) -> str:
        """The rater's last note on an answer; empty: none."""
        notes = [o.note for o in self.records if o.action == NOTE and o.key == item.key]
        return notes[-1] if notes else ""


def open_desk(
    session: Session,
    suite_name: str,
    *,
    about: str = "",
    order: str = INFORMATIVE,
    run_ids: Sequence[str] = (),
    again: bool = False,
) -> Desk:
    """The answers of the suite's stored runs for the session's author. `about` names a judge of the
    suite, whose verdicts are the labels then; `again`: those that were skipped before, too.

    Raises NotFound without a suite or an answer, UsageError for a judge whose verdicts are no keys.
    """
    suite = session.workspace.suite(suite_name)
    labels, criterion = vocabulary(suite, about)
    items, spoilt = _items(session, suite, order, run_ids)
    if not items:
        left_out = f": {plural(spoilt, 'answer')} cut short, refused or empty" if spoilt else ""
        raise NotFound(
            f"{suite.name} has no answers to label{left_out}", hint=f"workbench run {suite.name}"
        )
    asked = Asked(suite.name, session.author, about, order)
    records = _records(session, asked)
    newest = records[-1].id if records and again else 0
    return Desk(asked, labels, criterion, tuple(items), records, spoilt, newest)


def vocabulary(suite: Suite, about: str) -> tuple[tuple[str, ...], str]:
    """What may be said of an answer, and the judge's criterion. Raises UsageError."""
    if not about:
        return PASS_FAIL, ""
    judges = {s.name: s.kind.judge for s in suite.scorers if isinstance(s.kind.judge, Judge)}
    judge = judges.get(about)
    if judge is None:
        raise UsageError(f"{suite.name} has no judge {about!r}", hint=did_you_mean(about, judges))
    if judge.is_pairwise:
        raise UsageError(
            f"{about} compares two answers",
            hint=f"workbench prefer {suite.prompt_id} --inputs FILE",
        )
    criterion = judge.prompt.description or judge.prompt.prompt_id
    first = judge.rubric.criteria[0]
    if first.is_plain:
        return PASS_FAIL, criterion
    levels = tuple(str(level) for level in first.levels if level != UNSURE)
    if len(levels) > MOST_LABELS:
        raise UsageError(
            f"{about} has {len(levels)} levels, and there are {MOST_LABELS} keys",
            hint="label pass or fail, without --about",
        )
    return levels, criterion


def _items(
    session: Session, suite: Suite, order: str, run_ids: Sequence[str]
) -> tuple[list[Item], int]:
    """The answers, and how many are left out since the model gave none."""
    store = session.store
    chosen = (
        [store.summary(run_id) for run_id in run_ids]
        if run_ids
        else store.summaries(suite=suite.name, limit=MOST_RUNS)
    )
    cases = {case.id: case for case in suite.dataset.cases}
    results = []
    for run in chosen:
        if run.suite != suite.name:
            raise UsageError(f"run {run.run_id} is of {run.suite}, and not of {suite.name}")
        same = {
            case.id
            for case in store.cases(run.run_id)
            if case.id in cases and case.digest == cases[case.id].digest
        }
        results += [one for one in store.results(run.run_id) if one.case_id in same]
    whole = [one for one in results if one.answer.outcome is Outcome.OK]
    spoilt = sum(not one.answer.outcome.is_error for one in results) - len(whole)
    return ordered(cases, whole, suite.scorers[0].name, suite.dataset.seed, order), spoilt


def _records(session: Session, asked: Asked) -> tuple[LabelRecord, ...]:
    records = standing(HumanLabels(session.store.database).records(asked.suite))
    return tuple(one for one in records if (one.rater, one.about) == (asked.rater, asked.about))


def give(session: Session, desk: Desk, item: Item, label: str) -> Desk:
    """Store a label; returns the desk with it. Raises UsageError for a label that it has not."""
    if label not in desk.labels:
        raise UsageError(f"{label!r} is none of {', '.join(desk.labels)}")
    return _added(session, desk, item, LABEL, label=label)


def skip(session: Session, desk: Desk, item: Item) -> Desk:
    """Leave an answer out."""
    return _added(session, desk, item, SKIP)


def note(session: Session, desk: Desk, item: Item, text: str) -> Desk:
    """Store a note on an answer, in place of an earlier one."""
    return _added(session, desk, item, NOTE, text=text.strip())


def undo(session: Session, desk: Desk) -> tuple[Desk, Item | None]:
    """Take the rater's last record back; returns its answer too, None where there is none."""
    if not desk.records:
        return desk, None
    last = desk.records[-1]
    HumanLabels(session.store.database).undo(last)
    item = next((item for item in desk.items if item.key == last.key), None)
    return replace(desk, records=_records(session, desk.asked)), item


def _added(
    session: Session, desk: Desk, item: Item, action: str, *, label: str = "", text: str = ""
) -> Desk:
    HumanLabels(session.store.database).add(desk.asked, item.case, item.answer, action, label, text)
    return replace(desk, records=_records(session, desk.asked))
