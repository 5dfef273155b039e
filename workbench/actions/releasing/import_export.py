"""Out of the workspace into files and registries that others read, and back in as drafts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.actions.refs import resolve
from workbench.actions.session import Session
from workbench.actions.trust import check_target_trust
from workbench.errors import DraftError, SettingsError, UsageError
from workbench.exchange.approval import approved
from workbench.exchange.importers.base import Imported, Importer
from workbench.exchange.kinds import IMPORTERS, TARGETS, kind_of_table
from workbench.exchange.losses import Loss
from workbench.exchange.targets.base import Destination, Export, Sent, Takes, Target
from workbench.files import write_atomically
from workbench.plugins import Entry
from workbench.prompts.files.prompty import parse_prompty, write_prompty
from workbench.prompts.files.variants import AT
from workbench.prompts.key_like import keys_in
from workbench.prompts.values import MAX_TEXT_BYTES, SUFFIX
from workbench.settings import FILE_NAME, TargetSettings
from workbench.suggestions import did_you_mean
from workbench.workspace import PROMPTS, Workspace


@dataclass(frozen=True, slots=True)
class Exported:
    """What was sent where, and what the user should know about it."""

    sent: Sent
    losses: tuple[Loss, ...] = ()
    """What the target could not hold."""
    warnings: tuple[str, ...] = ()
    """About what looks like a key in it."""


def export(
    session: Session, target: str, ref: str | None, path: Path | None, environment: str
) -> Exported:
    """Send the registry, an approved version or any prompt to a target: a kind of target, or a
    [targets.NAME] table.

    Raises UsageError for an unknown target, UntrustedWorkspace for a table that the user has not
    agreed to, and GateRefused for a version that is not approved for the environment.
    """
    table = _table(session.workspace, target)
    entry, options = kind_of_table(table)
    check_target_trust(session.workspace, table)
    destination = Destination(path, _uri(table), session.workspace.root, options)
    with entry.calling():
        leaving = _export(session, entry.kind.takes, target, ref, environment)
        losses = tuple(entry.kind.loses(leaving))
        sent = entry.kind.send(leaving, destination)
    return Exported(sent, losses, tuple(_keys_in(leaving)))


def find_target(workspace: Workspace, name: str) -> Entry[Target]:
    """The kind behind a target's name: that of its table, else the kind of that name."""
    return kind_of_table(_table(workspace, name))[0]


def target_lines(workspace: Workspace | None) -> list[tuple[str, str]]:
    """Each target that can be named, a workspace's own tables first, with what it does."""
    tables = workspace.settings.targets.values() if workspace else ()
    own = [
        (table.name, f"{FILE_NAME}: {table.kind or 'names no kind'} {_place_of(table)}".rstrip())
        for table in tables
    ]
    kinds = []
    for entry in TARGETS.all():
        if isinstance(entry, Entry):
            mark = f" ({entry.plugin})" if entry.plugin else ""
            kinds.append((entry.name, f"{entry.kind.summary}{mark}"))
    return own + kinds


def import_drafts(
    workspace: Workspace, path: Path, name: str | None = None, kind: str = ""
) -> tuple[list[Path], Imported]:
    """Make a draft of each prompt in a file; the drafts' paths. `kind` names the file's format
    where it is not to be told by its content.

    What is imported is data: it brings no address, no key and no code. Raises UsageError when a
    draft of a name is there, or a name is given for several prompts.
    """
    imported = read_source(path, kind)
    if name and len(imported.prompts) > 1:
        raise UsageError(f"{path} has {len(imported.prompts)} prompts", hint="leave --as out")
    texts: dict[Path, str] = {}
    for prompt in imported.prompts:
        text = write_prompty(replace(prompt, prompt_id=name) if name else prompt)
        prompt_id = parse_prompty(text, where=name or str(path)).prompt_id
        if len(text.encode("utf-8", "surrogatepass")) > MAX_TEXT_BYTES:
            raise DraftError(f"{path}: its prompt is larger than {MAX_TEXT_BYTES // 1_000_000} MB")
        target = workspace.root / PROMPTS / f"{prompt_id}{SUFFIX}"
        if target.exists() or target in texts or workspace.draft_path(prompt_id):
            raise UsageError(
                f"there is a draft of {prompt_id} already", hint="give another name: --as NAME"
            )
        texts[target] = text
    for target, text in texts.items():
        write_atomically(target, text)
    return list(texts), imported


def read_source(path: Path, kind: str = "") -> Imported:
    """What a file brings, read by the importer that recognizes it. Raises DraftError."""
    entry = IMPORTERS.get(kind) if kind else _importer_of(path)
    with entry.calling():
        imported = entry.kind.read(path)
        if not imported.prompts:
            raise DraftError(f"{path} has no prompt")
        return imported


def _importer_of(path: Path) -> Entry[Importer]:
    usable = [entry for entry in IMPORTERS.all() if isinstance(entry, Entry)]
    candidates = []
    for entry in usable:
        with entry.calling():
            if entry.kind.recognizes(path):
                candidates.append(entry)
    if len(candidates) > 1:
        names = " and ".join(entry.name for entry in candidates)
        raise UsageError(f"{path} can be read as {names}", hint=f"--format {candidates[0].name}")
    # By its suffix alone: the importer says what is wrong with the file.
    candidates += [entry for entry in usable if path.suffix in entry.kind.suffixes]
    if not candidates:
        suffixes = sorted({suffix for entry in usable for suffix in entry.kind.suffixes})
        raise DraftError(
            f"{path}: no reader for {path.suffix or 'that'!r}", hint=", ".join(suffixes)
        )
    return candidates[0]


def _table(workspace: Workspace, name: str) -> TargetSettings:
    """The table of that name, else one that sets nothing for the kind of that name."""
    table = workspace.settings.targets.get(name)
    if table is None and name not in TARGETS.names():
        known = [*TARGETS.names(), *workspace.settings.targets]
        raise UsageError(f"no target {name!r}", hint=did_you_mean(name, known))
    return table or TargetSettings(name, name)


def _uri(table: TargetSettings) -> str:
    """Where the table says that it goes, itself or by a variable."""
    if not table.uri_env:
        return table.uri
    uri = os.environ.get(table.uri_env, "")
    if not uri:
        raise SettingsError(
            f"the variable {table.uri_env} is not set, and {FILE_NAME} [targets.{table.name}] "
            "takes its uri from it",
            hint=f"export {table.uri_env}=...",
        )
    return uri


def _export(
    session: Session, takes: Takes, target: str, ref: str | None, environment: str
) -> Export:
    if takes is Takes.REGISTRY:
        if ref:
            raise UsageError(f"{target} takes the whole registry", hint="leave the prompt out")
        return Export(session.registry)
    if not ref:
        raise UsageError(f"{target} needs a prompt", hint=f"workbench export {target} PROMPT")
    if takes is Takes.PROMPT:
        source = resolve(session, ref)
        label = source.label.removeprefix(AT)
        return Export(session.registry, source.prompt, label, source.version or "")
    prompt_id, _, version = ref.partition("@")
    environments = [settings.name for settings in session.registry.environments()]
    if not version or version in environments:
        environment = version or environment
        version = session.registry.require_active(prompt_id, environment, strict=True).version
    approval = approved(session.registry, prompt_id, version, environment)
    return Export(session.registry, approval.version.prompt, version, version, approval)


def _keys_in(leaving: Export) -> Iterator[str]:
    """Warnings about what looks like a key in what leaves."""
    if leaving.prompt is not None:
        prompts = [(f"{leaving.prompt.prompt_id}@{leaving.label}", leaving.prompt)]
    else:
        registry = leaving.registry
        ids = [summary.prompt_id for summary in registry.prompts()]
        prompts = [(v.ref, v.prompt) for name in ids for v in registry.versions(name)]
    for name, prompt in prompts:
        yield from (f"{name}: {warning}" for warning in keys_in(prompt))


def _place_of(table: TargetSettings) -> str:
    return table.uri or (f"${table.uri_env}" if table.uri_env else "")
