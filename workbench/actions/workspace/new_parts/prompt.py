"""A new prompt: a draft from a template or from a text. Nothing is ever overwritten."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.actions.workspace.new_parts.names import NAME, check_name
from workbench.errors import DraftError, UsageError
from workbench.files import write_atomically
from workbench.prompts.files.prompty import parse_prompty, write_prompty
from workbench.prompts.values import SUFFIX, Model, Prompt
from workbench.settings import EMBEDDED_MODEL, LOCAL
from workbench.suggestions import did_you_mean
from workbench.workspace import PROMPTS, Workspace


@dataclass(frozen=True, slots=True)
class Template:
    """A prompt to begin with."""

    summary: str
    text: str


TEMPLATES: Mapping[str, Template] = {
    "classify": Template(
        "One label of several.",
        """\
system:
Answer with one label only: billing, delivery or other.

user:
{{ text }}
""",
    ),
    "extract": Template(
        "Fields of a text, as JSON.",
        """\
system:
Extract the fields as JSON with the keys name and date (ISO 8601), null where one is missing.
Answer with the JSON alone.

user:
{{ text }}
""",
    ),
    "answer": Template(
        "A question, answered from a context alone.",
        """\
system:
Answer the question from the context alone. If it is not there, say: I do not know.

user:
Context:
{{ context }}

Question: {{ question }}
""",
    ),
    "summarise": Template(
        "A text in a few sentences.",
        """\
system:
Summarise the text in at most three sentences. Add nothing that is not in it.

user:
{{ text }}
""",
    ),
    "chat": Template(
        "A conversation with its history.",
        """\
system:
You are a helpful assistant. Answer in short sentences.

{{ history }}

user:
{{ message }}
""",
    ),
}
"""Prompts to begin with, by name."""
_KINDS = {"history": "messages"}


def new_prompt(
    workspace: Workspace, name: str, template: str = "classify", text: str | None = None
) -> Path:
    """A draft of a template, or of a text: one message of the user, or messages after role markers.

    Its model is the one that most of the workspace's drafts use, else the embedded one. Raises
    UsageError for an unknown template or a draft that is there, DraftError for a text that is no
    prompt.
    """
    check_name(name, "prompt", NAME)
    if text is not None and not text.strip():
        raise UsageError("the text is empty", hint="a prompt says something")
    if text is None and template not in TEMPLATES:
        hint = did_you_mean(template, TEMPLATES) or ", ".join(TEMPLATES)
        raise UsageError(f"no template {template!r}", hint=hint)
    body = TEMPLATES[template].text if text is None else text
    target = workspace.root / PROMPTS / f"{name}{SUFFIX}"
    if target.exists() or workspace.draft_path(name):
        raise UsageError(
            f"there is a draft of {name} already", hint="edit it, or take another name"
        )
    prompt = _parsed(name, body)
    if prompt.model is None:
        prompt = replace(prompt, model=_model_in_use(workspace))
    write_atomically(target, write_prompty(prompt))
    return target


def variables(text: str) -> tuple[str, ...]:
    """The variables that a template names, in order."""
    return tuple(dict.fromkeys(re.findall(r"\{\{-?\s*([A-Za-z_]\w*)\s*-?\}\}", text)))


def _parsed(name: str, body: str) -> Prompt:
    """The prompt in a text, which may be a whole draft; what it declares stays, without a
    declaration the inputs are the variables of the template.
    """
    if re.match(r"\s*---[ \t]*\n", body):
        return replace(parse_prompty(body, where=name), prompt_id=name)
    inputs = "".join(
        f"  - {{name: {one}, kind: {_KINDS.get(one, 'string')}, required: true}}\n"
        for one in variables(body)
    )
    declared = f"inputs:\n{inputs}" if inputs else ""
    return parse_prompty(f"---\nname: {name}\n{declared}---\n{body}", where=name)


def _model_in_use(workspace: Workspace) -> Model:
    models = []
    for path in workspace.draft_paths():
        with suppress(DraftError):  # a draft that cannot be read names no model
            models += [model] if (model := workspace.draft(path).prompt.model) else []
    if models:
        used = max(models, key=models.count)
        return Model(used.id, used.provider, {"temperature": 0})
    return Model(EMBEDDED_MODEL, LOCAL, {"temperature": 0, "maxOutputTokens": 64})
