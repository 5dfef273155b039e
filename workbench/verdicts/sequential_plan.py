"""The plan of a sequential evaluation: how many cases, in which order, and when to look."""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from workbench.datasets.values import Case
from workbench.errors import UsageError
from workbench.runs.spec.suite import NOT_WORSE, GatePolicy
from workbench.verdicts.judges.errors import JudgeErrors
from workbench.verdicts.rules import FIRST_RULES, JUDGES_CORRECTED, RULES
from workbench.verdicts.statistics.boundaries import BOUNDARY, boundaries
from workbench.verdicts.statistics.case_counts import cases_needed, minimum_cases
from workbench.verdicts.statistics.distributions import critical_z, normal_cdf

LOOKS = 5
LEAST_CASES_FOR_LOOKS = 100
ANYTIME_LOOKS = 20
FUTILITY = 0.05
MIN_FLIPS = 6
MIN_GROUPS = 10


@dataclass(frozen=True, slots=True)
class Plan:
    """Fixed and recorded before the first call; the same seed gives the same order on every
    machine.
    """

    planned: int
    """All cases of the plan, when no look stops it early."""
    looks: int
    z: tuple[float, ...]
    """The critical value at each look."""
    block_ends: tuple[int, ...]
    """Cases seen at each look, over whole groups; the last is `planned`."""
    seed: int
    margin: float
    confidence: float
    n_min: int
    min_flips: int = MIN_FLIPS
    futility: float | None = FUTILITY
    """Stop when the conditional power under the optimistic trend is below this; None: never."""
    boundary: str = BOUNDARY
    anytime: bool = False
    baseline: bool = True
    """False: no baseline, the threshold alone decides."""
    created_at: str = ""
    rules: int = RULES
    """The revision of the decision rules."""
    bets: int = 0
    """Cases, or groups, that the stakes of a betting interval are fixed for: those of the first
    plan, also when cases are added later.
    """
    largest: int = 0
    """Size of the largest group of the first plan, which limits the stakes; 0: no groups."""
    stages: tuple[int, ...] = ()
    """Number of cases at the end of the first evaluation and of each extension; empty: not
    extended.
    """
    extends: str = ""
    """Id of the evaluation that this one extends."""
    slices: tuple[tuple[str, int], ...] = ()
    """By tag that the gate names: `bets` of its cases."""
    judges: tuple[tuple[str, JudgeErrors], ...] = ()
    """By gating scorer that is a judge: what corrects it. There is one look then."""

    def order(
        self, case_ids: Sequence[str], groups: Mapping[str, str | None] | None = None
    ) -> tuple[str, ...]:
        """The ids in the order of the plan, whatever their given order; groups stay together."""
        return shuffled(case_ids, groups or {}, self.seed)

    def order_cases(self, cases: Sequence[Case]) -> tuple[Case, ...]:
        """The cases in the order of the plan."""
        by_id = {case.id: case for case in cases}
        return tuple(by_id[i] for i in self.order(list(by_id), {c.id: c.group for c in cases}))

    def blocks(self) -> tuple[slice, ...]:
        """The blocks of the order, to run one after the other."""
        starts = (0, *self.block_ends[:-1])
        return tuple(slice(a, b) for a, b in zip(starts, self.block_ends, strict=True))

    def content(self) -> dict[str, Any]:
        """All of the plan as plain JSON values."""
        return {
            "planned": self.planned,
            "looks": self.looks,
            "z": list(self.z),
            "block_ends": list(self.block_ends),
            "seed": self.seed,
            "margin": self.margin,
            "confidence": self.confidence,
            "n_min": self.n_min,
            "min_flips": self.min_flips,
            "futility": self.futility,
            "boundary": self.boundary,
            "anytime": self.anytime,
            "baseline": self.baseline,
            "created_at": self.created_at,
            **({"rules": self.rules, "bets": self.bets} if self.rules > FIRST_RULES else {}),
            **({"largest": self.largest} if self.largest else {}),
            **({"stages": list(self.stages), "extends": self.extends} if self.stages else {}),
            **({"slices": dict(self.slices)} if self.slices else {}),
            **({"judges": {n: e.content() for n, e in self.judges}} if self.judges else {}),
        }


def make_plan(
    case_count: int,
    policy: GatePolicy,
    seed: int,
    full: bool = False,
    anytime: bool = False,
    *,
    cases: Sequence[Case] | None = None,
    baseline: bool = True,
    created_at: str = "",
) -> Plan:
    """Five looks where the cases suffice, else one; `full` asks for one, `anytime` for twenty.

    A policy that may be extended bets from the first case on, whatever is asked for.
    With `cases` a look falls on whole groups, and groups count where cases would. Raises
    UsageError without a case.
    """
    if case_count < 1:
        raise UsageError("there is no case to evaluate on", hint="add cases to the dataset")
    sizes = _group_sizes(cases, seed)
    n_min = minimum_cases(policy.margin, policy.confidence)
    units = len(sizes) if sizes else case_count
    anytime = anytime or policy.extend
    looks = 1
    if not full and baseline and policy.rule == NOT_WORSE:
        if anytime:
            looks = min(ANYTIME_LOOKS, units)
        elif units >= max(LEAST_CASES_FOR_LOOKS, n_min):
            looks = LOOKS
    ends = _block_ends(case_count, looks, sizes)
    plan = _plan(ends, policy, seed, anytime and baseline, baseline, created_at)
    slices = tuple(
        (tag, _bets(_tagged_units(cases or (), tag), replace(policy, margin=margin)))
        for tag, margin in policy.slices
    )
    bets, largest = _bets(units, policy), max(sizes, default=0)
    return replace(plan, rules=RULES, bets=bets, largest=largest, slices=slices)


def plan_from_content(content: Mapping[str, Any], policy: GatePolicy) -> Plan:
    """The plan of a record. Everything that follows from other fields is derived anew, so a
    record cannot bring its own critical values. Raises UsageError for what is no plan.
    """
    try:
        ends = tuple(int(end) for end in content["block_ends"])
        seed, created_at = int(content["seed"]), str(content.get("created_at", ""))
        anytime, baseline = bool(content.get("anytime")), bool(content.get("baseline", True))
        rules, bets = int(content.get("rules", FIRST_RULES)), int(content.get("bets", 0))
        largest = int(content.get("largest", 0))
        stages = tuple(int(end) for end in content.get("stages", ()))
        extends = str(content.get("extends", ""))
        slices = tuple((str(k), int(n)) for k, n in dict(content.get("slices", {})).items())
        judges = tuple(
            (str(name), JudgeErrors.of_content(one))
            for name, one in dict(content.get("judges", {})).items()
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"the recorded plan cannot be read: {error!r}") from error
    if not ends or ends[0] < 1 or any(b <= a for a, b in itertools.pairwise(ends)):
        raise UsageError("the recorded plan has looks that do not follow each other")
    if not FIRST_RULES <= rules <= RULES:
        raise UsageError(f"the record was decided by rules {rules}, which this program lacks")
    plan = _plan(ends, policy, seed, anytime, baseline, created_at)
    if judges and rules < JUDGES_CORRECTED:
        raise UsageError(f"rules {rules} correct no judge")
    if stages and (stages[-1] != ends[-1] or not set(stages) <= set(ends)):
        raise UsageError("the recorded plan has stages that end between its looks")
    return replace(
        plan,
        rules=rules,
        bets=bets,
        largest=largest,
        stages=stages,
        extends=extends,
        slices=slices,
        judges=judges,
    )


def conditional_power(
    z: float, fraction: float, variance: float, planned: int, margin: float, z_final: float
) -> float:
    """The conditional power: the chance that the gate passes at the end, under the more optimistic
    of two trends: the observed one, or B as good as A.

    `z` is the statistic against -margin on `fraction` of the `planned` cases, `variance` that of
    one case's difference. Lan and Wittes, Biometrics 44 (1988) 579-585.
    """
    if fraction >= 1.0:
        return 1.0 if z > z_final else 0.0
    root = math.sqrt(fraction)
    drift = max(z / root, margin * math.sqrt(planned / variance))
    return normal_cdf((z * root + drift * (1.0 - fraction) - z_final) / math.sqrt(1.0 - fraction))


def _bets(units: int, policy: GatePolicy) -> int:
    """How many cases the stakes are fixed for; stakes for few cases would waste an extension."""
    if not policy.extend:
        return units
    return max(units, cases_needed(policy.margin, confidence=policy.confidence))


def _tagged_units(cases: Sequence[Case], tag: str) -> int:
    """How many cases, or groups, have the tag."""
    return len({case.group or f"case:{case.id}" for case in cases if tag in case.tags})


def _plan(
    ends: tuple[int, ...],
    policy: GatePolicy,
    seed: int,
    anytime: bool,
    baseline: bool,
    created_at: str,
) -> Plan:
    if anytime:
        z = (critical_z(policy.confidence),) * len(ends)
    else:
        z = boundaries([end / ends[-1] for end in ends], policy.confidence)
    return Plan(
        planned=ends[-1],
        looks=len(ends),
        z=z,
        block_ends=ends,
        seed=seed,
        margin=policy.margin,
        confidence=policy.confidence,
        n_min=minimum_cases(policy.margin, policy.confidence),
        futility=None if anytime else FUTILITY,
        boundary="none" if len(ends) == 1 else "e_process" if anytime else BOUNDARY,
        anytime=anytime,
        baseline=baseline,
        created_at=created_at,
    )


def shuffled(
    case_ids: Sequence[str], groups: Mapping[str, str | None], seed: int
) -> tuple[str, ...]:
    """The ids in an order that depends on ids, groups and seed alone; groups stay together."""

    def key(case_id: str) -> tuple[str, str, str]:
        group = groups.get(case_id)
        unit = f"case:{case_id}" if group is None else f"group:{group}"
        return _hash(seed, unit), unit, _hash(seed, case_id)

    return tuple(sorted(case_ids, key=key))


def _hash(seed: int, text: str) -> str:
    """A position in the shuffle that depends on the seed and the text alone."""
    return hashlib.sha256(f"{seed}:{text}".encode("utf-8", "surrogatepass")).hexdigest()


def _group_sizes(cases: Sequence[Case] | None, seed: int) -> list[int]:
    """Sizes of the groups in the order of the plan; empty where no two cases share one."""
    if not cases:
        return []
    groups = {case.id: case.group for case in cases}
    sizes: dict[str, int] = {}
    for case_id in shuffled(list(groups), groups, seed):
        group = groups[case_id]
        unit = f"case:{case_id}" if group is None else f"group:{group}"
        sizes[unit] = sizes.get(unit, 0) + 1
    return list(sizes.values()) if len(sizes) < len(groups) else []


def _block_ends(case_count: int, looks: int, sizes: Sequence[int]) -> tuple[int, ...]:
    wanted = [max(1, math.floor(case_count * (k + 1) / looks + 0.5)) for k in range(looks)]
    if not sizes:
        return tuple(dict.fromkeys(wanted))
    edges, total = [], 0
    for size in sizes:
        total += size
        edges.append(total)
    ends = [next((edge for edge in edges if edge >= end), edges[-1]) for end in wanted]
    return tuple(dict.fromkeys(ends))
