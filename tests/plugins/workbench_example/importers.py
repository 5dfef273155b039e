"""An importer of plain text: one user message per prompt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from workbench.errors import DraftError
from workbench.exchange.importers.base import Imported
from workbench.exchange.losses import Loss
from workbench.prompts.values import Message, Prompt


class PlainText:
    """A `.txt` file holds one prompt, or several with a line `---` between them."""

    summary = "A text file: one prompt, or several with a line --- between them."
    suffixes: Sequence[str] = (".txt",)

    def recognizes(self, path: Path) -> bool:
        return path.suffix == ".txt"

    def read(self, path: Path) -> Imported:
        try:
            texts = path.read_text(encoding="utf-8").split("\n---\n")
        except (OSError, UnicodeDecodeError) as error:
            raise DraftError(f"{path}: {error}") from error
        names = [path.stem, *(f"{path.stem}_{number}" for number in range(2, len(texts) + 1))]
        prompts = [
            Prompt(name, (Message("user", text.strip()),))
            for name, text in zip(names, texts, strict=True)
        ]
        return Imported(tuple(prompts), (Loss("the model", "add model.id to the draft"),))
