"""The head of a comparison: who is compared, the verdict, and counts that filter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widget import Widget

from workbench.actions.compare import Compared
from workbench.present import numbers
from workbench.present.tables import fit
from workbench.present.verdict_words import headline
from workbench.tui.widgets.text import plain
from workbench.verdicts.noise import noise_sentence
from workbench.verdicts.values import Gate

HEIGHT = 4
_COLOURS: Mapping[Gate, str] = {Gate.PASS: "pass", Gate.FAIL: "fail", Gate.NO_DECISION: "open"}


class VerdictHead(Widget):
    """Three or four lines, and one more for what else is known; a click on a count shows those
    cases.
    """

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
        self._compared: Compared | None = None
        self._lines: list[str] = []
        self._chosen = "all"
        self._trade = ""
        self._more: list[str] = []

    def say(self, *lines: str) -> None:
        """Something else than a verdict: what is missing, or what goes on."""
        self._compared, self._lines = None, list(lines)
        self.styles.height = HEIGHT
        self.refresh()

    def show(
        self,
        compared: Compared,
        trade: str = "",
        chosen: str = "all",
        more: Sequence[str] = (),
    ) -> None:
        """A comparison, what B costs against A, which of the cases are listed, and lines about
        further sides.
        """
        self._compared, self._trade, self._chosen = compared, trade, chosen
        self._more = [*noise_lines(compared), *more]
        self.styles.height = "auto"
        self.refresh(layout=True)

    def choose(self, name: str) -> None:
        """Mark another count."""
        self._chosen = name
        self.refresh()

    def action_show_only(self, name: str) -> None:
        self.post_message(self.Chosen(name))

    def render(self) -> Content:
        width = self.size.width
        if self._compared is None:
            return Content("\n").join([plain(fit(line, width)) for line in self._lines])
        compared = self._compared
        first = plain(sides_line(compared, width))
        more = [plain(fit(line, width)) for line in self._more]
        return Content("\n").join([first, self._verdict(compared), self._counts(compared), *more])

    def _verdict(self, compared: Compared) -> Content:
        a, b = label_of(compared, "a"), label_of(compared, "b")
        if a == b:
            a, b = "A", "B"
        found, policy = compared.headline, compared.suite.gate
        text = plain(headline(found, policy, a=a, b=b))
        if text.cell_length > self.size.width:
            text = plain(headline(found, policy, a=a, b=b, counts=False))  # they stand below
        style = self.get_visual_style(f"verdict--{_COLOURS[compared.gate]}")
        word = text.plain.split("  ")[0]
        return text.stylize(style, 0, len(word))

    def _counts(self, compared: Compared) -> Content:
        found = compared.headline
        counts = {
            "fixed": len(found.fixed),
            "broke": len(found.broke),
            "same": found.same,
            "missing": len(found.missing),
            "all": len(compared.cases),
        }
        parts = []
        for name, number in counts.items():
            text = f"{name} {number:,}"
            chosen = name == self._chosen
            part = Content(f"[{text}]" if chosen else f" {text} ")
            part = part.stylize(Style.from_meta({"@click": f"show_only('{name}')"}))
            parts.append(part.stylize(self.get_visual_style("verdict--count")) if chosen else part)
        return Content("").join([*parts, plain(f"  {self._trade}")])


def noise_lines(compared: Compared) -> list[str]:
    """What A's own noise says, where A was run twice without the cache."""
    if compared.noise is None:
        return []
    itself = compared.a.summary.fingerprint == compared.b.summary.fingerprint
    return [noise_sentence(compared.headline, compared.noise, itself=itself)]


def label_of(compared: Compared, which: str) -> str:
    """A side's short name: draft, 1.2.0, or the label of its run."""
    side = compared.a if which == "a" else compared.b
    return side.source.version or side.source.label or side.summary.label


def sides_line(compared: Compared, width: int) -> str:
    """`A 1.0.0 run r1 0.891  →  B draft run r2 0.911`, with less in it where it is narrow."""
    found = compared.headline
    where = f"{compared.suite.name} {compared.split} n={found.cases}"
    a, b = ((label_of(compared, x), side) for x, side in (("a", compared.a), ("b", compared.b)))
    short = [
        f"{letter} {label}  {numbers.score(side.summary.score)}"
        for letter, (label, side) in (("A", a), ("B", b))
    ]
    long = [
        f"{letter} {label}  run {side.summary.run_id}  {numbers.score(side.summary.score)}"
        for letter, (label, side) in (("A", a), ("B", b))
    ]
    prompt_id = compared.b.source.prompt.prompt_id
    for left in (f"{prompt_id}   {long[0]}  →  {long[1]}", f"{long[0]}  →  {long[1]}"):
        if cell_len(left) + cell_len(where) < width:
            return f"{fit(left, width - cell_len(where) - 1)} {where}"
    left = f"{short[0]}  →  {short[1]}"
    return f"{fit(left, max(20, width - cell_len(where) - 1))} {where}"
