"""What stands on the screens can be read in every theme that can be chosen: WCAG 2.2."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import pytest
from rich.segment import Segment
from textual.app import App
from textual.color import Color
from textual.pilot import Pilot
from textual.theme import BUILTIN_THEMES, Theme

from tests.support.screens import pick_version, settled, until, until_shown
from tests.tui.conftest import PROMPT
from workbench.tui.app import WorkbenchApp
from workbench.tui.dialogs.deploy import open_deploy
from workbench.tui.draft.prompt_editor import PromptEditor
from workbench.tui.terminal.readable import BORDER_RATIO, TEXT_RATIO, contrast, readable
from workbench.tui.terminal.themes import OURS
from workbench.workspace import Workspace

THEMES = [*OURS, *(readable(theme) for theme in BUILTIN_THEMES.values() if not theme.ansi)]
TEXTS = ("foreground", "text-muted", "text-primary", "text-secondary", "text-accent", "accent")
STATES = ("text-success", "text-warning", "text-error")
GROUNDS = ("background", "surface", "panel", "block-cursor-blurred-background")


def test_contrast_is_what_wcag_computes() -> None:
    black, white = Color.parse("#000000"), Color.parse("#ffffff")
    assert contrast(black, white) == pytest.approx(21)
    assert contrast(white, white) == 1
    # The lightest grey that may stand on white, by the table of WebAIM.
    assert contrast(Color.parse("#767676"), white) == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_text_reaches_4_5_and_borders_3_on_every_ground(theme: Theme) -> None:
    colours = {**theme.to_color_system().generate(), **theme.variables}
    by_name = {name: Color.parse(colours[name]) for name in (*TEXTS, *STATES, *GROUNDS, "border")}
    for ground in GROUNDS:
        for name in (*TEXTS, *STATES):
            assert contrast(by_name[name], by_name[ground]) >= TEXT_RATIO, (name, ground)
    for ground in ("background", "surface"):
        assert contrast(by_name["border"], by_name[ground]) >= BORDER_RATIO, ground
    cursor = [Color.parse(colours[f"block-cursor-{end}"]) for end in ("foreground", "background")]
    assert contrast(*cursor) >= TEXT_RATIO


def _faint(app: App[object]) -> Iterator[str]:
    """What is drawn with less contrast than it needs. Behind a dialog everything is faint."""
    dialog = app.screen.query("#dialog, CommandPalette > Vertical")
    top = dialog.first().region if dialog else app.screen.region
    strips = app.screen._compositor.render_strips()
    for strip in strips[top.y : top.bottom]:
        for segment in strip.crop(top.x, top.right):
            text = segment.text.strip()
            needs = BORDER_RATIO if _is_line(text) else TEXT_RATIO
            ratio = _ratio(segment)
            if text and ratio < needs:
                yield f"{text[:30]!r} {ratio:.2f} {segment.style}"


def _is_line(text: str) -> bool:
    return all(
        unicodedata.name(char, "").startswith(("BOX", "LEFT", "RIGHT", "UPPER", "LOWER"))
        for char in text
    )


def _ratio(segment: Segment) -> float:
    style = segment.style
    if style is None or style.color is None or style.bgcolor is None:
        return 21
    parts = [Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)]
    return contrast(*parts)


async def _looked_at(pilot: Pilot[int], app: WorkbenchApp) -> set[str]:
    """What is too faint in what is shown now, theme by theme."""
    await settled(pilot)
    faint = set()
    for theme in (OURS[0].name, OURS[1].name, "solarized-light"):
        app.theme = theme
        await pilot.pause()
        faint |= {f"{theme}: {each}" for each in _faint(app)}
    return faint


@pytest.mark.anyio
@pytest.mark.exhaustive
async def test_nothing_on_the_screens_is_too_faint(workspace: Workspace) -> None:
    """Lists with and without the focus, the editor, a diff in a dialog, its fields and keys."""
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await pick_version(pilot, "1.0.1")
        faint = await _looked_at(pilot, app)
        open_deploy(app, PROMPT, "1.0.1")
        await until_shown(pilot, "passed support_triage")
        faint |= await _looked_at(pilot, app)
        await pilot.press("escape", "question_mark")
        faint |= await _looked_at(pilot, app)
        await pilot.press("escape", "f5")
        await until_shown(pilot, "calls")
        faint |= await _looked_at(pilot, app)
        await pilot.press("escape", "n")
        faint |= await _looked_at(pilot, app)
        await pilot.press("escape", "f3")
        await until(pilot, lambda: app.screen.query_one(PromptEditor).has_focus)
        faint |= await _looked_at(pilot, app)
        await pilot.press("ctrl+p")
        faint |= await _looked_at(pilot, app)
    assert not faint, "\n".join(sorted(faint))
