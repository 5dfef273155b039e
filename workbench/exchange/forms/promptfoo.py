"""A prompt and its suite as a configuration that promptfoo runs.

It is JSON, which promptfoo reads as well as YAML and which no dialect reads otherwise. promptfoo
loads values that begin with `file://` or `package:`, and fills in `{{ }}` wherever it stands: data
that would be taken for either is passed in fragments, which the template joins.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from workbench.datasets.values import Case
from workbench.errors import TemplateError
from workbench.exchange.forms.promptfoo_export import LOADED, NoAssertion, assertions_of, remark
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
from workbench.units import plural

_REMEDY = "promptfoo renders it otherwise; pass the finished text as an input"
_UNSAFE = re.compile(r"\{[{%#]|\n\Z|\A(?:file://|package:)")
_FRAGMENT = "fragments"


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
        losses += _scorer_losses(scorer, suite.dataset.cases)
    if any(dict(scorer.faults) for scorer in suite.scorers):
        losses.append(Loss("how the model's own faults count", "as promptfoo counts them"))
    return losses


def _scorer_losses(scorer: Scorer, cases: Sequence[Case]) -> Iterator[Loss]:
    """What is lost of a scorer, in all cases or in some."""
    reasons: Counter[str] = Counter()
    asserted = 0
    for case in cases:
        try:
            asserted += bool(assertions_of(scorer, case))
        except NoAssertion as why:
            reasons[str(why)] += 1
    for reason, count in reasons.items():
        some = f" in {plural(count, 'case')}" if count < len(cases) else ""
        yield Loss(f"the scorer {scorer.name}", f"no assertion{some}: {reason}")
    if asserted and remark(scorer):
        yield Loss(f"how {scorer.name} decides", remark(scorer))
    if asserted and not scorer.required:
        yield Loss(f"that {scorer.name} does not gate", "an assertion of weight 0")


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
    asserts = []
    for scorer in suite.scorers:
        with suppress(NoAssertion):  # `losses` names it
            asserts += assertions_of(scorer, case)
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
    return f" {shown}" if shown.startswith(LOADED) else shown
