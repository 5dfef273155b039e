"""Make a version live, and go back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.actions.releasing.rules import publish, sync
from workbench.actions.session import Session
from workbench.registry.models.records import State
from workbench.settings import LOCAL

if TYPE_CHECKING:
    from workbench.prompts.diff import Diff
    from workbench.registry import PromptDeployment, PromptVersion
    from workbench.registry.models.records import EvaluationRecord, RollbackPreview, Status


@dataclass(frozen=True)
class DeployPreview:
    """What a deployment would change, and its evidence."""

    version: PromptVersion
    environment: str
    live: PromptDeployment | None
    """The live deployment there."""
    status: Status
    evaluations: tuple[EvaluationRecord, ...]
    """Evaluations of this version, newest first."""
    diff: Diff | None
    """From the live version to this one, as Prompty text."""

    @property
    def seen(self) -> int | None:
        """The sequence number of the live deployment that the deployer saw, for `expect`."""
        return self.live.seq if self.live else None


def preview(
    session: Session, prompt_id: str, version: str, environment: str, *, override: bool = False
) -> DeployPreview:
    """What `deploy` would do, with the gate's evidence."""
    from workbench.prompts.diff import diff_text
    from workbench.prompts.files.prompty import write_prompty

    _sync_rules(session, prompt_id, environment, override)
    registry = session.registry
    candidate = registry.get_version(prompt_id, version)
    live = next((d for d in registry.live(prompt_id) if d.environment == environment), None)
    diff = None
    if live:
        before = registry.get_version(prompt_id, live.version)
        diff = diff_text(write_prompty(before.prompt), write_prompty(candidate.prompt))
    return DeployPreview(
        version=candidate,
        environment=environment,
        live=live,
        status=registry.status(prompt_id, version, environment),
        evaluations=tuple(registry.evaluations(prompt_id, version)),
        diff=diff,
    )


def deploy(
    session: Session, prompt_id: str, version: str, environment: str, **options: Any
) -> PromptDeployment:
    """Make it live. `options` are those of PromptRegistry.deploy: reason, expect, override, ..."""
    _sync_rules(session, prompt_id, environment, bool(options.get("override")))
    return session.registry.deploy(prompt_id, version, environment, session.author, **options)


def _sync_rules(session: Session, prompt_id: str, environment: str, override: bool) -> None:
    """Sync the rules; loosened ones that apply there stop a deployment unless it overrides them."""
    if override:
        publish(session)
    else:
        sync(session, prompt_id, environment)


def changes_back(session: Session, preview: RollbackPreview) -> list[str]:
    """Everything that a rollback brings back: text, model, parameters, inputs, tools, snippets and
    examples, each in one phrase.
    """
    from workbench.prompts.contract import PARAMETERS, changes, parameter_words

    registry, prompt_id = session.registry, preview.prompt_id
    before, after = (
        registry.get_version(prompt_id, version).prompt
        for version in (preview.from_version, preview.to_version)
    )
    back = [change.reason for change in changes(before, after)]
    if PARAMETERS in back and before.model and after.model:
        words = f"{PARAMETERS}: {parameter_words(before.model, after.model)}"
        back[back.index(PARAMETERS)] = words
    return back


def stays_away(session: Session, preview: RollbackPreview) -> list[str]:
    """What a rollback cannot bring back: another model behind the same name, and what an app does
    before it asks.
    """
    from workbench.providers.pins import is_snapshot

    prompt = session.registry.get_version(preview.prompt_id, preview.to_version).prompt
    model, status, stays = prompt.model, preview.status, []
    if status.state is State.DRIFTED:
        stays.append(f"the model that judged {preview.to_version}: {status.reason}")
    elif model and not model.artifact and not is_snapshot(model.id) and model.provider != LOCAL:
        stays.append(f"what answered to {model.id} then: an alias, whose provider may change it")
    return [*stays, "how an app computes its inputs"]


def rollback_preview(
    session: Session, prompt_id: str, environment: str, to: str | None = None
) -> RollbackPreview:
    """Where a rollback would go. No suite is read, as a broken file must not block a rollback."""
    return session.registry.preview_rollback(prompt_id, environment, to)


def rollback(
    session: Session, prompt_id: str, environment: str, **options: Any
) -> PromptDeployment:
    """Go back. `options` are those of PromptRegistry.rollback: reason, to, expect, ..."""
    return session.registry.rollback(prompt_id, environment, session.author, **options)
