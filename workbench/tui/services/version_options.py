"""The versions of a prompt, to choose from."""

from __future__ import annotations

from workbench.actions.session import Session
from workbench.errors import NotFound
from workbench.tui.widgets.controls import Option


def version_options(session: Session, prompt_id: str) -> list[Option]:
    """Its versions with what they say is new, newest first; none where it was never registered."""
    try:
        versions = session.registry.versions(prompt_id)
    except NotFound:
        return []
    return [Option(one.version, f"{one.version}  {one.description}") for one in versions]
