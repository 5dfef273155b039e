"""Digests that recognise a case in another file, by its messages and expected answer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from hashlib import blake2b
from typing import Any
from unicodedata import normalize

from workbench.datasets.delimited import folded
from workbench.datasets.fit import typed_inputs
from workbench.datasets.values import CHECKS, TOOL_RESULTS, Case
from workbench.errors import TemplateError
from workbench.fingerprints import fingerprint, short
from workbench.json_text import dumps
from workbench.prompts.features import used_fields
from workbench.prompts.inputs.sent import compared
from workbench.prompts.templates.templates import Renderer, variables
from workbench.prompts.values import Prompt

_MOST_FAILURES = 20
"""Failed cases after which a template, which may be slow, is not rendered any more."""

_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e0fff]"
)
"""Matches control characters and Unicode's Default_Ignorable_Code_Point."""

_MAY_BE_JSON = frozenset('-0123456789[{tfnTF"')


def question_digest(case: Case, names: Collection[str]) -> str:
    """Digest of the named inputs and the expected answer, independent of the file format.

    Surrounding white space, line ends, and JSON as text in a cell make no difference. If `names`
    are all inputs and none of these occurs, it is the case's own digest.
    """
    inputs = {name: _plain(value) for name, value in case.inputs.items() if name in names}
    given = {name: value for name, value in inputs.items() if value not in (None, "")}
    return short(fingerprint({"inputs": given, **_judged(case)}))


def seen_text(text: str) -> str:
    """A text as a reader sees it: LF line ends, composed accents (NFC), without invisible
    characters such as zero-width spaces and soft hyphens.
    """
    if text.isascii() and text.isprintable():
        return text
    return _UNSEEN.sub("", normalize("NFC", folded(text)))


def sent_digests(prompt: Prompt, cases: Sequence[Case]) -> tuple[str, ...]:
    """Digests of the messages that this prompt sends for each case, ignoring invisible characters
    and white space, and of the expected answers.

    A case that cannot be rendered has its `question_digest`; if there are many, all cases have.
    """
    renderer, failures = Renderer(prompt), 0
    names = used_fields(prompt, variables(prompt))
    digests = []
    for case in cases:
        try:
            messages = renderer.render(typed_inputs(prompt, case.inputs))
        except TemplateError:
            failures += 1
            if failures > _MOST_FAILURES:
                return tuple(question_digest(case, names) for case in cases)
            digests.append(question_digest(case, names))
            continue
        sent = [
            [m.role, " ".join(seen_text(m.content).split()), *compared(m)[2:]] for m in messages
        ]
        digests.append(short(fingerprint({"sent": sent, **_judged(case)})))
    return tuple(digests)


def _judged(case: Case) -> dict[str, Any]:
    """What decides an answer and its score besides what is sent first."""
    results = {} if case.tool_results is None else {TOOL_RESULTS: case.tool_results}
    checks = {CHECKS: _plain(case.checks)} if case.checks else {}
    return {"expected": _plain(case.expected), **results, **checks}


def sent_by(prompts: Sequence[Prompt]) -> Callable[[Case], str]:
    """A function that gives a key of what all these prompts send for a case; without prompts, of
    its inputs.

    Surrounding white space and invisible characters make no difference.
    """
    renderers = [(prompt, Renderer(prompt)) for prompt in prompts]
    failures = 0

    def sent(case: Case) -> str:
        nonlocal failures
        if not renderers or failures > _MOST_FAILURES:
            return as_json(case.question)
        try:
            rendered = [renderer.render(typed_inputs(p, case.inputs)) for p, renderer in renderers]
        except TemplateError:
            failures += 1
            return as_json(case.question)
        texts: list[Any] = [
            [(m.role, seen_text(m.content).strip(), *compared(m)[2:]) for m in sent]
            for sent in rendered
        ]
        texts += [] if case.tool_results is None else [case.tool_results]
        # Of a fixed size, so that rendered messages need not be kept.
        return blake2b(repr(texts).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()

    return sent


def as_json(value: object) -> str:
    """An exact text of a value: 1, 1.0, "1" and true differ."""
    return dumps(value, sort_keys=True, default=str)


def _plain(value: Any) -> Any:
    """A value without differences that come from the file format."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return int(value) if value.is_integer() else float(value)
    if not isinstance(value, str):
        return value
    text = folded(value).strip()
    if text[:1] not in _MAY_BE_JSON:
        return text
    known = text.lower() if text.lower() in ("true", "false") else text
    try:
        parsed = json.loads(known, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return text
    return text if isinstance(parsed, str) else _plain(parsed)


def _refuse(constant: str) -> Any:
    raise ValueError(constant)
