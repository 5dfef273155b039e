"""Registers a draft as an immutable version."""

from __future__ import annotations

from dataclasses import dataclass, replace

from workbench.actions.refs import Source
from workbench.actions.session import Session
from workbench.errors import RegistryError, UsageError
from workbench.prompts.contract import Bump, Change, changes, implied_bump, undeclared
from workbench.prompts.key_like import keys_in
from workbench.prompts.lint.white_space import unseen_in
from workbench.prompts.numbering import (
    base_of,
    is_candidate_for,
    next_version,
    number_of,
    why_not,
)
from workbench.prompts.templates.templates import Renderer
from workbench.prompts.values import Message, Prompt


@dataclass(frozen=True)
class Proposal:
    """The version number that the contract requires, and why."""

    prompt: Prompt
    previous: str | None
    """The version it is compared with: the newest release, else the newest candidate."""
    version: str
    bump: Bump
    changes: tuple[Change, ...]
    same_as: str | None
    """The version with exactly this content, unless it is a candidate of the number."""
    warnings: tuple[str, ...]
    known: tuple[str, ...] = ()
    """The existing numbers, newest first."""


def propose(session: Session, source: Source, chosen: str | None = None) -> Proposal:
    """Propose a version for this draft; with `chosen`, relative to the newest release below it.

    Raises TemplateError when it does not compile, UsageError if `chosen` is not a semantic version.
    """
    prompt = source.prompt
    Renderer(prompt)
    if chosen is not None:
        try:
            number_of(chosen)
        except ValueError as error:
            hint = "write it like 1.2.0 or 2.0.0-rc.1"
            raise UsageError(f"{chosen!r} is no semantic version", hint=hint) from error
    versions = session.registry.versions(prompt.prompt_id)
    warnings = [source.note] if source.note else []
    warnings += [f"{{{{ {name} }}}} is not declared in inputs" for name in undeclared(prompt)]
    warnings += [*keys_in(prompt), *unseen_in(prompt)]
    if not versions:
        return Proposal(prompt, None, "1.0.0", Bump.NONE, (), None, tuple(warnings))
    newest = versions[0]
    alike = _folded(newest.prompt).fingerprint == _folded(prompt).fingerprint
    if alike and newest.fingerprint != prompt.fingerprint:
        warnings.append(f"only blanks and line ends differ from {newest.version}")
    known = tuple(version.version for version in versions)
    base = base_of(known, chosen)
    before = next((v.prompt for v in versions if v.version == base), newest.prompt)
    bump = implied_bump(before, prompt)
    number = next_version(base, bump, known)
    same = [v.version for v in versions if v.fingerprint == prompt.fingerprint]
    taken = [other for other in same if not is_candidate_for(other, chosen or number)]
    return Proposal(
        prompt=prompt,
        previous=base,
        version=number,
        bump=bump,
        changes=changes(before, prompt),
        same_as=next(iter(taken), None),
        warnings=tuple(warnings),
        known=known,
    )


def _folded(prompt: Prompt) -> Prompt:
    """The prompt with each run of white space replaced by one blank."""
    messages = (Message(m.role, " ".join(m.content.split())) for m in prompt.messages)
    snippets = {name: " ".join(text.split()) for name, text in prompt.snippets.items()}
    return replace(prompt, messages=tuple(messages), snippets=snippets)


def register(
    session: Session,
    source: Source,
    *,
    description: str,
    version: str | None = None,
    force_reason: str = "",
) -> str:
    """Register the draft and return `prompt_id@version`.

    Raises RegistryError when exactly this content is registered already, or when the number is
    lower than the contract requires and no reason is given; UsageError without a description.
    """
    from workbench.registry import PromptVersion

    if not description.strip():
        raise UsageError("a version needs a description", hint="--description TEXT")
    proposal = propose(session, source, version)
    if proposal.same_as:
        raise RegistryError(
            f"{source.prompt.prompt_id}@{proposal.same_as} is exactly this prompt already",
            hint="a version keeps its number: deploy that one, or change the prompt",
        )
    chosen = version or proposal.version
    if not force_reason:
        _check_number(proposal, chosen)
    if not session.registry.prompts(first=1):
        # Before the first version rules are free; from then on loosening needs a reason.
        for environment in session.workspace.settings.environments.values():
            session.registry.set_environment(environment, session.author)
    return session.registry.register(
        PromptVersion.of(source.prompt, chosen, description=description, author=session.author),
        force_reason=force_reason,
    )


def _check_number(proposal: Proposal, chosen: str) -> None:
    """Raise RegistryError for a number that the contract does not allow."""
    problem = why_not(chosen, proposal.previous, proposal.bump, proposal.known)
    if problem:
        reasons = "; ".join(change.reason for change in proposal.changes[:3])
        since = f" (since {proposal.previous}: {reasons})" if reasons and proposal.previous else ""
        raise RegistryError(
            f"{chosen} {problem}{since}", hint="go higher, or force it with a reason"
        )
