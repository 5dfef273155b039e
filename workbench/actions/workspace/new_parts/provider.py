"""A new provider: its table, the models that its endpoint lists, and one call to try it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.actions.trust import trust
from workbench.actions.workspace.new_parts.names import TABLE, check_name
from workbench.errors import UsageError
from workbench.files import write_atomically
from workbench.json_text import dumps
from workbench.prompts.files.set_model import set_model
from workbench.prompts.values import Message
from workbench.providers.base import MAX_OUTPUT, Answer, ListsModels, Request
from workbench.settings import FILE_NAME, LOCAL, ProviderSettings, parse_settings, read_settings
from workbench.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Service:
    """An endpoint that many use, as its own pages name it."""

    name: str
    base_url: str
    key_variable: str = ""


SERVICES = (
    Service("openai", "https://api.openai.com/v1", "OPENAI_API_KEY"),
    Service("openrouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    Service("mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    Service("groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    Service("deepseek", "https://api.deepseek.com", "DEEPSEEK_API_KEY"),
    Service("ollama", "http://127.0.0.1:11434/v1"),
    Service("vllm", "http://127.0.0.1:8000/v1"),
)
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


def add_provider(workspace: Workspace, settings: ProviderSettings) -> Workspace:
    """Write the table of these settings, and trust the workspace as it is then: the caller has the
    user's word for all that `reach` lists. Returns the workspace with its new settings.
    """
    new_provider(workspace, settings.name, settings.base_url, settings.api_key_env, settings.kind)
    changed = replace(workspace, settings=read_settings(workspace.root / FILE_NAME))
    trust(changed)
    return changed


def use_model(workspace: Workspace, prompt_id: str, provider: str, model: str) -> Path | None:
    """Let the prompt's draft ask that model; None where it has no draft. Raises DraftError."""
    path = workspace.draft_path(prompt_id)
    if path is not None:
        text = path.read_bytes().decode("utf-8")
        write_atomically(path, set_model(text, model, provider, str(path)))
    return path


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
