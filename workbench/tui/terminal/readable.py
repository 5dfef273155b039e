"""Textual's themes, with colours moved until our screens can be read in them.

WCAG 2.2 asks a contrast of 4.5:1 of text and 3:1 of what frames it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from textual.color import BLACK, WHITE, Color
from textual.theme import Theme

TEXT_RATIO, BORDER_RATIO = 4.5, 3.0
GROUNDS = ("background", "surface", "panel", "block-cursor-blurred-background")
"""What text stands on; the last one is a selected row of a list without the focus."""
TEXTS = (
    "foreground",
    "accent",
    "text-primary",
    "text-secondary",
    "text-accent",
    "text-success",
    "text-warning",
    "text-error",
)
MUTED = 0.6
"""How much of the foreground muted text has where that can be read."""
_STEPS = 20


def contrast(a: Color, b: Color) -> float:
    """The ratio of WCAG 2.2, 1 to 21."""
    low, high = sorted((_luminance(a), _luminance(b)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Color) -> float:
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.normalized]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def readable(theme: Theme) -> Theme:
    """The theme with every colour that our screens use moved towards black or white as far as it
    has to be. Themes of the terminal's own colours stay as they are.
    """
    if theme.ansi:
        return theme
    colours = theme.to_color_system().generate()
    surface = Color.parse(colours["surface"])
    grounds = [_over(Color.parse(colours[name]), surface) for name in GROUNDS]
    end = WHITE if theme.dark else BLACK
    mended = {name: _moved(Color.parse(colours[name]), end, grounds, TEXT_RATIO) for name in TEXTS}
    foreground = mended["foreground"]
    muted = surface.blend(foreground, MUTED, alpha=1)
    mended["text-muted"] = _moved(muted, end, grounds, TEXT_RATIO)
    mended["border"] = _moved(Color.parse(colours["border"]), end, grounds[:2], BORDER_RATIO)
    mended["scrollbar"] = mended["border"]
    mended["scrollbar-background"] = grounds[0]
    mended["footer-key-foreground"] = mended["accent"]
    mended["block-cursor-blurred-background"] = grounds[-1]
    cursor = _over(Color.parse(colours["block-cursor-background"]), surface)
    mended["block-cursor-foreground"] = max((WHITE, BLACK), key=lambda one: contrast(one, cursor))
    variables = {**theme.variables, **{name: colour.hex for name, colour in mended.items()}}
    return replace(
        theme, foreground=foreground.hex, accent=mended["accent"].hex, variables=variables
    )


def _over(colour: Color, ground: Color) -> Color:
    """A colour that lets through what is behind it, on an opaque ground."""
    return ground.blend(colour.with_alpha(1), colour.a, alpha=1)


def _moved(colour: Color, end: Color, grounds: Iterable[Color], ratio: float) -> Color:
    """The colour, blended with `end` in the fewest steps that reach the ratio on every ground."""
    for step in range(_STEPS + 1):
        moved = colour.blend(end, step / _STEPS, alpha=1)
        if all(contrast(moved, ground) >= ratio for ground in grounds):
            return moved
    return end
