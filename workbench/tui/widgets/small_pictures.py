"""The images of a case as small pictures, read and decoded when they are asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeGuard

from textual.content import Content

from workbench.actions.session import Session
from workbench.datasets.values import Case
from workbench.present.pictures.small import SmallPicture, small_picture
from workbench.present.safe_text import safe_line
from workbench.prompts.inputs.media import Attachment
from workbench.tui.terminal.terminal_colour import is_plain

if TYPE_CHECKING:
    from workbench.tui.context.app_context import AppContext

_KEPT = 100
_UPPER_HALF = "▀"


class SmallPictures:
    """Pictures by the digest of their files; none on a terminal without colours."""

    def __init__(self, app: AppContext, loaded: Callable[[], None]) -> None:
        """`loaded` is called when a picture that was asked for can be shown."""
        self._app = app
        self._loaded = loaded
        self._known: dict[str, SmallPicture] = {}
        self._asked = ""

    def of(self, case: Case, name: str) -> Content:
        """The picture of an input, or a line that says why there is none; nothing for what is no
        image, and while it is being decoded.
        """
        value = case.inputs.get(name)
        if not _is_image(value) or is_plain(os.environ):
            return Content("")
        picture = self._known.get(value["sha256"])
        if picture is None:
            self._ask(value)
            return Content("")
        if picture.problem:
            return Content.assemble((f"({safe_line(picture.problem)})", "$text-muted"), "\n\n")
        return Content.assemble(*_cells(picture), "\n")

    def _ask(self, image: Attachment) -> None:
        digest = image["sha256"]
        if self._asked == digest:
            return
        self._asked = digest

        def done(picture: SmallPicture) -> None:
            self._asked = ""
            while len(self._known) >= _KEPT:
                self._known.pop(next(iter(self._known)))
            self._known[digest] = picture
            self._loaded()

        self._app.in_thread(_decoded, image, done=done, group="small-picture")


def _is_image(value: object) -> TypeGuard[Attachment]:
    return isinstance(value, Attachment) and str(value["type"]).startswith("image/")


def _decoded(_session: Session, image: Attachment) -> SmallPicture:
    try:
        return small_picture(image.data())
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return SmallPicture(problem=str(reason))


def _cells(picture: SmallPicture) -> Iterator[tuple[str, str] | str]:
    for line in picture.lines():
        for upper, lower in line:
            yield _UPPER_HALF, f"#{upper} on #{lower}" if lower else f"#{upper}"
        yield "\n"
