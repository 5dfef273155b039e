"""Release what is checked out: changelog, version, build, a check of the wheel, and the tag.

    python scripts/release.py X.Y.Z           all of it; nothing is pushed or uploaded
    python scripts/release.py --check         build and check the wheel of what is there

The wheel is installed into a fresh virtual environment outside of the checkout, where
`workbench demo --plain` has to run from it. Stops at the first step that fails, before the tag.
"""

from __future__ import annotations

import argparse
import datetime
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHANGELOG = ROOT / "CHANGELOG.md"
VERSION = ROOT / "workbench" / "_version.py"
DIST = ROOT / "dist"
UNRELEASED = "## [Unreleased]"


def main(argv: list[str]) -> int:
    """Returns 0 when the release, or the checked wheel, is there."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("version", nargs="?", help="X.Y.Z")
    parser.add_argument("--check", action="store_true", help="build and check only")
    options = parser.parse_args(argv)
    if options.check == bool(options.version):
        parser.error("give a version, or --check")
    if options.version:
        check_fit(options.version)
        write_changelog(options.version)
        VERSION.write_text(f'__version__ = "{options.version}"\n', encoding="utf-8")
    wheel = build()
    check_wheel(wheel)
    if options.version:
        run("git", "commit", "-qam", f"Release {options.version}")
        run("git", "tag", "-a", f"v{options.version}", "-m", f"workbench {options.version}")
        print(f"tagged v{options.version}; next: git push --follow-tags, and upload {DIST}/*")
    return 0


def check_fit(version: str) -> None:
    """Raises SystemExit where this version cannot be released from here."""
    if not re.fullmatch(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?", version):
        raise SystemExit(f"{version!r} is no X.Y.Z")
    if run("git", "status", "--porcelain"):
        raise SystemExit("there are changes that are not committed")
    if run("git", "tag", "--list", f"v{version}"):
        raise SystemExit(f"v{version} is there already")
    if not unreleased():
        raise SystemExit(f"{CHANGELOG.name} has nothing below {UNRELEASED}")


def unreleased() -> str:
    """What the changelog says of the next release."""
    text = CHANGELOG.read_text(encoding="utf-8").partition(UNRELEASED)[2]
    return re.split(r"^## ", text, maxsplit=1, flags=re.MULTILINE)[0].strip()


def write_changelog(version: str) -> None:
    """Give what was unreleased its version and date, below an empty section."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    text = CHANGELOG.read_text(encoding="utf-8")
    text = text.replace(UNRELEASED, f"{UNRELEASED}\n\n## [{version}] - {today}", 1)
    CHANGELOG.write_text(text, encoding="utf-8")


def build() -> Path:
    """The wheel, beside the source distribution in dist/."""
    for old in DIST.glob("*"):
        old.unlink()
    DIST.mkdir(exist_ok=True)
    for kind in ("sdist", "wheel"):
        code = f"import setuptools.build_meta as b; b.build_{kind}({str(DIST)!r})"
        run(sys.executable, "-c", code)
    (wheel,) = DIST.glob("*.whl")
    return wheel


def check_wheel(wheel: Path) -> None:
    """Install the wheel where this checkout is not, and run the main job from it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        venv.create(home / "venv", with_pip=True)
        scripts = home / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
        python = str(scripts / "python")
        pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        run(*pip, "--require-hashes", "-r", str(ROOT / "constraints.txt"))
        run(*pip, "--no-deps", str(wheel))
        output = run(str(scripts / "workbench"), "demo", "--plain", folder=home)
        print(f"{wheel.name}: the demo ran, {len(output.splitlines())} lines")


def run(*command: str, folder: Path = ROOT) -> str:
    """What the command printed. Raises SystemExit with what it said when it fails."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
