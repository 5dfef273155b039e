"""`workbench try`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli import streams
from workbench.cli.context import CommandContext, command
from workbench.cli.example_counts import lines_of, parse_counts, shots_of
from workbench.cli.param_types import models_option
from workbench.errors import (
    EXIT_DONE,
    EXIT_INCOMPLETE,
    NoSuite,
    NotFound,
    TemplateError,
    UsageError,
)
from workbench.present import numbers
from workbench.present.safe_text import safe_text
from workbench.suggestions import did_you_mean

if TYPE_CHECKING:
    from workbench.actions.refs import Source
    from workbench.actions.running.tries import Tried
    from workbench.actions.session import Session
    from workbench.datasets.values import Case
    from workbench.prompts.values import Prompt

_MOST_IDS = 1000
"""Ids among which a similar one is searched for: with more it takes noticeable time."""


@command("try", example="workbench try support_triage --case t-004")
@click.argument("ref", metavar="REF", required=True)
@click.option("--suite", "-s", help="Where the case is; default: the prompt's first suite.")
@click.option("--case", "case_id", metavar="ID", help="Default: the first case of dev.")
@click.option(
    "--input", "given", metavar="NAME=VALUE", multiple=True, help="Instead of a case: its inputs."
)
@click.option(
    "--examples",
    "counts",
    metavar="0,2,4",
    callback=parse_counts,
    help="One answer with each of these numbers of the prompt's few-shot examples.",
)
@models_option
def try_command(
    context: CommandContext,
    ref: str,
    suite: str | None,
    case_id: str | None,
    given: tuple[str, ...],
    counts: tuple[int, ...] | None,
    models: tuple[str, ...] | None,
) -> int:
    """Ask for one answer, printed as it comes, or for one of each --model.

    Every try is kept in runs.db with its prompt, inputs and answer: `workbench tries list`.
    """
    from workbench.actions.refs import on_models, resolve
    from workbench.datasets.attachments import media_kinds, with_files
    from workbench.datasets.json_values import as_text
    from workbench.present.case_values import readable_inputs

    session = context.session()
    source = resolve(session, ref)
    prompt = source.prompt
    if source.note:
        context.note(f"note: {source.note}")
    if given:
        kinds = media_kinds([prompt])
        case = with_files(_given(given), kinds, Path.cwd(), anywhere=True)
        asked_of = Asked("", case, "")
    else:
        asked_of = _case_of(session, prompt, suite, case_id)
    case = asked_of.case
    for name, value in readable_inputs(case).items():
        first, *more = value.splitlines() or [""]
        context.note(f"{name}: {first}")
        for line in more:
            context.note(f"  {line}")

    if counts is not None and models is not None:
        raise UsageError("--examples and --model each ask several times", hint="give one of them")
    if models is not None:
        return _try_models(context, session, on_models(session, source, models), asked_of)
    if counts is not None:
        return _try_counts(context, session, source, asked_of, counts)

    def show(text: str) -> None:
        if not context.as_json:
            streams.write(safe_text(text), flush=True)

    tried = _ask(context, session, source, asked_of, on_text=show)
    answer = tried.answer
    if not context.as_json:
        streams.write("\n")
    expected = f", expected: {as_text(case.expected)}" if case.expected is not None else ""
    reason = f": {answer.error}" if answer.error else ""
    if answer.note:
        context.note(f"note: {answer.note}")
    context.note(f"{answer.outcome.value}{reason}, {numbers.seconds(answer.latency_s)}{expected}")
    if context.as_json:
        notes = [source.note] if source.note else []
        context.answer({**_json(case, tried), "notes": notes}, [])
    return EXIT_INCOMPLETE if answer.outcome.is_error else EXIT_DONE


@dataclass(frozen=True)
class Asked:
    """A case to try, of a suite or given by hand."""

    suite: str
    case: Case
    place: str
    """Its location for error messages."""


def _ask(
    context: CommandContext,
    session: Session,
    source: Source,
    asked: Asked,
    on_text: Callable[[str], None] | None = None,
) -> Tried:
    """One answer, kept; where it cannot be kept, a note says why."""
    from workbench.actions.running.tries import try_and_keep
    from workbench.runs.tries.values import Question

    draft = None
    if source.path is not None and not source.is_settled:
        draft = source.path.read_text(encoding="utf-8", errors="replace")
    label = source.run_label
    case = asked.case if asked.suite else _kept(session, source.prompt, asked.case)
    question = Question(source.prompt, label, case, suite=asked.suite, draft=draft)
    try:
        tried = try_and_keep(session, question, on_text=on_text)
    except TemplateError as error:
        raise TemplateError(f"{asked.place}{error.message}", hint=error.hint) from error
    if tried.problem:
        context.note(f"note: this try was not kept: {tried.problem}")
    return tried


def _kept(session: Session, prompt: Prompt, case: Case) -> Case:
    """Inputs given by hand among the prompt's typed cases, where the screens offer them too; files
    are not kept.
    """
    from workbench.actions.running.tries import keep_typed
    from workbench.datasets.fit import typed_inputs
    from workbench.prompts.inputs.media import is_attachment
    from workbench.prompts.inputs.parts import has_files

    if not case.inputs or any(is_attachment(v) or has_files(v) for v in case.inputs.values()):
        return case
    return keep_typed(
        session, prompt.prompt_id, replace(case, inputs=typed_inputs(prompt, case.inputs))
    )


def _try_models(
    context: CommandContext, session: Session, sources: list[Source], asked: Asked
) -> int:
    """One answer of each model, in order."""
    lines, values, failed = [], [], False
    for source in sources:
        assert source.prompt.model is not None
        tried = _ask(context, session, source, asked)
        answer = tried.answer
        failed = failed or answer.outcome.is_error
        models = {"model": source.prompt.model.id, "answered_model": answer.model}
        values.append({**_json(asked.case, tried), **models})
        took, money = numbers.seconds(answer.latency_s), numbers.money(answer.cost_usd)
        lines += [f"{source.name}: {answer.outcome.value}, {took}, {money}"]
        lines += [f"  {line}" for line in (answer.error or answer.text).splitlines()]
    context.answer({"models": values, "case": asked.case.id}, lines)
    return EXIT_INCOMPLETE if failed else EXIT_DONE


def _try_counts(
    context: CommandContext,
    session: Session,
    source: Source,
    asked: Asked,
    counts: tuple[int, ...],
) -> int:
    case = asked.case
    made = []
    for shots in shots_of(source.prompt, counts):
        tried = _ask(context, session, replace(source, prompt=shots.prompt), asked)
        made.append((shots, tried))
        context.note(f"{shots.count}: {tried.answer.outcome.value}")
    keys = ("try", "outcome", "text", "error", "latency_s", "prompt_tokens", "completion_tokens")
    values = {
        "case": case.id,
        "inputs": dict(case.inputs),
        "expected": case.expected,
        "examples": [
            {
                "count": shots.count,
                "tokens": shots.tokens,
                "cost_usd": tried.answer.cost_usd,
                **{key: value for key, value in _json(case, tried).items() if key in keys},
            }
            for shots, tried in made
        ],
        "notes": [source.note] if source.note else [],
    }
    answers = [(shots, tried.answer) for shots, tried in made]
    context.answer(values, lines_of(answers))
    failed = any(answer.outcome.is_error for _, answer in answers)
    return EXIT_INCOMPLETE if failed else EXIT_DONE


def _case_of(
    session: Session, prompt: Prompt, suite_name: str | None, case_id: str | None
) -> Asked:
    """The case to try."""
    try:
        suite = session.workspace.suite_for(prompt.prompt_id, suite_name).for_prompts([prompt])
    except NoSuite as error:
        if case_id is not None:
            raise
        return Asked("", _without_suite(prompt, error), "")
    chosen_id = suite.dev_cases.cases[0].id if case_id is None else case_id
    case = suite.dataset.case(chosen_id)
    if case is None:
        known = [item.id for item in suite.dataset.cases]
        near = did_you_mean(chosen_id, known) if len(known) < _MOST_IDS else ""
        hint = near if near.startswith("did") else f"{len(known):,} cases, from {known[0]}"
        raise NotFound(f"no case {chosen_id!r} in {suite.name}", hint=hint)
    return Asked(suite.name, case, f"{suite.dataset.place_of(case)}: case {case.id!r}: ")


def _without_suite(prompt: Prompt, error: NoSuite) -> Case:
    """An empty case for a prompt without required inputs. Raises NoSuite for others."""
    from workbench.prompts.templates.templates import Renderer

    needed = Renderer(prompt).missing({})
    if needed:
        inputs = " ".join(f"--input {name}=…" for name in needed)
        raise NoSuite(error.message, hint=f"say what to try it on: {inputs}") from error
    return _given(())


def _given(given: tuple[str, ...]) -> Case:
    from workbench.datasets.values import Case
    from workbench.prompts.files.untyped import UntypedText

    pairs = [item.partition("=") for item in given]
    for name, sign, _ in pairs:
        if not sign or not name:
            raise click.BadParameter(f"{name!r} has no value: write NAME=VALUE")
    return Case("given", {name: UntypedText(value) for name, _, value in pairs})


def _json(case: Case, tried: Tried) -> dict[str, object]:
    answer = tried.answer
    return {
        "try": tried.try_id,
        "case": case.id,
        "inputs": dict(case.inputs),
        "expected": case.expected,
        "outcome": answer.outcome.value,
        "text": answer.text,
        "error": answer.error,
        "note": answer.note,
        "latency_s": answer.latency_s,
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": answer.completion_tokens,
        "cost_usd": answer.cost_usd,
        "model": answer.model,
    }
