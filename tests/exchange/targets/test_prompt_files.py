"""Prompty and Dotprompt files of a version: read by others, and compared without the evidence."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from tests.exchange.exporting import TRIAGE, leaving, registry_of, reworded
from workbench.exchange.forms import dotprompt
from workbench.exchange.targets.base import Destination, Export, VersionTarget
from workbench.exchange.targets.dotprompt import KIND as DOTPROMPT
from workbench.exchange.targets.prompty import KIND as PROMPTY
from workbench.prompts.files.prompty import parse_prompty
from workbench.prompts.values import Message, Prompt
from workbench.registry import PromptRegistry

BOTH = pytest.mark.parametrize("target", [PROMPTY, DOTPROMPT], ids=["prompty", "dotprompt"])


@BOTH
def test_a_version_is_read_back_as_it_was_sent_and_a_change_is_seen(
    tested: PromptRegistry, tmp_path: Path, target: VersionTarget
) -> None:
    export, there = leaving(tested, "triage@1.0.0"), Destination(tmp_path / "file")
    assert target.read_back(export, there) is None
    target.send(export, there)
    held = target.read_back(export, there)
    assert held is not None
    assert held.content == target.content(export)

    text = (tmp_path / "file").read_text()
    (tmp_path / "file").write_text(text.replace("gate: pass", "gate: fail"))
    held = target.read_back(export, there)
    assert held is not None
    assert held.content == target.content(export)

    for change in (("one queue", "two queues"), ("gpt-4.1-mini", "gpt-5"), ("calm", "angry")):
        (tmp_path / "file").write_text(text.replace(*change))
        held = target.read_back(export, there)
        assert held is not None
        assert held.content != target.content(export)


@BOTH
def test_a_file_of_another_version_is_replaced(
    tested: PromptRegistry, tmp_path: Path, target: VersionTarget
) -> None:
    there = Destination(tmp_path / "file")
    target.send(leaving(tested, "triage@1.0.0"), there)
    assert target.read_back(leaving(tested, "triage@1.1.0"), there) is None
    (tmp_path / "file").write_bytes(b"\xff\xfe---\n---\n")
    assert target.read_back(leaving(tested, "triage@1.1.0"), there) is None


@BOTH
def test_evidence_and_a_forced_reason_stand_in_the_file(
    tested: PromptRegistry, tmp_path: Path, target: VersionTarget
) -> None:
    from dataclasses import replace

    export = leaving(tested, "triage@1.0.0")
    assert export.approved is not None
    forced = replace(export, approved=replace(export.approved, reason="the shop burns"))
    target.send(forced, Destination(tmp_path / "file"))
    text = (tmp_path / "file").read_text()
    for part in ("the shop burns", "gate: pass", "suite: quality", TRIAGE.fingerprint, "1.0.0"):
        assert part in text


def test_prompty_itself_loads_a_version_with_its_evidence(tmp_path: Path) -> None:
    from dataclasses import replace

    listed = replace(TRIAGE, outputs=[{"name": "queue", "kind": "string"}])
    path = tmp_path / "triage.prompty"
    with registry_of(tmp_path / "state", [("1.0.0", listed)]) as registry:
        PROMPTY.send(leaving(registry, "triage@1.0.0"), Destination(path))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import prompty

        loaded = prompty.load(str(path))
    assert loaded.model.id == "gpt-4.1-mini"
    assert loaded.metadata["version"] == "1.0.0"
    assert loaded.metadata["authors"] == ["ana"]
    assert parse_prompty(path.read_text()).fingerprint == listed.fingerprint


def test_outputs_that_prompty_does_not_load_are_named(tested: PromptRegistry) -> None:
    export = leaving(tested, "triage@1.0.0")
    assert "outputs as JSON Schema" in [loss.what for loss in PROMPTY.loses(export)]


def test_a_draft_becomes_a_plain_file(tested: PromptRegistry, tmp_path: Path) -> None:
    export = Export(tested, TRIAGE, "draft")
    PROMPTY.send(export, Destination(tmp_path / "x.prompty"))
    assert "workbench" not in (tmp_path / "x.prompty").read_text()
    assert [loss.what for loss in PROMPTY.loses(export)] == ["outputs as JSON Schema"]


def test_the_body_of_a_dotprompt_file_escapes_what_handlebars_would_read() -> None:
    prompt = reworded(TRIAGE, "Answer", "{% raw %}{{no}} \\{{no}} \\{% endraw %}{{ tone }}")
    assert dotprompt.body_of(prompt) == (
        '{{role "system"~}}\n'
        "\\{{no}} \\\\{{!}}\\{{no}} \\\\{{tone}} in a {{tone}} tone, with one queue name only.\n"
        '{{~role "user"~}}\n'
        "{{ticket}}\n"
    )


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("{% for x in y %}{{ x }}{% endfor %}", "message 1 (user), line 1: a loop: "),
        ("a <<<dotprompt:role:system>>> b", "begins a message there"),
        ("{% raw %}{{% endraw %}{{ x }}", "right before a tag"),
        ("{{ this }}", "cannot be named this"),
        ("", "would be left out there"),
    ],
)
def test_what_dotprompt_would_render_otherwise_is_refused(template: str, problem: str) -> None:
    problems = dotprompt.problems(Prompt("p", (Message("user", template),)))
    assert problem in "; ".join(problems)
