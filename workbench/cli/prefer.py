"""`workbench prefer PROMPT --inputs FILE`: a verdict from preferences, without labels."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.confirm import confirm, yes_option
from workbench.cli.context import CommandContext, command
from workbench.cli.progress import Follower
from workbench.errors import EXIT_DONE, EXIT_GATE_FAILED, EXIT_NO_DECISION, UsageError
from workbench.present import numbers
from workbench.verdicts.values import Verdict

if TYPE_CHECKING:
    from workbench.actions.labelling.pairs import Pair
    from workbench.actions.labelling.prefer import Table
    from workbench.actions.session import Session

_CODES = {
    Verdict.BETTER: EXIT_DONE,
    Verdict.WORSE: EXIT_GATE_FAILED,
    Verdict.UNDECIDED: EXIT_NO_DECISION,
}
_KEYS = {"a": "left", "left": "left", "b": "right", "right": "right", "t": "tie", "x": "both_bad"}
_KEYS_LINE = "a/← left  b/→ right  t tie  x both bad  s skip  n note  u undo  m mask  q leave"


@command("prefer", example="workbench prefer support_triage --inputs yesterday.jsonl")
@click.argument("prompt")
@click.option(
    "--inputs",
    metavar="FILE",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Logged inputs: JSONL, CSV, any format of datasets, or traces as JSON.",
)
@click.option("--against", metavar="REF", default="", help="Default: what is live in production.")
@click.option(
    "--map",
    "columns",
    metavar="INPUT=COLUMN",
    multiple=True,
    help="The column of an input that has another name.",
)
@click.option(
    "--equal", metavar="SCORER", help="When answers are equal. Default: exact_match, stripped."
)
@click.option("--limit", type=click.IntRange(1), help="Only the first N inputs.")
@click.option("--confidence", type=click.FloatRange(0.5, 0.999), default=0.95, show_default=True)
@click.option("--concurrency", type=click.IntRange(1, 1_000), help="Calls at a time. Default: 8.")
@click.option("--budget", type=click.FloatRange(0.0), metavar="USD", help="Of each side's run.")
@click.option("--skipped", is_flag=True, help="Ask again about pairs that you skipped.")
@click.option("--unmask", is_flag=True, help="Show personal data that patterns find.")
@click.option(
    "--to-dataset",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Add what was judged to a JSONL dataset.",
)
@yes_option
def prefer_command(
    context: CommandContext,
    prompt: str,
    inputs: Path,
    against: str,
    columns: tuple[str, ...],
    equal: str | None,
    limit: int | None,
    confidence: float,
    concurrency: int | None,
    budget: float | None,
    skipped: bool,
    unmask: bool,
    to_dataset: Path | None,
    yes: bool,
) -> int:
    """Compare PROMPT with what is live on logged inputs, by your preferences.

    Both answer every input; equal answers are left out. The others come in pairs, without names
    and with the sides swapped at random: press a or b, t for a tie, x where both are bad. After
    each key the verdict stands: it may be looked at, and the reading stopped, at any time. Each
    key is stored at once, and the same command goes on where it was left. Without a terminal each
    line of stdin is a key.

    Exit codes: 0 the candidate is preferred, 1 what is live is, 3 not decided yet.
    """
    from workbench.actions.labelling.prefer import PreferOptions, lay_table, write_cases

    session = context.session()
    options = PreferOptions(
        against=against,
        columns=dict(map(_column, columns)),
        equal=_scorer(equal),
        limit=limit,
        confidence=confidence,
        concurrency=concurrency,
        budget_usd=budget,
        again=skipped,
    )
    with Follower(context) as follower:
        table = lay_table(
            session,
            prompt,
            inputs,
            options,
            on_planned=lambda runs: confirm(context, session, runs, yes),
            on_run=follower.on_run,
        )
    for note in table.pairs.notes:
        context.note(f"note: {note}")
    table = _ask(context, session, table, unmask=unmask)
    added = None if to_dataset is None else write_cases(table, to_dataset)
    context.answer(_values(table, to_dataset, added), _lines(table, to_dataset, added))
    return _CODES[table.verdict.verdict]


def _ask(context: CommandContext, session: Session, table: Table, *, unmask: bool) -> Table:
    """Ask until there is nothing left or the reader leaves; returns what was said."""
    from workbench.actions.labelling import prefer as actions
    from workbench.cli.one_key import END, narrator, read_key, read_text
    from workbench.present.labels.masking import can_mask
    from workbench.present.labels.pairs import verdict_line

    say, masks = narrator(context), not unmask and can_mask()
    if not unmask and not masks:
        context.note("personal data is not masked: pip install 'prompt-workbench[text]'")
    back: Pair | None = None
    while pair := back or next(iter(table.open), None):
        say(_pair_lines(table, pair, masks))
        say([_KEYS_LINE])
        while True:
            key, _, rest = read_key().partition(" ")
            if key in _KEYS:
                table, back = actions.prefer(session, table, pair, _KEYS[key]), None
                say([verdict_line(table.verdict)])
            elif key == "s":
                table, back = actions.skip(session, table, pair), None
            elif key == "u":
                table, undone = actions.undo(session, table)
                say(["taken back" if undone else "there is nothing to take back"])
                back = undone or back
            elif key == "n":
                table = actions.note(session, table, pair, rest or read_text("note"))
                back = pair
            elif key == "m" and can_mask():
                masks, back = not masks, pair
            elif key == END:
                return table
            else:
                say([f"{key!r} is no key here: {_KEYS_LINE}"])
                continue
            break
    return table


def _pair_lines(table: Table, pair: Pair, masks: bool) -> Iterable[str]:
    from workbench.present.labels.masking import masked
    from workbench.present.labels.pairs import pair_lines
    from workbench.present.labels.texts import case_lines, named_text

    change: Callable[[str], str] = masked if masks else str
    yield f"--- {len(table.choices)} of {len(table.pairs.pairs)} pairs"
    yield from map(change, case_lines(pair.case))
    yield from pair_lines(pair.left, pair.right, shutil.get_terminal_size().columns - 1, change)
    kept = table.note_of(pair)
    if kept:
        yield from named_text("your note", kept)


def _values(table: Table, path: Path | None, added: int | None) -> dict[str, Any]:
    from workbench.present.labels.pairs import preferred_values

    pairs, reading = table.pairs, table.reading
    return {
        **preferred_values(table.verdict),
        "confidence": reading.confidence,
        "a": reading.a_label,
        "b": reading.b_label,
        "rater": reading.rater,
        "inputs": pairs.inputs,
        "equal": pairs.equal,
        "missing": pairs.missing,
        "pairs": len(pairs.pairs),
        "skipped": len(table.skipped),
        "left": len(table.open),
        "run_a": pairs.runs[0],
        "run_b": pairs.runs[1],
        "dataset": None if path is None else str(path),
        "added": added,
    }


def _lines(table: Table, path: Path | None, added: int | None) -> Iterable[str]:
    from workbench.present.labels.pairs import verdict_line

    pairs, reading = table.pairs, table.reading
    missing = f", {pairs.missing} without an answer" if pairs.missing else ""
    yield f"live {reading.a_label}   candidate {reading.b_label}   {reading.source}"
    yield (
        f"{numbers.plural(pairs.inputs, 'input')}: {pairs.equal} with equal answers{missing},"
        f" {numbers.plural(len(pairs.pairs), 'pair')} to compare, {len(table.choices)} judged"
        f" by {reading.rater}"
    )
    yield verdict_line(table.verdict)
    if added is not None:
        yield f"wrote {numbers.plural(added, 'case')} to {path}"


def _column(text: str) -> tuple[str, str]:
    name, sign, column = text.partition("=")
    if not (name and sign and column):
        raise UsageError(f"--map {text!r} names no column", hint="--map ticket=message")
    return name, column


def _scorer(text: str | None) -> Any:
    """A scorer's name, or its name with options as in a suite. Raises UsageError."""
    from workbench.prompts.files.strict_yaml import parse_yaml

    return None if text is None else parse_yaml(text, "--equal", UsageError)
