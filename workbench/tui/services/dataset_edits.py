"""What is read and written of datasets, in a thread."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from workbench.actions.session import Session
from workbench.actions.workspace.dataset_contents import is_edited_in_place, record, record_file
from workbench.actions.workspace.new_suite import begin_suite
from workbench.datasets.attachments import as_written
from workbench.datasets.fit import fitted
from workbench.datasets.values import Case
from workbench.datasets.writer import SUFFIX, add_case, free_id, remove_case, replace_case
from workbench.errors import UsageError, WorkbenchError
from workbench.prompts.values import Prompt
from workbench.runs.spec.case_schema import check_case, schema_beside
from workbench.runs.spec.suite import Suite
from workbench.workspace import EVALS


@dataclass(frozen=True)
class DatasetPage:
    """A suite's dataset, and the names of all suites."""

    suites: tuple[str, ...]
    suite: Suite | None
    problem: str = ""
    """Why the suite cannot be read."""
    shown: str = ""
    """The folder of the suite that this is about."""

    @property
    def others(self) -> tuple[str, ...]:
        """The suites that are not shown, the next one first."""
        at = self.suites.index(self.shown) + 1 if self.shown in self.suites else 0
        turned = self.suites[at:] + self.suites[:at]
        return tuple(name for name in turned if name != self.shown)

    def written(self, case: Case) -> Case:
        """A case as its file has it: with the names of its files, not with what they hold."""
        named = (
            self.suite.as_written.case(case.id) if self.suite and self.suite.as_written else None
        )
        return named or as_written(case)

    @property
    def path(self) -> Path | None:
        """The file, where this program may write it."""
        if self.suite is None or not is_edited_in_place(self.suite):
            return None
        path = Path(self.suite.dataset.source)
        return path if path.suffix.lower() == SUFFIX and path.is_file() else None


def read_datasets(session: Session, name: str | None, prompt_id: str = "") -> DatasetPage:
    """The named suite's dataset, else that of the prompt's suite, else the first one's."""
    names = tuple(path.parent.name for path in session.workspace.suite_paths())
    if not names and not name:
        return DatasetPage((), None)
    wanted = name or _trying(session, names, prompt_id) or names[0]
    try:
        suite = session.workspace.suite(wanted)
    except WorkbenchError as error:
        return DatasetPage(names, None, str(error), wanted)
    with suppress(UsageError):  # what cannot be kept can be shown
        record(session, suite)
    prompt = _prompt_of(session, suite)
    if prompt is not None:
        with suppress(WorkbenchError):  # shown by their names then: doctor says what is wrong
            suite = suite.for_prompts([prompt])
    return DatasetPage(names, suite, shown=suite.path.parent.name if suite.path else wanted)


def _trying(session: Session, names: Sequence[str], prompt_id: str) -> str:
    """The suite that tries the prompt, its namesake first; empty: none that can be read does."""
    for name in sorted(names, key=lambda name: name != prompt_id) if prompt_id else ():
        try:
            if session.workspace.suite(name).prompt_id == prompt_id:
                return name
        except WorkbenchError:
            continue  # another suite's trouble is said when that one is shown
    return ""


def save_case(session: Session, path: Path, case: Case, replaces: str) -> str:
    """Add a case, or put it in another's place; says what was done.

    Raises TemplateError or DatasetError for a value that does not fit the suite's prompt or schema.
    """
    prompt = None
    with suppress(WorkbenchError):  # a suite that cannot be read asks for nothing
        prompt = _prompt_of(session, session.workspace.suite(str(path.parent)))
    if prompt is not None:
        case = fitted(prompt, case, path.parent)
    schema = schema_beside(path)
    if schema:
        check_case(case, schema, str(path))
    if replaces:
        replace_case(path, case, case_id=replaces)
        return _kept(session, path, f"changed {case.id} in {path.name}")
    add_case(path, case)
    return _kept(session, path, f"added {case.id} to {path.name}")


def _prompt_of(session: Session, suite: Suite) -> Prompt | None:
    """The draft of the suite's prompt, where it can be read."""
    try:
        draft = session.workspace.draft_path(suite.prompt_id)
        return session.workspace.draft(draft).prompt if draft else None
    except WorkbenchError:
        return None


def delete_case(session: Session, path: Path, case_id: str) -> str:
    """Take a case out of its file; says what was done."""
    remove_case(path, case_id)
    return _kept(session, path, f"deleted {case_id} from {path.name}")


def _kept(session: Session, path: Path, done: str) -> str:
    """Keep what the file holds now as a version of each suite that reads it; returns `done`."""
    with suppress(WorkbenchError):  # the edit is done, and the next reader keeps it
        record_file(session, path, done)
    return done


def save_first_case(session: Session, prompt_id: str, case: Case) -> str:
    """Begin the prompt's suite with this case; says what was done."""
    draft = session.workspace.draft_path(prompt_id)
    if draft is not None:
        folder = session.workspace.root / EVALS / prompt_id
        case = fitted(session.workspace.draft(draft).prompt, case, folder)
    path = begin_suite(session, prompt_id, case)
    return f"began {path.relative_to(session.workspace.root)}: exact_match, to be edited outside"


def blank_case(cases: Sequence[Case], like: Case | None = None) -> Case:
    """A new case with a free id: the inputs' names of the others, and `like`'s values."""
    taken = [case.id for case in cases]
    if like is not None:
        return Case(
            free_id(taken, like.id), dict(like.inputs), like.expected, like.tags, like.split
        )
    names = list(cases[0].inputs) if cases else ["input"]
    split = "dev" if any(case.split == "dev" for case in cases) else None
    return Case(free_id(taken), dict.fromkeys(names, ""), None, (), split)
