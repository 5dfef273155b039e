"""Prompt objects of OpenAI's API, as their owners save them: one object, or a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from workbench.errors import DraftError
from workbench.exchange.forms.foreign import (
    as_list,
    as_mapping,
    each_prompt,
    json_of,
    json_or_none,
    prompt_of,
    unknown_keys,
)
from workbench.exchange.importers.base import Imported
from workbench.exchange.losses import Loss
from workbench.exchange.mustache import LANGFUSE, Syntax
from workbench.prompts.values import Prompt

_SYNTAX = Syntax("OpenAI", "{{", "}}", LANGFUSE.read)
_KEYS = ("openai_prompt_id", "id", "name", "production_version", "versions", "description")
_CONFIG = ("model", "tools", "reasoning", "text", "temperature", "top_p", "max_output_tokens")
_RENAMED = {"max_output_tokens": "max_completion_tokens"}


class OpenaiPromptsImporter:
    """See `Importer`."""

    summary = "Prompt objects of OpenAI (pmpt_...), saved as JSON with their versions."
    suffixes = ()

    def recognizes(self, path: Path) -> bool:
        return bool(_objects(json_or_none(path)))

    def read(self, path: Path) -> Imported:
        objects = _objects(json_of(path))
        if not objects:
            raise DraftError(f"{path} has no prompt object with versions")
        named = [(_name(one), one) for one in objects]
        prompts, losses = each_prompt(named, _prompt, str(path))
        return Imported(prompts, (*losses, *(loss for one in objects for loss in _lost(one))))


KIND = OpenaiPromptsImporter()


def _objects(data: Any) -> list[Mapping[str, Any]]:
    listed = data if isinstance(data, list) else [data]
    return listed if listed and all(_is_prompt(one) for one in listed) else []


def _is_prompt(one: Any) -> bool:
    return (
        isinstance(one, Mapping)
        and isinstance(one.get("versions"), list)
        and bool(one["versions"])
        and all(isinstance(v, Mapping) and "messages" in v for v in one["versions"])
    )


def _name(one: Mapping[str, Any]) -> str:
    return str(one.get("name") or one.get("openai_prompt_id") or one.get("id") or "prompt")


def _taken(one: Mapping[str, Any]) -> Mapping[str, Any]:
    """The version in production, else the last one."""
    live = str(one.get("production_version"))
    versions: list[Mapping[str, Any]] = one["versions"]
    return next((v for v in versions if str(v.get("version")) == live), versions[-1])


def _prompt(name: str, one: Mapping[str, Any]) -> Prompt:
    version = _taken(one)
    settings = _settings(as_mapping(version.get("config")))
    description = str(one.get("description") or "")
    return prompt_of(name, list(_messages(version)), settings, _SYNTAX, description)


def _messages(version: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
    for message in as_list(version["messages"]):
        if not isinstance(message, Mapping):
            raise DraftError(f"{message!r} is no message")
        content = message.get("content")
        if isinstance(content, list):
            texts = [str(p["text"]) for p in content if isinstance(p, Mapping) and p.get("text")]
            if len(texts) < len(content):
                raise DraftError("a message has a part that is no text")
            content = "\n".join(texts)
        role = message.get("role")
        yield ("system" if role == "developer" else role), content


def _settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as chat completions call them."""
    settings = {_RENAMED.get(key, key): value for key, value in config.items() if value is not None}
    reasoning, text = settings.pop("reasoning", None), settings.pop("text", None)
    if as_mapping(reasoning).get("effort"):
        settings["reasoning_effort"] = reasoning["effort"]
    form = as_mapping(as_mapping(text).get("format"))
    if form.get("type") == "json_schema":
        settings["response_format"] = {"type": "json_schema", "json_schema": dict(form)}
    elif form.get("type") == "json_object":
        settings["response_format"] = dict(form)
    if isinstance(settings.get("tools"), list):
        settings["tools"] = [_tool(tool) for tool in settings["tools"]]
    return settings


def _tool(tool: Any) -> Any:
    """A function of the Responses API as chat completions nest it."""
    if not isinstance(tool, Mapping) or tool.get("type") != "function" or "function" in tool:
        return tool
    inner = {key: value for key, value in tool.items() if key != "type"}
    return {"type": "function", "function": inner}


def _lost(one: Mapping[str, Any]) -> Iterator[Loss]:
    name, version = _name(one), _taken(one)
    yield from unknown_keys(one, _KEYS, f"of the prompt {name}")
    others = [str(v.get("version")) for v in one["versions"] if v is not version]
    if others:
        what = f"the versions {', '.join(others)} of {name}"
        yield Loss(what, f"version {version.get('version')} became the draft")
    prompt_id = one.get("openai_prompt_id") or one.get("id")
    if prompt_id:
        instead = "apps call get_active(...).messages(...) in place of prompt={'id': ...}"
        yield Loss(f"the id {prompt_id}", instead)
    for tool in as_list(as_mapping(version.get("config")).get("tools")):
        kind = tool.get("type") if isinstance(tool, Mapping) else tool
        if kind != "function":
            yield Loss(f"the hosted tool {kind} of {name}", "its endpoint may not offer it")
