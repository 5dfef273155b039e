"""A suite of the workspace as a test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from workbench.actions.releasing.check_draft import CheckedDraft, check_draft
from workbench.actions.running.costs import PlannedRun, cost_to_confirm
from workbench.actions.session import Session
from workbench.errors import UsageError, WorkbenchError
from workbench.present.safe_text import safe_line
from workbench.present.slices.lines import condition_lines
from workbench.present.verdict_lines import beneath, headline
from workbench.runs.spec.suite_head import read_suite_head
from workbench.verdicts.values import Gate

if TYPE_CHECKING:
    from workbench.workspace import Workspace


class GateNotPassed(Exception):
    """The gate failed or came to no decision; the message has the verdict's lines."""


class SuiteFile(pytest.File):
    """One suite.yaml."""

    def __init__(self, *, workspace: Workspace, **more: Any) -> None:
        super().__init__(**more)
        self.workspace = workspace

    def collect(self) -> Iterator[GateItem]:
        """Its one test, the gate."""
        try:
            head = read_suite_head(self.path)
        except WorkbenchError as error:
            raise self.CollectError(str(error)) from error
        yield GateItem.from_parent(self, name=head.name)


class GateItem(pytest.Item):
    """Passes where the gate of the suite passes for the draft."""

    def runtest(self) -> None:
        """Runs what is missing of the draft and of the baseline. Raises GateNotPassed."""
        assert isinstance(self.parent, SuiteFile)
        with Session(self.parent.workspace) as session:
            suite = session.workspace.suite(str(self.path))

            def check_cost(runs: Sequence[PlannedRun]) -> None:
                cost = cost_to_confirm(session, runs)
                if cost and not self.config.getoption("--workbench-yes"):
                    amount = cost.words(session.workspace.settings.confirm_above_usd)
                    raise UsageError(f"not run: it would cost {amount}", hint="--workbench-yes")

            checked = check_draft(session, suite.prompt_id, suite, on_planned=check_cost)
        lines = list(_lines(checked))
        self.add_report_section("call", "verdict", "\n".join(lines))
        if checked.gate is not Gate.PASS:
            raise GateNotPassed("\n".join(lines))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What the verdict says, or what went wrong, without a traceback."""
        if isinstance(excinfo.value, (GateNotPassed, WorkbenchError)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Where it stands, and its name."""
        return self.path, None, f"gate of {self.name}"


def _lines(checked: CheckedDraft) -> Iterator[str]:
    """The verdict, for a terminal."""
    policy, baseline = checked.suite.gate, checked.baseline or "no baseline"
    name = f"{checked.source.prompt.prompt_id} (draft)"
    yield safe_line(f"{name} on {checked.suite.name}, against {baseline}, run {checked.run_id}")
    for comparison in checked.comparisons:
        yield f"{comparison.scorer}: {headline(comparison, policy, a=baseline, b='draft')}"
        yield from beneath(comparison, policy, "")
    yield from condition_lines(checked.conditions)
