"""A version as MLflow's prompt registry holds it, and back.

MLflow fills `{{ name }}` by a search for each name, and takes a prompt with a `{% tag %}` for a
Jinja2 template. Its versions are numbered; what it has no field for stands in tags.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from workbench.errors import DraftError
from workbench.exchange.forms.mlflow_model import config_problems, model_config, model_of
from workbench.exchange.losses import Loss
from workbench.exchange.plain_templates import (
    PlainMessage,
    Slot,
    as_jinja,
    is_written_out,
    own_features,
    read_templates,
    rereads,
)
from workbench.fingerprints import canonical_json, fingerprint
from workbench.prompts.codec import prompt_from_json, prompt_to_json
from workbench.prompts.values import JINJA2, Input, Message, Prompt
from workbench.providers.openai_chat.parameters import response_format

VERSION = "workbench.version"
PROMPT = "workbench.prompt"
CONTENT_SHA256 = "workbench.content_sha256"
"""Tags of a version. The model's configuration may be changed there: the hash shows it."""
MAX_CHARS = 100_000
"""Of a prompt's text, and of a tag."""

_TEXT, _TYPE = "mlflow.prompt.text", "_mlflow_prompt_type"
_RESPONSE, _CONFIG = "_mlflow_prompt_response_format", "_mlflow_prompt_model_config"
_CHAT = "chat"
_ALIAS = re.compile(r"[\w-]{1,255}", re.ASCII)
_RESERVED_ALIAS = re.compile(r"latest|v\d+", re.IGNORECASE)
_SLOT = re.compile(r"\{\{\s*([a-zA-Z_][a-zA-Z0-9_]*(?:\.[a-zA-Z_][a-zA-Z0-9_]*)*)\s*\}\}")
_OF_ALIAS = "env-"
_REMEDY = "only names in {{ }} are filled in there; pass the finished text as an input"


def problems(prompt: Prompt) -> list[str]:
    """Why MLflow could not hold the prompt, or would render it otherwise."""
    problems = config_problems(model_config(prompt.model))
    if _is_jinja(prompt):
        problems += _jinja_problems(prompt)
    else:
        messages, features = read_templates(prompt)
        problems += [f"{feature}: {_remedy(feature.what)}" for feature in features]
        problems += [
            f"message {number} ({message.role}): its text has {{{{ }}}} or a tag, which MLflow "
            "would take for a template: pass that text as an input"
            for number, message in enumerate(messages, 1)
            if not features and not _stays(message)
        ]
    size = len(_as_text(template_of(prompt)))
    if size > MAX_CHARS:
        problems.append(
            f"its text has {size:,} characters, and MLflow takes {MAX_CHARS:,}: shorten it"
        )
    return problems


def losses(prompt: Prompt) -> list[Loss]:
    """What MLflow has no place for in this prompt."""
    losses = []
    if PROMPT not in _own_tags(prompt):
        losses.append(Loss("inputs, tools and output names", f"too long for the tag {PROMPT}"))
    elif prompt.inputs or prompt.tools:
        losses.append(Loss("inputs and tools", f"the tag {PROMPT}"))
    if len(prompt.messages) == 1 and prompt.messages[0].role != "user":
        losses.append(Loss(f"the role {prompt.messages[0].role}", "a text without a role"))
    if not _is_jinja(prompt):
        if is_written_out(prompt):
            losses.append(Loss("comments and trimming in templates", "as they render"))
        names = {
            part.name
            for message in read_templates(prompt)[0]
            for part in message.parts
            if isinstance(part, Slot)
        }
        if len(names) > 1:
            losses.append(Loss("values are filled in at once", "MLflow fills in one after another"))
    return losses


def alias_of(environment: str, options: Mapping[str, Any]) -> str:
    """The alias of an environment: as options name it, else its name; another where that is one
    that MLflow keeps for itself or does not take.
    """
    named = dict(options.get("aliases", {})).get(environment)
    if named is not None:
        return str(named)
    alias = re.sub(r"[^\w-]", "_", environment, flags=re.ASCII)
    return f"{_OF_ALIAS}{alias}" if _RESERVED_ALIAS.fullmatch(alias) else alias


def alias_problems(environment: str, alias: str) -> list[str]:
    """Why an alias cannot be set."""
    if _ALIAS.fullmatch(alias) and not _RESERVED_ALIAS.fullmatch(alias):
        return []
    return [f"{environment} cannot have the alias {alias!r}: letters, digits, _ and - in aliases"]


def environments_by_alias(options: Mapping[str, Any]) -> dict[str, str]:
    """Environments by the aliases that options give them."""
    return {str(alias): str(name) for name, alias in dict(options.get("aliases", {})).items()}


def environment_of(alias: str, named: Mapping[str, str]) -> str:
    """The environment that an alias stands for; other aliases keep their names."""
    rest = alias.removeprefix(_OF_ALIAS)
    return named.get(alias, rest if _RESERVED_ALIAS.fullmatch(rest) else alias)


def template_of(prompt: Prompt) -> str | list[dict[str, str]]:
    """The template: a text where there is one message, else a list of role and content."""
    if _is_jinja(prompt):
        texts = [message.content for message in prompt.messages]
    else:
        messages = read_templates(prompt)[0]
        texts = [
            original.content if _is_verbatim(prompt, original, message) else message.text()
            for original, message in zip(prompt.messages, messages, strict=True)
        ]
    if len(texts) == 1:
        return texts[0]
    roles = [message.role for message in prompt.messages]
    return [{"role": r, "content": text} for r, text in zip(roles, texts, strict=True)]


def content_of(prompt: Prompt) -> dict[str, Any]:
    """What MLflow holds of it, as `version_and_content` gives it afterwards."""
    tags = _own_tags(prompt)
    content = {
        "template": template_of(prompt),
        "response_format": _response_format(prompt),
        "model_config": model_config(prompt.model) or None,
        "prompt": json.loads(tags[PROMPT]) if PROMPT in tags else None,
    }
    return {key: value for key, value in content.items() if value is not None}


def registration(prompt: Prompt, version: str, evidence: Mapping[str, str]) -> dict[str, Any]:
    """The arguments of `register_prompt`."""
    content = content_of(prompt)
    description = evidence.get("description", "")
    tags = {f"workbench.{name}": text[:MAX_CHARS] for name, text in evidence.items()}
    tags |= _own_tags(prompt)
    tags |= {VERSION: version, CONTENT_SHA256: fingerprint(content)}
    body = {
        "name": prompt.prompt_id,
        "template": content["template"],
        "commit_message": f"{version}: {description}" if description else version,
        "tags": tags,
        "response_format": content.get("response_format"),
        "model_config": content.get("model_config"),
    }
    return {key: value for key, value in body.items() if value is not None}


def version_and_content(version: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The semantic version, and the content, of a version as `mlflow_child` gives it. What is no
    JSON there stays a text.
    """
    tags = {str(key): str(value) for key, value in dict(version["tags"]).items()}
    text = tags.get(_TEXT, "")
    content: dict[str, Any] = {"template": _parsed(text) if tags.get(_TYPE) == _CHAT else text}
    for key, tag in (("response_format", _RESPONSE), ("model_config", _CONFIG), ("prompt", PROMPT)):
        if tag in tags:
            content[key] = _parsed(tags[tag])
    return tags.get(VERSION, ""), content


def prompt_of(prompt_id: str, content: Mapping[str, Any]) -> Prompt:
    """The prompt that a version over there is. What was not changed since we sent it is as it was
    here. Raises DraftError.
    """
    try:
        base = prompt_from_json(prompt_id, content["prompt"])
        ours = content_of(base)
    except (KeyError, TypeError, ValueError, AttributeError):
        base, ours = Prompt(prompt_id, ()), {}
    if content.get("template") != ours.get("template"):
        messages = _messages(prompt_id, content.get("template"), base)
        slots = {name for m in messages for name in _SLOT.findall(m.content)}
        known = {item.name for item in base.inputs}
        more = tuple(Input(name) for name in sorted(slots - known) if name.isidentifier())
        kept = tuple(item for item in base.inputs if item.name in slots)
        base = replace(base, messages=messages, template_format=JINJA2, inputs=(*kept, *more))
    if content.get("model_config") != ours.get("model_config"):
        base = replace(base, model=model_of(content.get("model_config")))
    if content.get("response_format") != ours.get("response_format"):
        base = replace(base, outputs=content.get("response_format"))
    return base


def _is_jinja(prompt: Prompt) -> bool:
    """Whether MLflow renders it by Jinja2."""
    texts = [message.content for message in prompt.messages]
    is_tagged = any("{%" in text and "%}" in text for text in texts)
    if prompt.template_format != JINJA2 or not is_tagged:
        return False
    messages, features = read_templates(prompt)
    return bool(features) or not all(map(_stays, messages))


def _jinja_problems(prompt: Prompt) -> list[str]:
    problems = []
    for number, message in enumerate(prompt.messages, 1):
        if "tojson" in message.content:
            problems.append(
                f"message {number} ({message.role}): tojson escapes for HTML there: "
                "pass the finished JSON as an input"
            )
        if message.content.endswith("\n"):
            problems.append(
                f"message {number} ({message.role}): MLflow drops its last line break: remove it"
            )
    problems += [f"{feature}: {_REMEDY}" for feature in own_features(prompt)]
    problems += [
        str(f) for f in read_templates(prompt)[1] if f.what.startswith("it does not compile")
    ]
    return problems


def _remedy(what: str) -> str:
    if what.startswith("the filter"):
        return "MLflow knows filters beside a {% tag %} alone; write {% set x = x | … %}{{ x }}"
    return _REMEDY


def _stays(message: PlainMessage) -> bool:
    text = message.text()
    return rereads(text, message.parts, _SLOT) and not ("{%" in text and "%}" in text)


def _is_verbatim(prompt: Prompt, original: Message, message: PlainMessage) -> bool:
    """Whether the text as the author wrote it means the same there."""
    return prompt.template_format == JINJA2 and rereads(original.content, message.parts, _SLOT)


def _response_format(prompt: Prompt) -> dict[str, Any] | None:
    if not prompt.outputs:
        return None
    schema: dict[str, Any] = response_format(prompt.outputs)["json_schema"]["schema"]
    plain: dict[str, Any] = json.loads(canonical_json(schema))
    return plain


def _own_tags(prompt: Prompt) -> dict[str, str]:
    """The whole prompt, where a tag can hold it."""
    body = canonical_json(prompt_to_json(prompt))
    return {PROMPT: body} if len(body) <= MAX_CHARS else {}


def _messages(prompt_id: str, template: Any, base: Prompt) -> tuple[Message, ...]:
    role = base.messages[0].role if len(base.messages) == 1 else "user"
    items = [{"role": role, "content": template}] if isinstance(template, str) else template
    is_list = isinstance(items, list) and all(
        isinstance(item, Mapping)
        and isinstance(item.get("role"), str)
        and isinstance(item.get("content"), str)
        for item in items
    )
    if not is_list or not items:
        raise DraftError(f"the template of {prompt_id} in MLflow is no list of role and content")
    is_jinja = any("{%" in item["content"] and "%}" in item["content"] for item in items)
    return tuple(
        Message(item["role"], item["content"] if is_jinja else as_jinja(item["content"], _SLOT))
        for item in items
    )


def _as_text(template: str | list[dict[str, str]]) -> str:
    return template if isinstance(template, str) else json.dumps(template)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
