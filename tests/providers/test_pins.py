"""Which model names can be pinned."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.tiny_gguf import tiny_gguf
from workbench.providers.embedded.local import LocalModel
from workbench.providers.pins import is_snapshot, pins_of
from workbench.settings import ProviderSettings


@pytest.mark.parametrize(
    "model",
    [
        "gpt-4.1-mini-2025-04-14",
        "o1-2024-12-17",
        "gpt-4-0613",
        "gpt-4-1106-preview",
        "claude-3-5-sonnet-20241022",
        "anthropic.claude-3-5-sonnet-20241022-v2:0",
        "claude-3-5-sonnet@20241022",
        "gemini-2.0-flash-001",
        "mistral-large-2411",
        "deepseek/deepseek-chat-v3-0324",
        "org/model@" + "0a" * 20,
        "ft:gpt-4o-mini-2024-07-18:acme::9abc",
    ],
)
def test_a_dated_or_numbered_name_is_a_snapshot(model: str) -> None:
    assert is_snapshot(model)


@pytest.mark.parametrize(
    "model",
    [
        *("gpt-4.1-mini", "gpt-4o", "gpt-4-32k", "claude-3-5-sonnet-latest", "mistral-large"),
        *("gemini-2.0-flash", "llama-3.1-70b-instruct", "phi-3-mini-128k", "qwen2.5-72b", "o3"),
        *("gpt-3.5-turbo", "model-2025-13-01", "text-embedding-3072", "", "deepseek-r1:671b"),
    ],
)
def test_any_other_name_is_an_alias(model: str) -> None:
    assert not is_snapshot(model)


def test_a_model_on_this_machine_is_pinned_by_its_digests(tmp_path: Path) -> None:
    path = tiny_gguf(tmp_path / "own.gguf", template="{{ messages[0]['content'] }}")
    own = LocalModel(ProviderSettings("local", model_path=str(path)))
    plain = LocalModel(ProviderSettings("local", model_path=str(path), chat_template="plain"))
    assert set(pins_of(own)) == {"weights", "chat template", "tokenizer"}
    assert set(pins_of(plain)) == {"weights", "tokenizer"}
