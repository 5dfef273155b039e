"""Which theme the app has: the user's choice, the settings' or one that fits the terminal."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from workbench.errors import SettingsError
from workbench.suggestions import did_you_mean
from workbench.tui.terminal import theme_choice, themes

if TYPE_CHECKING:
    from workbench.tui.context.app_context import AppContext


def first_theme(app: AppContext) -> str:
    """The theme to start with. Raises SettingsError as `configured_theme`."""
    chosen = theme_choice.chosen(app.workspace.state)
    if chosen in app.available_themes:
        return themes.choose(chosen, os.environ)
    return configured_theme(app)


def configured_theme(app: AppContext) -> str:
    """The theme of the settings, else of the terminal. Raises SettingsError for an unknown name."""
    wanted = themes.choose(app.workspace.settings.theme, os.environ, app.terminal.light)
    if wanted not in app.available_themes:
        hint = did_you_mean(wanted, [*app.available_themes, *themes.SHORT])
        raise SettingsError(f"workbench.toml: no theme {wanted!r}", hint=hint)
    return wanted
