"""What the rules for few cases let through, what attempts do, and what a preview never says."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from simulation import SCORER, Judge, counted_pairs, pairs_of
from trials import POLICY
from worlds import Flips

from workbench import PromptVersion
from workbench.actions.comparing.gate_uses import earlier_attempts
from workbench.actions.comparing.preview import Preview
from workbench.actions.refs import source_of
from workbench.actions.running.run import make_spec
from workbench.actions.session import Session
from workbench.datasets.values import Case, Dataset
from workbench.runs.spec.suite import NO_REGRESSIONS, THRESHOLD, Suite
from workbench.scorers.base import Kind, Score, Scorer
from workbench.verdicts.comparison import compare_pairs, compare_shuffled, compare_threshold
from workbench.verdicts.comparison import undecided as previewed
from workbench.verdicts.evidence import make_evidence
from workbench.verdicts.multiple_comparisons import attempt_note, earlier_attempt_notes
from workbench.verdicts.sequential import conclude
from workbench.verdicts.sequential_plan import make_plan
from workbench.verdicts.values import CasePair, Gate
from workbench.workspace import open_workspace

SIZES = (10, 20, 50, 100, 300)


def no_regressions(rng: np.random.Generator, runs: int) -> list[tuple[str, ...]]:
    """Rows: cases, and the share of evaluations that pass, for each truth."""
    policy = replace(POLICY, rule=NO_REGRESSIONS, threshold=0.0, min_cases=1)
    truths = (Flips(0.05, -0.05), Flips(0.1, -0.05), Flips(0.02, 0.0), Flips(0.1, 0.0))
    rows = []
    for n in SIZES:
        judge = Judge(make_plan(n, policy, 1), policy)
        shares = [
            sum(item.gate is Gate.PASS for item in judge.decide(truth.draw(rng, runs, n))) / runs
            for truth in truths
        ]
        comparison = compare_pairs(counted_pairs(0, 0, n), policy, SCORER)
        hidden = comparison.reason.rsplit("hide ", 1)[1].rstrip(")")
        rows.append((f"{n}", *(f"{100 * share:.0f} %" for share in shares), hidden))
    return rows


def threshold(rng: np.random.Generator, runs: int, wanted: float = 0.8) -> list[tuple[str, ...]]:
    """Rows: cases, passes of a version 5 points below the threshold, and what the program says."""
    policy = replace(POLICY, rule=THRESHOLD, threshold=wanted, baseline=None)
    rows = []
    for n in SIZES:
        comparison = [
            compare_threshold(
                [CasePair(str(i), (), (float(i < passed),)) for i in range(n)], policy, SCORER
            )
            for passed in range(n + 1)
        ]
        seen = rng.binomial(n, wanted - 0.05, runs).tolist()
        share = sum(comparison[passed].gate is Gate.PASS for passed in seen) / runs
        better = sum(
            comparison[k].verdict.value == "better" for k in rng.binomial(n, wanted, runs).tolist()
        )
        luck = "too few" if n < 20 else f"{100 * comparison[n].details['luck']:.0f} %"
        rows.append((f"{n}", f"{100 * share:.0f} %", luck, f"{100 * better / runs:.1f} %"))
    return rows


def previews(rng: np.random.Generator, runs: int, n: int = 300) -> tuple[float, float]:
    """Shares that pass when a preview is raised by 20 cases until one does: as the program rules
    on previews, and if each ruled as a comparison does. B is worse by the margin.
    """
    scores = Flips(0.1, -0.05).draw(rng, runs, n)
    cases = tuple(Case(str(i), {"n": i}) for i in range(n))
    sizes = range(20, n + 1, 20)
    samples = [[int(c.id) for c in Preview(k, n, 1).sample(cases)] for k in sizes]
    known: dict[tuple[int, int, int], tuple[bool, bool]] = {}
    passed = ruled = 0
    diff = (scores.b - scores.a)[:, :, 0]
    for row in range(runs):
        counts = [
            (k, diff[row][s] > 0, diff[row][s] < 0) for k, s in zip(sizes, samples, strict=True)
        ]
        keys = [(k, int(won.sum()), int(lost.sum())) for k, won, lost in counts]
        for k, won, lost in keys:
            if (k, won, lost) not in known:
                comparison = compare_shuffled(counted_pairs(won, lost, k), POLICY, SCORER, 1)
                shown = previewed(comparison, Preview(k, n, 1).reason)
                known[k, won, lost] = shown.gate is Gate.PASS, comparison.gate is Gate.PASS
        passed += any(known[key][0] for key in keys)
        ruled += any(known[key][1] for key in keys)
    return passed / runs, ruled / runs


def removal(rng: np.random.Generator, runs: int, n: int = 300) -> tuple[float, float, list[str]]:
    """Shares that pass at first, and at once or after the cases that broke were deleted, with B
    worse by the margin; and what the second attempt is told.
    """
    world = Flips(0.1, -0.05)
    scores = world.draw(rng, runs, n)
    first = again = 0
    judges: dict[int, Judge] = {}
    diff = (scores.b - scores.a)[:, :, 0]
    judge = Judge(make_plan(n, POLICY, 1), POLICY)
    for row, ended in enumerate(judge.decide(scores)):
        if ended.gate is Gate.PASS:
            first += 1
            continue
        wins, left = int((diff[row] > 0).sum()), int((diff[row] >= 0).sum())
        judges.setdefault(left, Judge(make_plan(left, POLICY, 1, full=True), POLICY))
        comparison, _ = judges[left].at(1, wins, 0, 0)
        again += comparison.gate is Gate.PASS
    return first / runs, (first + again) / runs, _told(pairs_of(scores, 0))


def _told(pairs: Sequence[CasePair]) -> list[str]:
    """What the program says to the second attempt, from a registry of its own."""
    cases = tuple(Case(pair.case_id, {"n": pair.case_id}) for pair in pairs)
    scorer = Scorer(Kind(SCORER, "", lambda *_: Score(1.0)))
    plan = make_plan(len(cases), POLICY, 1, full=True)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "workbench.toml").write_text("")
        with Session(open_workspace(root)) as session:
            version = PromptVersion("t", "1.1.0", "{{ n }}", "B", "ana")
            session.registry.register(version)
            session.registry.record_evaluation(
                make_evidence(
                    suite=Suite("t", "t", Dataset("d", cases), (scorer,), POLICY),
                    prompt_id="t",
                    version="1.1.0",
                    prompt_fingerprint=session.registry.get_version("t", "1.1.0").fingerprint,
                    plan=plan,
                    pairs={SCORER: pairs},
                    decision=conclude({SCORER: pairs}, plan, POLICY),
                    baseline_version="1.0.0",
                    baseline_fingerprint="e" * 64,
                    cases=cases,
                    started_at="2026-01-01T00:00:00Z",
                    finished_at="2026-01-01T00:01:00Z",
                )
            )
            kept = [
                c
                for c, pair in zip(cases, pairs, strict=True)
                if (pair.b[0] or 0) >= (pair.a[0] or 0)
            ]
            suite = Suite("t", "t", Dataset("d", tuple(kept)), (scorer,), POLICY)
            source = source_of(session, session.registry.get_version("t", "1.1.0"))
            spec = make_spec(source, suite)
            wear = earlier_attempts(session, spec, with_baseline=True)
    return [attempt_note(wear.attempts + 1), *earlier_attempt_notes(wear.content())]
