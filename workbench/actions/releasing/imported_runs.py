"""Answers that another tool got, stored as runs with the suite of the same import."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from workbench.actions.refs import Source
from workbench.actions.running import run as running
from workbench.actions.session import Session
from workbench.actions.workspace.dataset_contents import record
from workbench.errors import SettingsError
from workbench.exchange.losses import Loss
from workbench.prompts.files.prompty import parse_prompty, write_prompty
from workbench.prompts.values import Prompt
from workbench.providers.base import Price
from workbench.providers.prices import price_of
from workbench.runs.imported.storing import Origin, spec_for, store_answers
from workbench.runs.imported.values import ImportedAnswer, ImportedRun
from workbench.runs.spec.values import RunSummary
from workbench.scorers.families.external import EXTERNAL
from workbench.units import plural

_LISTED = 5


@dataclass(frozen=True)
class StoredRun:
    """One run of an import, as it is stored."""

    summary: RunSummary
    is_new: bool
    """False: it was imported before."""
    differs: tuple[Loss, ...] = ()
    """Scorers that judge some answers otherwise than the other tool did."""


def store_runs(session: Session, runs: Iterable[ImportedRun]) -> list[StoredRun]:
    """Store each run once; one that was cut short is completed. Their suites are in the workspace.

    Raises DatasetError or UsageError for answers that do not fit their suite.
    """
    return [_store(session, run) for run in runs]


def _store(session: Session, run: ImportedRun) -> StoredRun:
    workspace = session.workspace
    prompt = _with_provider(session, parse_prompty(write_prompty(run.prompt), where=run.tool))
    suite = workspace.suite_for(prompt.prompt_id, run.suite)
    model = prompt.model.id if prompt.model else "unknown model"
    source = Source(prompt, f"{model}, from {run.tool}")
    spec = running.make_spec(source, suite, split="all", equal_cases=True)
    answers = _priced(session, prompt, run.answers)
    spec = spec_for(spec, answers)
    workspace.make_state()
    record(session, suite, f"import of {run.name or run.tool}")
    origin = Origin(run.tool, run.name, run.made_at)
    run_id, is_new = store_answers(workspace.runs_path, spec, answers, origin)
    judged = {s.name for s in spec.scorers if s.kind.name != EXTERNAL}
    differs = tuple(_differing(session, run_id, answers, judged))
    return StoredRun(session.store.summary(run_id), is_new, differs)


def _with_provider(session: Session, prompt: Prompt) -> Prompt:
    """The prompt on the provider that the draft names, or that the settings give its model."""
    if prompt.model is None or prompt.model.provider:
        return prompt
    path = session.workspace.draft_path(prompt.prompt_id)
    draft = session.workspace.read_draft(path).prompt if path else None
    provider = draft.model.provider if draft and draft.model else ""
    provider = provider or session.workspace.settings.provider_of(prompt.model.id)
    return replace(prompt, model=replace(prompt.model, provider=provider))


def _priced(
    session: Session, prompt: Prompt, answers: Sequence[ImportedAnswer]
) -> list[ImportedAnswer]:
    """The answers with what they cost by today's prices, where the other tool does not say."""
    price: Price | None = None
    if prompt.model and prompt.model.provider:
        try:
            settings = session.workspace.settings.provider(prompt.model.provider)
            price = None if settings.is_embedded else price_of(settings, prompt.model.id)
        except SettingsError:
            price = None
    if price is None:
        return list(answers)
    return [
        one
        if one.answer.cost_usd is not None
        else replace(
            one,
            answer=replace(
                one.answer,
                cost_usd=price.cost(one.answer.prompt_tokens, one.answer.completion_tokens),
            ),
        )
        for one in answers
    ]


def _differing(
    session: Session, run_id: str, answers: Sequence[ImportedAnswer], judged: set[str]
) -> Iterable[Loss]:
    there = {(one.case_id, one.repeat): one.scores for one in answers}
    otherwise: dict[str, list[str]] = {}
    for result in session.store.results(run_id):
        for name, value in there.get((result.case_id, result.repeat), {}).items():
            here = result.scores[name].value if name in judged and name in result.scores else None
            if here is not None and value is not None and here != value:
                otherwise.setdefault(name, []).append(result.case_id)
    for name, case_ids in otherwise.items():
        listed = ", ".join(dict.fromkeys(case_ids[:_LISTED]))
        yield Loss(
            f"{plural(len(case_ids), 'score')} of {name}",
            f"it judges otherwise here, look at {listed}",
        )
