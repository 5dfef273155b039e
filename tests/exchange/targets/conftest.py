"""A registry that the tests of targets share: nothing in it changes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.exchange.exporting import TRIAGE, registry_of, reworded
from workbench.registry import PromptRegistry


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PromptRegistry]:
    versions = [("1.0.0", TRIAGE), ("1.1.0", reworded(TRIAGE, "one queue", "exactly one queue"))]
    with registry_of(tmp_path_factory.mktemp("registry"), versions) as made:
        yield made
