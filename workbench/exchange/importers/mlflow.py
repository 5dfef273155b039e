"""MLflow's SQLite store: its prompts as drafts, its evaluation datasets as suites.

The file is read by SQLite alone, and nothing is written to it or beside it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from workbench.errors import DraftError
from workbench.exchange.forms.foreign import (
    MAX_BYTES,
    as_mapping,
    each_prompt,
    prompt_id_of,
    with_inputs,
)
from workbench.exchange.forms.mlflow import PROMPT, prompt_of, version_and_content
from workbench.exchange.importers.base import Imported, ImportedSuite
from workbench.exchange.losses import Loss
from workbench.prompts.values import Message, Prompt

_MAGIC = b"SQLite format 3\x00"
_IS_PROMPT = "mlflow.prompt.is_prompt"
_PROMPT_TABLES = ("model_versions", "model_version_tags", "registered_model_aliases")
_DATASET_TABLES = ("evaluation_datasets", "evaluation_dataset_records")
_LIVE = "production"
_RESPONSE = "expected_response"
_OWN_TAGS = "mlflow."
_MOST_ROWS = 1_000_000


class MlflowImporter:
    """See `Importer`."""

    summary = "An SQLite store of MLflow: its prompts and evaluation datasets."
    suffixes = (".db", ".sqlite")

    def recognizes(self, path: Path) -> bool:
        try:
            with _opened(path) as connection:
                return "alembic_version" in _tables(connection)
        except DraftError:
            return False

    def read(self, path: Path) -> Imported:
        with _opened(path) as connection:
            tables = _tables(connection)
            known = [*_PROMPT_TABLES, *_DATASET_TABLES]
            if "alembic_version" not in tables or not tables & set(known):
                raise DraftError(f"{path} is no store of MLflow")
            try:
                versions = _versions(connection) if tables >= {*_PROMPT_TABLES} else []
                datasets = _datasets(connection) if tables >= {*_DATASET_TABLES} else []
            except sqlite3.Error as error:
                raise DraftError(f"{path} cannot be read: {error}") from error
        prompts, losses = _prompts(versions, str(path)) if versions else ((), [])
        return _with_datasets(prompts, losses, datasets, path)


KIND = MlflowImporter()


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that can only read. Raises DraftError for what is no SQLite file."""
    try:
        with path.open("rb") as file:
            is_database = file.read(len(_MAGIC)) == _MAGIC
    except OSError as error:
        raise DraftError(f"{path}: {error.strerror}") from error
    if not is_database:
        raise DraftError(f"{path} is no SQLite file")
    log = path.with_name(f"{path.name}-wal")
    # What a running server wrote last stands in its log; without one nothing is put beside it.
    mode = "ro" if log.exists() and log.stat().st_size else "ro&immutable=1"
    address = f"file:{quote(str(path.absolute()))}?mode={mode}"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            connection.execute("PRAGMA trusted_schema=OFF")
            connection.execute("PRAGMA query_only=ON")
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_BYTES)
            yield connection
    except sqlite3.Error as error:
        raise DraftError(f"{path} cannot be read: {error}") from error


def _tables(connection: sqlite3.Connection) -> set[str]:
    """The tables; a view of such a name could compute without end."""
    rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
    return {str(name) for (name,) in rows.fetchmany(10_000)}


# Prompts


def _versions(connection: sqlite3.Connection) -> list[tuple[str, int, dict[str, str], set[str]]]:
    """Name, number, tags and aliases of each version of a prompt, the newest last."""
    tags: dict[tuple[str, int], dict[str, str]] = {}
    rows = connection.execute("SELECT name, version, key, value FROM model_version_tags")
    for name, version, key, value in rows.fetchmany(_MOST_ROWS):
        tags.setdefault((str(name), int(version)), {})[str(key)] = str(value)
    aliases: dict[tuple[str, int], set[str]] = {}
    rows = connection.execute("SELECT name, version, alias FROM registered_model_aliases")
    for name, version, alias in rows.fetchmany(_MOST_ROWS):
        aliases.setdefault((str(name), int(version)), set()).add(str(alias))
    return [
        (*key, held, aliases.get(key, set()))
        for key, held in sorted(tags.items())
        if held.get(_IS_PROMPT) == "true"
    ]


def _prompts(
    versions: Sequence[tuple[str, int, dict[str, str], set[str]]], where: str
) -> tuple[tuple[Prompt, ...], list[Loss]]:
    """Of each prompt the version with the alias `production`, else the newest."""
    taken: dict[str, tuple[str, int, dict[str, str], set[str]]] = {}
    for version in versions:
        held = taken.get(version[0])
        if held is None or _LIVE not in held[3]:
            taken[version[0]] = version
    losses = [
        Loss(f"version {number} of {name}", f"version {taken[name][1]} became the draft")
        for name, number, _, _ in versions
        if taken[name][1] != number
    ]
    for name, _, _, aliases in taken.values():
        if aliases:
            listed = ", ".join(sorted(aliases))
            losses.append(Loss(f"the aliases {listed} of {name}", "register the draft, deploy it"))
    prompts, more = each_prompt(taken.items(), _prompt, where)
    return prompts, [*more, *losses]


def _prompt(name: str, version: tuple[str, int, dict[str, str], set[str]]) -> Prompt:
    tags = version[2]
    prompt = prompt_of(prompt_id_of(name), version_and_content({"tags": tags})[1])
    if prompt.model and PROMPT not in tags:
        prompt = replace(prompt, model=replace(prompt.model, provider=""))
    return with_inputs(prompt, prompt.inputs)


# Evaluation datasets


def _datasets(connection: sqlite3.Connection) -> list[tuple[str, list[tuple[str, Any, Any, Any]]]]:
    """Name and records of each dataset: id, inputs, expectations, tags."""
    datasets: dict[str, tuple[str, list[tuple[str, Any, Any, Any]]]] = {}
    rows = connection.execute("SELECT dataset_id, name FROM evaluation_datasets ORDER BY name")
    for dataset_id, name in rows.fetchmany(_MOST_ROWS):
        datasets[str(dataset_id)] = (str(name), [])
    records = connection.execute(
        "SELECT dataset_id, dataset_record_id, inputs, expectations, tags"
        " FROM evaluation_dataset_records ORDER BY created_time, dataset_record_id"
    )
    for dataset_id, record_id, *values in records.fetchmany(_MOST_ROWS):
        if dataset_id in datasets:
            inputs, expectations, tags = map(_parsed, values)
            datasets[dataset_id][1].append((str(record_id), inputs, expectations, tags))
    return [dataset for dataset in datasets.values() if dataset[1]]


def _parsed(text: Any) -> Any:
    try:
        return json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None


def _with_datasets(
    prompts: Sequence[Prompt],
    losses: list[Loss],
    datasets: Sequence[tuple[str, list[tuple[str, Any, Any, Any]]]],
    path: Path,
) -> Imported:
    made, suites, names = list(prompts), [], set()
    for name, records in datasets:
        suite_name = prompt_id_of(name)
        if suite_name in names:
            losses.append(Loss(f"the dataset {name}", f"another one is called {suite_name}, too"))
            continue
        names.add(suite_name)
        rows, lost = _rows(name, records)
        losses += lost
        if not any("expected" in row for row in rows):
            instead = "nothing is expected in it: write a suite with a judge"
            losses.append(Loss(f"the dataset {name} of {len(records)} records", instead))
            continue
        columns = {key for row in rows for key in row["inputs"]}
        prompt = next((one for one in prompts if _fits(one, columns)), None)
        if prompt is None:
            prompt = _placeholder(suite_name, sorted(columns))
            made.append(prompt)
            losses.append(Loss(f"the prompt of the dataset {name}", "write it into the draft"))
        texts = all(isinstance(row.get("expected", ""), str) for row in rows)
        scorer = "exact_match" if texts else "json_equals"
        instead = f"{scorer} is assumed: edit scorers, or write a judge"
        losses.append(Loss(f"the scorers of the dataset {name}", instead))
        suites.append(ImportedSuite(suite_name, prompt.prompt_id, [scorer], rows))
    if not made:
        raise DraftError(f"{path} has no prompt and no evaluation dataset")
    return Imported(tuple(made), tuple(losses), tuple(suites))


def _fits(prompt: Prompt, columns: set[str]) -> bool:
    return bool(prompt.inputs) and {item.name for item in prompt.inputs} <= columns


def _placeholder(name: str, columns: Sequence[str]) -> Prompt:
    usable = [column for column in columns if column.isidentifier()] or ["input"]
    text = "\n".join(f"{{{{ {column} }}}}" for column in usable)
    return with_inputs(Prompt(name, (Message("user", text),)))


def _chosen(expected: Mapping[str, Any]) -> str:
    """The expectation that becomes the expected answer: MLflow's own, else a text, else the first;
    empty without any.
    """
    texts = (key for key, value in expected.items() if isinstance(value, str))
    return _RESPONSE if _RESPONSE in expected else next(texts, next(iter(expected), ""))


def _rows(
    name: str, records: Sequence[tuple[str, Any, Any, Any]]
) -> tuple[list[dict[str, Any]], list[Loss]]:
    rows, odd, other = [], 0, set[str]()
    for record_id, inputs, expectations, tags in records:
        if not isinstance(inputs, Mapping) or not inputs:
            odd += 1
            continue
        expected = dict(as_mapping(expectations))
        row: dict[str, Any] = {"id": record_id, "inputs": dict(inputs)}
        chosen = _chosen(expected)
        if chosen:
            row["expected"] = expected.pop(chosen)
            other |= expected.keys()
        own = {k: v for k, v in as_mapping(tags).items() if not str(k).startswith(_OWN_TAGS)}
        if own:
            row["tags"] = [f"{key}:{value}" for key, value in own.items()]
        rows.append(row)
    losses = []
    if odd:
        losses.append(Loss(f"{odd} records of {name}", "they have no inputs: left out"))
    if other:
        listed = ", ".join(sorted(map(str, other)))
        losses.append(Loss(f"the expectations {listed} of {name}", "one is expected of a case"))
    return rows, losses
