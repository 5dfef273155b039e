"""A version that leaves, as the files that a folder and a repository hold of it."""

from __future__ import annotations

from dataclasses import replace

from workbench.errors import UsageError
from workbench.exchange.approval import Approved
from workbench.exchange.forms import layout
from workbench.exchange.forms.version_json import as_json, to_bytes
from workbench.exchange.losses import Loss
from workbench.exchange.targets.base import Export
from workbench.exchange.travelling import evidence_in_short
from workbench.prompts.files.prompty import write_prompty
from workbench.prompts.flat import flattened
from workbench.registry import PromptVersion
from workbench.registry.registry_file import PRODUCTION


def version_of(export: Export) -> PromptVersion:
    """The version. Raises UsageError where a prompt leaves that is none."""
    if export.approved is None:
        raise UsageError("an approved version leaves, and this is none")
    return export.approved.version


def evidence_of(export: Export) -> dict[str, str]:
    """The evidence in short, also of a version that a target of prompts was given; empty for a
    draft.
    """
    if not export.version or export.prompt is None:
        return {}
    if export.approved is None:
        prompt_id, version = export.prompt.prompt_id, export.version
        registered = export.registry.get_version(prompt_id, version)
        status = export.registry.status(prompt_id, version, PRODUCTION)
        export = replace(export, approved=Approved(registered, PRODUCTION, status, ()))
    return evidence_in_short(export)


def losses_of_files(export: Export, changeable: str) -> list[Loss]:
    """What a place for these files cannot hold; `changeable` says who may change them."""
    losses = [Loss("the ledger", "its head is kept, to compare with the registry's")]
    if export.approved and export.approved.status.evaluation:
        losses.append(Loss("the scores by case", "the evidence in short"))
    return [*losses, Loss("that a version is fixed", changeable)]


def files_of(export: Export) -> dict[str, bytes]:
    """Its files by path: the JSON with the evidence, then the Prompty file."""
    version, approved = version_of(export), export.approved
    assert approved is not None
    data = to_bytes(as_json(export.registry, approved, evidence_in_short(export)))
    prompty = write_prompty(flattened(version.prompt))
    return {
        layout.version_file(version.prompt_id, version.version): data,
        layout.prompty_file(version.prompt_id, version.version): prompty.encode(),
    }
