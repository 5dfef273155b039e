"""How many cases an evaluation may judge: evidence keeps the scores of each, for ever."""

from __future__ import annotations

from workbench.datasets.sources.spec import source_path
from workbench.datasets.streaming.blocks import rows_without_splits
from workbench.errors import TooManyCases
from workbench.runs.spec.suite import GATE_SPLIT, Suite
from workbench.runs.spec.suite_head import SuiteHead

MOST_JUDGED = 200_000
"""Cases; more would tell no margin apart that these do not."""


def check_size(suite: SuiteHead | Suite) -> None:
    """Raises TooManyCases when more cases would decide. Those of a head, which were not read, are
    counted as far as a large file's size and bytes tell.
    """
    if isinstance(suite, Suite):
        count = len(suite.gate_cases.cases)
    elif suite.dataset.is_plain:
        count = rows_without_splits(source_path(suite.dataset, suite.path), GATE_SPLIT)
    else:
        count = 0
    if count > MOST_JUDGED:
        raise TooManyCases(
            f"{suite.path}: {count:,} cases would decide, and evidence keeps the scores of"
            f" {MOST_JUDGED:,} at most",
            hint="dataset: {path: FILE, sample: {n: 20000, seed: 1}}, or a split `gate` of fewer",
        )
