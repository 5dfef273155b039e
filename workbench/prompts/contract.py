"""The contract with callers, and the part of the version number that a change raises."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.fingerprints import canonical_json
from workbench.prompts.templates.templates import variables
from workbench.prompts.values import REVISION, Input, Model, Prompt

PARAMETERS = "parameters changed"


class Bump(enum.IntEnum):
    """The part of a semantic version to increment."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3


@dataclass(frozen=True, slots=True)
class Change:
    """One difference that callers or results may notice."""

    bump: Bump
    reason: str


def changes(old: Prompt, new: Prompt) -> tuple[Change, ...]:
    """Every difference that affects behaviour, the largest bump first."""
    all_changes = [
        *_input_changes(old, new),
        *_output_changes(old.outputs, new.outputs),
        *_model_changes(old, new),
        *_part_changes(old, new),
    ]
    if old.messages != new.messages or old.template_format != new.template_format:
        all_changes.append(Change(Bump.PATCH, "wording changed"))
    if min(old.revision, REVISION) != min(new.revision, REVISION):
        reason = f"templates are read by revision {new.revision}, they were by {old.revision}"
        all_changes.append(Change(Bump.PATCH, reason))
    return tuple(sorted(all_changes, key=lambda change: -change.bump))


def implied_bump(old: Prompt, new: Prompt) -> Bump:
    """The smallest bump that the contract allows; NONE when nothing changed."""
    return max((change.bump for change in changes(old, new)), default=Bump.NONE)


def undeclared(prompt: Prompt) -> tuple[str, ...]:
    """Names that the templates use and the front matter does not declare."""
    declared = {item.name for item in prompt.inputs}
    return tuple(name for name in variables(prompt) if name not in declared)


def _needed(prompt: Prompt) -> dict[str, bool]:
    """By input name, whether a caller must provide it."""
    needed = dict.fromkeys(variables(prompt), True)
    for item in prompt.inputs:
        needed[item.name] = item.required and item.default is None
    return needed


def _input_changes(old: Prompt, new: Prompt) -> list[Change]:
    before, after = _needed(old), _needed(new)
    input_changes = [
        Change(Bump.MAJOR, f"input {name!r} is gone") for name in before if name not in after
    ]
    for name, needed in after.items():
        if name not in before:
            if needed:
                input_changes.append(Change(Bump.MAJOR, f"new required input {name!r}"))
            else:
                input_changes.append(Change(Bump.MINOR, f"new optional input {name!r}"))
        elif needed and not before[name]:
            input_changes.append(Change(Bump.MAJOR, f"input {name!r} is required now"))
        elif before[name] and not needed:
            input_changes.append(Change(Bump.MINOR, f"input {name!r} is optional now"))
        else:
            input_changes += _kind_changes(old, new, name)
    return input_changes


def _kind_changes(old: Prompt, new: Prompt, name: str) -> list[Change]:
    before, after = old.input_named(name), new.input_named(name)
    if before is None or after is None:
        return []
    if before.kind != after.kind:
        return [Change(Bump.MAJOR, f"input {name!r} is {after.kind}, it was {before.kind}")]
    limits = _limit_changes(before, after)
    if before.default != after.default:
        limits.append(Change(Bump.PATCH, f"input {name!r} has another default"))
    return limits


def _limit_changes(before: Input, after: Input) -> list[Change]:
    """A value that callers could give and no longer may is a major change."""
    changed = []
    old, new = before.enum, after.enum
    if old != new and sorted(map(repr, old)) != sorted(map(repr, new)):
        narrower = bool(new) and (not old or any(value not in new for value in old))
        changed.append((narrower, "enum"))
    for name, sign in (("minimum", 1), ("maximum", -1)):
        low, high = getattr(before, name), getattr(after, name)
        if low != high:
            changed.append((high is not None and (low is None or sign * high > sign * low), name))
    return [
        Change(Bump.MAJOR, f"input {after.name!r} takes less: {name}")
        if narrower
        else Change(Bump.MINOR, f"input {after.name!r} takes more: {name}")
        for narrower, name in changed
    ]


def _part_changes(old: Prompt, new: Prompt) -> list[Change]:
    both = old.snippets.keys() & new.snippets.keys()
    reasons = [
        f"the snippet {name!r} changed"
        for name in sorted(both)
        if old.snippets[name] != new.snippets[name]
    ]
    reasons += _feature_changes(old, new)
    before, after = old.examples, new.examples
    if before is None or after is None:
        if before is not after:
            reasons.append("few-shot examples are new" if after else "few-shot examples are gone")
    elif before.behaviour() != after.behaviour():
        counts = dict.fromkeys(str(len(examples.rows)) for examples in (before, after))
        what = "template" if before.rows == after.rows else "rows"
        reasons.append(f"few-shot examples changed: {what}, {' → '.join(counts)} of them")
    return [Change(Bump.PATCH, reason) for reason in reasons]


def _feature_changes(old: Prompt, new: Prompt) -> Iterator[str]:
    """Yield what computes an input otherwise, or not any more."""
    if old.features == new.features and old.computed == new.computed:
        return
    from workbench.prompts.features import feature_change

    for name in sorted({*old.computed, *new.computed}):
        before, after = old.computed.get(name), new.computed.get(name)
        if before != after:
            by = f"computed by {after!r}" if after else "given"
            yield f"input {name!r} is {by} now"
    for name in sorted(old.features.keys() & new.features.keys()):
        if old.features[name] != new.features[name]:
            change = feature_change(old.features[name], new.features[name])
            yield f"the feature {name!r} changed: {change}"


def _output_changes(old: Any, new: Any) -> list[Change]:
    if old == new:
        return []
    if old is None:
        return [Change(Bump.MAJOR, "answers follow an output schema now")]
    if new is None:
        return [Change(Bump.MAJOR, "the output schema is gone")]
    before, after = _fields(old), _fields(new)
    gone = [name for name in before if name not in after]
    other = [name for name in before if name in after and before[name] != after[name]]
    if gone or other:
        names = ", ".join(repr(name) for name in [*gone, *other])
        return [Change(Bump.MAJOR, f"the output {names} is gone or of another kind")]
    return [Change(Bump.MINOR, "the output schema has new fields")]


def _fields(schema: Any) -> dict[str, Any]:
    """Output fields by name, from Prompty's list or from a JSON schema."""
    if isinstance(schema, list):
        return {
            str(item.get("name")): item.get("kind") for item in schema if isinstance(item, Mapping)
        }
    if isinstance(schema, Mapping):
        properties = schema.get("properties", schema)
        return dict(properties) if isinstance(properties, Mapping) else {"": schema}
    return {"": schema}


def parameter_words(before: Model, after: Model) -> str:
    """Each parameter that changed, old → new."""
    words = []
    for name in sorted({*before.options, *after.options}):
        old, new = (
            canonical_json(model.options[name]) if name in model.options else "none"
            for model in (before, after)
        )
        if old != new:
            words.append(f"{name} {old} → {new}")
    return ", ".join(words)


def _model_changes(old: Prompt, new: Prompt) -> list[Change]:
    model_changes = []
    before, after = old.model, new.model
    if (before and (before.id, before.provider)) != (after and (after.id, after.provider)):
        name = f"{after.provider}/{after.id}" if after else "none"
        model_changes.append(Change(Bump.MINOR, f"another model: {name}"))
    if before and after and before.artifact != after.artifact:
        pins = " → ".join(model.artifact or "none" for model in (before, after))
        model_changes.append(Change(Bump.MINOR, f"another model is pinned: {pins}"))
    if before and after and dict(before.options) != dict(after.options):
        model_changes.append(Change(Bump.PATCH, PARAMETERS))
    if old.tools != new.tools:
        model_changes.append(Change(Bump.MINOR, "tools changed"))
    return model_changes
