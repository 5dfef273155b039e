"""Creates a suite for a prompt without one: its first case, and a suite.yaml to edit later."""

from __future__ import annotations

from pathlib import Path

from workbench.actions.session import Session
from workbench.datasets.values import Case
from workbench.errors import NotFound, SuiteError, UsageError
from workbench.files import write_atomically
from workbench.json_text import dumps
from workbench.prompts.values import Prompt
from workbench.verdicts.statistics.case_counts import decides_sentence, proposed_rule
from workbench.workspace import EVALS, SUITE_FILE

DATASET = "cases.jsonl"
MARGIN = 0.05

_SUITE = """\
suite: {name}
prompt: {name}
dataset: {dataset}
scorers:
  - exact_match: {{ignore_case: true, strip: true}}
gate:
  # {decides}
  rule: {rule}          # or not_worse (by no more than the margin), threshold
  scorer: exact_match
  baseline: production          # what is live there; none yet: the threshold alone decides
  margin: 0.05                  # not worse than the baseline by more than this
  threshold: 0.80               # and never below this
  confidence: 0.95
run: {{concurrency: 8, repeats: 1, timeout: 60s}}
"""


def first_case(session: Session, prompt_id: str) -> tuple[Path, Case]:
    """The path of the prompt's future dataset, and a case with empty inputs to fill in.

    Raises UsageError when the prompt has a suite already, NotFound for an unknown prompt.
    """
    folder = session.workspace.root / EVALS / prompt_id
    _check_free(session, prompt_id, folder)
    names = [item.name for item in _prompt(session, prompt_id).inputs] or ["input"]
    return folder / DATASET, Case(f"{prompt_id[:20]}-001", dict.fromkeys(names, ""), None, (), None)


def begin_suite(session: Session, prompt_id: str, case: Case) -> Path:
    """Write the suite with this one case; returns its file. Never overwrites a file.

    Raises UsageError when it exists, SuiteError or DatasetError when the new suite would not be
    valid.
    """
    folder = session.workspace.root / EVALS / prompt_id
    _check_free(session, prompt_id, folder)
    row = {
        "id": case.id,
        "inputs": dict(case.inputs),
        "expected": case.expected,
        "tags": list(case.tags) or None,
        "split": case.split,
    }
    kept = {key: value for key, value in row.items() if value is not None}
    line = dumps(kept, allow_nan=False)
    # The dataset first, so that an existing suite always has its cases.
    write_atomically(folder / DATASET, f"{line}\n")
    text = _SUITE.format(
        name=prompt_id,
        dataset=DATASET,
        rule=proposed_rule(1, MARGIN),
        decides=decides_sentence(1, MARGIN),
    )
    write_atomically(folder / SUITE_FILE, text)
    session.workspace.suite(str(folder))
    return folder / SUITE_FILE


def _check_free(session: Session, prompt_id: str, folder: Path) -> None:
    for path in session.workspace.suite_paths():
        try:
            suite = session.workspace.suite(str(path))
        except (SuiteError, UsageError):
            continue  # an unreadable suite is ignored, and never overwritten
        if suite.prompt_id == prompt_id:
            raise UsageError(f"{prompt_id} has a suite: {suite.name}", hint="a adds a case to it")
    for path in (folder / SUITE_FILE, folder / DATASET):
        if path.exists():
            where = path.relative_to(session.workspace.root)
            raise UsageError(f"{where} is there already", hint="mend it outside")


def _prompt(session: Session, prompt_id: str) -> Prompt:
    draft = session.workspace.draft_path(prompt_id)
    if draft is not None:
        return session.workspace.read_draft(draft).prompt
    versions = session.registry.versions(prompt_id)
    if not versions:
        raise NotFound(f"there is no prompt {prompt_id!r}", hint="F2 Prompts · n makes a draft")
    return versions[0].prompt
