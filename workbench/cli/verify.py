"""`workbench verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.context import CommandContext, command
from workbench.errors import EXIT_DONE, EXIT_REFUSED
from workbench.present import numbers

if TYPE_CHECKING:
    from workbench.registry.models.records import CheckedPart, Finding, VerifyReport


@command("verify", example="workbench verify --key runner.pub")
@click.option("--head", metavar="HASH", help="A head kept elsewhere: must be in the chain.")
@click.option(
    "--anchors",
    metavar="FILE",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Another file of anchors than the workspace's own, as of an earlier commit.",
)
@click.option(
    "--key",
    "keys",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Check signatures with this public key; may be given several times.",
)
def verify_command(
    context: CommandContext, head: str | None, anchors: Path | None, keys: tuple[Path, ...]
) -> int:
    """Audit the registry: walk the ledger, re-derive every pass from its scores.

    The heads in registry.anchors are checked without being asked for. Exit code 5 when something
    does not hold; the first bad record is named.
    """
    report = context.registry().verify(head=head, key=keys or None, anchors=anchors)
    for warning in report.warnings:
        context.note(f"warning: {warning}")
    lines = [f"{numbers.plural(report.records, 'record')}, head {report.head or 'none'}"]
    lines += [_line(part, report) for part in report.checked]
    lines += [
        f"record {finding.seq}, {finding.where}: {finding.problem}" for finding in report.findings
    ]
    lines.append("everything holds" if report.ok else f"{len(report.findings)} do not hold")
    first = report.first_bad
    values = {
        "ok": report.ok,
        "records": report.records,
        "head": report.head,
        "signed": report.signed,
        "unsigned": report.unsigned,
        "checked": {
            part.name: {"ok": part.ok, "count": part.count, "checked": part.ok is not None}
            for part in report.checked
        },
        "first_bad": first and _finding(first),
        "findings": [_finding(finding) for finding in report.findings],
        "warnings": list(report.warnings),
    }
    context.answer(values, lines)
    return EXIT_DONE if report.ok else EXIT_REFUSED


_COUNTED = {
    "triggers": "object",
    "chain": "record",
    "rows": "row",
    "rules": "deployment",
    "anchors": "head",
    "signatures": "signed record",
}
_LOOKED_AT = {
    "file": "the database's own check",
    "triggers": "of the schema: tables, views, indexes, triggers",
    "chain": "of the ledger",
    "rows": "against their records",
    "rules": "against the rules of their time",
    "anchors": "kept in registry.anchors",
    "signatures": "",
}
"""By part of an audit: what it counts, and what is checked."""


def _line(part: CheckedPart, report: VerifyReport) -> str:
    state = {True: "ok", False: "FAILED", None: "not checked"}[part.ok]
    counted = numbers.plural(part.count, _COUNTED[part.name]) if part.name in _COUNTED else ""
    what = f"{counted} {_LOOKED_AT[part.name]}".strip()
    if part.name == "anchors" and part.ok is None:
        what = "no registry.anchors that could be read"
    if part.name == "signatures":
        what += f", {report.unsigned} not signed"
        what += " (--key checks them)" if part.ok is None and part.count else ""
    return f"{part.name:<10} {state}: {what}"


def _finding(finding: Finding) -> dict[str, Any]:
    return {"seq": finding.seq, "where": finding.where, "problem": finding.problem}
