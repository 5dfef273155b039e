"""The programs beyond Python that some tests drive: how each is found, checked and brought.

    python -m tests.support.programs

prints the Debian packages of those that are missing here. Nothing but the standard library is
imported, so that this runs before there is a virtual environment.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass

CHECK_S = 60.0
"""For a program to answer: long, because it is a machine's load that is waited for."""


@dataclass(frozen=True)
class Program:
    """One program, by the names that it goes by on PATH."""

    commands: tuple[str, ...]
    check: tuple[str, ...]
    """Arguments with which it exits with 0 where the tests can use it."""
    package: str = ""
    """The Debian package; empty where Debian's is too old."""
    other_source: str = ""

    @property
    def bring(self) -> str:
        """What to do to have it."""
        return f"apt-get install {self.package}" if self.package else self.other_source


PROGRAMS = {
    "chromium": Program(
        commands=("chromium", "chromium-browser"),
        check=(
            *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
            *("--dump-dom", "data:text/html,works"),
        ),
        package="chromium",
    ),
    "git": Program(commands=("git",), check=("--version",), package="git"),
    "node": Program(commands=("node",), check=("--version",), package="nodejs"),
    "node:sqlite": Program(
        commands=("node",),
        check=("-e", "import('node:sqlite').catch(() => process.exit(1))"),
        other_source="Node 22.13 or newer, first on PATH",
    ),
    "patch": Program(commands=("patch",), check=("--version",), package="patch"),
    "sqlite3": Program(
        commands=("sqlite3",),
        check=(":memory:", "CREATE TABLE a (b INTEGER) STRICT"),
        package="sqlite3",
    ),
    "strace": Program(
        commands=("strace",), check=("-f", "-o", os.devnull, "true"), package="strace"
    ),
}


def path_of(name: str) -> str | None:
    """Where the program lies; None where it does not."""
    return next(filter(None, map(shutil.which, PROGRAMS[name].commands)), None)


@functools.cache
def problem(name: str) -> str:
    """Why tests cannot drive the program here; empty where they can."""
    path = path_of(name)
    if path is None:
        return "missing"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        try:
            done = subprocess.run(
                [path, *PROGRAMS[name].check],
                env={**os.environ, "HOME": home, "XDG_CONFIG_HOME": home},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=CHECK_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"{path} fails: {error}"
    return f"{path} fails with {done.returncode}" if done.returncode else ""


if __name__ == "__main__":
    packages = {PROGRAMS[name].package for name in PROGRAMS if path_of(name) is None}
    sys.stdout.write(" ".join(sorted(packages - {""})))
