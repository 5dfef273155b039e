"""`workbench scorers`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.context import CommandContext, command

if TYPE_CHECKING:
    from workbench.scorers.base import Kind


@command("scorers", example="workbench scorers similarity")
@click.argument("name", required=False)
def scorers_command(context: CommandContext, name: str | None) -> None:
    """List the scorers, or show the options and an example of one.

    Those of installed plug-ins are marked with the package that they come from.
    """
    from workbench.errors import PluginError
    from workbench.scorers.catalog import all_kinds, find_kind

    if name is not None:
        kind = find_kind(name)
        context.answer({"scorers": [_values(kind)]}, _details(kind))
        return
    kinds, problems = [], []
    for entry in all_kinds():
        if isinstance(entry, PluginError):
            problems.append(str(entry))
            context.note(f"warning: {entry}")
        else:
            kinds.append(entry)
    values = {"scorers": [_values(kind) for kind in kinds], "problems": problems}
    context.answer(values, _listed(kinds))


def _listed(kinds: list[Kind]) -> Iterator[str]:
    from workbench.present.tables import lay_out

    rows = [(kind.name, str(kind.plugin or "built in"), kind.summary) for kind in kinds]
    yield from lay_out(("scorer", "from", "what it checks"), rows)
    yield ""
    yield "options and an example of one: workbench scorers NAME"


def _details(kind: Kind) -> Iterator[str]:
    from workbench.present.tables import lay_out
    from workbench.scorers.catalog import options_of

    yield f"{kind.name}: {kind.summary}"
    yield f"from: {kind.plugin or 'built in'}"
    yield ""
    rows = [
        (name, json.dumps(option.default, ensure_ascii=False), option.takes, option.summary)
        for name, option in options_of(kind).items()
    ]
    yield from lay_out(("option", "default", "takes", ""), rows)
    yield ""
    yield "in suite.yaml:"
    yield "  scorers:"
    yield f"    - {kind.example or kind.name}"


def _values(kind: Kind) -> dict[str, Any]:
    from workbench.scorers.catalog import options_of

    return {
        "name": kind.name,
        "summary": kind.summary,
        "plugin": kind.plugin
        and {"distribution": kind.plugin.distribution, "version": kind.plugin.version},
        "revision": kind.revision,
        "options": [
            {
                "name": name,
                "type": option.json_type,
                "default": option.default,
                "minimum": option.least,
                "maximum": option.most,
                "summary": option.summary,
            }
            for name, option in options_of(kind).items()
        ],
        "example": kind.example or kind.name,
    }
