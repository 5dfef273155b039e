"""What the hosted registries have in common: settings in OpenAI's words, what travels along, and
the way back to a prompt.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from workbench.errors import DraftError, WorkbenchError
from workbench.exchange.mustache import Syntax, converted, to_braces, to_jinja
from workbench.exchange.targets.base import Export
from workbench.exchange.travelling import evidence_in_short
from workbench.fingerprints import canonical_json
from workbench.prompts.codec import prompt_from_json, prompt_to_json
from workbench.prompts.files.options import NAMES
from workbench.prompts.revisions import least_revision
from workbench.prompts.values import BRACES, JINJA2, ROLES, Message, Model, Prompt
from workbench.providers.base import Request
from workbench.providers.openai_chat.parameters import api_options
from workbench.providers.options import build_request

NOTE = "workbench"
"""Key of what travels along in a registry's metadata."""
EVIDENCE = "evidence"
"""Key in it of what may change later, and is not compared."""
SLOT = "slot"
"""Role of a place for the messages of an input; its content is the input's name."""

_NOTED = ("prompt_id", "version", "fingerprint")
EXACT = 2**53
"""Whole numbers up to this one survive JavaScript."""
_PROMPTY = {api: name for name, api in reversed(NAMES.items())}


def version_label(version: str) -> str:
    """A version as a label: `v1.2.0`, in the letters and the length that registries allow."""
    return re.sub(r"[^a-z0-9_.-]", "_", f"v{version.lower()}")[:36]


def is_version_label(label: str) -> bool:
    return re.match(r"v[0-9]+\.", label) is not None


def headline(export: Export, limit: int) -> str:
    """`1.2.0: description`, for a commit's message."""
    description = " ".join(export.prompt.description.split()) if export.prompt else ""
    text = f"{export.version}: {description}" if description else export.version
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def messages_of(prompt: Prompt, syntax: Syntax) -> list[tuple[str, str]]:
    """Role and template of each message in the registry's syntax; of a slot, SLOT and its name."""
    return [
        (
            m.role,
            m.content
            if m.role == SLOT
            else converted(m.content, prompt.template_format, syntax)[0],
        )
        for m in prompt.messages
    ]


def settings_of(prompt: Prompt) -> dict[str, Any]:
    """Model, parameters, response format and tools, as OpenAI's API calls them."""
    if prompt.model is None:
        request = Request("", (), outputs=prompt.outputs, tools=prompt.tools)
        return _stored_mapping(api_options(request))
    request = build_request(prompt, ())
    return _stored_mapping({"model": request.model, **api_options(request)})


def note_of(export: Export) -> dict[str, Any]:
    """What travels along: version, fingerprint, and as canonical JSON what a registry has no
    place for. A text, as numbers would change their spelling on the way.
    """
    assert export.prompt is not None
    artefact = prompt_to_json(export.prompt)
    del artefact["messages"]
    return {
        "prompt_id": export.prompt.prompt_id,
        "version": export.version,
        "fingerprint": export.prompt.fingerprint,
        "artefact": canonical_json(artefact),
    }


def with_evidence(note: Mapping[str, Any], export: Export) -> dict[str, Any]:
    """The note with the evidence in short, which is no part of the content."""
    short = evidence_in_short(export)
    return {**note, EVIDENCE: {k: text for k, text in short.items() if k not in _NOTED}}


def without_evidence(note: Any) -> Any:
    """The note as it is compared."""
    if not isinstance(note, Mapping):
        return note
    return {key: value for key, value in note.items() if key != EVIDENCE}


def version_in(note: Any) -> str:
    """The semantic version that a note says; empty where it says none."""
    version = note.get("version") if isinstance(note, Mapping) else None
    return version if isinstance(version, str) else ""


def is_of(note: Any, export: Export) -> bool:
    """Whether a note is of this prompt's version."""
    ours = (export.prompt.prompt_id if export.prompt else "", export.version)
    return isinstance(note, Mapping) and (note.get("prompt_id"), version_in(note)) == ours


def _stored_mapping(values: Mapping[str, Any]) -> dict[str, Any]:
    return {str(key): as_stored(item) for key, item in values.items()}


def as_stored(value: Any) -> Any:
    """JSON as a registry gives it back: 1.0 is 1, and a tuple a list."""
    if isinstance(value, Mapping):
        return _stored_mapping(value)
    if isinstance(value, (list, tuple)):
        return [as_stored(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) <= EXACT:
        return int(value)
    return value


def restored(
    prompt_id: str,
    pairs: Iterable[tuple[Any, Any]],
    settings: Any,
    note: Any,
    syntax: Syntax,
) -> Prompt:
    """The prompt that a registry holds: role and template of each message, model and parameters,
    and our note. What was not changed there is as it left: the note has it.

    Raises DraftError for a template or a role that no draft can hold.
    """
    original = _original(prompt_id, note)
    settings = settings if isinstance(settings, Mapping) else {}
    messages = list(pairs)
    for role, text in messages:
        if role not in (SLOT, *ROLES):
            raise DraftError(f"{prompt_id} at {syntax.service} has a message of the role {role!r}")
        if not isinstance(text, str):
            raise DraftError(f"{prompt_id} at {syntax.service} has a message that is no text")
    template_format, texts = _templates(messages, original, syntax)
    roles = [role for role, _ in messages]
    template = tuple(Message(role, text) for role, text in zip(roles, texts, strict=True))
    base = original or Prompt(prompt_id, ())
    if original is None or as_stored(settings) != settings_of(original):
        base = _with_settings(base, settings)
    prompt = replace(base, messages=template, template_format=template_format)
    if isinstance(note, Mapping) and prompt.fingerprint == note.get("fingerprint"):
        return prompt
    return replace(prompt, revision=least_revision(template, prompt.inputs, template_format))


def _templates(
    messages: Sequence[tuple[str, str]], original: Prompt | None, syntax: Syntax
) -> tuple[str, list[str]]:
    """The template format, and each message's template; of a slot, its name."""
    if original is not None and original.template_format == BRACES:
        braces = [to_braces(text, syntax) for _, text in messages]
        if None not in braces:
            return BRACES, [text for text in braces if text is not None]
    return JINJA2, [text if role == SLOT else to_jinja(text, syntax) for role, text in messages]


def _original(prompt_id: str, note: Any) -> Prompt | None:
    """The prompt in the note, without messages; None where the note has none."""
    artefact = note.get("artefact") if isinstance(note, Mapping) else None
    if not isinstance(artefact, str):
        return None
    try:
        original = prompt_from_json(prompt_id, {**json.loads(artefact), "messages": []})
        settings_of(original)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, WorkbenchError):
        return None  # somebody changed it there
    return original


def _with_settings(prompt: Prompt, settings: Mapping[str, Any]) -> Prompt:
    """The prompt with the model, parameters, response format and tools of a registry."""
    rest = dict(settings)
    model_id = rest.pop("model", None)
    tools, form = rest.pop("tools", None), rest.pop("response_format", None)
    schema = form.get("json_schema") if isinstance(form, Mapping) else None
    outputs = schema.get("schema") if isinstance(schema, Mapping) else None
    if form is not None and outputs is None:
        rest["response_format"] = form
    options = {_PROMPTY.get(NAMES.get(name, name), name): rest[name] for name in rest}
    provider = prompt.model.provider if prompt.model else ""
    model = Model(str(model_id), provider, options) if model_id else None
    return replace(prompt, model=model, outputs=outputs, tools=tools)
