"""A prompt of LangSmith: the manifest that LangChain serializes, alone or in a commit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from string import Formatter
from typing import Any

from workbench.errors import DraftError
from workbench.exchange.forms.foreign import (
    each_prompt,
    json_of,
    json_or_none,
    prompt_id_of,
    prompt_of,
    with_inputs,
)
from workbench.exchange.hosted import NOTE, SLOT, restored
from workbench.exchange.importers.base import Imported
from workbench.exchange.langchain_manifest import content_of
from workbench.exchange.losses import Loss
from workbench.exchange.mustache import LANGSMITH
from workbench.exchange.plain_templates import quoted
from workbench.prompts.values import Message, Prompt


class LangsmithImporter:
    """See `Importer`."""

    summary = "A prompt of LangSmith: LangChain's JSON of a ChatPromptTemplate."
    suffixes = ()

    def recognizes(self, path: Path) -> bool:
        return _manifest(json_or_none(path)) is not None

    def read(self, path: Path) -> Imported:
        data = json_of(path)
        manifest = _manifest(data)
        if manifest is None:
            raise DraftError(f"{path} is no serialized prompt of LangChain")
        name = str(data.get("repo") or data.get("repo_handle") or data.get("name") or path.stem)
        content = content_of(manifest)
        prompts, losses = each_prompt([(name, content)], _prompt, str(path))
        if content.get("model"):
            losses.append(Loss("the model that is saved with it", "set model in the draft"))
        return Imported(prompts, tuple(losses))


KIND = LangsmithImporter()


def _manifest(data: Any) -> Any:
    """The serialized prompt; None where there is none."""
    if not isinstance(data, Mapping):
        return None
    manifest = data.get("manifest", data)
    is_serialized = isinstance(manifest, Mapping) and manifest.get("lc") == 1
    return manifest if is_serialized and isinstance(manifest.get("kwargs"), Mapping) else None


def _prompt(name: str, content: Mapping[str, Any]) -> Prompt:
    entries = content.get("messages") or ()
    if not entries:
        raise DraftError("it has no messages")
    if any(entry.get("format") == "f-string" for entry in entries):
        pairs = list(_f_string_messages(entries))
        prompt = restored(
            prompt_id_of(name),
            [(role, "") for role, _ in pairs],
            content.get("config"),
            None,
            LANGSMITH,
        )
        messages = tuple(Message(role, text) for role, text in pairs)
        return with_inputs(replace(prompt, messages=messages))
    pairs = [(entry.get("role"), entry.get("template")) for entry in entries]
    if content.get(NOTE):
        return restored(prompt_id_of(name), pairs, content.get("config"), content[NOTE], LANGSMITH)
    return prompt_of(name, pairs, content.get("config"), LANGSMITH)


def _f_string_messages(entries: Any) -> Iterator[tuple[str, str]]:
    """Messages in Python's format syntax: `{x}` is a variable, `{{` a brace."""
    for entry in entries:
        role, text = entry.get("role"), entry.get("template")
        if not isinstance(role, str) or not isinstance(text, str):
            raise DraftError(f"a message of {entry.get('class') or 'an unknown class'} has no text")
        if role == SLOT:
            yield role, text
            continue
        if entry.get("format") not in ("f-string", None):
            raise DraftError("its messages have several template formats")
        yield role, "".join(_f_string_parts(text))


def _f_string_parts(text: str) -> Iterator[str]:
    """The parts of a template in Python's format syntax, in Jinja2."""
    try:
        parsed = list(Formatter().parse(text))
    except ValueError as error:
        raise DraftError(f"a template is no format of Python: {error}") from error
    for literal, name, form, conversion in parsed:
        yield quoted(literal)
        if name is None:
            continue
        if form or conversion or not name.isidentifier():
            raise DraftError(f"{{{name}}} is more than a plain variable")
        yield f"{{{{ {name} }}}}"
