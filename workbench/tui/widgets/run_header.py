"""The state of a run in five lines of fixed layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.widget import Widget

from workbench.present import numbers
from workbench.present.run_remarks import latency_words
from workbench.present.tables import fit
from workbench.runs.spec.values import RunProgress, RunStatus, RunSummary
from workbench.tui.widgets.text import plain
from workbench.verdicts.statistics.distributions import critical_z
from workbench.verdicts.statistics.intervals import wilson

EDITED = "edited since"
"""Marks a draft that was edited after the answers shown."""
ETA_AFTER_S = 5.0
ETA_AFTER_CASES = 5
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class RunHead:
    """What the header says. Every text is untrusted."""

    title: str
    """support_triage 1.2.0 on support_triage (dev) · model."""
    run_id: str
    status: RunStatus
    total: int
    done: int
    passed: int | None
    failed: int | None
    errors: int
    score: float | None
    scored: int
    repeats: int = 1
    rate: float | None = None
    eta_s: float | None = None
    in_flight: int = 0
    backing_off: int = 0
    retry_in_s: float | None = None
    faults: int = 0
    """Answers that are empty, cut off or refused."""
    cached: int = 0
    calls: int = 0
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost_usd: float | None = None
    estimate_usd: float | None = None
    elapsed_s: float = 0.0
    stopping: bool = False
    reason: str = ""
    notes: tuple[str, ...] = ()
    """Remarks on the figures."""
    trend: str = ""
    """A sparkline of the latest latencies or scores, with its name."""
    latency_p50_s: float | None = None
    latency_p95_s: float | None = None
    first_token_s: float | None = None
    """Median, where answers are streamed."""

    @property
    def state(self) -> str:
        """In capitals while the run is active or incomplete."""
        if self.status is RunStatus.RUNNING:
            return "STOPPING" if self.stopping else "RUNNING"
        return self.status.value if self.status is RunStatus.COMPLETE else self.status.value.upper()


def head_of_progress(progress: RunProgress, title: str, trend: str = "") -> RunHead:
    """The header of an active run; the interval is shown only after it ended."""
    settled = progress.elapsed_s >= ETA_AFTER_S and progress.done >= ETA_AFTER_CASES
    return RunHead(
        title=title,
        run_id=progress.run_id,
        status=progress.status,
        total=progress.total,
        done=progress.done,
        passed=progress.passed,
        failed=progress.failed,
        errors=progress.errors,
        faults=progress.faults,
        score=progress.score,
        scored=progress.scored,
        rate=progress.rate,
        eta_s=progress.eta_s if settled else None,
        in_flight=progress.in_flight,
        backing_off=progress.backing_off,
        retry_in_s=progress.retry_in_s,
        cached=progress.cached,
        prompt_tokens=progress.prompt_tokens,
        completion_tokens=progress.completion_tokens,
        cost_usd=progress.cost_usd,
        estimate_usd=progress.estimate_usd,
        elapsed_s=progress.elapsed_s,
        stopping=progress.stopping,
        reason=progress.reason,
        trend=trend,
        latency_p50_s=progress.latency_p50_s,
        latency_p95_s=progress.latency_p95_s,
        first_token_s=progress.first_token_s,
    )


def head_of_summary(
    summary: RunSummary,
    title: str,
    passed: int,
    failed: int,
    trend: str = "",
    *,
    faults: int = 0,
    notes: Sequence[str] = (),
) -> RunHead:
    """The header of a stored run."""
    total = summary.cases * summary.repeats
    over = summary.status is RunStatus.COMPLETE
    took = summary.environment.get("latency_s") or {}
    first = summary.environment.get("first_token_s") or {}
    return RunHead(
        title=title,
        run_id=summary.run_id,
        status=summary.status,
        total=total,
        done=total if over else min(summary.scored + summary.errors, total),
        passed=passed,
        failed=failed,
        errors=summary.errors,
        faults=faults,
        score=summary.score,
        scored=summary.scored,
        repeats=summary.repeats,
        cached=summary.cached,
        calls=summary.calls,
        prompt_tokens=summary.prompt_tokens,
        completion_tokens=summary.completion_tokens,
        cost_usd=summary.cost_usd,
        elapsed_s=summary.seconds,
        reason=summary.reason,
        notes=tuple(notes),
        trend=trend,
        latency_p50_s=took.get("p50"),
        latency_p95_s=took.get("p95"),
        first_token_s=first.get("p50"),
    )


def title_of(summary: RunSummary, *, edited: bool = False) -> str:
    """Display title of a run; `edited`: its draft was edited since."""
    label = f"{summary.label} ({EDITED})" if edited else summary.label
    return f"{summary.prompt_id} {label} on {summary.suite} ({summary.split}) · {summary.model}"


def head_lines(head: RunHead, width: int) -> list[str]:
    """State, bar, counts, score and money, and a trend: five lines of at most `width` cells."""
    right = f"{head.run_id}  {head.state}"
    return [
        _ends(head.title, right, width),
        _bar(head, width),
        _ends(_counts(head), _flow(head), width),
        _ends(_score(head), _spent(head), width),
        _remark(head, width),
    ]


def _ends(left: str, right: str, width: int) -> str:
    """`left`, and `right` at the end of the line; the left gives way."""
    room = width - len(right) - 1
    if not right or room < 8:
        return fit(left, width).rstrip()
    return f"{fit(left, room)} {right}"


def _remark(head: RunHead, width: int) -> str:
    """Notes; the reason for an early end comes first."""
    notes = [head.reason] * bool(head.reason) + [f"note: {note}" for note in head.notes]
    if not notes:
        running = head.status is RunStatus.RUNNING
        return _ends(head.trend, _latency(head) if running else "", width).rstrip()
    more = f"t: {len(notes) - 1} more" if len(notes) > 1 else ""
    return _ends(notes[0], more, width)


def _bar(head: RunHead, width: int) -> str:
    digits = len(str(head.total))
    tail = f" {head.done:>{digits}}/{head.total} {numbers.share(head.done, head.total):>4}  "
    if head.status is RunStatus.RUNNING:
        clock = f"ETA {numbers.clock(head.eta_s):>7}"
    else:
        clock = f"took {numbers.clock(head.elapsed_s):>6}"
    room = max(4, width - len(tail) - len(clock) - 2)
    filled = room * head.done // head.total if head.total else 0
    return f"[{'#' * filled}{'-' * (room - filled)}]{tail}{clock}"


def _counts(head: RunHead) -> str:
    parts = []
    if head.passed is not None:
        parts += [f"pass {head.passed}", f"fail {head.failed}"]
    parts.append(f"error {head.errors}")
    if head.faults:
        parts.append(f"faults {head.faults}")
    if head.cached:
        parts.append(f"cached {head.cached}")
    return "  ".join(parts)


def _flow(head: RunHead) -> str:
    if head.status is not RunStatus.RUNNING:
        calls = numbers.plural(head.calls, "call") if head.calls else ""
        return " · ".join(part for part in (_latency(head), calls) if part)
    parts = [f"{head.rate:5.1f}/s" if head.rate is not None else f"    {numbers.UNKNOWN}/s"]
    parts.append(f"{head.in_flight:>2} in flight")
    if head.backing_off:
        wait = f", {numbers.seconds(head.retry_in_s)}" if head.retry_in_s is not None else ""
        parts.append(f"{head.backing_off} backing off{wait}")
    elif head.retry_in_s is not None:
        parts.append(f"all wait {numbers.seconds(head.retry_in_s)}")
    return " · ".join(parts)


def _latency(head: RunHead) -> str:
    return latency_words(head.latency_p50_s, head.latency_p95_s, head.first_token_s)


def _score(head: RunHead) -> str:
    score = f"score {numbers.score(head.score)}"
    if head.score is not None and head.status is not RunStatus.RUNNING:
        # Repeats of one case are not independent, and a mean of 1 has no interval.
        cases = head.scored / head.repeats
        low, high = wilson(head.score * cases, cases, critical_z(CONFIDENCE))
        score += f" [{low:.3f}, {high:.3f}]"
    return f"{score} (n={head.scored})"


def _spent(head: RunHead) -> str:
    parts = []
    if head.prompt_tokens or head.completion_tokens:
        parts.append(
            f"{numbers.tokens(head.prompt_tokens)} tok in · "
            f"{numbers.tokens(head.completion_tokens)} out"
        )
    money = numbers.money(head.cost_usd) if head.cost_usd is not None else "cost unknown"
    if head.estimate_usd and head.status is RunStatus.RUNNING:
        money += f" of est. {numbers.money(head.estimate_usd)}"
    parts.append(money)
    return " · ".join(parts)


class RunHeader(Widget):
    """Four lines; five where there is room, and where there is something to remark."""

    DEFAULT_CSS = """
    RunHeader { height: 4; padding: 0 1; }
    RunHeader.-remarks { height: 5; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._head: RunHead | None = None

    @property
    def head(self) -> RunHead | None:
        return self._head

    def show(self, head: RunHead) -> None:
        """Repaints only when something changed; laid out again only for the first remark."""
        if head != self._head:
            self._head = head
            self.set_class(bool(head.reason or head.notes), "-remarks")
            self.refresh()

    def render(self) -> Content:
        if self._head is None:
            return Content("")
        lines = [plain(line) for line in head_lines(self._head, self.size.width)]
        lines[0] = lines[0].stylize("bold")
        return Content("\n").join(lines[: self.size.height])
