"""A registry in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.registry.making import build_evidence
from workbench.registry import PromptRegistry, PromptVersion


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[PromptRegistry]:
    with PromptRegistry(tmp_path / "registry.db", create=True) as opened:
        yield opened


@pytest.fixture
def tested(registry: PromptRegistry) -> Callable[..., PromptVersion]:
    """Registers a version and, unless told otherwise, records that it passes."""

    def add(
        prompt_id: str, number: str, text: str | None = None, *, passes: bool = True
    ) -> PromptVersion:
        version = PromptVersion(prompt_id, number, text or f"{prompt_id} {number}", author="ana")
        registry.register(version)
        if passes:
            registry.record_evaluation(build_evidence(version), by="ci")
        return registry.get_version(prompt_id, number)

    return add
