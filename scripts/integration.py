"""Run the tests of tests/integration/, each folder in an environment of its own.

    python scripts/integration.py ENVIRONMENTS [FOLDER...]

A folder whose name has a lock file in `.ci/` gets a virtual environment with what that names, in
ENVIRONMENTS, made again when the file changes; behind it stand the packages of the interpreter that
runs this, with pytest and the workbench. One whose name has a folder in `.ci/` gets the
node_modules of the package-lock.json there.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / ".ci"
TESTS = ROOT / "tests" / "integration"
NODE = "WORKBENCH_NODE_MODULES"
"""The variable that says where a folder's node_modules are."""


def main() -> int:
    """Run the folders; the exit code says whether all passed."""
    environments, *names = sys.argv[1:]
    place = Path(environments).absolute()
    folders = names or sorted(path.name for path in TESTS.iterdir() if any(path.glob("test_*.py")))
    failed = [name for name in folders if not passes(name, place)]
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return bool(failed)


def passes(name: str, place: Path) -> bool:
    """Whether the tests of a folder pass in its environment."""
    environ = dict(os.environ)
    lock, packages = LOCKS / f"{name}.txt", LOCKS / name / "package-lock.json"
    python = Path(sys.executable)
    if lock.is_file():
        python = python_with(lock, place / name)
    if packages.is_file():
        environ[NODE] = str(modules_of(packages, place / f"{name}-node"))
    command = [str(python), "-m", "pytest", "-q", "-p", "no:randomly", str(TESTS / name)]
    print(f"tests/integration/{name}", flush=True)
    return subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode == 0


def python_with(lock: Path, folder: Path) -> Path:
    """The interpreter of an environment that has what a lock file names."""
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if is_made(folder, lock):
        return python
    shutil.rmtree(folder, ignore_errors=True)
    made_of = digest(lock)  # not of a file that is written meanwhile
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    install = ["install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps"]
    subprocess.run([str(python), "-m", "pip", *install, "-r", str(lock)], check=True)
    own = subprocess.run(
        [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    )
    # Behind its own packages, and with what the .pth files there name.
    line = f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n"
    Path(own.stdout.strip(), "zz_behind.pth").write_text(line, encoding="utf-8")
    mark_made(folder, made_of)
    return python


def modules_of(lock: Path, folder: Path) -> Path:
    """The node_modules of a package-lock.json; what packages would run on installing does not."""
    if not is_made(folder, lock):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for path in (lock, lock.with_name("package.json")):
            shutil.copy(path, folder)
        made_of = digest(lock)
        options = ["--no-audit", "--no-fund", "--ignore-scripts", "--silent"]
        options += ["--omit=optional", "--omit=peer", "--legacy-peer-deps"]
        subprocess.run([*npm(), "ci", *options], cwd=folder, check=True)
        mark_made(folder, made_of)
    return folder / "node_modules"


def npm() -> list[str]:
    """The npm that belongs to the first Node on PATH."""
    node = shutil.which("node")
    if node is None:
        raise SystemExit("there is no node on PATH")
    own = Path(node).resolve().parent.parent / "lib/node_modules/npm/bin/npm-cli.js"
    return [node, str(own)] if own.is_file() else ["npm"]


def is_made(folder: Path, lock: Path) -> bool:
    """Whether the environment was made from this lock file, whole."""
    mark = folder / ".made-of"
    return mark.is_file() and mark.read_text(encoding="utf-8") == digest(lock)


def mark_made(folder: Path, made_of: str) -> None:
    """Say of which lock file it was made, by the digest."""
    (folder / ".made-of").write_text(made_of, encoding="utf-8")


def digest(lock: Path) -> str:
    """The lock file's sha256, with the interpreter that it is for."""
    return f"{hashlib.sha256(lock.read_bytes()).hexdigest()} {sys.version_info[:2]}"


if __name__ == "__main__":
    raise SystemExit(main())
