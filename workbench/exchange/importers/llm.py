"""A template of the command line tool `llm`: YAML with prompt, system and model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.errors import DraftError
from workbench.exchange.forms.foreign import (
    each_prompt,
    prompt_id_of,
    unknown_keys,
    with_inputs,
    yaml_of,
)
from workbench.exchange.importers.base import Imported
from workbench.exchange.losses import Loss
from workbench.exchange.plain_templates import as_jinja
from workbench.prompts.values import Input, Message, Model, Prompt

_KNOWN = ("name", "prompt", "system", "model", "options", "defaults", "schema_object")
_LOST = {
    "fragments": "make snippets of them",
    "system_fragments": "make snippets of them",
    "tools": "write their definitions under tools",
    "functions": "code is not imported",
    "attachments": "declare an input of kind image",
    "extract": "use the transform strip_fence of a scorer",
    "extract_last": "use a transform of a scorer",
}
_SLOT = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?")
_DOLLAR = "\0"
_INPUT = "input"


class LlmImporter:
    """See `Importer`."""

    summary = "A template of llm: YAML with prompt, system, model, options."
    suffixes = ()

    def recognizes(self, path: Path) -> bool:
        if path.suffix not in (".yaml", ".yml"):
            return False
        try:
            data = yaml_of(path)
        except DraftError:
            return False
        return (
            isinstance(data, Mapping)
            and bool({"prompt", "system"} & data.keys())
            and data.keys() <= {*_KNOWN, *_LOST}
        )

    def read(self, path: Path) -> Imported:
        data = yaml_of(path)
        data = {"prompt": data} if isinstance(data, str) else data
        if not isinstance(data, Mapping) or not {"prompt", "system"} & data.keys():
            raise DraftError(f"{path} has neither prompt nor system")
        prompts, losses = each_prompt(
            [(str(data.get("name") or path.stem), data)], _prompt, str(path)
        )
        losses += unknown_keys(data, (*_KNOWN, *_LOST), "of the file")
        losses += [Loss(key, instead) for key, instead in _LOST.items() if data.get(key)]
        return Imported(prompts, tuple(losses))


KIND = LlmImporter()


def _prompt(name: str, data: Mapping[str, Any]) -> Prompt:
    texts = {"system": data.get("system"), "user": data.get("prompt", f"${_INPUT}")}
    messages = []
    for role, text in texts.items():
        if text is None:
            continue
        if not isinstance(text, str):
            raise DraftError(f"{role}: a text is needed, not {text!r}")
        messages.append(Message(role, _jinja(text)))
    defaults = data.get("defaults")
    inputs = [
        Input(str(key), required=False, default=value)
        for key, value in (defaults.items() if isinstance(defaults, Mapping) else ())
    ]
    options = data.get("options")
    model_id = data.get("model")
    given = dict(options) if isinstance(options, Mapping) else {}
    model = Model(str(model_id), "", given) if model_id else None
    schema = data.get("schema_object")
    prompt = Prompt(prompt_id_of(name), tuple(messages), model=model, outputs=schema or None)
    return with_inputs(prompt, inputs)


def _jinja(text: str) -> str:
    """`$name` and `${name}` are variables, `$$` is a dollar sign."""
    return as_jinja(text.replace("$$", _DOLLAR), _SLOT).replace(_DOLLAR, "$")
