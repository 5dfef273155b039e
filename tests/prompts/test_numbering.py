"""Which number a change asks for, and which it may take."""

from __future__ import annotations

import pytest

from workbench.prompts.contract import Bump
from workbench.prompts.numbering import base_of, is_candidate_for, next_version, why_not

CANDIDATES = ("1.4.0", "2.0.0-rc.1", "2.0.0-rc.2")
TWO_LINES = ("1.3.0", "1.4.0", "2.0.0-rc.2", "2.0.0")


@pytest.mark.parametrize(
    ("known", "bump", "wanted"),
    [
        ((), Bump.NONE, "1.0.0"),
        (("1.4.0",), Bump.NONE, "1.4.1"),
        (("1.4.0",), Bump.MINOR, "1.5.0"),
        (("1.4.0",), Bump.MAJOR, "2.0.0"),
        (CANDIDATES, Bump.PATCH, "2.0.0"),
        (CANDIDATES, Bump.MAJOR, "2.0.0"),
        (("1.4.0", "1.4.1-rc.1"), Bump.MAJOR, "2.0.0"),
        (("1.4.0", "1.5.0-rc.10", "1.5.0-rc.9"), Bump.PATCH, "1.5.0"),
        (("1.0.0-rc.1",), Bump.MAJOR, "1.0.0"),
        (("0.9.0-beta", "2.0.0-rc.1"), Bump.NONE, "2.0.0"),
        (TWO_LINES, Bump.PATCH, "2.0.1"),
    ],
)
def test_the_release_of_the_newest_candidates_is_next(
    known: tuple[str, ...], bump: Bump, wanted: str
) -> None:
    assert next_version(base_of(known), bump, known) == wanted


@pytest.mark.parametrize(
    ("known", "chosen", "wanted"),
    [
        (CANDIDATES, None, "1.4.0"),
        (CANDIDATES, "2.0.0-rc.3", "1.4.0"),
        (TWO_LINES, "1.4.1", "1.4.0"),
        (TWO_LINES, "1.3.1", "1.3.0"),
        (TWO_LINES, "0.1.0", None),
        (("1.0.0-rc.1", "1.0.0-rc.2"), None, "1.0.0-rc.2"),
    ],
)
def test_a_number_is_measured_against_the_release_below(
    known: tuple[str, ...], chosen: str | None, wanted: str | None
) -> None:
    assert base_of(known, chosen) == wanted


@pytest.mark.parametrize(
    ("known", "chosen", "bump"),
    [
        ((), "0.1.0-alpha", Bump.NONE),
        (CANDIDATES, "2.0.0", Bump.MAJOR),
        (CANDIDATES, "2.0.0-rc.3", Bump.MAJOR),
        (CANDIDATES, "2.0.0-rc.3", Bump.PATCH),
        (CANDIDATES, "3.0.0-rc.1", Bump.MAJOR),
        (CANDIDATES, "1.4.1", Bump.PATCH),
        (CANDIDATES, "1.5.0", Bump.MINOR),
        (TWO_LINES, "1.4.1", Bump.PATCH),
        (TWO_LINES, "1.3.1", Bump.PATCH),
        (TWO_LINES, "1.5.0", Bump.MINOR),
        (("1.0.0-rc.1",), "1.0.0-rc.2", Bump.MAJOR),
        (("1.0.0",), "1.0.0", Bump.MAJOR),
    ],
)
def test_releases_candidates_and_patches_of_an_older_line_are_allowed(
    known: tuple[str, ...], chosen: str, bump: Bump
) -> None:
    assert why_not(chosen, base_of(known, chosen), bump, known) == ""


@pytest.mark.parametrize(
    ("known", "chosen", "bump", "why"),
    [
        (CANDIDATES, "1.4.1", Bump.MINOR, "is lower than 1.5.0, which this change asks for"),
        (CANDIDATES, "2.0.0-rc.1.1", Bump.MAJOR, "is lower than 2.0.0-rc.2"),
        (CANDIDATES, "1.5.0-rc.1", Bump.MAJOR, "is lower than 2.0.0, which this change asks for"),
        (TWO_LINES, "2.0.0-rc.3", Bump.PATCH, "is a candidate for 2.0.0, which is there already"),
        (TWO_LINES, "1.5.0", Bump.MAJOR, "is lower than 2.0.0, which this change asks for"),
        (TWO_LINES, "1.3.1", Bump.MINOR, "is lower than 1.4.0, which this change asks for"),
        (("1.3.0", "1.5.0"), "1.4.0", Bump.PATCH, "lies between 1.3.0 and 1.5.0, where only"),
        (TWO_LINES, "1.0.0", Bump.PATCH, "is lower than 1.3.0, the first version"),
    ],
)
def test_what_breaks_a_promise_is_refused_with_the_reason(
    known: tuple[str, ...], chosen: str, bump: Bump, why: str
) -> None:
    assert why_not(chosen, base_of(known, chosen), bump, known).startswith(why)


def test_a_candidate_is_one_for_its_own_release_alone() -> None:
    assert is_candidate_for("2.0.0-rc.2", "2.0.0")
    for version, release in (
        ("2.0.0", "2.0.0"),
        ("2.0.0-rc.2", "2.0.0-rc"),
        ("2.0.0-rc.2", "2.0"),
        ("12.0.0-rc.1", "2.0.0"),
        ("2.0.01-rc.1", "2.0.0"),
    ):
        assert not is_candidate_for(version, release)
