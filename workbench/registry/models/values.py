"""The values that apps receive: a version and a deployment.

Written by hand instead of with `dataclasses`, which would double what an app imports to read a
prompt. Both are immutable and compare by value.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from workbench.prompts.templates.templates import Renderer
    from workbench.prompts.values import Prompt

REGISTRY = "registry"
MEMORY = "memory"
SNAPSHOT = "snapshot"
DEFAULT = "default"


class _Value:
    """Slots that are set once."""

    __slots__ = ()
    _fields: tuple[str, ...] = ()

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable: cannot set {name!r}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable: cannot delete {name!r}")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self._fields)

    def __hash__(self) -> int:
        return hash(tuple(getattr(self, name) for name in self._fields))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__name__}({shown})"

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return type(self), tuple(getattr(self, name) for name in self._fields)

    def as_dict(self) -> dict[str, Any]:
        """All fields by name, for JSON."""
        return {name: getattr(self, name) for name in self._fields}


class PromptVersion(_Value):
    """An immutable version of a prompt. The first five fields are enough to register plain text.

    `content` is the text with its placeholders; `body` holds messages, model, inputs, outputs and
    tools as canonical JSON, and is empty for plain text, where `content` is one user message with
    {placeholders}. The registry fills in the rest: `is_active` (live in the environment that was
    asked for, or in any), `tested`, `evaluation_score` (a fraction of 1), `revoked`; and on what
    `get_active` returns, `source` (registry, memory, snapshot, default) and `age`: seconds since
    the registry last said so, `environment`, `deployed_at` and `deployed_by`.
    """

    __slots__ = (
        "_cache",
        "age",
        "author",
        "body",
        "content",
        "created_at",
        "deployed_at",
        "deployed_by",
        "description",
        "environment",
        "evaluation_score",
        "fingerprint",
        "is_active",
        "prompt_id",
        "revoked",
        "source",
        "tested",
        "version",
    )
    _fields = (
        "prompt_id",
        "version",
        "content",
        "description",
        "author",
        "created_at",
        "is_active",
        "tested",
        "evaluation_score",
        "fingerprint",
        "body",
        "source",
        "age",
        "revoked",
        "environment",
        "deployed_at",
        "deployed_by",
    )

    prompt_id: str
    version: str
    content: str
    description: str
    author: str
    created_at: str | None
    is_active: bool
    tested: bool
    evaluation_score: float | None
    fingerprint: str
    body: str
    source: str
    age: float
    revoked: bool
    environment: str
    deployed_at: str | None
    deployed_by: str
    _cache: dict[str, Any]

    def __init__(
        self,
        prompt_id: str,
        version: str,
        content: str,
        description: str = "",
        author: str = "",
        created_at: str | None = None,
        is_active: bool = False,
        tested: bool = False,
        evaluation_score: float | None = None,
        fingerprint: str = "",
        body: str = "",
        source: str = REGISTRY,
        age: float = 0.0,
        revoked: bool = False,
        environment: str = "",
        deployed_at: str | None = None,
        deployed_by: str = "",
    ) -> None:
        put = object.__setattr__
        put(self, "prompt_id", prompt_id)
        put(self, "version", version)
        put(self, "content", content)
        put(self, "description", description)
        put(self, "author", author)
        put(self, "created_at", created_at)
        put(self, "is_active", is_active)
        put(self, "tested", tested)
        put(self, "evaluation_score", evaluation_score)
        put(self, "body", body)
        put(self, "source", source)
        put(self, "age", age)
        put(self, "revoked", revoked)
        put(self, "environment", environment)
        put(self, "deployed_at", deployed_at)
        put(self, "deployed_by", deployed_by)
        put(self, "_cache", {})
        put(self, "fingerprint", fingerprint or self.prompt.fingerprint)

    @classmethod
    def of(
        cls, prompt: Prompt, version: str, description: str = "", author: str = ""
    ) -> PromptVersion:
        """The version to register for a draft."""
        from workbench.registry.models.artefact import body_of, content_of

        return cls(
            prompt.prompt_id,
            version,
            content_of(prompt),
            description or prompt.description,
            author,
            fingerprint=prompt.fingerprint,
            body=body_of(prompt),
        )

    @property
    def ref(self) -> str:
        """`prompt_id@version`."""
        return f"{self.prompt_id}@{self.version}"

    @property
    def prompt(self) -> Prompt:
        """The whole artefact, as a draft would give it."""
        if "prompt" not in self._cache:
            from workbench.registry.models.artefact import prompt_of

            self._cache["prompt"] = prompt_of(self.prompt_id, self.content, self.body)
        prompt: Prompt = self._cache["prompt"]
        return prompt

    @property
    def model(self) -> Mapping[str, Any] | None:
        """`{"id", "provider", "options"}`, with `artifact` where that pins the model; None when the
        version names no model.
        """
        model = self.prompt.model if self.body else None
        if model is None:
            return None
        return {**model.content(), "options": dict(model.options)}

    def bundle(self) -> dict[str, Any]:
        """Everything that decides what this version does, as plain JSON values, under one name: ids
        and fingerprint, message templates, model with its parameters, inputs, output schema,
        tools, snippets and examples, and the features that compute inputs.
        """
        from workbench.prompts.codec import prompt_to_json

        parts = prompt_to_json(self.prompt)
        del parts["extra"], parts["description"]
        for name, digest in self.features.items():
            parts["features"][name] = {**parts["features"][name], "hash": digest}
        names = {"prompt_id": self.prompt_id, "version": self.version}
        return {**names, "fingerprint": self.fingerprint, **parts}

    @property
    def features(self) -> Mapping[str, str]:
        """The hash of each feature's definition by its name: what `workbench.feature_hash` gives
        for the same definition.
        """
        if not self.body or not self.prompt.features:
            return {}
        from workbench.prompts.features import feature_of

        pinned = self.prompt.features.items()
        return {name: feature_of(name, content).hash for name, content in pinned}

    def check_features(self, hashes: Mapping[str, str]) -> tuple[str, ...]:
        """A sentence for each feature that an app computes by another definition than the one that
        this version was judged with, or does not say; `hashes` are the app's own, by name. Empty:
        all are the same.
        """
        pinned = self.features
        sentences = [
            f"{name} is computed by another definition than {self.ref} was judged with"
            if name in hashes
            else f"{name}: the app does not say by which definition it is computed"
            for name, digest in pinned.items()
            if hashes.get(name) != digest
        ]
        more = sorted(hashes.keys() - pinned.keys())
        return (*sentences, *(f"{self.ref} has no feature {name}" for name in more))

    def messages(self, **inputs: Any) -> list[dict[str, Any]]:
        """The messages to send, as `{"role", "content"}`, in the form of OpenAI's chat API.

        An image is given as bytes, a path object, an https URL or a data URI, a conversation as a
        list of messages. Raises PromptInputError (a ValueError) when an input is missing, unknown
        or does not fit its kind.
        """
        from workbench.registry.models.artefact import rendered

        return rendered(self._renderer(), inputs)

    def with_source(self, source: str, age: float) -> PromptVersion:
        """The same version, from a source that may be `age` seconds old."""
        return self.replaced(source=source, age=age)

    def replaced(self, **changes: Any) -> PromptVersion:
        """A copy with some fields changed."""
        return PromptVersion(**(self.as_dict() | changes))

    def _renderer(self) -> Renderer:
        if "renderer" not in self._cache:
            from workbench.prompts.templates.templates import Renderer

            self._cache["renderer"] = Renderer(self.prompt)
        renderer: Renderer = self._cache["renderer"]
        return renderer


class PromptDeployment(_Value):
    """One entry of an environment's append-only history: deploy, rollback or retire.

    `seq` is its place in the registry's ledger, `override` says that it went past the gate,
    `loosened_by` is the seq of the loosened rule that allowed it, or None, and `previous_version`
    is what was live before, or None.
    """

    __slots__ = _fields = (
        "prompt_id",
        "version",
        "environment",
        "deployed_at",
        "deployed_by",
        "previous_version",
        "seq",
        "action",
        "reason",
        "override",
        "stale",
        "loosened_by",
    )

    prompt_id: str
    version: str
    environment: str
    deployed_at: str
    deployed_by: str
    previous_version: str | None
    seq: int
    action: str
    reason: str
    override: bool
    stale: bool
    loosened_by: int | None

    def __init__(
        self,
        prompt_id: str,
        version: str,
        environment: str,
        deployed_at: str,
        deployed_by: str,
        previous_version: str | None = None,
        seq: int = 0,
        action: str = "deploy",
        reason: str = "",
        override: bool = False,
        stale: bool = False,
        loosened_by: int | None = None,
    ) -> None:
        put = object.__setattr__
        put(self, "prompt_id", prompt_id)
        put(self, "version", version)
        put(self, "environment", environment)
        put(self, "deployed_at", deployed_at)
        put(self, "deployed_by", deployed_by)
        put(self, "previous_version", previous_version)
        put(self, "seq", seq)
        put(self, "action", action)
        put(self, "reason", reason)
        put(self, "override", override)
        put(self, "stale", stale)
        put(self, "loosened_by", loosened_by)

    @property
    def ref(self) -> str:
        """`prompt_id@version`."""
        return f"{self.prompt_id}@{self.version}"
