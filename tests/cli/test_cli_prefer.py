"""`workbench prefer`: two prompts on logged inputs, compared by a person who sees no names."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.cli.conftest import Cli, Done, make_cli
from tests.support.judges import marked_texts
from tests.support.openai_server import OpenAIServer
from tests.support.pty_session import Terminal

pytestmark = pytest.mark.exhaustive(keep=3)

INPUTS = 30
SAME = 10


def answer(messages: list[dict[str, Any]], _options: dict[str, Any]) -> str:
    """Every third input gets the same answer from all, but for white space."""
    word, number = messages[0]["content"].split()[0], int(re.findall(r"\d+", str(messages[-1]))[0])
    if number % 3 == 0:
        return f"same {number}" if word == "plain" else f"  same {number}\r\n"
    return f"{word} answer to {number}"


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[Cli]:
    """The draft says better; the variant `old` says plain; a log of inputs, some twice."""
    with OpenAIServer(answer) as server:
        cli = make_cli(tmp_path / "workspace", server.base_url)
        draft = cli.root / "prompts" / "triage.prompty"
        (cli.root / "prompts" / "triage@old.prompty").write_text(draft.read_text())
        cli.say("better")
        rows = [{"at": f"10:{n:02}", "ticket": f"mail ana{n}@example.com about {n}", "user": n}
                for n in range(INPUTS)]  # fmt: skip
        log = "".join(json.dumps(row) + "\n" for row in [*rows, *rows[:5]])
        (cli.root / "yesterday.jsonl").write_text(log)
        yield cli


def prefer(cli: Cli, keys: str, *words: str, monkeypatch: pytest.MonkeyPatch) -> Done:
    """Type one key a line."""
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{key}\n" for key in keys.split())))
    return cli.here("prefer", "triage", "--inputs", "yesterday.jsonl", "--against", "triage@old",
                    *words, COLUMNS="80")  # fmt: skip


def keys_for(shown: str, word: str) -> list[str]:
    """The keys that prefer the answers beginning with a word, from the pairs as they are shown."""
    lefts = re.findall(r"^left:\n  (\w+)", shown, re.MULTILINE)
    return ["a" if left == word else "b" for left in lefts]


def test_a_person_who_prefers_the_candidate_gets_a_verdict_and_a_dataset(
    logged: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who always prefers one side needs few pairs, and equal answers are never shown."""
    shown = prefer(logged, "s " * INPUTS, monkeypatch=monkeypatch)
    assert shown.code == 3
    keys = keys_for(shown.out, "better")
    assert len(keys) == INPUTS - SAME
    assert {"a", "b"} == set(keys)  # the sides are swapped
    assert "same" not in shown.out
    path = logged.root / "evals" / "first" / "cases.jsonl"
    done = prefer(logged, " ".join(keys), "--skipped", "--json", "--to-dataset", str(path),
                  monkeypatch=monkeypatch)  # fmt: skip
    told = done.json
    assert done.code == 0, done.err
    assert (told["verdict"], told["candidate"], told["live"]) == ("better", INPUTS - SAME, 0)
    assert (told["inputs"], told["equal"], told["pairs"], told["left"]) == (INPUTS, SAME, 20, 0)
    assert told["settled_at"] < 12
    assert told["low"] > 0.5
    assert told["added"] == INPUTS - SAME
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert all(row["expected"].startswith("better answer") for row in rows)
    assert all(row["tags"] == ["preferred"] for row in rows)
    assert all(row["inputs"].keys() == {"ticket"} for row in rows)
    again = prefer(logged, "", "--json", "--to-dataset", str(path), monkeypatch=monkeypatch)
    assert again.json["added"] == 0


def test_it_goes_on_where_it_was_left_and_asks_no_model_again(
    logged: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = prefer(logged, "a t x u", "--json", monkeypatch=monkeypatch).json
    assert (first["judged"], first["ties"], first["both_bad"], first["left"]) == (2, 1, 0, 18)
    with closing(sqlite3.connect(logged.root / ".workbench" / "runs.db")) as runs:
        calls = runs.execute("SELECT sum(calls) FROM runs").fetchone()[0]
        again = prefer(logged, "u u", "--json", monkeypatch=monkeypatch).json
        assert (again["judged"], again["left"]) == (0, 20)
        assert runs.execute("SELECT sum(calls) FROM runs").fetchone()[0] == calls == 2 * INPUTS
        actions = [row[0] for row in runs.execute("SELECT action FROM preferences ORDER BY id")]
        assert sorted(set(actions) & {"a", "b"})
        assert [a for a in actions if a not in "ab"] == ["tie", "both_bad", *["undo"] * 3]


def test_personal_data_is_masked_until_asked_for(
    logged: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = prefer(logged, "q", monkeypatch=monkeypatch).out
    assert "█EMAIL█" in shown
    assert "@example.com" not in shown
    assert "@example.com" in prefer(logged, "m q", monkeypatch=monkeypatch).out
    assert "@example.com" in prefer(logged, "q", "--unmask", monkeypatch=monkeypatch).out


def test_what_cannot_be_compared_is_refused_before_the_first_call(
    logged: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = ("--inputs", "yesterday.jsonl")
    no_live = logged.here("prefer", "triage", *inputs)
    assert (no_live.code, "--against REF" in no_live.err) == (2, True)
    itself = logged.here("prefer", "triage", *inputs, "--against", "triage@draft")
    assert (itself.code, "one and the same prompt" in itself.err) == (2, True)
    log = logged.root / "yesterday.jsonl"
    log.write_text('{"message": "7"}\n')
    lacking = prefer(logged, "", monkeypatch=monkeypatch)
    assert (lacking.code, "line 1: no input 'ticket'" in lacking.err) == (2, True)
    mapped = prefer(logged, "q", "--map", "ticket=message", "--json", monkeypatch=monkeypatch)
    assert (mapped.code, mapped.json["inputs"]) == (3, 1)
    assert prefer(logged, "", "--equal", "latency", monkeypatch=monkeypatch).code == 2


def test_a_forgotten_case_takes_its_pair_along(
    logged: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefer(logged, "a " * 20, "--to-dataset", "kept.jsonl", monkeypatch=monkeypatch)
    row = json.loads((logged.root / "kept.jsonl").read_text().splitlines()[0])
    gone = logged.here("dataset", "forget", "--case", row["id"], "--reason", "asked", "--yes")
    assert gone.code == 0, gone.err
    number = re.findall(r"\d+$", row["inputs"]["ticket"])[0]
    content = (logged.root / ".workbench" / "runs.db").read_bytes()
    assert f"answer to {number}".encode() + b"\0" not in content
    with closing(sqlite3.connect(logged.root / ".workbench" / "runs.db")) as runs:
        texts = runs.execute("SELECT a_answer, b_answer FROM preferences WHERE case_id = ?",
                             [row["id"]]).fetchall()  # fmt: skip
    assert texts == [("[forgotten]", "[forgotten]")]


def test_a_person_at_a_terminal_is_killed_goes_on_and_gets_a_verdict(logged: Cli) -> None:
    """Who prefers the candidate in 65 of 100 pairs; no key is lost, and none is asked twice."""
    rows = ({"ticket": f"about {n}"} for n in range(1_000) if n % 3)
    log = "".join(json.dumps(row) + "\n" for row in rows)
    (logged.root / "yesterday.jsonl").write_text(log)
    words = ("--inputs", str(logged.root / "yesterday.jsonl"), "--against", "triage@old", "--yes")
    command = logged.command("prefer", "triage", *words, "--workspace", str(logged.root))
    environ = {**os.environ, **logged.environ, "TERM": "xterm", "NO_COLOR": "1"}
    random, asked, settled = Random(5), [], ""

    def read_for_a_while(terminal: Terminal, most: int) -> str:
        """Press a key for each pair, until it is settled or for so many pairs."""
        start = 0
        for _ in range(most):
            terminal.wait_for("q leave", start=start)
            shown = terminal.seen[start:].decode()
            if "settled at pair" in shown:
                return shown
            number = re.findall(r"about (\d+)\r\n", shown)[-1]
            is_left = "better" in re.findall(r"left:\r\n  (\w+)", shown)[-1]
            wants_better = random.random() < 0.65
            asked.append(number)
            start = len(terminal.seen)
            os.write(terminal.handle, b"a" if is_left is wants_better else b"b")
        terminal.wait_for("q leave", start=start)  # the last key is stored
        return ""

    with Terminal(command, environ, columns=80, rows=24) as terminal:
        assert not read_for_a_while(terminal, 10)
        os.kill(terminal.pid, signal.SIGKILL)
    with Terminal(command, environ, columns=80, rows=24) as terminal:
        settled = read_for_a_while(terminal, 600)
    assert "the candidate is preferred" in settled
    assert len(set(asked)) == len(asked)
    number = int(re.findall(r"settled at pair (\d+)", settled)[-1])
    assert 30 < number == len(asked) < 300


PRICES = "[providers.mock.prices]\njudge-model = {input = 1000.0, output = 4000.0}\n"
JUDGE = """---
name: nicer
model: {id: judge-model, provider: mock, options: {temperature: 0}}
inputs:
  - {name: first, kind: string, required: true}
  - {name: second, kind: string, required: true}
---
user:
{{ first }}
{{ second }}
"""


def test_what_was_preferred_calibrates_a_pairwise_judge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The judge prefers `better`, and cannot tell the sides of every fourth pair apart."""

    def judge(messages: list[dict[str, Any]], options: dict[str, Any]) -> str:
        texts = marked_texts(messages)
        if not texts:
            return answer(messages, options)
        number = int(re.findall(r"\d+", texts["first"])[0])
        first = "tie" if number % 4 == 0 else "first" if "better" in texts["first"] else "second"
        return json.dumps({"reason": "because", "verdict": first})

    with OpenAIServer(judge) as server:
        cli = make_cli(tmp_path / "workspace", server.base_url)
        draft = cli.root / "prompts" / "triage.prompty"
        (cli.root / "prompts" / "triage@old.prompty").write_text(draft.read_text())
        cli.say("better")
        (cli.root / "judges").mkdir()
        (cli.root / "judges" / "nicer.prompty").write_text(JUDGE)
        suite = cli.root / "evals" / "triage" / "suite.yaml"
        entry = "scorers: [exact_match, {judge: {prompt: judges/nicer.prompty, required: false}}]"
        suite.write_text(suite.read_text().replace("scorers: [exact_match]", entry))
        (cli.root / "yesterday.jsonl").write_text(
            "".join(json.dumps({"ticket": f"about {n}"}) + "\n" for n in range(INPUTS))
        )
        nobody = cli.here("judge", "calibrate", "nicer", "--suite", "triage")
        assert (nobody.code, "nobody preferred an answer" in nobody.err) == (2, True)
        shown = prefer(cli, "s " * INPUTS, monkeypatch=monkeypatch).out
        keys = keys_for(shown, "better")
        prefer(cli, " ".join(["t", *keys[1:]]), "--skipped", monkeypatch=monkeypatch)
        settings = cli.root / "workbench.toml"
        plain = settings.read_text()
        settings.write_text(f"{plain}\n{PRICES}")
        before = len(server.requests)
        refused = cli.here("judge", "calibrate", "nicer", "--suite", "triage")
        assert (refused.code, "not run: it would cost about" in refused.err) == (2, True)
        assert len(server.requests) == before
        settings.write_text(plain)
        told = cli.here("judge", "calibrate", "nicer", "--suite", "triage", "--json")
        assert told.code == 1, told.err  # far too few
        assert told.json["labelled"] == INPUTS - SAME - 1
        matrix, tuning = told.json["matrix"], told.json["tuning"]
        wrong = sum(m["passed_by_judge"] + m["passed_by_people"] for m in (matrix, tuning))
        right = sum(m["passed_both"] + m["failed_both"] for m in (matrix, tuning))
        tied = {n for n in range(INPUTS) if n % 3 and n % 4 == 0}
        assert wrong in (len(tied), len(tied) - 1)  # the pair that people call a tie may be one
        assert right + wrong == INPUTS - SAME - 1
