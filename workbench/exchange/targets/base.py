"""What an export target is: a kind of place that takes versions, prompts or the registry."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from workbench.errors import UsageError
from workbench.exchange.approval import Approved
from workbench.exchange.losses import Loss
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
    """None where the whole registry leaves."""
    label: str = ""
    """How the prompt was named: its version, or `draft`."""
    version: str = ""
    """The registered version that the prompt is; empty for another."""
    approved: Approved | None = None
    """The version with its status, for a target that takes approved ones."""

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


class Target(Protocol):
    """A kind of target: a file's format, or another registry.

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
        """Send it, whole or not at all. Raises UsageError for a destination that cannot be."""


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raises UsageError, naming the file, where the block raises OSError."""
    try:
        yield
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
