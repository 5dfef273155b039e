"""`workbench evaluate`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli import verdict
from workbench.cli.confirm import confirm, yes_option
from workbench.cli.context import CommandContext, command, split_ref
from workbench.cli.param_types import labels_option
from workbench.cli.progress import Follower
from workbench.errors import EXIT_DONE, EXIT_GATE_FAILED, EXIT_INCOMPLETE, EXIT_REFUSED
from workbench.fingerprints import short

if TYPE_CHECKING:
    from workbench.actions.session import Session
    from workbench.verdicts.values import Evidence


@command("evaluate", example="workbench evaluate support_triage@1.2.0 --junit gate.xml")
@click.argument("ref", metavar="PROMPT@VERSION", required=False)
@click.option("--changed", metavar="REVISION", help="The drafts that git's REVISION had otherwise.")
@click.option("--register", metavar="TEXT", help="With --changed: register a draft that is none.")
@click.option("--suite", "-s", help="Default: every suite of the prompt.")
@click.option("--full", is_flag=True, help="Run every case, even when the gate could decide.")
@click.option("--anytime", is_flag=True, help="Decide by bets, valid at any time.")
@click.option("--extend", is_flag=True, help="Go on with the cases that were added since.")
@click.option("--fresh", is_flag=True, help="Ignore stored answers.")
@labels_option
@yes_option
@click.option("--junit", type=click.Path(path_type=Path), help="Write JUnit XML for CI.")
@click.option("--summary", type=click.Path(path_type=Path), help="Write a Markdown summary.")
@click.option("--verbose", "-v", is_flag=True, help="Method, p-value and looks as well.")
def evaluate_command(
    context: CommandContext,
    ref: str | None,
    changed: str | None,
    register: str | None,
    suite: str | None,
    full: bool,
    anytime: bool,
    extend: bool,
    fresh: bool,
    labels: Path | None,
    yes: bool,
    junit: Path | None,
    summary: Path | None,
    verbose: bool,
) -> int:
    """Run the gate of a registered version and record the evidence, whatever it is.

    It looks at planned points only and stops as soon as the plan allows. With --changed, of each
    prompt whose draft or suites are not what they were at a revision of git, as for a pull request.
    Exit code 0: the gate passes, or nothing changed; 1: it fails; 3: no decision; 4: the provider
    left too many cases out; 5: it passes only with cases that were added to the suite, and nobody
    accepted these.
    """
    if full and anytime:
        raise click.UsageError("--full runs every case, --anytime stops at any: give one of them")
    if extend and (full or anytime):
        raise click.UsageError("--extend goes on as its evaluation began: leave the other out")
    if (ref is None) == (changed is None):
        raise click.UsageError("name a version, or --changed REVISION")
    if register is not None and changed is None:
        raise click.UsageError("--register goes with --changed")
    ways = {"full": full, "anytime": anytime, "extend": extend, "fresh": fresh, "labels": labels}
    session = context.session()
    refs = [ref] if ref else [*_changed_refs(context, session, changed or "", register or "")]
    judged = [one for each in refs for one in _judge(context, session, each, suite, ways, yes)]
    if not judged:
        lines = [f"nothing that decides a verdict changed since {changed}"]
        context.answer({"suites": [], "changed": changed, "notes": []}, lines)
        return EXIT_DONE
    _write_files(tuple(one.evidence for one in judged), junit, summary)
    each = [_json_of(one.evidence, one.against) for one in judged]
    worst = max(range(len(judged)), key=lambda index: _gravity(judged[index].evidence))
    notes = [*([judged[worst].note] if judged[worst].note else []), *each[worst]["notes"]]
    values = {**each[worst], "suites": each, "notes": notes}
    lines = [line for one in judged for line in (*_lines_of(one.evidence, verbose), *one.against)]
    context.answer(values if ref else {**values, "changed": changed}, lines)
    code = _exit_code(judged[worst].evidence)
    return EXIT_REFUSED if code == EXIT_DONE and any(one.added for one in judged) else code


@dataclass(frozen=True)
class _Judged:
    """One evaluation, what speaks against deploying it, and a note about its prompt."""

    evidence: Evidence
    against: list[str]
    added: str
    note: str


def _judge(
    context: CommandContext,
    session: Session,
    ref: str,
    suite: str | None,
    ways: Mapping[str, Any],
    yes: bool,
) -> list[_Judged]:
    from workbench.actions.refs import resolve
    from workbench.actions.releasing.answer_origins import notes_before, objections
    from workbench.actions.releasing.evaluate import evaluate
    from workbench.actions.releasing.rules import only_by_added, outdated

    prompt_id, version = split_ref(ref)
    source = resolve(session, ref)
    before = notes_before(session, source.prompt, fresh=ways["fresh"])
    for remark in (source.note, *before) if source.note else before:
        context.note(f"note: {remark}")
    with Follower(context) as follower:
        all_evidence = evaluate(
            session,
            prompt_id,
            version,
            suite_name=suite,
            **ways,
            on_planned=lambda runs: confirm(context, session, runs, yes),
            on_run=follower.on_run,
        )
    judged = []
    for evidence in all_evidence:
        added = only_by_added(session, evidence)
        against = [*objections(session, evidence), *outdated(session, evidence)]
        judged.append(_Judged(evidence, [*against, *_added_lines(added)], added, source.note))
    return judged


def _changed_refs(
    context: CommandContext, session: Session, revision: str, reason: str
) -> Iterator[str]:
    """The version of each draft that decides otherwise than at a revision of git."""
    from workbench.actions.releasing.changed import changed_since, version_of_draft

    commit, changed = changed_since(session.workspace, revision)
    for one in changed:
        version = version_of_draft(session, one.prompt_id, reason=reason)
        what = ", ".join(one.what)
        context.note(f"{one.prompt_id}@{version}: changed since {short(commit)}: {what}")
        yield f"{one.prompt_id}@{version}"


def _added_lines(sentence: str) -> list[str]:
    if not sentence:
        return []
    return [f"{sentence}; to accept them: workbench rules apply --reason TEXT"]


def _json_of(evidence: Evidence, against: list[str]) -> dict[str, Any]:
    from workbench.present.verdict_words import evidence_notes
    from workbench.verdicts.evidence import policy_from_content
    from workbench.verdicts.slices import conditions_of, standings_of

    return {
        "prompt_id": evidence.prompt_id,
        "version": evidence.version,
        "fingerprint": evidence.prompt_fingerprint,
        "suite": evidence.suite,
        "baseline": evidence.baseline_version,
        "attempt": evidence.attempt,
        "notes": [*evidence_notes(evidence, origin=False), *against],
        "answers": dict(evidence.answers),
        "score": evidence.score,
        **verdict.as_json(
            evidence.comparisons[0],
            evidence.gate,
            policy_from_content(evidence.policy),
            a=evidence.baseline_version or "no baseline",
            b=evidence.version,
            run_a=evidence.run_a,
            run_b=str(evidence.run_b),
            conditions=conditions_of(evidence),
            slices=standings_of(evidence),
        ),
    }


def _lines_of(evidence: Evidence, verbose: bool) -> list[str]:
    from workbench.present.verdict_words import evidence_notes
    from workbench.verdicts.evidence import policy_from_content
    from workbench.verdicts.slices import conditions_of, standings_of

    policy = policy_from_content(evidence.policy)
    baseline = evidence.baseline_version or "no baseline"
    ref = f"{evidence.prompt_id}@{evidence.version}"
    return [
        f"{ref} on {evidence.suite}, against {baseline}",
        *verdict.lines_of(
            evidence.comparisons,
            policy,
            baseline,
            evidence.version,
            verbose,
            ref,
            conditions_of(evidence),
            standings_of(evidence),
        ),
        *evidence_notes(evidence),
    ]


def _exit_code(evidence: Evidence) -> int:
    missing = any(comparison.missing for comparison in evidence.comparisons)
    return verdict.exit_code(evidence.gate, missing)


def _gravity(evidence: Evidence) -> int:
    """Rank for the exit code: a failed gate first, then an incomplete run, then no decision."""
    code = _exit_code(evidence)
    return {EXIT_DONE: 0, EXIT_INCOMPLETE: 2, EXIT_GATE_FAILED: 3}.get(code, 1)


def _write_files(
    all_evidence: tuple[Evidence, ...], junit: Path | None, summary: Path | None
) -> None:
    from workbench.files import write_atomically
    from workbench.present.verdict_words import junit_xml, markdown_summary

    if junit:
        write_atomically(
            junit, junit_xml(all_evidence[0]) if len(all_evidence) == 1 else _joined(all_evidence)
        )
    if summary:
        write_atomically(
            summary, "\n".join(markdown_summary(evidence) for evidence in all_evidence)
        )


def _joined(all_evidence: tuple[Evidence, ...]) -> str:
    """One JUnit document with the test suites of several evaluations."""
    import xml.etree.ElementTree as ElementTree

    from workbench.present.verdict_words import junit_xml

    root = ElementTree.Element(
        "testsuites", name=f"{all_evidence[0].prompt_id} {all_evidence[0].version}"
    )
    for evidence in all_evidence:
        # Our own output, which has no entities or external references.
        root.extend(list(ElementTree.fromstring(junit_xml(evidence))))
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"
