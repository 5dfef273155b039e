"""Scorers of the workspace's own: a function in a Python file, run in a child process.

`score(answer, case)` gets the answer's text, and the case with `id`, `inputs`, `expected`, `tags`
and `group`; options of the suite come by name. It returns a number from 0 to 1, true or false,
null for no score, or `{"score": …, "reason": …}`; with `scores` in the suite, one of these by name
of a score, and perhaps a `reason` for those without one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from workbench.child_process.process import CallFailed, Limits
from workbench.child_process.shared import SharedCode
from workbench.child_process.source import Source, read_source, source_of
from workbench.datasets.features import FeatureInputs
from workbench.datasets.values import Case
from workbench.errors import CodeError, SuiteError
from workbench.json_text import without_spelling
from workbench.providers.base import Answer
from workbench.providers.redact import one_line
from workbench.scorers.base import Kind, Score, Scorer
from workbench.suggestions import did_you_mean
from workbench.typed_options import Option

PYTHON = "python"
_SCORE, _REASON = "score", "reason"
_ARGUMENTS = 2
_SHOWN = 60

OPTIONS = {
    "file": Option("", "The Python file, from the workspace's folder."),
    "function": Option("score", "The function in it: (answer, case) -> score."),
    "scores": Option([], "The names of its scores, where it gives several."),
    "options": Option({}, "What it gets by name besides answer and case."),
    "seconds": Option(5.0, "How long one call may take.", 0.01, 600.0),
}


def _unbound(*_: object) -> Score:
    raise LookupError("a scorer of this kind comes from a suite's file")


KIND = Kind(
    PYTHON,
    "What a function in a Python file of the workspace makes of the answer.",
    _unbound,
    OPTIONS,
    example="python: {file: scorers/totals.py, function: score}",
)
"""Stands for all of them in lists; `own_scorer` makes the kinds of an entry."""


@dataclass(frozen=True, slots=True)
class OwnScorer:
    """An entry of a suite: its code, and the names of its scores."""

    code: SharedCode
    name: str
    scores: tuple[str, ...]
    """Empty: the function gives one score, which has the scorer's name."""
    options: Mapping[str, Any]
    """The options that are set, and the hash of each part of the code: what is fingerprinted."""

    def kinds(self) -> tuple[Kind, ...]:
        """A kind for each score."""
        return tuple(
            Kind(
                name,
                f"{self.code.function} of {self.code.source.path}",
                partial(_score, self.code, name if self.scores else ""),
                entry=PYTHON,
                code=self.code,
            )
            for name in self.scores or (self.name,)
        )


def own_scorer(options: Mapping[str, Any], name: str, root: Path, where: str) -> OwnScorer:
    """The scorer of an entry, whose options are checked against OPTIONS, in the workspace `root`.
    Its code is read, and not run.

    Raises SuiteError and CodeError.
    """
    if not options["file"]:
        raise SuiteError(f"{where}: no file", hint="file: scorers/totals.py")
    scores = tuple(map(str, options["scores"]))
    for score in scores:
        if not score.isidentifier() or score == _REASON or scores.count(score) > 1:
            raise SuiteError(f"{where}.scores: {score!r} cannot be the name of a score here")
    source = read_source(root, options["file"])
    functions = source.functions()
    if options["function"] not in functions:
        raise SuiteError(
            f"{where}: {source.path} has no function {options['function']!r}",
            hint=did_you_mean(options["function"], functions),
        )
    code = _code(source, options)
    return OwnScorer(code, name or Path(source.path).stem, scores, recorded(options, source))


def recorded_scorer(name: str, options: Mapping[str, Any], content: Mapping[str, Any]) -> Scorer:
    """A scorer as a record has it: its options, and the content of its code. Raises CodeError."""
    source = source_of(content)
    given = {key: options.get(key, option.default) for key, option in OPTIONS.items()}
    own = OwnScorer(_code(source, given), name, tuple(given["scores"]), recorded(given, source))
    kinds = {kind.name: kind for kind in own.kinds()}
    if name not in kinds:
        raise CodeError(f"it gives no score {name!r}")
    return Scorer(kinds[name], own.options)


def _code(source: Source, options: Mapping[str, Any]) -> SharedCode:
    limits = Limits(call_seconds=options["seconds"])
    more = dict(options["options"])
    return SharedCode(source, options["function"], limits, arguments=_ARGUMENTS, options=more)


def recorded(options: Mapping[str, Any], source: Source) -> dict[str, Any]:
    """What a record says of an own scorer: the options that differ from their defaults, and the
    parts of its code.
    """
    given = {key: options[key] for key, option in OPTIONS.items() if options[key] != option.default}
    return {**given, **source.parts}


def codes_of(scorers: Sequence[Scorer]) -> tuple[SharedCode, ...]:
    """The code of the workspace that these scorers run, each once."""
    codes = (leaf.kind.code for scorer in scorers for leaf in scorer.leaves)
    return tuple({id(code): code for code in codes if code}.values())


def opened_code(scorers: Sequence[Scorer], features: FeatureInputs | None = None) -> ExitStack:
    """Start the code of scorers, and of features; closing the stack ends it. Raises CodeNotAllowed
    and CodeError.
    """
    with ExitStack() as stack:
        if features:
            stack.enter_context(features.opened())
        for code in codes_of(scorers):
            code.open()
            stack.callback(code.close)
        return stack.pop_all()


def arguments_of(answer: Answer, case: Case) -> tuple[str, dict[str, Any]]:
    """What the function gets."""
    content = without_spelling(case.content())
    return str(answer.text), {
        key: content[key] for key in ("id", "inputs", "expected", "tags", "group")
    }


def _score(
    code: SharedCode, name: str, answer: Answer, case: Case, _options: Mapping[str, Any]
) -> Score:
    """The score of that name, or the only one. Raises CallFailed for what is no score."""
    result = code.result(*arguments_of(answer, case))
    reason = ""
    if name:
        if not isinstance(result, Mapping):
            raise CallFailed(f"it gave {_shown(result)}, not a mapping of scores by name")
        if name not in result:
            names = ", ".join(map(str, result)) or "nothing"
            raise CallFailed(f"it gave no score {name!r}, but {names[:_SHOWN]}")
        reason, result = _text(result.get(_REASON)), result[name]
    if isinstance(result, Mapping) and _SCORE in result:
        reason, result = _text(result.get(_REASON)) or reason, result[_SCORE]
    if result is None:
        return Score(None, reason or "the scorer gave none")
    if not isinstance(result, (bool, int, float)):
        raise CallFailed(f"it gave {_shown(result)}, not a number from 0 to 1")
    value = float(result) if abs(result) <= 1 else math.inf
    if not 0 <= value <= 1:
        raise CallFailed(f"it gave {_shown(result)}, which does not lie between 0 and 1")
    return Score(value, reason)


def _text(reason: Any) -> str:
    if reason is None:
        return ""
    if not isinstance(reason, str):
        raise CallFailed(f"its reason is {_shown(reason)}, not a text")
    return one_line(reason)


def _shown(value: Any) -> str:
    return one_line(repr(value), limit=_SHOWN)
