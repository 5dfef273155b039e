"""By which definitions apps compute the inputs of the versions that they read, as they say.

One small file per app, prompt and environment in a folder beside the registry, which stays
unwritten. It is what the app says: nothing in the registry depends on it.
"""

# Apps import no pathlib to read a prompt.
# ruff: noqa: PTH118, PTH208
from __future__ import annotations

import json
import os
import time

from workbench.registry.models.digest import row_digest
from workbench.registry.reader.last_good import read_bytes, write_atomically

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.registry.models.values import PromptVersion

SUFFIX = ".apps"
_MOST_FILES = 1_000
_LONGEST = 64 * 1024
_MOST_NAME_CHARS = 100


class AppFeatures:
    """What one app said of one prompt in one environment."""

    __slots__ = ("app", "at", "environment", "hashes", "prompt_id", "version")

    def __init__(
        self, app: str, prompt_id: str, environment: str, version: str, hashes: Mapping[str, str]
    ) -> None:
        self.app = app
        self.prompt_id = prompt_id
        self.environment = environment
        self.version = version
        """The version that it read."""
        self.hashes = dict(hashes)
        """By the name of the feature: `feature_hash` of the app's definition."""
        self.at = 0.0
        """Seconds since the epoch: when it said so first."""

    def problems(self, version: PromptVersion) -> tuple[str, ...]:
        """A sentence per feature that it computes otherwise than `version`, which it read, was
        judged with.
        """
        if (self.prompt_id, self.version) != (version.prompt_id, version.version):
            return ()
        return tuple(f"{self.app}: {problem}" for problem in version.check_features(self.hashes))


def record_features(registry_path: str, features: AppFeatures) -> None:
    """Keep what an app says, unless it is kept already. Raises OSError where that is impossible."""
    folder = registry_path + SUFFIX
    name = row_digest("app", (features.app, features.prompt_id, features.environment))
    path = os.path.join(folder, f"{name[:32]}.json")
    kept = _read(path)
    if kept is None or (kept.version, kept.hashes) != (features.version, features.hashes):
        slots = ("app", "prompt_id", "environment", "version", "hashes")
        content = {slot: getattr(features, slot) for slot in slots}
        write_atomically(path, json.dumps(content).encode())


def recorded_features(registry_path: str) -> list[AppFeatures]:
    """What apps said, sorted by prompt, environment and app; what is no such file is skipped."""
    folder = registry_path + SUFFIX
    try:
        names = sorted(os.listdir(folder))[:_MOST_FILES]
    except OSError:
        return []
    read = [_read(os.path.join(folder, name)) for name in names if name.endswith(".json")]
    there = [one for one in read if one is not None]
    return sorted(there, key=lambda one: (one.prompt_id, one.environment, one.app))


def _read(path: str) -> AppFeatures | None:
    try:
        data, age = read_bytes(path, _LONGEST)
        content = json.loads(data)
        made = AppFeatures(**content)
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    texts = [made.app, made.prompt_id, made.environment, made.version, *made.hashes.values()]
    if not all(isinstance(text, str) and len(text) <= _MOST_NAME_CHARS for text in texts):
        return None
    made.at = time.time() - age
    return made
