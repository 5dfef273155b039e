"""The parts of a prompt: messages, model, parameters, inputs, output schema, tools."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from workbench.fingerprints import fingerprint
from workbench.prompts.kinds import MEDIA, PART_KINDS

ARTIFACTS = ("sha256:", "models:/", "arn:aws", "wandb-artifact:")
"""How the pin of a model may begin."""

ROLES = ("system", "developer", "user", "assistant", "tool")

SLOT = "slot"
"""Role of a slot between messages; its content is the name of an input of kind messages, or
EXAMPLES."""

MESSAGES = "messages"
"""Kind of an input that is a conversation."""

EXAMPLES = "examples"
"""The name that stands for the few-shot examples in templates."""

SNIPPETS = "snippets"
"""The folder of snippets."""

FEATURES = "features"
"""The folder of features, and the name of their definitions in a file that needs no other."""

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
printed, lists and mappings as JSON. A value of another kind than its input's is refused."""
PARTS_REVISION = 3
"""Third revision, which renders like the second, and has snippets, slots, few-shot examples and
inputs that are not text or have limits. Only prompts with such a part have it."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of the conversation; `content` is a template until it is rendered."""

    role: str
    content: str
    """Text. Where a rendered message has a file in it, `content` describes that."""
    parts: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)
    """What is sent in place of `content` if it has a file in it: OpenAI's content parts, with the
    files themselves as attachments, which are read when they are sent."""
    more: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """`tool_calls`, `tool_call_id` and `name` of a message that was given as an input."""

    def sent(self) -> dict[str, Any]:
        """The rendered message in OpenAI's form, which apps receive and the engine sends.

        Raises ValueError or OSError when a file is not as it was checked.
        """
        content: Any = self.content
        if self.parts:
            from workbench.prompts.inputs.media import sent

            content = [sent(part) for part in self.parts]
        elif "tool_calls" in self.more:
            content = content or None
        return {"role": self.role, "content": content, **self.more}


@dataclass(frozen=True, slots=True)
class Input:
    """One variable that callers provide."""

    name: str
    kind: str = "string"
    required: bool = True
    default: Any = None
    description: str = ""
    enum: tuple[Any, ...] = ()
    """The allowed values; empty: any."""
    minimum: float | None = None
    maximum: float | None = None
    feature: str = ""
    """The feature that computes it from other fields of a case; empty: it is given."""

    def limits(self) -> dict[str, Any]:
        """Those of `enum`, `minimum` and `maximum` that are set."""
        limits = {"enum": list(self.enum), "minimum": self.minimum, "maximum": self.maximum}
        return {name: limit for name, limit in limits.items() if limit not in (None, [])}

    def more(self) -> dict[str, Any]:
        """Limits and the feature, as far as they are set."""
        return self.limits() | ({"feature": self.feature} if self.feature else {})


@dataclass(frozen=True, slots=True)
class Model:
    """Which model answers, through which provider, with which parameters."""

    id: str
    provider: str = "local"
    """The provider in workbench.toml; empty if the draft does not name one."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options by Prompty name: temperature, maxOutputTokens, topP, seed, stopSequences, ..."""
    artifact: str = ""
    """What pins the model: `sha256:HEX` of its weights, or a URI in a registry of models."""

    def content(self) -> dict[str, Any]:
        """As plain JSON values."""
        artifact = {"artifact": self.artifact} if self.artifact else {}
        return {"id": self.id, "provider": self.provider, "options": self.options, **artifact}


@dataclass(frozen=True, slots=True)
class ExampleSet:
    """Few-shot examples: data, rendered by a template."""

    template: str = ""
    """Template of one row, with its inputs and `expected`. With role markers, a row becomes
    messages; else text. Empty: `examples` is the list of rows, for a loop."""
    rows: tuple[Mapping[str, Any], ...] = ()
    """The chosen rows as plain JSON values: `inputs`, `expected`, `tags`."""
    file: str = ""
    """The file that the rows were chosen from, and how; neither affects behaviour."""
    choose: str = "all"

    def behaviour(self) -> dict[str, Any]:
        """Template and rows."""
        return {"template": self.template, "rows": list(self.rows)}


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
    snippets: Mapping[str, str] = field(default_factory=dict)
    """The text of every snippet that it includes, directly or not, as it was when it was read."""
    examples: ExampleSet | None = None
    features: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The definition of every feature that computes an input, see `prompts.features`."""

    @cached_property
    def fingerprint(self) -> str:
        """sha256 of messages, snippets, examples, template format and revision, model, inputs,
        the features that compute them, outputs and tools.
        """
        return fingerprint(self.behaviour())

    def behaviour(self) -> dict[str, Any]:
        """Everything that affects behaviour, as plain JSON values."""
        model = self.model
        revised = {} if self.revision == FIRST_REVISION else {"revision": self.revision}
        return {
            **revised,
            "messages": [[message.role, message.content] for message in self.messages],
            "template": self.template_format,
            "model": model and model.content(),
            "inputs": [
                [i.name, i.kind, i.required, i.default, *([i.more()] if i.more() else [])]
                for i in self.inputs
            ],
            "outputs": self.outputs,
            "tools": self.tools,
            **({"snippets": dict(self.snippets)} if self.snippets else {}),
            **({"examples": self.examples.behaviour()} if self.examples else {}),
            **({"features": dict(self.features)} if self.features else {}),
        }

    @cached_property
    def taken(self) -> tuple[Input, ...]:
        """The inputs, with the kinds that this revision knows: to older ones, all else is text."""
        if self.revision >= PARTS_REVISION:
            return self.inputs
        return tuple(replace(i, kind="string") if i.kind in PART_KINDS else i for i in self.inputs)

    @cached_property
    def media(self) -> dict[str, str]:
        """The inputs that take files: image or file, by name."""
        return {item.name: item.kind for item in self.taken if item.kind in MEDIA}

    @cached_property
    def computed(self) -> dict[str, str]:
        """The feature of each input that one computes, by the input's name."""
        return {item.name: item.feature for item in self.inputs if item.feature}

    def input_named(self, name: str) -> Input | None:
        """The declared input of that name, if there is one."""
        return next((item for item in self.inputs if item.name == name), None)
