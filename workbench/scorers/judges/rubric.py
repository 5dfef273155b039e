"""What a judge's verdict may be, as its outputs declare it, and which of it counts as a pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.errors import SuiteError
from workbench.fingerprints import canonical_json
from workbench.providers.openai_chat.parameters import response_format

REASON = "reason"
PASS, FAIL, UNSURE = "pass", "fail", "unsure"
DEFAULT_OUTPUTS = (
    {"name": REASON, "kind": "string", "description": "One sentence, quoting what decides."},
    {"name": "verdict", "kind": "string", "enumValues": [PASS, FAIL, UNSURE]},
)
"""The outputs of a judge that declares none."""
PAIR = ("first", "second", "tie")
PAIR_OUTPUTS = (
    DEFAULT_OUTPUTS[0],
    {"name": "verdict", "kind": "string", "enumValues": list(PAIR)},
)
"""The outputs of a pairwise judge that declares none."""
_MOST_LEVELS = 101
Level = str | bool | int


@dataclass(frozen=True, slots=True)
class Criterion:
    """One property of a verdict, with everything that may stand there."""

    name: str
    levels: tuple[Level, ...]
    passing: tuple[Level, ...]
    is_plain: bool = True
    """pass and fail, or a boolean: the level says no more than the score."""

    def score(self, level: Level) -> float | None:
        """1, 0, or None where the judge cannot say."""
        if level == UNSURE:
            return None
        return float(any(level is one or level == one for one in self.passing))

    def admits(self, value: Any) -> bool:
        """Whether the value is one of the levels: 1 is neither true nor "1"."""
        return any(
            value == level and isinstance(value, bool) == isinstance(level, bool)
            for level in self.levels
            if isinstance(value, str) == isinstance(level, str)
        )


@dataclass(frozen=True, slots=True)
class Rubric:
    """The form of a judge's verdicts."""

    criteria: tuple[Criterion, ...]
    """Each must pass."""
    texts: tuple[str, ...]
    """Properties that are free text; `reason` is one of them."""

    @property
    def form(self) -> str:
        """The object that the judge is asked for, in one line."""
        texts = [f'"{name}": "..."' for name in self.texts]
        levels = [
            f'"{each.name}": {" | ".join(map(canonical_json, each.levels))}'
            for each in self.criteria
        ]
        return "{" + ", ".join([*texts, *levels]) + "}"


def rubric_of(outputs: Any, passes: Sequence[str], at_least: float | None, where: str) -> Rubric:
    """The rubric that a judge's `outputs` declare: a text `reason`, then criteria that are boolean
    or pass/fail, or one property with labels (`passes` names the good ones), or one scale of whole
    numbers (`at_least` is its cut). Raises SuiteError.
    """
    schema = response_format(outputs)["json_schema"]["schema"]
    properties = schema.get("properties")
    if not isinstance(properties, Mapping) or not properties:
        raise SuiteError(f"{where}: its outputs have no properties", hint=_HINT)
    texts: list[str] = []
    criteria: list[Criterion] = []
    for name, one in properties.items():
        levels = _levels(one if isinstance(one, Mapping) else {}, f"{where}: outputs.{name}")
        if levels:
            if not texts:
                hint = f"first {REASON}: a model that has given its verdict only defends it"
                raise SuiteError(f"{where}: outputs.{name} stands before {REASON}", hint=hint)
            criteria.append(_criterion(str(name), levels, passes, at_least, where))
        else:
            texts.append(str(name))
    if REASON not in texts:
        raise SuiteError(f"{where}: its outputs have no text {REASON!r}", hint=_HINT)
    if not criteria:
        raise SuiteError(f"{where}: its outputs have no verdict", hint=_HINT)
    if len(criteria) > 1 and not all(each.is_plain for each in criteria):
        raise SuiteError(
            f"{where}: labels and scales stand alone, beside {REASON}",
            hint="several criteria are each pass or fail; or write a judge for each",
        )
    _check_used(criteria, passes, at_least, where)
    return Rubric(tuple(criteria), tuple(texts))


def pair_rubric_of(outputs: Any, where: str) -> Rubric:
    """The rubric of a pairwise judge: a text `reason`, then first, second or tie. Raises
    SuiteError.
    """
    rubric = rubric_of(outputs, PAIR[:1], None, where)
    if len(rubric.criteria) > 1 or set(rubric.criteria[0].levels) != set(PAIR):
        raise SuiteError(f"{where}: a pairwise judge says one of {', '.join(PAIR)}")
    return rubric


_HINT = "outputs: [{name: reason, kind: string}, {name: verdict, enumValues: [pass, fail, unsure]}]"


def _levels(schema: Mapping[str, Any], where: str) -> tuple[Level, ...]:
    """Everything that may stand in a property; nothing for a free text."""
    kind, listed = schema.get("type"), schema.get("enum")
    if kind == "boolean":
        return (True, False)
    if listed is not None:
        whole = isinstance(listed, list) and bool(listed)
        if not whole or not all(isinstance(one, (str, int)) for one in listed):
            raise SuiteError(f"{where}: its values must be texts or whole numbers")
        if len({type(one) for one in listed}) > 1 or len(set(listed)) < len(listed):
            raise SuiteError(f"{where}: its values must differ and be of one kind")
        return tuple(listed)
    if kind in ("integer", "number"):
        low, high = schema.get("minimum"), schema.get("maximum")
        if not isinstance(low, int) or not isinstance(high, int) or not high - low > 0:
            hint = "{name: score, kind: integer, enumValues: [1, 2, 3, 4]}, each level described"
            raise SuiteError(f"{where}: a scale needs its levels", hint=hint)
        if high - low >= _MOST_LEVELS:
            raise SuiteError(f"{where}: more than {_MOST_LEVELS} levels cannot be told apart")
        return tuple(range(low, high + 1))
    if kind == "string":
        return ()
    raise SuiteError(f"{where}: a verdict is a text of a list, true or false, or a whole number")


def _criterion(
    name: str, levels: tuple[Level, ...], passes: Sequence[str], at_least: float | None, where: str
) -> Criterion:
    if levels == (True, False):
        return Criterion(name, levels, (True,))
    if all(isinstance(level, str) for level in levels):
        if set(levels) <= {PASS, FAIL, UNSURE} and {PASS, FAIL} <= set(levels):
            return Criterion(name, levels, (PASS,))
        if not passes:
            raise SuiteError(
                f"{where}: which of {', '.join(map(str, levels))} pass?",
                hint=f"judge: {{…, passes: [{levels[0]}]}}",
            )
        unknown = [label for label in passes if label not in levels]
        if unknown:
            raise SuiteError(f"{where}: passes: {unknown[0]!r} is no value of outputs.{name}")
        return Criterion(name, levels, tuple(passes), is_plain=False)
    if at_least is None:
        raise SuiteError(
            f"{where}: from which level of {name} on does an answer pass?",
            hint=f"judge: {{…, at_least: {levels[-1]}}}",
        )
    passing = tuple(level for level in levels if int(level) >= at_least)
    if not passing or len(passing) == len(levels):
        raise SuiteError(f"{where}: at_least: {at_least:g} does not part the levels of {name}")
    return Criterion(name, levels, passing, is_plain=False)


def _check_used(
    criteria: Sequence[Criterion], passes: Sequence[str], at_least: float | None, where: str
) -> None:
    """Refuse options that nothing reads: they were meant to decide."""
    alone = criteria[0]
    labels = not alone.is_plain and isinstance(alone.levels[0], str)
    if passes and not labels:
        raise SuiteError(f"{where}: passes goes with labels, and it declares none")
    if at_least is not None and (alone.is_plain or labels):
        raise SuiteError(f"{where}: at_least goes with a scale, and it declares none")
