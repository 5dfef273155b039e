"""Write .ci/promptfoo/package-lock.json: promptfoo and what it needs, at one version with hashes.

    python scripts/lock_promptfoo.py

npm resolves what .ci/promptfoo/package.json names. Kept is what an installation without optional
packages has, each with its version, hash and dependencies; nothing is installed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / ".ci" / "promptfoo"
_MODULES = "node_modules/"


def main() -> int:
    """Resolve, prune, write."""
    packages = resolved()
    kept: dict[str, dict[str, Any]] = {}
    waiting = [f"{_MODULES}{name}" for name in packages[""]["dependencies"]]
    while waiting:
        path = waiting.pop()
        if path in kept:
            continue
        package = packages[path]
        kept[path] = {key: package[key] for key in ("version", "integrity")}
        needs = {**peers_of(package), **package.get("dependencies", {})}
        if needs:
            kept[path]["dependencies"] = needs
        waiting += [place for name in needs if (place := place_of(name, path, packages))]
    top = {"": {"dependencies": packages[""]["dependencies"]}}
    rows = (top | dict(sorted(kept.items()))).items()
    lines = ",\n".join(f"{json.dumps(path)}: {json.dumps(package)}" for path, package in rows)
    text = f'{{"lockfileVersion": 3, "packages": {{\n{lines}\n}}}}\n'
    (FOLDER / "package-lock.json").write_text(text, encoding="utf-8")
    print(f"{len(kept)} packages")
    return 0


def resolved() -> dict[str, Any]:
    """The packages as npm resolves them, without the addresses that it would fetch them from."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("there is no npm on PATH")
    with tempfile.TemporaryDirectory() as name:
        shutil.copy(FOLDER / "package.json", name)
        options = ["--package-lock-only", "--ignore-scripts", "--omit-lockfile-registry-resolved"]
        subprocess.run([npm, "install", "--silent", *options], cwd=name, check=True)
        lock = json.loads(Path(name, "package-lock.json").read_text(encoding="utf-8"))
    packages: dict[str, Any] = lock["packages"]
    return packages


def peers_of(package: dict[str, Any]) -> dict[str, str]:
    """The peers that a package cannot do without; here they are dependencies like others."""
    optional = package.get("peerDependenciesMeta", {})
    peers: dict[str, str] = package.get("peerDependencies", {})
    return {n: spec for n, spec in peers.items() if not optional.get(n, {}).get("optional")}


def place_of(name: str, path: str, packages: dict[str, Any]) -> str | None:
    """Where Node finds a package that the one at `path` requires."""
    while True:
        place = f"{path}/{_MODULES}{name}" if path else f"{_MODULES}{name}"
        if place in packages:
            return place
        if not path:
            return None
        path = path.rpartition(f"/{_MODULES}")[0]


if __name__ == "__main__":
    raise SystemExit(main())
