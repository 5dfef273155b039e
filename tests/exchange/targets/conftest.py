"""One version for all tests of targets, and no wait between attempts."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from tests.exchange.exporting import TRIAGE, registry_of, reworded
from tests.exchange.targets.services import KEYS, registered
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


@pytest.fixture(scope="module")
def tested(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PromptRegistry]:
    """A registry with two tested versions, in which nothing changes."""
    versions = [("1.0.0", TRIAGE), ("1.1.0", reworded(TRIAGE, "one queue", "exactly one queue"))]
    with registry_of(tmp_path_factory.mktemp("tested"), versions) as made:
        yield made


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
