"""`workbench verify`."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.cli.face import Face, command
from workbench.errors import EXIT_DONE, EXIT_REFUSED
from workbench.present import numbers


@command("verify", example="workbench verify --head 5f2c0e...")
@click.option("--head", metavar="HASH", help="An anchor kept elsewhere: must be in the chain.")
@click.option(
    "--key", type=click.Path(path_type=Path, dir_okay=False), help="Check signatures with this key."
)
def verify_command(face: Face, head: str | None, key: Path | None) -> int:
    """Audit the registry: walk the ledger, re-derive every pass from its scores.

    Exit code 5 when something does not hold; the first bad record is named.
    """
    report = face.registry().verify(head=head, key=key)
    for warning in report.warnings:
        face.note(f"warning: {warning}")
    lines = [
        f"{numbers.plural(report.records, 'record')}, head {report.head or 'none'}",
    ]
    if key:
        lines.append(f"{numbers.plural(report.signed, 'signature')} checked")
    lines += [
        f"record {finding.seq}, {finding.where}: {finding.problem}" for finding in report.findings
    ]
    lines.append("everything holds" if report.ok else f"{len(report.findings)} do not hold")
    values = {
        "ok": report.ok,
        "records": report.records,
        "head": report.head,
        "signed": report.signed,
        "findings": [
            {"seq": finding.seq, "where": finding.where, "problem": finding.problem}
            for finding in report.findings
        ],
        "warnings": list(report.warnings),
    }
    face.answer(values, lines)
    return EXIT_DONE if report.ok else EXIT_REFUSED
