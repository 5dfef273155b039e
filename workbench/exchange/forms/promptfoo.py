"""A prompt and its suite as a configuration that promptfoo runs.

It is JSON, which promptfoo reads as well as YAML and which no dialect reads otherwise. promptfoo
loads values that begin with `file://` or `package:`, and fills in `{{ }}` wherever it stands: data
that would be taken for either is passed in fragments, which the template joins.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.datasets.cells import json_of
from workbench.datasets.values import Case
from workbench.errors import TemplateError
from workbench.exchange.losses import Loss
from workbench.exchange.plain_templates import (
    PlainMessage,
    is_written_out,
    quoted,
    read_templates,
)
from workbench.json_text import without_spelling
from workbench.prompts.files.options import MORE, NAMES
from workbench.prompts.templates.templates import Renderer
from workbench.prompts.values import JINJA2, Input, Message, Prompt
from workbench.providers.openai_chat.parameters import response_format, tool_of
from workbench.runs.spec.suite import Suite
from workbench.scorers.base import Scorer
from workbench.scorers.expected import parts, texts
from workbench.units import seconds

_REMEDY = "promptfoo renders it otherwise; pass the finished text as an input"
_UNSAFE = re.compile(r"\{[{%#]|\n\Z|\A(?:file://|package:)")
_FRAGMENT = "fragments"
_LOADED = ("file://", "package:")
_ONLY_PYTHON = re.compile(r"\(\?[aiLmsux]|\(\?P|\(\?\(|\(\?>|\(\?#|\\[AZz]|\\N\{|[*+?}]\+")
"""What JavaScript's regular expressions do not have, or read otherwise."""

Assertion = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Setting:
    """How promptfoo reaches the model."""

    provider: str = ""
    """As promptfoo names it; empty: the one of OpenAI's chat API."""
    config: Mapping[str, Any] | None = None
    """More of the provider's configuration."""


def problems(prompt: Prompt) -> list[str]:
    """Why promptfoo would render the prompt otherwise."""
    return [f"{feature}: {_REMEDY}" for feature in read_templates(prompt)[1]]


def losses(prompt: Prompt, suite: Suite | None) -> list[Loss]:
    """What the configuration cannot hold, and what stands there for it."""
    losses = []
    if prompt.model and prompt.model.provider not in ("", "openai"):
        name = prompt.model.provider
        losses.append(Loss(f"the provider {name}", "OpenAI's chat API, see options.provider"))
    if is_written_out(prompt):
        losses.append(Loss("comments and trimming in templates", "as they render"))
    if suite is None:
        return losses
    losses.append(Loss("the gate and its baseline", "promptfoo counts the tests that pass"))
    for scorer in suite.scorers:
        if not _is_plain(scorer):
            losses.append(Loss(f"the scorer {scorer.name}", "no assertion"))
        elif scorer.kind.name == "matches":
            is_lost = _ONLY_PYTHON.search(scorer.options["pattern"])
            instead = "no assertion: it is not JavaScript's" if is_lost else "read by JavaScript"
            losses.append(Loss("the pattern of matches", instead))
        elif scorer.kind.name == "json_schema" and scorer.options["schema"]:
            losses.append(Loss("JSON Schema 2020-12", "draft 7, as promptfoo's checker knows it"))
        elif not scorer.required:
            losses.append(Loss(f"that {scorer.name} does not gate", "an assertion of weight 0"))
    if any(dict(scorer.faults) for scorer in suite.scorers):
        losses.append(Loss("how the model's own faults count", "as promptfoo counts them"))
    return losses


def config_of(
    prompt: Prompt,
    label: str,
    suite: Suite,
    evidence: Mapping[str, str],
    setting: Setting,
) -> dict[str, Any]:
    """The configuration as JSON. Raises TemplateError for a case that the prompt cannot render."""
    inputs = [(case, _texts_of(prompt, case)) for case in suite.dataset.cases]
    unsafe = {
        name for _, values in inputs for name, value in values.items() if _UNSAFE.search(value)
    }
    name = f"{prompt.prompt_id}@{label}"
    tests = [_test(suite, case, values) for case, values in inputs]
    return {
        "description": f"{name} on {suite.name}",
        "prompts": [{"label": name, "raw": _raw(prompt, unsafe)}],
        "providers": [_provider(prompt, setting)],
        "tests": tests,
        "evaluateOptions": {
            "maxConcurrency": suite.run.concurrency,
            "repeat": suite.run.repeats,
        },
        "metadata": {
            "workbench": {key: _plain(text) for key, text in evidence.items()}
            | {"fingerprint": prompt.fingerprint, "suite": suite.name}
        },
    }


def _raw(prompt: Prompt, unsafe: set[str]) -> str:
    """The messages as JSON; promptfoo renders each text of it."""
    messages = [
        {"role": message.role, "content": _nunjucks(message, unsafe)}
        for message in read_templates(prompt)[0]
    ]
    return json.dumps(messages, ensure_ascii=False)


def _nunjucks(message: PlainMessage, unsafe: set[str]) -> str:
    return "".join(
        quoted(part) if isinstance(part, str) else _slot(part.name, part.name in unsafe)
        for part in message.parts
    )


def _slot(name: str, is_unsafe: bool) -> str:
    if not is_unsafe:
        return f"{{{{ {name} }}}}"
    joined = f"{{{{ {name}.{_FRAGMENT} | join('') }}}}"
    return f"{{% if {name} is string %}}{{{{ {name} }}}}{{% else %}}{joined}{{% endif %}}"


def _variable(value: str) -> str | dict[str, list[str]]:
    """A value as promptfoo passes it on unread: in fragments where it would be read as a template
    or loaded as a file.
    """
    if not _UNSAFE.search(value):
        return value
    return {_FRAGMENT: re.split(r"(?<=\{)(?=[{%#])|(?=:)|(?=\n)", value)}


def _texts_of(prompt: Prompt, case: Case) -> dict[str, str]:
    """What each input of the prompt prints in this case."""
    messages, _ = read_templates(prompt)
    names = {part.name for m in messages for part in m.parts if not isinstance(part, str)}
    ordered = sorted(names)
    declared = {item.name: item for item in prompt.inputs}
    shown = Prompt(
        prompt.prompt_id,
        tuple(Message("user", f"{{{{ {name} }}}}") for name in ordered),
        inputs=tuple(declared.get(name, Input(name)) for name in ordered),
        template_format=JINJA2,
        revision=prompt.revision,
    )
    given = {name: value for name, value in case.inputs.items() if name in names}
    try:
        rendered = Renderer(shown).render(given)
    except TemplateError as error:
        raise TemplateError(f"case {case.id}: {error.message}", hint=error.hint) from error
    return {name: message.content for name, message in zip(ordered, rendered, strict=True)}


def _provider(prompt: Prompt, setting: Setting) -> dict[str, Any]:
    model = prompt.model
    config: dict[str, Any] = {}
    options = dict(model.options) if model else {}
    for name, value in (options | dict(options.pop(MORE, None) or {})).items():
        if value is not None:
            config[NAMES.get(name, name)] = without_spelling(value)
    if prompt.outputs:
        config["response_format"] = without_spelling(response_format(prompt.outputs))
    if prompt.tools:
        config["tools"] = [
            without_spelling(tool_of(i)) for i in prompt.tools if isinstance(i, Mapping)
        ]
    provider = setting.provider or f"openai:chat:{model.id if model else 'gpt-4.1-mini'}"
    return {"id": provider, "config": {**config, **dict(setting.config or {})}}


def _test(suite: Suite, case: Case, values: Mapping[str, str]) -> dict[str, Any]:
    asserts = [
        {**assertion, "metric": scorer.name} | ({} if scorer.required else {"weight": 0})
        for scorer in suite.scorers
        for assertion in _asserted(scorer, case)
    ]
    about = {"case_id": case.id, "split": case.split, "group": case.group}
    metadata: dict[str, Any] = {key: _plain(value) for key, value in about.items() if value}
    if case.tags:
        metadata["tags"] = [_plain(tag) for tag in case.tags]
    return {
        "description": _plain(case.id),
        "vars": {name: _variable(value) for name, value in values.items()},
        "metadata": metadata,
        "assert": asserts,
    }


def _plain(text: str) -> str:
    """A label: shown and never rendered, so nothing to render or to load may stand in it."""
    shown = re.sub(r"\{(?=[{%#])", "{ ", text)
    return f" {shown}" if shown.startswith(_LOADED) else shown


def _value(text: str) -> str:
    """A text of an assertion, which promptfoo renders, and loads where it names a file."""
    value = quoted(text)
    return f"{{{{ '{value[0]}' }}}}{value[1:]}" if value.startswith(_LOADED) else value


def _asserted(scorer: Scorer, case: Case) -> Iterator[Assertion]:
    if _is_plain(scorer) and not scorer.lacks(case):
        yield from _ASSERTIONS[scorer.kind.name](scorer.options, case)


def _is_plain(scorer: Scorer) -> bool:
    """Whether promptfoo has an assertion of its meaning: one without keys of its own."""
    known = scorer.kind.name in _ASSERTIONS and not scorer.kind.plugin
    return known and scorer.written == scorer.options


def _any_of(assertions: list[Assertion]) -> Iterator[Assertion]:
    """One of them must hold."""
    if len(assertions) == 1:
        yield assertions[0]
    elif assertions:
        yield {"type": "assert-set", "threshold": 1 / len(assertions), "assert": assertions}


def _same(kind: str, wanted: list[str], options: Mapping[str, Any]) -> Iterator[Assertion]:
    """Assertions about the text as the scorer prepares it."""
    steps = (".trim()" if options["strip"] else "") + (
        ".toLowerCase()" if options["ignore_case"] else ""
    )
    change = {"transform": f"output.replace(/\\r\\n?/g, '\\n'){steps}"}
    yield from _any_of(
        [
            {"type": kind, "value": _value(_prepared(text, options)), **change}
            for text in dict.fromkeys(wanted)
        ]
    )


def _prepared(text: str, options: Mapping[str, Any]) -> str:
    text = text.strip() if options["strip"] else text
    return text.lower() if options["ignore_case"] else text


def _matches(options: Mapping[str, Any], _case: Case) -> Iterator[Assertion]:
    if not _ONLY_PYTHON.search(options["pattern"]):
        yield {"type": "regex", "value": _value(options["pattern"])}


def _json_equals(_options: Mapping[str, Any], case: Case) -> Iterator[Assertion]:
    wanted = json.dumps(without_spelling(json_of(case.expected)), sort_keys=True)
    code = (
        "const sorted = (v) => v && typeof v === 'object' ? (Array.isArray(v) ? v.map(sorted) : "
        "Object.fromEntries(Object.keys(v).sort().map((k) => [k, sorted(v[k])]))) : v;\n"
        "try { return JSON.stringify(sorted(JSON.parse(output))) === "
        f"JSON.stringify(sorted({_javascript(wanted)})); }} catch {{ return false; }}"
    )
    yield {"type": "javascript", "value": code}


def _javascript(data: str) -> str:
    """JSON as a literal in code that promptfoo renders first; only texts can have a tag in it."""
    return re.sub(r"\{(?=[{%#])|(?<=#)\}", lambda sign: f"\\u{ord(sign.group()):04x}", data)


def _json_schema(options: Mapping[str, Any], _case: Case) -> Iterator[Assertion]:
    schema = without_spelling(dict(options["schema"]))
    # As a text: promptfoo resolves a $ref of an object against the whole configuration.
    yield {"type": "is-json"} | ({"value": _value(json.dumps(schema))} if schema else {})


_ASSERTIONS: Mapping[str, Callable[[Mapping[str, Any], Case], Iterator[Assertion]]] = {
    "exact_match": lambda options, case: _same("equals", texts(case), options),
    "contains": lambda options, case: _same("contains", parts(case), options),
    "starts_with": lambda options, case: _same("starts-with", parts(case), options),
    "one_of": lambda options, _case: _same("equals", list(map(str, options["labels"])), options),
    "matches": _matches,
    "max_chars": lambda options, _case: iter(
        [{"type": "javascript", "value": f"[...output].length <= {int(options['limit'])}"}]
    ),
    "json_schema": _json_schema,
    "json_equals": _json_equals,
    "latency": lambda options, _case: iter(
        [{"type": "latency", "threshold": seconds(options["at_most"]) * 1000}]
    ),
    "cost": lambda options, _case: iter(
        [{"type": "cost", "threshold": float(options["at_most_usd"])}]
    ),
}
"""Scorers that have a counterpart, with the assertions that stand for them in a case."""
