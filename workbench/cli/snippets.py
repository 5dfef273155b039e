"""`workbench snippets`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.context import CommandContext, command
from workbench.present import numbers

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.actions.workspace.snippets import SnippetUses, Use


@command("snippets", example="workbench snippets tone")
@click.argument("name", required=False)
def snippets_command(context: CommandContext, name: str | None) -> None:
    """List the snippets and who includes them, or show what an edit of one changes.

    A draft includes a snippet by `{% include "NAME" %}`, from snippets/NAME.md. Versions keep the
    text that they were registered with.
    """
    from workbench.actions.workspace.snippets import all_snippets

    session = context.session()
    registry = session.registry if session.workspace.registry_path.exists() else None
    listed = all_snippets(session.workspace, registry, name)
    for problem in listed.problems:
        context.note(f"warning: {problem}")
    root = session.workspace.root
    values = {
        "snippets": [_values(snippet, root) for snippet in listed.snippets],
        "problems": list(listed.problems),
    }
    if name is None:
        context.answer(values, _listed(listed.snippets))
    else:
        context.answer(values, _details(listed.snippets[0], root))


def _listed(snippets: tuple[SnippetUses, ...]) -> Iterator[str]:
    from workbench.present.tables import lay_out
    from workbench.prompts.sizes import about_tokens

    if not snippets:
        yield 'no snippets: write snippets/NAME.md and include it by {% include "NAME" %}'
        return
    rows = []
    for snippet in snippets:
        users = [use.prompt_id for use in snippet.drafts]
        users += [f"{other}.md" for other in snippet.included_by]
        rows.append(
            (
                snippet.name,
                numbers.tokens(about_tokens(snippet.text)),
                snippet.problem or ", ".join(users) or "nobody",
            )
        )
    yield from lay_out(("snippet", "≈ tok", "included by"), rows)
    yield ""
    yield "what an edit of one changes: workbench snippets NAME"


def _details(snippet: SnippetUses, root: Path) -> Iterator[str]:
    from workbench.prompts.sizes import about_tokens

    size = numbers.plural(about_tokens(snippet.text), "token")
    yield f"{snippet.name}: {snippet.path.relative_to(root)}, about {size}"
    if snippet.problem:
        yield f"it cannot be included: {snippet.problem}"
    if snippet.includes:
        yield f"includes: {', '.join(snippet.includes)}"
    if snippet.included_by:
        yield f"included by: {', '.join(snippet.included_by)}"
    if not snippet.drafts:
        yield "no draft includes it"
        return
    yield f"an edit changes {numbers.plural(len(snippet.drafts), 'draft')}:"
    for use in snippet.drafts:
        yield f"  {use.path.relative_to(root)}: {_said(use)}"


def _said(use: Use) -> str:
    if not use.version:
        return "not registered yet"
    ref = f"{use.prompt_id}@{use.version}"
    passed = ", ".join(f"{one.suite} ({numbers.score(one.score)})" for one in use.passed)
    evidence = f"its evidence, {passed}," if passed else ""
    where = f", live in {', '.join(use.live)} with the text it has" if use.live else ""
    if use.same:
        gone = f"; {evidence} does not hold for the edited draft" if evidence else ""
        return f"is {ref}{where}{gone}"
    what = "has another text of it than" if use.text_changed else "differs from"
    gone = f"; {evidence} does not hold for the draft" if evidence else ""
    return f"{what} {ref}{where}{gone}"


def _values(snippet: SnippetUses, root: Path) -> dict[str, Any]:
    from workbench.prompts.sizes import about_tokens

    return {
        "name": snippet.name,
        "file": snippet.path.relative_to(root).as_posix(),
        "chars": len(snippet.text),
        "tokens": about_tokens(snippet.text),
        "includes": list(snippet.includes),
        "included_by": list(snippet.included_by),
        "problem": snippet.problem or None,
        "drafts": [
            {
                "file": use.path.relative_to(root).as_posix(),
                "prompt_id": use.prompt_id,
                "version": use.version or None,
                "same": use.same,
                "text_changed": use.text_changed,
                "passed": [{"suite": one.suite, "score": one.score} for one in use.passed],
                "live": list(use.live),
            }
            for use in snippet.drafts
        ],
    }
