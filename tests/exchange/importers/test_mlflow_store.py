"""Prompts and evaluation datasets of an SQLite store of MLflow; the real one is tried in
tests/integration/mlflow.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from workbench.actions.releasing.importing import read_source
from workbench.errors import DraftError
from workbench.exchange.importers.base import Imported

SCHEMA = """
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL);
CREATE TABLE model_versions (name VARCHAR(256), version INTEGER, workspace VARCHAR(63));
CREATE TABLE model_version_tags (key VARCHAR(250), value TEXT, name VARCHAR(256), version INTEGER);
CREATE TABLE registered_model_aliases (alias VARCHAR(256), version INTEGER, name VARCHAR(256));
CREATE TABLE evaluation_datasets (dataset_id VARCHAR(36), name VARCHAR(255));
CREATE TABLE evaluation_dataset_records (
    dataset_record_id VARCHAR(36), dataset_id VARCHAR(36), inputs JSON, expectations JSON,
    tags JSON, created_time BIGINT
);
"""
CHAT = [{"role": "system", "content": "Be {{tone}}. {% raw"}, {"role": "user", "content": "{{q}}"}]
CONFIG = {"provider": "openai", "model_name": "gpt-4.1-mini", "temperature": 0.2, "max_tokens": 9}


def store(
    path: Path, versions: Any = (), aliases: Any = (), records: Any = (), schema: str = SCHEMA
) -> Path:
    """A store with versions of prompts, their aliases, and one dataset, `Tickets`."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(schema)
        for name, number, tags in versions:
            for key, value in {"mlflow.prompt.is_prompt": "true", **tags}.items():
                row = (key, value, name, number)
                connection.execute("INSERT INTO model_version_tags VALUES (?, ?, ?, ?)", row)
        for alias in aliases:
            connection.execute("INSERT INTO registered_model_aliases VALUES (?, ?, ?)", alias)
        if records:
            connection.execute("INSERT INTO evaluation_datasets VALUES ('d', 'Tickets')")
        for number, (inputs, expectations, tags) in enumerate(records):
            values = [json.dumps(each) for each in (inputs, expectations, tags)]
            row = (f"r{number}", "d", *values, number)
            connection.execute("INSERT INTO evaluation_dataset_records VALUES (?,?,?,?,?,?)", row)
    return path


def chat(messages: Any = CHAT, **more: str) -> dict[str, str]:
    text = json.dumps(messages)
    return {"mlflow.prompt.text": text, "_mlflow_prompt_type": "chat", **more}


def lost(brought: Imported) -> str:
    return "\n".join(map(str, brought.losses))


def test_the_production_version_becomes_the_draft_and_the_dataset_its_suite(tmp_path: Path) -> None:
    versions = [
        ("triage", 1, chat(_mlflow_prompt_model_config=json.dumps(CONFIG))),
        ("triage", 2, chat([{"role": "user", "content": "{{q}}"}])),
        ("a model", 1, {"mlflow.prompt.is_prompt": "false"}),
    ]
    records = [
        ({"q": "twice", "tone": "calm"}, {"expected_response": "billing"}, {"kind": "vip"}),
        ({"q": "late", "tone": "calm"}, {"facts": ["a"], "label": "tech"}, {"mlflow.user": "x"}),
    ]
    path = store(tmp_path / "mlflow.db", versions, [("production", 1, "triage")], records)
    path.chmod(0o444)
    brought = read_source(path)
    (prompt,), (suite,) = brought.prompts, brought.suites
    assert prompt.messages[0].content == "Be {{ tone }}. {{ '{' }}% raw"
    assert prompt.model is not None and (prompt.model.id, prompt.model.provider) == (
        "gpt-4.1-mini",
        "",
    )
    assert (suite.name, suite.prompt_id, suite.scorers) == ("tickets", "triage", ["exact_match"])
    assert [row["expected"] for row in suite.rows] == ["billing", "tech"]
    assert [row.get("tags") for row in suite.rows] == [["kind:vip"], None]
    for part in ("version 2 of triage", "the aliases production", "the expectations facts"):
        assert part in lost(brought)
    assert [one.name for one in tmp_path.iterdir()] == ["mlflow.db"]


def test_without_an_alias_the_newest_version_counts(tmp_path: Path) -> None:
    versions = [("p", n, {"mlflow.prompt.text": f"text {n}"}) for n in (9, 10)]
    brought = read_source(store(tmp_path / "mlflow.db", versions))
    assert brought.prompts[0].messages[0].content == "text 10"


def test_a_dataset_that_no_prompt_takes_gets_a_draft_to_be_written(tmp_path: Path) -> None:
    records = [({"q": "x"}, {"answer": {"a": 1}}, None)]
    brought = read_source(store(tmp_path / "mlflow.db", records=records))
    assert brought.prompts[0].messages[0].content == "{{ q }}"
    assert brought.suites[0].scorers == ["json_equals"]
    assert "the prompt of the dataset Tickets" in lost(brought)


def test_records_that_expect_nothing_are_listed(tmp_path: Path) -> None:
    versions = [("p", 1, {"mlflow.prompt.text": "{{q}}"})]
    records = [({"q": "x"}, None, None), ([1], {"a": "b"}, None)]
    brought = read_source(store(tmp_path / "mlflow.db", versions, records=records))
    assert not brought.suites
    assert "the dataset Tickets of 2 records" in lost(brought) and "1 records" in lost(brought)


ENDLESS = SCHEMA.replace(
    "CREATE TABLE model_version_tags (key VARCHAR(250), value TEXT, name VARCHAR(256), version"
    " INTEGER);",
    "CREATE VIEW model_version_tags AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1"
    " FROM n) SELECT x AS key, x AS value, x AS name, x AS version FROM n;",
)


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ("CREATE TABLE alembic_version (a)", "is no store of MLflow"),
        (ENDLESS, "has no prompt and no evaluation dataset"),
        (SCHEMA.replace("key VARCHAR(250), value", "k VARCHAR(250), value"), "cannot be read"),
    ],
)
def test_other_stores_give_one_error(tmp_path: Path, schema: str, message: str) -> None:
    with pytest.raises(DraftError, match=message) as caught:
        read_source(store(tmp_path / "mlflow.db", schema=schema))
    assert "\n" not in str(caught.value)


def test_a_truncated_store_gives_one_error(tmp_path: Path) -> None:
    versions = [("p", n, {"mlflow.prompt.text": "x" * 9000}) for n in range(20)]
    path = store(tmp_path / "mlflow.db", versions)
    path.write_bytes(path.read_bytes()[:30_000])
    with pytest.raises(DraftError, match="cannot be read"):
        read_source(path)


def test_a_text_of_that_name_is_no_store(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    path.write_text("hello")
    with pytest.raises(DraftError, match="no SQLite file"):
        read_source(path)
