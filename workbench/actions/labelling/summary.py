"""What was labelled by whom, and how far people agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.actions.labelling.label import Desk
from workbench.actions.session import Session
from workbench.files import write_atomically
from workbench.json_text import dumps
from workbench.runs.labels.store import HumanLabels, LabelRecord, current
from workbench.runs.spec.suite import Suite
from workbench.verdicts.judges.raters import RaterPair, rater_pairs


@dataclass(frozen=True)
class Labels:
    """The labels of a suite as they are now."""

    records: tuple[LabelRecord, ...]
    changed: int
    """Labels of cases that have changed since, or are gone: they say nothing of the suite now."""

    @property
    def raters(self) -> dict[str, Counter[str]]:
        """How often each rater gave each label."""
        counts: dict[str, Counter[str]] = {}
        for one in self.records:
            counts.setdefault(one.rater, Counter())[one.label] += 1
        return counts

    @property
    def agreement(self) -> list[RaterPair]:
        """Of every two raters, over the answers that both labelled about the same."""
        by_answer: dict[tuple[str, ...], dict[str, str]] = {}
        for one in self.records:
            by_answer.setdefault((*one.key, one.about), {})[one.rater] = one.label
        return rater_pairs(list(by_answer.values()))


def labels_of(session: Session, suite: Suite) -> Labels:
    """The suite's labels by everybody."""
    records = current(HumanLabels(session.store.database).records(suite.name))
    digests = {case.digest for case in suite.dataset.cases}
    valid = tuple(one for one in records if one.case_digest in digests)
    return Labels(valid, len(records) - len(valid))


def export_labels(session: Session, suite: Suite, path: Path) -> int:
    """Write the labels as JSONL, which `judge calibrate --labels` reads; returns how many."""
    labels = labels_of(session, suite).records
    write_atomically(path, "".join(dumps(_row(one)) + "\n" for one in labels))
    return len(labels)


def _row(record: LabelRecord) -> dict[str, Any]:
    return {
        "case": record.case_id,
        "answer": record.answer,
        "label": record.label,
        "rater": record.rater,
        "about": record.about,
        "note": record.note,
        "labelled_at": record.labelled_at,
        "queue": record.queue,
        "suite": record.suite,
        "case_digest": record.case_digest,
        "answer_digest": record.answer_digest,
    }


def values_of(desk: Desk, labels: Labels) -> dict[str, Any]:
    """A desk and the suite's labels as JSON values."""
    return {
        "suite": desk.asked.suite,
        "about": desk.asked.about or None,
        "rater": desk.asked.rater,
        "order": desk.asked.queue,
        "answers": len(desk.items),
        "labelled": desk.done,
        "skipped": len(desk.skipped),
        "left": len(desk.open),
        "spoilt": desk.spoilt,
        "raters": {name: dict(counts) for name, counts in labels.raters.items()},
        "agreement": [_pair_values(pair) for pair in labels.agreement],
        "changed": labels.changed,
    }


def _pair_values(pair: RaterPair) -> dict[str, Any]:
    kappa = pair.kappa
    return {
        "raters": [pair.one, pair.other],
        "answers": pair.answers,
        "agreed": pair.agreed,
        "kappa": kappa and {"value": kappa.value, "low": kappa.low, "high": kappa.high},
    }


def lines_of(desk: Desk, labels: Labels) -> Iterator[str]:
    """The same in words."""
    left = f", {len(desk.skipped)} skipped" if desk.skipped else ""
    yield f"{desk.done} of {len(desk.items)} answers labelled by {desk.asked.rater}{left}"
    if desk.spoilt:
        yield f"  {desk.spoilt} more are left out: cut short, refused or empty"
    for name, counts in labels.raters.items():
        told = ", ".join(f"{count} {label}" for label, count in sorted(counts.items()))
        yield f"  {name}: {told}"
    yield from agreement_lines(labels.agreement)
    if labels.changed:
        yield f"  {labels.changed} more of cases that changed since: they do not count"


def agreement_lines(pairs: Sequence[RaterPair]) -> Iterator[str]:
    """Each two raters in one line."""
    for pair in pairs:
        interval = pair.kappa
        kappa = (
            f"kappa {interval.value:.2f} [{interval.low:.2f}, {interval.high:.2f}]"
            if interval
            else "kappa cannot be computed: all labels are the same"
        )
        yield f"  {pair.one} and {pair.other}: {pair.agreed} of {pair.answers} alike, {kappa}"
