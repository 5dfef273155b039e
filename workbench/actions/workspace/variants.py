"""Variants: drafts of one prompt side by side, `prompts/NAME@VARIANT.prompty`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.actions.refs import Source, environment_names, on_models, resolve
from workbench.actions.session import Session
from workbench.actions.workspace.checks import Check, Level
from workbench.actions.workspace.draft_history import Replaced, keep, place_of, replace_text
from workbench.errors import NotFound, UsageError, WorkbenchError
from workbench.files import write_atomically
from workbench.prompts.files.options import misfit
from workbench.prompts.files.prompty import write_prompty
from workbench.prompts.files.variants import AT, RULE, name_problem, own_name, split_name
from workbench.prompts.values import Prompt
from workbench.providers.options import without_option
from workbench.suggestions import did_you_mean
from workbench.workspace import Workspace

if TYPE_CHECKING:
    from workbench.registry import PromptVersion


@dataclass(frozen=True, slots=True)
class DraftState:
    """A prompt's draft, or one of its variants."""

    prompt_id: str
    variant: str
    """Empty: the draft itself."""
    path: Path
    fingerprint: str = ""
    """Empty: it cannot be read."""
    version: str = ""
    """The registered version with the same fingerprint."""
    problem: str = ""

    @property
    def ref(self) -> str:
        return f"{self.prompt_id}{AT}{self.variant}" if self.variant else self.prompt_id


def drafts_of(
    session: Session, prompt_id: str, known: Sequence[PromptVersion] | None = None
) -> tuple[DraftState, ...]:
    """The prompt's draft, if there is one, then its variants by name. `known` are its versions,
    newest first, where they were read already. Raises DraftError when two files are the same
    variant.
    """
    workspace = session.workspace
    draft = workspace.draft_path(prompt_id)
    paths = {**({"": draft} if draft else {}), **workspace.variant_paths(prompt_id)}
    if not paths:
        return ()
    if known is None:
        is_there = workspace.registry_path.exists()
        known = session.registry.versions(prompt_id) if is_there else ()
    versions = {version.fingerprint: version.version for version in reversed(known)}
    return tuple(
        _state(workspace, prompt_id, variant, path, versions) for variant, path in paths.items()
    )


def all_drafts(session: Session) -> tuple[DraftState, ...]:
    """Every draft and variant of the workspace, by prompt; without the versions that they equal."""
    states = []
    for path in session.workspace.draft_paths():
        prompt_id, variant = split_name(path.stem)
        states.append(_state(session.workspace, prompt_id, variant, path, {}))
    return tuple(sorted(states, key=lambda state: (state.prompt_id, state.variant)))


def _state(
    workspace: Workspace, prompt_id: str, variant: str, path: Path, versions: Mapping[str, str]
) -> DraftState:
    try:
        prompt = workspace.draft(path).prompt
    except WorkbenchError as error:
        return DraftState(prompt_id, variant, path, problem=str(error))
    version = versions.get(prompt.fingerprint, "")
    return DraftState(prompt.prompt_id, variant, path, prompt.fingerprint, version)


def variant_checks(workspace: Workspace) -> Iterator[Check]:
    """Variants that no REF can name: two files of one name, or the name of an environment."""
    names = Counter(split_name(path.stem) for path in workspace.draft_paths())
    for (prompt_id, variant), count in names.items():
        ref = f"{prompt_id}{AT}{variant}"
        if variant in workspace.settings.environments:
            message = f"{ref} is an environment and a variant"
            yield Check("variant", Level.WARNING, message, "rename the variant's file")
        elif variant and count > 1:
            message = f"{count} files are the variant {ref}"
            yield Check("variant", Level.PROBLEM, message, "rename all but one")


def variant_path(session: Session, prompt_id: str, variant: str) -> Path:
    """The file of that variant. Raises NotFound, DraftError."""
    paths = session.workspace.variant_paths(prompt_id)
    if variant not in paths:
        hint = did_you_mean(variant, paths) if paths else f"workbench draft {prompt_id} --as NAME"
        raise NotFound(f"{prompt_id} has no variant {variant!r}", hint=hint)
    return paths[variant]


def make_variant(
    session: Session,
    ref: str,
    variant: str,
    *,
    model: str = "",
    without: Sequence[str] = (),
    options: Mapping[str, Any] | None = None,
) -> Path:
    """Write a variant with the text of a draft, variant, version or run; or, on another model,
    without some of the model's options or with others, with its content.

    Raises UsageError for a name that is taken, is that of an environment, or is none, and for an
    option that is not set.
    """
    problem = name_problem(variant)
    if problem:
        raise UsageError(problem, hint=RULE)
    if variant in environment_names(session):
        raise UsageError(f"{variant!r} is an environment", hint="choose another name")
    source = resolve(session, ref)
    prompt_id = source.prompt.prompt_id
    path = place_of(session.workspace, prompt_id, variant)
    if path.exists():
        raise UsageError(
            f"{prompt_id}{AT}{variant} is there already: {path}",
            hint=f"choose another name, or workbench draft {prompt_id}{AT}{variant} --drop",
        )
    changed = _on_other_terms(session, source, model, without, options or {})
    same = source.path is not None and changed.fingerprint == source.prompt.fingerprint
    text = source.path.read_bytes() if source.path and same else _written(session, changed, path)
    write_atomically(path, text)
    return path


def _on_other_terms(
    session: Session, source: Source, name: str, without: Sequence[str], options: Mapping[str, Any]
) -> Prompt:
    """The prompt on another model, with other options. Raises UsageError."""
    prompt = on_models(session, source, (name,))[0].prompt if name else source.prompt
    model = prompt.model
    if model is None:
        if without or options:
            raise UsageError(f"{prompt.prompt_id} names no model", hint="--model ID")
        return prompt
    for option in without:
        smaller = without_option(model, option)
        if smaller is None:
            hint = did_you_mean(option, model.options)
            raise UsageError(f"{prompt.prompt_id} does not set {option!r}", hint=hint)
        model = smaller
    for option, value in options.items():
        problem = misfit(option, value)
        if problem:
            raise UsageError(f"{option} takes {problem}, not {value!r}")
        model = replace(model, options={**model.options, option: value})
    return replace(prompt, model=model)


def _written(session: Session, prompt: Prompt, path: Path) -> bytes:
    return write_prompty(prompt, session.workspace.files_of(path)).encode()


def promote(session: Session, prompt_id: str, variant: str) -> Replaced:
    """Make a variant the draft: its text moves there, and the draft's text is kept in the history.

    Raises NotFound, DraftError for a text that would be the draft of another prompt.
    """
    workspace = session.workspace
    source = variant_path(session, prompt_id, variant)
    path = place_of(workspace, prompt_id)
    text = source.read_bytes()
    if (own_name(text.decode("utf-8", "replace"), str(source)) or path.stem) != prompt_id:
        raise UsageError(
            f"{path} is the draft of {prompt_id}, and {source} has no name:",
            hint=f"write name: {prompt_id} in {source.name}",
        )
    replaced = replace_text(workspace, path, text)
    _remove(source)
    return replaced


def drop(session: Session, prompt_id: str, variant: str) -> Path:
    """Remove a variant's file; returns where its text is kept. Raises NotFound."""
    path = variant_path(session, prompt_id, variant)
    kept = keep(session.workspace, path)
    _remove(path)
    return kept


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except OSError as error:
        raise UsageError(f"cannot remove {path}: {error.strerror}") from error
