"""The parts of a prompt: messages, model, parameters, inputs, output schema, tools."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from workbench.fingerprints import fingerprint

ROLES = ("system", "developer", "user", "assistant", "tool")
SLOT = "slot"
"""Role of a message that stands for a conversation: its content is the name of the input."""

SUFFIX = ".prompty"
"""Suffix of draft files."""

MAX_TEXT_BYTES = 10_000_000
"""Maximum size of a draft, and of any text in a registry, in bytes of UTF-8."""

MAX_WORDS = 10_000
"""Maximum number of words in the tags of a draft's templates. Compiling takes about 0.1 ms and 10
KB for each. Registered versions are compiled whatever their size."""

JINJA2 = "jinja2"
BRACES = "braces"

FIRST_REVISION = 1
"""First revision: a missing optional input is empty text, and `tojson` escapes for HTML."""
REVISION = 2
"""Second revision, with Jinja's own meaning: a missing optional input is undefined, and `tojson`
writes plain UTF-8 JSON. A key takes precedence over a method of that name, and only values are
printed."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of the conversation; `content` is a template until it is rendered."""

    role: str
    content: str
    """Text. Where a rendered message holds files, it describes them."""
    parts: tuple[Mapping[str, Any], ...] = ()
    """What a rendered message with files consists of, see `inputs.media.part_of`."""
    tool_calls: tuple[Mapping[str, Any], ...] = ()
    """Of a rendered message of the assistant, in the form of the OpenAI chat API."""
    tool_call_id: str = ""
    """The call that a rendered message of role tool answers."""
    name: str = ""
    """Who speaks, in a conversation that says it."""

    @property
    def is_plain(self) -> bool:
        """Whether it is role and text alone."""
        return not (self.parts or self.tool_calls or self.tool_call_id or self.name)


@dataclass(frozen=True, slots=True)
class Input:
    """One variable that callers provide."""

    name: str
    kind: str = "string"
    required: bool = True
    default: Any = None
    description: str = ""
    enum: tuple[Any, ...] = ()
    """The only values allowed; empty: any."""
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """Which model answers, through which provider, with which parameters."""

    id: str
    provider: str = "local"
    """The provider in workbench.toml; empty if the draft does not name one."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options by Prompty name: temperature, maxOutputTokens, topP, seed, stopSequences, ..."""


@dataclass(frozen=True)
class Prompt:
    """A prompt; its fingerprint changes with anything that affects behaviour."""

    prompt_id: str
    messages: tuple[Message, ...]
    model: Model | None = None
    inputs: tuple[Input, ...] = ()
    outputs: Any = None
    tools: Any = None
    template_format: str = JINJA2
    revision: int = FIRST_REVISION
    """Template revision; registered versions keep theirs for ever."""
    description: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Front matter without effect here, kept for the round trip."""

    @cached_property
    def fingerprint(self) -> str:
        """sha256 of messages, template format and revision, model, inputs, outputs and tools."""
        return fingerprint(self.behaviour())

    def behaviour(self) -> dict[str, Any]:
        """Everything that affects behaviour, as plain JSON values."""
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
