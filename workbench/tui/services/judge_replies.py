"""What judges said about an answer: their whole replies, as they are stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from workbench.datasets.json_values import parse_json
from workbench.errors import DatasetError
from workbench.tui.table.case_rows import ResultRow
from workbench.tui.table.case_texts import flat_json
from workbench.tui.widgets.case_detail import block, call_lines

if TYPE_CHECKING:
    from workbench.actions.session import Session
    from workbench.providers.base import Answer

NONE = "no judge was asked about this answer"


@dataclass(frozen=True, slots=True)
class Judged:
    """An answer of a run."""

    title: str
    """Which side it is of; empty where there is one."""
    run_id: str
    case_id: str
    repeat: int


def read_replies(session: Session, judged: Sequence[Judged]) -> Content:
    """The replies about each of these answers, as text."""
    parts: list[Content] = []
    for one in judged:
        replies = session.store.judgements(one.run_id, one.case_id, one.repeat)
        parts += _parts(one.title, replies)
    return Content("").join(parts).rstrip()


def _parts(title: str, replies: Iterable[tuple[str, Answer]]) -> Iterable[Content]:
    about = f"{title} · " if title else ""
    is_judged = False
    for judge, answer in replies:
        is_judged = True
        yield block(f"{about}judge {judge}", _reply(answer))
        yield block(f"{about}call of {judge}", call_lines(answer))
    if not is_judged:
        yield block(f"{about}judges", NONE)


def _reply(answer: Answer) -> str:
    """The whole reply; one JSON object with a line for each of its properties."""
    text = answer.text.strip()
    try:
        value = parse_json(text, "reply")
    except DatasetError:
        value = None
    if isinstance(value, dict) and value:
        return "\n".join(f"{name}: {flat_json(one)}" for name, one in value.items())
    return text or f"(none: {answer.outcome.value})"


def judged_in_run(run_id: str, row: object) -> Callable[[Session], Content]:
    """What reads the replies about a row of a run's results."""
    judged = []
    if isinstance(row, ResultRow) and row.result is not None:
        judged.append(Judged("", run_id, row.case_id, row.repeat))
    return lambda session: read_replies(session, judged)
