"""A run's calls, cost and duration, estimated before it starts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from workbench.datasets.json_values import as_text
from workbench.prompts.inputs.sent import file_tokens
from workbench.prompts.values import Prompt
from workbench.providers.base import Provider
from workbench.providers.opening import open_provider
from workbench.providers.options import build_request, max_output
from workbench.runs.spec.plan import Plan
from workbench.runs.spec.values import RunSpec
from workbench.runs.store.store import RunStore
from workbench.settings import ProviderSettings

_CHARS_A_TOKEN = 4.0
_USUAL_OUTPUT = 200
_SAMPLE = 200
_RULES = 150
"""Tokens of what every judge is told besides its own prompt."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Calls to make and cached answers; US dollars and seconds are estimates, None if unknown."""

    calls: int
    cached: int
    usd: float | None
    seconds: float | None
    unsent: int = 0
    """Cases and repeats whose prompt cannot be rendered."""
    judge_calls: int = 0
    """Calls of judges, at most: equal answers are judged once, some not at all."""
    judge_usd: float | None = 0.0

    @property
    def all_calls(self) -> int:
        return self.calls + self.judge_calls

    @property
    def all_usd(self) -> float | None:
        """US dollars of the prompt and its judges; None if either is unknown."""
        return _sum((self.usd, self.judge_usd))


def total(estimates: Iterable[Estimate]) -> Estimate:
    """The sum of estimates; a value unknown in one is unknown in the sum."""
    each = list(estimates)
    return Estimate(
        sum(item.calls for item in each),
        sum(item.cached for item in each),
        _sum(item.usd for item in each),
        _sum(item.seconds for item in each),
        sum(item.unsent for item in each),
        sum(item.judge_calls for item in each),
        _sum(item.judge_usd for item in each),
    )


def _sum(values: Iterable[float | None]) -> float | None:
    known = list(values)
    return None if None in known else sum(value for value in known if value is not None)


def estimate_run(
    spec: RunSpec,
    settings: ProviderSettings,
    store: RunStore | None = None,
    done: Collection[tuple[str, int]] = (),
    judges: Mapping[str, ProviderSettings] | None = None,
) -> Estimate:
    """Estimate `spec`, without the (case id, repeat) pairs in `done` and answers cached in `store`.

    Tokens: four characters each, files by `file_tokens`, and the prompt's limit (else 200) for the
    answer; a case whose tools answer counts as one call. Time: from the
    latencies of the newest stored run of the same prompt and model, if there is one. Of cases that
    are read while the run goes on, each that is still unread counts as a call like the first ones.
    `judges` has the settings of each judge's provider, by the fingerprint of its prompt.
    """
    provider = open_provider(settings)
    unread = (spec.count - len(spec.cases)) * spec.run_options.repeats
    spec = replace(spec, stream=None)
    plan = Plan(spec, provider.identity)
    with plan.features.opened():
        estimate = _estimated(spec, plan, provider, store, done, unread)
    if not spec.judges:
        return estimate
    answers = estimate.calls
    judged = spec.suite.parts.get("judge", "")
    if store is None or spec.fresh or not store.was_judged(judged):
        answers += estimate.cached
    usd = [_judge_usd(spec, judge.prompt, answers, judges or {}) for judge in spec.judges]
    return replace(estimate, judge_calls=answers * len(spec.judges), judge_usd=_sum(usd))


def _judge_usd(
    spec: RunSpec, judge: Prompt, calls: int, judges: Mapping[str, ProviderSettings]
) -> float | None:
    """Its texts, those of a case and an answer as long as the prompt's may be."""
    if calls == 0:
        return 0.0
    settings = judges.get(judge.fingerprint)
    price = open_provider(settings).price(judge.model.id) if settings and judge.model else None
    if price is None:
        return None
    sample = spec.cases[:_SAMPLE]
    shown = sum(len(as_text(value)) for case in sample for value in case.inputs.values())
    own = sum(len(message.content) for message in judge.messages)
    answer = max_output(build_request(spec.prompt, ())) or _USUAL_OUTPUT
    read = (own + shown / len(sample)) / _CHARS_A_TOKEN + _RULES + answer
    written = max_output(build_request(judge, ())) or _USUAL_OUTPUT
    return calls * price.total(read, written)


def _estimated(
    spec: RunSpec,
    plan: Plan,
    provider: Provider,
    store: RunStore | None,
    done: Collection[tuple[str, int]],
    unread: int,
) -> Estimate:
    calls = cached = unsent = 0
    characters = 0
    sampled = 0
    for chunk in plan.chunks(done):
        fitting = [item for item in chunk if item.request]
        known = set()
        if store is not None and not spec.fresh:
            known = store.known_keys([item.key for item in fitting])
        missing = [item for item in fitting if item.key not in known]
        cached += len(fitting) - len(missing)
        unsent += len(chunk) - len(fitting)
        calls += len(missing)
        if sampled < _SAMPLE:
            sampled += len(missing)
            characters += sum(
                len(message.content)
                for item in missing
                if item.request
                for message in item.request.messages
            )
            characters += sum(
                int(_CHARS_A_TOKEN) * file_tokens(item.request.messages)
                for item in missing
                if item.request
            )
    calls += unread
    return Estimate(
        calls,
        cached,
        _usd(spec, provider, calls, characters / max(1, sampled)),
        _seconds(spec, provider.name, store, calls),
        unsent,
    )


def _model(spec: RunSpec) -> str:
    return spec.prompt.model.id if spec.prompt.model else ""


def _usd(spec: RunSpec, provider: Provider, calls: int, characters: float) -> float | None:
    if calls == 0:
        return 0.0
    price = provider.price(_model(spec))
    if price is None:
        return None
    output = max_output(build_request(spec.prompt, ()))
    tokens = _USUAL_OUTPUT if output is None else output
    return calls * (characters / _CHARS_A_TOKEN * price.input + tokens * price.output) / 1e6


def _seconds(spec: RunSpec, provider: str, store: RunStore | None, calls: int) -> float | None:
    if calls == 0:
        return 0.0
    prompt_id, model = spec.prompt.prompt_id, _model(spec)
    latency = store.mean_latency(prompt_id, provider, model) if store else None
    if latency is None:
        return None
    return calls * latency / spec.run_options.concurrency
