"""Resolves a REF: a draft, one of its variants, a version, a live version, or a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.actions.session import Session
from workbench.errors import DraftError, NotFound, UsageError
from workbench.prompts.files.variants import AT
from workbench.prompts.values import SUFFIX, Model, Prompt
from workbench.settings import EMBEDDED_MODEL, LOCAL
from workbench.suggestions import did_you_mean

if TYPE_CHECKING:
    from workbench.registry import PromptRegistry, PromptVersion
    from workbench.workspace import Workspace

DRAFT = "draft"


@dataclass(frozen=True)
class Source:
    """A prompt and how it was referred to."""

    prompt: Prompt
    label: str
    """draft, @short-name for a variant, 1.2.0, or the run's label."""
    version: str | None = None
    run_id: str | None = None
    path: Path | None = None
    mark: str = ""
    """Distinguishes it from another side with the same name."""
    among_others: bool = False
    """Whether it is shown beside another prompt."""
    note: str = ""
    """Note about a default that the draft relies on."""
    file: str = ""
    """Of a further draft of the prompt, which only its path names: that, from the workspace."""

    @property
    def run_label(self) -> str:
        """The label of a run of it, which distinguishes the drafts of a prompt."""
        return f"{self.label} {self.file}" if self.file else self.label

    @property
    def is_settled(self) -> bool:
        """Whether it is a registered version, which cannot change."""
        return self.version is not None

    @property
    def name(self) -> str:
        """Display name: support_triage@1.2.0, support_triage (draft), support_triage@short-name, or
        the run's id.
        """
        if self.run_id:
            return f"{self.prompt.prompt_id} run {self.run_id}"
        if self.version:
            return self._marked(f"{self.prompt.prompt_id}@{self.version}")
        if self.label.startswith(AT):
            return self._marked(f"{self.prompt.prompt_id}{self.label}")
        return f"{self.prompt.prompt_id} ({self._marked(self.label)})"

    @property
    def short(self) -> str:
        """Short name among sides of one prompt: 1.2.0, draft, @short-name, or the run's label."""
        return self.name if self.among_others else self._marked(self.version or self.label)

    def _marked(self, text: str) -> str:
        return f"{text} {self.mark}" if self.mark else text


def with_distinct_names(
    sources: Sequence[Source], run_ids: Sequence[str] = ()
) -> tuple[Source, ...]:
    """The same sides with distinct short names: drafts are marked by file, runs by id.

    `run_ids` are the ids of the sides' runs, to distinguish two runs of one prompt.
    """
    several = len({source.prompt.prompt_id for source in sources}) > 1
    bare = [replace(source, mark="", among_others=several) for source in sources]
    uses = Counter(source.short for source in bare)
    files = _endings([source.path for source in bare if source.path and uses[source.short] > 1])
    marked = []
    for source in bare:
        mark = f"run {source.run_id}" if source.run_id else ""
        mark = files.get(source.path, "") if source.path else mark
        marked.append(replace(source, mark=mark) if uses[source.short] > 1 else source)
    uses = Counter(source.short for source in marked)
    for at, run_id in enumerate(run_ids):
        if uses[marked[at].short] > 1:
            marked[at] = replace(marked[at], mark=f"{marked[at].mark} run {run_id}".strip())
    return tuple(marked)


def _endings(paths: Iterable[Path]) -> dict[Path, str]:
    """The shortest distinct endings of the paths."""
    each = {path: path.resolve().parts for path in paths}
    if len(each) < 2:
        return {}
    for count in range(1, max(map(len, each.values())) + 1):
        endings = {path: "/".join(parts[-count:]) for path, parts in each.items()}
        if len(set(endings.values())) == len(endings):
            break
    return endings


def draft_ref(workspace: Workspace, prompt_id: str, label: str) -> str:
    """The REF of the draft or variant that a run with this label was made of; empty for others."""
    if label.startswith(AT):
        return f"{prompt_id}{label}"
    if label.startswith(f"{DRAFT} "):
        return str(workspace.root / label.removeprefix(f"{DRAFT} "))
    return f"{prompt_id}{AT}{DRAFT}" if label == DRAFT else ""


def resolve(session: Session, ref: str) -> Source:
    """The prompt that `ref` names: a path, `prompt_id`, `prompt_id@1.2.0`, `prompt_id@production`,
    `prompt_id@short-name` (a variant) or a run id.

    Raises NotFound with the nearest name, and UsageError for a name with two meanings.
    """
    if ref.endswith(SUFFIX) or "/" in ref:
        return _draft_at(session.workspace, Path(ref))
    prompt_id, at, where = ref.partition(AT)
    if at:
        return _named(session, prompt_id, where)
    path = session.workspace.draft_path(prompt_id)
    if path:
        return _draft(session.workspace, path)
    if session.workspace.runs_path.exists():
        summary = session.store.summary_or_none(ref)
        if summary:
            return Source(session.store.prompt(ref), summary.label, run_id=ref)
    raise _nothing_named(session, ref)


def on_models(session: Session, source: Source, models: Sequence[str]) -> list[Source]:
    """The prompt on each of these models, all else alike; what pins a model pins no other one. A
    model is an id, of the prompt's own provider, or PROVIDER:ID. Raises UsageError for a model that
    is named twice, SettingsError for a provider that is not configured.
    """
    sources = [_on_model(session, source, model) for model in models]
    if len({one.prompt.fingerprint for one in sources}) < len(sources):
        raise UsageError(f"two of {', '.join(models)} are the same model", hint="name each once")
    return sources


def _on_model(session: Session, source: Source, name: str) -> Source:
    settings = session.workspace.settings
    provider, _, model_id = name.partition(":")
    own = source.prompt.model or Model("", settings.provider_of(name))
    if not model_id or provider not in {*settings.providers, LOCAL}:
        provider, model_id = own.provider or settings.provider_of(name), name
    if not provider:
        hint = f"--model PROVIDER:{name}, with a [providers.PROVIDER] table"
        raise UsageError(f"which provider answers as {name}?", hint=hint)
    if settings.answers_as_another(provider, model_id):
        raise UsageError(
            f"the provider {provider} answers as {EMBEDDED_MODEL}, not as {model_id}",
            hint=f"--model PROVIDER:{model_id}",
        )
    settings.provider(provider)
    is_own = (model_id, provider) == (own.id, own.provider or provider)
    pin = own.artifact if is_own else ""
    model = replace(own, id=model_id, provider=provider, artifact=pin)
    prompt = replace(source.prompt, model=model)
    label = f"{source.version or source.label} on {name}"
    return Source(prompt, label, note=source.note)


def _nothing_named(session: Session, ref: str) -> NotFound:
    """The error for an unknown `ref`, with what has that name in files or the registry."""
    workspace = session.workspace
    drafts = [workspace.read_draft(path) for path in workspace.draft_paths()]
    paths = {draft.prompt.prompt_id: draft.path for draft in drafts if not draft.variant}
    variants = workspace.variant_paths(ref)
    if variants:
        return NotFound(
            f"{ref!r} has no draft, only variants: {', '.join(variants)}",
            hint=f"name one: {ref}{AT}{next(iter(variants))}",
        )
    for prompt_id, path in paths.items():
        if path.stem == ref:
            return NotFound(
                f"{path} is the draft of {prompt_id!r}, not of {ref!r}",
                hint=f"its name: says so; ask for {prompt_id}",
            )
    if session.workspace.registry_path.exists():
        versions = session.registry.versions(ref)
        if versions:
            return NotFound(
                f"{ref!r} has no draft, only versions", hint=f"the newest is {versions[0].ref}"
            )
    return NotFound(f"no draft, version or run {ref!r}", hint=did_you_mean(ref, paths))


def _draft(workspace: Workspace, path: Path) -> Source:
    draft = workspace.draft(path)
    label = f"{AT}{draft.variant}" if draft.variant else DRAFT
    return Source(draft.prompt, label, path=path, note=draft.note)


def _draft_at(workspace: Workspace, path: Path) -> Source:
    """The draft with that path, marked where it is not the one that its prompt's id names."""
    source = _draft(workspace, path)
    if source.label != DRAFT:
        return source
    try:
        known = workspace.draft_path(source.prompt.prompt_id)
    except DraftError:
        known = None
    real = path.resolve()
    if known is None or known.resolve() == real:
        return source
    inside = real.is_relative_to(workspace.root)
    return replace(source, file=str(real.relative_to(workspace.root) if inside else real))


def _named(session: Session, prompt_id: str, where: str) -> Source:
    """What stands behind the `@`: draft, an environment, a version, a variant. Only a variant and
    an environment can share a name.
    """
    workspace = session.workspace
    if where == DRAFT:
        path = workspace.draft_path(prompt_id)
        if path is None:
            raise NotFound(f"no draft of {prompt_id!r}")
        return _draft(workspace, path)
    variants = workspace.variant_paths(prompt_id)
    if where not in variants:
        return _registered(session, prompt_id, where, variants)
    if where in environment_names(session):
        raise UsageError(
            f"{prompt_id}@{where} is an environment and a variant, {variants[where]}",
            hint="rename the variant's file; until then its path names it",
        )
    return _draft(workspace, variants[where])


def environment_names(session: Session) -> frozenset[str]:
    """The environments of the settings and of the registry, which is not created for this."""
    names = set(session.workspace.settings.environments)
    if session.workspace.registry_path.exists():
        names |= {settings.name for settings in session.registry.environments()}
    return frozenset(names)


def _registered(session: Session, prompt_id: str, where: str, variants: Collection[str]) -> Source:
    try:
        return source_of(session, version_named(session.registry, prompt_id, where))
    except NotFound as error:
        if not variants:
            raise
        hint = did_you_mean(where, variants)
        raise NotFound(f"{prompt_id} has no version and no variant {where!r}", hint=hint) from error


def version_named(registry: PromptRegistry, prompt_id: str, where: str) -> PromptVersion:
    """What is live in an environment of that name, else the version of that number. Raises
    NotInRegistry.
    """
    if where in {settings.name for settings in registry.environments()}:
        return registry.require_active(prompt_id, where, strict=True)
    return registry.get_version(prompt_id, where)


def source_of(session: Session, version: PromptVersion) -> Source:
    """A registered version as a source."""
    model, note = version.prompt.model, ""
    if model and session.workspace.settings.answers_as_another(model.provider, model.id):
        note = (
            f"{version.ref} was registered with the provider {model.provider}, so {EMBEDDED_MODEL}"
        )
        note += f" answers and not {model.id}"
    return Source(version.prompt, version.version, version=version.version, note=note)
