"""A draft's features: in files of the workspace, or written out in the draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.errors import CodeError
from workbench.prompts.features import Feature, feature_of
from workbench.prompts.files.front_matter import FEATURE, Front
from workbench.prompts.files.parts import PromptFiles
from workbench.prompts.kinds import NUMBERS
from workbench.prompts.values import FEATURES, Input


def read_features(
    front: Front, inputs: Sequence[Input], files: PromptFiles
) -> dict[str, dict[str, Any]]:
    """The definition of every feature that an input names, by name. No code is run.

    Raises DraftError with the line of the input.
    """
    written = front.data.get(FEATURES)
    if written is not None and not isinstance(written, Mapping):
        front.refuse((FEATURES,), f"{FEATURES} must be a mapping of definitions by name")
    definitions = {}
    for place, item in enumerate(inputs):
        if not item.feature:
            continue
        at = ("inputs", item.name if isinstance(front.data["inputs"], Mapping) else place, FEATURE)
        try:
            feature = _feature(item.feature, written or {}, files)
        except CodeError as error:
            front.refuse(at, error.message, error.hint)
        if not _is_of_kind(feature, item):
            kinds = f"{item.name} is of kind {item.kind}, and {feature.name} gives {feature.output}"
            front.refuse(at, kinds, f"kind: {feature.output}")
        definitions[item.feature] = feature.content
    return {name: definitions[name] for name in sorted(definitions)}


def features_content(
    features: Mapping[str, Mapping[str, Any]], files: PromptFiles
) -> dict[str, Any]:
    """What the front matter says of them: nothing of one that `files` still has unchanged."""
    changed = {name: content for name, content in features.items() if _read(name, files) != content}
    return {FEATURES: changed} if changed else {}


def _feature(name: str, written: Mapping[str, Any], files: PromptFiles) -> Feature:
    return feature_of(name, written[name]) if name in written else files.feature(name)


def _read(name: str, files: PromptFiles) -> Mapping[str, Any] | None:
    try:
        return files.feature(name).content
    except CodeError:
        return None


def _is_of_kind(feature: Feature, item: Input) -> bool:
    both = {feature.output, item.kind}
    return (
        len(both) == 1
        or both <= {"number", "float"}
        or (feature.output == "integer" and item.kind in NUMBERS)
    )
