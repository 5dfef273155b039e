"""Resolves a REF: a draft, a version, a live version, or a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.actions.session import Session
from workbench.errors import NotFound
from workbench.prompts.values import SUFFIX, Prompt
from workbench.settings import EMBEDDED_MODEL
from workbench.suggestions import did_you_mean

if TYPE_CHECKING:
    from workbench.registry import PromptVersion

DRAFT = "draft"


@dataclass(frozen=True)
class Source:
    """A prompt and how it was referred to."""

    prompt: Prompt
    label: str
    """draft, 1.2.0, or the run's label."""
    version: str | None = None
    run_id: str | None = None
    path: Path | None = None
    mark: str = ""
    """Distinguishes it from another side with the same name."""
    among_others: bool = False
    """Whether it is shown beside another prompt."""
    note: str = ""
    """Note about a default that the draft relies on."""

    @property
    def is_settled(self) -> bool:
        """Whether it is a registered version, which cannot change."""
        return self.version is not None

    @property
    def name(self) -> str:
        """Display name: support_triage@1.2.0, support_triage (draft), or the run's id."""
        if self.run_id:
            return f"{self.prompt.prompt_id} run {self.run_id}"
        if self.version:
            return self._marked(f"{self.prompt.prompt_id}@{self.version}")
        return f"{self.prompt.prompt_id} ({self._marked(self.label)})"

    @property
    def short(self) -> str:
        """Short name among sides of one prompt: 1.2.0, draft, or the run's label."""
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


def resolve(session: Session, ref: str) -> Source:
    """The prompt that `ref` names: a path, `prompt_id`, `prompt_id@1.2.0`, `prompt_id@production`
    or a run id. Raises NotFound with the nearest name.
    """
    if ref.endswith(SUFFIX) or "/" in ref:
        return _draft(session, Path(ref))
    prompt_id, at, where = ref.partition("@")
    if at:
        return _registered(session, prompt_id, where)
    path = session.workspace.draft_path(prompt_id)
    if path:
        return _draft(session, path)
    if session.workspace.runs_path.exists():
        summary = session.store.summary_or_none(ref)
        if summary:
            return Source(session.store.prompt(ref), summary.label, run_id=ref)
    raise _nothing_named(session, ref)


def _nothing_named(session: Session, ref: str) -> NotFound:
    """The error for an unknown `ref`, with what has that name in files or the registry."""
    workspace = session.workspace
    paths = {workspace.read_draft(path).prompt.prompt_id: path for path in workspace.draft_paths()}
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


def _draft(session: Session, path: Path) -> Source:
    draft = session.workspace.draft(path)
    return Source(draft.prompt, DRAFT, path=path, note=draft.note)


def _registered(session: Session, prompt_id: str, where: str) -> Source:
    if where == DRAFT:
        path = session.workspace.draft_path(prompt_id)
        if path is None:
            raise NotFound(f"no draft of {prompt_id!r}")
        return _draft(session, path)
    environments = [settings.name for settings in session.registry.environments()]
    if where in environments:
        live = session.registry.require_active(prompt_id, where)
        return source_of(session, live)
    return source_of(session, session.registry.get_version(prompt_id, where))


def source_of(session: Session, version: PromptVersion) -> Source:
    """A registered version as a source."""
    model, note = version.prompt.model, ""
    if model and session.workspace.settings.answers_as_another(model.provider, model.id):
        note = (
            f"{version.ref} was registered with the provider {model.provider}, so {EMBEDDED_MODEL}"
        )
        note += f" answers and not {model.id}"
    return Source(version.prompt, version.version, version=version.version, note=note)
