"""A model on this machine: its answers are reproduced, and one byte of its weights drifts."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.support.tiny_gguf import tiny_gguf

DRAFT = """\
---
name: tiny
model: {id: own, provider: own, options: {temperature: 0, maxOutputTokens: 4, seed: 7}}
inputs: [{name: ticket, kind: string}]
---
user:
{{ ticket }}
"""
SUITE = """\
suite: tiny
prompt: tiny
dataset: cases.jsonl
scorers: [latency: {at_most: 600s}]
faults: {truncated: scored, empty: scored}
gate: {threshold: 0.5}
"""


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """1.0.0 was evaluated on 20 cases with a model of one layer."""
    root = tmp_path_factory.mktemp("local") / "workspace"
    for folder in ("prompts", "evals/tiny"):
        (root / folder).mkdir(parents=True)
    weights = tiny_gguf(root / "own.gguf", template="{{ messages[0]['content'] }}")
    (root / "workbench.toml").write_text(
        f'[workspace]\nauthor = "ana"\n[providers.own]\nkind = "local"\nmodel_path = "{weights}"\n'
    )
    (root / "prompts" / "tiny.prompty").write_text(DRAFT)
    (root / "evals" / "tiny" / "suite.yaml").write_text(SUITE)
    rows = [{"id": f"c{n}", "inputs": {"ticket": f"case {n}"}} for n in range(20)]
    lines = "".join(f"{json.dumps(row)}\n" for row in rows)
    (root / "evals" / "tiny" / "cases.jsonl").write_text(lines)
    home = root.parent / "home"
    environ = {**os.environ, "WORKBENCH_CONFIG": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    made = Cli(root, environ)
    for command in (
        ("trust",),
        ("register", "tiny", "-d", "first"),
        ("evaluate", "tiny@1.0.0"),
    ):
        done = made.here(*command)
        assert done.code == 0, done
    return made


def test_the_same_answers_are_given_again_and_the_model_is_pinned_by_its_digests(cli: Cli) -> None:
    done = cli.here("reproduce", "tiny@1.0.0", "--json")
    assert done.code == 0, done
    assert (done.json["degree"], done.json["same_answers"]) == ("same_answers", 20)
    lineage = cli.here("lineage", "tiny@1.0.0", "--json").json
    assert lineage["today"] == []
    assert lineage["state"]["production"].startswith("tested: ")
    text = json.dumps(lineage["upstream"])
    for pin in ("weights", "chat template", "tokenizer"):
        assert f'"kind": "pin", "name": "{pin}"' in text


def test_one_byte_of_the_weights_drifts_and_cannot_be_reproduced(cli: Cli, tmp_path: Path) -> None:
    path = cli.root / "own.gguf"
    with path.open("r+b") as file:
        file.seek(-1, 2)
        last = file.read(1)
        file.seek(-1, 2)
        file.write(bytes([last[0] ^ 1]))
    try:
        lineage = cli.here("lineage", "tiny@1.0.0", "--json").json
        assert lineage["state"]["production"].startswith("drifted: the weights of the model: ")
        (difference,) = lineage["today"]
        assert difference["reads"] == "drifted"
        done = cli.here("reproduce", "tiny@1.0.0")
        assert done.code == 4, done
        assert (
            f"the weights {difference['before'][:12]} that answered are not to be had" in done.err
        )
        assert difference["now"][:12] in done.err
    finally:
        with path.open("r+b") as file:
            file.seek(-1, 2)
            file.write(last)


def test_weights_that_are_gone_are_named_with_what_stands_in_the_way(cli: Cli) -> None:
    path = cli.root / "own.gguf"
    away = path.rename(cli.root / "away.gguf")
    try:
        done = cli.here("reproduce", "tiny@1.0.0")
        assert done.code == 4, done
        assert re.search(
            r"the weights [0-9a-f]{12} that answered are not to be had: [^:]", done.err
        )
        assert done.err.count("not to be had") == 1
    finally:
        away.rename(path)
