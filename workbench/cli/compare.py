"""`workbench compare`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli import verdict
from workbench.cli.confirm import confirm, confirm_judging, yes_option
from workbench.cli.context import CommandContext, command
from workbench.cli.param_types import Dollars, labels_option, models_option
from workbench.cli.progress import Follower
from workbench.errors import UsageError

if TYPE_CHECKING:
    from workbench.actions.comparing.compare import BestOf, Candidate, Compared
    from workbench.actions.refs import Source
    from workbench.actions.session import Session


@command("compare", example="workbench compare support_triage@production support_triage")
@click.argument("a", metavar="A")
@click.argument("b", metavar="[B]", required=False)
@click.option("--also", multiple=True, metavar="C", help="One more candidate; may be repeated.")
@models_option
@click.option("--suite", "-s", help="Default: the first of theirs whose inputs all take.")
@click.option("--split", help="dev (default), gate, all, or your own.")
@click.option("--limit", type=click.IntRange(1), help="A preview of N sampled cases.")
@click.option("--fresh", is_flag=True, help="Ignore stored runs and answers.")
@labels_option
@click.option("--judge", metavar="NAME", help="Ask a pairwise judge of the suite about each pair.")
@click.option("--budget", type=Dollars(), metavar="USD", help="With --judge: stop at this cost.")
@yes_option
@click.option("--verbose", "-v", is_flag=True, help="Method, p-value and looks as well.")
def compare_command(
    context: CommandContext,
    a: str,
    b: str | None,
    also: tuple[str, ...],
    models: tuple[str, ...] | None,
    suite: str | None,
    split: str | None,
    limit: int | None,
    fresh: bool,
    labels: Path | None,
    judge: str | None,
    budget: float | None,
    yes: bool,
    verbose: bool,
) -> int:
    """Compare A (the baseline) with B on all cases.

    Runs what is missing, and prints the verdict.

    A and B are drafts, versions, environments (PROMPT@production) or run ids, of one prompt or of
    two: --suite names any suite whose inputs both take. With --also each
    candidate is compared with A, and what may be claimed is adjusted for their number (Holm); the
    exit code still speaks of B. `compare PROMPT --model OLD,NEW` compares one prompt on several
    models: what becomes of it when the first is changed for another. --judge asks a pairwise judge
    of the suite about both answers to every case, in both orders; what it says decides nothing.
    """
    from workbench.actions.comparing.compare import compare_many

    session = context.session()
    first, others = _sides(session, a, (b, *also) if b else also, models)
    with Follower(context) as follower:
        best = compare_many(
            session,
            first,
            others,
            suite,
            split=split,
            limit=limit,
            fresh=fresh,
            labels=labels,
            on_planned=lambda runs: confirm(context, session, runs, yes),
            on_run=follower.on_run,
        )
    compared = best.candidates[0].compared
    for note in best.notes:
        context.note(f"note: {note}")
    values, lines = _as_json(best), _lines(best, verbose)
    if judge:
        from workbench.actions.comparing.preferring import prefer_by
        from workbench.cli.preference import preference_lines, preference_values

        agreed = yes or budget is not None
        preference = prefer_by(
            session,
            compared,
            judge,
            budget_usd=budget,
            on_ahead=lambda judge, ahead: confirm_judging(
                context, session, judge, ahead, agreed=agreed
            ),
        )
        values["preference"] = preference_values(preference)
        lines += preference_lines(preference, compared.a.source.short, compared.b.source.short)
    context.answer(values, lines)
    # A preview decides nothing, so missing cases do not matter.
    missing = not compared.preview and any(one.missing for one in compared.comparisons)
    return verdict.exit_code(compared.gate, missing)


def _sides(
    session: Session, a: str, others: tuple[str, ...], models: tuple[str, ...] | None
) -> tuple[str | Source, Sequence[str | Source]]:
    """A and its candidates: as they are named, or one prompt on several models."""
    from workbench.actions.refs import on_models, resolve

    if models is None:
        if not others:
            raise UsageError("compare with what?", hint="compare A B, or compare A --model OLD,NEW")
        return a, others
    if others or len(models) < 2:
        hint = "workbench compare PROMPT --model OLD,NEW"
        raise UsageError("--model compares one prompt on two models or more", hint=hint)
    first, *rest = on_models(session, resolve(session, a), models)
    return first, rest


def _as_json(best: BestOf) -> dict[str, Any]:
    """The keys describe B; `candidates` has all candidates, B first."""
    from workbench.verdicts.noise import below_noise

    compared = best.candidates[0].compared
    return {
        **_verdict_of(compared),
        "a": compared.a.source.name,
        "b": compared.b.source.name,
        "suite": compared.suite.name,
        "split": compared.split,
        "preview": None if compared.preview is None else asdict(compared.preview),
        "noise": None if compared.noise is None else compared.noise.rate,
        "below_noise": compared.noise is not None
        and below_noise(compared.headline, compared.noise),
        "candidates": [
            {
                "name": candidate.compared.b.source.name,
                **_verdict_of(candidate.compared),
                "mid_p": candidate.mid_p,
                "holm_p": candidate.holm_p,
                "claimed": candidate.claimed,
            }
            for candidate in best.candidates
        ],
        "note": best.note,
        "notes": list(best.notes),
    }


def _verdict_of(compared: Compared) -> dict[str, Any]:
    return verdict.as_json(
        compared.headline,
        compared.gate,
        compared.suite.gate,
        a=compared.a.source.short,
        b=compared.b.source.short,
        run_a=compared.a.summary.run_id,
        run_b=compared.b.summary.run_id,
        conditions=compared.beside.conditions,
        slices=compared.beside.slices,
        informative=compared.beside.informative,
    )


def _lines(best: BestOf, verbose: bool) -> list[str]:
    from workbench.verdicts.noise import noise_sentence

    first = best.candidates[0].compared
    a, policy = first.a.source, first.suite.gate
    names = [candidate.compared.b.source.name for candidate in best.candidates]
    lines = [f"A {a.name}   B {' and '.join(names)}   {first.suite.name}, {first.split}"]
    if first.part:
        lines[0] += f", {first.part}"
    if first.preview and first.preview.seed is not None:
        lines[0] += f" (sampled by seed {first.preview.seed})"
    for candidate in best.candidates:
        compared = candidate.compared
        b = compared.b.source.short
        if len(names) > 1:
            lines.append(f"{b} against {a.short}:")
        lines += verdict.lines_of(
            compared.comparisons,
            policy,
            a.short,
            b,
            verbose,
            conditions=compared.beside.conditions,
            slices=compared.beside.slices,
            informative=compared.beside.informative,
        )
        if compared.noise is not None:
            itself = compared.a.summary.fingerprint == compared.b.summary.fingerprint
            called = b if len(names) > 1 else "B"
            lines.append(noise_sentence(compared.headline, compared.noise, b=called, itself=itself))
    if len(names) > 1:
        lines += [_claim(candidate, len(names)) for candidate in best.candidates]
    return [*lines, best.note] if best.note else lines


def _claim(candidate: Candidate, k: int) -> str:
    from workbench.present.verdict_words import claim

    claimed = claim(candidate.mid_p, candidate.holm_p, k, claimed=candidate.claimed)
    return f"{candidate.compared.b.source.short}: {claimed}"
