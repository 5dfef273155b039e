"""Whether the model of an evaluation is still to be had, asked before any call that costs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, date, datetime

from workbench.actions.proving.recorded import Recorded
from workbench.actions.session import Session
from workbench.actions.trust import check_trust
from workbench.errors import NotReproducible, ProviderError, SettingsError
from workbench.prompts.values import Model
from workbench.providers.base import ListsModels, Provider
from workbench.providers.retirements import retires_on
from workbench.scorers.judges.judge import judges_of
from workbench.settings import ProviderSettings
from workbench.units import plural

TIMEOUT_S = 10.0
"""Of the request for a provider's list of models."""
_SAME_MODEL = ("models/", ":latest")
"""What an endpoint writes before or after an id that it takes without it."""


def check_models(session: Session, recorded: Recorded) -> tuple[str, ...]:
    """Raise NotReproducible for a model, of the candidate or of a judge, that its provider retired
    or does not list any more.

    Makes one request per provider, for its list of models, which is free. Returns notes: what could
    not be told.
    """
    judges = (judge.prompt for judge in judges_of(recorded.suite.scorers))
    by_provider: dict[str, tuple[ProviderSettings, list[Model]]] = {}
    for prompt in (recorded.source.prompt, *judges):
        if prompt.model is None:
            continue  # the run refuses it
        try:
            settings = session.provider_settings(prompt)
        except SettingsError as error:
            raise _gone(recorded, error.message) from error
        by_provider.setdefault(settings.name, (settings, []))[1].append(prompt.model)
    notes: list[str] = []
    for settings, models in by_provider.values():
        check_trust(session.workspace, settings)
        listed: Mapping[str, date | None] = {}
        try:
            listed = _listed(settings)
        except ProviderError as error:
            notes.append(f"{error.message}: whether a model is still to be had is not known")
        today = datetime.now(UTC).date()
        problems = [model_problem(model, settings, listed, today) for model in models]
        if problem := next(filter(None, problems), ""):
            raise _gone(recorded, problem)
    return tuple(notes)


def model_problem(
    model: Model, settings: ProviderSettings, listed: Mapping[str, date | None], today: date
) -> str:
    """Why the model is not to be had any more, or nothing. `listed`: the ids that the endpoint
    lists, with the day on which each retires; empty: it lists none.

    A list counts before what was announced. A server of one model answers under any name, and Azure
    lists models, where a prompt names a deployment.
    """
    days = {_plain(name): day for name, day in listed.items()}
    plain = _plain(model.id)
    is_listed = plain in days or plain.partition(":")[0] in days
    day = days.get(plain) if is_listed else retires_on(settings, model.id)
    if day is not None and day <= today:
        return f"the model {model.id} was retired on {day}"
    if len(days) > 1 and not is_listed and settings.kind != "azure":
        return (
            f"the model {model.id} is not among the {plural(len(days), 'model')} that"
            f" {settings.name} lists"
        )
    return ""


def _plain(name: str) -> str:
    before, after = _SAME_MODEL
    return name.casefold().removeprefix(before).removesuffix(after)


def _listed(settings: ProviderSettings) -> Mapping[str, date | None]:
    """The models that an endpoint lists; none where its kind lists none. Raises ProviderError."""
    from workbench.providers.opening import open_provider

    async def ask(provider: Provider) -> Mapping[str, date | None]:
        try:
            if not isinstance(provider, ListsModels):
                return {}
            async with asyncio.timeout(TIMEOUT_S):
                return await provider.models()
        except TimeoutError:
            problem = f"{settings.name} did not list its models within {TIMEOUT_S:g} s"
            raise ProviderError(problem) from None
        finally:
            await provider.close()

    return asyncio.run(ask(open_provider(settings)))


def _gone(recorded: Recorded, problem: str) -> NotReproducible:
    return NotReproducible(
        f"evaluation {recorded.record.id} cannot be asked again: {problem}",
        hint="workbench reproduce --from-cache takes stored answers; another model is judged by"
        " workbench compare PROMPT --model OLD,NEW",
    )
