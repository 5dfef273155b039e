"""OpenAI's Evals: a dump of an eval with its runs, files of items, and samples of openai/evals."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.datasets.json_values import as_text
from workbench.errors import DraftError
from workbench.exchange.forms.foreign import (
    as_list,
    as_mapping,
    each_prompt,
    json_lines_of,
    json_of,
    json_or_none,
    prompt_id_of,
    with_inputs,
    with_values,
)
from workbench.exchange.importers.base import Imported, ImportedSuite
from workbench.exchange.losses import Loss
from workbench.exchange.plain_templates import quoted
from workbench.fingerprints import canonical_json
from workbench.prompts.values import SLOT, Input, Message, Model, Prompt

_ITEM = re.compile(r"\{\{\s*item\.([A-Za-z_][\w.]*)\s*\}\}")
_OUTPUT = re.compile(r"\{\{\s*sample\.output_text\s*\}\}")
_TAG = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_CHECKS = {
    "eq": ("exact_match", {"strip": False}, False),
    "ne": ("exact_match", {"strip": False}, True),
    "like": ("contains", {"strip": False}, False),
    "ilike": ("contains", {"strip": False, "ignore_case": True}, False),
}
_OPTIONS = {"max_completions_tokens": "maxOutputTokens", "max_completion_tokens": "maxOutputTokens"}
_OPTIONS |= {"top_p": "topP", "max_tokens": "maxOutputTokens"}
_MODEL_GRADERS = ("label_model", "score_model")
_IDEAL = "ideal"


class OpenaiEvalsImporter:
    """See `Importer`."""

    summary = "An eval of OpenAI: its dump with runs, or JSONL of items or of openai/evals samples."
    suffixes = ()

    def recognizes(self, path: Path) -> bool:
        try:
            is_rows = path.suffix == ".jsonl" and _rows_kind(_first_row(path)) != ""
        except DraftError:
            return False
        return is_rows or _is_dump(json_or_none(path))

    def read(self, path: Path) -> Imported:
        if path.suffix != ".jsonl":
            data = json_of(path)
            if not _is_dump(data):
                raise DraftError(f"{path} is no dump of an eval")
            return _dump(data, path)
        rows = json_lines_of(path)
        kinds = {_rows_kind(row) for _, row in rows}
        if len(kinds) != 1 or kinds == {""}:
            bad = next((n for n, row in rows if _rows_kind(row) != _rows_kind(rows[0][1])), 1)
            raise DraftError(f"{path}: line {bad} is no item, sample or result like the others")
        values = [row for _, row in rows]
        if kinds == {"sample"}:
            return _samples(values, path)
        if kinds == {"result"}:
            return _results(values, path)
        return _items([row["item"] for row in values], path)


KIND = OpenaiEvalsImporter()


def _is_dump(data: Any) -> bool:
    evaluation = data.get("eval") if isinstance(data, Mapping) else None
    return isinstance(evaluation, Mapping) and isinstance(evaluation.get("testing_criteria"), list)


def _first_row(path: Path) -> Any:
    try:
        with path.open(encoding="utf-8-sig") as file:
            return json.loads(file.readline(10_000_000))
    except (OSError, ValueError, RecursionError) as error:
        raise DraftError(f"{path}: {error}") from error


def _rows_kind(row: Any) -> str:
    if not isinstance(row, Mapping):
        return ""
    if isinstance(row.get("grades"), Mapping) and isinstance(row.get("item"), Mapping):
        return "result"
    if isinstance(row.get("item"), Mapping) and row.keys() <= {"item", "sample"}:
        return "item"
    return "sample" if isinstance(row.get("input"), (list, str)) and _IDEAL in row else ""


# A dump


def _dump(data: Mapping[str, Any], path: Path) -> Imported:
    evaluation = data["eval"]
    name = prompt_id_of(str(evaluation.get("name") or path.stem))
    items = [item for item in as_list(data.get("rows")) if isinstance(item, Mapping)]
    runs = _runs(data)
    run = next((one for one in reversed(runs) if _template(one)), None)
    losses: list[Loss] = []
    if run:
        prompts, losses = each_prompt([(name, run)], _prompt_of_run, str(path))
        prompt = prompts[0]
    else:
        prompt = _placeholder(name, items)
        losses.append(Loss("the prompt", "no run has one: write it into the draft"))
    criteria = evaluation["testing_criteria"]
    rows = [{"id": f"row-{n:03}", "inputs": dict(item)} for n, item in enumerate(items, 1)]
    scorers, lost = _graded(criteria, rows)
    losses += lost
    if runs:
        losses.append(Loss(f"the results of {len(runs)} runs", "run the suite again"))
    suites: tuple[ImportedSuite, ...] = ()
    if rows and scorers:
        suites = (ImportedSuite(name, prompt.prompt_id, scorers, rows),)
    elif rows:
        losses.append(Loss(f"{len(rows)} rows", "no grader of them has a scorer: write a suite"))
    return Imported((prompt,), tuple(losses), suites)


def _runs(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    runs = [one.get("run", one) for one in as_list(data.get("runs")) if isinstance(one, Mapping)]
    return [run for run in runs if isinstance(run, Mapping)]


def _source(run: Mapping[str, Any]) -> Mapping[str, Any]:
    return as_mapping(run.get("data_source"))


def _template(run: Mapping[str, Any]) -> Sequence[Any]:
    return as_list(as_mapping(_source(run).get("input_messages")).get("template"))


def _prompt_of_run(name: str, run: Mapping[str, Any]) -> Prompt:
    messages = []
    for message in _template(run):
        content = message.get("content") if isinstance(message, Mapping) else None
        if isinstance(content, Mapping):
            content = content.get("text")
        if not isinstance(content, str):
            raise DraftError("a message has content that is no text")
        role = str(message.get("role"))
        messages.append(Message("system" if role == "developer" else role, _jinja(content)))
    source = _source(run)
    given = as_mapping(source.get("sampling_params"))
    params = {key: value for key, value in given.items() if value is not None}
    form = params.pop("response_format", None)
    params.pop("text", None)
    tools = params.pop("tools", None)
    options = {_OPTIONS.get(k, k): v for k, v in params.items()}
    model_id = source.get("model")
    prompt = Prompt(
        prompt_id_of(name),
        tuple(messages),
        model=Model(str(model_id), "", options) if model_id else None,
        outputs=as_mapping(as_mapping(form).get("json_schema")).get("schema"),
        tools=tools or None,
    )
    return with_inputs(prompt, _inputs_in(messages))


def _inputs_in(messages: Sequence[Message]) -> Iterator[Input]:
    """Fields of which a part is used are objects; all others are found by their name."""
    for message in messages:
        for name in re.findall(r"\{\{ ([A-Za-z_]\w*)\.", message.content):
            yield Input(name, kind="object")


def _jinja(text: str) -> str:
    """A template over `item` as one over its fields."""
    pieces = _ITEM.split(text)
    for piece in pieces[::2]:
        other = _TAG.search(piece)
        if other:
            raise DraftError(f"{other[0][:60]} is no field of an item")
    return "".join(
        f"{{{{ {piece} }}}}" if at % 2 else quoted(piece) for at, piece in enumerate(pieces)
    )


def _placeholder(name: str, items: Sequence[Mapping[str, Any]]) -> Prompt:
    """A draft that sends the items' fields, to be written by its owner."""
    names = list(items[0]) if items else ["input"]
    usable = [name for name in map(str, names) if name.isidentifier()] or ["input"]
    text = "\n".join(f"{{{{ {name} }}}}" for name in usable)
    return with_inputs(Prompt(name, (Message("user", text),)))


# Graders


def _graded(
    criteria: Sequence[Any], rows: Sequence[dict[str, Any]]
) -> tuple[list[Any], list[Loss]]:
    """The scorers for the graders; what a grader compares with becomes `expected` where it is one
    field of the item, else a check of each row.
    """
    losses: list[Loss] = []
    checks = [c for c in criteria if isinstance(c, Mapping) and _usable(c, losses)]
    fields = {_field(check.get("reference")) for check in checks}
    field = next(iter(fields)) if len(fields) == 1 else ""
    if field and all(field in row["inputs"] for row in rows):
        scorers = []
        for row in rows:
            row["expected"] = row["inputs"].pop(field)
        for check in checks:
            scorer = _scorer(check, None)
            scorers += [] if scorer in scorers else [scorer]
        return scorers, losses
    for row in rows:
        entries = [
            _scorer(check, with_values(as_text(check.get("reference")), _ITEM, row["inputs"]))
            for check in checks
        ]
        if entries:
            row["checks"] = entries
    return (["checks"] if checks else []), losses


def _usable(check: Mapping[str, Any], losses: list[Loss]) -> bool:
    name, kind = check.get("name") or check.get("id") or "?", check.get("type")
    if kind == "string_check" and str(check.get("operation")) in _CHECKS:
        if _OUTPUT.fullmatch(str(check.get("input", "")).strip()):
            return True
        losses.append(Loss(f"the grader {name}", "it grades no answer: look at the data itself"))
    elif kind == "text_similarity":
        metric, cut = check.get("evaluation_metric"), check.get("pass_threshold")
        instead = f"add a scorer by hand: it asks for {metric} of at least {cut}"
        losses.append(Loss(f"the grader {name}", instead))
    elif kind in _MODEL_GRADERS:
        losses.append(Loss(f"the grader {name}", "it asks a model: write a judge for it"))
    elif kind == "python":
        losses.append(Loss(f"the grader {name}", "it is code: look at it, and write a scorer"))
    else:
        losses.append(Loss(f"the grader {name}", f"nothing here is like {kind}"))
    return False


def _field(reference: Any) -> str:
    match = _ITEM.fullmatch(str(reference).strip())
    return match[1] if match and "." not in match[1] else ""


def _scorer(check: Mapping[str, Any], expected: str | None) -> Any:
    kind, options, negated = _CHECKS[check["operation"]]
    entry = {kind: {**options, **({} if expected is None else {"expected": expected})}}
    return {"not": entry} if negated else entry


# Files of rows


def _items(items: Sequence[Mapping[str, Any]], path: Path) -> Imported:
    name = prompt_id_of(path.stem)
    losses = (
        Loss("the prompt", "write it into the draft"),
        Loss(f"{len(items)} items", "without graders there is no suite: import the eval's dump"),
    )
    return Imported((_placeholder(name, items),), losses)


def _results(rows: Sequence[Mapping[str, Any]], path: Path) -> Imported:
    """Items of a file of results; several runs of an item make one case."""
    distinct = {canonical_json(row["item"]): row["item"] for row in rows}
    graders = sorted({str(name) for row in rows for name in row["grades"]})
    imported = _items(list(distinct.values()), path)
    losses = (Loss(f"the grades of {', '.join(graders)}", "run the suite again"), *imported.losses)
    return replace(imported, losses=losses)


def _samples(rows: Sequence[Mapping[str, Any]], path: Path) -> Imported:
    """Samples of openai/evals: what stands before the last message alike is the prompt."""
    name = prompt_id_of(path.stem)
    parsed = [_messages(row["input"], path, number) for number, row in enumerate(rows, 1)]
    shared = parsed[0][:-1] if all(one[:-1] == parsed[0][:-1] for one in parsed) else None
    if shared is None:
        messages: tuple[Message, ...] = (Message(SLOT, "conversation"),)
        inputs: list[dict[str, Any]] = [
            {"conversation": [{"role": r, "content": c} for r, c in one]} for one in parsed
        ]
    else:
        fixed = [Message(role, quoted(content)) for role, content in shared]
        messages = (*fixed, Message(parsed[0][-1][0], "{{ input }}"))
        inputs = [{"input": one[-1][1]} for one in parsed]
    prompt = with_inputs(Prompt(name, messages))
    cases = [
        {"id": f"sample-{n:04}", "inputs": given, "expected": row[_IDEAL]}
        for n, (given, row) in enumerate(zip(inputs, rows, strict=True), 1)
    ]
    # Match of openai/evals: the answer begins with the ideal, whatever follows.
    scorers = [{"starts_with": {"strip": False}}]
    losses = (
        Loss("which class of openai/evals graded it", "Match is assumed: edit scorers for another"),
        Loss("the model", "set it in the draft"),
    )
    return Imported((prompt,), losses, (ImportedSuite(name, name, scorers, cases),))


def _messages(given: Any, path: Path, number: int) -> list[tuple[str, str]]:
    listed = [{"role": "user", "content": given}] if isinstance(given, str) else given
    messages = []
    for message in listed:
        content = message.get("content") if isinstance(message, Mapping) else None
        if not isinstance(content, str):
            raise DraftError(f"{path}: row {number} has a message without a text")
        messages.append((str(message.get("role")), content))
    if not messages:
        raise DraftError(f"{path}: row {number} has no message")
    return messages
