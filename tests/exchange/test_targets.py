"""What apps get without write access: a read-only file, or JSON, whole or not at all."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.registry.making import build_evidence
from workbench.errors import UsageError
from workbench.exchange import targets
from workbench.exchange.approval import approved
from workbench.exchange.kinds import TARGETS
from workbench.exchange.losses import part_losses
from workbench.exchange.targets.base import Destination, Export
from workbench.exchange.targets.json import KIND as JSON
from workbench.exchange.targets.sqlite import write_snapshot
from workbench.files import LEFT_BEHIND_S, write_atomically
from workbench.plugins import one_module_each
from workbench.prompts.values import PARTS_REVISION, Input, Message, Model, Prompt
from workbench.registry import PromptRegistry, PromptVersion

PROMPT = Prompt(
    "triage",
    (Message("system", "One queue name only."), Message("user", "{{ ticket }}")),
    model=Model("gpt-4.1-mini", "openai", {"temperature": 0}),
    inputs=(Input("ticket", description="The customer's message"),),
)


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PromptRegistry]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "state").mkdir()
    with PromptRegistry(tmp_path / "state" / "registry.db", create=True) as opened:
        for number, queue in (("1.0.0", "One"), ("1.1.0", "Exactly one")):
            prompt = Prompt(
                "triage",
                (Message("system", f"{queue} queue name only."), PROMPT.messages[1]),
                PROMPT.model,
                PROMPT.inputs,
            )
            version = PromptVersion.of(prompt, number, "first", "ana")
            opened.register(version)
            if number == "1.0.0":
                opened.record_evaluation(build_evidence(version), by="ci")
        opened.deploy("triage", "1.0.0", "production", "ana")
        yield opened


def test_a_snapshot_is_read_where_nothing_can_be_written(
    registry: PromptRegistry, tmp_path: Path
) -> None:
    folder = tmp_path / "app"
    folder.mkdir()
    write_snapshot(registry, folder / "prompts.db")
    folder.chmod(0o555)

    with PromptRegistry(folder / "prompts.db") as app:
        prompt = app.get_active("triage")
        assert prompt.messages(ticket="Help!")[1] == {"role": "user", "content": "Help!"}
        assert prompt.model == {
            "id": "gpt-4.1-mini", "provider": "openai", "options": {"temperature": 0},
        }  # fmt: skip
        assert app.verify(head=registry.head()).ok
    folder.chmod(0o755)
    assert oct((folder / "prompts.db").stat().st_mode & 0o777) == "0o444"
    assert not list(folder.glob("*-wal"))


def test_other_languages_read_the_view_in_a_snapshot(
    registry: PromptRegistry, tmp_path: Path
) -> None:
    path = write_snapshot(registry, tmp_path / "prompts.db")

    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    rows = connection.execute(
        "SELECT version, content FROM active_prompts WHERE environment = 'production'"
    ).fetchall()
    connection.close()

    assert [version for version, _ in rows] == ["1.0.0"]
    assert rows[0][1].startswith("system:\nOne queue name only.")


@pytest.mark.exhaustive
def test_an_app_notices_the_next_snapshot(registry: PromptRegistry, tmp_path: Path) -> None:
    path = write_snapshot(registry, tmp_path / "prompts.db")
    with PromptRegistry(path) as app:
        assert app.get_active("triage").version == "1.0.0"
        registry.deploy("triage", "1.1.0", "production", "bob", override=True, reason="urgent")
        write_snapshot(registry, path)
        app._reader._file.next_stat = 0.0  # a fiftieth of a second later

        assert app.get_active("triage").version == "1.1.0"


def test_the_registry_is_not_overwritten_by_its_snapshot(registry: PromptRegistry) -> None:
    with pytest.raises(ValueError, match="is the registry itself"):
        write_snapshot(registry, Path(registry.path))

    assert registry.get_active("triage").version == "1.0.0"


def test_an_approved_version_as_json(registry: PromptRegistry, tmp_path: Path) -> None:
    leaving = approved(registry, "triage", "1.0.0")
    export = Export(registry, leaving.version.prompt, "1.0.0", "1.0.0", leaving)
    sent = JSON.send(export, Destination(tmp_path / "triage.json"))

    assert sent.path == tmp_path / "triage.json"
    content = json.loads(sent.path.read_text())
    assert "the scores by case" in [loss.what for loss in JSON.loses(export)]
    assert (content["prompt_id"], content["version"]) == ("triage", "1.0.0")
    assert content["messages"][0] == {"role": "system", "content": "One queue name only."}
    assert content["model"]["id"] == "gpt-4.1-mini"
    assert content["inputs"][0]["name"] == "ticket"
    assert content["status"]["state"] == "tested"
    assert (content["evaluation"]["gate"], content["evaluation"]["score"]) == ("pass", 1.0)
    assert content["live"][0]["environment"] == "production"
    assert content["head"] == registry.head()


def test_a_version_that_is_not_approved_is_not_exported(registry: PromptRegistry) -> None:
    with pytest.raises(ValueError, match=r"1\.1\.0 is not approved .* messages changed since"):
        approved(registry, "triage", "1.1.0")
    registry.revoke("triage", "1.0.0", "ana", "leaks names")
    with pytest.raises(ValueError, match="revoked"):
        approved(registry, "triage", "1.0.0")


@pytest.mark.exhaustive
def test_a_kill_in_the_middle_of_writing_leaves_the_old_file_or_the_new_one(
    tmp_path: Path,
) -> None:
    path = tmp_path / "out.json"
    code = f"""
import itertools
from pathlib import Path
from workbench.files import write_atomically
print("ready", flush=True)
for n in itertools.count():
    write_atomically(Path({str(path)!r}), b"%d " % n + b"x" * 2_000_000 + b" %d" % n)
"""
    for _ in range(8):
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            deadline = time.monotonic() + 60
            while not path.exists() and time.monotonic() < deadline:
                os.sched_yield()
            process.send_signal(signal.SIGKILL)
        first, middle, last = path.read_bytes().split(b" ")
        assert first == last
        assert len(middle) == 2_000_000


def test_what_killed_writes_left_behind_is_swept_by_a_later_one(tmp_path: Path) -> None:
    left = tmp_path / ".out.json.abc.workbench-tmp"
    fresh = tmp_path / ".out.json.def.workbench-tmp"
    for file in (left, fresh):
        file.write_bytes(b"half")
    old = time.time() - LEFT_BEHIND_S - 1
    os.utime(left, (old, old))

    write_atomically(tmp_path / "out.json", b"whole")

    assert sorted(f.name for f in tmp_path.iterdir()) == [fresh.name, "out.json"]


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"keep")
    (tmp_path / "out.json").symlink_to(secret)

    write_atomically(tmp_path / "out.json", b"new")

    assert secret.read_bytes() == b"keep"
    assert not (tmp_path / "out.json").is_symlink()


def test_a_snapshot_is_one_file_in_rollback_mode(registry: PromptRegistry, tmp_path: Path) -> None:
    path = write_snapshot(registry, tmp_path / "prompts.db")

    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_a_module_beside_the_others_is_all_that_a_new_target_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "new_kind.py").write_text(
        "from workbench.exchange.targets.base import Sent, Takes\n"
        "class New:\n"
        "    summary, takes, options = 'Of a test.', Takes.PROMPT, {}\n"
        "    def loses(self, export): return ()\n"
        "    def send(self, export, destination): return Sent('nowhere')\n"
        "KIND = New()\n"
    )
    monkeypatch.setattr(targets, "__path__", [*targets.__path__, str(tmp_path)])
    one_module_each.cache_clear()
    try:
        assert {"json", "new-kind", "prompty", "sqlite"} <= {*TARGETS.names()}
        entry = TARGETS.get("new-kind")
        assert entry.kind.summary == "Of a test."
        with pytest.raises(UsageError, match=r"did you mean 'new-kind'"):
            TARGETS.get("newkind")
    finally:
        one_module_each.cache_clear()


def test_snippets_and_examples_are_written_out_for_targets_that_have_no_place_for_them(
    registry: PromptRegistry,
) -> None:
    snippets = {"tone": "Be kind."}
    messages = (Message("system", 'Hi. {% include "tone" %} Bye.'),)
    prompt = Prompt("p", messages, snippets=snippets, revision=PARTS_REVISION)
    export = Export.of(registry, prompt, "draft")
    assert export.prompt is not None
    assert (export.prompt.messages[0].content, export.prompt.snippets) == ("Hi. Be kind. Bye.", {})
    assert export.whole == prompt
    assert [loss.what for loss in part_losses(export.whole)] == ["the snippets tone"]
