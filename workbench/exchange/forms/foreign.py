"""Other tools' prompts as ours: names, files, templates, and the model's settings."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from workbench.datasets.json_values import as_text
from workbench.errors import DraftError, WorkbenchError
from workbench.exchange.hosted import restored
from workbench.exchange.losses import Loss
from workbench.exchange.mustache import Syntax
from workbench.exchange.plain_templates import Slot, read_template
from workbench.prompts.files.strict_yaml import parse_yaml
from workbench.prompts.revisions import least_revision
from workbench.prompts.values import MESSAGES, ROLES, Input, Prompt

MAX_BYTES = 100_000_000
_UNUSABLE = re.compile(r"[^a-z0-9._-]+")
_MAX_ID = 100


def text_of(path: Path) -> str:
    """The file's text. Raises DraftError for what is no UTF-8 or too large."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DraftError(f"{path} is larger than {MAX_BYTES // 1_000_000} MB")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DraftError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DraftError(f"{path}: byte {error.start} is not UTF-8") from error
    if "\0" in text:
        raise DraftError(f"{path} has a zero byte: it is no text")
    return text


def json_of(path: Path) -> Any:
    """The file as JSON. Raises DraftError with the place where it is not."""
    try:
        return json.loads(text_of(path))
    except (ValueError, RecursionError) as error:
        raise DraftError(f"{path} is not JSON: {error}") from error


def json_or_none(path: Path) -> Any:
    """What stands in a JSON file; None for another suffix, or for what cannot be read."""
    if path.suffix != ".json":
        return None
    try:
        return json_of(path)
    except DraftError:
        return None


def json_lines_of(path: Path) -> list[tuple[int, Any]]:
    """The number and the value of each line that is not blank. Raises DraftError."""
    rows = []
    for number, line in enumerate(text_of(path).splitlines(), 1):
        if line.strip():
            try:
                rows.append((number, json.loads(line)))
            except (ValueError, RecursionError) as error:
                raise DraftError(f"{path}: line {number} is not JSON: {error}") from error
    return rows


def yaml_of(path: Path) -> Any:
    """The file as YAML 1.2. Raises DraftError."""
    return _parsed_yaml(text_of(path), str(path))


@lru_cache(maxsize=2)
def _parsed_yaml(text: str, where: str) -> Any:
    """Parsed once: each importer that may be meant looks at it, and the one that is reads it."""
    return parse_yaml(text, where, DraftError, aliases=True)


def as_mapping(value: Any) -> Mapping[str, Any]:
    """The value, if it is a mapping; else an empty one."""
    return value if isinstance(value, Mapping) else {}


def as_list(value: Any) -> Sequence[Any]:
    """The value, if it is a list; else an empty one."""
    return value if isinstance(value, list) else ()


def prompt_id_of(name: str) -> str:
    """The nearest id that a prompt can have. Raises DraftError where nothing of it is left."""
    prompt_id = _UNUSABLE.sub("_", name.strip().lower()).strip("._-")[:_MAX_ID]
    if not prompt_id:
        raise DraftError(f"{name!r} leaves nothing of a prompt's name", hint="--as NAME")
    return prompt_id


def name_losses(name: str) -> list[Loss]:
    """What is lost of a prompt's name there."""
    prompt_id = prompt_id_of(name)
    return [] if prompt_id == name else [Loss(f"the name {name}", f"it is called {prompt_id}")]


def prompt_of(
    name: str,
    messages: Sequence[tuple[Any, Any]],
    settings: Any,
    syntax: Syntax,
    description: str = "",
) -> Prompt:
    """A prompt of messages in another tool's template language, and settings in OpenAI's words.

    Every variable becomes a required input. Raises DraftError for what no draft can hold.
    """
    prompt_id = prompt_id_of(name)
    prompt = restored(prompt_id, messages, settings, None, syntax)
    return replace(with_inputs(prompt), description=description)


def with_inputs(prompt: Prompt, declared: Iterable[Input] = ()) -> Prompt:
    """The prompt with these inputs, its other variables as required ones, and the template revision
    that all of it needs.
    """
    inputs = {item.name: item for item in declared}
    for message in prompt.messages:
        if message.role not in ROLES:
            inputs.setdefault(message.content, Input(message.content, kind=MESSAGES))
            continue
        for part in read_template(message.content, prompt.template_format)[0]:
            if isinstance(part, Slot):
                inputs.setdefault(part.name, Input(part.name))
    known = tuple(inputs.values())
    revision = least_revision(prompt.messages, known, prompt.template_format)
    return replace(prompt, inputs=known, revision=revision)


def with_values(text: str, slot: re.Pattern[str], values: Mapping[str, Any]) -> str:
    """The text with its slots filled in; a slot's one group is a name, or a path with dots. What is
    not there is empty.
    """

    def value(match: re.Match[str]) -> str:
        held: Any = values
        for part in match[1].split("."):
            held = held.get(part) if isinstance(held, Mapping) else None
        return "" if held is None else as_text(held)

    return slot.sub(value, text)


def each_prompt(
    named: Iterable[tuple[str, Any]], make: Callable[[str, Any], Prompt], where: str
) -> tuple[tuple[Prompt, ...], list[Loss]]:
    """A prompt of each, and as a loss what stands in the way of one."""
    prompts: dict[str, Prompt] = {}
    losses: list[Loss] = []
    for name, entry in named:
        try:
            prompt = make(name, entry)
            if prompt.prompt_id in prompts:
                raise DraftError(f"another one is called {prompt.prompt_id}, too")
        except WorkbenchError as error:
            losses.append(Loss(f"the prompt {name}", f"not imported: {error.message}"))
            continue
        prompts[prompt.prompt_id] = prompt
        losses += name_losses(name)
    if not prompts:
        reasons = "; ".join(str(loss) for loss in losses[:3]) or "it has no prompt"
        raise DraftError(f"{where}: {reasons}")
    return tuple(prompts.values()), losses


def model_named(model_id: str) -> tuple[str, str]:
    """Provider and id of `openai/gpt-4.1`; the provider is empty where none is named."""
    provider, _, name = model_id.partition("/")
    return (provider, name) if name else ("", model_id)


def unknown_keys(entry: Mapping[str, Any], known: Iterable[str], what: str) -> list[Loss]:
    """What nobody reads here."""
    keys = [str(key) for key in entry if key not in set(known)]
    return [Loss(f"{what}: {', '.join(keys)}", "kept nowhere")] if keys else []
