"""The marker of tests that are many: variations of one thing, or walks through one screen.

    @pytest.mark.exhaustive
    @pytest.mark.parametrize("size", SIZES)

    pytestmark = pytest.mark.exhaustive(keep=2)

Plain pytest runs them all. With `--variations=some` (`make test`) the first variation of such a
test is run, and with `keep=5` five of them, spread over all; of a marked module its first test, or
its first `keep` tests; what is marked and has no parameters is left out. The end of the run says
how many were left. `--variations=rest` (the second half of `make test-all`) runs exactly those.

Properties need no marker: `--variations=some` tries each with a quarter of its examples (see
`examples.py`), and `--variations=rest` tries it again with all of them.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import is_hypothesis_test

from tests.support.examples import use_few

_LEFT = "variations_left"
_left = pytest.StashKey[int]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which variations are run."""
    parser.addoption(
        "--variations",
        choices=("all", "some", "rest"),
        default="all",
        help="of tests marked exhaustive: all, the few of `make test`, or those that it leaves out",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Tell pytest about the marker; how many examples is decided before a property is imported."""
    if config.getoption("--variations") == "some":
        use_few()
    config.addinivalue_line("markers", "exhaustive(keep=1): variations left to `make test-all`")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the option says."""
    part = config.getoption("--variations")
    if part == "all":
        return
    rest = _rest(items)
    wanted = rest | set(filter(_is_property, items)) if part == "rest" else set(items) - rest
    left = [item for item in items if item not in wanted]
    items[:] = [item for item in items if item in wanted]
    config.hook.pytest_deselected(items=left)
    config.stash[_left] = len(rest)
    if (output := getattr(config, "workeroutput", None)) is not None:
        output[_LEFT] = len(rest)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Every worker of xdist leaves out the same; the process that reports collects nothing."""
    if _LEFT in getattr(node, "workeroutput", {}):
        node.config.stash[_left] = node.workeroutput[_LEFT]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """One line about what was left out."""
    left = config.stash.get(_left, 0)
    if left and config.getoption("--variations") == "some":
        tests = "1 test" if left == 1 else f"{left} tests"
        terminalreporter.write_line(f"not run: {tests} marked exhaustive: make test-all")


def _rest(items: list[pytest.Item]) -> set[pytest.Item]:
    """What `make test` leaves out, in whatever order the tests come."""
    groups: dict[str, list[pytest.Item]] = defaultdict(list)
    keep: dict[str, int] = {}
    for item in items:
        node, mark = next(item.iter_markers_with_node("exhaustive"), (None, None))
        if node and mark:
            name = _function(item) if node is item else node.nodeid
            groups[name].append(item)
            keep[name] = mark.kwargs.get("keep", 1)
    rest: set[pytest.Item] = set()
    for name, group in groups.items():
        group.sort(key=_place)
        if name != _function(group[0]):
            rest |= set(group[keep[name] :])
        elif len(group) == 1:
            rest |= set(group)
        else:
            step = max(1, len(group) // keep[name])
            rest |= set(group) - set(group[::step][: keep[name]])
    return rest


def _is_property(item: pytest.Item) -> bool:
    return is_hypothesis_test(getattr(item, "obj", None))


def _function(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]


def _place(item: pytest.Item) -> tuple[int, list[tuple[str, int]]]:
    """Where a test stands in its file and a variation among the parameters of its test."""
    callspec = getattr(item, "callspec", None)
    return item.location[1] or 0, list(callspec.indices.items()) if callspec else []
