"""A log of inspect: its prompt as a draft, its samples as a suite, its answers as a stored run."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import DraftError
from workbench.exchange.forms.foreign import (
    as_list,
    as_mapping,
    json_or_none,
    model_named,
    prompt_id_of,
    with_inputs,
)
from workbench.exchange.forms.inspect_log import Log, is_log, read_log
from workbench.exchange.importers.base import Imported, ImportedSuite
from workbench.exchange.losses import Loss
from workbench.exchange.plain_templates import quoted
from workbench.prompts.values import ROLES, SLOT, Message, Model, Prompt
from workbench.providers.base import MAX_OUTPUT, Answer, Outcome
from workbench.providers.redact import one_line
from workbench.runs.imported.values import ImportedAnswer, ImportedRun

_TOOL = "inspect"
_OPTIONS = {"max_tokens": MAX_OUTPUT, "top_p": "topP", "stop_seqs": "stopSequences"} | {
    name: name for name in ("temperature", "seed", "reasoning_effort")
}
_OPTIONS |= {"frequency_penalty": "frequencyPenalty", "presence_penalty": "presencePenalty"}
_OUTCOMES = {
    "max_tokens": Outcome.TRUNCATED,
    "model_length": Outcome.TRUNCATED,
    "content_filter": Outcome.FILTERED,
    "tool_calls": Outcome.TOOL_CALL,
}
_VALUES = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
_LOCATIONS = {"begin": "starts_with", "end": "ends_with", "any": "contains", "exact": "exact_match"}
Turn = tuple[str, str]


class InspectImporter:
    """See `Importer`."""

    summary = "A log of inspect (.eval, .json): its answers become a stored run."
    suffixes = (".eval",)

    def recognizes(self, path: Path) -> bool:
        if is_log(path):
            return True
        data = as_mapping(json_or_none(path))
        evaluation = as_mapping(data.get("eval"))
        return "task" in evaluation and "model" in evaluation and "plan" in data

    def read(self, path: Path) -> Imported:
        log = read_log(path)
        samples, losses = _usable(log)
        name = prompt_id_of(str(log.evaluation["task"]).rpartition("/")[2])
        prompt, cases = _prompt(name, log, samples)
        graders = _graders(log, samples)
        answers = [_answer(sample, graders) for sample in samples]
        rows = [_row(sample, cases) for sample in samples if sample.epoch == 1]
        repeats = max(sample.epoch for sample in samples)
        suite = ImportedSuite(
            name,
            name,
            [scorer for scorer, _ in graders.values()],
            rows,
            run={"repeats": repeats} if repeats > 1 else {},
        )
        made_at = str(log.evaluation.get("created") or "")
        run = ImportedRun(prompt, name, answers, _TOOL, path.name, made_at)
        losses += _lost(log, samples, graders)
        return Imported((prompt,), tuple(losses), (suite,), runs=(run,))


KIND = InspectImporter()


@dataclass(frozen=True)
class _Sample:
    """One sample and epoch."""

    case_id: str
    epoch: int
    given: Any
    """Its input: a text, or messages."""
    sent: tuple[Turn, ...]
    """What was sent first: the messages before the first answer."""
    content: Mapping[str, Any]


# Samples


def _usable(log: Log) -> tuple[list[_Sample], list[Loss]]:
    """The samples that can be cases, in the order of their epochs, and what is left out."""
    samples: list[_Sample] = []
    odd: list[str] = []
    for content in log.samples():
        sent = _sent(content)
        case_id, epoch = str(content.get("id")), content.get("epoch", 1)
        if not isinstance(epoch, int) or epoch < 1:
            raise DraftError(f"{log.path}: sample {case_id} has the epoch {epoch!r}")
        if sent is None:
            odd.append(case_id)
            continue
        samples.append(_Sample(case_id, epoch, content.get("input"), sent, content))
    if len({(sample.case_id, sample.epoch) for sample in samples}) < len(samples):
        raise DraftError(f"{log.path}: two samples have the same id and epoch")
    first = {sample.case_id for sample in samples if sample.epoch == 1}
    lone = sorted({sample.case_id for sample in samples} - first)
    samples = sorted((s for s in samples if s.case_id in first), key=lambda one: one.epoch)
    if not samples:
        raise DraftError(f"{log.path} has no sample that was asked in text alone")
    losses = []
    if odd:
        listed = ", ".join(dict.fromkeys(odd[:5]))
        losses.append(Loss(f"{len(odd)} samples ({listed})", "their messages hold more than text"))
    if lone:
        losses.append(Loss(f"samples without a first epoch ({', '.join(lone[:5])})", "left out"))
    return samples, losses


def _sent(content: Mapping[str, Any]) -> tuple[Turn, ...] | None:
    """Role and text of each message before the first answer; None where one is no text."""
    given = content.get("input")
    asked = [{"role": "user", "content": given}] if isinstance(given, str) else as_list(given)
    turns: list[Turn] = []
    for message in as_list(content.get("messages")) or asked:
        entry = as_mapping(message)
        if entry.get("role") == "assistant" and entry.get("source") != "input":
            break
        text = _text(entry.get("content"))
        if text is None or entry.get("role") not in ROLES or entry.get("role") == "tool":
            return None
        turns.append((str(entry["role"]), text))
    return tuple(turns) or None


def _text(content: Any) -> str | None:
    """The text of a message, without the model's reasoning; None where it holds anything else."""
    if isinstance(content, str):
        return content
    parts = [as_mapping(part) for part in as_list(content)]
    if not parts or any(part.get("type") not in ("text", "reasoning") for part in parts):
        return None
    return "".join(str(part.get("text", "")) for part in parts if part.get("type") == "text")


def _row(sample: _Sample, cases: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    target = sample.content.get("target")
    if isinstance(target, list) and len(target) == 1:
        target = target[0]
    expected = {} if target in ("", [], None) else {"expected": target}
    return {"id": sample.case_id, "inputs": cases[sample.case_id], **expected}


# The prompt


def _prompt(
    name: str, log: Log, samples: Sequence[_Sample]
) -> tuple[Prompt, dict[str, Mapping[str, Any]]]:
    """The prompt that was sent for every sample, and each case's inputs.

    What stands before the last message alike is fixed, and so is what stands around the sample's
    own input in that; else the whole conversation is the input.
    """
    first = [sample for sample in samples if sample.epoch == 1]
    shared = first[0].sent[:-1]
    last_role = first[0].sent[-1][0]
    if all(s.sent[:-1] == shared and s.sent[-1][0] == last_role for s in first):
        around = _around(first)
        text = f"{quoted(around[0])}{{{{ input }}}}{quoted(around[1])}" if around else ""
        fixed = [Message(_role(role), quoted(content)) for role, content in shared]
        messages: tuple[Message, ...] = (*fixed, Message(_role(last_role), text or "{{ input }}"))
        inputs = {s.case_id: {"input": s.given if around else s.sent[-1][1]} for s in first}
    else:
        messages = (Message(SLOT, "conversation"),)
        inputs = {
            s.case_id: {"conversation": [{"role": _role(r), "content": c} for r, c in s.sent]}
            for s in first
        }
    model_id = str(log.evaluation["model"])
    model = Model(model_named(model_id)[1], "", _options(log))
    return with_inputs(Prompt(name, messages, model=model)), dict(inputs)


def _role(role: str) -> str:
    return "system" if role == "developer" else role


def _around(samples: Sequence[_Sample]) -> tuple[str, str] | None:
    """What stands before and behind the input in every last message; None: nothing is common."""
    if not all(isinstance(sample.given, str) and sample.given for sample in samples):
        return None
    # The longest input is the least likely to stand anywhere else in the template.
    clear = max(samples, key=lambda sample: len(sample.given))
    before, middle, behind = clear.sent[-1][1].partition(clear.given)
    if not middle:
        return None
    same = all(sample.sent[-1][1] == f"{before}{sample.given}{behind}" for sample in samples)
    return (before, behind) if same else None


def _options(log: Log) -> dict[str, Any]:
    """The parameters that every call had: of the model, of the plan, and of its `generate`."""
    plan = as_mapping(log.head.get("plan"))
    steps = [as_mapping(step) for step in as_list(plan.get("steps"))]
    given = dict(as_mapping(log.evaluation.get("model_generate_config")))
    given |= as_mapping(plan.get("config"))
    for step in steps:
        if step.get("solver") == "generate":
            given |= as_mapping(step.get("params"))
    return {_OPTIONS[key]: v for key, v in given.items() if key in _OPTIONS and v is not None}


# Scores


def _graders(log: Log, samples: Sequence[_Sample]) -> dict[str, tuple[Any, bool]]:
    """A scorer for each score of the samples by its name, and whether it decides here."""
    options = {
        str(as_mapping(one).get("name")): as_mapping(as_mapping(one).get("options"))
        for one in as_list(log.evaluation.get("scorers"))
    }
    names = dict.fromkeys(name for sample in samples for name in _scores(sample))
    names = names or dict.fromkeys(options)
    targets = all(sample.content.get("target") not in ("", [], None) for sample in samples)
    graders = {}
    for name in names:
        own = _counterpart(name, options.get(name, {})) if targets else None
        graders[name] = (own or {"external": {"name": name, "by": _TOOL}}, bool(own))
    return graders or {_TOOL: ({"external": {"name": _TOOL, "by": _TOOL}}, False)}


def _counterpart(name: str, options: Mapping[str, Any]) -> Any:
    """The scorer here that decides the same of nearly every answer; None: there is none."""
    kind = name.rpartition("/")[2]
    ignores = bool(options.get("ignore_case", True))
    if kind == "includes":
        counterpart = "contains"
    elif kind == "match" and not options.get("numeric"):
        counterpart = _LOCATIONS.get(str(options.get("location", "end")), "")
    else:
        counterpart, ignores = ("exact_match", True) if kind == "exact" else ("", True)
    return {counterpart: {"name": name, "ignore_case": ignores}} if counterpart else None


def _scores(sample: _Sample) -> dict[str, float | None]:
    """The scores of a sample; one of several values has a name for each."""
    scores: dict[str, float | None] = {}
    for name, score in as_mapping(sample.content.get("scores")).items():
        value = as_mapping(score).get("value")
        each = {f"{name}.{k}": v for k, v in value.items()} if isinstance(value, Mapping) else {}
        for key, one in (each or {str(name): value}).items():
            scores[key] = _number(one)
    return scores


def _number(value: Any) -> float | None:
    """In [0, 1]; None for what is no share of right."""
    if isinstance(value, str):
        return _VALUES.get(value)
    if isinstance(value, (bool, int, float)) and math.isfinite(value) and 0 <= value <= 1:
        return float(value)
    return None


# Answers


def _answer(sample: _Sample, graders: Mapping[str, Any]) -> ImportedAnswer:
    scores = {name: value for name, value in _scores(sample).items() if name in graders}
    return ImportedAnswer(sample.case_id, sample.epoch - 1, _answered(sample.content), scores)


def _answered(content: Mapping[str, Any]) -> Answer:
    output = as_mapping(content.get("output"))
    error = as_mapping(content.get("error")).get("message") or output.get("error")
    choice = as_mapping(next(iter(as_list(output.get("choices"))), None))
    usage = as_mapping(output.get("usage"))
    common: dict[str, Any] = {
        "latency_s": _positive(output.get("time")),
        "prompt_tokens": _count(usage, "input_tokens", "input_tokens_cache_read"),
        "completion_tokens": _count(usage, "output_tokens"),
        "cost_usd": _positive(usage.get("total_cost")),
        "model": one_line(str(output.get("model") or "")),
        "finish_reason": one_line(str(choice.get("stop_reason") or "")),
    }
    if error or not choice:
        reason = one_line(str(error or as_mapping(content.get("limit")).get("type") or "no answer"))
        return Answer(Outcome.PROVIDER_ERROR, error=reason, **common)
    text = _text(as_mapping(choice.get("message")).get("content"))
    text = str(output.get("completion") or "") if text is None else text
    outcome = _OUTCOMES.get(common["finish_reason"], Outcome.OK if text.strip() else Outcome.EMPTY)
    return Answer(outcome, text, error="" if outcome is Outcome.OK else outcome.value, **common)


def _positive(value: Any) -> float | None:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if number and math.isfinite(value) and value >= 0 else None


def _count(usage: Mapping[str, Any], *names: str) -> int | None:
    known = [usage[n] for n in names if isinstance(usage.get(n), int) and usage[n] >= 0]
    return sum(known) if known else None


# Losses


def _lost(log: Log, samples: Sequence[_Sample], graders: Mapping[str, Any]) -> list[Loss]:
    losses = []
    status = str(log.head.get("status") or "started")
    if status != "success":
        instead = f"{len(samples)} answers of it are imported: run the rest here"
        losses.append(Loss(f"the end of the evaluation, which is {status}", instead))
    for name, (_, decides) in graders.items():
        if not decides:
            instead = "its scores are kept as an external scorer; write a judge for answers of here"
            losses.append(Loss(f"the scorer {name}", instead))
    dropped = sum(
        value is None and graders.get(name) is not None
        for sample in samples
        for name, value in _scores(sample).items()
    )
    if dropped:
        losses.append(Loss(f"{dropped} scores", "they are no share between 0 and 1: missing"))
    if any(as_mapping(sample.content.get("metadata")) for sample in samples):
        losses.append(Loss("the samples' metadata", "add tags to the cases by hand"))
    if any(len(_answers_in(sample)) > 1 for sample in samples):
        instead = "the last answer stands for all: an agent is asked as a provider of kind http"
        losses.append(Loss("the turns after the first answer, tools among them", instead))
    return losses


def _answers_in(sample: _Sample) -> list[Any]:
    return [
        message
        for message in as_list(sample.content.get("messages"))
        if as_mapping(message).get("role") == "assistant"
        and as_mapping(message).get("source") != "input"
    ]
