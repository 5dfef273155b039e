"""Langfuse's prompt management: a version of ours is a version there, an environment a label."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from workbench.errors import TargetRefused
from workbench.exchange.hosted import (
    NOTE,
    SLOT,
    as_stored,
    headline,
    is_version_label,
    messages_of,
    note_of,
    restored,
    settings_of,
    version_in,
    version_label,
    with_evidence,
    without_evidence,
)
from workbench.exchange.hosted_rules import Rules, losses_of, problems_of
from workbench.exchange.http_json import OPTIONS, JsonService, connected
from workbench.exchange.losses import Loss
from workbench.exchange.mustache import LANGFUSE
from workbench.exchange.targets.base import Destination, Export, Held, Sent, Takes
from workbench.prompts.values import BRACES, ROLES, Prompt
from workbench.typed_options import Option

CLOUD = "https://cloud.langfuse.com"
RULES = Rules(
    syntax=LANGFUSE,
    roles=ROLES,
    name=re.compile(r"(?!(?:new|metrics)$)[^|<>]{1,255}"),
    pointer=re.compile(r"[a-z0-9_.-]{1,36}"),
    words="up to 36 small letters, digits, _, - and . for a label, and no prompt called new",
    reserved=frozenset({"latest"}),
)
_PROMPTS = "/api/public/v2/prompts"
_COMPOSED = "@@@langfusePrompt:"
_MESSAGE_CHARS = 500
_PAGE = 100


class LangfuseTarget:
    """See `PointerTarget`."""

    summary = "An approved version to Langfuse, with a label for each environment."
    takes = Takes.VERSION
    options: Mapping[str, Option] = {
        "public_key_env": Option("LANGFUSE_PUBLIC_KEY", "variable that holds the public key"),
        "secret_key_env": Option("LANGFUSE_SECRET_KEY", "variable that holds the secret key"),
        "prefix": Option("", "folder that prompts are put in, such as team/"),
        **OPTIONS,
    }

    def refuses(self, export: Export, destination: Destination) -> Sequence[str]:
        assert export.prompt is not None
        name = _name(export.prompt.prompt_id, destination)
        problems = list(problems_of(export, RULES, name))
        if any(_COMPOSED in message.content for message in export.prompt.messages):
            problems.append(f"Langfuse replaces {_COMPOSED}…@@@ in a text: write it otherwise")
        return problems

    def loses(self, export: Export) -> Sequence[Loss]:
        assert export.prompt is not None
        return (
            Loss(
                "the version's number",
                f"the label {version_label(export.version)}, which can be moved there",
            ),
            Loss("the label latest", "Langfuse itself moves it to what is sent last"),
            *losses_of(export, RULES, export.prompt.prompt_id),
        )

    def content(self, export: Export) -> Mapping[str, Any]:
        body = wire_body(export)
        return _content(body.get("type", "text"), body["prompt"], body["config"])

    def read_back(self, export: Export, destination: Destination) -> Held | None:
        assert export.prompt is not None
        name = _name(export.prompt.prompt_id, destination)
        return _version(destination, name, label=version_label(export.version))

    def send(self, export: Export, destination: Destination) -> Sent:
        assert export.prompt is not None
        name = _name(export.prompt.prompt_id, destination)
        with _service(destination) as service:
            created = service.call("POST", _PROMPTS, body=wire_body(export, name)).data
            held = held_of(created, service)
        return Sent(f"{service.address}, {name} version {held.ref}", ref=held.ref)

    def pointers(self, prompt_id: str, destination: Destination) -> Mapping[str, str]:
        name = _name(prompt_id, destination)
        with _service(destination) as service:
            labelled = {label: _get(service, name, label=label) for label in _labels(service, name)}
        return {label: held.ref for label, held in labelled.items() if held is not None}

    def point(
        self, prompt_id: str, environment: str, ref: str | None, destination: Destination
    ) -> None:
        name = _name(prompt_id, destination)
        if ref is not None:
            path = f"{_PROMPTS}/{quote(name, safe='')}/versions/{quote(ref, safe='')}"
            with _service(destination) as service:
                service.call("PATCH", path, body={"newLabels": [environment]})
        elif (held := _version(destination, name, label=environment)) is not None:
            raise TargetRefused(
                f"Langfuse's API cannot take the label {environment} from {name}"
                f" version {held.ref}",
                hint="remove it in Langfuse's screens",
            )

    def held(self, prompt_id: str, ref: str, destination: Destination) -> Held | None:
        return _version(destination, _name(prompt_id, destination), version=ref)

    def newest(self, prompt_id: str, destination: Destination) -> Held | None:
        return _version(destination, _name(prompt_id, destination), label="latest")

    def prompt(self, prompt_id: str, held: Held) -> Prompt:
        content = held.content
        text = content["prompt"]
        messages = [("user", text)] if isinstance(text, str) else _messages(text)
        note = content.get(NOTE)
        return restored(prompt_id, messages, content["config"], note, RULES.syntax)


KIND = LangfuseTarget()


def wire_body(export: Export, name: str = "") -> dict[str, Any]:
    """The body that creates the version, with a label for the version alone."""
    prompt = export.prompt
    assert prompt is not None
    is_text = prompt.template_format == BRACES and [m.role for m in prompt.messages] == ["user"]
    messages = messages_of(prompt, RULES.syntax)
    return {
        "name": name or prompt.prompt_id,
        **({} if is_text else {"type": "chat"}),
        "prompt": messages[0][1] if is_text else [_entry(*message) for message in messages],
        "config": {**settings_of(prompt), NOTE: with_evidence(note_of(export), export)},
        "labels": [version_label(export.version)],
        "commitMessage": headline(export, _MESSAGE_CHARS),
    }


def _entry(role: Any, text: Any) -> dict[str, Any]:
    if role == SLOT:
        return {"type": "placeholder", "name": text}
    return {"role": role, "content": text}


def _messages(entries: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Role and text of each message, as far as it has them; SLOT and the name of a placeholder."""
    for entry in entries:
        fields = entry if isinstance(entry, Mapping) else {}
        if fields.get("type") == "placeholder":
            yield SLOT, fields.get("name")
        else:
            yield fields.get("role"), fields.get("content")


def _content(kind: Any, prompt: Any, config: Any) -> dict[str, Any]:
    """What is compared; the type of a message, which some releases add, is left out."""
    if isinstance(prompt, list):
        prompt = [_entry(*message) for message in _messages(prompt)]
    note = {}
    if isinstance(config, Mapping) and NOTE in config:
        note = {NOTE: without_evidence(config[NOTE])}
        config = {key: value for key, value in config.items() if key != NOTE}
    return {"type": kind, "prompt": prompt, "config": as_stored(config), **note}


def held_of(data: Any, service: JsonService) -> Held:
    """A version as the API gives it. Raises TargetError for JSON of another form."""
    if (
        not isinstance(data, Mapping)
        or not isinstance(data.get("version"), int)
        or not isinstance(data.get("prompt"), (str, list))
    ):
        raise service.unexpected("a prompt's version")
    content = _content(data.get("type", "text"), data["prompt"], data.get("config"))
    return Held(str(data["version"]), version_in(content.get(NOTE)), content)


def _name(prompt_id: str, destination: Destination) -> str:
    return f"{destination.options.get('prefix', '')}{prompt_id}"


def _service(destination: Destination) -> JsonService:
    public, secret = destination.secret("public_key_env"), destination.secret("secret_key_env")
    token = base64.b64encode(f"{public}:{secret}".encode()).decode()
    names = [str(destination.options.get(key)) for key in ("public_key_env", "secret_key_env")]
    return connected(
        destination,
        CLOUD,
        {"Authorization": f"Basic {token}"},
        (public, secret, token),
        f"check ${names[0]} and ${names[1]}, and that uri is the region of that project",
    )


def _version(destination: Destination, name: str, **which: str) -> Held | None:
    with _service(destination) as service:
        return _get(service, name, **which)


def _get(service: JsonService, name: str, **which: str) -> Held | None:
    """One version, by its number or a label; None where it is not there."""
    path = f"{_PROMPTS}/{quote(name, safe='')}"
    reply = service.call("GET", path, params=which, expect=(404,))
    return None if reply.status == 404 else held_of(reply.data, service)


def _labels(service: JsonService, name: str) -> list[str]:
    """A prompt's labels but those of versions and `latest`."""
    params = {"name": name, "limit": _PAGE}
    data = service.call("GET", _PROMPTS, params=params).data
    rows = data.get("data") if isinstance(data, Mapping) else None
    if not isinstance(rows, list):
        raise service.unexpected("a list of prompts")
    own = [row for row in rows if isinstance(row, Mapping) and row.get("name") == name]
    labels = [label for row in own for label in row.get("labels") or () if isinstance(label, str)]
    usual = [label for label in labels if label != "latest" and not is_version_label(label)]
    return list(dict.fromkeys(usual))
