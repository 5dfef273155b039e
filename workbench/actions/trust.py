"""A workspace may send prompts and keys somewhere only after the user has trusted it.

Trust is stored per user, bound to the folder and to the settings with external addresses, so that a
changed host needs to be trusted again.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from workbench.datasets.sources.addresses import is_address, trust_addresses
from workbench.errors import SuiteError, UntrustedWorkspace
from workbench.exchange.addresses import shown_address
from workbench.files import read_user_file, write_user_file
from workbench.fingerprints import fingerprint
from workbench.providers.command.program import program_digest
from workbench.runs.spec.suite_head import read_suite_head
from workbench.settings import COMMAND, FILE_NAME, ProviderSettings, TargetSettings
from workbench.workspace import Workspace

_FILE = "trusted.json"
_LATER = ("chat_template", "ca_bundle", "options")
_LATER_OF_PROVIDERS = (
    *(*_LATER, "kind", "headers", "headers_env", "query", "proxy", "extra_body", "token_limit"),
    "folder",
)
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def check_trust(workspace: Workspace, provider: ProviderSettings) -> None:
    """Raise UntrustedWorkspace when the provider needs trust that the user has not given."""
    if not needs_trust(provider) or is_trusted(workspace):
        return
    key = f" with the key in ${provider.api_key_env}" if provider.api_key_env else ""
    raise UntrustedWorkspace(
        f"{workspace.root / FILE_NAME} sends prompts to {where_to(provider)}{key}, "
        "and you have not trusted this workspace",
        hint="read the file, then: workbench trust",
    )


def check_target_trust(
    workspace: Workspace, target: TargetSettings, *, unasked: bool = False
) -> None:
    """Raises UntrustedWorkspace when the settings say where to write, or (`unasked`) that it is to
    be written at all, and the user has not agreed.
    """
    chosen = target.uri or target.uri_env or target.options or unasked
    if not chosen or is_trusted(workspace):
        return
    if target.name not in workspace.settings.targets:
        # Its runs.db says so, and that may have come with it.
        raise UntrustedWorkspace(
            f"{workspace.root} says what is to be sent to {target.name}, and you have not trusted"
            " this workspace",
            hint="workbench export --pending --preview shows it, then: workbench trust",
        )
    where = target_place(target) or target.kind
    raise UntrustedWorkspace(
        f"{workspace.root / FILE_NAME} [targets.{target.name}] exports to {where}, and you have"
        " not trusted this workspace",
        hint="read the file, then: workbench trust",
    )


def check_registry_trust(workspace: Workspace, registry: TargetSettings) -> None:
    """Raises UntrustedWorkspace before a registry of models is asked, with the user's keys."""
    if is_trusted(workspace):
        return
    where = target_place(registry) or registry.kind
    raise UntrustedWorkspace(
        f"{workspace.root / FILE_NAME} [model_registries.{registry.name}] asks {where}, and you"
        " have not trusted this workspace",
        hint="read the file, then: workbench trust",
    )


def reach(workspace: Workspace) -> list[str]:
    """Where prompts and keys may go, and cases come from, once the workspace is trusted."""
    settings = workspace.settings
    lines = []
    for provider in settings.providers.values():
        named = (provider.api_key_env, *provider.headers_env.values())
        held = ", ".join(f"${name}" for name in named if name)
        key = f" with the key in {held}" if held else ""
        lines.append(f"{provider.name}: {where_to(provider)}{key}")
    for table in (*settings.targets.values(), *settings.model_registries.values()):
        lines.append(f"{table.name}: {target_place(table) or table.kind}")
    addresses = dataset_addresses(workspace)
    return lines + [f"{suite}: cases from {address}" for suite, address in addresses.items()]


def where_to(provider: ProviderSettings) -> str:
    """Where its prompts go, as far as the settings say it."""
    if provider.kind == COMMAND:
        return "the program " + " ".join(map(str, provider.options.get("command") or []))
    return provider.base_url or provider.model_path or provider.kind


def target_place(target: TargetSettings) -> str:
    """Where a target is: its uri without a password, or the variable that holds it; empty where the
    settings say none.
    """
    return shown_address(target.uri) or (f"${target.uri_env}" if target.uri_env else "")


def is_trusted(workspace: Workspace) -> bool:
    """Whether the user trusted this folder with exactly these settings."""
    return read_user_file(_FILE).get(str(workspace.root.resolve())) == _reach(workspace)


def trust(workspace: Workspace) -> None:
    """Record that the user trusts this folder with exactly these settings, and to read cases at the
    addresses that its suites name now.
    """
    known = read_user_file(_FILE) | {str(workspace.root.resolve()): _reach(workspace)}
    write_user_file(_FILE, known)
    trust_addresses(workspace.root, dataset_addresses(workspace).values())


def dataset_addresses(workspace: Workspace) -> dict[str, str]:
    """The addresses outside the workspace that its suites read their cases from, by suite."""
    addresses = {}
    for path in workspace.suite_paths():
        try:
            head = read_suite_head(path)
        except SuiteError:
            continue  # it reads nothing
        if is_address(head.dataset.path):
            addresses[head.name] = head.dataset.path
    return addresses


def needs_trust(provider: ProviderSettings) -> bool:
    """Whether prompts leave this machine, a key is sent, or another model file is loaded."""
    if provider.is_embedded:
        return bool(provider.model_path)
    host = urlsplit(provider.base_url).hostname or ""
    asks = provider.api_key_env or provider.headers_env or provider.options or provider.proxy
    return bool(asks) or host not in _LOOPBACK


def _reach(workspace: Workspace) -> str:
    settings = workspace.settings
    registries = {name: _table(item) for name, item in settings.model_registries.items()}
    return fingerprint(
        {
            "providers": {name: _table(item) for name, item in settings.providers.items()},
            "targets": {name: _table(item) for name, item in settings.targets.items()},
            **({"model_registries": registries} if registries else {}),
        }
    )


def _table(item: ProviderSettings | TargetSettings) -> dict[str, Any]:
    """The table; keys that came later are in it only when set, so that trust outlasts them. Of a
    command, its files too: another program asks for trust again.
    """
    later = _LATER_OF_PROVIDERS if isinstance(item, ProviderSettings) else _LATER
    table = {key: value for key, value in asdict(item).items() if value or key not in later}
    if isinstance(item, ProviderSettings) and item.kind == COMMAND:
        command = item.options.get("command")
        if isinstance(command, list):
            table["program"] = program_digest(command, Path(item.folder))
    return table
