"""One truth, one number of cases and one rule: how often each claim is made."""

from __future__ import annotations

import hashlib
import math
import multiprocessing
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace

import numpy as np
from simulation import CLAIMS, SCORER, Ended, Judge
from worlds import World

from workbench.datasets.values import Case, Dataset
from workbench.runs.spec.suite import GatePolicy, Suite
from workbench.scorers.base import Kind, Score, Scorer
from workbench.verdicts.evidence import make_evidence
from workbench.verdicts.recorded.extension import extend_plan
from workbench.verdicts.rules import FIRST_RULES
from workbench.verdicts.sequential import LookDecision
from workbench.verdicts.sequential_plan import Plan, make_plan
from workbench.verdicts.values import CasePair, Gate

MARGIN, PROMISE = 0.05, 0.025
POLICY = GatePolicy(scorers=(SCORER,), margin=MARGIN)
ALL, LOOKS, ANYTIME, FORMER, FORMER_LOOKS = "all", "looks", "anytime", "former", "former looks"
_BATCH = 500
_AGAIN = 5


@dataclass(frozen=True)
class Trial:
    """What is simulated."""

    world: World
    n: int
    rule: str = ALL
    claims: tuple[str, ...] = CLAIMS
    promised: bool = False
    """The claims are false: at most half of 1 - confidence may be made of each."""
    confidence: float = 0.95
    extended_from: int = 0
    """Cases of the first plan, extended by 100 until it passes or `n` are judged."""

    @property
    def policy(self) -> GatePolicy:
        return replace(POLICY, confidence=self.confidence, extend=bool(self.extended_from))

    def plan(self, groups: tuple[int, ...] | None = None) -> Plan:
        """The program's plan for these cases."""
        if self.extended_from:
            return extended_plan(self.policy, self.extended_from, self.n)
        cases = [Case(str(i), {}, group=f"g{g}") for i, g in enumerate(groups or ())] or None
        full = self.rule in (ALL, FORMER)
        plan = make_plan(
            self.n, self.policy, 1, full=full, anytime=self.rule == ANYTIME, cases=cases
        )
        former = self.rule in (FORMER, FORMER_LOOKS)
        return replace(plan, rules=FIRST_RULES, bets=0) if former else plan


@dataclass(frozen=True)
class Rates:
    """The shares of the simulated evaluations that made each claim."""

    runs: int
    made: dict[str, int]
    cases: float
    """Mean share of the planned cases that were run, of the evaluations that were decided."""

    def rate(self, claim: str) -> float:
        return self.made[claim] / self.runs

    def error(self, claim: str) -> float:
        """The standard error of the rate."""
        return math.sqrt(self.rate(claim) * (1 - self.rate(claim)) / self.runs)

    def exceeds(self, claim: str, bound: float) -> bool:
        """The rate is more than two standard errors above the bound."""
        return self.rate(claim) > bound + 2 * math.sqrt(bound * (1 - bound) / self.runs)


def run(trial: Trial, runs: int, salt: str = "") -> Rates:
    """Simulates a trial. A promise that seems broken is simulated anew, with more runs."""
    rng = np.random.default_rng(list(hashlib.sha256(f"{trial}{salt}".encode()).digest()))
    judge, ended = None, list[Ended]()
    while len(ended) < runs:
        scores = trial.world.draw(rng, min(_BATCH, runs - len(ended)), trial.n)
        if judge is None:
            groups = None if scores.groups is None else tuple(scores.groups[0].tolist())
            judge = Judge(trial.plan(groups), trial.policy, trial.claims, trial.promised)
        ended += judge.decide(scores)
    made = {claim: sum(item.claims(claim) for item in ended) for claim in trial.claims}
    decided = [item.cases for item in ended if item.cases]
    rates = Rates(runs, made, sum(decided) / max(1, len(decided)) / trial.n)
    bound = (1.0 - trial.confidence) / 2.0
    if trial.promised and not salt and any(rates.exceeds(c, bound) for c in trial.claims):
        return run(trial, _AGAIN * runs, "again")
    return rates


def run_all(
    trials: Iterable[Trial],
    runs: int,
    power_runs: int,
    workers: int,
    on_done: Callable[[int], None],
) -> dict[Trial, Rates]:
    """Each trial once, the slow ones first."""
    wanted = sorted(set(trials), key=lambda trial: (-trial.n, trial.promised, str(trial)))
    jobs = [(trial, runs if trial.promised else power_runs) for trial in wanted]
    rates = {}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        waiting = {pool.submit(run, *job): job[0] for job in jobs}
        for number, future in enumerate(as_completed(waiting), 1):
            rates[waiting[future]] = future.result()
            on_done(number)
    return rates


def extended_plan(policy: GatePolicy, first: int, most: int, step: int = 100) -> Plan:
    """The plan of an evaluation on `first` cases that was extended by `step` up to `most`."""
    cases = tuple(Case(str(i), {"n": i}) for i in range(most))
    scorer = Scorer(Kind(SCORER, "", lambda *_: Score(1.0)))
    plan = make_plan(first, policy, 1)
    order = plan.order_cases(cases[:first])
    while plan.planned < most:
        pairs = tuple(CasePair(case.id, (1.0,), (0.0,)) for case in order)
        undecided = LookDecision(
            True, (), "", Gate.NO_DECISION, plan.looks, plan.planned, plan.planned
        )
        before = make_evidence(
            suite=Suite("t", "t", Dataset("d", cases), (scorer,), policy),
            prompt_id="t",
            version="1.1.0",
            prompt_fingerprint="f" * 64,
            plan=plan,
            pairs={SCORER: pairs},
            decision=undecided,
            baseline_version="1.0.0",
            baseline_fingerprint="e" * 64,
            cases=order,
            started_at="",
            finished_at="",
        )
        plan, fresh = extend_plan(before, "e", policy, cases[: plan.planned + step])
        order = (*order, *fresh)
    return plan
