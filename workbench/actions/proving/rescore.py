"""Judge stored answers by the scorers of today, without a call: which past decisions would flip?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from types import MappingProxyType

from workbench.actions.session import Session
from workbench.datasets.features import FeatureInputs
from workbench.datasets.values import Case
from workbench.errors import NotFound, TemplateError, UsageError
from workbench.prompts.values import Prompt
from workbench.registry import EvaluationRecord
from workbench.registry.deploy.status import PART_WORDS
from workbench.runs.engine.scoring import score_ahead, score_answer
from workbench.runs.rescoring.replies import StoredReplies
from workbench.runs.rescoring.rows import KeptDecision, keep
from workbench.runs.spec.plan import CHUNK
from workbench.runs.spec.suite import Suite
from workbench.runs.spec.values import Result
from workbench.scorers.base import Score
from workbench.scorers.judges.judge import asking_of
from workbench.scorers.models import Models
from workbench.scorers.python_files import codes_of, opened_code
from workbench.units import plural
from workbench.verdicts.evidence import plan_of
from workbench.verdicts.pairing import pair_results
from workbench.verdicts.raw_values import is_raw
from workbench.verdicts.sample import mean
from workbench.verdicts.sequential import conclude
from workbench.verdicts.values import CasePair, Evidence, Gate


@dataclass(frozen=True, slots=True)
class ScorerChange:
    """One scorer on the stored answers of a run."""

    name: str
    before: float | None
    """Mean score as recorded; None: it did not judge this run."""
    after: float | None
    changed: int
    """Answers with another score than before."""
    missing: int
    """Answers without a score now."""


ALTERED = "the stored answer was altered or forgotten"


@dataclass(frozen=True, slots=True)
class RescoredRun:
    """The stored answers of one run, judged anew."""

    run_id: str
    label: str
    answers: int
    scorers: tuple[ScorerChange, ...]
    altered: int = 0
    """Stored answers that are not as they were when they came, and were not judged."""


@dataclass(frozen=True, slots=True)
class RescoredDecision:
    """A past evaluation under today's suite."""

    record: EvaluationRecord
    after: Gate | None
    """None: it cannot be judged anew, for which `problem` gives the reason."""
    reason: str
    differs: tuple[str, ...]
    """Parts of the suite that changed since: why its evidence reads stale."""
    problem: str = ""

    @property
    def before(self) -> Gate:
        return self.record.gate

    @property
    def flips(self) -> bool:
        """Whether the gate would decide otherwise."""
        return self.after is not None and self.after is not self.before


@dataclass(frozen=True, slots=True)
class Rescored:
    """What a rescoring found; no call was made for it."""

    suite: Suite
    runs: tuple[RescoredRun, ...]
    decisions: tuple[RescoredDecision, ...]
    """Newest first."""

    @property
    def flips(self) -> int:
        return sum(one.flips for one in self.decisions)


def rescore(session: Session, run_id: str | None = None, suite_name: str | None = None) -> Rescored:
    """Judge the stored answers of a run, or of every evaluation on a suite, by the suite's scorers
    and gate of today, and keep the result in runs.db beside what was recorded.

    A case that asks the same is judged as it is today, with its expected answer and checks of
    today; one that was changed or removed as it was. Raises NotFound for a run or suite that is
    not there.
    """
    summary = session.store.summary(run_id) if run_id else None
    suite = session.workspace.suite(suite_name or (summary.suite if summary else ""))
    if summary and summary.suite != suite.name:
        raise UsageError(
            f"run {summary.run_id} was made on the suite {summary.suite}, not on {suite.name}",
            hint="leave --suite out",
        )
    records = _records(session, suite, run_id)
    wanted = dict.fromkeys([run_id] if run_id else ())
    for record in records:
        wanted |= dict.fromkeys(filter(None, (record.evidence.run_a, record.evidence.run_b)))
    runs: dict[str, list[Result]] = {}
    altered: dict[str, frozenset[tuple[str, int]]] = {}
    rescored_runs = []
    known = {case.id: case for case in suite.dataset.cases}
    models = _stored_replies(session, suite)
    with opened_code(suite.scorers):
        for each in wanted:
            stored = session.store.summary_or_none(str(each))
            if stored is None:
                continue
            cases = _cases(session.store.cases(stored.run_id), known)
            before = session.store.results(stored.run_id)
            if codes_of(suite.scorers):
                cases = _computed(session.store.prompt(stored.run_id), cases)
            altered[stored.run_id] = lost = session.store.altered(stored.run_id)
            runs[stored.run_id] = _judged(suite, before, cases, models, lost)
            changes = tuple(_changes(suite, before, runs[stored.run_id]))
            rescored_runs.append(
                RescoredRun(stored.run_id, stored.label, len(before), changes, len(lost))
            )
    parts = session.with_reading_changes(suite).parts
    decisions = tuple(_decision(record, suite, runs, known, parts, altered) for record in records)
    kept = [
        KeptDecision(one.record.id, one.before.value, one.after.value, " and ".join(one.differs))
        for one in decisions
        if one.after is not None
    ]
    if runs and not session.store.is_read_only:
        keep(session.store.database, session.author, suite.name, parts, runs, kept)
    return Rescored(suite, tuple(rescored_runs), decisions)


def _stored_replies(session: Session, suite: Suite) -> StoredReplies | None:
    """What the models that the suite's scorers ask said before; None where they ask none."""
    judges = asking_of(suite.scorers)
    openers = session.judge_providers(judges)
    identities = {fingerprint: opener().identity for fingerprint, opener in openers.items()}
    return StoredReplies(session.store, identities) if judges else None


def _records(session: Session, suite: Suite, run_id: str | None) -> list[EvaluationRecord]:
    """The evaluations on the suite; of a run those that rest on it."""
    if not session.workspace.registry_path.exists():
        return []
    records = [
        record
        for record in session.registry.evaluations(suite.prompt_id)
        if record.suite == suite.name and not record.evidence.external
    ]
    if run_id is None and not records:
        raise NotFound(
            f"nothing was evaluated on {suite.name}: there is no decision to look at",
            hint=f"workbench rescore RUN, or workbench evaluate {suite.prompt_id}@VERSION",
        )
    if run_id is None:
        return records
    return [r for r in records if run_id in (r.evidence.run_a, r.evidence.run_b)]


def _cases(stored: Sequence[Case], known: Mapping[str, Case]) -> dict[str, Case]:
    """Each case as it is today where it still asks the same."""
    return {case.id: _today(case, known) for case in stored}


def _today(case: Case, known: Mapping[str, Case]) -> Case:
    today = known.get(case.id)
    return today if today is not None and today.question == case.question else case


def _judged(
    suite: Suite,
    results: Sequence[Result],
    cases: Mapping[str, Case],
    models: Models | None,
    altered: frozenset[tuple[str, int]],
) -> list[Result]:
    judged = []
    lost = {scorer.name: Score(None, ALTERED) for scorer in suite.scorers}
    for start in range(0, len(results), CHUNK):
        some = results[start : start + CHUNK]
        whole = [each for each in some if (each.case_id, each.repeat) not in altered]
        score_ahead(suite.scorers, [(each.answer, cases[each.case_id]) for each in whole])
        for each in some:
            if (each.case_id, each.repeat) in altered:
                judged.append(replace(each, scores=lost))
                continue
            scores, _ = score_answer(suite.scorers, each.answer, cases[each.case_id], models)
            judged.append(replace(each, scores=scores))
    return judged


def _computed(prompt: Prompt, cases: Mapping[str, Case]) -> dict[str, Case]:
    """The cases with the inputs that features compute, which own scorers see; one that cannot be
    computed was not answered either.
    """
    features = FeatureInputs(prompt)
    whole = dict(cases)
    with features.opened():
        for case in cases.values():
            with suppress(TemplateError):
                whole[case.id] = features.case(case)
    return whole


def _changes(
    suite: Suite, before: Sequence[Result], after: Sequence[Result]
) -> Iterable[ScorerChange]:
    for scorer in suite.scorers:
        was = [r.scores[scorer.name].value if scorer.name in r.scores else None for r in before]
        now = [r.scores[scorer.name].value for r in after]
        there = any(scorer.name in result.scores for result in before)
        yield ScorerChange(
            scorer.name,
            mean(was),
            mean(now),
            sum(x != y for x, y in zip(was, now, strict=True)) if there else len(now),
            now.count(None),
        )


def _decision(
    record: EvaluationRecord,
    suite: Suite,
    runs: Mapping[str, list[Result]],
    known: Mapping[str, Case],
    parts: Mapping[str, str],
    altered: Mapping[str, frozenset[tuple[str, int]]] = MappingProxyType({}),
) -> RescoredDecision:
    evidence = record.evidence
    judged = evidence.suite_parts
    differs = tuple(
        PART_WORDS.get(name, name)
        for name in sorted({*parts, *judged})
        if parts.get(name) != judged.get(name)
    )
    for run in filter(None, (evidence.run_a, evidence.run_b)):
        if run not in runs:
            problem = f"the answers of its run {run} are not in this runs.db"
            return RescoredDecision(record, None, "", differs, problem)
        if altered.get(run):
            count = plural(len(altered[run]), "stored answer")
            problem = f"{count} of its run {run} were altered or forgotten since they came"
            return RescoredDecision(record, None, "", differs, problem)
    pairs = _pairs(evidence, suite, runs, known)
    answered = {result.case_id for result in runs.get(str(evidence.run_b), ())}
    elsewhere = [pair for pair in pairs[suite.gate.scorers[0]] if pair.case_id not in answered]
    if elsewhere:
        problem = f"the answers of {len(elsewhere)} cases are in the runs that it extended"
        return RescoredDecision(record, None, "", differs, problem)
    try:
        plan = plan_of(evidence, suite.gate)
    except UsageError as error:
        return RescoredDecision(record, None, "", differs, str(error))
    decision = conclude(pairs, plan, suite.gate)
    return RescoredDecision(record, decision.gate, decision.reason, differs)


def _pairs(
    evidence: Evidence,
    suite: Suite,
    runs: Mapping[str, list[Result]],
    known: Mapping[str, Case],
) -> dict[str, Sequence[CasePair]]:
    """The pairs of the evaluation in its order, with the scores of today."""
    recorded = next(iter(evidence.pairs.values()), ())
    cases = []
    for pair in recorded:
        tags = known[pair.case_id].tags if pair.case_id in known else pair.tags
        cases.append(Case(pair.case_id, {}, tags=tags, group=pair.group))
    a, b = (runs.get(str(run), []) for run in (evidence.run_a, evidence.run_b))
    pairs: dict[str, Sequence[CasePair]] = {
        name: pair_results(a, b, cases, name) for name in suite.gate.scorers
    }
    return pairs | {name: each for name, each in evidence.pairs.items() if is_raw(name)}
