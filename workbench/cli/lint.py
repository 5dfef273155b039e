"""`workbench lint`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workbench.cli.context import CommandContext, command
from workbench.errors import EXIT_DONE, EXIT_LINT
from workbench.present import numbers

if TYPE_CHECKING:
    from workbench.actions.workspace.linting import Linted
    from workbench.prompts.lint.rules import Finding


@command("lint", example="workbench lint support_triage")
@click.argument("ref", metavar="[REF]", required=False)
@click.option("--rules", "shows_rules", is_flag=True, help="List the rules instead.")
def lint_command(context: CommandContext, ref: str | None, shows_rules: bool) -> int:
    """Check drafts and variants for what can be seen without asking a model.

    A PROMPT is checked with its variants; without a REF everything is. A rule is switched off in
    a draft's front matter: x-lint: {off: [trailing-space]}. Exit code 0 when nothing is found, 1
    when something is.
    """
    if shows_rules:
        _show_rules(context)
        return EXIT_DONE
    from workbench.actions.workspace.linting import lint_ref

    linted = lint_ref(context.session(), ref)
    findings = [(one, finding) for one in linted for finding in one.findings]
    lines = [_line(one, finding) for one, finding in findings]
    files = numbers.plural(len(linted), "draft")
    total = numbers.plural(len(findings), "finding") if findings else "nothing found"
    values = {
        "ok": not findings,
        "drafts": [
            {
                "prompt_id": one.prompt_id,
                "variant": one.variant or None,
                "file": one.file,
                "off": list(one.off),
            }
            for one in linted
        ],
        "findings": [_json(one, finding) for one, finding in findings],
    }
    context.answer(values, [*lines, f"{files}, {total}"])
    return EXIT_LINT if findings else EXIT_DONE


def _line(one: Linted, finding: Finding) -> str:
    place = one.file_of(finding) + (f":{finding.line}" if finding.line else "")
    severity, rule = finding.rule.severity.value, finding.rule.id
    return f"{place}: {severity} {rule}: {finding.message} ({finding.what_to_do})"


def _json(one: Linted, finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule.id,
        "severity": finding.rule.severity.value,
        "file": one.file_of(finding),
        "line": finding.line,
        "message": finding.message,
        "remedy": finding.what_to_do,
        "prompt_id": one.prompt_id,
        "variant": one.variant or None,
    }


def _show_rules(context: CommandContext) -> None:
    from workbench.present.tables import lay_out
    from workbench.prompts.lint.rules import RULES

    rows = [(rule.id, rule.severity.value, rule.summary, rule.remedy) for rule in RULES]
    names = ("rule", "severity", "finds", "remedy")
    context.answer(
        {"rules": [dict(zip(names, row, strict=True)) for row in rows]}, lay_out(names, rows)
    )
