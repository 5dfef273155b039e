"""The package that docs/extending.md builds does what the page says."""

from __future__ import annotations

import asyncio
import re
import tomllib
from pathlib import Path

import pytest

from tests.support.plugins import install
from workbench.errors import TargetConflict
from workbench.exchange.approval import approved
from workbench.exchange.delivery import move_pointer, send_version
from workbench.exchange.drift import Drift, Expected, drift_of
from workbench.exchange.kinds import IMPORTERS, TARGETS, kind_of_table
from workbench.exchange.targets.base import Destination, Export, as_pointer_target
from workbench.prompts.values import Message, Prompt
from workbench.providers.base import Outcome, Request
from workbench.providers.opening import open_provider
from workbench.registry import PromptRegistry, PromptVersion
from workbench.runs.store.outbox import Step
from workbench.scorers.catalog import find_kind, make_scorer
from workbench.settings import parse_settings

PAGE = Path(__file__).resolve().parents[1] / "docs" / "extending.md"


def blocks(language: str) -> dict[str, list[str]]:
    """The page's blocks by the file that their first line names."""
    by_name: dict[str, list[str]] = {}
    for name, text in re.findall(
        rf"^```{language}\n# (\S+)\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL
    ):
        by_name.setdefault(name, []).append(text)
    return by_name


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


def test_the_pages_registry_is_sent_to_pointed_in_repaired_and_taken_from(
    modules: dict[str, str], tmp_path: Path
) -> None:
    kind = as_pointer_target(TARGETS.get("shelf").kind)
    assert kind is not None
    there = Destination(None, "shelf", tmp_path, name="shelf")
    steps: list[Step] = []
    with PromptRegistry(tmp_path / "registry.db", create=True) as registry:
        for number, word in (("1.0.0", "Hello"), ("1.1.0", "Hi")):
            prompt = Prompt("hello", (Message("user", f"{word} {{{{ name }}}}"),))
            registry.register(PromptVersion.of(prompt, number, "", "ana"))

        def export(version: str) -> Export:
            approved_version = approved(registry, "hello", version, force_reason="to try it")
            return Export(
                registry, approved_version.version.prompt, version, version, approved_version
            )

        first = send_version(kind, export("1.0.0"), there, steps.append)
        again = send_version(kind, export("1.0.0"), there, steps.append)
        second = send_version(kind, export("1.1.0"), there, steps.append)
        assert (first.ref, again.sent, second.ref) == ("1", None, "2")
        assert steps == [Step.READ, Step.SEND, Step.COMPARE, Step.READ, *steps[:3]]
        for ref in ("1", "2", None):
            moved = move_pointer(kind, registry, ("hello", "production", ref), there)
            assert kind.pointers("hello", there).get("production") == moved.after == ref
        file = tmp_path / "shelf" / "hello" / "2.json"
        assert "to try it" in file.read_text()
        file.write_text(file.read_text().replace("Hi", "Yo"))
        expected = Expected("hello", {"1.0.0": True, "1.1.0": True}, {"production": "1.1.0"})
        drifts = drift_of(registry, kind, expected, there)
        assert [(f.drift, f.theirs) for f in drifts] == [
            (Drift.CONTENT, "1.1.0 (2)"),
            (Drift.POINTER, ""),
        ]
        with pytest.raises(TargetConflict, match="has it with other content"):
            send_version(kind, export("1.1.0"), there, steps.append)
        assert send_version(kind, export("1.1.0"), there, steps.append, force=True).ref == "3"
        assert drifts[0].held is not None
        assert kind.prompt("hello", drifts[0].held).messages[0].content == "Yo {{ name }}"
