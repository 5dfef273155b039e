"""A new provider: its table, the models that its endpoint lists, and one call to try it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from workbench.actions.workspace.new_parts.names import TABLE, check_name
from workbench.errors import UsageError
from workbench.files import write_atomically
from workbench.json_text import dumps
from workbench.prompts.values import Message
from workbench.providers.base import MAX_OUTPUT, Answer, ListsModels, Request
from workbench.settings import FILE_NAME, LOCAL, ProviderSettings, parse_settings
from workbench.workspace import Workspace

QUESTION = "Answer with the one word: ready"
TIMEOUT_S = 60.0
_MOST_TOKENS = 16


def provider_settings(
    workspace: Workspace, name: str, base_url: str, key_variable: str = "", kind: str = ""
) -> ProviderSettings:
    """The settings that such a table has. Raises UsageError when it is there already, SettingsError
    for what no table can hold.
    """
    check_name(name, "provider", TABLE)
    if name in workspace.settings.providers or name == LOCAL:
        raise UsageError(f"there is a provider {name} already", hint=f"edit it in {FILE_NAME}")
    table = _table(base_url, key_variable, kind)
    where = str(workspace.root / FILE_NAME)
    return parse_settings({"providers": {name: table}}, where).providers[name]


def new_provider(
    workspace: Workspace, name: str, base_url: str, key_variable: str = "", kind: str = ""
) -> Path:
    """A [providers.NAME] table at the end of workbench.toml, whose other lines stay as they are.
    Raises like `provider_settings`.
    """
    provider_settings(workspace, name, base_url, key_variable, kind)
    path = workspace.root / FILE_NAME
    table = _table(base_url, key_variable, kind)
    lines = "".join(f"{key} = {dumps(value)}\n" for key, value in table.items())
    before = path.read_text(encoding="utf-8")
    write_atomically(path, f"{before.rstrip()}\n\n[providers.{name}]\n{lines}")
    return path


def _table(base_url: str, key_variable: str, kind: str) -> dict[str, str]:
    given = {"kind": kind, "base_url": base_url, "api_key_env": key_variable}
    return {key: value for key, value in given.items() if value}


def listed_models(settings: ProviderSettings) -> tuple[str, ...]:
    """The models that the endpoint lists, in order; none of a kind that lists none. Blocks.

    The caller has the user's word that the endpoint may be asked. Raises ProviderError, and
    SettingsError such as for a key that is not set.
    """
    from workbench.providers.opening import open_provider

    async def ask() -> tuple[str, ...]:
        provider = open_provider(settings)
        try:
            return tuple(await provider.models()) if isinstance(provider, ListsModels) else ()
        finally:
            await provider.close()

    return asyncio.run(ask())


def call_once(settings: ProviderSettings, model: str) -> Answer:
    """The answer to one short question. Blocks. Raises like `listed_models`."""
    from workbench.providers.opening import open_provider

    async def ask() -> Answer:
        provider = open_provider(settings)
        request = Request(model, (Message("user", QUESTION),), {MAX_OUTPUT: _MOST_TOKENS})
        try:
            return await provider.answer(request, timeout_s=TIMEOUT_S)
        finally:
            await provider.close()

    return asyncio.run(ask())
