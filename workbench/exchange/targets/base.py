"""What an export target is: a kind of place that takes versions, prompts or the registry."""

from __future__ import annotations

import enum
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, cast

from workbench.errors import SettingsError, UsageError
from workbench.exchange.approval import Approved
from workbench.exchange.losses import Loss
from workbench.plugins import lacks
from workbench.prompts.flat import flattened
from workbench.prompts.values import Prompt
from workbench.registry import PromptRegistry
from workbench.typed_options import Option

_EXAMPLE = 'uri = "dist/prompts.json"'


class Takes(enum.StrEnum):
    """What a target is given."""

    REGISTRY = "registry"
    """All of it."""
    VERSION = "version"
    """One version that is approved for an environment."""
    PROMPT = "prompt"
    """Any prompt: a draft, a version, that of a run."""


@dataclass(frozen=True, slots=True)
class Export:
    """What leaves: its parts are there as the target `takes` them."""

    registry: PromptRegistry
    prompt: Prompt | None = None
    """With snippets and examples written into its messages; None where the registry leaves."""
    label: str = ""
    """How the prompt was named: its version, or `draft`."""
    version: str = ""
    """The registered version that the prompt is; empty for another."""
    approved: Approved | None = None
    """The version with its status, for a target that takes approved ones; `approved.reason` is why
    it leaves although it is not tested."""
    environments: tuple[str, ...] = ()
    """Where the version is live and a pointer to it is to be set, for a target that has these."""
    suites: tuple[Path, ...] = ()
    """The workspace's suites, for a target that takes those of the prompt along."""
    whole: Prompt | None = None
    """The prompt as it is here, with its parts."""

    @classmethod
    def of(cls, registry: PromptRegistry, prompt: Prompt, label: str, **more: Any) -> Export:
        """Of a prompt. Raises TemplateError where it does not compile."""
        return cls(registry, flattened(prompt), label, whole=prompt, **more)

    @property
    def name(self) -> str:
        """`prompt_id-1.2.0`, for a file."""
        return f"{self.prompt.prompt_id}-{self.label}" if self.prompt else "prompts"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where it goes: what the command line and the [targets.NAME] table say."""

    path: Path | None = None
    """The file that the command line names."""
    uri: str = ""
    """The table's uri, or the value of the variable that its uri_env names."""
    root: Path = Path()
    """The workspace's folder: a relative uri of a file starts there."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """The table's options, checked, beside the defaults of the others."""
    name: str = ""
    """What the user calls the target: the table's name, or the kind's."""

    def secret(self, option: str) -> str:
        """The value of the environment variable that an option names; empty where it names none.

        Raises SettingsError when the variable is not set.
        """
        variable = str(self.options.get(option, ""))
        value = os.environ.get(variable, "")
        if variable and not value:
            raise SettingsError(
                f"the variable {variable} is not set, and the target {self.name} needs it",
                hint=f"export {variable}=..., or name another in options.{option}",
            )
        return value

    def file(self, name: str) -> Path:
        """The file to write: the path, else the uri, else `name` in the current folder. A uri
        that ends with a slash, or is a folder, holds a file of that name.

        Raises UsageError for a uri that is an address; it is not repeated, as it may hold a key.
        """
        if self.path is not None or not self.uri:
            return self.path or Path(name)
        if "://" in self.uri:
            raise UsageError("this target writes a file, and its uri is an address", hint=_EXAMPLE)
        place = self.root / Path(self.uri).expanduser()
        return place / name if self.uri.endswith("/") or place.is_dir() else place


@dataclass(frozen=True, slots=True)
class Sent:
    """Where it went."""

    place: str
    """A path, or an address without secrets."""
    path: Path | None = None
    """The file, where it is one."""
    ref: str = ""
    """What the target calls the version, see `Held`."""
    changed: bool = True
    """False: the file was there as it would have been written, and was left alone."""


@dataclass(frozen=True, slots=True)
class Held:
    """A version as a target has it."""

    ref: str
    """What the target calls it: "3", a commit, a file."""
    version: str
    """The semantic version that it says it is; empty where it says none."""
    content: Mapping[str, Any]
    """Plain JSON in the target's own form, as `VersionTarget.content` gives it."""


class Target(Protocol):
    """A kind of target: a file's format, or another registry. These members are enough for a file
    that is simply written; `VersionTarget` and `PointerTarget` have more.

    A plug-in brings one under an entry point in `workbench.targets`; the entry point's name is
    what `workbench export` and `kind` in a [targets.NAME] table call it.
    """

    @property
    def summary(self) -> str:
        """What it writes and for whom, in one sentence."""

    @property
    def takes(self) -> Takes:
        """What it is to be given."""

    @property
    def options(self) -> Mapping[str, Option]:
        """The options that [targets.NAME.options] may set, by name."""

    def loses(self, export: Export, /) -> Sequence[Loss]:
        """What the target cannot hold of it; known before anything is sent."""

    def send(self, export: Export, destination: Destination, /) -> Sent:
        """Send it, whole or not at all; never moves a pointer. Where the target has the version
        with other content, that is replaced, or a newer one is made, which `read_back` then gives.

        Raises UsageError for a destination that cannot be, or TargetError.
        """


class VersionTarget(Target, Protocol):
    """A target that can be asked what it has: its versions are compared before and after they are
    sent, and looked after by `workbench drift`.
    """

    def refuses(self, export: Export, destination: Destination, /) -> Sequence[str]:
        """Why it cannot be sent there, each one line with what to do: a name or a text beyond the
        target's limits, a template feature that the target would render otherwise. Asks nobody.
        """

    def content(self, export: Export, /) -> Mapping[str, Any]:
        """What the target will hold of it: plain JSON in the target's own form, equal to what
        `read_back` gives afterwards. Without what may change later, such as evidence.
        """

    def read_back(self, export: Export, destination: Destination, /) -> Held | None:
        """What the target has under this prompt and version, the newest of several; None where it
        has none. Raises TargetError.
        """


class PointerTarget(VersionTarget, Protocol):
    """A registry with aliases, labels or tags, from which apps read what is live somewhere."""

    def pointers(self, prompt_id: str, destination: Destination, /) -> Mapping[str, str]:
        """Environment to the `Held.ref` that it points to; other labels may be among them."""

    def point(
        self, prompt_id: str, environment: str, ref: str | None, destination: Destination, /
    ) -> None:
        """Make the environment's pointer lead to `ref`; None removes it. Raises TargetError."""

    def held(self, prompt_id: str, ref: str, destination: Destination, /) -> Held | None:
        """The version that the target calls `ref`, or None. Raises TargetError."""

    def newest(self, prompt_id: str, destination: Destination, /) -> Held | None:
        """The newest version that the target has of a prompt, or None. Raises TargetError."""

    def prompt(self, prompt_id: str, held: Held, /) -> Prompt:
        """What the target holds as a prompt for a draft. Raises DraftError."""


def as_version_target(kind: Target) -> VersionTarget | None:
    """The kind as a VersionTarget, None where it lacks a member of one."""
    return None if lacks(kind, VersionTarget) else cast(VersionTarget, kind)


def as_pointer_target(kind: Target) -> PointerTarget | None:
    """The kind as a PointerTarget, None where it lacks a member of one."""
    is_one = not lacks(kind, VersionTarget) and not lacks(kind, PointerTarget)
    return cast(PointerTarget, kind) if is_one else None


def holds_parts(kind: Target) -> bool:
    """Whether the kind holds snippets and examples apart: it has `holds_parts = True`."""
    return bool(getattr(kind, "holds_parts", False))


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raises UsageError, naming the file, where the block raises OSError."""
    try:
        yield
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
