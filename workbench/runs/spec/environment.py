"""The circumstances of a run: versions, endpoint, parameters, git commit."""

from __future__ import annotations

import hashlib
import os
import platform
import time
from functools import cache
from pathlib import Path
from typing import Any

from workbench._version import __version__
from workbench.datasets.features import FeatureInputs
from workbench.providers.base import Provider
from workbench.providers.pins import pins_of
from workbench.providers.versions import installed_version, sdk_version
from workbench.runs.spec.values import RunSpec
from workbench.scorers.python_files import codes_of

LOCK_FILES = (
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile.lock",
    "pylock.toml",
    "constraints.txt",
)

PLAN = "plan"
MAYBE_BILLED = "maybe_billed"
"""Key of the number of calls that failed after they were sent, so that the cost may be higher."""

AVAILABLE = "available"
"""Key of the number of cases in the run's split; a run of fewer is partial."""

ALTERED = "altered"
"""Key of the number of cached answers not used because they were altered after storage."""

ASKED_AGAIN = "forgotten_before"
"""Key of the run's cases that were forgotten earlier: id, by whom and on which day."""

EMPTY = "empty"
"""Key of the number of answers without text, or with white space only."""

SNAPSHOT = "snapshot"
"""Key of the fingerprint of the whole dataset, by which its snapshot is found."""

SOURCE_VERSION = "source_version"
"""Key of the version of the dataset's source, where that has one."""

NOT_ENFORCED = "code_not_enforced"
"""Key of what code of the workspace was asked to leave alone, and this system does not enforce."""

ARTIFACT = "artifact"
"""Key of what the pin of the model was resolved to."""

PINS = "pins"
"""Key of the digests of a model on this machine, by what they are of."""

STREAMED = "streamed"
"""Key of how far a run came that reads its cases while it goes on: cases, and their digest."""

READ_NOTES = "read_notes"
"""Key of the notes on cases that were read while the run went on."""

IMPORTED = "imported"
"""Key of where an imported run was made: tool, name, made_at."""

STRANGE_LINES = "strange_lines"
"""Key of the number of lines in a batch's output that belong to none of its requests."""


def environment_of(
    spec: RunSpec, provider: Provider, features: FeatureInputs | None = None
) -> dict[str, Any]:
    """What is known about a run's circumstances before its first call."""
    options = spec.run_options
    model = spec.prompt.model
    start = spec.suite.path or Path.cwd()
    commit = git_commit(start)
    return {
        "provider": provider.name,
        "identity": dict(provider.identity),
        "parameters": dict(model.options) if model else {},
        "concurrency": options.concurrency,
        "timeout_s": options.timeout_s,
        AVAILABLE: spec.available or len(spec.cases),
        **installed_facts(start),
        **({PINS: dict(pins)} if (pins := pins_of(provider)) else {}),
        **({"fresh": True} if spec.fresh else {}),
        **({"commit": commit} if commit else {}),
        **_dataset(spec),
        **_not_enforced(spec, features),
        **spec.facts,
        **({PLAN: dict(spec.plan)} if spec.plan else {}),
    }


def installed_facts(start: Path) -> dict[str, str]:
    """What is known without a run: versions, the lock file at or above `start`, and the machine."""
    lock = lock_digest(start)
    return {
        "workbench": __version__,
        "httpx2": installed_version("httpx2"),
        "openai": sdk_version(),
        "python": platform.python_version(),
        **machine_facts(),
        **({"lock": lock} if lock else {}),
    }


def machine_facts() -> dict[str, str]:
    """Operating system, processor, accelerator, time zone and locale; what is unknown is absent."""
    facts = {
        **_hardware(),
        # Both names: the offset of the day would change with the season.
        "timezone": "/".join(dict.fromkeys(time.tzname)),
        "locale": os.environ.get("LC_ALL") or os.environ.get("LANG") or "",
    }
    return {name: fact for name, fact in facts.items() if fact}


@cache
def _hardware() -> dict[str, str]:
    return {
        "os": platform.platform(terse=True),
        "machine": platform.machine(),
        "cpu": _first_line("/proc/cpuinfo", "model name"),
        "accelerator": _first_line("/proc/driver/nvidia/version", "NVRM version"),
    }


def lock_digest(start: Path) -> str:
    """Name and sha256 of the nearest lock file at or above `start`, up to the repository's root;
    empty if there is none.
    """
    for folder in (start, *start.absolute().parents):
        for name in LOCK_FILES:
            try:
                content = (folder / name).read_bytes()
            except OSError:
                continue
            return f"{name} {hashlib.sha256(content).hexdigest()}"
        if (folder / ".git").exists():
            return ""
    return ""


def _first_line(path: str, key: str) -> str:
    """The value of the first `key: value` line of a system file; empty if there is none."""
    try:
        with Path(path).open(encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith(key):
                    return line.partition(":")[2].strip()
    except OSError:
        return ""
    return ""


def _dataset(spec: RunSpec) -> dict[str, str]:
    dataset = spec.suite.dataset
    if dataset.rows:
        return {}  # a beginning, which is kept nowhere
    version = {SOURCE_VERSION: dataset.version} if dataset.version else {}
    return {SNAPSHOT: dataset.fingerprint, **version}


def _not_enforced(spec: RunSpec, features: FeatureInputs | None) -> dict[str, str]:
    codes = (*codes_of(spec.scorers), *(features.codes if features else ()))
    declared = {name for code in codes for name in code.declared}
    return {NOT_ENFORCED: ", ".join(sorted(declared))} if declared else {}


def git_commit(start: Path) -> str:
    """The commit checked out at `start`; empty outside a repository.

    Reads git's files: starting git would take longer than a whole cached run.
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
