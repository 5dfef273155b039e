"""Which cases are turns of one conversation: one begins with the whole of another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b

from workbench.datasets.values import Case
from workbench.json_text import dumps
from workbench.prompts.values import MESSAGES, Prompt

ONE_CONVERSATION = "one conversation: "
"""Prefix of the names of groups of turns that were not declared."""


def conversation_inputs(prompts: Sequence[Prompt]) -> frozenset[str]:
    """The inputs of these prompts that are conversations."""
    return frozenset(
        item.name for prompt in prompts for item in prompt.inputs if item.kind == MESSAGES
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
    return {
        case.id: f"{ONE_CONVERSATION}{cases[at].digest}"
        for case, at in zip(cases, roots, strict=True)
        if times[at] > 1
    }


def _prefixes(name: str, value: object) -> list[str]:
    """A key of the first message, of the first two, and so on."""
    digest, keys = blake2b(name.encode(), digest_size=16), []
    for message in value if isinstance(value, (list, tuple)) else ():
        digest.update(dumps(message, sort_keys=True, default=str).encode("utf-8", "surrogatepass"))
        digest.update(b"\0")
        keys.append(digest.hexdigest())
    return keys
