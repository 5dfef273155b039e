"""Environments' rules about the answers behind an evaluation, checked before and after it."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.actions.session import Session
from workbench.addresses import LOCAL_MODEL, is_among, plain_address
from workbench.prompts.values import Prompt
from workbench.registry.models.answering import drift_of
from workbench.registry.models.origins import objection
from workbench.registry.storage.tables import AFTER_ALL
from workbench.settings import CURRENT, FRESH, EnvironmentSettings
from workbench.verdicts.values import Evidence


def notes_before(session: Session, prompt: Prompt, *, fresh: bool) -> list[str]:
    """Notes on environments where a planned evaluation cannot count, and why."""
    notes: list[str] = []
    for rules in _restricting(session):
        if rules.answers == FRESH and not fresh:
            notes.append(
                f"{rules.name} counts fresh answers only: with stored ones this evaluation does"
                " not count there (--fresh asks all anew, the baseline's too)"
            )
        notes += _other_endpoint(session, prompt, rules)
    return list(dict.fromkeys(notes))


def needs_fresh_answers(session: Session) -> bool:
    """Whether an environment counts fresh answers only."""
    return any(rules.answers == FRESH for rules in _restricting(session))


def objections(session: Session, evidence: Evidence) -> list[str]:
    """Notes on environments where recorded evidence does not count because of its answers."""
    baseline = evidence.baseline_fingerprint is not None
    drifted = drift_of(
        evidence.answers,
        session.registry.observations(),
        prompt_id=evidence.prompt_id,
        seq=AFTER_ALL,
        baseline=baseline,
    )
    return [
        f"it does not count in {rules.name}: {why}"
        for rules in _restricting(session, files=False)
        if (why := objection(evidence.answers, rules, baseline=baseline, drifted=drifted))
    ]


def _restricting(session: Session, *, files: bool = True) -> Iterator[EnvironmentSettings]:
    """Environments with rules about answers, by the registry and the files, which may be newer."""
    named = session.workspace.settings.environments.values() if files else ()
    for rules in (*named, *session.registry.environments()):
        restricting = rules.answers == FRESH or rules.endpoints or rules.answering_model == CURRENT
        if not rules.untested and restricting:
            yield rules


def _other_endpoint(session: Session, prompt: Prompt, rules: EnvironmentSettings) -> Iterator[str]:
    settings = session.provider_settings(prompt)
    if settings.is_embedded:
        # The weights' digest is known only once the model is loaded.
        here, known = LOCAL_MODEL, not any(e.startswith(f"{LOCAL_MODEL}:") for e in rules.endpoints)
    else:
        # An address that a plug-in chooses is known when it answers.
        known = bool(settings.base_url)
        here = plain_address(settings.base_url) if known else ""
    if rules.endpoints and known and not is_among(here, rules.endpoints):
        yield (
            f"{rules.name} counts answers of {', '.join(rules.endpoints)} only, and {here} gives"
            " these: this evaluation does not count there"
        )
