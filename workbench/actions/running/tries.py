"""One answer asked for and kept, and what was kept."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace

from workbench.actions.running.run import try_case
from workbench.actions.session import Session
from workbench.datasets.values import Case
from workbench.errors import ProviderError, UsageError, WorkbenchError
from workbench.present.case_values import input_text
from workbench.providers.base import Answer, Outcome
from workbench.runs.tries.store import Tries
from workbench.runs.tries.values import Question


@dataclass(frozen=True, slots=True)
class Tried:
    """An answer, and its place among the tries."""

    answer: Answer
    try_id: int | None
    """None: it could not be kept."""
    problem: str = ""
    """Why it could not be kept."""


def tries_of(session: Session) -> Tries:
    """The tries of the workspace. Raises UsageError where runs.db cannot be opened."""
    return Tries(session.store.database)


def try_and_keep(
    session: Session, question: Question, *, on_text: Callable[[str], None] | None = None
) -> Tried:
    """One answer, streamed to `on_text`, and kept with its question. Blocks. Where it cannot be
    kept, as in a read-only workspace or on a full disk, it is asked all the same.

    Raises what `try_case` raises; a provider's refusal is kept too.
    """
    question = replace(question, start=input_text(question.case))
    try_id, problem = None, ""
    try:
        try_id = tries_of(session).begin(question, session.author)
    except (UsageError, sqlite3.Error) as error:
        problem = _why(error)
    try:
        answer = try_case(session, question.prompt, question.case, on_text=on_text)
    except WorkbenchError as error:
        if try_id is not None:
            _not_answered(session, try_id, error)
        raise
    if try_id is not None:
        try:
            tries_of(session).finish(try_id, answer)
        except sqlite3.Error as error:
            problem = _why(error)
    return Tried(answer, None if problem else try_id, problem)


def _not_answered(session: Session, try_id: int, error: WorkbenchError) -> None:
    outcome = Outcome.PROVIDER_ERROR if isinstance(error, ProviderError) else Outcome.UNSENT
    with contextlib.suppress(sqlite3.Error):  # the error itself is raised to whoever asked
        tries_of(session).finish(try_id, Answer(outcome, error=error.message))


def keep_typed(session: Session, prompt_id: str, case: Case) -> Case:
    """Keep typed inputs among the prompt's cases, outside of any dataset. Where they cannot be
    kept, the case is returned as it is.
    """
    try:
        return tries_of(session).keep_typed(prompt_id, case)
    except (UsageError, sqlite3.Error):
        return case


def typed_cases(session: Session, prompt_id: str) -> tuple[Case, ...]:
    """The inputs typed for a prompt, as cases; none where nothing was kept."""
    if not session.workspace.runs_path.exists():
        return ()
    return tries_of(session).typed(prompt_id)


def _why(error: Exception) -> str:
    return error.message if isinstance(error, WorkbenchError) else str(error)
