"""A comparison of two or more sides as one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from statistics import median
from typing import Any

from workbench.actions.comparing.compare import BestOf, Candidate, Compared, named
from workbench.actions.comparing.side_runs import Side
from workbench.actions.session import Session
from workbench.addresses import address_of
from workbench.datasets.json_values import as_text
from workbench.datasets.values import Case
from workbench.fingerprints import short
from workbench.present import numbers
from workbench.present.answer_origin import address_words
from workbench.present.case_values import readable_inputs
from workbench.present.charts import Confusion, confusion, histogram
from workbench.present.html_report import Report, ReportCase, ReportSide, render_report
from workbench.present.verdict_words import claim, listed
from workbench.prompts.files.prompty import write_prompty
from workbench.prompts.inputs.media import Attachment
from workbench.prompts.inputs.parts import attachments_in
from workbench.runs.spec.values import Result
from workbench.verdicts.case_changes import CHANGES, Badness, badness, changes_of, worst_first
from workbench.verdicts.noise import noise_sentence
from workbench.verdicts.sample import mean

MOST_CASES = 100
"""Maximum number of changed cases on the page, worst first."""
BINS = 8
MOST_PICTURE_BYTES = 20_000_000
"""Bytes of images on one page; of the others only name and size are shown."""


def html_report(session: Session, best: BestOf) -> str:
    """The page about candidates and their baseline: verdicts, attempts, charts, changed cases,
    prompt diffs.
    """
    pairings = [candidate.compared for candidate in best.candidates]
    first = pairings[0]
    sides = named([first.a, *(one.b for one in pairings)])
    names = [side.source.short for side in sides]
    prompt_ids = list(dict.fromkeys(one.b.source.prompt.prompt_id for one in pairings))
    recorded = [
        record for prompt_id in prompt_ids for record in session.registry.evaluations(prompt_id)
    ]
    recorded.sort(key=lambda record: record.seq, reverse=True)
    changed = _changed(pairings)
    report = Report(
        title=f"{listed(prompt_ids)}: {listed(names[1:])} against {names[0]}",
        suite=f"suite {first.suite.name}, split {first.split},"
        f" {first.part or numbers.plural(len(first.cases), 'case')}",
        policy=first.suite.gate,
        sides=(
            _side("A", sides[0]),
            *(
                _candidate(letter, side, candidate, len(pairings))
                for letter, side, candidate in zip(
                    _letters(len(pairings)), sides[1:], best.candidates, strict=True
                )
            ),
        ),
        cases=_with_pictures(
            [_case(case, change, pairings) for case, change in changed[:MOST_CASES]], first
        ),
        left_out=max(0, len(changed) - MOST_CASES),
        warning=f"PREVIEW: {first.preview.reason}" if first.preview else "",
        best_of=best.note,
        attempts=tuple(one.evidence for one in recorded if one.suite == first.suite.name),
        notes=(*best.notes, f"dataset {short(first.suite.dataset.fingerprint)}"),
    )
    return render_report(report)


def _letters(candidates: int) -> tuple[str, ...]:
    """B, C, …; beyond the alphabet B27, B28, …"""
    return tuple(chr(ord("B") + at) if at < 25 else f"B{at + 2}" for at in range(candidates))


def _changed(pairings: Sequence[Compared]) -> list[tuple[Case, str]]:
    """The cases that changed on any side by any gating scorer, the worst over all sides first."""
    sides = [_changes(one) for one in pairings]
    several = len(pairings[0].comparisons) > 1
    rows = []
    for at, case in enumerate(pairings[0].cases):
        of_sides = [side.get(case.id, _SAME) for side in sides]
        if all(side == _SAME for side in of_sides):
            continue
        changes = [_change_text(side, several) for side in of_sides]
        if len(pairings) > 1:
            changes = [
                f"{x} {what}" for x, what in zip(_letters(len(pairings)), changes, strict=True)
            ]
        rows.append((worst_first([side[0] for side in of_sides]), at, case, " · ".join(changes)))
    return [(case, change) for _, _, case, change in sorted(rows, key=lambda row: row[:2])]


_SAME: tuple[Badness, str] = (badness("same", None), "")


def _change_text(side: tuple[Badness, str], several: bool) -> str:
    (change, _), scorer = side
    return f"{CHANGES[change]} ({scorer})" if several and scorer else CHANGES[change]


def _changes(compared: Compared) -> dict[str, tuple[Badness, str]]:
    """The worst change of each case over the gating scorers, and the scorer."""
    changed: dict[str, tuple[Badness, str]] = {}
    for comparison in compared.comparisons:
        pairs = {pair.case_id: pair for pair in compared.pairs[comparison.scorer]}
        for case_id, change in changes_of(comparison).items():
            a, b = mean(pairs[case_id].a), mean(pairs[case_id].b)
            delta = None if a is None or b is None else b - a
            ranked = badness(change, delta), comparison.scorer
            changed[case_id] = min(changed.get(case_id, ranked), ranked, key=lambda one: one[0])
    return changed


def _candidate(letter: str, side: Side, candidate: Candidate, k: int) -> ReportSide:
    compared = candidate.compared
    notes = []
    if compared.noise is not None:
        itself = compared.a.summary.fingerprint == compared.b.summary.fingerprint
        notes.append(noise_sentence(compared.headline, compared.noise, b=letter, itself=itself))
    if k > 1:
        notes.append(claim(candidate.mid_p, candidate.holm_p, k, claimed=candidate.claimed))
    return replace(
        _side(letter, side),
        comparisons=compared.comparisons,
        notes=tuple(notes),
        confusion=_labels(compared),
        conditions=compared.beside.conditions,
        slices=compared.beside.slices,
    )


def _side(letter: str, side: Side) -> ReportSide:
    summary = side.summary
    times = [
        result.answer.latency_s
        for result in side.all_results
        if result.answer.latency_s is not None and not result.answer.outcome.is_error
    ]
    chart = histogram(times, BINS)
    facts = {
        "score": numbers.score(summary.score),
        "scored": f"{summary.scored:,} of {summary.cases * summary.repeats:,}",
        "errors": numbers.count(summary.errors),
        "model": summary.model,
        "endpoint": address_words(address_of(summary.environment.get("identity") or {})),
        "calls": f"{summary.calls:,} ({summary.cached:,} cached)",
        "tokens": f"{numbers.tokens(summary.prompt_tokens)} in,"
        f" {numbers.tokens(summary.completion_tokens)} out",
        "cost": numbers.money(summary.cost_usd),
        "median latency": numbers.seconds(median(times) if times else None),
        "run": f"{summary.run_id} of {summary.created_at}",
        "prompt": short(summary.fingerprint),
    }
    labels = tuple(numbers.seconds(edge) for edge in chart.edges[:-1]) if chart.counts else ()
    source = side.source
    shown = labels[: len(chart.counts)]
    return ReportSide(letter, source.short, facts, chart, shown, write_prompty(source.prompt))


def _case(case: Case, change: str, compared: Sequence[Compared]) -> ReportCase:
    sides = [
        side.results.get(case.id, ()) for side in (compared[0].a, *(one.b for one in compared))
    ]
    names = dict.fromkeys(name for side in sides for result in side for name in result.scores)
    return ReportCase(
        case_id=case.id,
        change=change,
        inputs=readable_inputs(case),
        expected=_text(case.expected),
        outputs=[_output(side) for side in sides],
        scores={name: [_scores(side, name) for side in sides] for name in names},
    )


def _with_pictures(cases: Sequence[ReportCase], compared: Compared) -> tuple[ReportCase, ...]:
    """The listed cases with their images, as far as these fit on the page."""
    left, shown = MOST_PICTURE_BYTES, []
    known = {case.id: case for case in compared.cases}
    for case in cases:
        pictures: dict[str, tuple[str, ...]] = {}
        for name, given in known[case.case_id].inputs.items():
            for value in (given, *attachments_in(given)):
                is_image = isinstance(value, Attachment) and value["type"].startswith("image/")
                if not is_image or value["size"] > left:
                    continue
                with suppress(ValueError, OSError):  # changed or removed since: only named then
                    pictures[name] = (*pictures.get(name, ()), value.data_uri())
                    left -= value["size"]
        shown.append(replace(case, pictures=pictures) if pictures else case)
    return tuple(shown)


def _output(results: tuple[Result, ...]) -> str:
    texts = [
        result.answer.text or f"({result.answer.error or result.answer.outcome.value})"
        for result in results
    ]
    return "\n\n".join(texts) if texts else "(no answer)"


def _scores(results: tuple[Result, ...], name: str) -> str:
    scores = [result.scores[name] for result in results if name in result.scores]
    return "; ".join(f"{numbers.score(score.value, 2)} {score.reason}".rstrip() for score in scores)


def _labels(compared: Compared) -> Confusion | None:
    expected = {case.id: case.expected for case in compared.cases}
    return confusion(
        (_text(expected[result.case_id]), result.answer.text)
        for result in compared.b.all_results
        if expected.get(result.case_id) is not None and not result.answer.outcome.is_error
    )


def _text(value: Any) -> str:
    return "" if value is None else as_text(value)
