"""Computes the inputs of cases that are features: once per definition and raw values."""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.child_process.process import CallFailed
from workbench.child_process.shared import SharedCode
from workbench.child_process.source import pin_problem
from workbench.datasets.values import Case
from workbench.errors import CodeError, TemplateError
from workbench.fingerprints import canonical_json, fingerprint
from workbench.json_text import without_spelling
from workbench.prompts.features import PASS, Feature, feature_of
from workbench.prompts.files.untyped import UntypedText
from workbench.prompts.inputs.checks import misfit
from workbench.prompts.values import Input, Prompt

_KEPT_CHARACTERS = 64_000_000
"""Size of the values that a run keeps; what is dropped is computed again."""


@dataclass
class ComputedValues:
    """The values of a run by definition and raw values. Used by one thread at a time."""

    _values: OrderedDict[str, Any] = field(default_factory=OrderedDict)
    _sizes: dict[str, int] = field(default_factory=dict)
    _size: int = 0

    def get(self, key: str) -> Any:
        return self._values.get(key)

    def put(self, key: str, value: Any, size: int) -> None:
        self._values[key] = value
        self._size += size - self._sizes.get(key, 0)
        self._sizes[key] = size
        while self._size > _KEPT_CHARACTERS and len(self._values) > 1:
            oldest, _ = self._values.popitem(last=False)
            self._size -= self._sizes.pop(oldest)


@dataclass(frozen=True)
class _Computed:
    """An input that a feature computes."""

    name: str
    feature: Feature
    code: SharedCode


class FeatureInputs:
    """The computed inputs of one prompt."""

    def __init__(self, prompt: Prompt, known: ComputedValues | None = None) -> None:
        """Raises CodeError for a definition that cannot be read."""
        self._known = ComputedValues() if known is None else known
        self._inputs = tuple(
            _Computed(name, feature, _code(feature))
            for name, feature in features_of(prompt).items()
        )

    def __bool__(self) -> bool:
        return bool(self._inputs)

    @property
    def codes(self) -> tuple[SharedCode, ...]:
        """The code that computes them."""
        return tuple(each.code for each in self._inputs)

    @contextlib.contextmanager
    def opened(self) -> Iterator[None]:
        """Keep the processes. Raises CodeNotAllowed, and CodeError for code that cannot be loaded
        or would compute by another definition than the one that is pinned.
        """
        with ExitStack() as stack:
            for each in self._inputs:
                problem = pin_problem(each.feature.source)
                if problem:
                    raise CodeError(
                        f"the feature {each.feature.name} would compute by another definition:"
                        f" {problem}",
                        hint="install what is pinned, or register a version with what is installed",
                    )
                each.code.open()
                stack.callback(each.code.close)
            yield

    def case(self, case: Case) -> Case:
        """The case with its computed inputs. Raises TemplateError, naming the feature, where one
        cannot be computed.
        """
        if not self._inputs:
            return case
        self.ahead([case])
        values = {each.name: self._value(each, case) for each in self._inputs}
        return replace(case, inputs={**case.inputs, **values})

    def ahead(self, cases: Sequence[Case]) -> None:
        """Compute what is not known of these cases."""
        for each in self._inputs:
            wanted: dict[str, tuple[Any, ...]] = {}
            for case in cases:
                raw = _raw(each.feature, case)
                key = _key(each.feature, raw)
                if self._known.get(key) is None and _is_asked(each.feature, raw):
                    wanted[key] = raw
            for key, value in zip(wanted, each.code.results(list(wanted.values())), strict=True):
                size = len(value) if isinstance(value, str) else len(str(value))
                self._known.put(key, (value,), len(key) + size)

    def _value(self, each: _Computed, case: Case) -> Any:
        feature = each.feature
        where = f"the feature {feature.name}"
        raw = _raw(feature, case)
        value = None
        if _is_asked(feature, raw):
            (value,) = self._known.get(_key(feature, raw))
        elif feature.gives is None:
            raise TemplateError(_lacking(feature, raw))
        if isinstance(value, CallFailed):
            raise TemplateError(f"{where} failed: {value}")
        value = feature.gives if value is None else value
        if value is None:
            raise TemplateError(f"{where} gave nothing", hint='"nulls": {"give": VALUE}')
        problem = misfit(Input(each.name, feature.output), value)
        if problem or (feature.output == "string" and not isinstance(value, str)):
            raise TemplateError(f"{where}: its value {problem or 'is no text'}")
        return value


def pinned_features(prompt: Prompt) -> dict[str, Feature]:
    """The definitions that a prompt holds, by name. Raises CodeError."""
    return {name: feature_of(name, content) for name, content in prompt.features.items()}


def features_of(prompt: Prompt) -> dict[str, Feature]:
    """The feature of each computed input, by the input's name. Raises CodeError."""
    known = pinned_features(prompt)
    return {name: known[feature] for name, feature in prompt.computed.items()}


def without(computed: Collection[str], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The raw values of a case that are not computed."""
    return {name: value for name, value in inputs.items() if name not in computed}


def stand_ins(prompt: Prompt) -> dict[str, Any]:
    """A text for each input that is computed, where no code is to be run."""
    return {name: f"<computed by {feature}>" for name, feature in prompt.computed.items()}


def check_raw(features: Mapping[str, Feature], case: Case) -> None:
    """Raise TemplateError for a case that lacks what a feature needs, or has what it computes."""
    for name, feature in features.items():
        given = case.inputs.get(name)
        if name not in feature.inputs and given is not None and not is_blank(given):
            raise TemplateError(
                f"the case has {name}, which the feature {feature.name} computes",
                hint=f"cases hold raw data: leave {name} out, or let no feature compute it",
            )
        raw = _raw(feature, case)
        if not _is_asked(feature, raw) and feature.gives is None:
            raise TemplateError(_lacking(feature, raw), hint=f"its null rule is {feature.nulls}")


def _lacking(feature: Feature, raw: Sequence[Any]) -> str:
    missing = (name for name, value in zip(feature.inputs, raw, strict=True) if value is None)
    return f"the feature {feature.name}: the case has no {', '.join(missing)}"


def _code(feature: Feature) -> SharedCode:
    return SharedCode(feature.source, feature.name, arguments=len(feature.inputs), kept=0)


def _raw(feature: Feature, case: Case) -> tuple[Any, ...]:
    """What the feature gets of the case: a blank cell is a null."""
    values = (case.inputs.get(name) for name in feature.inputs)
    return tuple(None if is_blank(value) else without_spelling(value) for value in values)


def _is_asked(feature: Feature, raw: Sequence[Any]) -> bool:
    return feature.nulls == PASS or None not in raw


def _key(feature: Feature, raw: Sequence[Any]) -> str:
    return fingerprint([feature.hash, canonical_json(list(raw))])


def is_blank(value: Any) -> bool:
    """Whether it is a blank cell."""
    return isinstance(value, UntypedText) and not value.strip()
