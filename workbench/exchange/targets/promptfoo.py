"""A prompt and its suite as a configuration that promptfoo runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from workbench.errors import TargetRefused, UsageError, WorkbenchError
from workbench.exchange.forms import promptfoo
from workbench.exchange.forms.version_json import to_bytes
from workbench.exchange.losses import Loss
from workbench.exchange.targets.base import Destination, Export, Sent, Takes
from workbench.exchange.versions import evidence_of
from workbench.files import write_atomically
from workbench.prompts.values import Prompt
from workbench.runs.spec.suite import Suite
from workbench.runs.spec.suite_file import read_suite
from workbench.suggestions import did_you_mean
from workbench.typed_options import Option

_SUFFIX = ".promptfoo.json"


class PromptfooTarget:
    """See `Target`."""

    summary = "Any prompt and its suite as a configuration that promptfoo runs."
    takes = Takes.PROMPT
    options: Mapping[str, Option] = {
        "suite": Option("", "The suite, where the prompt has several."),
        "provider": Option("", "The provider as promptfoo names it: openai:chat:gpt-4.1-mini."),
        "config": Option({}, "More of the provider's configuration: apiBaseUrl, ..."),
    }

    def loses(self, export: Export) -> Sequence[Loss]:
        suites = _suites(export)
        first = [Loss("evidence and deployments", "the evidence in short in metadata")]
        first = first if export.version else []
        first.append(Loss("the way back", "workbench import makes another draft and suite of it"))
        return (*first, *promptfoo.losses(_prompt(export), suites[0] if suites else None))

    def send(self, export: Export, destination: Destination) -> Sent:
        prompt = _prompt(export)
        suite = _suite(export, str(destination.options.get("suite", "")))
        problems = promptfoo.problems(prompt)
        if problems:
            raise TargetRefused("; ".join(problems))
        setting = promptfoo.Setting(
            str(destination.options.get("provider", "")), destination.options.get("config", {})
        )
        config = promptfoo.config_of(prompt, export.label, suite, evidence_of(export), setting)
        path = destination.file(f"{export.name}{_SUFFIX}")
        write_atomically(path, to_bytes(config))
        return Sent(str(path), path, str(path))


KIND = PromptfooTarget()


def _prompt(export: Export) -> Prompt:
    if export.prompt is None:
        raise UsageError("a configuration is written of a prompt")
    return export.prompt


def _suites(export: Export) -> list[Suite]:
    """The prompt's suites that can be read; another one's fault is said where it is asked for."""
    return [suite for path in export.suites if (suite := _read(path, _prompt(export)))]


def _read(path: Path, prompt: Prompt) -> Suite | None:
    try:
        suite = read_suite(path)
    except WorkbenchError:
        return None
    return suite if suite.prompt_id == prompt.prompt_id else None


def _suite(export: Export, name: str) -> Suite:
    prompt_id, suites = _prompt(export).prompt_id, _suites(export)
    for suite in suites:
        if name in ("", suite.name):
            return suite
    if name:
        hint = did_you_mean(name, [suite.name for suite in suites])
        raise UsageError(f"{prompt_id} has no suite {name!r} that can be read", hint=hint)
    raise UsageError(
        f"{prompt_id} has no suite that can be read", hint="workbench suite, or: workbench doctor"
    )
