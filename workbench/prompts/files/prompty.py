"""Drafts: Prompty 2 files, which are Markdown with YAML front matter and role markers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import DraftError
from workbench.prompts.files.fences import TOP
from workbench.prompts.files.front_matter import EXTENSION, Front, check, split
from workbench.prompts.files.strict_yaml import dump_yaml
from workbench.prompts.files.variants import RULE, file_name, name_problem, split_name
from workbench.prompts.revisions import least_revision, size_of
from workbench.prompts.values import (
    BRACES,
    FIRST_REVISION,
    JINJA2,
    MAX_TEXT_BYTES,
    MAX_WORDS,
    REVISION,
    Input,
    Message,
    Model,
    Prompt,
)

_MARKER = re.compile(r"[ \t]*(?:#[ \t]*)?(system|developer|user|assistant|tool)[ \t]*:[ \t]*", re.I)
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_KNOWN = {"name", "description", "model", "inputs", "outputs", "tools", "template"}
_INPUT = {"name", "kind", "required", "default", "description"}
_PARTS = ("model", "inputs")
"""Keys that `extra` keeps in part."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A `.prompty` file: its path, text and prompt."""

    path: Path
    text: str
    prompt: Prompt
    note: str = ""
    """Note about a default used for a missing value."""

    @property
    def variant(self) -> str:
        """The variant's name; empty for the draft itself."""
        return split_name(self.path.stem)[1]


def read_draft(path: Path) -> Draft:
    """The draft at `path`. Raises DraftError naming the file and the line."""
    try:
        if path.stat().st_size > MAX_TEXT_BYTES:
            raise DraftError(f"{path} is larger than {MAX_TEXT_BYTES // 1_000_000} MB")
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError as error:
        raise DraftError(f"no draft at {path}") from error
    except IsADirectoryError as error:
        raise DraftError(f"{path} is a folder, not a draft") from error
    except UnicodeDecodeError as error:
        raise DraftError(
            f"{path}: byte {error.start} is not UTF-8", hint="save it as UTF-8"
        ) from error
    except OSError as error:
        raise DraftError(f"{path}: {error.strerror}") from error
    name, variant = split_name(path.stem)
    draft = Draft(path, text, parse_prompty(text, where=str(path), default_id=name))
    if variant:
        _check_variant(draft, name)
    return draft


def _check_variant(draft: Draft, name: str) -> None:
    """Refuse a variant that cannot be named, or whose file names another prompt than its text."""
    path, prompt_id = draft.path, draft.prompt.prompt_id
    problem = name_problem(draft.variant)
    if problem:
        raise DraftError(f"{path}: {problem}", hint=f"rename the file: {RULE}")
    if prompt_id != name:
        raise DraftError(
            f"{path} is a variant of {name!r}, and its name: says {prompt_id!r}",
            hint=f"write name: {name}, or call the file {file_name(prompt_id, draft.variant)}",
        )


def parse_prompty(text: str, *, where: str = "the draft", default_id: str = "") -> Prompt:
    """Parse a Prompty file. CRLF and CR are read as LF, so that the fingerprint does not depend on
    the editor. Raises DraftError.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    front, body = split(text, where)
    check(front)
    data = front.data
    name = data.get("name", default_id)
    if not isinstance(name, str) or not _ID.fullmatch(name):
        front.refuse(
            ("name",),
            f"{name!r} is no prompt id",
            hint="lower case letters, digits, '.', '_' and '-', 100 at most",
        )
    messages = _messages(body, where)
    inputs = _inputs(front)
    template_format = _template_format(front)
    size = size_of(messages) if template_format == JINJA2 else 0
    if size > MAX_WORDS:
        raise DraftError(
            f"{where}: {size:,} words and signs stand in its tags, and {MAX_WORDS:,} may",
            hint="give long data as an input, or write it as text",
        )
    return Prompt(
        prompt_id=name,
        messages=messages,
        model=_model(front),
        inputs=inputs,
        outputs=data.get("outputs"),
        tools=data.get("tools"),
        template_format=template_format,
        revision=_revision(front, least_revision(messages, inputs, template_format)),
        description=str(data.get("description") or ""),
        extra=_extra(data),
    )


def write_prompty(prompt: Prompt) -> str:
    """The prompt as a Prompty 2 file; parsing it gives the same fingerprint."""
    data: dict[str, Any] = {"name": prompt.prompt_id}
    if prompt.description:
        data["description"] = prompt.description
    rest = dict(prompt.extra)
    parts = {key: rest.pop(key) for key in _PARTS if isinstance(rest.get(key), Mapping)}
    data |= {key if _may_stand(key) else f"{EXTENSION}{key}": rest[key] for key in rest}
    if prompt.model:
        data["model"] = {"id": prompt.model.id}
        if prompt.model.provider:
            data["model"]["provider"] = prompt.model.provider
        data["model"] |= parts.get("model", {})
        if prompt.model.options:
            data["model"]["options"] = _in_order(prompt.model.options)
    if prompt.inputs:
        more = parts.get("inputs", {})
        data["inputs"] = [_input_content(item) | more.get(item.name, {}) for item in prompt.inputs]
    for key, value in (("outputs", prompt.outputs), ("tools", prompt.tools)):
        if value is not None:
            data[key] = _in_order(value)
    form: dict[str, Any] = {"kind": prompt.template_format}
    if prompt.revision != least_revision(prompt.messages, prompt.inputs, prompt.template_format):
        form["options"] = {"revision": prompt.revision}
    data["template"] = {"format": form, "parser": {"kind": "prompty"}}
    return f"---\n{dump_yaml(data)}---\n{write_messages(prompt.messages)}"


def _may_stand(key: str) -> bool:
    return key in TOP or key.startswith(EXTENSION)


def _extra(data: Mapping[str, Any]) -> dict[str, Any]:
    """Front matter without effect: whole keys, and the rest of model and inputs."""
    extra = {key: value for key, value in data.items() if key not in _KNOWN}
    model, inputs = data.get("model"), data.get("inputs")
    if isinstance(model, Mapping):
        rest = {k: v for k, v in model.items() if k not in ("id", "provider", "options")}
        extra |= {"model": rest} if rest else {}
    if isinstance(inputs, Mapping):
        inputs = [{**v, "name": k} for k, v in inputs.items() if isinstance(v, Mapping)]
    more = {
        item["name"]: {key: value for key, value in item.items() if key not in _INPUT}
        for item in inputs or ()
        if isinstance(item, Mapping) and item.keys() - _INPUT
    }
    return extra | ({"inputs": more} if more else {})


def _revision(front: Front, least: int) -> int:
    """The template revision that the file names, but at most `least`."""
    template = front.data.get("template")
    form = template.get("format") if isinstance(template, Mapping) else None
    options = form.get("options") if isinstance(form, Mapping) else None
    named = options.get("revision", least) if isinstance(options, Mapping) else least
    if isinstance(named, bool) or named not in (FIRST_REVISION, REVISION):
        path = ("template", "format", "options", "revision")
        front.refuse(path, f"template revision {named!r} is unknown here")
    return min(int(named), least)


def _in_order(value: Any) -> Any:
    """Sort keys, so that a draft and its registered version are written identically."""
    if isinstance(value, Mapping):
        return {key: _in_order(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, (list, tuple)):
        return [_in_order(item) for item in value]
    return value


def write_messages(messages: tuple[Message, ...]) -> str:
    """The body of a Prompty file: each message under its role."""
    return "\n\n".join(f"{message.role}:\n{message.content}" for message in messages) + "\n"


def _messages(body: str, where: str) -> tuple[Message, ...]:
    messages: list[Message] = []
    role = "system"
    lines: list[str] = []
    for line in body.split("\n"):
        marker = _MARKER.fullmatch(line)
        if not marker:
            lines.append(line)
            continue
        if any(text.strip() for text in lines):
            messages.append(Message(role, _trimmed(lines)))
        elif messages or role != "system":
            messages.append(Message(role, ""))
        role, lines = marker.group(1).lower(), []
    if any(text.strip() for text in lines):
        messages.append(Message(role, _trimmed(lines)))
    if not messages:
        raise DraftError(f"{where}: the prompt has no text", hint="write a line under 'user:'")
    return tuple(messages)


def _trimmed(lines: list[str]) -> str:
    return "\n".join(lines).strip("\n")


def _model(front: Front) -> Model | None:
    data = front.data.get("model")
    if data is None:
        return None
    if isinstance(data, str):
        return Model(id=data, provider="")
    if not isinstance(data, Mapping) or not isinstance(data.get("id"), str):
        front.refuse(("model",), "model needs an id", hint="model: {id: NAME, provider: NAME}")
    options = data.get("options") or {}
    if not isinstance(options, Mapping):
        front.refuse(("model", "options"), "model.options must be a mapping")
    return Model(id=data["id"], provider=str(data.get("provider") or ""), options=dict(options))


def _inputs(front: Front) -> tuple[Input, ...]:
    data = front.data.get("inputs")
    if data is None:
        return ()
    places: list[str | int]
    if isinstance(data, Mapping):
        places = list(data)
        data = [
            {"name": name, **(value if isinstance(value, Mapping) else {"default": value})}
            for name, value in data.items()
        ]
    elif isinstance(data, list):
        places = list(range(len(data)))
    else:
        front.refuse(("inputs",), "inputs must be a list")
    inputs: dict[str, Input] = {}
    for place, item in zip(places, data, strict=True):
        made = _input(front, item, ("inputs", place))
        if made.name in inputs:
            front.refuse(("inputs", place), f"the input {made.name!r} is declared twice")
        inputs[made.name] = made
    return tuple(inputs.values())


def _input(front: Front, item: Any, path: tuple[str | int, ...]) -> Input:
    if isinstance(item, str):
        item = {"name": item}
    if not isinstance(item, Mapping) or not isinstance(item.get("name"), str):
        front.refuse(path, "an input needs a name", hint="- {name: ticket, kind: string}")
    if not item["name"].isidentifier():
        front.refuse(path, f"{item['name']!r} is no name for an input")
    default = item.get("default")
    return Input(
        name=item["name"],
        kind=str(item.get("kind") or "string"),
        required=bool(item.get("required", default is None)),
        default=default,
        description=str(item.get("description") or ""),
    )


def _input_content(item: Input) -> dict[str, Any]:
    content: dict[str, Any] = {"name": item.name, "kind": item.kind, "required": item.required}
    if item.default is not None:
        content["default"] = item.default
    if item.description:
        content["description"] = item.description
    return content


def _template_format(front: Front) -> str:
    data = front.data.get("template")
    if data is None:
        return JINJA2
    kind = data.get("format", JINJA2) if isinstance(data, Mapping) else data
    if isinstance(kind, Mapping):
        kind = kind.get("kind", JINJA2)
    if kind not in (JINJA2, BRACES):
        front.refuse(
            ("template", "format", "kind"),
            f"template format {kind!r} is not supported",
            hint=f"template: {{format: {{kind: {JINJA2}}}}}",
        )
    return str(kind)
