"""Walk through the demo and put what it really printed into the README.

python scripts/readme_walk.py
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- demo:begin -->", "<!-- demo:end -->"
WIDTH = 108
WORKSPACE = "support-demo"
# The app's code stands further down in the README, the diff would fill a page, and progress is
# for whoever waits.
_LEFT_OUT = (
    (re.compile(r" This is all of the app:\n.*?\n(app \(it starts)", re.DOTALL), r"\n\n\1"),
    (re.compile(r"\$ workbench diff .*?\n\n(?=\$ workbench)", re.DOTALL), ""),
    (re.compile(r"^run r\w{12}: .*\n", re.MULTILINE), ""),
    (re.compile(r"\n+look around: .*", re.DOTALL), ""),
    (re.compile(r"\n{3,}"), "\n\n"),
)


def main() -> None:
    """Run the walk as somebody called ana, in an empty folder, and rewrite the block."""
    with tempfile.TemporaryDirectory() as folder:
        git = Path(folder) / "gitconfig"
        git.write_text("[user]\n\tname = ana\n")
        walked = subprocess.run(
            [sys.executable, "-m", "workbench", "demo", WORKSPACE, "--plain"],
            cwd=folder,
            env={**os.environ, "GIT_CONFIG_GLOBAL": str(git)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=True,
        ).stdout.replace(f"{Path(folder).resolve()}/", "")
    for pattern, instead in _LEFT_OUT:
        walked = pattern.sub(instead, walked)
    lines = [piece for line in walked.strip().split("\n") for piece in _wrapped(line)]
    before, rest = README.read_text().split(BEGIN)
    after = rest.split(END)[1]
    block = "\n".join(lines)
    README.write_text(f"{before}{BEGIN}\n```\n{block}\n```\n{END}{after}")


def _wrapped(line: str) -> list[str]:
    if len(line) <= WIDTH:
        return [line]
    return textwrap.wrap(line, WIDTH, subsequent_indent="    ", break_long_words=False)


if __name__ == "__main__":
    main()
