"""The package that docs/extending.md builds does what the page says."""

from __future__ import annotations

import asyncio
import re
import tomllib
from pathlib import Path

import pytest

from tests.support.plugins import install
from workbench.exchange.kinds import IMPORTERS, TARGETS, kind_of_table
from workbench.exchange.targets.base import Destination, Export
from workbench.prompts.values import Message, Prompt
from workbench.providers.base import Outcome, Request
from workbench.providers.opening import open_provider
from workbench.registry import PromptRegistry
from workbench.scorers.catalog import find_kind, make_scorer
from workbench.settings import parse_settings

PAGE = Path(__file__).resolve().parents[1] / "docs" / "extending.md"


def blocks(language: str) -> dict[str, list[str]]:
    """The page's blocks by the file that their first line names."""
    found: dict[str, list[str]] = {}
    for name, text in re.findall(
        rf"^```{language}\n# (\S+)\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL
    ):
        found.setdefault(name, []).append(text)
    return found


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The page's package, installed; its modules by name."""
    (text,) = blocks("toml")["pyproject.toml"]
    project = tomllib.loads(text)["project"]
    sources = {name.removesuffix(".py"): text for name, (text,) in blocks("python").items()}
    site = tmp_path / "site"
    install(site, project["name"], project["entry-points"], sources, version=project["version"])
    monkeypatch.syspath_prepend(str(site))
    return sources


def test_the_pages_scorer_is_listed_and_its_own_test_passes(modules: dict[str, str]) -> None:
    assert str(find_kind("max_words").plugin) == "workbench-words 1.0.0"
    make_scorer("max_words", {"limit": 20}, "suite.yaml")
    names: dict[str, object] = {}
    exec(modules["test_words"], names)  # the page's own code
    tests = [value for name, value in names.items() if name.startswith("test_")]
    assert tests
    for test in tests:
        test()  # type: ignore[operator]


def test_the_pages_provider_answers_with_the_pages_settings(modules: dict[str, str]) -> None:
    settings = parse_settings(tomllib.loads(blocks("toml")["workbench.toml"][0]), "workbench.toml")
    provider = open_provider(settings.provider("words"), environ={})
    request = Request("m", (Message("user", "hello there"),))
    answer = asyncio.run(provider.answer(request, timeout_s=60))
    assert (answer.outcome, answer.text) == (Outcome.OK, "HELLO")
    asyncio.run(provider.close())


def test_the_pages_target_and_importer_carry_a_prompt_there_and_back(
    modules: dict[str, str], tmp_path: Path
) -> None:
    settings = parse_settings(tomllib.loads(blocks("toml")["workbench.toml"][1]), "workbench.toml")
    entry, options = kind_of_table(settings.targets["handbook"])
    assert entry.name in TARGETS.names()
    prompt = Prompt("hello", (Message("user", "Hello {{ name }}"),))
    with PromptRegistry(tmp_path / "registry.db", create=True) as registry:
        export = Export(registry, prompt, "1.0.0", "1.0.0")
        uri = settings.targets["handbook"].uri
        sent = entry.kind.send(export, Destination(None, uri, tmp_path, options))
        assert [loss.what for loss in entry.kind.loses(export)][1] == "evidence"
    assert sent.path == tmp_path / "handbook" / "hello-1.0.0.txt"
    importer = IMPORTERS.get("text").kind
    assert importer.recognizes(sent.path)
    assert importer.read(sent.path).prompts[0].messages == prompt.messages
