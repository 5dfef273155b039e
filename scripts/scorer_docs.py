"""The page of all scorers: `python scripts/scorer_docs.py` writes docs/scorers.md.

Summaries, options and examples come from the kinds themselves; a test says when the page is old.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from workbench.scorers.base import Kind
from workbench.scorers.catalog import COMMON, EXPECTED, KINDS, OWN
from workbench.typed_options import Option

PAGE = Path(__file__).resolve().parents[1] / "docs" / "scorers.md"
HEAD = """\
# Scorers

Written by `python scripts/scorer_docs.py` from the scorers themselves; `workbench scorers NAME`
shows the same. How a suite names and combines them, and what an empty or refused answer counts as,
is in [runs](runs.md#scorers).

Every scorer also takes the options of the first table, and `expected` where it reads what a case
expects.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD, *table(COMMON)]
    for name, kind in sorted({**KINDS, **OWN}.items()):
        parts += ["", f"## {name}", "", *about(kind)]
    return "\n".join(parts) + "\n"


def about(kind: Kind) -> Iterator[str]:
    yield kind.summary
    if kind.library:
        yield ""
        command = f"pip install 'prompt-workbench[{kind.library.extra}]'"
        yield (
            f"Takes the package `{kind.library.name}`: `{command}`. "
            "Its version is in the fingerprint."
        )
    if kind.reads:
        unless = " or ".join(f"`{name}`" for name in (*kind.instead, EXPECTED))
        yield ""
        yield f"It reads what the case expects, unless the suite gives {unless}."
    yield ""
    yield from ["```yaml", "scorers:", f"  - {kind.example}", "```"]
    if kind.options:
        yield ""
        yield from table(kind.options)


def table(options: Mapping[str, Option]) -> Iterator[str]:
    yield "| option | default | takes | |"
    yield "|---|---|---|---|"
    for name, option in options.items():
        default = json.dumps(option.default, ensure_ascii=False)
        cells = (f"`{name}`", f"`{default}`", option.takes, option.summary)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
