"""What `doctor` says of trust: in the settings of a workspace, and in its code."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.actions.code_trust import code_at, code_files
from workbench.actions.trust import dataset_addresses, is_trusted, needs_trust
from workbench.actions.workspace.checks import Check, Level
from workbench.child_process.allowed import enforced_here, is_allowed
from workbench.child_process.confine import RESTRICTIONS
from workbench.datasets.sources.addresses import is_trusted_address
from workbench.errors import CodeError
from workbench.workspace import Workspace


def trust_checks(workspace: Workspace) -> Iterator[Check]:
    """Whether its settings may reach out, and its code may run."""
    yield _settings(workspace)
    yield from _code(workspace)


def _settings(workspace: Workspace) -> Check:
    settings = workspace.settings
    reaching = [name for name, item in settings.providers.items() if needs_trust(item)]
    tables = [*settings.targets, *settings.model_registries]
    sources = dataset_addresses(workspace)
    if not reaching and not tables and not sources:
        return Check("trust", Level.OK, "nothing here reaches out")
    unread = [name for name, at in sources.items() if not is_trusted_address(workspace.root, at)]
    if is_trusted(workspace) or not (reaching or tables):
        reaching = []
        if not unread:
            return Check("trust", Level.OK, "you trust this workspace")
    else:
        reaching += tables
    names = ", ".join([*reaching, *(f"the cases of {name}" for name in unread)])
    untrusted = f"not trusted, so unusable: {names}"
    return Check("trust", Level.WARNING, untrusted, "read what names them, then: workbench trust")


def _code(workspace: Workspace) -> Iterator[Check]:
    """Whether the workspace's code may run, and what of it this system cannot enforce."""
    waiting: list[str] = []
    allowed: list[str] = []
    for file in code_files(workspace):
        try:
            (allowed if is_allowed(code_at(workspace, file)) else waiting).append(file)
        except CodeError as error:
            yield Check("code", Level.WARNING, error.message, error.hint)
    if waiting:
        hint = f"read it, then: workbench trust {' '.join(waiting)}"
        yield Check("code", Level.WARNING, f"not allowed to run: {', '.join(waiting)}", hint)
    if allowed:
        enforced = enforced_here()
        declared = [name for name in RESTRICTIONS if name not in enforced]
        limits = f"; not enforced here: {', '.join(declared)}" if declared else ""
        yield Check("code", Level.OK, f"may run: {', '.join(allowed)}{limits}")
