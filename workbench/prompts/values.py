"""What a prompt is: messages, model, parameters, inputs, output schema, tools."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from workbench.fingerprints import fingerprint

ROLES = ("system", "developer", "user", "assistant", "tool")

SUFFIX = ".prompty"
"""Of a draft's file name."""

MAX_TEXT_BYTES = 10_000_000
"""Of a draft, and of any text that a registry keeps; in UTF-8."""

MAX_WORDS = 10_000
"""In the tags of a draft's templates. Compiling takes about a tenth of a millisecond and 10 KB
for each; what was registered is compiled whatever its size.
"""

JINJA2 = "jinja2"
BRACES = "braces"

FIRST_REVISION = 1
"""An optional input that was not given is the empty text, and `tojson` writes for HTML."""
REVISION = 2
"""Jinja's own meaning: such an input is undefined; `tojson` writes plain UTF-8 JSON. A key wins
over a method of its name, and only values are printed.
"""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of the conversation; `content` is a template until it is rendered."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Input:
    """One variable that a caller fills in."""

    name: str
    kind: str = "string"
    required: bool = True
    default: Any = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    """Which model answers, through which provider, with which parameters."""

    id: str
    provider: str = "local"
    """A name of workbench.toml; empty while a draft names none and the workspace has not said."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Prompty names: temperature, maxOutputTokens, topP, seed, stopSequences, ..."""


@dataclass(frozen=True)
class Prompt:
    """An artefact whose fingerprint changes with anything that decides behaviour."""

    prompt_id: str
    messages: tuple[Message, ...]
    model: Model | None = None
    inputs: tuple[Input, ...] = ()
    outputs: Any = None
    tools: Any = None
    template_format: str = JINJA2
    revision: int = FIRST_REVISION
    """Of the templates' meaning; what was registered keeps its own for ever."""
    description: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Front matter that decides nothing here, kept for the round trip."""

    @cached_property
    def fingerprint(self) -> str:
        """sha256 of messages, template format and revision, model, inputs, outputs and tools."""
        return fingerprint(self.behaviour())

    def behaviour(self) -> dict[str, Any]:
        """All that decides what the prompt does, as plain JSON values."""
        model = self.model
        revised = {} if self.revision == FIRST_REVISION else {"revision": self.revision}
        return {
            **revised,
            "messages": [[message.role, message.content] for message in self.messages],
            "template": self.template_format,
            "model": model
            and {"id": model.id, "provider": model.provider, "options": model.options},
            "inputs": [[i.name, i.kind, i.required, i.default] for i in self.inputs],
            "outputs": self.outputs,
            "tools": self.tools,
        }

    def input_named(self, name: str) -> Input | None:
        """The declared input of that name, if there is one."""
        return next((item for item in self.inputs if item.name == name), None)
