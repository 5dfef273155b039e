"""The marker of tests that drive a program beyond Python.

    @pytest.mark.needs("sqlite3")

Where the program is missing or does not work, the test is left out, and the end of the run says
how many were and how to bring it. With WORKBENCH_TESTS_NEED_ALL=1 such a test fails instead.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

from tests.support.programs import PROGRAMS, problem

NEED_ALL = "WORKBENCH_TESTS_NEED_ALL"
_NOT_RUN = "not run"
"""The property of a report, one for each missing program; xdist brings it to the controller."""


def pytest_configure(config: pytest.Config) -> None:
    """Tell pytest about the marker."""
    config.addinivalue_line("markers", "needs(*programs): of tests/support/programs.py")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave a test out, or let it fail, before its fixtures are made."""
    needed = {name for mark in item.iter_markers("needs") for name in mark.args}
    lacking = [_sentence(name) for name in sorted(needed) if problem(name)]
    if not lacking:
        return
    if os.environ.get(NEED_ALL, "0") not in ("", "0"):
        pytest.fail(f"{NEED_ALL} is set, and this needs {'; '.join(lacking)}", pytrace=False)
    item.user_properties += [(_NOT_RUN, sentence) for sentence in lacking]
    pytest.skip(f"needs {'; '.join(lacking)}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each missing program."""
    left_out = Counter(
        sentence
        for report in terminalreporter.stats.get("skipped", ())
        for name, sentence in getattr(report, "user_properties", ())
        if name == _NOT_RUN
    )
    for sentence, count in sorted(left_out.items()):
        tests = "1 test needs" if count == 1 else f"{count} tests need"
        terminalreporter.write_line(f"not run: {tests} {sentence}")


def _sentence(name: str) -> str:
    why = problem(name)
    detail = "" if why == "missing" else f" ({why})"
    return f"{name}{detail}: {PROGRAMS[name].bring}"
