"""What doctor says of models that retire: which live version, and which draft, asks for one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from workbench.actions.workspace.checks import Check, Level
from workbench.errors import WorkbenchError
from workbench.prompts.values import Model
from workbench.providers.retirements import announces, retires_on
from workbench.units import plural
from workbench.workspace import Workspace

_NAME = "model"


def retirement_checks(
    workspace: Workspace,
    today: date,
    listed: Mapping[tuple[str, str], date] | None = None,
) -> Iterator[Check]:
    """A check per live version and draft whose model retires, as far as that is known without a
    call. With `listed`, the days that endpoints say themselves by provider and model, only those.
    """
    settings = workspace.settings
    if listed is None and not any(announces(one) for one in settings.providers.values()):
        return

    def day_of(model: Model) -> date | None:
        if listed is not None:
            return listed.get((model.provider, model.id))
        provider = settings.providers.get(model.provider)
        return retires_on(provider, model.id) if provider else None

    for what, ref, model in (*_live(workspace), *_drafts(workspace)):
        day = day_of(model)
        if day is not None:
            yield _check(what, ref, model.id, day, today)


def _check(what: str, ref: str, model_id: str, day: date, today: date) -> Check:
    left = (day - today).days
    when = f"retires on {day}, in {plural(left, 'day')}" if left > 0 else f"retired on {day}"
    return Check(
        _NAME,
        Level.WARNING if left > 0 else Level.PROBLEM,
        f"{what} asks {model_id}, which {when}",
        f"workbench compare {ref} --model {model_id},NEW",
    )


def _live(workspace: Workspace) -> Iterator[tuple[str, str, Model]]:
    from workbench.registry import PromptRegistry

    if not workspace.registry_path.exists():
        return
    try:
        with PromptRegistry(workspace.registry_path) as registry:
            live = registry.live_models()
    except WorkbenchError:
        return  # the check of the registry says what is wrong with it
    for prompt_id, version, environment, model in live:
        ref = f"{prompt_id}@{version}"
        yield f"{ref}, live in {environment},", ref, model


def _drafts(workspace: Workspace) -> Iterator[tuple[str, str, Model]]:
    for path in workspace.draft_paths():
        try:
            prompt = workspace.draft(path).prompt
        except WorkbenchError:
            continue  # the check of the drafts says what is wrong with it
        if prompt.model:
            yield f"the draft {path.relative_to(workspace.root)}", str(path), prompt.model
