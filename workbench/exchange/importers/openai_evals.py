"""OpenAI's Evals: a dump of an eval with its runs, files of items, and samples of openai/evals."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

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
)
from workbench.exchange.forms.openai_graders import ITEM, graded, usable
from workbench.exchange.forms.openai_runs import TOOL, dumped_runs, external, results_of
from workbench.exchange.importers.base import Imported, ImportedSuite
from workbench.exchange.losses import Loss
from workbench.exchange.plain_templates import quoted
from workbench.fingerprints import canonical_json
from workbench.prompts.values import SLOT, Input, Message, Model, Prompt
from workbench.runs.imported.values import ImportedRun

_TAG = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_OPTIONS = {"max_completions_tokens": "maxOutputTokens", "max_completion_tokens": "maxOutputTokens"}
_OPTIONS |= {"top_p": "topP", "max_tokens": "maxOutputTokens"}
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
    case_ids = {canonical_json(item): str(row["id"]) for item, row in zip(items, rows, strict=True)}
    scorers, lost = graded(criteria, rows)
    losses += lost
    answered, more = _answered(data, prompt, case_ids, criteria, losses)
    scorers += more
    suites: tuple[ImportedSuite, ...] = ()
    if rows and scorers:
        suites = (ImportedSuite(name, prompt.prompt_id, scorers, rows),)
    elif rows:
        losses.append(Loss(f"{len(rows)} rows", "no grader of them has a scorer: write a suite"))
    return Imported((prompt,), tuple(losses), suites, runs=tuple(answered) if suites else ())


def _answered(
    data: Mapping[str, Any],
    prompt: Prompt,
    case_ids: Mapping[str, str],
    criteria: Sequence[Any],
    losses: list[Loss],
) -> tuple[list[ImportedRun], list[Any]]:
    """The runs that have answers, and a scorer for each grader that has no other."""
    graders: dict[str, str] = {}
    without = []
    for check in criteria:
        if isinstance(check, Mapping):
            name = str(check.get("name") or check.get("id") or "?")
            graders |= {str(check.get("id")): name, name: name}
            if not usable(check, []):
                without.append(name)
    entries = []
    for entry in as_list(data.get("runs")):
        run = as_mapping(as_mapping(entry).get("run", entry))
        own = replace(prompt, model=None)
        if _template(run):
            try:
                own = _prompt_of_run(prompt.prompt_id, run)
            except DraftError as error:
                losses.append(Loss(f"the run {run.get('name')}", f"not imported: {error.message}"))
                continue
        if replace(own, model=None).fingerprint != replace(prompt, model=None).fingerprint:
            instead = "its answers stand with its own prompt: compare by the run's id"
            losses.append(Loss(f"the prompt of the run {run.get('name')}", instead))
        entries.append((run, as_mapping(entry), own))
    runs, stray = dumped_runs(entries, case_ids, graders, prompt.prompt_id)
    if stray:
        losses.append(Loss(f"{stray} answers", "they are to no row of the dump"))
    empty = len(entries) - len(runs)
    if empty:
        losses.append(Loss(f"{empty} runs without output items", "run the suite again"))
    return runs, [external(name) for name in without] if runs else []


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
    pieces = ITEM.split(text)
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
    results = results_of(rows)
    graders = sorted({str(name) for row in rows for name in row["grades"]})
    name = prompt_id_of(path.stem)
    prompt = _placeholder(name, list(results.items.values()))
    cases = [{"id": case_id, "inputs": dict(item)} for case_id, item in results.items.items()]
    losses = (
        Loss("the prompt and the model", "write them into the draft"),
        Loss(
            f"the graders {', '.join(graders)}",
            "their scores are kept; write scorers or a judge for answers of here",
        ),
    )
    suites = (ImportedSuite(name, name, [external(grader) for grader in graders], cases),)
    if not graders:
        return Imported((prompt,), (*losses, Loss(f"{len(cases)} items", "no grader: no suite")))
    runs = tuple(
        ImportedRun(prompt, name, answers, TOOL, run_id)
        for run_id, answers in results.answers.items()
    )
    return Imported((prompt,), losses, suites, runs=runs)


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
