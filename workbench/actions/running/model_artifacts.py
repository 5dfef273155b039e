"""What the pin of a model (`model.artifact`) stands for at the time of a run."""

from __future__ import annotations

from typing import Any

from workbench.actions.session import Session
from workbench.actions.trust import check_registry_trust
from workbench.errors import SettingsError, UsageError
from workbench.prompts.values import ARTIFACTS, Prompt
from workbench.providers.pins import pins_of
from workbench.runs.spec.environment import ARTIFACT
from workbench.settings import FILE_NAME, TargetSettings

WEIGHTS = ARTIFACTS[0]


def artifact_facts(session: Session, prompt: Prompt) -> dict[str, Any]:
    """What a run records of the pin, before its first call; empty without one.

    Raises UsageError for other weights than the pinned ones and for a URI that is none,
    SettingsError, UntrustedWorkspace, ExtraMissing, TargetRefused and TargetUnreachable.
    """
    uri = prompt.model.artifact if prompt.model else ""
    if not uri:
        return {}
    if uri.startswith(WEIGHTS):
        _check_weights(session, prompt, uri.removeprefix(WEIGHTS))
        return {}
    from workbench.exchange.addresses import stated_address
    from workbench.exchange.model_registries.kinds import KINDS, kind_of
    from workbench.exchange.targets.base import Destination
    from workbench.typed_options import read_options

    table = _registry_of(session, uri, kind_of(uri))
    check_registry_trust(session.workspace, table)
    kind = KINDS[table.kind]
    where = f"{FILE_NAME} [model_registries.{table.name}]: options"
    options = read_options(table.options, kind.options, where, SettingsError)
    uri_there = stated_address(table, "model_registries")
    destination = Destination(None, uri_there, session.workspace.root, options, table.name)
    return {ARTIFACT: kind.resolve(uri, destination).content()}


def _check_weights(session: Session, prompt: Prompt, digest: str) -> None:
    settings = session.provider_settings(prompt)
    open_it = session.provider_for(prompt)  # raises UntrustedWorkspace
    weights = pins_of(open_it()).get("weights") if settings.is_embedded else None
    if weights != digest:
        has = f"has weights {weights}" if weights else "is not a model on this machine"
        raise UsageError(
            f"{prompt.prompt_id} pins the weights {digest}, and the provider {settings.name} {has}",
            hint="model_path names the pinned file, or pin the one that it names",
        )


def _registry_of(session: Session, uri: str, kind: str) -> TargetSettings:
    tables = session.workspace.settings.model_registries.values()
    fitting = [table for table in tables if table.kind == kind]
    if len(fitting) != 1:
        how_many = "several tables of kind" if fitting else "no [model_registries.NAME] of kind"
        raise SettingsError(
            f"model.artifact {uri!r}: {FILE_NAME} has {how_many} {kind!r}",
            hint=f'[model_registries.models] kind = "{kind}"',
        )
    return fitting[0]
