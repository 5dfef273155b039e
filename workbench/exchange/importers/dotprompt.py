"""Google's Dotprompt: front matter with Picoschema, and a body in Handlebars."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from workbench.errors import DraftError
from workbench.exchange.forms import dotprompt, front_matter
from workbench.exchange.forms.foreign import (
    each_prompt,
    model_named,
    prompt_id_of,
    text_of,
    unknown_keys,
    with_inputs,
)
from workbench.exchange.forms.picoschema import json_schema
from workbench.exchange.importers.base import Imported
from workbench.exchange.losses import Loss
from workbench.exchange.plain_templates import quoted
from workbench.prompts.values import SLOT, Input, Message, Model, Prompt

_KEYS = ("name", "description", "model", "config", "input", "output", "toolDefs", "version")
_LOST = {
    "tools": "write their definitions under tools",
    "variant": "--as NAME@VARIANT",
    "raw": "kept nowhere",
}
_ROLES = {"model": "assistant", "system": "system", "user": "user"}
_TAG = re.compile(r"(\\*)\{\{\{?(~?)(!--.*?--|[^{}]*?)(~?)\}?\}\}", re.DOTALL)
_ROLE = re.compile(r'role\s+"(\w+)"')
_JSON = re.compile(r"json\s+([A-Za-z_]\w*)")
_NAME = re.compile(r"(?:this\.)?([A-Za-z_]\w*)")
_KINDS = ("string", "integer", "number", "boolean", "array", "object")


class DotpromptImporter:
    """See `Importer`."""

    summary = "A .prompt file of Dotprompt, with a body in Handlebars."
    suffixes = (dotprompt.SUFFIX,)

    def recognizes(self, path: Path) -> bool:
        return path.suffix == dotprompt.SUFFIX

    def read(self, path: Path) -> Imported:
        content = front_matter.read(text_of(path))
        front = content["front"]
        name = str(front.get("name") or path.stem)
        prompts, losses = each_prompt([(name, content)], _prompt, str(path))
        own = [
            key for key in front if str(key).startswith(("ext", dotprompt.OWN)) or "." in str(key)
        ]
        losses += unknown_keys(front, (*_KEYS, *_LOST, *own), "of the front matter")
        losses += [Loss(key, instead) for key, instead in _LOST.items() if front.get(key)]
        return Imported(prompts, tuple(losses))


KIND = DotpromptImporter()


def _prompt(name: str, content: Mapping[str, Any]) -> Prompt:
    front = content["front"]
    given, output = front.get("input"), front.get("output")
    inputs = list(_inputs(given if isinstance(given, Mapping) else {}))
    schema = output.get("schema") if isinstance(output, Mapping) else None
    config = front.get("config")
    options = (
        {str(key): value for key, value in config.items()} if isinstance(config, Mapping) else {}
    )
    model = front.get("model")
    tools = front.get("toolDefs")
    prompt = Prompt(
        prompt_id_of(name),
        tuple(_messages(content["body"])),
        model=Model(model_named(str(model))[1], "", options) if model else None,
        outputs=json_schema(schema) if schema else None,
        tools=[_tool(tool) for tool in tools] if isinstance(tools, list) else None,
        description=str(front.get("description") or ""),
    )
    return with_inputs(prompt, inputs)


def _inputs(given: Mapping[str, Any]) -> Iterator[Input]:
    schema = json_schema(given.get("schema") or {})
    defaults = given.get("default")
    defaults = defaults if isinstance(defaults, Mapping) else {}
    required = schema.get("required", ())
    for name, one in schema.get("properties", {}).items():
        kind = one.get("type") if one.get("type") in _KINDS else "string"
        default = defaults.get(name)
        yield Input(
            name,
            kind,
            name in required and default is None,
            default,
            str(one.get("description", "")),
            tuple(value for value in one.get("enum", ()) if value is not None),
        )


def _messages(body: str) -> Iterator[Message]:
    """The body's messages; text before the first role is the user's."""
    role, text = "user", ""
    for kind, value in _pieces(body):
        if kind in ("role", "history"):
            if text.strip():
                yield Message(role, text.strip("\n"))
            role, text = (value if kind == "role" else "user"), ""
            if kind == "history":
                yield Message(SLOT, "history")
        else:
            text += value
    if text.strip():
        yield Message(role, text.strip("\n"))


def _pieces(body: str) -> Iterator[tuple[str, str]]:
    """Texts and tags of Jinja2, and what opens a message. Raises DraftError with the line."""
    at, is_trimmed = 0, False
    for match in _TAG.finditer(body):
        slashes, left, tag, right = match.groups()
        text = body[at : match.start()] + slashes[: len(slashes) // 2]
        at = match.end()
        if is_trimmed:
            text = text.lstrip()
        if len(slashes) % 2:
            yield "text", quoted(text + match[0][len(slashes) :])
            is_trimmed = False
            continue
        yield "text", quoted(text.rstrip() if left else text)
        is_trimmed = bool(right)
        yield from _read_tag(tag.strip(), body.count("\n", 0, match.start()) + 1)
    rest = body[at:]
    yield "text", quoted(rest.lstrip() if is_trimmed else rest)


def _read_tag(tag: str, line: int) -> Iterator[tuple[str, str]]:
    role, as_json, name = _ROLE.fullmatch(tag), _JSON.fullmatch(tag), _NAME.fullmatch(tag)
    if tag.startswith("!"):
        return
    if role and role[1] in _ROLES:
        yield "role", _ROLES[role[1]]
    elif tag == "history":
        yield "history", ""
    elif as_json:
        yield "text", f"{{{{ {as_json[1]} | tojson }}}}"
    elif name and (tag.startswith("this.") or name[1] not in dotprompt.HELPERS):
        yield "text", f"{{{{ {name[1]} }}}}"
    else:
        raise DraftError(
            f"line {line} of the body: {{{{{tag}}}}} is more than a variable",
            hint="write this part of the draft by hand, in Jinja2",
        )


def _tool(tool: Any) -> dict[str, Any]:
    if not isinstance(tool, Mapping):
        raise DraftError(f"{tool!r} is no definition of a tool")
    function = {
        "name": tool.get("name"),
        "description": str(tool.get("description") or ""),
        "parameters": json_schema(tool.get("inputSchema") or {}),
    }
    return {"type": "function", "function": function}
