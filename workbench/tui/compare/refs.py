"""What a side of a comparison may be: drafts, variants, versions, what is live, runs, of any
prompt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from workbench.actions.comparing.sides import fits
from workbench.actions.session import Session
from workbench.errors import WorkbenchError
from workbench.present import numbers
from workbench.prompts.files.prompty import Draft
from workbench.prompts.values import Prompt
from workbench.registry.models.records import PromptSummary
from workbench.runs.spec.suite import Suite
from workbench.runs.spec.suite_file import read_suite
from workbench.runs.spec.values import RunStatus, RunSummary

MOST_RUNS = 500
MOST_OTHERS = 200
"""Limit on other prompts: each is read for its inputs."""


@dataclass(frozen=True, slots=True)
class Ref:
    """One side that can be picked."""

    ref: str
    kind: str
    """draft, variant, live, version or run."""
    what: str
    score: float | None = None


def read_refs(session: Session, prompt_id: str) -> list[Ref]:
    """Everything that can be compared with a side of this prompt.

    First its drafts, live versions, versions and runs; then those of other prompts with a suite
    whose inputs both prompts have.
    """
    drafts = list(_drafts(session))
    own = [draft for draft in drafts if draft.prompt.prompt_id == prompt_id]
    known = session.workspace.draft_path(prompt_id) if own else None
    refs = [Ref(prompt_id, "draft", known.name)] if known else []
    refs += map(_ref_of_variant, (draft for draft in own if draft.variant))
    plain = [draft for draft in own if not draft.variant]
    refs += [Ref(str(d.path), "draft", d.path.name) for d in plain if d.path != known]
    refs += _live_and_versions(session, prompt_id)
    refs += map(_ref_of_run, _runs(session, prompt_id))
    suites = list(_suites(session))
    return refs + list(_of_others(session, prompt_id, drafts, suites))


def _of_others(
    session: Session, prompt_id: str, drafts: Sequence[Draft], suites: Sequence[Suite]
) -> Iterator[Ref]:
    registered = {summary.prompt_id: summary for summary in session.registry.prompts()}
    plain = [draft for draft in drafts if not draft.variant]
    drafted = {draft.prompt.prompt_id: draft for draft in reversed(plain)}
    prompt = _prompt(session, prompt_id, drafted, registered)
    if prompt is None:
        return
    mine = [suite for suite in suites if suite.prompt_id == prompt_id]
    for other_id in sorted({*registered, *drafted} - {prompt_id})[:MOST_OTHERS]:
        other = _prompt(session, other_id, drafted, registered)
        theirs = [suite for suite in suites if suite.prompt_id == other_id]
        if other and any(fits(prompt, suite) and fits(other, suite) for suite in (*mine, *theirs)):
            if other_id in drafted:
                yield Ref(other_id, "draft", drafted[other_id].path.name)
            variants = (d for d in drafts if d.variant and d.prompt.prompt_id == other_id)
            yield from map(_ref_of_variant, variants)
            if other_id in registered:
                summary = registered[other_id]
                for environment, version in summary.live.items():
                    yield Ref(f"{other_id}@{environment}", "live", version)
                yield Ref(f"{other_id}@{summary.latest}", "version", "the newest")
    for name in {suite.name for suite in mine}:
        for run in _runs(session, None, name):
            if run.prompt_id != prompt_id:
                yield _ref_of_run(run)


def _ref_of_variant(draft: Draft) -> Ref:
    return Ref(f"{draft.prompt.prompt_id}@{draft.variant}", "variant", draft.path.name)


def _prompt(
    session: Session, prompt_id: str, drafts: dict[str, Draft], registered: dict[str, PromptSummary]
) -> Prompt | None:
    """Its draft, else its newest version."""
    if prompt_id in drafts:
        return drafts[prompt_id].prompt
    if prompt_id not in registered:
        return None
    return session.registry.get_version(prompt_id, registered[prompt_id].latest).prompt


def _drafts(session: Session) -> Iterator[Draft]:
    """Unreadable files are skipped."""
    for path in session.workspace.draft_paths():
        try:
            yield session.workspace.read_draft(path)
        except WorkbenchError:
            continue


def _suites(session: Session) -> Iterator[Suite]:
    """Unreadable files are skipped."""
    for path in session.workspace.suite_paths():
        try:
            yield read_suite(path)
        except WorkbenchError:
            continue


def _live_and_versions(session: Session, prompt_id: str) -> list[Ref]:
    try:
        versions = session.registry.versions(prompt_id)
        live = session.registry.live(prompt_id)
    except WorkbenchError:
        # The prompt was never registered.
        return []
    refs = [
        Ref(f"{prompt_id}@{d.environment}", "live", f"{d.version} since {d.deployed_at[:10]}")
        for d in live
    ]
    return refs + [
        Ref(f"{prompt_id}@{v.version}", "version", v.description, v.evaluation_score)
        for v in versions
    ]


def _runs(session: Session, prompt_id: str | None, suite: str | None = None) -> list[RunSummary]:
    if not session.workspace.runs_path.exists():
        return []
    return session.store.summaries(prompt_id, suite, limit=MOST_RUNS)


def _ref_of_run(run: RunSummary) -> Ref:
    status = "" if run.status is RunStatus.COMPLETE else f" {run.status}"
    age = numbers.age(run.created_at, datetime.now(UTC))
    what = f"{run.label} on {run.suite} {run.split}{status}, {age}"
    return Ref(run.run_id, "run", what, run.score)
