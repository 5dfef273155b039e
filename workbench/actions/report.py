"""A comparison as one HTML page to send around."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median
from typing import Any

from workbench.actions.bench import Bench
from workbench.actions.compare import Compared, Side
from workbench.addresses import address_of
from workbench.datasets.json_values import as_text
from workbench.datasets.values import Case
from workbench.fingerprints import short
from workbench.present import numbers
from workbench.present.answer_origin import address_words
from workbench.present.charts import Confusion, confusion, histogram
from workbench.present.html_report import Report, ReportCase, ReportSide, render_report
from workbench.prompts.prompty import write_prompty
from workbench.runs.values import Result

MOST_CASES = 100
"""Changed cases on the page, the broken ones first."""
BINS = 8


def html_report(bench: Bench, compared: Compared) -> str:
    """The page about a comparison: verdicts, attempts, charts, changed cases, prompt diff."""
    headline = compared.headline
    changes = [
        *((case_id, "broke") for case_id in headline.broke),
        *((case_id, "missing") for case_id in headline.missing),
        *((case_id, "fixed") for case_id in headline.fixed),
    ]
    cases = {case.id: case for case in compared.cases}
    shown = [(cases[key], change) for key, change in changes[:MOST_CASES] if key in cases]
    prompt_id = compared.b.source.prompt.prompt_id
    name_a, name_b = compared.a.source.short, compared.b.source.short
    recorded = bench.registry.evaluations(prompt_id)
    report = Report(
        title=f"{prompt_id}: {name_b} against {name_a}",
        suite=f"suite {compared.suite.name}, split {compared.split},"
        f" {compared.part or numbers.plural(len(compared.cases), 'case')}",
        comparisons=compared.comparisons,
        policy=compared.suite.gate,
        a=_side("A", name_a, compared.a),
        b=_side("B", name_b, compared.b),
        cases=tuple(_case(case, change, compared) for case, change in shown),
        left_out=len(changes) - len(shown),
        prompt_a=write_prompty(compared.a.source.prompt),
        prompt_b=write_prompty(compared.b.source.prompt),
        confusion=_labels(compared),
        warning=f"PREVIEW: {compared.preview.reason}" if compared.preview else "",
        attempts=tuple(one.evidence for one in recorded if one.suite == compared.suite.name),
        notes=(f"dataset {short(compared.suite.dataset.fingerprint)}",),
    )
    return render_report(report)


def _side(letter: str, name: str, side: Side) -> ReportSide:
    summary = side.summary
    times = [
        result.answer.latency_s
        for result in _flat(side.results)
        if result.answer.latency_s is not None and not result.answer.outcome.is_error
    ]
    chart = histogram(times, BINS)
    facts = {
        "score": numbers.score(summary.score),
        "scored": f"{summary.scored:,} of {summary.cases * summary.repeats:,}",
        "errors": numbers.count(summary.errors),
        "model": summary.model,
        "endpoint": address_words(address_of(summary.environment.get("identity") or {})),
        "calls": f"{summary.calls:,} ({summary.cached:,} cached)",
        "tokens": f"{numbers.tokens(summary.prompt_tokens)} in,"
        f" {numbers.tokens(summary.completion_tokens)} out",
        "cost": numbers.money(summary.cost_usd),
        "median latency": numbers.seconds(median(times) if times else None),
        "run": f"{summary.run_id} of {summary.created_at}",
        "prompt": short(summary.fingerprint),
    }
    labels = tuple(numbers.seconds(edge) for edge in chart.edges[:-1]) if chart.counts else ()
    return ReportSide(letter, name, facts, chart, labels[: len(chart.counts)])


def _case(case: Case, change: str, compared: Compared) -> ReportCase:
    a, b = compared.a.results.get(case.id, ()), compared.b.results.get(case.id, ())
    names = dict.fromkeys(name for result in (*a, *b) for name in result.scores)
    return ReportCase(
        case_id=case.id,
        change=change,
        inputs={str(name): _text(value) for name, value in case.inputs.items()},
        expected=_text(case.expected),
        output_a=_output(a),
        output_b=_output(b),
        scores={name: (_scores(a, name), _scores(b, name)) for name in names},
    )


def _output(results: tuple[Result, ...]) -> str:
    texts = [
        result.answer.text or f"({result.answer.error or result.answer.outcome.value})"
        for result in results
    ]
    return "\n\n".join(texts) if texts else "(no answer)"


def _scores(results: tuple[Result, ...], name: str) -> str:
    found = [result.scores[name] for result in results if name in result.scores]
    return "; ".join(f"{numbers.score(score.value, 2)} {score.reason}".rstrip() for score in found)


def _labels(compared: Compared) -> Confusion | None:
    expected = {case.id: case.expected for case in compared.cases}
    return confusion(
        (_text(expected[result.case_id]), result.answer.text)
        for result in _flat(compared.b.results)
        if expected.get(result.case_id) is not None and not result.answer.outcome.is_error
    )


def _flat(results: Mapping[str, tuple[Result, ...]]) -> Iterable[Result]:
    return (result for group in results.values() for result in group)


def _text(value: Any) -> str:
    return "" if value is None else as_text(value)
