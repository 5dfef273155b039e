"""Does a suite deserve trust? What its cases, its scorers and its stored runs say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from workbench.actions.running.judges import uncalibrated
from workbench.actions.session import Session
from workbench.actions.workspace.checks import Level
from workbench.datasets.json_values import as_text
from workbench.datasets.leakage import leaks, too_many
from workbench.datasets.near_duplicates import NearPair, between, near_pairs
from workbench.datasets.questions import as_json
from workbench.datasets.values import Case
from workbench.errors import WorkbenchError
from workbench.providers.base import Answer, Outcome
from workbench.runs.engine.scoring import score_answer
from workbench.runs.spec.suite import NOT_WORSE, Suite
from workbench.runs.spec.values import Result
from workbench.scorers.base import Scorer
from workbench.units import plural
from workbench.verdicts.planner import plan_sentence
from workbench.verdicts.sample import mean
from workbench.verdicts.statistics.case_counts import minimum_cases

SHOWN = 5
MUTANT = "mutant: "
"""Beginning of the label of a run of a broken prompt, which says nothing about versions."""
_MOST_RUNS = 20
_COMMON = 0.8
_RARE = 5
_MOST_LABELS = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that speaks against a suite, or is worth knowing."""

    kind: str
    level: Level
    text: str
    cases: tuple[str, ...] = ()


def check_suite(session: Session, suite: Suite, flip_rate: float | None) -> tuple[Finding, ...]:
    """All findings, in the order of cases, labels, scorers, runs and numbers. Makes no call."""
    return (
        *_copies(suite),
        *_between_splits(suite),
        *_examples(session, suite),
        *_labels(suite),
        *_expected(suite),
        *_judges(session, suite),
        *_history(session, suite),
        *_counts(suite, flip_rate),
    )


def ids(cases: Sequence[str]) -> str:
    """Up to five case ids, and how many more."""
    more = f" and {len(cases) - SHOWN} more" if len(cases) > SHOWN else ""
    return ", ".join(cases[:SHOWN]) + more


def _copies(suite: Suite) -> Iterator[Finding]:
    seen: dict[str, Case] = {}
    twice: list[str] = []
    apart: list[str] = []
    for case in suite.dataset.cases:
        other = seen.setdefault(as_json(case.question), case)
        if other is not case and other.split == case.split:
            same = as_json(other.expected) == as_json(case.expected)
            (twice if same else apart).append(case.id)
    if apart:
        text = f"{_ask(apart)} what another asks, and another answer is expected"
        yield Finding("contradictions", Level.PROBLEM, f"{text}: {ids(apart)}", tuple(apart))
    if twice:
        text = f"{_ask(twice)} what another asks, and the same is expected"
        yield Finding("duplicates", Level.WARNING, f"{text}: {ids(twice)}", tuple(twice))
    known = {*twice, *apart}
    for cases in _splits(suite).values():
        pairs, complete = near_pairs([case for case in cases if case.id not in known])
        loose = [p for p in pairs if p.one.group is None or p.one.group != p.other.group]
        yield from _near("near_duplicates", loose, "much like another of its split")
        if not complete:
            text = f"{len(cases):,} cases are too many to compare all for near copies"
            yield Finding("near_duplicates", Level.OK, text)


def _judges(session: Session, suite: Suite) -> Iterator[Finding]:
    for why in uncalibrated(session, suite):
        yield Finding("judges", Level.PROBLEM, why)


def _ask(cases: Sequence[str]) -> str:
    return plural(len(cases), "case asks", "cases ask")


def _splits(suite: Suite) -> dict[str, list[Case]]:
    splits: dict[str, list[Case]] = {}
    for case in suite.dataset.cases:
        splits.setdefault(case.split or "", []).append(case)
    return splits


def _near(kind: str, pairs: Sequence[NearPair], what: str) -> Iterator[Finding]:
    if not pairs:
        return
    shown = "; ".join(
        f"{pair.other.id} and {pair.one.id} ({pair.similarity:.0f} %)" for pair in pairs[:SHOWN]
    )
    more = f" and {len(pairs) - SHOWN} more" if len(pairs) > SHOWN else ""
    text = f"{plural(len(pairs), 'case is', 'cases are')} {what}: {shown}{more}"
    yield Finding(kind, Level.WARNING, text, tuple(pair.other.id for pair in pairs))


def _between_splits(suite: Suite) -> Iterator[Finding]:
    splits = _splits(suite)
    gate = suite.gate_cases.cases
    for name, cases in splits.items():
        if not cases or cases[0] in gate:
            continue
        pairs, complete = between(gate, cases)
        what = f"of the gate like one of the split {name!r}" if name else "of the gate like others"
        yield from _near("split_leakage", pairs, what)
        if not complete:
            text = f"{len(gate) + len(cases):,} cases are too many to compare all between splits"
            yield Finding("split_leakage", Level.OK, text)


def _examples(session: Session, suite: Suite) -> Iterator[Finding]:
    path = session.workspace.draft_path(suite.prompt_id)
    if path is None:
        return
    try:
        prompt = session.workspace.read_draft(path).prompt
    except WorkbenchError:
        return
    leaking, complete = leaks(prompt, suite.dataset, suite.dataset.cases)
    if leaking:
        cases = tuple(leak.case.id for leak in leaking)
        few = plural(len(leaking), "example gives", "examples give")
        text = f"{few} a case away: {ids(cases)}"
        yield Finding("example_leakage", Level.PROBLEM, text, cases)
    if not complete:
        yield Finding("example_leakage", Level.OK, too_many(suite.dataset.cases))


def _labels(suite: Suite) -> Iterator[Finding]:
    cases = suite.gate_cases.cases
    labels = Counter(case.expected for case in cases if isinstance(case.expected, str))
    total = labels.total()
    if not 1 <= len(labels) <= min(_MOST_LABELS, max(2, total // 3)) or total < len(cases) / 2:
        return
    label, count = labels.most_common(1)[0]
    if count / total >= _COMMON:
        share = f"{100 * count / total:.0f} %"
        text = f"{share} of the cases expect {label!r}: always saying that scores so much"
        yield Finding("label_imbalance", Level.WARNING, text)
    rare = [name for name, times in labels.items() if times < _RARE]
    if rare and len(labels) > 1:
        shown = ", ".join(f"{name!r} ({labels[name]})" for name in rare[:SHOWN])
        few = plural(len(rare), "label is", "labels are")
        text = f"{few} expected in fewer than {_RARE} cases: {shown}"
        yield Finding("label_imbalance", Level.OK, text)


def _expected(suite: Suite) -> Iterator[Finding]:
    """Expected answers that get no full score even when they are given word for word."""
    for scorer in suite.scorers:
        reads = scorer.reads
        if reads is None or scorer.kind.code is not None:
            continue
        never, lacking = [], []
        for case in suite.dataset.cases:
            if reads.lacks(case) or reads.misfit(case):
                lacking.append(case.id)
            elif scorer.kind.judge is None and not _reachable(scorer, case):
                never.append(case.id)
        if never:
            text = f"{scorer.name} scores no answer 1 in {plural(len(never), 'case')}"
            text += f", not even the expected one itself: {ids(never)}"
            yield Finding("unreachable", Level.PROBLEM, text, tuple(never))
        if lacking:
            text = f"{scorer.name} cannot judge {plural(len(lacking), 'case')}: {ids(lacking)}"
            yield Finding("unjudged", Level.WARNING, text, tuple(lacking))


def _reachable(scorer: Scorer, case: Case) -> bool:
    several = case.expected if isinstance(case.expected, list) else [case.expected]
    texts = dict.fromkeys(
        text for value in (case.expected, *several) for text in (as_text(value), as_json(value))
    )
    answers = (Answer(Outcome.OK, text=text) for text in texts)
    return any(
        score_answer((scorer,), answer, case)[0][scorer.name].value == 1.0 for answer in answers
    )


def _history(session: Session, suite: Suite) -> Iterator[Finding]:
    """What the newest stored run of each version says."""
    if not session.workspace.runs_path.exists():
        return
    newest: dict[str, str] = {}
    for run in session.store.summaries(suite.prompt_id, suite.name):
        same = run.suite_parts.get("scorers") == suite.parts["scorers"]
        if same and run.scored and not run.label.startswith(MUTANT) and len(newest) < _MOST_RUNS:
            newest.setdefault(run.fingerprint, run.run_id)
    runs = [session.store.results(run_id) for run_id in newest.values()]
    if not runs:
        return
    yield from _never(suite, runs)
    yield from _scorers(suite, [result for run in runs for result in run])


def _never(suite: Suite, runs: Sequence[Sequence[Result]]) -> Iterator[Finding]:
    headline = suite.gate.scorers[0]
    by_case: dict[str, list[float]] = {}
    for run in runs:
        scores: dict[str, list[float | None]] = {}
        for result in run:
            score = result.scores.get(headline)
            scores.setdefault(result.case_id, []).append(score.value if score else None)
        for case_id, values in scores.items():
            value = mean(values)
            if value is not None:
                by_case.setdefault(case_id, []).append(value)
    known = {case.id for case in suite.dataset.cases}
    seen = {k: v for k, v in by_case.items() if k in known and len(v) > 1}
    for kind, wanted, word, advice in (
        ("never_failed", 1.0, "passed", "they tell no version from another"),
        ("never_passed", 0.0, "failed", "is what they expect right?"),
    ):
        cases = [c.id for c in suite.dataset.cases if set(seen.get(c.id, ())) == {wanted}]
        if cases:
            of = f"{len(cases)} of {plural(len(seen), 'case')}"
            text = f"every version {word} {of} ({ids(cases)}): {advice}"
            level = Level.OK if kind == "never_failed" else Level.WARNING
            yield Finding(kind, level, text, tuple(cases))


def _scorers(suite: Suite, results: Sequence[Result]) -> Iterator[Finding]:
    values: Mapping[str, list[float | None]] = {
        scorer.name: [
            result.scores[scorer.name].value if scorer.name in result.scores else None
            for result in results
        ]
        for scorer in suite.scorers
    }
    varying = []
    for name, scores in values.items():
        known = {score for score in scores if score is not None}
        if len(known) == 1 and len(scores) > 1:
            every = f"all {len(scores):,} stored answers"
            text = f"{name} gave {known.pop():g} to {every}: it never varies"
            yield Finding("never_varies", Level.WARNING, text)
        elif len(known) > 1:
            varying.append(name)
    for at, name in enumerate(varying):
        for other in varying[at + 1 :]:
            if values[name] == values[other]:
                text = f"{name} and {other} agree on all {len(values[name]):,} stored answers"
                yield Finding("never_disagree", Level.OK, f"{text}: one of them would do")


def _counts(suite: Suite, flip_rate: float | None) -> Iterator[Finding]:
    gate, cases = suite.gate, suite.gate_cases.cases
    if gate.rule != NOT_WORSE or gate.baseline is None:
        return
    margins = [("the gate", gate.margin, len(cases))]
    margins += [
        (f"slice {tag}", margin, sum(tag in case.tags for case in cases))
        for tag, margin in gate.slices
    ]
    for name, margin, count in margins:
        if not margin:
            continue
        least = minimum_cases(margin, gate.confidence)
        sentence = plan_sentence(count, margin, flip_rate=flip_rate, confidence=gate.confidence)
        few = count < least
        text = f"{name}: {sentence}" + (f"; below {least} it can never pass" if few else "")
        level = Level.PROBLEM if few else Level.WARNING if "too few" in sentence else Level.OK
        yield Finding("cases_needed", level, text)
