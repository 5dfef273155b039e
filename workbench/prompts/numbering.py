"""Which number a change asks for, and which numbers it may take.

A contract holds between releases: a candidate (`2.0.0-rc.2`) promises nothing, so a draft is
compared with the newest release below it, and with a candidate only where nothing was released.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.prompts.contract import Bump

if TYPE_CHECKING:
    from semver import Version as Number


def number_of(text: str) -> Number:
    """Raises ValueError on what is no semantic version."""
    import semver  # 26 ms, and the screens check a draft without a number too

    return semver.Version.parse(text)


def base_of(known: Sequence[str], chosen: str | None = None) -> str | None:
    """The version that a draft is compared with: the newest release, below `chosen` where that is
    given, else the newest candidate there. None: there is none.
    """
    limit = number_of(chosen) if chosen else None
    below = [n for n in _sorted(known) if limit is None or n < limit]
    releases = [n for n in below if not n.prerelease]
    found = releases or below
    return str(found[-1]) if found else None


def next_version(base: str | None, bump: Bump, known: Sequence[str] = ()) -> str:
    """The number after `base` that the contract asks for; the first one is 1.0.0.

    Where `known` has a candidate for that number or a higher one, its release is next.
    """
    if base is None:
        return "1.0.0"
    needed = _needed(number_of(base), bump)
    newest = max(map(number_of, known), default=needed)
    return str(max(needed, _core(newest)) if newest.prerelease else needed)


def why_not(chosen: str, base: str | None, bump: Bump, known: Sequence[str]) -> str:
    """What is wrong with a number, as the end of a sentence about it; empty: nothing.

    The author may go higher than the contract asks, never lower. An older line takes patches:
    nothing that the releases above it in the same line would take away again.
    """
    number, numbers = number_of(chosen), _sorted(known)
    if not numbers or number in numbers:
        return ""  # of a number that is taken the registry says what it holds
    if base is None:
        return f"is lower than {numbers[0]}, the first version"
    if number.prerelease and _core(number) in numbers:
        return f"is a candidate for {_core(number)}, which is there already"
    later = [n for n in numbers if n > number and number.prerelease and _core(n) == _core(number)]
    if later:
        return f"is lower than {later[-1]}"
    before, needed = number_of(base), _needed(number_of(base), bump)
    if _core(number) < needed:
        return f"is lower than {needed}, which this change asks for"
    above = next((n for n in numbers if n > number and not n.prerelease), None)
    if above and above.major == number.major and number.minor != before.minor:
        return f"lies between {before} and {above}, where only a patch of {before} may"
    return ""


def is_candidate_for(version: str, release: str) -> bool:
    """Whether a version is a candidate for that release, which may have its content then:
    `2.0.0-rc.2` and `2.0.0`.
    """
    return "-" not in release and version.startswith(f"{release}-")


def _needed(base: Number, bump: Bump) -> Number:
    """The least number after a release; a candidate asks for its own release, whatever changed."""
    if base.prerelease:
        return _core(base)
    if bump is Bump.MAJOR:
        return base.bump_major()
    return base.bump_minor() if bump is Bump.MINOR else base.bump_patch()


def _core(number: Number) -> Number:
    return number.replace(prerelease=None)


def _sorted(known: Sequence[str]) -> list[Number]:
    return sorted(map(number_of, known))
