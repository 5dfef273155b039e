"""`workbench new`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from workbench.cli.context import CommandContext, command
from workbench.errors import UsageError
from workbench.suggestions import did_you_mean
from workbench.units import plural

_KINDS = ("prompt", "suite", "scorer", "judge", "provider")


@command("new", example="workbench new suite triage --cases tickets.csv")
@click.argument("kind", metavar="prompt|suite|scorer|judge|provider")
@click.argument("name", metavar="NAME")
@click.option(
    "--template", metavar="NAME", default="", help="A prompt's (classify) or judge's (correctness)."
)
@click.option("--text", type=click.Path(path_type=Path), metavar="FILE", help="A prompt's text.")
@click.option("--cases", type=click.Path(path_type=Path), metavar="FILE", help="A suite's cases.")
@click.option("--prompt", "prompt_id", metavar="ID", default="", help="A suite's prompt; NAME.")
@click.option(
    "--scorer",
    "scorers",
    metavar="NAME",
    multiple=True,
    default=["exact_match"],
    help="Of a suite; repeatable.",
)
@click.option(
    "--column", "columns", metavar="FIELD=COLUMN", multiple=True, help="Of the cases; repeatable."
)
@click.option("--model", metavar="ID", default="", help="A judge's; the embedded model.")
@click.option("--provider", metavar="NAME", default="", help="That of a judge's model.")
@click.option("--base-url", metavar="URL", default="", help="A provider's address.")
@click.option("--api-key-env", metavar="VARIABLE", default="", help="Holds a provider's key.")
def new_command(
    context: CommandContext,
    kind: str,
    name: str,
    template: str,
    text: Path | None,
    cases: Path | None,
    prompt_id: str,
    scorers: tuple[str, ...],
    columns: tuple[str, ...],
    model: str,
    provider: str,
    base_url: str,
    api_key_env: str,
) -> None:
    """Make a new part of the workspace, to be edited. Nothing is overwritten.

    A prompt begins as a template (classify, extract, answer, summarise, chat) or with --text; a
    suite with --cases (CSV, TSV, JSONL, JSON, YAML), which are copied beside it; a scorer as a
    function in scorers/NAME.py; a judge as one of those of `workbench judge new`; a provider with
    --base-url.
    """
    from workbench.actions.workspace.new_judge import new_judge
    from workbench.actions.workspace.new_parts.prompt import new_prompt
    from workbench.actions.workspace.new_parts.provider import new_provider
    from workbench.actions.workspace.new_parts.scorer import new_scorer
    from workbench.actions.workspace.new_parts.suite import new_suite

    workspace = context.workspace()

    def prompt() -> tuple[Path, str]:
        body = None if text is None else _text_of(text)
        path = new_prompt(workspace, name, template or "classify", body)
        return path, f"workbench try {name}, or workbench new suite {name} --cases FILE"

    def suite() -> tuple[Path, str]:
        if cases is None:
            raise UsageError("a suite begins with cases", hint="--cases FILE")
        made = new_suite(workspace, name, cases, prompt_id, scorers, _columns(columns))
        context.note(", ".join(f"{column}: {role}" for column, role in made.roles.items()))
        context.note(f"{plural(made.cases, 'case')}, judged by {', '.join(scorers)}")
        return made.path, f"workbench run {name}"

    def scorer() -> tuple[Path, str]:
        path = new_scorer(workspace, name)
        entry = f"python: {{file: scorers/{name}.py}}"
        return path, f"add to a suite's scorers: - {entry}; then workbench trust scorers/{name}.py"

    def judge() -> tuple[Path, str]:
        path = new_judge(workspace, template or "correctness", name, model, provider)
        entry = f"judge: {{prompt: judges/{path.name}, required: false}}"
        return path, f"add to a suite's scorers: - {entry}; then workbench judge calibrate {name}"

    def endpoint() -> tuple[Path, str]:
        if not base_url:
            raise UsageError("a provider has an address", hint="--base-url URL")
        path = new_provider(workspace, name, base_url, api_key_env)
        return path, "workbench trust, then workbench doctor --probe"

    makers: dict[str, Callable[[], tuple[Path, str]]] = {
        "prompt": prompt,
        "suite": suite,
        "scorer": scorer,
        "judge": judge,
        "provider": endpoint,
    }
    if kind not in makers:
        hint = did_you_mean(kind, _KINDS) or ", ".join(_KINDS)
        raise UsageError(f"nothing new is called {kind!r}", hint=hint)
    path, then = makers[kind]()
    context.answer(
        {"kind": kind, "name": name, "path": str(path), "next": then},
        [f"made {path}", f"next: {then}"],
    )


def _columns(given: tuple[str, ...]) -> dict[str, str]:
    columns = {}
    for one in given:
        name, _, column = one.partition("=")
        if not name or not column:
            raise UsageError(f"--column {one!r} names no column", hint="--column expected=label")
        columns[name] = column
    return columns


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}") from error
