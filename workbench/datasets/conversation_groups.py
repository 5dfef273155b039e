"""Which cases are turns of one conversation: one begins with the whole of another, in which the
user has spoken. A greeting of the assistant is the same in unrelated conversations.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b

from workbench.datasets.values import Case
from workbench.json_text import dumps
from workbench.prompts.values import MESSAGES, Prompt

ONE_CONVERSATION = "one conversation: "
"""Prefix of the names of groups of turns that were not declared; the digest of the case that the
others begin with follows.
"""


def conversation_inputs(prompts: Sequence[Prompt]) -> frozenset[str]:
    """The inputs of these prompts that are conversations."""
    return frozenset(
        item.name for prompt in prompts for item in prompt.taken if item.kind == MESSAGES
    )


def conversation_groups(cases: Sequence[Case], names: frozenset[str]) -> dict[str, str]:
    """A group for each case, by id, that is a turn of the same conversation as another case."""
    if not names:
        return {}
    whole: dict[str, int] = {}
    turns: list[set[str]] = []
    for at, case in enumerate(cases):
        each = [_prefixes(name, case.inputs.get(name)) for name in sorted(names)]
        turns.append({key for keys in each for key in keys})
        for keys in filter(None, each):
            whole.setdefault(keys[-1], at)
    first = list(range(len(cases)))

    def root(at: int) -> int:
        while first[at] != at:
            first[at] = first[first[at]]
            at = first[at]
        return at

    for at, mine in enumerate(turns):
        for key in mine & whole.keys():
            one, other = sorted((root(at), root(whole[key])))
            first[other] = one
    roots = [root(at) for at in range(len(cases))]
    times = Counter(roots)
    shortest: dict[int, Case] = {}
    for at, case in sorted(enumerate(cases), key=lambda each: _length(each[1], names)):
        shortest.setdefault(roots[at], case)
    return {
        case.id: f"{ONE_CONVERSATION}{shortest[at].digest}"
        for case, at in zip(cases, roots, strict=True)
        if times[at] > 1
    }


def beginnings(cases: Iterable[Case]) -> Iterator[tuple[Case, int]]:
    """Of each group of turns, the case that the others begin with, and the number of its cases."""
    turns = [case for case in cases if (case.group or "").startswith(ONE_CONVERSATION)]
    times = Counter(case.group for case in turns)
    for case in turns:
        if case.group == f"{ONE_CONVERSATION}{case.digest}":
            yield case, times[case.group]


def _length(case: Case, names: frozenset[str]) -> int:
    values = (case.inputs.get(name) for name in names)
    return sum(len(value) for value in values if isinstance(value, (list, tuple)))


def _prefixes(name: str, value: object) -> list[str]:
    """A key of each beginning in which the user has spoken, by length."""
    digest, keys = blake2b(name.encode(), digest_size=16), list[str]()
    for message in value if isinstance(value, (list, tuple)) else ():
        digest.update(dumps(message, sort_keys=True, default=str).encode("utf-8", "surrogatepass"))
        digest.update(b"\0")
        if keys or (isinstance(message, Mapping) and message.get("role") == "user"):
            keys.append(digest.hexdigest())
    return keys
