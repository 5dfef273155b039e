"""Run two prompts on logged inputs, and keep the pairs of answers that differ."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from workbench.actions.comparing.side_runs import OnRun, finished_run
from workbench.actions.refs import Source
from workbench.actions.running import run as running
from workbench.actions.running.costs import OnPlanned, PlannedRun
from workbench.actions.session import Session
from workbench.datasets.delimited import folded
from workbench.datasets.logs.reading import logged_cases
from workbench.datasets.values import Case, Dataset
from workbench.errors import UsageError
from workbench.fingerprints import canonical_json
from workbench.providers.base import Answer, Outcome
from workbench.runs.labels.records import text_digest
from workbench.runs.spec.suite import GatePolicy, RunOptions, Suite
from workbench.scorers.base import Scorer
from workbench.scorers.catalog import make_scorer, scorers_of
from workbench.verdicts.sequential_plan import shuffled

EXACT: Mapping[str, Any] = {"exact_match": {"strip": True}}
_ANSWERED = "answered"
_NO_LIMIT = 10**9


@dataclass(frozen=True)
class Pair:
    """The two answers to one input. A is what is live, B the candidate."""

    case: Case
    a: str
    b: str
    swapped: bool
    """Whether B is shown on the left."""

    @cached_property
    def key(self) -> tuple[str, str, str]:
        """As in `PreferenceRecord.key`."""
        return self.case.digest, text_digest(self.a), text_digest(self.b)

    @property
    def left(self) -> str:
        return self.b if self.swapped else self.a

    @property
    def right(self) -> str:
        return self.a if self.swapped else self.b


@dataclass(frozen=True)
class Pairs:
    """All pairs that differ, in the order in which they are shown."""

    pairs: tuple[Pair, ...]
    inputs: int
    equal: int
    missing: int
    """Inputs to which a side gave no answer because its provider failed."""
    runs: tuple[str, str]
    """Ids of the runs of A and B."""
    notes: tuple[str, ...] = ()


def equality(given: Any = None) -> tuple[Scorer, str]:
    """The scorer that says when two answers are equal, by a name or a name with its options, and
    its canonical form. Raises SuiteError, and UsageError for one that compares with nothing.
    """
    entry = EXACT if given is None else given
    (scorer,) = scorers_of(entry, entry if isinstance(entry, Mapping) else None, "--equal", None)
    if not scorer.kind.reads:
        raise UsageError(
            f"--equal: {scorer.name} compares an answer with nothing",
            hint="exact_match, json_equals, similarity",
        )
    return scorer, canonical_json(entry)


def read_inputs(
    path: Path, a: Source, b: Source, columns: Mapping[str, str], limit: int | None = None
) -> Dataset:
    """The inputs of a log, in file order; of the first `limit`. Raises DatasetError."""
    dataset = logged_cases(path, (a.prompt, b.prompt), columns)
    return replace(dataset, cases=dataset.cases[:limit])


def answered_pairs(
    session: Session,
    a: Source,
    b: Source,
    dataset: Dataset,
    equal: Scorer,
    seed: int,
    *,
    options: RunOptions | None = None,
    budget_usd: float | None = None,
    on_planned: OnPlanned | None = None,
    on_run: OnRun | None = None,
) -> Pairs:
    """Both prompts' answers to the inputs, without those that are equal. Blocks.

    A stored run of the same prompt and inputs is used, and answers come from the cache. Raises
    what a run raises.
    """
    suite = _suite(a, dataset, options or RunOptions())
    specs = [
        running.make_spec(
            source, suite, split="all", budget_usd=budget_usd, settled=source.is_settled
        )
        for source in (a, b)
    ]
    if on_planned:
        on_planned([PlannedRun(spec) for spec in specs])
    runs = [
        finished_run(session, spec, source.name, on_run, keep_cases=False)
        for spec, source in zip(specs, (a, b), strict=True)
    ]
    answers_a, answers_b = (_answers(session, run_id) for run_id in runs)
    pairs, same, missing = [], 0, 0
    cases = {case.id: case for case in dataset.cases}
    for case_id in shuffled(list(cases), {}, seed):
        one, other = answers_a.get(case_id), answers_b.get(case_id)
        if one is None or other is None or one.outcome.is_error or other.outcome.is_error:
            missing += 1
        elif are_equal(equal, cases[case_id], one, other):
            same += 1
        else:
            swapped = is_swapped(seed, case_id)
            pairs.append(Pair(cases[case_id], shown(one), shown(other), swapped))
    notes = tuple(dict.fromkeys(note for spec in specs for note in spec.notes))
    return Pairs(tuple(pairs), len(cases), same, missing, (runs[0], runs[1]), notes)


def _suite(a: Source, dataset: Dataset, options: RunOptions) -> Suite:
    """A suite that judges nothing beyond that there is an answer."""
    # Any answer passes: whether it is good, people say.
    scorer = replace(make_scorer("max_chars", {"limit": _NO_LIMIT}, "prefer"), label=_ANSWERED)
    policy = GatePolicy(scorers=(scorer.name,), baseline=None)
    return Suite(f"prefer {dataset.name}", a.prompt.prompt_id, dataset, (scorer,), policy, options)


def _answers(session: Session, run_id: str) -> dict[str, Answer]:
    return {result.case_id: result.answer for result in session.store.results(run_id)}


def are_equal(equal: Scorer, case: Case, a: Answer, b: Answer) -> bool:
    """Whether nobody needs to look at the two."""
    if a.outcome is not Outcome.OK or b.outcome is not Outcome.OK:
        return shown(a) == shown(b)
    if folded(a.text).strip() == folded(b.text).strip():
        return True
    wanted = Case(case.id, case.inputs, expected=b.text)
    return equal.score(a, wanted).value == 1.0


def shown(answer: Answer) -> str:
    """An answer as its reader sees it; where there is none, why."""
    if answer.text.strip():
        return answer.text
    return f"(no answer: {answer.outcome.value.replace('_', ' ')})"


def is_swapped(seed: int, case_id: str) -> bool:
    """Whether B is shown on the left, by a hash: half of the time, and each time the same."""
    digest = hashlib.sha256(f"side {seed} {case_id}".encode("utf-8", "surrogatepass")).digest()
    return bool(digest[0] & 1)
