"""What a target has, compared with what was sent to it and with what is live here."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from workbench.errors import NotInRegistry
from workbench.exchange.approval import describe
from workbench.exchange.comparing import changed_keys, content_hash, diff_lines
from workbench.exchange.delivery import is_foreign
from workbench.exchange.targets.base import (
    Destination,
    Export,
    Held,
    VersionTarget,
    as_pointer_target,
)
from workbench.prompts.numbering import number_of
from workbench.registry import PromptRegistry
from workbench.registry.registry_file import PRODUCTION

_OF_MODELS = frozenset(
    {
        "config",
        "invocation_parameters",
        "model",
        "model_config",
        "model_id",
        "model_name",
        "model_provider",
        "parameters",
    }
)
"""First keys of a content, in the targets' forms, that hold the model and its parameters."""


class Drift(enum.StrEnum):
    """What differs."""

    CONTENT = "content"
    MODEL = "model"
    """Only the model or its parameters."""
    DELETED = "deleted"
    """The target had the version."""
    MISSING = "missing"
    """It is live here, and never arrived there."""
    POINTER = "pointer"
    REVOKED = "revoked"
    """It serves a version that is revoked here."""
    AHEAD = "ahead"
    """The target's newest version is not of this registry."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference. `ours` and `theirs` say which version each side would serve."""

    drift: Drift
    prompt_id: str
    version: str
    """Ours; empty where nothing is live here."""
    environment: str
    """Whose pointer it is; of a version, those whose pointers lead to it there."""
    ours: str
    theirs: str
    changed: tuple[str, ...] = ()
    """Keys of the content that differ."""
    diff: tuple[str, ...] = ()
    """From ours to theirs."""
    held: Held | None = None
    """Theirs, where there is one."""
    output: str = ""
    """The file that was named when it was sent."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a target should have of one prompt."""

    prompt_id: str
    versions: Mapping[str, bool]
    """Version to whether it arrived there once."""
    pointers: Mapping[str, str]
    """Environment to the version that it should lead to; empty: to none."""
    output: str = ""


def drift_of(
    registry: PromptRegistry, kind: VersionTarget, expected: Expected, destination: Destination
) -> list[Finding]:
    """Everything that differs of one prompt; nothing is written. Raises TargetError."""
    return list(_Look(registry, kind, expected, destination).findings())


@dataclass(frozen=True)
class _Look:
    registry: PromptRegistry
    kind: VersionTarget
    expected: Expected
    destination: Destination

    def findings(self) -> Iterator[Finding]:
        expected, pointers = self.expected, as_pointer_target(self.kind)
        leads = pointers.pointers(expected.prompt_id, self.destination) if pointers else {}
        refs: dict[str, str] = {}
        for version, arrived in expected.versions.items():
            export = self._export(version)
            held = self.kind.read_back(export, self.destination)
            if held is not None:
                refs[version] = held.ref
            finding = self._of_version(export, held, leads, arrived=arrived)
            if finding:
                yield finding
        if pointers:
            for environment, version in expected.pointers.items():
                lead = leads.get(environment)
                yield from self._of_pointer(environment, version, lead, refs.get(version))
            newest = pointers.newest(expected.prompt_id, self.destination)
            if newest is not None and is_foreign(self.registry, expected.prompt_id, newest):
                last = max(expected.versions, key=number_of, default="")
                yield self._finding(Drift.AHEAD, last, "", last, newest)

    def _of_version(
        self, export: Export, held: Held | None, leads: Mapping[str, str], *, arrived: bool
    ) -> Finding | None:
        version = export.version
        if is_revoked(self.registry, self.expected.prompt_id, version):
            if held is None:
                return None  # nor can it be sent
            if not as_pointer_target(self.kind):
                return self._finding(Drift.REVOKED, version, "", version, None, held.ref)
        if held is None:
            if arrived:
                return self._finding(Drift.DELETED, version, "", version, None)
            places = sorted(e for e, v in self.expected.pointers.items() if v == version)
            return self._finding(Drift.MISSING, version, ", ".join(places), version, None)
        ours = self.kind.content(export)
        if content_hash(ours) == content_hash(held.content):
            return None
        keys = changed_keys(ours, held.content)
        only_model = all(key.partition(".")[0] in _OF_MODELS for key in keys)
        served = ", ".join(sorted(name for name, ref in leads.items() if ref == held.ref))
        what = Drift.MODEL if only_model else Drift.CONTENT
        return self._finding(what, version, served, version, held)

    def _of_pointer(
        self, environment: str, version: str, lead: str | None, ref: str | None
    ) -> Iterator[Finding]:
        pointers = as_pointer_target(self.kind)
        assert pointers is not None
        prompt_id = self.expected.prompt_id
        held = None
        if lead and lead != ref:
            held = pointers.held(prompt_id, lead, self.destination)
        served = held.version if held else version
        if lead and (held or lead == ref) and is_revoked(self.registry, prompt_id, served):
            theirs = f"{served} ({lead})"
            yield self._finding(Drift.REVOKED, version, environment, version, None, theirs)
            return
        if lead == ref:
            return
        if held is not None and held.version == version and version:
            # An older copy of the same version, where a newer one was made to repair it.
            ours = self.kind.content(self._export(version))
            if content_hash(ours) == content_hash(held.content):
                return
        yield self._finding(Drift.POINTER, version, environment, version, held, lead or "")

    def _finding(
        self,
        drift: Drift,
        version: str,
        environment: str,
        ours: str,
        held: Held | None,
        lead: str = "",
    ) -> Finding:
        theirs = f"{held.version} ({held.ref})" if held and held.version else lead
        content = self.kind.content(self._export(ours)) if ours and held else None
        differs = content is not None and held is not None
        return Finding(
            drift,
            self.expected.prompt_id,
            version,
            environment,
            ours,
            theirs or (held.ref if held else ""),
            tuple(changed_keys(content, held.content)) if differs and held else (),
            diff_lines(content, held.content) if differs and held else (),
            held,
            self.expected.output,
        )

    def _export(self, version: str) -> Export:
        environments = self.expected.pointers
        environment = next((e for e, v in environments.items() if v == version), PRODUCTION)
        approved = describe(self.registry, self.expected.prompt_id, version, environment)
        return Export.of(
            self.registry, approved.version.prompt, version, version=version, approved=approved
        )


def is_revoked(registry: PromptRegistry, prompt_id: str, version: str) -> bool:
    """Whether it is a version of this registry that was revoked."""
    try:
        return bool(version and registry.get_version(prompt_id, version).revoked)
    except NotInRegistry:
        return False


def in_words(target: str, finding: Finding) -> str:
    """A finding in one sentence: what differs, and who would serve what."""
    prompt_id, environment = finding.prompt_id, finding.environment
    ours, theirs = finding.ours or "nothing", finding.theirs or "nothing"
    ref = f"{prompt_id}@{finding.version}"
    if finding.drift is Drift.REVOKED and environment:
        serves = f"{target} serves {theirs} in {environment}, which is revoked"
        return f"{prompt_id}: {serves}, and {ours} is live here"
    if finding.drift is Drift.REVOKED:
        return f"{target} has {ref}, which is revoked: {theirs}"
    if finding.drift is Drift.POINTER and finding.theirs and finding.held is None:
        there = f"{environment} of {target} leads to {theirs}, which is not there"
        return f"{prompt_id}: {there}, and {ours} is live here"
    if finding.drift is Drift.POINTER:
        return f"{prompt_id}: {target} serves {theirs} in {environment}, and {ours} is live here"
    if finding.drift is Drift.AHEAD:
        return (
            f"{prompt_id}: the newest that {target} has is {theirs}, which is not of this registry"
        )
    if finding.drift is Drift.DELETED:
        return f"{ref} is not in {target} any more"
    if finding.drift is Drift.MISSING:
        return f"{ref} is live in {environment} here, and {target} does not have it"
    what = "another model configuration" if finding.drift is Drift.MODEL else "other content"
    served = f", and serves it in {environment}" if environment else ""
    return f"{target} has {ref} with {what}{served}: {', '.join(finding.changed)}"


def texts(findings: Sequence[Finding], target: str) -> list[str]:
    """Each finding with its diff, indented."""
    return [
        line
        for finding in findings
        for line in (in_words(target, finding), *(f"  {line}" for line in finding.diff))
    ]
