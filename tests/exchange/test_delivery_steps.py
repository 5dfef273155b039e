"""A file target that is killed before or after any step is put right by the same call again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.registry.making import build_evidence
from workbench.errors import TargetRefused, TargetUnreachable
from workbench.exchange.approval import approved
from workbench.exchange.delivery import send_version, tried
from workbench.exchange.targets.base import Destination, Export, Sent
from workbench.exchange.targets.json import JsonTarget
from workbench.exchange.travelling import evidence_in_short
from workbench.prompts.values import Message, Model, Prompt
from workbench.registry import PromptRegistry, PromptVersion
from workbench.runs.store.outbox import Step


class Killed(BaseException):
    """The process ends here: nothing handles it."""


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PromptRegistry]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    prompt = Prompt("triage", (Message("user", "{{ ticket }}"),), model=Model("m", "mock"))
    with PromptRegistry(tmp_path / "registry.db", create=True) as opened:
        version = PromptVersion.of(prompt, "1.0.0", "first", "ana")
        opened.register(version)
        opened.record_evaluation(build_evidence(version), by="ci")
        yield opened


def leaving(registry: PromptRegistry) -> Export:
    approved_version = approved(registry, "triage", "1.0.0")
    return Export(registry, approved_version.version.prompt, "1.0.0", "1.0.0", approved_version)


@pytest.mark.exhaustive(keep=5)
@pytest.mark.parametrize("step", [Step.READ, Step.SEND, Step.COMPARE])
@pytest.mark.parametrize("before", [None, "an older file", "{}"])
def test_a_kill_before_any_step_is_repaired_by_the_same_call(
    registry: PromptRegistry, tmp_path: Path, step: Step, before: str | None
) -> None:
    path = tmp_path / "live.json"
    if before is not None:
        path.write_text(before)
    destination = Destination(path, name="json")

    def die(at: Step) -> None:
        if at is step:
            raise Killed

    with pytest.raises(Killed):
        send_version(JsonTarget(), leaving(registry), destination, die)
    assert before is None or step is Step.COMPARE or path.read_text() == before
    done = send_version(JsonTarget(), leaving(registry), destination, lambda _: None)
    assert (done.sent is None) == (step is Step.COMPARE)
    assert json.loads(path.read_text())["version"] == "1.0.0"
    again = send_version(JsonTarget(), leaving(registry), destination, lambda _: None)
    assert (again.sent, again.content) == (None, done.content)


def test_a_file_is_written_again_where_its_evidence_changed(
    registry: PromptRegistry, tmp_path: Path
) -> None:
    destination = Destination(tmp_path / "live.json", name="json")
    send_version(JsonTarget(), leaving(registry), destination, lambda _: None)
    registry.deploy("triage", "1.0.0", "production", "ana")
    done = send_version(JsonTarget(), leaving(registry), destination, lambda _: None)
    assert done.sent is not None
    assert json.loads((tmp_path / "live.json").read_text())["live"][0]["by"] == "ana"


def test_only_what_cannot_be_reached_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    attempts: list[int] = []

    def fail(error: Exception) -> None:
        attempts.clear()
        pauses.clear()

        def once(attempt: int) -> Sent:
            attempts.append(attempt)
            raise error

        with pytest.raises(type(error)):
            tried(once)

    fail(TargetUnreachable("down"))
    assert attempts == [1, 2, 3]
    assert all(0.1 <= pause <= 0.4 for pause in pauses)
    assert len(pauses) == 2
    fail(TargetUnreachable("its client tried often enough", retry=False))
    assert attempts == [1]
    fail(TargetRefused("no"))
    assert attempts == [1]


def test_the_evidence_in_short_says_what_a_reader_of_tags_needs(registry: PromptRegistry) -> None:
    told = evidence_in_short(leaving(registry))
    evidence = registry.evaluations("triage", "1.0.0")[0].evidence
    assert (told["suite"], told["gate"]) == (evidence.suite, "pass")
    assert told["verdict"] == evidence.comparisons[0].verdict.value
    assert told["cases"] == str(evidence.comparisons[0].cases)
    assert told["ledger_head"] == registry.head()
    assert "forced_reason" not in told
    assert all(told.values())
