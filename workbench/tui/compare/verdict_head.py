"""The head of a comparison: who is compared, the verdict, and counts that filter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widget import Widget

from workbench.actions.comparing.compare import Compared
from workbench.actions.comparing.side_runs import Side
from workbench.present import numbers
from workbench.present.safe_text import safe_line
from workbench.present.slices.lines import claim_word
from workbench.present.tables import fit
from workbench.present.verdict_words import gate_word, headline, listed
from workbench.tui.compare.further_sides import Standing
from workbench.tui.widgets.text import plain
from workbench.verdicts.conditions import decided_by
from workbench.verdicts.slices import SliceStanding
from workbench.verdicts.values import Gate, Verdict

HEIGHT = 4
MOST_LABEL = 24
MOST_NOTES = 3
_COLOURS: Mapping[Gate, str] = {Gate.PASS: "pass", Gate.FAIL: "fail", Gate.NO_DECISION: "open"}


@dataclass(frozen=True)
class Shown:
    """What the head says of a comparison."""

    compared: Compared
    counts: Mapping[str, int]
    """How many cases each named set holds."""
    trade: str = ""
    """What B costs against A."""
    standings: Sequence[Standing] = ()
    """Every candidate, where there are several: instead of B's verdict."""
    claims: Sequence[str] = ()
    """What they may claim together."""
    noise: Sequence[str] = ()
    """A's own flips between repeats, next to the flips from A to each candidate."""


def _notes(compared: Compared) -> list[str]:
    """Notes on the cases; limited so that the table keeps its room."""
    notes = [f"note: {safe_line(note)}" for note in compared.notes]
    if len(notes) > MOST_NOTES:
        left = len(notes) - MOST_NOTES + 1
        notes[MOST_NOTES - 1 :] = [f"note: {left} more, which workbench compare prints"]
    return notes


class VerdictHead(Widget):
    """Three or four lines, or one a candidate; a click on a count shows those cases."""

    COMPONENT_CLASSES = {"verdict--pass", "verdict--fail", "verdict--open", "verdict--count"}  # noqa: RUF012
    DEFAULT_CSS = """
    VerdictHead {
        height: 4; padding: 0 1;
        & > .verdict--pass { color: $text-success; text-style: bold; }
        & > .verdict--fail { color: $text-error; text-style: bold; }
        & > .verdict--open { color: $text-warning; text-style: bold; }
        & > .verdict--count { text-style: bold reverse; }
    }
    """

    class Chosen(Message):
        """A count was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shown: Shown | None = None
        self._lines: list[str] = []
        self._chosen = "all"

    def say(self, *lines: str) -> None:
        """Show a message in place of a verdict."""
        self._shown, self._lines = None, list(lines)
        self.styles.height = HEIGHT
        self.refresh()

    def show(self, shown: Shown, chosen: str = "all") -> None:
        """A comparison, and which of its cases are listed."""
        self._shown, self._chosen = shown, chosen
        self.styles.height = "auto"
        self.refresh(layout=True)

    def choose(self, name: str) -> None:
        """Mark another count."""
        self._chosen = name
        self.refresh()

    def action_show_only(self, name: str) -> None:
        self.post_message(self.Chosen(name))

    def render(self) -> Content:
        width, shown = self.size.width, self._shown
        if shown is None:
            return Content("\n").join([plain(fit(line, width)) for line in self._lines])
        compared = shown.compared
        if shown.standings:
            verdicts = self._standings(shown.standings, width)
        else:
            verdicts = [self._verdict(compared)]
        more = [] if shown.standings else scorer_lines(compared)
        more += slices_line(compared.beside.slices) if not shown.standings else []
        more += [*shown.noise, *shown.claims]
        more += _notes(compared)
        if compared.preview:
            more = [f"PREVIEW: {compared.preview.reason}", *more]
        elif compared.part:
            more = [f"only {compared.part} of {compared.split} were asked on both sides", *more]
        lines = [plain(fit(line, width)) for line in more]
        first = plain(sides_line(compared, width, alone=bool(shown.standings)))
        return Content("\n").join([first, *verdicts, self._counts(shown), *lines])

    def _verdict(self, compared: Compared) -> Content:
        a, b = compared.a.source.short, compared.b.source.short
        comparison, policy = compared.headline, compared.suite.gate
        text = plain(headline(comparison, policy, a=a, b=b))
        if text.cell_length > self.size.width:
            text = plain(headline(comparison, policy, a=a, b=b, counts=False))  # shown below
        return text.stylize(self._style(comparison.gate), 0, len(gate_word(comparison)))

    def _standings(self, standings: Sequence[Standing], width: int) -> list[Content]:
        """One line per candidate, in columns."""
        label = min(MOST_LABEL, max(cell_len(safe_line(one.label)) for one in standings))
        word = max(len(one.word) for one in standings)
        lines = []
        for one in standings:
            before = f"{one.letter} {fit(safe_line(one.label), label)}  {one.score}  "
            line = plain(fit(f"{before}{one.word:<{word}}  {one.effect}", width))
            at = len(before)
            lines.append(line.stylize(self._style(one.gate), at, at + len(one.word)))
        return lines

    def _style(self, gate: Gate) -> Style:
        return self.get_visual_style(f"verdict--{_COLOURS[gate]}")

    def _counts(self, shown: Shown) -> Content:
        parts = [plain("any side:")] if shown.standings else []
        for name, number in shown.counts.items():
            text = f"{name} {number:,}"
            chosen = name == self._chosen
            part = Content(f"[{text}]" if chosen else f" {text} ")
            part = part.stylize(Style.from_meta({"@click": f"show_only('{name}')"}))
            parts.append(part.stylize(self.get_visual_style("verdict--count")) if chosen else part)
        return Content("").join([*parts, plain(f"  {shown.trade}" * (not shown.standings))])


def scorer_lines(compared: Compared) -> list[str]:
    """The gate's result where it differs from the headline's."""
    if compared.gate is compared.headline.gate:
        return []
    gate = compared.gate
    others = decided_by(gate, compared.comparisons, compared.beside.conditions)
    word = gate.value.replace("_", " ").upper()
    return [f"the gate: {word} by {listed([safe_line(name) for name in others])} · w says why"]


def slices_line(slices: Sequence[SliceStanding]) -> list[str]:
    """The tags of which something can be said, in one line."""
    told = [
        f"{safe_line(one.tag)} {claim_word(one)}"
        for one in slices
        if one.gated or one.claim in (Verdict.BETTER, Verdict.WORSE)
    ]
    if not slices:
        return []
    return [f"slices: {' · '.join(told) or 'none stands out'} · w shows all {len(slices)}"]


def sides_line(compared: Compared, width: int, *, alone: bool = False) -> str:
    """`A 1.0.0 run r1 0.891  →  B draft run r2 0.911`, shortened to fit, or only A where the
    other sides have lines of their own.
    """
    where = f"{compared.suite.name} {compared.split} n={compared.headline.cases}"
    sides = (("A", compared.a), ("B", compared.b))
    short, long = (
        "  →  ".join(
            f"{letter} {_called(side, full)}  {numbers.score(side.summary.score)}"
            for letter, side in (sides[:1] if alone else sides)
        )
        for full in (False, True)
    )
    for left in (f"{compared.b.source.prompt.prompt_id}   {long}", long, short):
        if cell_len(left) + cell_len(where) < width:
            return f"{fit(left, width - cell_len(where) - 1)} {where}"
    where = f"n={compared.headline.cases}"
    return f"{fit(short, max(20, width - cell_len(where) - 1))} {where}"


def _called(side: Side, full: bool) -> str:
    name, run_id = side.source.short, side.summary.run_id
    return f"{name}  run {run_id}" if full and run_id not in name else name
