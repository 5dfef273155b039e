"""The version number that a change requires, and the numbers that it may have.

The contract holds between releases; a candidate (`2.0.0-rc.2`) promises nothing. So a draft is
compared with the newest release below it, and with a candidate only if there is no release.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.prompts.contract import Bump

if TYPE_CHECKING:
    from semver import Version as Number


def number_of(text: str) -> Number:
    """Parse a semantic version. Raises ValueError."""
    import semver  # 26 ms, and the screens check a draft without a number too

    return semver.Version.parse(text)


def base_of(known: Sequence[str], chosen: str | None = None) -> str | None:
    """The version to compare a draft with: the newest release, below `chosen` if given, else the
    newest candidate; None without one. Raises ValueError for an invalid `chosen`.
    """
    limit = number_of(chosen) if chosen else None
    below = [n for n in _sorted(known) if limit is None or n < limit]
    releases = [n for n in below if not n.prerelease]
    bases = releases or below
    return str(bases[-1]) if bases else None


def next_version(base: str | None, bump: Bump, known: Sequence[str] = ()) -> str:
    """The number after `base` that the contract requires; the first one is 1.0.0.

    If `known` has a candidate for that number or a higher one, its release is next.
    """
    if base is None:
        return "1.0.0"
    needed = _needed(number_of(base), bump)
    newest = max(map(number_of, known), default=needed)
    return str(max(needed, _core(newest)) if newest.prerelease else needed)


def why_not(chosen: str, base: str | None, bump: Bump, known: Sequence[str]) -> str:
    """The problem with a number, as the end of a sentence; empty if it is allowed.

    The author may go higher than the contract requires, never lower. An older release line takes
    patches only, since later releases of the line do not contain other changes.
    """
    number, numbers = number_of(chosen), _sorted(known)
    if not numbers or number in numbers:
        return ""  # the registry reports a number that exists
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
    """Whether a version is a candidate for that release, as `2.0.0-rc.2` for `2.0.0`; the release
    may then have the same content.
    """
    return "-" not in release and version.startswith(f"{release}-")


def _needed(base: Number, bump: Bump) -> Number:
    """The smallest number after a release; after a candidate its own release, whatever changed."""
    if base.prerelease:
        return _core(base)
    if bump is Bump.MAJOR:
        return base.bump_major()
    return base.bump_minor() if bump is Bump.MINOR else base.bump_patch()


def _core(number: Number) -> Number:
    return number.replace(prerelease=None)


def _sorted(known: Sequence[str]) -> list[Number]:
    return sorted(map(number_of, known))
