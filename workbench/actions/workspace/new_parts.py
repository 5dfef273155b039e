"""New parts of a workspace, to be edited: prompts from a template or a text, suites on cases that
are there, scorers of one's own, providers. Nothing is ever overwritten.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from workbench.datasets.readers import read_dataset
from workbench.datasets.values import Case
from workbench.errors import SuiteError, UsageError
from workbench.files import write_atomically
from workbench.json_text import dumps
from workbench.prompts.files.prompty import parse_prompty, write_prompty
from workbench.prompts.values import SUFFIX, Model
from workbench.settings import EMBEDDED_MODEL, FILE_NAME, LOCAL, parse_settings
from workbench.suggestions import did_you_mean
from workbench.verdicts.statistics.case_counts import decides_sentence, proposed_rule
from workbench.workspace import EVALS, PROMPTS, SUITE_FILE, Workspace

TEMPLATES: Mapping[str, str] = {
    "classify": """\
system:
Answer with one label only: billing, delivery or other.

user:
{{ text }}
""",
    "extract": """\
system:
Extract the fields as JSON with the keys name and date (ISO 8601), null where one is missing.
Answer with the JSON alone.

user:
{{ text }}
""",
    "answer": """\
system:
Answer the question from the context alone. If it is not there, say: I do not know.

user:
Context:
{{ context }}

Question: {{ question }}
""",
    "summarise": """\
system:
Summarise the text in at most three sentences. Add nothing that is not in it.

user:
{{ text }}
""",
    "chat": """\
system:
You are a helpful assistant. Answer in short sentences.

{{ history }}

user:
{{ message }}
""",
}
"""Prompts to begin with, by name."""
_KINDS = {"history": "messages"}
CASES = "cases"
MARGIN = 0.05
_SCORER = '''\
"""What answers are judged by: edit `score`, then allow it: workbench trust scorers/{name}.py"""


def score(answer, case):
    """From 0 to 1, or True or False; None: the case cannot be judged."""
    if str(case["expected"]).strip().lower() in answer.lower():
        return 1
    return {{"score": 0, "reason": "the expected text is not in the answer"}}
'''
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_TABLE = re.compile(r"[A-Za-z0-9_-]{1,100}")
_MODULE = re.compile(r"[a-z][a-z0-9_]{0,63}")


def new_prompt(
    workspace: Workspace, name: str, template: str = "classify", text: str | None = None
) -> Path:
    """A draft of a template, or of a text: one message of the user, or messages after role markers.

    Its model is the one that the workspace's drafts use, else that of its only provider, else the
    embedded one. Raises UsageError for an unknown template or a draft that is there, DraftError
    for a text that is no prompt.
    """
    _check_name(name, "prompt", _NAME)
    if text is None and template not in TEMPLATES:
        hint = did_you_mean(template, TEMPLATES) or ", ".join(TEMPLATES)
        raise UsageError(f"no template {template!r}", hint=hint)
    body = TEMPLATES[template] if text is None else text
    target = workspace.root / PROMPTS / f"{name}{SUFFIX}"
    if target.exists() or workspace.draft_path(name):
        raise UsageError(
            f"there is a draft of {name} already", hint="edit it, or take another name"
        )
    names = dict.fromkeys(re.findall(r"\{\{-?\s*([A-Za-z_]\w*)\s*-?\}\}", body))
    inputs = "".join(
        f"  - {{name: {one}, kind: {_KINDS.get(one, 'string')}, required: true}}\n" for one in names
    )
    declared = f"inputs:\n{inputs}" if inputs else ""
    prompt = parse_prompty(f"---\nname: {name}\n{declared}---\n{body}", where=name)
    prompt = replace(prompt, model=_model_in_use(workspace))
    write_atomically(target, write_prompty(prompt))
    return target


def _model_in_use(workspace: Workspace) -> Model:
    models = [
        draft.prompt.model
        for draft in map(workspace.draft, workspace.draft_paths())
        if draft.prompt.model
    ]
    if models:
        used = max(models, key=models.count)
        return Model(used.id, used.provider, {"temperature": 0})
    return Model(EMBEDDED_MODEL, LOCAL, {"temperature": 0, "maxOutputTokens": 64})


def new_suite(
    workspace: Workspace,
    name: str,
    cases: Path,
    prompt_id: str = "",
    scorers: Sequence[str] = ("exact_match",),
    columns: Mapping[str, str] | None = None,
) -> tuple[Path, int]:
    """A suite on the cases in a file, which are copied beside it; its path and number of cases.

    `columns` is the column by input, or by `id`, `expected`, `tags`, `split`, `group`. Raises
    UsageError when it is there, DatasetError or SuiteError for what cannot be read.
    """
    _check_name(name, "suite", _NAME)
    folder = workspace.root / EVALS / name
    if folder.exists():
        raise UsageError(f"there is a folder {folder} already", hint="take another name")
    dataset = read_dataset(cases)
    rows = [_row(case, columns or {}) for case in dataset.cases]
    count = len(rows)
    content = _suite_text(name, prompt_id or name, scorers, count)
    write_atomically(folder / f"{CASES}.jsonl", "".join(f"{dumps(row)}\n" for row in rows))
    write_atomically(folder / SUITE_FILE, content)
    try:
        workspace.suite(str(folder))
    except (SuiteError, UsageError):
        for path in (folder / SUITE_FILE, folder / f"{CASES}.jsonl"):
            path.unlink()
        folder.rmdir()
        raise
    return folder / SUITE_FILE, count


def _row(case: Case, columns: Mapping[str, str]) -> dict[str, object]:
    """The case as a row; inputs are renamed, and what `columns` makes of them is taken out."""
    given = dict(case.inputs)
    fields: dict[str, object] = {
        "expected": case.expected,
        "tags": list(case.tags) or None,
        "split": case.split,
        "group": case.group,
    }
    case_id: object = case.id
    for name, column in columns.items():
        if column not in given:
            hint = did_you_mean(column, given)
            raise UsageError(f"the cases have no column {column!r}", hint=hint)
        value = given.pop(column)
        if name == "id":
            case_id = value
        elif name in fields:
            fields[name] = value
        else:
            given[name] = value
    kept = {key: value for key, value in fields.items() if value is not None}
    return {"id": case_id, "inputs": given, **kept}


def _suite_text(name: str, prompt_id: str, scorers: Sequence[str], count: int) -> str:
    listed = "".join(f"  - {scorer}\n" for scorer in scorers)
    return f"""\
suite: {name}
prompt: {prompt_id}
dataset: {CASES}.jsonl
scorers:                        # workbench scorers lists all of them
{listed}gate:
  # {decides_sentence(count, MARGIN)}
  rule: {proposed_rule(count, MARGIN)}
  baseline: production          # what is live there; none yet: the threshold alone decides
  margin: {MARGIN}                  # not worse than the baseline by more than this
  threshold: 0.8                # and never below this
"""


def new_scorer(workspace: Workspace, name: str) -> Path:
    """A scorer of one's own, to be edited. Raises UsageError."""
    _check_name(name, "scorer", _MODULE)
    path = workspace.root / "scorers" / f"{name}.py"
    if path.exists():
        raise UsageError(f"there is a scorer {path} already", hint="edit it")
    write_atomically(path, _SCORER.format(name=name))
    return path


def new_provider(workspace: Workspace, name: str, base_url: str, key_variable: str = "") -> Path:
    """A [providers.NAME] table at the end of workbench.toml. Raises UsageError when it is there,
    SettingsError for what no table can hold.
    """
    _check_name(name, "provider", _TABLE)
    if name in workspace.settings.providers or name == LOCAL:
        raise UsageError(f"there is a provider {name} already", hint=f"edit it in {FILE_NAME}")
    path = workspace.root / FILE_NAME
    table = {"base_url": base_url} | ({"api_key_env": key_variable} if key_variable else {})
    parse_settings({"providers": {name: table}}, str(path))
    lines = "".join(f"{key} = {dumps(value)}\n" for key, value in table.items())
    before = path.read_text(encoding="utf-8")
    write_atomically(path, f"{before.rstrip()}\n\n[providers.{name}]\n{lines}")
    return path


def _check_name(name: str, what: str, pattern: re.Pattern[str]) -> None:
    """A name becomes a path, so it has no separators."""
    if not pattern.fullmatch(name):
        hint = "lower case letters, digits, _; - and . too for prompts and suites"
        raise UsageError(f"{name!r} is no name for a {what}", hint=hint)
