"""`workbench label SUITE`: a person says which answers are right, one key each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.context import CommandContext, command
from workbench.present import numbers

if TYPE_CHECKING:
    from workbench.actions.labelling.label import Desk
    from workbench.actions.labelling.order import Item
    from workbench.actions.session import Session

_LETTERS = {"pass": "p", "fail": "f"}


@command("label", example="workbench label support_triage --order random")
@click.argument("suite")
@click.option("--about", metavar="JUDGE", default="", help="Label for this judge's criterion.")
@click.option(
    "--order",
    type=click.Choice(["informative", "random"]),
    default="informative",
    show_default=True,
    help="Which answers come first.",
)
@click.option("--run", "run_ids", metavar="RUN", multiple=True, help="Only answers of this run.")
@click.option("--skipped", is_flag=True, help="Ask again about answers that you skipped.")
@click.option(
    "--export",
    "export_to",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write everybody's labels as JSONL, and ask nothing.",
)
def label_command(
    context: CommandContext,
    suite: str,
    about: str,
    order: str,
    run_ids: tuple[str, ...],
    skipped: bool,
    export_to: Path | None,
) -> None:
    """Label the answers of a SUITE's stored runs: pass or fail, one key each.

    You see inputs, expected answer and answer, and neither versions, models and scores nor what
    others say. With `--about` the labels are that judge's, on the keys 1 to 9. Further keys: s
    skips, u takes the last one back, n adds a note, q leaves. Each key is stored at once. Without a
    terminal each line of stdin is a key.

    The order `informative` begins with answers of which scorers or runs say different things, then
    come scores nearest to 0.5, then the others. A judge's error rates are those of all answers only
    if the labelled ones were drawn in `random` order.
    """
    from workbench.actions.labelling.label import open_desk
    from workbench.actions.labelling.summary import export_labels, labels_of, lines_of, values_of

    session = context.session()
    if export_to is not None:
        count = export_labels(session, session.workspace.suite(suite), export_to)
        values = {"suite": suite, "path": str(export_to), "labels": count}
        context.answer(values, [f"wrote {numbers.plural(count, 'label')} to {export_to}"])
        return
    desk = open_desk(session, suite, about=about, order=order, run_ids=run_ids, again=skipped)
    desk = _ask(context, session, desk)
    labels = labels_of(session, session.workspace.suite(suite))
    context.answer(values_of(desk, labels), lines_of(desk, labels))


def _ask(context: CommandContext, session: Session, desk: Desk) -> Desk:
    """Ask until there is nothing left or the rater leaves; returns what was said."""
    from workbench.actions.labelling.label import give, note, skip, undo
    from workbench.cli.one_key import END, narrator, read_key, read_text
    from workbench.present.labels.texts import answer_lines

    say = narrator(context)
    keys = keys_of(desk.labels)
    back: Item | None = None
    while item := back or next(iter(desk.open), None):
        say([_head(desk)])
        say(answer_lines(item.case, item.answer, desk.note_of(item)))
        say([_keys_line(desk)])
        while True:
            key, _, rest = read_key().partition(" ")
            if key in keys:
                desk, back = give(session, desk, item, keys[key]), None
            elif key == "s":
                desk, back = skip(session, desk, item), None
            elif key == "u":
                desk, undone = undo(session, desk)
                say(["taken back" if undone else "there is nothing to take back"])
                back = undone or back
            elif key == "n":
                desk = note(session, desk, item, rest or read_text("note"))
                back = item
            elif key == END:
                return desk
            else:
                say([f"{key!r} is no key here: {_keys_line(desk)}"])
                continue
            break
    return desk


def keys_of(labels: tuple[str, ...]) -> dict[str, str]:
    """The label of each key: its digit, its word, and p and f for pass and fail."""
    keys = {str(at): label for at, label in enumerate(labels, 1)}
    keys |= {_LETTERS[label]: label for label in labels if label in _LETTERS}
    return keys | {label: label for label in labels}


def _head(desk: Desk) -> str:
    of = f" · {desk.asked.about}: {desk.criterion}" if desk.asked.about else ""
    return f"--- {desk.done} of {len(desk.items)} labelled{of}"


def _keys_line(desk: Desk) -> str:
    labels = (f"{_LETTERS.get(label, at)} {label}" for at, label in enumerate(desk.labels, 1))
    return "  ".join([*labels, "s skip", "u undo", "n note", "q leave"])
