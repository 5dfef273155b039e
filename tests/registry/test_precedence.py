"""The order of versions without `semver` is the order of `semver`."""

from __future__ import annotations

import pytest
import semver
from hypothesis import example, given
from hypothesis import strategies as st

from workbench.registry.models.precedence import allows, parse_range, sort_key

NUMBERS = st.one_of(st.integers(0, 12), st.integers(0, 10**20))
IDENTIFIERS = st.one_of(
    st.integers(0, 30).map(str),
    st.text("abcXYZ-019", min_size=1, max_size=4).filter(lambda s: not s.isdigit()),
)
VERSIONS = st.builds(
    lambda core, pre: ".".join(map(str, core)) + ("-" + ".".join(pre) if pre else ""),
    st.tuples(NUMBERS, NUMBERS, NUMBERS),
    st.lists(IDENTIFIERS, max_size=3),
)


@given(VERSIONS, VERSIONS)
@example("1.0.0-rc.2", "1.0.0-rc.10")
@example("1.0.0-rc", "1.0.0")
@example("1.0.0-alpha", "1.0.0-alpha.1")
@example("1.0.0-1", "1.0.0-a")
@example("1.9.0", "1.10.0")
@example("1.0.0-a", "1.0.0-a-b")
def test_keys_sort_as_versions_do(one: str, other: str) -> None:
    wanted = semver.Version.parse(one).compare(other)

    key, against = sort_key(one), sort_key(other)

    assert (key > against) - (key < against) == wanted


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("v1.2.0", "did you mean 1.2.0?"),
        ("1.2", "did you mean 1.2.0?"),
        ("01.2.3", "did you mean 1.2.3?"),
        ("1.2.3\n", "did you mean 1.2.3?"),
        (" 1.2.3", "did you mean 1.2.3?"),
        ("1.2.3+build", "build metadata"),
        ("1.2.3-01", "did you mean 1.2.3?"),
        ("1.2.3-", "did you mean 1.2.3?"),
        ("\uff11.2.3", "write it like"),
        ("latest", "write it like"),
        ("", "write it like"),
    ],
)
def test_what_is_no_version_is_refused_with_a_suggestion(text: str, hint: str) -> None:
    with pytest.raises(ValueError, match=r"is not") as refused:
        sort_key(text)

    assert hint in str(refused.value)


@pytest.mark.parametrize(
    ("requires", "inside", "outside"),
    [
        (">=1.2,<2", ["1.2.0", "1.99.9"], ["1.1.9", "2.0.0", "2.0.0-rc.1", "1.2.0-rc.1"]),
        ("==1.2.0", ["1.2.0"], ["1.2.1"]),
        ("1.2", ["1.2.0", "1.2.9"], ["1.3.0", "1.1.0"]),
        ("^1.2.3", ["1.2.3", "1.9.0"], ["1.2.2", "2.0.0"]),
        ("^0.2.3", ["0.2.3", "0.2.9"], ["0.3.0"]),
        ("~1.2.3", ["1.2.3", "1.2.9"], ["1.3.0"]),
        (">1.0.0, !=1.5.0, <=2.0.0", ["1.0.1", "2.0.0"], ["1.0.0", "1.5.0", "2.0.1"]),
    ],
)
def test_a_range_allows_what_it_says(requires: str, inside: list[str], outside: list[str]) -> None:
    bounds = parse_range(requires)

    assert [v for v in inside if not allows(bounds, sort_key(v))] == []
    assert [v for v in outside if allows(bounds, sort_key(v))] == []


@pytest.mark.parametrize("requires", ["", "latest", ">=", ">=1.2,", "1.2.3.4", "=>1", ">=a"])
def test_what_is_no_range_is_refused(requires: str) -> None:
    with pytest.raises(ValueError, match="not a range"):
        parse_range(requires)
