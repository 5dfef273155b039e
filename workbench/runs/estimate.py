"""What a run will take, before it starts."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.providers.opening import open_provider
from workbench.providers.options import build_options
from workbench.providers.values import Price
from workbench.runs.plan import Plan
from workbench.runs.store import RunStore
from workbench.runs.values import RunSpec
from workbench.settings import ProviderSettings

_CHARS_A_TOKEN = 4.0
_USUAL_OUTPUT = 200
_SAMPLE = 200


@dataclass(frozen=True, slots=True)
class Estimate:
    """Calls to make and answers in the cache; money and time are guesses, None: unknown."""

    calls: int
    cached: int
    usd: float | None
    seconds: float | None


def estimate_run(
    spec: RunSpec, settings: ProviderSettings, store: RunStore | None = None
) -> Estimate:
    """What `spec` will take; with `store` cached answers are left out.

    Tokens: four characters each, and the prompt's limit (else 200) for the answer. Time: from the
    latencies of the newest stored run of the same prompt and model, if there is one.
    """
    provider = open_provider(settings)
    plan = Plan(spec, provider.identity)
    calls = cached = 0
    characters = 0
    sampled = 0
    for chunk in plan.chunks(frozenset()):
        known = set()
        if store is not None and not spec.fresh:
            known = store.known_keys([item.key for item in chunk])
        missing = [item for item in chunk if item.key not in known and item.request]
        cached += len(chunk) - len(missing)
        calls += len(missing)
        if sampled < _SAMPLE:
            sampled += len(missing)
            characters += sum(
                len(message.content)
                for item in missing
                if item.request
                for message in item.request.messages
            )
    return Estimate(
        calls,
        cached,
        _usd(spec, provider.price(_model(spec)), calls, characters / max(1, sampled)),
        _seconds(spec, provider.name, store, calls),
    )


def _model(spec: RunSpec) -> str:
    return spec.prompt.model.id if spec.prompt.model else ""


def _usd(spec: RunSpec, price: Price | None, calls: int, characters: float) -> float | None:
    if calls == 0:
        return 0.0
    if price is None:
        return None
    options = build_options(spec.prompt)
    output = options.get("max_completion_tokens")
    tokens = output if isinstance(output, int) else _USUAL_OUTPUT
    return calls * (characters / _CHARS_A_TOKEN * price.input + tokens * price.output) / 1e6


def _seconds(spec: RunSpec, provider: str, store: RunStore | None, calls: int) -> float | None:
    if calls == 0:
        return 0.0
    prompt_id, model = spec.prompt.prompt_id, _model(spec)
    latency = store.usual_latency(prompt_id, provider, model) if store else None
    if latency is None:
        return None
    return calls * latency / spec.run_options.concurrency
