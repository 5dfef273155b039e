"""The page of `workbench report` in a browser: all of it is there, and nothing else happens."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli, make_cli
from tests.support.browser import Browser, Page
from tests.support.openai_server import OpenAIServer

pytestmark = [pytest.mark.anyio, pytest.mark.needs("chromium"), pytest.mark.timeout(180)]

QUEUES = ("billing", "delivery", "login", "returns")
ATTACKS = (
    "<script>window.hacked = 'script'</script>",
    "</script></style></title></svg><script>window.hacked = 'closed'</script>",
    "<img src=x onerror=\"window.hacked = 'img'\">",
    "<svg onload=\"window.hacked = 'svg'\"><animate onbegin=\"window.hacked = 'begin'\">",
    '" onmouseover="window.hacked = 1" x="',
    '[look](javascript:window.hacked=1) <a href="javascript:window.hacked=2">look</a>',
    '<iframe srcdoc="<script>parent.hacked = 3</script>"></iframe>',
    '<link rel=stylesheet href="http://127.0.0.1:9/x"><meta http-equiv=refresh content="0;url=/">',
    "&lt;script&gt;window.hacked = 4&lt;/script&gt; &#60;b&#62;",
    "שלום \u202eolleh\u202c مرحبا",
    "one\x00two\x1b[31mred\x07 {{ template }} {% raw %} ${window.hacked = 5}",
    "a-word-without-any-blank-in-it-" * 12,
)
DRAFT = """\
---
name: triage
description: Route a ticket <script>window.hacked = 6</script>
model: {{id: mock, provider: mock, options: {{temperature: 0}}}}
inputs: [{{name: ticket, kind: string}}]
---
system:
{text}

user:
{{{{ ticket }}}}
"""
CONTRASTS = """
(() => {
  const light = color => {
    const [r, g, b] = color.match(/[0-9.]+/g).map(Number).map(part => part / 255)
      .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = one => {
    const color = getComputedStyle(one).backgroundColor;
    return color === "rgba(0, 0, 0, 0)" ? behind(one.parentElement) : light(color);
  };
  const ratios = {};
  for (const one of document.querySelectorAll("body :not(title)")) {
    if (![...one.childNodes].some(node => node.nodeType === 3 && node.data.trim())) continue;
    const style = getComputedStyle(one);
    const front = light(one.closest("svg") ? style.fill : style.color), back = behind(one);
    const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    const name = `${one.tagName}.${one.className.baseVal ?? one.className}`;
    ratios[name] = Math.min(ratio, ratios[name] ?? ratio);
  }
  return [behind(document.body), ratios];
})()
"""
"""Of every element with text: how many times lighter or darker than its background it is, as
WCAG 2.2 defines contrast; and how light the page is."""
PLAIN = f"Answer with one queue name.\nNever say <b>why</b>.\n{ATTACKS[1]}"
BETTER = f"Answer with one queue name only.\nNever say <b>why</b>.\n{ATTACKS[1]}\n{ATTACKS[2]}"


def attack(number: int) -> str:
    """What a case tries; every one is tried by a case that changed."""
    return ATTACKS[number // 3 % len(ATTACKS)]


def answer(messages: list[dict[str, Any]], options: dict[str, Any]) -> str:
    """Wrong for some cases of each prompt, and then as hostile as its case is."""
    number = int(re.findall(r"#(\d+)", messages[-1]["content"])[0])
    is_better = "only" in messages[0]["content"]
    if number % 12 == 5 if is_better else number % 3 == 0:
        return f"{QUEUES[(number + 1) % 4]} {attack(number)}"
    return QUEUES[number % 4]


def write_cases(cli: Cli) -> None:
    rows = [
        {
            "id": f"c{number:02} {attack(number)[:40]}",
            "inputs": {"ticket": f"#{number} about it: {attack(number)}"},
            "expected": QUEUES[number % 4],
        }
        for number in range(60)
    ]
    folder = cli.root / "evals" / "triage"
    (folder / "cases.jsonl").write_text("\n".join(map(json.dumps, rows)))


def write_draft(cli: Cli, text: str) -> None:
    (cli.root / "prompts" / "triage.prompty").write_text(DRAFT.format(text=text))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page about two stored runs on hostile cases."""
    with OpenAIServer(answer) as server:
        cli = make_cli(tmp_path_factory.mktemp("reported") / "shop", server.base_url)
        write_cases(cli)
        runs = []
        for text in (PLAIN, BETTER):
            write_draft(cli, text)
            done = cli.here("run", "triage", "--split", "all", "--yes", "--json")
            assert done.code == 0, done.err
            runs.append(done.json["run_id"])
        page = cli.root / "page.html"
        done = cli.here("report", *runs, "--split", "all", "--html", str(page), "--json")
        assert done.code == 0, done.err
    return page


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    async with Browser(tmp_path_factory.mktemp("browser")) as running:
        yield running


@pytest.fixture
async def page(browser: Browser, report: Path) -> AsyncIterator[Page]:
    opened = await browser.open(report.as_uri())
    yield opened
    await opened.close()


async def visible_text(page: Page) -> str:
    """What a reader sees without opening anything."""
    text: str = await page.evaluate("document.body.innerText")
    return text


async def test_a_reader_sees_verdict_charts_worst_cases_and_prompt_diff(page: Page) -> None:
    text = await visible_text(page)
    assert re.search(r"PASS BETTER .*\+25\.0 pts", text)
    assert "20 fixed  5 broke  35 same" in text
    assert text.index("broke c05") < text.index("fixed c00")
    for shown in ("#5 about it", "expected", f"login {attack(5)}", "0.00 want: delivery"):
        assert shown in text, "of the first broken case, without a click"
    assert "+ Answer with one queue name only." in text
    assert f"+ {ATTACKS[2]}" in text
    sizes = await page.evaluate(
        "[...document.querySelectorAll('svg')].map(one => one.getBBox().width *"
        " one.getBoundingClientRect().height)"
    )
    assert len(sizes) == 4, "interval, shares, a histogram of each side"
    assert all(size > 0 for size in sizes)


async def test_every_case_opens_without_script(page: Page) -> None:
    closed = "[...document.querySelectorAll('details')].filter(one => !one.open)"
    at = f"{closed}.at(-1).querySelector('summary')"
    await page.click(at)
    await page.until(f"!{closed}.some(one => one.textContent.includes('c57'))")
    assert "#57 about it" in await visible_text(page)


async def test_nothing_in_the_data_runs_or_loads(page: Page, report: Path) -> None:
    await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    text = await visible_text(page)
    for attack in ATTACKS[:9]:
        assert attack in text, "as text"
    assert not re.search("[\u202a-\u202e\x00\x1b]", text)
    assert await page.evaluate("window.hacked") is None
    violations = await page.evaluate(
        "[...document.querySelectorAll('script, img, iframe, link, a, form, base, object, embed')]"
        ".map(one => one.outerHTML)"
    )
    assert violations == []
    assert page.requests == [report.as_uri()]
    assert page.problems == []


async def test_what_the_data_tries_would_be_seen_by_these_tests(page: Page) -> None:
    """The page's own policy would stop a script too: one that is let in by hand shows it."""
    await page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=\"http://127.0.0.1:9/x\""
        ' onerror="window.hacked = 1"><b onclick="window.hacked = 1">\')'
    )
    await page.until_received(lambda: len(page.problems) >= 2)
    assert all("Content Security Policy" in problem for problem in page.problems)
    assert await page.evaluate("window.hacked") is None


@pytest.mark.parametrize("width", [1280, 390])
async def test_no_screen_is_so_narrow_that_the_page_scrolls_sideways(
    page: Page, width: int
) -> None:
    await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    await page.resize(width, 800)
    await page.until(f"innerWidth === {width}")
    assert await page.evaluate("document.documentElement.scrollWidth") == width
    smallest = await page.evaluate(
        "Math.min(...[...document.querySelectorAll('svg text')]"
        ".map(one => one.getBoundingClientRect().height))"
    )
    assert smallest >= 10, "a chart's words in pixels"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_word_stands_out_from_what_is_behind_it(page: Page, scheme: str) -> None:
    await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    await page.prefer(scheme)
    await page.until(f"matchMedia('(prefers-color-scheme: {scheme})').matches")
    back, ratios = await page.evaluate(CONTRASTS)
    assert (back > 0.5) is (scheme == "light")
    assert len(ratios) > 5
    faint = {name: ratio for name, ratio in ratios.items() if ratio < 4.5}
    assert not faint, "below what WCAG 2.2 asks of text (AA)"
