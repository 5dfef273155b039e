"""The head of a comparison: who is compared, the verdict, and counts that filter."""

from __future__ import annotations

from collections.abc import Mapping

from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widget import Widget

from workbench.actions.compare import Compared
from workbench.present import numbers
from workbench.present.tables import fit
from workbench.present.verdict_words import headline
from workbench.tui.compare_reads import latency_of
from workbench.tui.pair_rows import CHANGES
from workbench.tui.widgets.text import plain
from workbench.verdicts.values import Gate

_COLOURS: Mapping[Gate, str] = {Gate.PASS: "pass", Gate.FAIL: "fail", Gate.NO_DECISION: "open"}


class VerdictHead(Widget):
    """Three or four lines; a click on a count shows those cases."""

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

    def say(self, *lines: str) -> None:
        """Something else than a verdict: what is missing, or what goes on."""
        self._compared, self._lines = None, list(lines)
        self.refresh()

    def show(self, compared: Compared, chosen: str = "all") -> None:
        """A comparison, and which of its cases are listed."""
        self._compared, self._chosen = compared, chosen
        self.refresh()

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
        lines = [plain(line) for line in sides_lines(compared, width)]
        return Content("\n").join([*lines, self._verdict(compared), self._counts(compared)])

    def _verdict(self, compared: Compared) -> Content:
        names = {"a": label_of(compared, "a"), "b": label_of(compared, "b")}
        if names["a"] == names["b"]:
            names = {"a": "A", "b": "B"}
        text = plain(headline(compared.headline, compared.suite.gate, **names))
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
        return Content("").join([*parts, plain("  " + trade(compared))])


def label_of(compared: Compared, which: str) -> str:
    """A side's short name: draft, 1.2.0, or the label of its run."""
    side = compared.a if which == "a" else compared.b
    return side.source.version or side.source.label or side.summary.label


def sides_lines(compared: Compared, width: int) -> list[str]:
    """`A draft run r1 .891 → B 1.2.0 run r2 .911`: one line, or two where it is narrow."""
    sides = []
    for letter in ("a", "b"):
        side = compared.a if letter == "a" else compared.b
        score = numbers.score(side.summary.score)
        run = side.summary.run_id
        sides.append(f"{letter.upper()} {label_of(compared, letter)}  run {run}  {score}")
    where = f"{compared.suite.name} {compared.split} n={compared.headline.cases}"
    line = f"{compared.a.source.prompt.prompt_id}   {sides[0]}  →  {sides[1]}"
    left = fit(line, max(20, width - len(where) - 1))
    return [f"{left} {where}"]


def trade(compared: Compared) -> str:
    """What B costs against A: `cost +8% · p50 -40 ms`."""
    parts = []
    a, b = compared.a.summary.cost_usd, compared.b.summary.cost_usd
    if a and b is not None and not (compared.a.summary.cached or compared.b.summary.cached):
        parts.append(f"cost {100 * (b - a) / a:+.0f}%")
    p50_a, p50_b = latency_of(compared.a.results), latency_of(compared.b.results)
    if p50_a is not None and p50_b is not None:
        parts.append(f"p50 {1000 * (p50_b - p50_a):+.0f} ms")
    return " · ".join(parts)


NAMES = ("all", *CHANGES)
