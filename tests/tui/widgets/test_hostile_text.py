"""Hostile text in a real terminal: nothing of it may act there."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.hostile import EVERYTHING, FORBIDDEN, MARK, PIECES
from tests.support.openai_server import OpenAIServer, Reply
from tests.support.pty_session import Terminal, bare, escapes, whole_text
from workbench.actions.refs import resolve
from workbench.actions.running.run import make_spec, start
from workbench.actions.session import Session
from workbench.workspace import open_workspace

pytestmark = pytest.mark.exhaustive

ROOT = Path(__file__).resolve().parents[3]
PAGES = ("tables", "texts", "heads", "diffs", "fields")

HARMLESS_CSI = set("mHhlnuABCDJKtpqcsr")
"""Final bytes of the sequences that Textual's own driver sends."""


def environment(**extra: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    return {
        **kept,
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "PYTHONPATH": str(ROOT),
        "PYTHONIOENCODING": "utf-8",
        **extra,
    }


def check(seen: bytes) -> None:
    """Nothing of the hostile text acts, and yet its words are shown."""
    text = whole_text(seen)
    sequences = escapes(text)
    strings = [item for item in sequences if item[1:2] in "]P_^X"]
    assert not [item for item in strings if MARK in item or "52;" in item or "8;;" in item]
    assert not [item for item in sequences if item.endswith("6;66H") or "201;66m" in item]
    assert not [item for item in sequences if item[1:2] == "[" and item[-1] not in HARMLESS_CSI]
    left = bare(text)
    assert "\x1b" not in left
    assert not [f"U+{ord(char):04X}" for char in FORBIDDEN if char in left]
    assert f"over{MARK}" not in left.replace("\r", "")


def shown(page: str) -> bytes:
    """What a terminal gets while a page of widgets is looked through."""
    program = [sys.executable, str(ROOT / "tests/support/hostile_widgets.py"), page]
    with Terminal(program, environment(), columns=120, rows=50) as terminal:
        terminal.wait_for("READY")
        terminal.wait_for(MARK)
        terminal.read(quiet_s=0.5)
        terminal.press("tab", "l", "l", "tab", "G")
    assert b"Traceback" not in terminal.seen
    assert MARK.encode() in terminal.seen
    return terminal.seen


@pytest.mark.parametrize("page", PAGES)
def test_no_widget_lets_hostile_text_act(page: str) -> None:
    check(shown(page))


def test_a_widget_that_shows_text_as_it_came_would_be_found() -> None:
    with pytest.raises(AssertionError):
        check(shown("naive"))


def test_output_that_ends_in_the_middle_of_a_sequence_is_read_as_far_as_it_goes() -> None:
    seen = "\x1b[1mé ok".encode()
    for at in range(1, len(seen) + 1):
        check(seen[:at])
    for naive in (f"\x1b]0;{MARK}".encode(), f"a\x1bP{MARK}".encode(), b"\x9b", b"\xc2\x9b"):
        with pytest.raises((AssertionError, UnicodeDecodeError)):
            check(naive)


def test_a_workspace_full_of_hostile_text_can_be_walked_through(tmp_path: Path) -> None:
    def script(messages: list[dict[str, Any]], _options: dict[str, Any]) -> Reply:
        text = str(messages[-1]["content"])
        if "fails" in text:
            return Reply(EVERYTHING, status=400)
        return Reply(f"{EVERYTHING}\n{text}", model=EVERYTHING)

    with OpenAIServer(script, model="hostile") as server:
        root = hostile_workspace(tmp_path / "shop", server.base_url)
        with Session(open_workspace(root)) as session:
            suite = session.workspace.suite_for("triage")
            for path in sorted(root.glob("prompts/*.prompty")):
                source = resolve(session, str(path))
                prompt = replace(source.prompt, prompt_id="triage")
                spec = make_spec(replace(source, prompt=prompt), suite, split="all")
                start(session, spec).wait(60)
        program = [sys.executable, "-m", "workbench.tui", str(root)]
        config = environment(WORKBENCH_CONFIG=str(tmp_path / "config"))
        with Terminal(program, config, columns=120, rows=40) as terminal:
            terminal.wait_for("description:")
            for keys, brings in WALK:
                *first, last = keys.split(" ")
                terminal.press(*first)
                terminal.press_until(last, brings)
        assert b"Traceback" not in terminal.seen
        assert MARK.encode() in terminal.seen
        check(terminal.seen)


WALK = (
    ("3", "all 2"),
    ("= j enter", "errors first"),
    ("l l l j G enter", "esc close"),
    ("] escape t", "not a label task"),
    ("escape a", "invisible characters"),
    ("c", "missing"),
    ("] i i v v p", "esc close"),
    ("escape enter", "output of A"),
    ("escape a", "Pick A"),
    ("escape 6", "20 cases"),
    ("j enter", "esc close"),
    ("escape a", "A new case"),
    ("escape f9", "Nothing is registered"),
    ("f2", "description:"),
    ("e", "Preview"),
    ("f1", "filter"),
    ("escape ctrl+p", "Search"),
)
"""Keys, and what the last of them brings to the screen."""


def hostile_workspace(root: Path, base_url: str) -> Path:
    """A workspace in which every text that can be hostile is."""
    (root / "evals" / "triage").mkdir(parents=True)
    (root / "prompts").mkdir()
    (root / "workbench.toml").write_text(
        f'[workspace]\nauthor = "ana"\n\n[providers.mock]\nbase_url = "{base_url}"\n'
    )
    quoted = json.dumps("".join(char for char in EVERYTHING if ord(char) < 0x10000))
    for name, extra in (("triage", "Answer."), ("other", "Answer at once.")):
        (root / "prompts" / f"{name}.prompty").write_text(
            f"---\nname: {name}\ndescription: {quoted}\n"
            "model: {id: hostile, provider: mock}\n"
            "inputs:\n  - {name: ticket, kind: string, required: true}\n---\n"
            f"system:\n{extra}\n\nuser:\n{{{{ ticket }}}}\n"
        )
    (root / "evals" / "triage" / "suite.yaml").write_text(
        "suite: triage\nprompt: triage\ndataset: cases.jsonl\n"
        "scorers:\n  - exact_match: {}\ngate: {scorer: exact_match, threshold: 0.5}\n"
    )
    rows: list[dict[str, Any]] = [
        {
            "id": f"t-{at} {piece}",
            "inputs": {"ticket": f"{piece} {'fails' if at % 5 == 4 else ''}"},
            "expected": piece,
            "tags": [piece],
        }
        for at, piece in enumerate(PIECES.values())
    ]
    rows.append({"id": "long", "inputs": {"ticket": "x" * 1_000_000}, "expected": EVERYTHING})
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (root / "evals" / "triage" / "cases.jsonl").write_text(lines)
    return root
