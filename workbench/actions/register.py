"""Make an immutable version of a draft."""

from __future__ import annotations

from dataclasses import dataclass, replace

from workbench.actions.bench import Bench
from workbench.actions.refs import Source
from workbench.errors import RegistryError, UsageError
from workbench.prompts.contract import Bump, Change, changes, implied_bump, next_version, undeclared
from workbench.prompts.key_like import keys_in
from workbench.prompts.templates import Renderer
from workbench.prompts.unseen import unseen_in
from workbench.prompts.values import Message, Prompt


@dataclass(frozen=True)
class Proposal:
    """The version number that the contract asks for, and why."""

    prompt: Prompt
    previous: str | None
    """The version it is compared with: the newest one."""
    version: str
    bump: Bump
    changes: tuple[Change, ...]
    same_as: str | None
    """The version that already holds exactly this."""
    warnings: tuple[str, ...]


def propose(bench: Bench, source: Source) -> Proposal:
    """What registering this draft would make. Raises TemplateError when it does not compile."""
    prompt = source.prompt
    Renderer(prompt)
    versions = bench.registry.versions(prompt.prompt_id)
    same = next((v.version for v in versions if v.fingerprint == prompt.fingerprint), None)
    newest = versions[0] if versions else None
    warnings = [source.note] if source.note else []
    warnings += [f"{{{{ {name} }}}} is not declared in inputs" for name in undeclared(prompt)]
    warnings += [*keys_in(prompt), *unseen_in(prompt)]
    if newest is None:
        return Proposal(prompt, None, "1.0.0", Bump.NONE, (), same, tuple(warnings))
    before = newest.prompt
    alike = _folded(before).fingerprint == _folded(prompt).fingerprint
    if alike and before.fingerprint != prompt.fingerprint:
        warnings.append(f"only blanks and line ends differ from {newest.version}")
    bump = implied_bump(before, prompt)
    return Proposal(
        prompt=prompt,
        previous=newest.version,
        version=next_version(newest.version, max(bump, Bump.PATCH)),
        bump=bump,
        changes=changes(before, prompt),
        same_as=same,
        warnings=tuple(warnings),
    )


def _folded(prompt: Prompt) -> Prompt:
    """The prompt with one blank in place of all blanks and line ends."""
    messages = (Message(m.role, " ".join(m.content.split())) for m in prompt.messages)
    return replace(prompt, messages=tuple(messages))


def register(
    bench: Bench,
    source: Source,
    *,
    description: str,
    version: str | None = None,
    force_reason: str = "",
) -> str:
    """Register the draft and return `prompt_id@version`.

    Raises RegistryError when exactly this is registered already, or when the number is lower than
    the contract asks for and no reason is given.
    """
    from workbench.registry import PromptVersion

    if not description.strip():
        raise UsageError("a version needs a description", hint="--description TEXT")
    proposal = propose(bench, source)
    if proposal.same_as:
        raise RegistryError(
            f"{source.prompt.prompt_id}@{proposal.same_as} is exactly this prompt already"
        )
    chosen = version or proposal.version
    if not force_reason:
        _check_number(proposal, chosen)
    if not bench.registry.prompts():
        # The rules are set up until there is a version; from then on loosening needs a reason.
        for environment in bench.workspace.settings.environments.values():
            bench.registry.set_environment(environment, bench.author)
    return bench.registry.register(
        PromptVersion.of(source.prompt, chosen, description=description, author=bench.author),
        force_reason=force_reason,
    )


def _check_number(proposal: Proposal, chosen: str) -> None:
    """The author may go higher than the contract asks, never lower."""
    import semver

    try:
        number = semver.Version.parse(chosen)
    except ValueError as error:
        hint = f"this change asks for {proposal.version}"
        raise UsageError(f"{chosen!r} is no semantic version", hint=hint) from error
    if proposal.previous is None:
        return
    if number.replace(prerelease=None) < semver.Version.parse(proposal.version):
        reasons = "; ".join(change.reason for change in proposal.changes[:3])
        raise RegistryError(
            f"{chosen} is lower than {proposal.version}, which this change asks for ({reasons})",
            hint="go higher, or force it with a reason",
        )
