"""Allows code of a workspace to run: what a user is shown before, and the answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.child_process.allowed import allow, enforced_here, is_allowed
from workbench.child_process.confine import RESTRICTIONS
from workbench.child_process.source import Source, read_source
from workbench.errors import UsageError
from workbench.fingerprints import short
from workbench.workspace import Workspace

FOLDERS = ("scorers", "features")


@dataclass(frozen=True)
class CodeFacts:
    """What a user should know of a file before it runs."""

    source: Source
    allowed: bool
    enforced: tuple[str, ...]
    declared: tuple[str, ...]
    """What the code is asked to leave alone, and this system does not enforce."""

    def lines(self) -> Iterator[str]:
        """The facts, for display; names are the workspace's and untrusted."""
        source = self.source
        functions = ", ".join(sorted(source.functions())) or "none"
        yield f"{source.path}  sha256 {short(source.text_hash)}"
        yield f"  functions: {functions}"
        others = [m.path for m in source.modules.values() if m.path != source.path]
        if others:
            yield f"  imports of the workspace: {', '.join(others)}"
        installed = [f"{item.name} {item.version}" for item in source.distributions]
        yield f"  imports of packages: {', '.join(installed) or 'none'}"
        if self.enforced:
            yield (
                f"  in a process of its own, without keys; this system enforces limits on:"
                f" time, output, {', '.join(self.enforced)}"
            )
        if self.declared:
            yield f"  NOT enforced by this system, only asked for: {', '.join(self.declared)}"

    def content(self) -> dict[str, object]:
        """The facts as plain JSON values."""
        source = self.source
        return {
            "file": source.path,
            "hash": source.text_hash,
            "functions": sorted(source.functions()),
            "imports": sorted(m.path for m in source.modules.values() if m.path != source.path),
            "packages": {item.name: item.version for item in source.distributions},
            "enforced": ["time", "output", *self.enforced],
            "declared": list(self.declared),
            "allowed": self.allowed,
        }


def facts_of(source: Source) -> CodeFacts:
    """What is known of the code without running it."""
    enforced = enforced_here()
    declared = tuple(name for name in RESTRICTIONS if name not in enforced)
    return CodeFacts(source, is_allowed(source), enforced, declared)


def code_at(workspace: Workspace, file: str) -> Source:
    """The code at a path below the workspace. Raises CodeError."""
    return read_source(workspace.root, file)


def code_files(workspace: Workspace) -> tuple[str, ...]:
    """The Python files in the folders of scorers and features."""
    paths = (path for name in FOLDERS for path in sorted((workspace.root / name).glob("*.py")))
    return tuple(path.relative_to(workspace.root).as_posix() for path in paths)


def allow_code(source: Source, wanted_hash: str = "") -> None:
    """Record that the user allows exactly this code. Raises UsageError where `wanted_hash`, or its
    beginning, is that of other code.
    """
    if wanted_hash and not source.text_hash.startswith(wanted_hash.lower()):
        raise UsageError(
            f"{source.path} has the hash {short(source.text_hash)}, not {wanted_hash}",
            hint="read what changed",
        )
    allow(source)
