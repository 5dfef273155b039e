"""What the compare screen reads and writes, in a thread with a Session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.actions.comparing.compare import Compared, compare, rank, swapped
from workbench.actions.comparing.rerun_missing import Gap, gaps
from workbench.actions.comparing.side_runs import OnRun
from workbench.actions.session import Session
from workbench.errors import NotFound
from workbench.present import numbers
from workbench.prompts.files.prompty import write_prompty
from workbench.runs.spec.values import Result
from workbench.tui.compare.rows import PairRow, pair_rows
from workbench.tui.services.ratings import ratings_of


@dataclass(frozen=True)
class Comparing:
    """A comparison, with all that its screen shows."""

    compared: Compared
    ratings: Mapping[str, str]
    """Of B's answers, by case id."""
    prompt_a: str
    """As a Prompty file."""
    prompt_b: str
    version_b: str | None
    """The registered version whose behaviour B has."""
    rows: tuple[PairRow, ...] = ()
    trade: str = ""
    """What B costs against A: `cost +8% · p50 -40 ms`."""
    gaps: tuple[Gap, ...] = ()
    """What A and what B lacks."""


def read_comparison(
    session: Session, ref_a: str, ref_b: str, suite: str | None, on_run: OnRun
) -> Comparing:
    """Compare A and B, running what was never asked. Raises what `compare` raises."""
    suite = _suite_of_runs(session, (ref_a, ref_b)) or suite
    return _comparing(session, compare(session, ref_a, ref_b, suite, as_stored=True, on_run=on_run))


def read_swapped(session: Session, comparing: Comparing) -> Comparing:
    """The same two runs with A and B swapped."""
    return _comparing(session, swapped(session, comparing.compared))


def _comparing(session: Session, compared: Compared) -> Comparing:
    b = compared.b
    answers = (result for group in b.results.values() for result in group if result.repeat == 0)
    labels = ratings_of(session, b.summary, answers)
    ratings = {key.removeprefix("0:"): label for key, label in labels.items()}
    return Comparing(
        compared,
        ratings,
        write_prompty(compared.a.source.prompt),
        write_prompty(b.source.prompt),
        b.source.version or version_of(session, b.source.prompt.prompt_id, b.summary.fingerprint),
        tuple(pair_rows(compared, ratings)),
        trade(compared),
        gaps(compared),
    )


def version_of(session: Session, prompt_id: str, fingerprint: str) -> str | None:
    """The registered version with that fingerprint, if there is one."""
    try:
        versions = session.registry.versions(prompt_id)
    except NotFound:
        return None
    return next((v.version for v in versions if v.fingerprint == fingerprint), None)


def rate(session: Session, run_id: str, case_id: str, label: str) -> None:
    """Remember what a person thinks of an answer."""
    session.store.label(run_id, case_id, 0, label)


def write_report(session: Session, compared: Sequence[Compared]) -> Path:
    """One HTML page about comparisons with one A, in the workspace's reports folder."""
    from workbench.actions.comparing.report import html_report
    from workbench.files import write_atomically

    run_ids = [compared[0].a.summary.run_id, *(one.b.summary.run_id for one in compared)]
    path = session.workspace.root / "reports" / f"{'-'.join(run_ids)}.html"
    write_atomically(path, html_report(session, rank(compared)))
    return path


def _suite_of_runs(session: Session, refs: tuple[str, ...]) -> str | None:
    """Two runs are compared on the suite they were made on, whatever is selected."""
    if not session.workspace.runs_path.exists():
        return None
    for ref in refs:
        summary = session.store.summary_or_none(ref)
        if summary:
            return summary.suite
    return None


def latency_of(results: Mapping[str, tuple[Result, ...]]) -> float | None:
    """The median of the calls' latencies in seconds; answers from the cache do not count."""
    from statistics import median

    known = [
        result.answer.latency_s
        for group in results.values()
        for result in group
        if result.answer.latency_s is not None and not result.answer.outcome.is_error
    ]
    return median(known) if known else None


def trade(compared: Compared) -> str:
    """What B costs against A; answers from the cache say nothing about it."""
    parts = []
    a, b = compared.a.summary.cost_usd, compared.b.summary.cost_usd
    if a and b is not None and not (compared.a.summary.cached or compared.b.summary.cached):
        parts.append(f"cost {numbers.change(a, b)}")
    p50_a, p50_b = latency_of(compared.a.results), latency_of(compared.b.results)
    if p50_a is not None and p50_b is not None:
        parts.append(f"p50 {1000 * (p50_b - p50_a):+.0f} ms")
    return " · ".join(parts)
