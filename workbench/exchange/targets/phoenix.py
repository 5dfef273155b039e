"""Arize Phoenix's prompts: a version of ours is a version there, an environment a tag."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self
from urllib.parse import quote

from workbench.errors import DraftError
from workbench.exchange.hosted import (
    NOTE,
    SLOT,
    as_stored,
    headline,
    is_of,
    messages_of,
    note_of,
    restored,
    settings_of,
    version_in,
    with_evidence,
    without_evidence,
)
from workbench.exchange.hosted_rules import Rules, losses_of, problems_of, without_dots
from workbench.exchange.http_json import OPTIONS, JsonService, connected
from workbench.exchange.losses import Loss
from workbench.exchange.mustache import PHOENIX
from workbench.exchange.targets.base import Destination, Export, Held, Sent, Takes
from workbench.prompts.values import Prompt
from workbench.typed_options import Option

LOCAL = "http://localhost:6006"
_IDENTIFIER = re.compile(r"[a-z0-9]([_a-z0-9-]*[a-z0-9])?")
RULES = Rules(
    syntax=PHOENIX,
    roles=("system", "developer", "user", "assistant"),
    name=_IDENTIFIER,
    pointer=_IDENTIFIER,
    words="small letters, digits, _ and -, a letter or digit first and last",
    rename=without_dots,
)
_PROVIDERS = {"azure": "AZURE_OPENAI", "deepseek": "DEEPSEEK", "xai": "XAI", "ollama": "OLLAMA"}
"""Providers that Phoenix knows and that speak OpenAI's API; every other is called OPENAI."""
_OPENAI = "OPENAI"
_PARAMETERS = frozenset(
    {"temperature", "max_completion_tokens", "top_p", "seed", "frequency_penalty"}
    | {"presence_penalty", "stop", "reasoning_effort"}
)
_EXTRA = "extra_body"
_TITLE_CHARS = 300
_PAGE = 100
_PAGES = 100


class PhoenixTarget:
    """See `PointerTarget`."""

    summary = "An approved version to Arize Phoenix, with a tag for each environment."
    takes = Takes.VERSION
    options: Mapping[str, Option] = {
        "api_key_env": Option("", "variable that holds the API key; empty: no key"),
        **OPTIONS,
    }

    def refuses(self, export: Export, destination: Destination) -> Sequence[str]:
        del destination
        prompt = export.prompt
        assert prompt is not None
        problems = list(problems_of(export, RULES, without_dots(prompt.prompt_id)))
        if prompt.model is None:
            problems.append("Phoenix holds no prompt without a model: name one in the draft")
        if any(message.role == SLOT for message in prompt.messages):
            problems.append("Phoenix has no place between messages for others: pass them as text")
        return problems

    def loses(self, export: Export) -> Sequence[Loss]:
        prompt = export.prompt
        assert prompt is not None
        losses = [Loss("the version's number, author and evidence", "the version's description")]
        provider = prompt.model.provider if prompt.model else ""
        if _provider(provider) == _OPENAI and provider.lower() != "openai":
            losses.append(Loss(f"the provider {provider or '(none)'}", "it is OPENAI there"))
        if len({item.name for item in prompt.inputs}) > 1:
            losses.append(
                Loss(
                    "a value with {{x}} in it as plain text",
                    "Phoenix's client fills in one variable after the other",
                )
            )
        return (*losses, *losses_of(export, RULES, without_dots(prompt.prompt_id)))

    def content(self, export: Export) -> Mapping[str, Any]:
        return _content(wire_body(export)["version"])

    def read_back(self, export: Export, destination: Destination) -> Held | None:
        assert export.prompt is not None
        with _Prompts(export.prompt.prompt_id, destination) as prompts:
            own = (held for held in prompts.versions() if is_of(held.content.get(NOTE), export))
            return next(own, None)

    def send(self, export: Export, destination: Destination) -> Sent:
        assert export.prompt is not None
        with _Prompts(export.prompt.prompt_id, destination) as prompts:
            reply = prompts.service.call("POST", "/v1/prompts", body=wire_body(export))
            held = held_of(reply.data, prompts.service)
        return Sent(f"{prompts.service.address}, {prompts.name} version {held.ref}", ref=held.ref)

    def pointers(self, prompt_id: str, destination: Destination) -> Mapping[str, str]:
        with _Prompts(prompt_id, destination) as prompts:
            refs = [held.ref for held in prompts.versions()]
            return {tag: ref for ref in reversed(refs) for tag in prompts.tags(ref)}

    def point(
        self, prompt_id: str, environment: str, ref: str | None, destination: Destination
    ) -> None:
        tag = quote(environment, safe="")
        with _Prompts(prompt_id, destination) as prompts:
            if ref is not None:
                body = {"name": environment, "description": f"live in {environment}"}
                # Setting a tag moves it, so that a second time does nothing more.
                path = f"/v1/prompt_versions/{quote(ref, safe='')}/tags"
                prompts.service.call("POST", path, body=body, repeatable=True)
            elif (tagged := prompts.get(f"/v1/prompts/{prompts.name}/tags/{tag}")) is not None:
                path = f"/v1/prompt_versions/{quote(tagged.ref, safe='')}/tags/{tag}"
                prompts.service.call("DELETE", path, expect=(404,))

    def held(self, prompt_id: str, ref: str, destination: Destination) -> Held | None:
        with _Prompts(prompt_id, destination) as prompts:
            return prompts.get(f"/v1/prompt_versions/{quote(ref, safe='')}")

    def newest(self, prompt_id: str, destination: Destination) -> Held | None:
        with _Prompts(prompt_id, destination) as prompts:
            return prompts.get(f"/v1/prompts/{prompts.name}/latest")

    def prompt(self, prompt_id: str, held: Held) -> Prompt:
        content = held.content
        if content.get("format") not in ("MUSTACHE", "NONE"):
            raise DraftError(
                f"{prompt_id} at Phoenix has a {content.get('format')} template",
                hint="choose mustache there",
            )
        messages = [(message["role"], message["content"]) for message in content["messages"]]
        return restored(prompt_id, messages, content["config"], content.get(NOTE), RULES.syntax)


KIND = PhoenixTarget()


def wire_body(export: Export) -> dict[str, Any]:
    """The body that creates the version, and the prompt where it is not there."""
    prompt = export.prompt
    assert prompt is not None
    settings = settings_of(prompt)
    model = settings.pop("model", "")
    tools, form = _taken(settings)
    openai = {key: value for key, value in settings.items() if key in _PARAMETERS}
    if isinstance(openai.get("stop"), str):
        openai["stop"] = [openai["stop"]]
    extra = {key: value for key, value in settings.items() if key not in _PARAMETERS}
    provider = _provider(prompt.model.provider if prompt.model else "")
    kind = provider.lower()
    note = with_evidence(note_of(export), export)
    return {
        "prompt": {
            "name": without_dots(prompt.prompt_id),
            **({"description": prompt.description} if prompt.description else {}),
        },
        "version": {
            "model_provider": provider,
            "model_name": model,
            "template": {
                "type": "chat",
                "messages": [
                    {"role": role, "content": text}
                    for role, text in messages_of(prompt, RULES.syntax)
                ],
            },
            "template_type": "CHAT",
            "template_format": "MUSTACHE",
            "invocation_parameters": {
                "type": kind,
                kind: {**openai, **({_EXTRA: extra} if extra else {})},
            },
            **tools,
            **form,
            "description": f"{headline(export, _TITLE_CHARS)}\n\n{_json(note)}",
        },
    }


def _taken(settings: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Tools and response format where Phoenix has a place for them; taken out of the settings."""
    tools, form = settings.get("tools"), settings.get("response_format")
    taken_tools, taken_form = {}, {}
    if tools and all(tool.get("type") == "function" for tool in tools):
        taken_tools = {"tools": {"type": "tools", "tools": settings.pop("tools")}}
    if isinstance(form, Mapping) and form.get("type") == "json_schema":
        taken_form = {"response_format": settings.pop("response_format")}
    return taken_tools, taken_form


def _content(data: Mapping[str, Any]) -> dict[str, Any]:
    """What is compared: in OpenAI's words, however the server completes what it was sent."""
    template = data.get("template")
    listed = template.get("messages") if isinstance(template, Mapping) else None
    parameters = data.get("invocation_parameters")
    parameters = parameters if isinstance(parameters, Mapping) else {}
    given = parameters.get(str(parameters.get("type")))
    own = dict(given) if isinstance(given, Mapping) else {}
    extra = own.pop(_EXTRA, None)
    tools = data.get("tools")
    settings = {
        "model": data.get("model_name"),
        **own,
        **(extra if isinstance(extra, Mapping) else {}),
        **({"tools": tools.get("tools")} if isinstance(tools, Mapping) else {}),
        **({"response_format": data["response_format"]} if data.get("response_format") else {}),
    }
    title, note = _note(data)
    content = {
        "model_provider": data.get("model_provider"),
        "messages": [_message(item) for item in listed if isinstance(item, Mapping)]
        if isinstance(listed, list)
        else [],
        "format": data.get("template_format"),
        "config": settings,
        **({"description": title} if note is None else {NOTE: without_evidence(note)}),
    }
    return {key: as_stored(value) for key, value in content.items()}


def _message(item: Mapping[str, Any]) -> dict[str, Any]:
    """Role and text; one text part is that text, and Phoenix's `ai` is the assistant."""
    content = item.get("content")
    if isinstance(content, list) and len(content) == 1 and isinstance(content[0], Mapping):
        content = content[0].get("text", content)
    role = item.get("role")
    return {"role": "assistant" if role in ("ai", "model") else role, "content": content}


def _note(data: Mapping[str, Any]) -> tuple[str, Any]:
    """The title of a version's description, and the note below it, or None."""
    description = data.get("description")
    title, _, last = str(description or "").rpartition("\n")
    try:
        note = json.loads(last)
    except (ValueError, RecursionError):
        note = None
    if isinstance(note, Mapping) and isinstance(note.get(NOTE), Mapping):
        return title.strip(), note[NOTE]
    return str(description or ""), None


def _json(note: Mapping[str, Any]) -> str:
    return json.dumps({NOTE: note}, ensure_ascii=False, separators=(",", ":"))


def held_of(data: Any, service: JsonService) -> Held:
    """A version as the API gives it. Raises TargetError for JSON of another form."""
    version = data.get("data") if isinstance(data, Mapping) else None
    if not isinstance(version, Mapping) or not version.get("id") or "template" not in version:
        raise service.unexpected("a prompt's version")
    content = _content(version)
    return Held(str(version["id"]), version_in(content.get(NOTE)), content)


def _provider(name: str) -> str:
    return _PROVIDERS.get(name.lower(), _OPENAI)


class _Prompts:
    """One prompt at Phoenix."""

    def __init__(self, prompt_id: str, destination: Destination) -> None:
        key = destination.secret("api_key_env")
        variable = destination.options.get("api_key_env")
        self.service: JsonService = connected(
            destination,
            LOCAL,
            {"Authorization": f"Bearer {key}"} if key else {},
            (key,) if key else (),
            f"check ${variable}" if variable else 'set options.api_key_env = "PHOENIX_API_KEY"',
        )
        self.name = quote(without_dots(prompt_id), safe="")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.service.__exit__()

    def get(self, path: str) -> Held | None:
        """A version; None where it is not there, or its id is none of Phoenix's."""
        reply = self.service.call("GET", path, expect=(404, 422))
        return None if reply.status in (404, 422) else held_of(reply.data, self.service)

    def versions(self) -> Iterator[Held]:
        """The versions, the newest first."""
        for data in self._pages(f"/v1/prompts/{self.name}/versions", "versions"):
            yield held_of({"data": data}, self.service)

    def tags(self, ref: str) -> Iterator[str]:
        for data in self._pages(f"/v1/prompt_versions/{quote(ref, safe='')}/tags", "tags"):
            if isinstance(data, Mapping) and isinstance(data.get("name"), str):
                yield data["name"]

    def _pages(self, path: str, what: str) -> Iterator[Any]:
        cursor = None
        for _ in range(_PAGES):
            params = {"limit": _PAGE, **({"cursor": cursor} if cursor else {})}
            reply = self.service.call("GET", path, params=params, expect=(404,))
            if reply.status == 404:
                return
            rows = reply.data.get("data") if isinstance(reply.data, Mapping) else None
            if not isinstance(rows, list):
                raise self.service.unexpected(f"a list of {what}")
            yield from rows
            cursor = reply.data.get("next_cursor")
            if not cursor:
                return
