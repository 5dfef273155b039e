"""Asks a recorded evaluation's candidate again, and lays the answers beside the recorded ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from workbench.actions.comparing.side_runs import OnRun
from workbench.actions.proving.available import check_models
from workbench.actions.proving.recorded import Recorded
from workbench.actions.running import run as running
from workbench.actions.running.costs import OnPlanned, PlannedRun
from workbench.actions.session import Session
from workbench.errors import RunCutShort
from workbench.lineage.environment import environment_differences
from workbench.lineage.values import Difference
from workbench.runs.spec.suite import GatePolicy
from workbench.runs.spec.values import RunSpec, RunSummary
from workbench.verdicts.comparison import compare_shuffled
from workbench.verdicts.pairing import by_case, pair_results
from workbench.verdicts.raw_values import is_raw, raw_pairs
from workbench.verdicts.recorded.origin import side_origin
from workbench.verdicts.values import CasePair, Comparison


@dataclass(frozen=True)
class Asked:
    """The recorded scores beside those of the answers of today."""

    summary: RunSummary
    pairs: Mapping[str, tuple[CasePair, ...]]
    """By scorer: `a` was recorded, `b` is of today."""
    origin: Mapping[str, Any]
    """Where the answers of today came from: `verdicts.recorded.origin`."""
    same_answers: int | None
    """Cases whose answers are the same in every repeat; None where no digests were recorded."""
    differences: tuple[Difference, ...]
    """Model and endpoint first, then the environment."""
    notes: tuple[str, ...] = ()
    """What could not be told before the first call."""

    @property
    def cases(self) -> int:
        return len(next(iter(self.pairs.values()), ()))

    def comparisons(self, policy: GatePolicy, seed: int) -> tuple[Comparison, ...]:
        """Today's answers against the recorded ones, by gating scorer."""
        return tuple(
            compare_shuffled(self.pairs[name], policy, name, seed) for name in policy.scorers
        )


def ask_again(
    session: Session,
    recorded: Recorded,
    *,
    from_cache: bool = False,
    budget_usd: float | None = None,
    on_planned: OnPlanned | None = None,
    on_run: OnRun | None = None,
) -> Asked:
    """Ask the recorded prompt its recorded cases. Blocks. Raises RunCutShort when an answer is
    missing that was not missing then, NotReproducible for a model that is not to be had, and
    whatever a run raises before its first call.
    """
    spec = _spec(recorded, from_cache=from_cache, budget_usd=budget_usd)
    notes: tuple[str, ...] = ()
    if not from_cache or running.estimate(session, spec).calls:
        notes = check_models(session, recorded)
    if on_planned:
        on_planned([PlannedRun(spec)])
    # Judged cases, or a sample of them, are no content that the dataset had.
    live = running.start(session, spec, keep_cases=False)
    if on_run:
        on_run(live, recorded.source.name)
    summary = live.wait()
    results = session.store.results(summary.run_id)
    evidence = recorded.record.evidence
    before = {
        name: {pair.case_id: pair for pair in pairs} for name, pairs in evidence.pairs.items()
    }
    today = raw_pairs((), results, recorded.cases) | {
        name: pair_results((), results, recorded.cases, name) for name in before if not is_raw(name)
    }
    pairs = {
        name: tuple(replace(pair, a=before[name][pair.case_id].b) for pair in today[name])
        for name in before
        if name in today
    }
    if summary.status.value != "complete":
        raise RunCutShort(
            f"run {summary.run_id} is {summary.status.value}: {summary.reason}",
            hint="run the command again: what was answered is not asked twice with --from-cache",
        )
    case_ids = [case.id for case in recorded.cases]
    origin = side_origin(case_ids, by_case(results), summary, stored=False)
    return Asked(
        summary,
        pairs,
        origin,
        _same(recorded, origin),
        tuple(_differences(evidence.answers.get("b", {}), origin, evidence.environment, summary)),
        notes,
    )


def _spec(recorded: Recorded, *, from_cache: bool, budget_usd: float | None) -> RunSpec:
    return running.make_spec(
        recorded.source,
        recorded.suite,
        split="all",
        budget_usd=budget_usd,
        fresh=not from_cache,
        equal_cases=True,
        settled=True,
    )


def _same(recorded: Recorded, origin: Mapping[str, Any]) -> int | None:
    evidence = recorded.record.evidence
    digests = evidence.answers.get("b", {}).get("digests")
    if not digests:
        return None
    order = [pair.case_id for pair in next(iter(evidence.pairs.values()), ())]
    before = dict(zip(order, digests, strict=False))
    today = zip((case.id for case in recorded.cases), origin["digests"], strict=True)
    return sum(1 for case_id, digest in today if digest and before.get(case_id) == digest)


def _differences(
    before: Mapping[str, Any],
    now: Mapping[str, Any],
    environment: Mapping[str, Any],
    summary: RunSummary,
) -> Iterator[Difference]:
    for key, what in (("models", "the model that answered"), ("endpoints", "the endpoint")):
        if key in before and _listed(before[key]) != _listed(now[key]):
            yield Difference(what, _listed(before[key]), _listed(now[key]))
    yield from environment_differences(environment, summary.environment)


def _listed(items: Sequence[Any]) -> str:
    return ", ".join(map(str, items))
