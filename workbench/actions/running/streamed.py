"""Runs of large datasets, whose cases are read while the run goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from workbench.actions.session import Session
from workbench.actions.workspace.dataset_contents import shown_source
from workbench.prompts.values import Prompt
from workbench.runs.spec.case_stream import CaseStream, may_stream
from workbench.runs.spec.suite import Suite
from workbench.runs.spec.values import RunSpec
from workbench.runs.store.forgetting import past_of


def whole_if_needed(session: Session, suite: Suite, prompts: Sequence[Prompt]) -> Suite:
    """The suite, whose dataset is read as a whole where its cases cannot be checked one by one."""
    if not suite.dataset.rows or suite.path is None:
        return suite
    if all(may_stream(prompt, suite) for prompt in prompts) and not _has_forgotten(session):
        return suite
    return session.workspace.suite(str(suite.path))


def as_streamed(spec: RunSpec, suite: Suite, note: str) -> RunSpec:
    """The run of the first cases as one that reads the others while it goes on.

    Notes about cases come with them, and are stored with the run.
    """
    stream = CaseStream(spec.prompt, suite, spec.split)
    return replace(spec, suite=suite, stream=stream, notes=(note,) if note else ())


def recorded_by(session: Session, spec: RunSpec) -> RunSpec:
    """The specification with who runs it and why, for the record of what its dataset holds."""
    if spec.stream is None:
        return spec
    reason = f"run of {spec.prompt.prompt_id} ({spec.label})"
    source = shown_source(session, spec.suite.dataset.source)
    recorded = session.author, reason, source
    return replace(spec, stream=replace(spec.stream, recorded=recorded))


def _has_forgotten(session: Session) -> bool:
    """Whether runs.db forgot cases: what is kept of others in their groups depends on them."""
    if not session.workspace.runs_path.exists():
        return False
    return bool(past_of(session.store.database.conn))
