"""GitHub Models' `.prompt.yml`: messages, a model, test data, and evaluators."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.errors import DraftError
from workbench.exchange.forms.foreign import (
    each_prompt,
    model_named,
    prompt_id_of,
    unknown_keys,
    with_inputs,
    yaml_of,
)
from workbench.exchange.importers.base import Imported, ImportedSuite
from workbench.exchange.losses import Loss
from workbench.exchange.plain_templates import as_jinja
from workbench.prompts.values import Message, Model, Prompt

_ENDINGS = (".prompt.yml", ".prompt.yaml")
_SLOT = re.compile(r"\{\{([A-Za-z_][A-Za-z0-9_]*)\}\}")
_KEYS = (
    *("name", "description", "model", "modelParameters", "messages", "testData", "evaluators"),
    *("responseFormat", "jsonSchema"),
)
_OPTIONS = {"maxTokens": "maxOutputTokens", "maxCompletionTokens": "maxOutputTokens"}
_STRING_KINDS = ("equals", "contains", "startsWith", "endsWith")


class GithubImporter:
    """See `Importer`."""

    summary = "A .prompt.yml file of GitHub Models."
    suffixes = ()

    def recognizes(self, path: Path) -> bool:
        return path.name.endswith(_ENDINGS)

    def read(self, path: Path) -> Imported:
        data = yaml_of(path)
        if not isinstance(data, Mapping) or not isinstance(data.get("messages"), list):
            raise DraftError(f"{path} has no messages")
        name = str(data.get("name") or path.name.partition(".")[0])
        prompts, losses = each_prompt([(name, data)], _prompt, str(path))
        scorers, lost = _scorers(data.get("evaluators"))
        rows = [_row(row, number) for number, row in enumerate(_rows(data), 1)]
        suites: tuple[ImportedSuite, ...] = ()
        if rows and scorers:
            suites = (ImportedSuite(prompts[0].prompt_id, prompts[0].prompt_id, scorers, rows),)
        elif rows:
            lost = [
                *lost,
                Loss(f"{len(rows)} rows of test data", "no evaluator of them has a scorer"),
            ]
        return Imported(
            prompts, (*losses, *unknown_keys(data, _KEYS, "of the file"), *lost), suites
        )


KIND = GithubImporter()


def _prompt(name: str, data: Mapping[str, Any]) -> Prompt:
    messages = []
    for message in data["messages"]:
        content = message.get("content") if isinstance(message, Mapping) else None
        if not isinstance(content, str):
            raise DraftError(f"{message!r} is no message with a text")
        messages.append(Message(str(message.get("role")), as_jinja(content, _SLOT)))
    parameters = data.get("modelParameters")
    given = parameters.items() if isinstance(parameters, Mapping) else ()
    options = {_OPTIONS.get(str(key), str(key)): value for key, value in given}
    model_id = data.get("model")
    model = Model(model_named(str(model_id))[1], "", options) if model_id else None
    prompt = Prompt(
        prompt_id_of(name),
        tuple(messages),
        model=model,
        outputs=_outputs(data),
        description=str(data.get("description") or ""),
    )
    return with_inputs(prompt)


def _outputs(data: Mapping[str, Any]) -> Any:
    """The schema in `jsonSchema`, which is a text of JSON."""
    text = data.get("jsonSchema")
    if not text:
        return None
    try:
        schema = json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError) as error:
        raise DraftError(f"jsonSchema is not JSON: {error}") from error
    return schema.get("schema", schema) if isinstance(schema, Mapping) else None


def _rows(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    rows = data.get("testData")
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def _row(row: Mapping[str, Any], number: int) -> dict[str, Any]:
    inputs = {str(key): value for key, value in row.items() if key != "expected"}
    expected = {"expected": row["expected"]} if "expected" in row else {}
    return {"id": f"row-{number:03}", "inputs": inputs, **expected}


def _scorers(evaluators: Any) -> tuple[Sequence[Any], list[Loss]]:
    """Scorers for those evaluators that a scorer of ours equals, and the others as losses."""
    scorers: list[Any] = []
    losses: list[Loss] = []
    for evaluator in evaluators if isinstance(evaluators, list) else ():
        name = str(evaluator.get("name", "?")) if isinstance(evaluator, Mapping) else "?"
        string = evaluator.get("string") if isinstance(evaluator, Mapping) else None
        rules = string if isinstance(string, Mapping) else {}
        kinds = [kind for kind in _STRING_KINDS if kind in rules]
        if not kinds:
            losses.append(Loss(f"the evaluator {name}", "write a judge or a scorer for it"))
            continue
        scorer = next(iter(_string_scorer(kinds[0], rules[kinds[0]])))
        if scorer in scorers:
            continue
        scorers.append(scorer)
        if len(kinds) > 1:
            losses.append(
                Loss(f"{', '.join(kinds[1:])} of {name}", f"{kinds[0]} counts there, too")
            )
    return scorers, losses


def _string_scorer(kind: str, value: Any) -> Iterator[Any]:
    """GitHub trims the answer; equals is exact, the other three ignore case."""
    if re.fullmatch(r"\{\{expected\}\}", str(value)):
        if kind == "equals":
            yield "exact_match"
        elif kind in ("contains", "startsWith"):
            yield {"contains" if kind == "contains" else "starts_with": {"ignore_case": True}}
    text = re.escape(str(value))
    patterns = {
        "equals": rf"\A\s*{text}\s*\Z",
        "contains": f"(?i){text}",
        "startsWith": rf"(?i)\A\s*{text}",
        "endsWith": rf"(?i){text}\s*\Z",
    }
    yield {"matches": {"pattern": patterns[kind]}}
