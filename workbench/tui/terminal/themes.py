"""Our two themes, and which one a terminal gets."""

from __future__ import annotations

from collections.abc import Mapping

from textual.theme import Theme

from workbench.tui.terminal.terminal_colour import is_plain

DARK = Theme(
    name="workbench-dark",
    primary="#7aa2d8",
    secondary="#5f7fae",
    accent="#e0af68",
    warning="#e0af68",
    error="#e8727c",
    success="#8fc07f",
    foreground="#d5d9e0",
    background="#16181d",
    surface="#1c1f26",
    panel="#272b34",
    dark=True,
    variables={
        "block-cursor-background": "#35507a",
        "block-cursor-blurred-background": "#2a3549",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "bold",
        "footer-key-foreground": "#e0af68",
        "border": "#66738c",
        "scrollbar": "#66738c",
        "scrollbar-background": "#16181d",
        "text-muted": "#9ba1ac",
    },
)

LIGHT = Theme(
    name="workbench-light",
    primary="#1f5fa8",
    secondary="#3d6fa8",
    accent="#864f00",
    warning="#8a5200",
    error="#b3202c",
    success="#1f6f33",
    foreground="#1d2129",
    background="#fafafa",
    surface="#f2f3f5",
    panel="#e3e6ea",
    dark=False,
    variables={
        "block-cursor-background": "#1f5fa8",
        "block-cursor-blurred-background": "#cddbec",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "bold",
        "footer-key-foreground": "#864f00",
        "border": "#7a8494",
        "scrollbar": "#7a8494",
        "scrollbar-background": "#fafafa",
        "text-muted": "#4d535e",
    },
)

OURS = (DARK, LIGHT)
SHORT = {"dark": DARK.name, "light": LIGHT.name, "ansi": "ansi-dark", "auto": ""}
"""What the settings may say in place of a theme's name."""


def choose(wanted: str, environ: Mapping[str, str], light: bool | None = None) -> str:
    """The theme's name: the settings', else one that fits the terminal's background.

    `light` is the terminal's answer, None if it gave none. Then COLORFGBG decides, which few
    terminals set: "foreground;background", 0-6 and 8 for dark backgrounds.
    """
    if is_plain(environ):
        return "ansi-dark"
    named = SHORT.get(wanted, wanted)
    if named:
        return named
    if light is not None:
        return LIGHT.name if light else DARK.name
    background = environ.get("COLORFGBG", "").rpartition(";")[2]
    return LIGHT.name if background in ("7", "15") else DARK.name
