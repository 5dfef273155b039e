"""Drafts: Prompty 2 files, which are Markdown with YAML front matter and role markers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import DraftError
from workbench.prompts.files.defaults import check_defaults
from workbench.prompts.files.features import features_content, read_features
from workbench.prompts.files.fences import TOP
from workbench.prompts.files.front_matter import EXTENSION, Front, check, split
from workbench.prompts.files.inputs import INPUT_KEYS, input_content, read_inputs
from workbench.prompts.files.parts import (
    NO_FILES,
    PromptFiles,
    check_parts,
    check_size,
    parts_content,
    read_examples,
    read_snippets,
)
from workbench.prompts.files.strict_yaml import dump_yaml
from workbench.prompts.files.tool_schemas import check_tools
from workbench.prompts.files.variants import check_name, check_variant, split_name
from workbench.prompts.revisions import least_revision
from workbench.prompts.roles import (
    MisplacedText,
    Placed,
    first_marker,
    join_messages,
    split_messages,
)
from workbench.prompts.values import (
    BRACES,
    EXAMPLES,
    FEATURES,
    FIRST_REVISION,
    JINJA2,
    MAX_TEXT_BYTES,
    MESSAGES,
    PARTS_REVISION,
    REVISION,
    SNIPPETS,
    ExampleSet,
    Input,
    Model,
    Prompt,
)

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_KNOWN = {*("name", "description", "model", "inputs", "outputs", "tools", "template")}
_KNOWN |= {SNIPPETS, EXAMPLES, FEATURES}
_PARTS = ("model", "inputs")
"""Keys that `extra` keeps in part."""
_OF_MODEL = ("id", "provider", "options", "artifact")


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


def read_draft(path: Path, files: PromptFiles = NO_FILES) -> Draft:
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
    check_name(str(path), name)
    parsed = parse_prompty(text, where=str(path), default_id=name, files=files)
    if variant:
        check_variant(str(path), name, variant, parsed.prompt_id)
    return Draft(path, text, parsed)


def parse_prompty(
    text: str,
    *,
    where: str = "the draft",
    default_id: str = "",
    files: PromptFiles = NO_FILES,
) -> Prompt:
    """Parse a Prompty file. CRLF and CR are read as LF, so that the fingerprint does not depend on
    the editor. Snippets and examples are read from `files`, and are part of the prompt.

    Raises DraftError, and DatasetError for an example file.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    front, body = split(text, where)
    check(front)
    check_parts(front)
    check_tools(front)
    data = front.data
    name = data.get("name", default_id)
    if not isinstance(name, str) or not _ID.fullmatch(name):
        front.refuse(
            ("name",),
            f"{name!r} is no prompt id",
            hint="lower case letters, digits, '.', '_' and '-', 100 at most",
        )
    inputs = read_inputs(front)
    check_defaults(front, inputs)
    template_format = _template_format(front)
    examples = read_examples(front, files)
    if examples and template_format != JINJA2:
        hint = f"template: {{format: {{kind: {JINJA2}}}}}"
        front.refuse((EXAMPLES,), f"{EXAMPLES} need templates in {JINJA2}", hint)
    body_line = text.count("\n", 0, len(text) - len(body)) + 1
    placed = _messages(body, where, body_line, _slots(inputs, examples))
    messages = tuple(each.message for each in placed)
    texts = [(each.message.content, body_line + each.line - 1) for each in placed]
    if examples:
        texts.append((examples.template, front.line_of((EXAMPLES, "template"))))
    snippets = read_snippets(front, texts, files) if template_format == JINJA2 else {}
    prompt = Prompt(
        prompt_id=name,
        messages=messages,
        model=_model(front),
        inputs=inputs,
        outputs=data.get("outputs"),
        tools=data.get("tools"),
        template_format=template_format,
        revision=_revision(
            front,
            least_revision(messages, inputs, template_format, has_examples=examples is not None),
        ),
        description=str(data.get("description") or ""),
        extra=_extra(data),
        snippets=snippets,
        examples=examples,
        features=read_features(front, inputs, files),
    )
    check_size(prompt, where)
    return prompt


def _slots(inputs: tuple[Input, ...], examples: ExampleSet | None) -> frozenset[str]:
    """What may stand between messages."""
    names = {item.name for item in inputs if item.kind == MESSAGES}
    are_messages = examples is not None and first_marker(examples.template)
    return frozenset(names | ({EXAMPLES} if are_messages else set()))


def write_prompty(prompt: Prompt, files: PromptFiles = NO_FILES) -> str:
    """The prompt as a Prompty 2 file; parsing it with these files gives the same fingerprint.

    Snippets and examples are written out, except where `files` still has them unchanged.
    """
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
        if prompt.model.artifact:
            data["model"]["artifact"] = prompt.model.artifact
        data["model"] |= parts.get("model", {})
        if prompt.model.options:
            data["model"]["options"] = _in_order(prompt.model.options)
    if prompt.inputs:
        more = parts.get("inputs", {})
        data["inputs"] = [
            input_content(item) | _without_effect(more.get(item.name, {})) for item in prompt.inputs
        ]
    for key, value in (("outputs", prompt.outputs), ("tools", prompt.tools)):
        if value is not None:
            data[key] = _in_order(value)
    data |= parts_content(prompt.snippets, prompt.examples, files)
    data |= features_content(prompt.features, files)
    form: dict[str, Any] = {"kind": prompt.template_format}
    least = least_revision(
        prompt.messages,
        prompt.inputs,
        prompt.template_format,
        has_examples=prompt.examples is not None,
    )
    if prompt.revision != least:
        form["options"] = {"revision": prompt.revision}
    data["template"] = {"format": form, "parser": {"kind": "prompty"}}
    return f"---\n{dump_yaml(data)}---\n{join_messages(prompt.messages)}"


def _without_effect(more: Mapping[str, Any]) -> dict[str, Any]:
    """Keys of an older version's input that had no effect then, and would have one now."""
    return {f"{EXTENSION}{key}" if key in INPUT_KEYS else key: more[key] for key in more}


def _may_stand(key: str) -> bool:
    return key in TOP or key.startswith(EXTENSION)


def _extra(data: Mapping[str, Any]) -> dict[str, Any]:
    """Front matter without effect: whole keys, and the rest of model and inputs."""
    extra = {key: value for key, value in data.items() if key not in _KNOWN}
    model, inputs = data.get("model"), data.get("inputs")
    if isinstance(model, Mapping):
        rest = {k: v for k, v in model.items() if k not in _OF_MODEL}
        extra |= {"model": rest} if rest else {}
    if isinstance(inputs, Mapping):
        inputs = [{**v, "name": k} for k, v in inputs.items() if isinstance(v, Mapping)]
    more = {
        item["name"]: {key: value for key, value in item.items() if key not in INPUT_KEYS}
        for item in inputs or ()
        if isinstance(item, Mapping) and item.keys() - INPUT_KEYS
    }
    return extra | ({"inputs": more} if more else {})


def _revision(front: Front, least: int) -> int:
    """The template revision that the file names, but at most `least`."""
    template = front.data.get("template")
    form = template.get("format") if isinstance(template, Mapping) else None
    options = form.get("options") if isinstance(form, Mapping) else None
    named = options.get("revision", least) if isinstance(options, Mapping) else least
    path = ("template", "format", "options", "revision")
    if isinstance(named, bool) or named not in (FIRST_REVISION, REVISION, PARTS_REVISION):
        front.refuse(path, f"template revision {named!r} is unknown here")
    if least == PARTS_REVISION and named < least:
        problem = f"template revision {named} has no snippets, slots, examples and limits of inputs"
        front.refuse(path, problem, "take the line out: the text may then render differently")
    return min(int(named), least)


def _in_order(value: Any) -> Any:
    """Sort keys, so that a draft and its registered version are written identically."""
    if isinstance(value, Mapping):
        return {key: _in_order(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, (list, tuple)):
        return [_in_order(item) for item in value]
    return value


def _messages(body: str, where: str, first_line: int, slots: frozenset[str]) -> tuple[Placed, ...]:
    try:
        placed = split_messages(body, slots)
    except MisplacedText as error:
        place = f"{where}: line {first_line + error.line - 1}"
        raise DraftError(f"{place} {error.problem}", hint=error.hint) from error
    if not placed:
        raise DraftError(f"{where}: the prompt has no text", hint="write a line under 'user:'")
    return placed


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
    provider, artifact = (str(data.get(key) or "") for key in ("provider", "artifact"))
    return Model(data["id"], provider, dict(options), artifact)


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
