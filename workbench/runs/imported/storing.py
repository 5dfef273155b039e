"""Stores the answers of another tool's run as a run: scored here, and marked as imported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from workbench.addresses import IMPORTED_FROM
from workbench.datasets.values import Case
from workbench.errors import UsageError
from workbench.fingerprints import fingerprint
from workbench.prompts.values import Prompt
from workbench.providers.base import Answer
from workbench.providers.redact import storable
from workbench.runs.engine.scoring import score_answer
from workbench.runs.imported.values import ImportedAnswer
from workbench.runs.spec.environment import AVAILABLE, IMPORTED, SNAPSHOT, installed_facts
from workbench.runs.spec.values import Result, RunSpec, RunStatus
from workbench.runs.store.spec_parts import scorer_names
from workbench.runs.store.store import RunStore
from workbench.runs.store.writer import Recorded, RunWriter
from workbench.scorers.base import Score
from workbench.scorers.families.external import EXTERNAL
from workbench.scorers.python_files import opened_code

BATCH = 200
RESCORED = "rescored"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where imported answers came from."""

    tool: str
    name: str = ""
    made_at: str = ""

    def content(self) -> dict[str, str]:
        """What the run's environment keeps."""
        values = {"tool": self.tool, "name": self.name, "made_at": self.made_at}
        return {key: storable(value) for key, value in values.items() if value}


def unprovided(prompt: Prompt) -> str:
    """The fingerprint of the prompt on its model, whichever provider is asked for that."""
    model = prompt.model
    return (replace(prompt, model=replace(model, provider="")) if model else prompt).fingerprint


def identity_of(spec: RunSpec, answers: Sequence[ImportedAnswer], tool: str) -> dict[str, Any]:
    """What stands in the place of a provider's identity. The digest of prompt, cases and answers
    tells whether these were imported before; by which scorers and provider is no part of it.
    """
    inputs = {case.id: case.digest for case in spec.cases}
    content = [
        unprovided(spec.prompt),
        [
            [inputs[one.case_id], one.case_id, one.repeat, _content(one.answer), dict(one.scores)]
            for one in answers
        ],
    ]
    return {"endpoint": f"{IMPORTED_FROM}{tool}", "content": fingerprint(content)}


def stored_as(store: RunStore, identity: Mapping[str, Any]) -> str | None:
    """The id of the run that holds these answers, whole or in part; None: they are not stored."""
    row = store.database.execute(
        "SELECT run_id FROM runs WHERE json_extract(identity, '$.content') = ?"
        " AND json_extract(identity, '$.endpoint') = ?"
        " AND json_extract(identity, '$.rescored') IS ? ORDER BY id",
        [identity["content"], identity["endpoint"], identity.get(RESCORED)],
    ).fetchone()
    return str(row[0]) if row else None


def store_answers(
    path: Path,
    spec: RunSpec,
    answers: Sequence[ImportedAnswer],
    origin: Origin,
    *,
    rescored: bool = False,
) -> tuple[str, bool]:
    """Store the answers to the spec's cases, or what of them is not stored yet: the run's id, and
    whether anything was stored. An answer is no entry of the cache: no later run takes it.
    `rescored`: beside the import, as the suite judges today.

    Raises UsageError where a case is answered twice, or an answer is to no case.
    """
    cases = {case.id: case for case in spec.cases}
    _check(cases, answers)
    identity = identity_of(spec, answers, origin.tool)
    if rescored:
        identity[RESCORED] = fingerprint([spec.prompt.fingerprint, spec.suite.parts])
    with RunStore(path) as store:
        known = stored_as(store, identity)
        if known and store.summary(known).status is not RunStatus.INCOMPLETE:
            return known, False
        if known and len(store.results(known)) == len(answers):
            return known, False
    environment = _environment(spec, identity, origin)
    with closing(RunWriter(path)) as writer, opened_code(spec.scorers):
        started = (
            writer.resume(known, spec, identity)
            if known
            else writer.start(spec, identity, environment)
        )
        left = iter([one for one in answers if (one.case_id, one.repeat) not in started.done])
        while some := list(islice(left, BATCH)):
            writer.record([_recorded(spec, cases[one.case_id], one) for one in some], 0, 0.0)
        reason = _lacking(spec, answers)
        status = RunStatus.INCOMPLETE if reason else RunStatus.COMPLETE
        writer.finish(status, storable(reason), writer.run_stats())
    return started.run_id, True


def spec_for(spec: RunSpec, answers: Sequence[ImportedAnswer]) -> RunSpec:
    """The spec with the cases that were answered, and as many repeats as they were asked."""
    answered = {one.case_id for one in answers}
    repeats = max(one.repeat for one in answers) + 1
    return replace(
        spec,
        cases=tuple(case for case in spec.cases if case.id in answered),
        options=replace(spec.run_options, repeats=repeats),
    )


def _lacking(spec: RunSpec, answers: Sequence[ImportedAnswer]) -> str:
    """Why the run is not complete; empty when it is."""
    errors = [one.answer.error for one in answers if one.answer.outcome.is_error]
    total = len(spec.cases) * spec.run_options.repeats
    lacking = total - len(answers) + len(errors)
    if not lacking:
        return ""
    return f"{lacking} of {total} have no score: {errors[0] if errors else 'not asked there'}"


def _check(cases: Mapping[str, Case], answers: Sequence[ImportedAnswer]) -> None:
    seen: set[tuple[str, int]] = set()
    for one in answers:
        if one.case_id not in cases:
            raise UsageError(f"an answer is to the case {one.case_id!r}, which the suite lacks")
        if (one.case_id, one.repeat) in seen:
            raise UsageError(f"the case {one.case_id!r} is answered twice")
        seen.add((one.case_id, one.repeat))


def _content(answer: Answer) -> list[Any]:
    return [answer.outcome.value, answer.text, answer.error, answer.model]


def _recorded(spec: RunSpec, case: Case, one: ImportedAnswer) -> Recorded:
    scores, broken = score_answer(spec.scorers, one.answer, case)
    for scorer in spec.scorers:
        if scorer.kind.name == EXTERNAL and not one.answer.outcome.is_error:
            value = one.scores.get(scorer.name)
            scores[scorer.name] = Score(value, "" if value is not None else "not scored there")
    headline = next(iter(scorer_names(spec)), "")
    failed = one.answer.outcome.is_error or headline in broken
    value = scores[headline].value if headline in scores and not failed else None
    result = Result(one.case_id, one.repeat, one.answer, scores)
    return Recorded(result, None, failed=failed, headline=value)


def _environment(spec: RunSpec, identity: Mapping[str, Any], origin: Origin) -> dict[str, Any]:
    model, start = spec.prompt.model, spec.suite.path or Path.cwd()
    return {
        "provider": model.provider if model else "",
        "identity": dict(identity),
        "parameters": dict(model.options) if model else {},
        IMPORTED: origin.content(),
        AVAILABLE: spec.available or len(spec.cases),
        SNAPSHOT: spec.suite.dataset.fingerprint,
        **installed_facts(start),
    }


def external_scores(results: Iterable[Result], spec: RunSpec) -> list[ImportedAnswer]:
    """A stored import's results as answers to be stored again by other scorers."""
    names = {scorer.name for scorer in spec.scorers if scorer.kind.name == EXTERNAL}
    return [
        ImportedAnswer(
            result.case_id,
            result.repeat,
            replace(result.answer, cached=False),
            {name: score.value for name, score in result.scores.items() if name in names},
        )
        for result in results
    ]
