"""Small runs for tests: a prompt that says its input, cases that expect it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.datasets.values import Case, Dataset
from workbench.prompts.values import Input, Message, Model, Prompt
from workbench.providers.base import Provider
from workbench.providers.opening import open_provider
from workbench.runs.engine.engine import start_run
from workbench.runs.engine.live import LiveRun
from workbench.runs.spec.suite import GatePolicy, RunOptions, Suite
from workbench.runs.spec.values import RunSpec
from workbench.scorers.base import Scorer
from workbench.scorers.catalog import make_scorer
from workbench.settings import ProviderSettings

MODEL = "mock-model"


def make_cases(number: int) -> tuple[Case, ...]:
    """Cases c0, c1, ... whose right answer is their input."""
    return tuple(Case(f"c{n}", {"ticket": f"ticket {n}"}, f"ticket {n}") for n in range(number))


def make_prompt(system: str = "Say it again.", **model_options: Any) -> Prompt:
    """A prompt whose last message is the ticket."""
    return Prompt(
        "echo",
        (Message("system", system), Message("user", "{{ ticket }}")),
        Model(MODEL, "mock", model_options),
        (Input("ticket"),),
    )


def make_spec(
    number: int = 10,
    *,
    cases: Sequence[Case] | None = None,
    prompt: Prompt | None = None,
    scorers: Sequence[Scorer] | None = None,
    fresh: bool = False,
    **options: Any,
) -> RunSpec:
    """A run of so many cases; `options` are those of RunOptions."""
    asked = make_cases(number) if cases is None else tuple(cases)
    judged = tuple(scorers) if scorers else (make_scorer("exact_match", {}, "test"),)
    run_options = RunOptions(**{"concurrency": 4, "timeout_s": 5.0, **options})
    suite = Suite(
        "echoes",
        "echo",
        Dataset("echoes", asked),
        judged,
        GatePolicy((judged[0].name,)),
        run_options,
    )
    return RunSpec(prompt or make_prompt(), suite, asked, fresh=fresh)


def provider_at(
    base_url: str, *, environ: Mapping[str, str] | None = None, **settings: Any
) -> Callable[[], Provider]:
    """What `start_run` opens for a server at that address."""
    return lambda: open_provider(
        ProviderSettings("mock", base_url=base_url, **settings), environ=environ or {}
    )


def start(spec: RunSpec, base_url: str, store: Path, *, resume: str | None = None) -> LiveRun:
    """Start a run against that server."""
    return start_run(spec, provider_at(base_url), store, resume=resume)
