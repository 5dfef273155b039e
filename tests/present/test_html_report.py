"""The HTML page: complete, escaped, without script."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from tests.support.hostile import EVERYTHING, FORBIDDEN
from workbench.present.charts import Confusion, histogram
from workbench.present.html_report import Report, ReportCase, ReportSide, render_report
from workbench.present.svg import interval_chart, share_bar
from workbench.runs.spec.suite import GatePolicy
from workbench.verdicts.values import Comparison, Gate, Verdict

ALLOWED = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "h1",
    "h2",
    "p",
    "table",
    "tr",
    "th",
    "td",
    "strong",
    "details",
    "summary",
    "ul",
    "li",
    "div",
    "span",
    "pre",
    "del",
    "ins",
    "svg",
    "line",
    "circle",
    "rect",
    "text",
}


class Page(HTMLParser):
    """Elements, attributes and text of a page; every element must be closed."""

    VOID = ("meta",)

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(source)
        self.close()
        assert not self._open, f"not closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)


def comparison(text: str) -> Comparison:
    return Comparison(
        scorer=text,
        verdict=Verdict.WORSE,
        gate=Gate.FAIL,
        difference=-0.1,
        low=-0.2,
        high=-0.01,
        fixed=(),
        broke=(text,),
        same=3,
        missing=(),
        cases=4,
        score_a=0.9,
        score_b=0.8,
        p_value=0.01,
        method="tango",
        planned=4,
        reason=text,
        details={"alpha": 0.05},
    )


def report(text: str, output: str = "", letters: str = "AB") -> Report:
    sides = tuple(
        ReportSide(
            letter,
            text,
            {text: text, "score": "0.9"},
            histogram([0.1, 0.2], 2),
            ("a", text),
            text if letter == "A" else f"{text}\nmore {text}",
            comparisons=() if letter == "A" else (comparison(text),),
            notes=() if letter == "A" else (text,),
            confusion=None if letter == "A" else Confusion((text, "b"), ((1, 0), (0, 1))),
        )
        for letter in letters
    )
    outputs = [text, *(output or text[::-1] for _ in letters[1:])]
    case = ReportCase(text, "broke", {text: text}, text, outputs, {text: [text] * len(letters)})
    return Report(
        title=text,
        suite=text,
        policy=GatePolicy(("exact_match",)),
        sides=sides,
        cases=(case,),
        left_out=2,
        notes=(text,),
    )


def test_the_page_says_verdict_cases_and_prompt() -> None:
    page = Page(render_report(report("triage", "triage more")))
    assert "FAIL" in page.text
    assert "worse than" in page.text
    assert "2 more changed cases are not listed here." in page.text
    assert "+ more triage" in page.text
    assert {"svg", "ins", "details"} <= page.elements


def test_every_side_has_its_verdict_its_column_and_its_prompt() -> None:
    page = Page(render_report(report("triage", "triage more", "ABCD")))
    for letter in "BCD":
        assert f"{letter} triage: triage" in page.text
        assert f"Prompt, A to {letter}" in page.text
        assert f"{letter}: expected (rows) against answered" in page.text
    assert page.text.count("triage more") >= 3


@pytest.mark.parametrize("letters", ["AB", "ABC"])
def test_nothing_in_the_data_becomes_markup(letters: str) -> None:
    source = render_report(report(EVERYTHING, letters=letters))
    page = Page(source)
    assert page.elements <= ALLOWED
    assert "<script>alert(1)</script>" in page.text
    names = {name for name, _ in page.attributes}
    assert not {name for name in names if name.startswith("on")}
    assert not names & {"href", "src", "style", "action", "srcdoc", "xlink:href"}


def test_nothing_in_the_data_acts_on_a_terminal_that_prints_the_page() -> None:
    source = render_report(report(EVERYTHING))
    assert not [char for char in FORBIDDEN if char in source]
    assert "\x1b" not in source


def test_the_page_needs_nothing_from_elsewhere() -> None:
    source = render_report(report("triage"))
    assert "default-src 'none'" in source
    without_namespace = source.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|url\(|@import|<script|<link|<iframe", without_namespace)


def test_a_long_text_is_cut_and_says_so() -> None:
    source = render_report(report("triage", "x" * 10_000))
    assert "6,000 more characters" in source
    assert "x" * 5_000 not in source


@pytest.mark.parametrize(("low", "high"), [(-1.0, 1.0), (0.0, 0.0), (-0.02, 0.3)])
def test_an_interval_stays_inside_its_picture(low: float, high: float) -> None:
    coordinates = [
        float(x) for x in re.findall(r'x[12]="([-\d.]+)"', interval_chart(0.0, low, high, 0.05))
    ]
    assert all(0 <= x <= 640 for x in coordinates)


def test_counts_of_nothing_make_a_bar_without_parts() -> None:
    assert 'width="0.0"' in share_bar((("fixed", 0), ("broke", 0)))
