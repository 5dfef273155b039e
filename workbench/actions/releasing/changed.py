"""Which prompts decide otherwise than at a commit: what CI has to evaluate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from workbench.actions.refs import resolve
from workbench.actions.releasing.register import propose, register
from workbench.actions.session import Session
from workbench.datasets.sources.git import tree_at
from workbench.errors import DraftError, RegistryError, SettingsError, SuiteError, UsageError
from workbench.workspace import Workspace, open_workspace

NOT_READABLE = "cannot be read"


@dataclass(frozen=True)
class ChangedPrompt:
    """A prompt whose draft or suites are not what they were."""

    prompt_id: str
    what: tuple[str, ...]
    """`prompt`, or `suite NAME`."""


def changed_since(workspace: Workspace, revision: str) -> tuple[str, tuple[ChangedPrompt, ...]]:
    """The commit that the revision names, and the prompts with a suite that decide otherwise than
    there: by the fingerprints of drafts and suites, so whatever file they are made of.

    A suite that could not be read there counts as changed. Raises UsageError outside a repository
    and for an unknown revision; DraftError and SuiteError for what cannot be read now.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        commit = tree_at(workspace.root, revision, folder)
        try:
            before = open_workspace(folder)
        except SettingsError:
            before = Workspace(folder, workspace.settings)
        old_suites = _suites(before)
        changed: dict[str, list[str]] = {}
        for suite in workspace.suites():
            prompt_id = suite.prompt_id
            if prompt_id not in changed:
                same = _prompt(workspace, prompt_id) == _old_prompt(before, prompt_id)
                changed[prompt_id] = [] if same else ["prompt"]
            if old_suites.get(suite.name) != suite.fingerprint:
                changed[prompt_id].append(f"suite {suite.name}")
    listed = sorted(changed.items())
    return commit, tuple(ChangedPrompt(name, tuple(what)) for name, what in listed if what)


def version_of_draft(session: Session, prompt_id: str, *, reason: str = "") -> str:
    """The version with exactly the draft's content. With a `reason` it is registered if there is
    none, described by it.

    Raises RegistryError without either.
    """
    source = resolve(session, prompt_id)
    same = [
        one.version
        for one in session.registry.versions(prompt_id)
        if one.fingerprint == source.prompt.fingerprint
    ]
    if same:
        return str(same[0])
    if not reason:
        raise RegistryError(
            f"the draft of {prompt_id} is not registered, and only a version can be evaluated",
            hint=f"workbench register {prompt_id}, or --register",
        )
    proposal = propose(session, source)
    register(session, source, description=reason, version=proposal.version)
    return proposal.version


def _prompt(workspace: Workspace, prompt_id: str) -> str:
    """The fingerprint of a draft; empty without one."""
    path = workspace.draft_path(prompt_id)
    return workspace.draft(path).prompt.fingerprint if path else ""


def _old_prompt(workspace: Workspace, prompt_id: str) -> str:
    try:
        return _prompt(workspace, prompt_id)
    except DraftError:
        return NOT_READABLE


def _suites(workspace: Workspace) -> dict[str, str]:
    """The fingerprints of the suites that can be read, by name."""
    return dict(_readable(workspace))


def _readable(workspace: Workspace) -> Iterator[tuple[str, str]]:
    for path in workspace.suite_paths():
        try:
            suite = workspace.suite(str(path))
        except (SuiteError, UsageError):
            continue
        yield suite.name, suite.fingerprint
