"""`workbench dataset log | show | diff | restore | tag | export`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.context import CommandContext, command
from workbench.present import numbers
from workbench.present.safe_text import safe_line

if TYPE_CHECKING:
    from workbench.actions.workspace.dataset_contents import DatasetContent
    from workbench.actions.workspace.dataset_versions import (
        DatasetDiff,
        KeptEvidence,
        LoggedVersion,
    )
    from workbench.datasets.values import Case
    from workbench.registry.models.records import DatasetUse
    from workbench.runs.store.dataset_versions import DatasetVersion

_REF = "A version's number, name or fingerprint; `file`: as it is now."
_SHOWN = 60
"""Characters of a value that a line shows."""


@command("log", example="workbench dataset log support_triage")
@click.argument("suite")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
def log_command(context: CommandContext, suite: str, limit: int) -> None:
    """The versions of a suite's cases, newest first.

    A version is made when a command or the screens read another content than the last: edited
    here or elsewhere. Evaluations stand beside the version that they were made on.
    """
    from workbench.actions.workspace.dataset_versions import log

    listed = log(context.session(), suite)
    if listed.problem:
        context.note(f"warning: {listed.problem}")
    shown = listed.versions[:limit]
    lines = [line for logged in shown for line in _log_lines(logged)]
    if len(listed.versions) > limit:
        lines.append(f"only the newest {limit} are shown: --limit shows more")
    context.answer(
        {
            "suite": listed.suite,
            "versions": [_logged_json(logged) for logged in shown],
            "more": len(listed.versions) > limit,
        },
        lines or ["there are no versions yet"],
    )


@command("show", example="workbench dataset show support_triage 3")
@click.argument("suite")
@click.argument("ref", metavar="[VERSION]", default="")
@click.option(
    "--from",
    "source",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file to look into for a fingerprint, such as a teammate's export.",
)
def show_command(context: CommandContext, suite: str, ref: str, source: Path | None) -> None:
    """The cases of a version, by default as they are.

    A fingerprint, such as evidence names, is looked for in runs.db, in the file, its history in
    git, DVC's cache and exports. Where it is nowhere, the answer says who had it.
    """
    from workbench.actions.workspace.dataset_versions import show

    content = show(context.session(), suite, ref, source)
    head = [
        f"{content.name} · {numbers.plural(len(content.cases), 'case')}"
        f" · {content.fingerprint[:12]} · from {content.found_in}"
    ]
    if content.stored.forgotten:
        head.append(f"{numbers.plural(content.stored.forgotten, 'case')} forgotten")
    context.answer(
        {
            "suite": suite,
            **_content_json(content),
            "cases": [case.content() for case in content.cases],
        },
        [*head, *map(_case_line, content.cases)],
    )


@command("diff", example="workbench dataset diff support_triage 3 5")
@click.argument("suite")
@click.argument("before", metavar="[BEFORE]", default="")
@click.argument("after", metavar="[AFTER]", default="")
def diff_command(context: CommandContext, suite: str, before: str, after: str) -> None:
    """Cases added, removed and changed between two versions.

    By default between the cases as they are and the version before. Evaluations that were made on
    the first are shown with how many of their cases the second still has.
    """
    from workbench.actions.workspace.dataset_versions import diff

    difference = diff(context.session(), suite, before, after)
    context.answer(_diff_json(difference), list(_diff_lines(difference)))


@command("restore", example='workbench dataset restore support_triage 3 --reason "wrong labels"')
@click.argument("suite")
@click.argument("ref", metavar="VERSION")
@click.option("--reason", default="", metavar="TEXT", help="Why, for the log.")
def restore_command(context: CommandContext, suite: str, ref: str, reason: str) -> None:
    """Write a version back into the suite's file, as its newest version.

    What the file holds now stays a version. Lines of cases that do not change stay as they are.
    """
    from workbench.actions.workspace.dataset_versions import restore

    content = restore(context.session(), suite, ref, reason)
    context.answer(
        _content_json(content), [f"{suite}: {ref} is restored as {content.name}, see dataset log"]
    )


@command("tag", example="workbench dataset tag support_triage before-relabel 3")
@click.argument("suite")
@click.argument("name")
@click.argument("ref", metavar="[VERSION]", default="")
@click.option("--move", is_flag=True, help="Take the name from another version.")
def tag_command(context: CommandContext, suite: str, name: str, ref: str, move: bool) -> None:
    """Name a version, by default the newest."""
    from workbench.actions.workspace.dataset_versions import tag

    version = tag(context.session(), suite, name, ref, move=move)
    context.answer(
        _version_json(version), [f"{name} is version {version.number} of {version.suite}"]
    )


@command("export", example="workbench dataset export support_triage --snapshot 3")
@click.argument("suite")
@click.option("--snapshot", "ref", default="", metavar="VERSION", help=_REF)
@click.option("--output", "-o", type=click.Path(path_type=Path), help="The file to write.")
def export_command(context: CommandContext, suite: str, ref: str, output: Path | None) -> None:
    """Write the cases of a version into a file, by default as JSONL in snapshots/ beside the suite.

    There, committed, teammates find it by its fingerprint.
    """
    from workbench.actions.workspace.dataset_versions import export

    path, content = export(context.session(), suite, ref, output)
    context.answer(
        {**_content_json(content), "path": str(path), "cases": len(content.cases)},
        [f"wrote {numbers.plural(len(content.cases), 'case')} of {content.name} to {path}"],
    )


COMMANDS = (log_command, show_command, diff_command, restore_command, tag_command, export_command)


def _log_lines(logged: LoggedVersion) -> Iterator[str]:
    version = logged.version
    names = f" ({', '.join(version.names)})" if version.names else ""
    changes = f"+{version.added} -{version.removed} ~{version.changed}"
    yield (
        f"{version.number:>4}{names}  {version.made_at[:16].replace('T', ' ')}"
        f"  {version.fingerprint[:12]}  {numbers.plural(version.cases, 'case')}  {changes}"
        f"  by {version.made_by}  {safe_line(version.reason)}"
    )
    for use in logged.evaluations:
        yield f"      evaluated: {_evaluation_words(use)}"


def _evaluation_words(use: DatasetUse) -> str:
    return (
        f"{use.version}: gate {use.gate.value}, {numbers.score(use.score)},"
        f" by {use.recorded_by} on {use.recorded_at[:10]}"
    )


def _case_line(case: Case) -> str:
    inputs = " ".join(f"{name}={_short(value)}" for name, value in case.inputs.items())
    expected = "" if case.expected is None else f" -> {_short(case.expected)}"
    return f"  {safe_line(case.id)}  {inputs}{expected}"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = safe_line(text)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _diff_lines(difference: DatasetDiff) -> Iterator[str]:
    changes = difference.changes
    yield f"{difference.before.name} -> {difference.after.name} ({difference.after.found_in})"
    if not changes:
        yield "the same cases"
    if changes.reordered:
        yield "the same cases in another order"
    for case in changes.added:
        yield f"+{_case_line(case)[1:]}"
    for case in changes.removed:
        yield f"-{_case_line(case)[1:]}"
    for changed in changes.changed:
        yield f"~ {safe_line(changed.after.id)}"
        for name, old, new in changed.fields():
            yield f"    {safe_line(name)}: {_short(old)} -> {_short(new)}"
    for kept in difference.evidence:
        yield _kept_words(kept)


def _kept_words(kept: KeptEvidence) -> str:
    held = f"{kept.kept} of its {kept.asked} cases are the same"
    score = "" if kept.score is None else f", {numbers.score(kept.score)} on these"
    return f"evaluated before: {_evaluation_words(kept.evaluation)}; {held}{score}"


def _diff_json(difference: DatasetDiff) -> dict[str, Any]:
    changes = difference.changes
    return {
        "before": _content_json(difference.before),
        "after": _content_json(difference.after),
        "same": not changes,
        "reordered": changes.reordered,
        "added": [case.content() for case in changes.added],
        "removed": [case.content() for case in changes.removed],
        "changed": [
            {
                "id": changed.after.id,
                "fields": [
                    {"field": name, "before": old, "after": new}
                    for name, old, new in changed.fields()
                ],
            }
            for changed in changes.changed
        ],
        "evidence": [
            {
                **_evaluation_json(kept.evaluation),
                "asked": kept.asked,
                "kept": kept.kept,
                "score_on_kept": kept.score,
            }
            for kept in difference.evidence
        ],
    }


def _content_json(content: DatasetContent) -> dict[str, Any]:
    return {
        "fingerprint": content.fingerprint,
        "gate_fingerprint": content.gate,
        "found_in": content.found_in,
        "version": _version_json(content.version) if content.version else None,
    }


def _logged_json(logged: LoggedVersion) -> dict[str, Any]:
    return {
        **_version_json(logged.version),
        "evaluations": [_evaluation_json(use) for use in logged.evaluations],
    }


def _version_json(version: DatasetVersion) -> dict[str, Any]:
    return {
        "number": version.number,
        "names": list(version.names),
        "fingerprint": version.fingerprint,
        "gate_fingerprint": version.gate,
        "cases": version.cases,
        "added": version.added,
        "removed": version.removed,
        "changed": version.changed,
        "made_at": version.made_at,
        "made_by": version.made_by,
        "reason": version.reason,
        "source": version.source,
    }


def _evaluation_json(use: DatasetUse) -> dict[str, Any]:
    return {
        "evaluation": use.evaluation_id,
        "version": use.version,
        "gate": use.gate.value,
        "score": use.score,
        "recorded_by": use.recorded_by,
        "recorded_at": use.recorded_at,
    }
