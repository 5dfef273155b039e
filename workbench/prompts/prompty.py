"""Drafts: Prompty 2 files, which are Markdown with YAML front matter and role markers."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import DraftError
from workbench.prompts.strict_yaml import dump_yaml, parse_yaml
from workbench.prompts.values import BRACES, JINJA2, Input, Message, Model, Prompt

MAX_BYTES = 10_000_000
_FRONT = re.compile(r"\A---[ \t]*\n(.*?\n)?---[ \t]*(?:\n|\Z)", re.DOTALL)
_MARKER = re.compile(r"[ \t]*#?[ \t]*(system|developer|user|assistant|tool)[ \t]*:[ \t]*", re.I)
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_KNOWN = {"name", "description", "model", "inputs", "outputs", "tools", "template"}


@dataclass(frozen=True, slots=True)
class Draft:
    """A `.prompty` file as it stands: where, its text, and the prompt it says."""

    path: Path
    text: str
    prompt: Prompt


def read_draft(path: Path) -> Draft:
    """The draft at `path`. Raises DraftError naming the file and the line."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DraftError(f"{path} is larger than {MAX_BYTES // 1_000_000} MB")
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
    return Draft(path, text, parse_prompty(text, where=str(path), default_id=path.stem))


def parse_prompty(text: str, *, where: str = "the draft", default_id: str = "") -> Prompt:
    """The prompt that a Prompty file says. CRLF and CR count as LF, so the fingerprint does not
    depend on the editor. Raises DraftError.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    front = _FRONT.match(text)
    data = parse_yaml(front.group(1) or "", where) if front else {}
    body = text[front.end() :] if front else text
    if not isinstance(data, Mapping):
        raise DraftError(f"{where}: the front matter must be a mapping")
    _refuse_what_json_lacks(data, where)
    _refuse_first_dialect(data, where)
    name = data.get("name", default_id)
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise DraftError(
            f"{where}: {name!r} is no prompt id",
            hint="lower case letters, digits, '.', '_' and '-', 100 at most",
        )
    return Prompt(
        prompt_id=name,
        messages=_messages(body, where),
        model=_model(data.get("model"), where),
        inputs=_inputs(data.get("inputs"), where),
        outputs=data.get("outputs"),
        tools=data.get("tools"),
        template_format=_template_format(data.get("template"), where),
        description=str(data.get("description") or ""),
        extra={key: value for key, value in data.items() if key not in _KNOWN},
    )


def write_prompty(prompt: Prompt) -> str:
    """A Prompty 2 file that says this prompt; parsing it gives the same fingerprint."""
    data: dict[str, Any] = {"name": prompt.prompt_id}
    if prompt.description:
        data["description"] = prompt.description
    data.update(prompt.extra)
    if prompt.model:
        data["model"] = {"id": prompt.model.id, "provider": prompt.model.provider}
        if prompt.model.options:
            data["model"]["options"] = _in_order(prompt.model.options)
    if prompt.inputs:
        data["inputs"] = [_input_content(item) for item in prompt.inputs]
    for key, value in (("outputs", prompt.outputs), ("tools", prompt.tools)):
        if value is not None:
            data[key] = _in_order(value)
    data["template"] = {"format": {"kind": prompt.template_format}, "parser": {"kind": "prompty"}}
    return f"---\n{dump_yaml(data)}---\n{write_messages(prompt.messages)}"


def _in_order(value: Any) -> Any:
    """Keys sorted, so that a draft and its registered version are written alike."""
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


def _model(data: Any, where: str) -> Model | None:
    if data is None:
        return None
    if isinstance(data, str):
        return Model(id=data)
    if not isinstance(data, Mapping) or not isinstance(data.get("id"), str):
        raise DraftError(f"{where}: model needs an id", hint="model: {id: NAME, provider: NAME}")
    options = data.get("options") or {}
    if not isinstance(options, Mapping):
        raise DraftError(f"{where}: model.options must be a mapping")
    return Model(
        id=data["id"], provider=str(data.get("provider") or "local"), options=dict(options)
    )


def _inputs(data: Any, where: str) -> tuple[Input, ...]:
    if data is None:
        return ()
    if isinstance(data, Mapping):
        data = [
            {"name": name, **(value if isinstance(value, Mapping) else {"default": value})}
            for name, value in data.items()
        ]
    if not isinstance(data, list):
        raise DraftError(f"{where}: inputs must be a list")
    inputs = tuple(_input(item, where) for item in data)
    names = [item.name for item in inputs]
    for name in names:
        if names.count(name) > 1:
            raise DraftError(f"{where}: the input {name!r} is declared twice")
    return inputs


def _input(item: Any, where: str) -> Input:
    if isinstance(item, str):
        item = {"name": item}
    if not isinstance(item, Mapping) or not isinstance(item.get("name"), str):
        raise DraftError(f"{where}: an input needs a name", hint="- {name: ticket, kind: string}")
    if not item["name"].isidentifier():
        raise DraftError(f"{where}: {item['name']!r} is no name for an input")
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


def _template_format(data: Any, where: str) -> str:
    if data is None:
        return JINJA2
    kind = data.get("format", JINJA2) if isinstance(data, Mapping) else data
    if isinstance(kind, Mapping):
        kind = kind.get("kind", JINJA2)
    if kind not in (JINJA2, BRACES):
        raise DraftError(
            f"{where}: template format {kind!r} is not supported",
            hint=f"template: {{format: {{kind: {JINJA2}}}}}",
        )
    return str(kind)


def _refuse_what_json_lacks(value: Any, where: str, path: str = "") -> None:
    """A version is stored as JSON, which has no NaN, no binary and no half surrogate pairs."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            _refuse_what_json_lacks(key, where, path)
            _refuse_what_json_lacks(item, where, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for item in value:
            _refuse_what_json_lacks(item, where, path)
    elif isinstance(value, float) and not math.isfinite(value):
        raise DraftError(f"{where}: {path} is no number that can be stored")
    elif isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise DraftError(f"{where}: {path} has half of a surrogate pair") from error
    elif not isinstance(value, (bool, int, float, type(None))):
        raise DraftError(f"{where}: {path} is {type(value).__name__}, which cannot be stored")


def _refuse_first_dialect(data: Mapping[str, Any], where: str) -> None:
    model = data.get("model")
    if "sample" in data or (
        isinstance(model, Mapping) and ("configuration" in model or "parameters" in model)
    ):
        raise DraftError(
            f"{where} is a Prompty 1 file: model.configuration, model.parameters and sample have "
            "other names now",
            hint="use model.id, model.options and inputs[].default",
        )
