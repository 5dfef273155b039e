"""Who includes which snippet, and what an edit of one leaves without evidence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.datasets.prompt_files import snippet_paths
from workbench.errors import DraftError, NotFound, RegistryError, WorkbenchError
from workbench.prompts.files.parts import snippet_text
from workbench.prompts.files.prompty import Draft
from workbench.prompts.snippets import NAME, NAME_HINT, includes_in
from workbench.suggestions import did_you_mean
from workbench.verdicts.values import Gate

if TYPE_CHECKING:
    from workbench.registry import PromptRegistry, PromptVersion
    from workbench.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Passed:
    """A passing evaluation of a version."""

    suite: str
    score: float | None


@dataclass(frozen=True, slots=True)
class Use:
    """A draft that includes a snippet, and the version that it is, or was made from."""

    path: Path
    prompt_id: str
    version: str = ""
    """Its newest version that has the snippet; empty: none."""
    same: bool = False
    """Whether the draft is exactly that version: an edit makes it another prompt."""
    text_changed: bool = False
    """Whether the snippet has another text now than in that version."""
    passed: tuple[Passed, ...] = ()
    """The version's evidence: it says nothing about a draft with another text."""
    live: tuple[str, ...] = ()
    """The environments where that version is live, with its own text of the snippet."""


@dataclass(frozen=True, slots=True)
class SnippetUses:
    """A snippet's file, and who includes it."""

    name: str
    path: Path
    text: str = ""
    includes: tuple[str, ...] = ()
    included_by: tuple[str, ...] = ()
    """Snippets that include it themselves."""
    drafts: tuple[Use, ...] = ()
    """Drafts that include it, directly or not."""
    problem: str = ""
    """Why it cannot be included."""


@dataclass(frozen=True, slots=True)
class AllSnippets:
    """Every snippet of a workspace."""

    snippets: tuple[SnippetUses, ...]
    problems: tuple[str, ...]
    """Drafts that cannot be read: what they include is unknown."""


def all_snippets(
    workspace: Workspace, registry: PromptRegistry | None, name: str | None = None
) -> AllSnippets:
    """Every snippet, or that of a name, with its uses. Raises NotFound."""
    paths = {path.stem: path for path in snippet_paths(workspace.root)}
    if name is not None and name not in paths:
        raise NotFound(f"there is no snippet {name!r}", hint=did_you_mean(name, paths))
    drafts, problems = _drafts(workspace)
    texts: dict[str, str] = {}
    broken: dict[str, str] = {}
    for stem, path in paths.items():
        try:
            if not NAME.fullmatch(stem):
                raise DraftError(f"{stem!r} is no name of a snippet", hint=NAME_HINT)
            texts[stem] = snippet_text(workspace.files_of(path).snippet(stem))
        except DraftError as error:
            broken[stem] = str(error)
    snippets = tuple(
        SnippetUses(
            stem,
            path,
            texts.get(stem, ""),
            _included(texts.get(stem, "")),
            tuple(other for other, text in texts.items() if stem in _included(text)),
            tuple(_use(registry, draft, stem) for draft in drafts if stem in draft.prompt.snippets),
            broken.get(stem, ""),
        )
        for stem, path in paths.items()
        if name in (None, stem)
    )
    return AllSnippets(snippets, problems)


def remarks(workspace: Workspace) -> Iterator[tuple[bool, str, str]]:
    """Yield whether it is a problem, a sentence and a hint: of snippets that cannot be included,
    that nobody includes, or that were edited since a version with evidence.
    """
    from workbench.registry import PromptRegistry

    path = workspace.registry_path
    try:
        with PromptRegistry(path) if path.exists() else nullcontext() as registry:
            snippets = all_snippets(workspace, registry).snippets
    except RegistryError:
        snippets = all_snippets(workspace, None).snippets
    for snippet in snippets:
        if snippet.problem:
            yield True, snippet.problem, ""
        elif not snippet.drafts and not snippet.included_by:
            yield False, f"{snippet.path}: no draft includes it", "include it, or remove it"
        for use in snippet.drafts:
            if use.text_changed and use.passed:
                suites = ", ".join(passed.suite for passed in use.passed)
                edited = f"{snippet.name} was edited since {use.prompt_id}@{use.version}"
                gone = f"whose evidence ({suites}) does not hold for the draft"
                yield False, f"{edited}, {gone}", "register the draft and evaluate it"


def changed_snippets(version: PromptVersion, draft: Draft) -> tuple[str, ...]:
    """Snippets that both have, with another text in each."""
    before, now = version.prompt.snippets, draft.prompt.snippets
    return tuple(name for name in sorted(before.keys() & now.keys()) if before[name] != now[name])


def sharing(workspace: Workspace, draft: Draft) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each snippet of the draft, and the other prompts whose drafts include it."""
    if not draft.prompt.snippets:
        return ()
    drafts, _ = _drafts(workspace)
    return tuple(
        (
            name,
            tuple(
                other.prompt.prompt_id
                for other in drafts
                if name in other.prompt.snippets and other.path != draft.path
            ),
        )
        for name in draft.prompt.snippets
    )


def _drafts(workspace: Workspace) -> tuple[list[Draft], tuple[str, ...]]:
    drafts, problems = [], []
    for path in workspace.draft_paths():
        try:
            drafts.append(workspace.draft(path))
        except WorkbenchError as error:
            problems.append(str(error))
    return drafts, tuple(problems)


def _included(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(include.name or "" for include in includes_in(text)))


def _use(registry: PromptRegistry | None, draft: Draft, name: str) -> Use:
    prompt = draft.prompt
    versions = registry.versions(prompt.prompt_id) if registry else []
    having = [version for version in versions if name in version.prompt.snippets]
    same = next((v for v in having if v.fingerprint == prompt.fingerprint), None)
    version = same or next(iter(having), None)
    if registry is None or version is None:
        return Use(draft.path, prompt.prompt_id)
    return Use(
        draft.path,
        prompt.prompt_id,
        version.version,
        same is not None,
        version.prompt.snippets[name] != prompt.snippets[name],
        tuple(_passed(registry, version)),
        tuple(
            sorted(
                deployment.environment
                for deployment in registry.live(prompt.prompt_id)
                if deployment.version == version.version
            )
        ),
    )


def _passed(registry: PromptRegistry, version: PromptVersion) -> Iterator[Passed]:
    """The newest evaluation on each suite, if it passed."""
    seen: set[str] = set()
    for record in registry.evaluations(version.prompt_id, version.version, scores=False):
        if record.suite not in seen and record.gate is Gate.PASS:
            yield Passed(record.suite, record.evidence.score)
        seen.add(record.suite)
