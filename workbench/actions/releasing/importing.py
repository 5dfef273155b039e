"""Into the workspace: other tools' files as drafts and suites."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.errors import DraftError, UsageError, WorkbenchError
from workbench.exchange.importers.base import Imported, ImportedSuite, Importer
from workbench.exchange.kinds import IMPORTERS
from workbench.files import write_atomically
from workbench.json_text import dumps
from workbench.plugins import Entry
from workbench.prompts.files.prompty import parse_prompty, read_draft, write_prompty
from workbench.prompts.files.strict_yaml import dump_yaml
from workbench.prompts.files.variants import file_name
from workbench.prompts.values import MAX_TEXT_BYTES, SUFFIX, Prompt
from workbench.runs.imported.values import ImportedRun
from workbench.workspace import EVALS, PROMPTS, SUITE_FILE, Workspace

CASES = "cases.jsonl"


@dataclass(frozen=True)
class ImportPlan:
    """What an import would write."""

    imported: Imported
    drafts: dict[Path, str]
    """The new drafts' texts by path."""
    suites: dict[Path, str]
    """The new suites' files: the cases of each, then its suite.yaml."""
    unchanged: tuple[Path, ...] = ()
    """Drafts and suites that are there already, as they would be made."""
    runs: tuple[ImportedRun, ...] = ()
    """The runs to store, each with one of these suites."""


def plan_import(
    workspace: Workspace,
    path: Path,
    name: str | None = None,
    kind: str = "",
    beside: Sequence[Path] = (),
) -> ImportPlan:
    """What an import of a file would write; nothing that is there already as it would be made.
    `kind` names the file's format where it is not to be told by its content, `beside` the files
    that may be read with it.

    Raises UsageError when another draft or suite of a name is there, or a name is given for several
    prompts, DraftError for what is no prompt.
    """
    imported = read_source(path, kind, beside)
    if name and len(imported.prompts) > 1:
        raise UsageError(f"{path} has {len(imported.prompts)} prompts", hint="leave --as out")
    prompts, suites, variants = imported.prompts, imported.suites, imported.variants
    if name:
        prompts = tuple(replace(prompt, prompt_id=name) for prompt in prompts)
        suites = tuple(replace(suite, name=name, prompt_id=name) for suite in suites)
        variants = tuple((v, replace(prompt, prompt_id=name)) for v, prompt in variants)
    runs = tuple(
        replace(run, suite=name, prompt=replace(run.prompt, prompt_id=name)) if name else run
        for run in imported.runs
    )
    answered = frozenset(run.suite for run in runs)
    drafts, same = plan_drafts(workspace, prompts, name or str(path), any_model=bool(runs))
    for variant, prompt in variants:
        target = workspace.root / PROMPTS / file_name(prompt.prompt_id, variant)
        if not target.exists():
            drafts[target] = write_prompty(prompt)
        elif _is_draft_of(target, prompt):
            same.append(target)
        else:
            raise UsageError(f"there is another draft {target.name}", hint="--as NAME")
    files, same_suites = _plan_suites(workspace, suites, str(path), answered)
    return ImportPlan(imported, drafts, files, (*same, *same_suites), runs)


def make(plan: ImportPlan) -> None:
    """Write what is planned: suites last, each after its cases."""
    for target, text in {**plan.drafts, **plan.suites}.items():
        write_atomically(target, text)


def write_drafts(workspace: Workspace, prompts: Iterable[Prompt], where: str) -> list[Path]:
    """Make a draft of each prompt, or of none; their paths. Raises like `plan_drafts`, and
    UsageError when a draft is there already as it would be made.
    """
    texts, same = plan_drafts(workspace, prompts, where)
    if same:
        raise UsageError(f"the draft {same[0]} is the same already")
    for target, text in texts.items():
        write_atomically(target, text)
    return list(texts)


def plan_drafts(
    workspace: Workspace, prompts: Iterable[Prompt], where: str, *, any_model: bool = False
) -> tuple[dict[Path, str], list[Path]]:
    """The text of a draft of each prompt by its path, and the drafts that are there already as
    they would be made, with `any_model` but for the model. `where` they came from, for messages.

    Raises UsageError when another draft of a name is there, DraftError for what no draft can be.
    """
    texts: dict[Path, str] = {}
    same: list[Path] = []
    for prompt in prompts:
        text = write_prompty(prompt)
        made = parse_prompty(text, where=where)
        if len(text.encode("utf-8", "surrogatepass")) > MAX_TEXT_BYTES:
            raise DraftError(f"{where}: its prompt is larger than {MAX_TEXT_BYTES // 1_000_000} MB")
        target = workspace.root / PROMPTS / f"{made.prompt_id}{SUFFIX}"
        there = workspace.draft_path(made.prompt_id) or (target if target.exists() else None)
        if there and _is_draft_of(there, made, any_model=any_model):
            same.append(there)
        elif there or target in texts:
            raise UsageError(
                f"there is a draft of {made.prompt_id} already", hint="give another name: --as NAME"
            )
        else:
            texts[target] = text
    return texts, same


def _is_draft_of(path: Path, prompt: Prompt, *, any_model: bool = False) -> bool:
    try:
        there = read_draft(path).prompt
    except WorkbenchError:
        return False
    if any_model:
        there, prompt = replace(there, model=None), replace(prompt, model=None)
    return there.fingerprint == prompt.fingerprint


def _plan_suites(
    workspace: Workspace,
    suites: Iterable[ImportedSuite],
    where: str,
    answered: frozenset[str] = frozenset(),
) -> tuple[dict[Path, str], list[Path]]:
    """The files of each suite, or of them what an import that was cut short did not write, and the
    suites that are there already as they would be made. One with answers (`answered`) is there,
    too, when its cases are, whatever scores them.
    """
    files: dict[Path, str] = {}
    same: list[Path] = []
    for suite in suites:
        folder = workspace.root / EVALS / suite.name
        head = {"suite": suite.name, "prompt": suite.prompt_id, "dataset": CASES}
        parts = {"scorers": list(suite.scorers), "gate": dict(suite.gate), "run": dict(suite.run)}
        content = head | {key: value for key, value in parts.items() if value}
        lines = "".join(f"{dumps(dict(row), allow_nan=False)}\n" for row in suite.rows)
        new = {folder / CASES: lines, folder / SUITE_FILE: dump_yaml(content)}
        there = {path: path.read_text("utf-8") for path in new if path.is_file()}
        if there == new or (
            folder / SUITE_FILE in there and suite.name in answered and _holds(there, new)
        ):
            same.append(folder / SUITE_FILE)
        elif there == {folder / CASES: lines} and folder / SUITE_FILE not in files:
            files[folder / SUITE_FILE] = new[folder / SUITE_FILE]
        elif folder.exists() or folder / SUITE_FILE in files:
            raise UsageError(
                f"{where}: there is a suite {suite.name} already",
                hint="give another name: --as NAME",
            )
        else:
            files |= new
    return files, same


def _holds(there: dict[Path, str], new: dict[Path, str]) -> bool:
    """Whether the cases that are there hold all that are to be made."""
    known = {line for path, text in there.items() if path.name == CASES for line in _lines(text)}
    return all(known.issuperset(_lines(text)) for path, text in new.items() if path.name == CASES)


def _lines(text: str) -> list[str]:
    """The lines as a JSONL file has them: a case may hold other signs that end a line."""
    return text.split("\n")


def read_source(path: Path, kind: str = "", beside: Sequence[Path] = ()) -> Imported:
    """What a file brings, read by the importer that recognizes it, with the files beside it that
    it may read. Raises DraftError, and UsageError where it reads no others.
    """
    for one in (path, *beside):
        if not one.is_file():
            raise DraftError(f"no file at {one}" if not one.exists() else f"{one} is no file")
    entry = IMPORTERS.get(kind) if kind else _importer_of(path)
    read_with = getattr(entry.kind, "read_with", None)
    if beside and read_with is None:
        raise UsageError(f"the format {entry.name} refers to no other files", hint="without --with")
    with entry.calling():
        imported: Imported = (
            read_with(path, beside) if beside and read_with else entry.kind.read(path)
        )
        if not imported.prompts and not imported.suites:
            raise DraftError(f"{path} has no prompt")
        return imported


def _importer_of(path: Path) -> Entry[Importer]:
    usable = [entry for entry in IMPORTERS.all() if isinstance(entry, Entry)]
    candidates = []
    for entry in usable:
        with entry.calling():
            if entry.kind.recognizes(path):
                candidates.append(entry)
    if len(candidates) > 1:
        names = " and ".join(entry.name for entry in candidates)
        raise UsageError(f"{path} can be read as {names}", hint=f"--format {candidates[0].name}")
    # By its suffix alone: the importer says what is wrong with the file.
    candidates += [entry for entry in usable if path.suffix in entry.kind.suffixes]
    if not candidates:
        raise DraftError(
            f"{path}: no import format recognizes it",
            hint=f"--format {', '.join(sorted(entry.name for entry in usable))}",
        )
    return candidates[0]
