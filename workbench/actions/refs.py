"""What a REF names: a draft, a version, what is live, or a run."""

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
    """A prompt, and how it was named."""

    prompt: Prompt
    label: str
    """draft, 1.2.0, or the run's label."""
    version: str | None = None
    run_id: str | None = None
    path: Path | None = None
    mark: str = ""
    """What tells it apart from another side of the same name."""
    among_others: bool = False
    """It stands beside another prompt."""
    note: str = ""
    """What was taken for something that the draft leaves out, for the people who run it."""

    @property
    def is_settled(self) -> bool:
        """Whether it was registered: nobody can change it any more."""
        return self.version is not None

    @property
    def name(self) -> str:
        """For people: support_triage@1.2.0, support_triage (draft), or the run's id."""
        if self.run_id:
            return f"{self.prompt.prompt_id} run {self.run_id}"
        if self.version:
            return self._marked(f"{self.prompt.prompt_id}@{self.version}")
        return f"{self.prompt.prompt_id} ({self._marked(self.label)})"

    @property
    def short(self) -> str:
        """The same beside others of one prompt: 1.2.0, draft, or the run's label."""
        return self.name if self.among_others else self._marked(self.version or self.label)

    def _marked(self, text: str) -> str:
        return f"{text} {self.mark}" if self.mark else text


def told_apart(sources: Sequence[Source], run_ids: Sequence[str] = ()) -> tuple[Source, ...]:
    """The same sides, each with a short name of its own: a draft by its file, a run by its id.

    `run_ids` are those of what was run, for one prompt that was asked twice.
    """
    several = len({source.prompt.prompt_id for source in sources}) > 1
    bare = [replace(source, mark="", among_others=several) for source in sources]
    taken = Counter(source.short for source in bare)
    files = _endings([source.path for source in bare if source.path and taken[source.short] > 1])
    found = []
    for source in bare:
        mark = f"run {source.run_id}" if source.run_id else ""
        mark = files.get(source.path, "") if source.path else mark
        found.append(replace(source, mark=mark) if taken[source.short] > 1 else source)
    taken = Counter(source.short for source in found)
    for at, run_id in enumerate(run_ids):
        if taken[found[at].short] > 1:
            found[at] = replace(found[at], mark=f"{found[at].mark} run {run_id}".strip())
    return tuple(found)


def _endings(paths: Iterable[Path]) -> dict[Path, str]:
    """Each path by as many of its last parts as tell it from the others."""
    each = {path: path.resolve().parts for path in paths}
    if len(each) < 2:
        return {}
    for count in range(1, max(map(len, each.values())) + 1):
        found = {path: "/".join(parts[-count:]) for path, parts in each.items()}
        if len(set(found.values())) == len(found):
            break
    return found


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
    """Why `ref` is no source, though a file or the registry may have its name."""
    from workbench.prompts.files.prompty import read_draft

    paths = {read_draft(path).prompt.prompt_id: path for path in session.workspace.draft_paths()}
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
    """A registered version as what is run."""
    model, note = version.prompt.model, ""
    if model and session.workspace.settings.answers_as_another(model.provider, model.id):
        note = (
            f"{version.ref} was registered with the provider {model.provider}, so {EMBEDDED_MODEL}"
        )
        note += f" answers and not {model.id}"
    return Source(version.prompt, version.version, version=version.version, note=note)
