"""The examples in the docs run as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.registry import PromptRegistry, PromptVersion

DOCS = Path(__file__).parents[2] / "docs" / "reading-from-other-languages.md"
TEXT = "Answer with one queue name only.\nTicket: {ticket} 'quoted' ü"
PROGRAMS = {
    "python": (sys.executable, "e.py", ()),
    "sh": ("sh", "e.sh", ("sqlite3",)),
    "node-sqlite": ("node", "e.mjs", ("node:sqlite",)),
    "node-shell": ("node", "e.mjs", ("node", "sqlite3")),
}
"""By example: what runs it, the name of its file, and the programs that it needs."""


def examples() -> dict[str, str]:
    """The code blocks by language; JavaScript ones by the name in their first line."""
    by_language = {}
    for language, code in re.findall(r"```(\w+)\n(.*?)```", DOCS.read_text(), re.DOTALL):
        name = re.match(r"// (\S+)\.mjs", code)
        by_language[name[1] if name else language] = code
    return by_language


@pytest.mark.exhaustive(keep=2)
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.needs(*needs)) for name, (*_, needs) in PROGRAMS.items()],
)
def test_the_example_prints_the_live_text(
    registry: PromptRegistry, tmp_path: Path, name: str
) -> None:
    registry.register(PromptVersion("support_triage", "1.0.0", TEXT, author="ana"))
    registry.deploy(
        "support_triage", "1.0.0", "production", "ana", override=True, reason="an example"
    )
    program, file_name, _ = PROGRAMS[name]
    file = tmp_path / file_name
    file.write_text(examples()[name])

    done = subprocess.run(
        [program, str(file)],
        env={**os.environ, "REGISTRY": registry.path},
        capture_output=True,
        text=True,
    )

    assert done.stderr == ""
    assert done.stdout.strip() == TEXT


def test_the_docs_have_an_example_for_each_language() -> None:
    assert {"sh", "node-sqlite", "node-shell", "go", "python", "sql"} <= examples().keys()


def test_the_view_lists_what_the_docs_say(
    registry: PromptRegistry, tested: Callable[..., PromptVersion]
) -> None:
    tested("p", "1.0.0")
    registry.deploy("p", "1.0.0", "production", "ana")
    with registry._reading() as connection:
        cursor = connection.execute("SELECT * FROM active_prompts")
        columns = {description[0] for description in cursor.description}

    table = DOCS.read_text().partition("| column |")[2].partition("\n\n")[0]
    named = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", table, re.M))))
    assert columns == named
