"""One version for all tests of targets, and no wait between attempts."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from tests.exchange.targets.hosted.services import KEYS, registered
from workbench.exchange import http_json
from workbench.exchange.targets.base import Export
from workbench.registry import PromptRegistry


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PromptRegistry]:
    path = tmp_path_factory.mktemp("state") / "registry.db"
    with PromptRegistry(path, create=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def leaves(registry: PromptRegistry) -> Export:
    """A tested version that is to be live in production."""
    return registered(registry, environments=("production",))


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were waited between attempts, instead of waiting."""
    seconds: list[float] = []
    monkeypatch.setattr(http_json, "time", SimpleNamespace(sleep=seconds.append))
    return seconds
