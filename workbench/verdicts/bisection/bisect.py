"""Which edit broke it: a search over the hunks between two prompts. The caller runs the test."""

from __future__ import annotations

import inspect
import itertools
import math
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

Test = Callable[[frozenset[int]], Awaitable[bool | None] | bool | None]
"""Whether the prompt with these hunks fails. None: unresolved, for example an invalid template."""


@dataclass(frozen=True, slots=True)
class Bisection:
    """The hunks that break it together, and how they were found."""

    guilty: tuple[int, ...]
    calls: int
    """How often the test ran."""
    tested: tuple[tuple[tuple[int, ...], bool | None], ...]
    """Every tested choice of hunks with the test's answer."""
    note: str = ""
    """Why nothing was found, or a remark on the result."""


@dataclass(slots=True)
class _Trials:
    """Asks the test once for each choice of hunks."""

    test: Test
    seen: dict[frozenset[int], bool | None] = field(default_factory=dict)

    async def breaks(self, chosen: Iterable[int]) -> bool:
        key = frozenset(chosen)
        if key not in self.seen:
            answer = self.test(key)
            self.seen[key] = await answer if inspect.isawaitable(answer) else answer
        return self.seen[key] is True

    def outcome(self, guilty: Iterable[int], note: str = "") -> Bisection:
        tested = tuple((tuple(sorted(key)), broken) for key, broken in self.seen.items())
        return Bisection(tuple(sorted(guilty)), len(self.seen), tested, note)


async def bisect(
    hunks: int | Iterable[int], test: Test, *, halves: bool = True, check: bool = True
) -> Bisection:
    """Find the hunks that cause a failure among `hunks` (their count, or their indices).

    By halves: a minimal failing set of hunks (delta debugging: Zeller and Hildebrandt, IEEE TSE 28
    (2002) 183-200), in about 2 log2(n) tests when a single hunk is at fault. One by one: every hunk
    that fails alone; if there is none, every hunk without which the rest passes. With `check`,
    first confirm that no hunk passes and all hunks fail.
    """
    every = list(range(hunks)) if isinstance(hunks, int) else list(hunks)
    trials = _Trials(test)
    if check:
        if await trials.breaks(()):
            return trials.outcome((), "it breaks without any edit too: this is noise, not an edit")
        if not await trials.breaks(every):
            return trials.outcome((), "with every edit it does not break again: this is noise")
    if not every:
        return trials.outcome((), "the prompts do not differ")
    if halves:
        guilty = await _by_halves(every, trials)
        note = "" if len(guilty) == 1 else "these edits break it only together"
        return trials.outcome(guilty, note)
    return await _one_by_one(every, trials)


def expected_trials(hunks: int, *, halves: bool = True) -> int:
    """Expected number of tests for a single failing hunk, including the two checks."""
    if hunks <= 1:
        return 2
    return 2 + (2 * math.ceil(math.log2(hunks)) if halves else hunks)


def most_trials(hunks: int, *, halves: bool = True) -> int:
    """Upper bound of the number of tests, including the two checks."""
    if hunks <= 1:
        return 2
    return 2 + (hunks * hunks + 3 * hunks if halves else 2 * hunks)


async def _one_by_one(every: list[int], trials: _Trials) -> Bisection:
    alone = [hunk for hunk in every if await trials.breaks([hunk])]
    if alone:
        note = "" if len(alone) == 1 else "each of these edits breaks it alone"
        return trials.outcome(alone, note)
    needed = [hunk for hunk in every if not await trials.breaks([h for h in every if h != hunk])]
    if needed:
        return trials.outcome(needed, "no edit breaks it alone; these are needed for it")
    return trials.outcome((), "no edit breaks it alone, and none is needed for it")


async def _by_halves(every: list[int], trials: _Trials) -> list[int]:
    """ddmin: test the parts, then the complement of each part, then smaller parts."""
    current, parts = every, 2
    while len(current) > 1:
        chunks = _split(current, min(parts, len(current)))
        smaller = await _first_breaking(chunks, trials)
        if smaller is not None:
            current, parts = smaller, 2
            continue
        rests = [[h for h in current if h not in set(chunk)] for chunk in chunks]
        smaller = await _first_breaking(rests, trials) if len(chunks) > 2 else None
        if smaller is not None:
            current, parts = smaller, max(parts - 1, 2)
        elif parts >= len(current):
            break
        else:
            parts = min(len(current), parts * 2)
    return current


async def _first_breaking(choices: list[list[int]], trials: _Trials) -> list[int] | None:
    for choice in choices:
        if await trials.breaks(choice):
            return choice
    return None


def _split(items: list[int], parts: int) -> list[list[int]]:
    """Consecutive parts of nearly equal size."""
    edges = [round(i * len(items) / parts) for i in range(parts + 1)]
    return [items[a:b] for a, b in itertools.pairwise(edges)]
