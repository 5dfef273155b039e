"""How often each rule claims what is not true, and what it finds, on simulated evaluations.

    python benchmarks/error_rates.py                              all tables, some minutes
    python benchmarks/error_rates.py --quick                      few cases and few evaluations
    python benchmarks/error_rates.py --write docs/statistics.md   refresh the tables on that page
    python benchmarks/error_rates.py --json rates.json            keep the figures too

Every evaluation is decided by the program's own rules at the looks of its own plans. Of bets, those
evaluations are decided whose capital comes near to a claim, and a sample of the others.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks" / "support")]

import exact  # noqa: E402
import levels  # noqa: E402
import small_sets  # noqa: E402
from sections import USED, Cell, Section, sections  # noqa: E402
from trials import Rates, Trial, run_all  # noqa: E402

BEGIN, END = "<!-- error rates: begin -->", "<!-- error rates: end -->"
MARK = " **!**"
RUNS, POWER_RUNS = 10_000, 500
QUICK_RUNS, QUICK_POWER_RUNS = 300, 100


def shown(cell: Cell | None, measured: dict[Trial, Rates]) -> str:
    """A figure in percent: of a promise with its standard error, and a mark where it is broken."""
    if cell is None:
        return ""
    rates = measured[cell.trial]
    if cell.claim == USED:
        return f"{100 * rates.cases:.0f} %"
    rate, error = 100 * rates.rate(cell.claim), 100 * rates.error(cell.claim)
    if not cell.trial.promised:
        return f"{rate:.0f} %"
    broken = rates.exceeds(cell.claim, (1.0 - cell.trial.confidence) / 2.0)
    return f"{rate:.1f} ± {error:.1f}{MARK if broken else ''}"


def markdown(head: tuple[str, ...], labels: int, rows: list[tuple[str, ...]]) -> list[str]:
    """A table; what follows the labels is aligned to the right."""
    marks = ["---"] * labels + ["---:"] * (len(head) - labels)
    return [f"| {' | '.join(row)} |" for row in (head, tuple(marks), *rows)]


def table(section: Section, measured: dict[Trial, Rates]) -> list[str]:
    """A section under its heading."""
    rows = [(*labels, *(shown(cell, measured) for cell in cells)) for labels, cells in section.rows]
    head = (*section.labels, *section.columns)
    return [f"**{section.name}**", "", *markdown(head, len(section.labels), rows), ""]


def small(runs: int) -> list[str]:
    """Exact chances, the rules for few cases, attempts and previews."""
    rng = np.random.default_rng(7)
    lines = ["**Passes and failures, all cases: the most frequent false claim, exactly**", ""]
    head: tuple[str, ...] = ("cases", "equal: better", "at the margin: not worse")
    lines += [*markdown(head, 1, exact.table()), ""]
    head = (
        "cases",
        "-5 points, no wins",
        "-5 points, 10 % flips",
        "equal, 2 % flips",
        "equal, 10 % flips",
        "the evidence says: can hide",
    )
    lines += ["**`rule: no_regressions`: what passes**", ""]
    lines += [*markdown(head, 1, small_sets.no_regressions(rng, runs)), ""]
    head = ("cases", "5 points below: passes", "the evidence says", "at the threshold: better")
    lines += ["**`rule: threshold` of 80 %: what luck does**", ""]
    lines += [*markdown(head, 1, small_sets.threshold(rng, runs)), ""]
    head = (
        "scores",
        "cases",
        "at the threshold: better",
        "at the threshold: worse",
        "5 points below: luck called 5 % at most",
        "5 points above: better",
        "5 points above: luck called 5 % at most",
    )
    lines += ["**`rule: threshold` of 80 %, graded scores and groups: what bets say**", ""]
    lines += [*markdown(head, 2, levels.table(rng, runs)), ""]
    passed, ruled = small_sets.previews(rng, min(runs, 1_000))
    first, either, told = small_sets.removal(rng, min(runs, 1_000))
    return [
        *lines,
        "**Attempts and previews** (300 cases, 10 % flips, B worse by the margin)",
        "",
        f"* A preview that is raised by 20 cases until it passes: {100 * passed:.1f} % pass"
        f" ({100 * ruled:.1f} % if a preview ruled as a comparison does).",
        f"* One evaluation passes in {100 * first:.1f} %. With the broken cases deleted and a"
        f" second one in {100 * either:.0f} %; that one is told, for instance:",
        *(f"  `{line}`" for line in told),
        "",
    ]


def summary(all_sections: tuple[Section, ...], measured: dict[Trial, Rates]) -> str:
    """One sentence on all promises."""
    cells = {cell for section in all_sections for cell in section.cells() if cell.trial.promised}
    broken = [
        cell
        for cell in cells
        if measured[cell.trial].exceeds(cell.claim, (1.0 - cell.trial.confidence) / 2.0)
    ]
    usual = [measured[c.trial].rate(c.claim) for c in cells if c.trial.confidence == 0.95]
    return (
        f"{len(cells)} false claims were tried; at 95 % the most frequent was made in"
        f" {100 * max(usual):.1f} % of the evaluations; {len(broken)} exceed the promise by more"
        " than two standard errors."
    )


def as_json(
    all_sections: tuple[Section, ...], measured: dict[Trial, Rates]
) -> list[dict[str, Any]]:
    """Every figure with what was simulated."""
    return [
        {
            "section": section.name,
            "row": list(labels),
            "column": column,
            "claim": cell.claim,
            "rate": measured[cell.trial].cases
            if cell.claim == USED
            else measured[cell.trial].rate(cell.claim),
            "runs": measured[cell.trial].runs,
            "trial": asdict(cell.trial),
        }
        for section in all_sections
        for labels, cells in section.rows
        for column, cell in zip(section.columns, cells, strict=True)
        if cell
    ]


def write(path: Path, text: str) -> None:
    """Puts the tables between the markers of a page."""
    before, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not begin or not ended:
        sys.exit(f"{path} has no {BEGIN} and {END}: add them where the tables belong")
    path.write_text(f"{before}{BEGIN}\n{text}{END}{after}", encoding="utf-8")


def main(argv: list[str]) -> int:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help="few cases and few evaluations")
    parser.add_argument("--runs", type=int, help=f"evaluations a false claim ({RUNS:,})")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--write", type=Path, metavar="PAGE")
    options = parser.parse_args(argv)
    runs = options.runs or (QUICK_RUNS if options.quick else RUNS)
    power_runs = min(runs, QUICK_POWER_RUNS if options.quick else POWER_RUNS)
    started = time.perf_counter()
    wanted = sections(quick=options.quick)
    trials = {cell.trial for section in wanted for cell in section.cells()}

    def report(done: int) -> None:
        seconds = time.perf_counter() - started
        print(f"\r{done} of {len(trials)} trials, {seconds:.0f} s", end="", file=sys.stderr)

    measured = run_all(trials, runs, power_runs, options.workers, report)
    print(file=sys.stderr)
    lines = [summary(wanted, measured), ""]
    lines += [line for section in wanted for line in table(section, measured)]
    text = "\n".join([*lines, *small(2 * power_runs)])
    print(text, end="")
    if options.write:
        write(options.write, text)
    if options.json:
        figures = {"runs": runs, "power_runs": power_runs, "figures": as_json(wanted, measured)}
        options.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
