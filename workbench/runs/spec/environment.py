"""What else was the case when a run was made: versions, endpoint, parameters, git commit."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench._version import __version__
from workbench.providers.base import Provider
from workbench.providers.versions import installed_version, sdk_version
from workbench.runs.spec.values import RunSpec

PLAN = "plan"
MAYBE_BILLED = "maybe_billed"
"""How many calls failed after they were sent, so that the cost may be higher."""

AVAILABLE = "available"
"""How many cases the run's split had; a run of fewer is a part."""

ALTERED = "altered"
"""How many stored answers were not used, because they were altered after they were stored."""

ASKED_AGAIN = "forgotten_before"
"""Cases of the run that were forgotten before it: id, by whom and on which day."""

EMPTY = "empty"
"""How many answers had no text, or only blanks."""

STRANGE_LINES = "strange_lines"
"""How many lines of a batch's answers belong to none of its questions."""


def environment_of(spec: RunSpec, provider: Provider) -> dict[str, Any]:
    """What is known before the first call."""
    options = spec.run_options
    model = spec.prompt.model
    commit = git_commit(spec.suite.path or Path.cwd())
    return {
        "provider": provider.name,
        "identity": dict(provider.identity),
        "parameters": dict(model.options) if model else {},
        "concurrency": options.concurrency,
        "timeout_s": options.timeout_s,
        AVAILABLE: spec.available or len(spec.cases),
        "workbench": __version__,
        "httpx2": installed_version("httpx2"),
        "openai": sdk_version(),
        "python": platform.python_version(),
        **({"fresh": True} if spec.fresh else {}),
        **({"commit": commit} if commit else {}),
        **({PLAN: dict(spec.plan)} if spec.plan else {}),
    }


def git_commit(start: Path) -> str:
    """The commit checked out where `start` lies; empty outside of a repository.

    Reads git's files, since starting git costs more than a cached run may.
    """
    for folder in (start, *start.absolute().parents):
        dot_git = folder / ".git"
        try:
            if dot_git.is_file():
                dot_git = folder / dot_git.read_text("utf-8").partition("gitdir:")[2].strip()
            if (dot_git / "HEAD").is_file():
                return _head(dot_git)
        except (OSError, UnicodeDecodeError):
            return ""
    return ""


def _head(git: Path) -> str:
    head = (git / "HEAD").read_text("utf-8").strip()
    if not head.startswith("ref:"):
        return head
    ref = head[4:].strip()
    common = git / "commondir"
    roots = [git]
    if common.is_file():
        roots.append(git / common.read_text("utf-8").strip())
    for root in roots:
        if (root / ref).is_file():
            return (root / ref).read_text("utf-8").strip()
        packed = root / "packed-refs"
        if packed.is_file():
            for line in packed.read_text("utf-8").splitlines():
                if line.endswith(f" {ref}"):
                    return line.split()[0]
    return ""


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What differs between the environments of two runs, by name."""
    return {
        name: (before.get(name), after.get(name))
        for name in sorted(before.keys() | after.keys())
        if name != PLAN and before.get(name) != after.get(name)
    }
