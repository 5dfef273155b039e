"""Write the lock files: every dependency at one version, with the hashes of its wheels (or of its
source, where there is no wheel).

    python scripts/lock.py [FOLDER...]

`constraints.txt` holds the program and its `local` extra, `constraints-dev.txt` what the tests and
the other extras need besides. No package stands in both. The extras that only `make
test-integration` installs have a file of their own in `.ci/`, one for each folder of
`tests/integration/`, for Linux on x86-64; with FOLDER only these are written.

pip itself resolves for the interpreter that runs this, which should be the oldest supported one;
for the other interpreters and platforms it is asked for the same versions. Nothing is installed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "constraints.txt"
DEVELOPMENT = ROOT / "constraints-dev.txt"
DEMO_EXTRAS = ("local",)
INTEGRATION = {
    "hosted": (
        (),
        ("langfuse>=5", "langsmith>=0.15", "langchain-core>=1.8", "arize-phoenix-client>=3.5"),
    ),
    "mlflow": (("mlflow",), ()),
    "targets": (("targets", "sagemaker"), ("dotpromptz>=0.2", "moto[server]>=5.2")),
    "mcp": (("mcp",), ()),
    "inspect": (("inspect",), ("inspect-ai>=0.3.285", "openai>=2")),
    "sources": (("deltalake", "targets"), ("moto[server]>=5.2", "dvc>=3.60")),
}
"""For each folder of tests/integration: the extras that it tries, and what it tries them with."""
HEAVY = frozenset(extra for extras, _ in INTEGRATION.values() for extra in extras)
WITHOUT_WHEELS = ("antlr4-python3-runtime",)
"""Packages of which only the source is published; dvc needs one. Installing builds them."""
CI = "Linux x86_64"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PLATFORMS = {
    CI: [f"manylinux_2_{minor}_x86_64" for minor in (28, 27, 17, 12, 5)] + ["manylinux2014_x86_64"],
    "Linux aarch64": [f"manylinux_2_{minor}_aarch64" for minor in (28, 27, 26, 17)]
    + ["manylinux2014_aarch64"],
    "macOS arm64": [
        f"macosx_{major}_0_{arch}" for major in (14, 13, 12, 11) for arch in ("arm64", "universal2")
    ]
    + ["macosx_10_9_universal2"],
    "Windows x86_64": ["win_amd64"],
}


def main() -> int:
    """Resolve, collect, write."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras: dict[str, list[str]] = data["project"]["optional-dependencies"]
    folders = sys.argv[1:]
    for folder in folders or INTEGRATION:
        write_integration(folder, extras)
    if folders:
        return 0
    demo = [*data["build-system"]["requires"], *data["project"]["dependencies"]]
    for extra in DEMO_EXTRAS:
        demo += extras[extra]
    first = resolve(demo, [])
    exact = [f"{name}=={version}" for name, version, _ in first]
    light = [extra for name, extra in extras.items() if name not in HEAVY]
    everything = [requirement for extra in light for requirement in extra]
    later = resolve([*exact, *everything], [])
    hashes = {name: {digest} for name, _, digest in later}
    pins = {name: version for name, version, _ in later}
    add_other_platforms(pins, hashes)
    of_the_demo = {name for name, _, _ in first}
    for path, names in ((DEMO, of_the_demo), (DEVELOPMENT, pins.keys() - of_the_demo)):
        path.write_text(text({name: pins[name] for name in names}, hashes), encoding="utf-8")
        print(f"{path.name}: {len(names)} packages")
    return 0


def write_integration(folder: str, extras: dict[str, list[str]]) -> None:
    """Write the lock file of a folder of tests/integration."""
    names, more = INTEGRATION[folder]
    wanted = [*(requirement for name in names for requirement in extras[name]), *more]
    resolved = resolve(wanted, [])
    pins = {name: version for name, version, _ in resolved}
    hashes = {name: {digest} for name, _, digest in resolved}
    add_other_platforms(pins, hashes, [CI])
    path = ROOT / ".ci" / f"{folder}.txt"
    path.write_text(text(pins, hashes), encoding="utf-8")
    print(f".ci/{path.name}: {len(pins)} packages")


def add_other_platforms(
    pins: dict[str, str], hashes: dict[str, set[str]], labels: Iterable[str] = PLATFORMS
) -> None:
    """Add the hashes of the wheels for each supported interpreter and platform."""
    exact = [f"{name}=={version}" for name, version in sorted(pins.items())]
    for python in PYTHONS:
        for label in labels:
            options = ["--no-deps", f"--python-version={python}"]
            options += [f"--platform={platform}" for platform in PLATFORMS[label]]
            for name, digest in collect(exact, options, f"Python {python}, {label}"):
                hashes[name].add(digest)


def collect(exact: list[str], options: list[str], where: str) -> list[tuple[str, str]]:
    """(name, hash) of what exists there; what does not is said and left out."""
    try:
        return [(name, digest) for name, _, digest in resolve(exact, options)]
    except subprocess.CalledProcessError:
        resolved: list[tuple[str, str]] = []
        for requirement in exact:
            try:
                resolved += [(n, digest) for n, _, digest in resolve([requirement], options)]
            except subprocess.CalledProcessError:
                print(f"{where}: no wheel of {requirement}", file=sys.stderr)
        return resolved


def resolve(requirements: list[str], options: list[str]) -> list[tuple[str, str, str]]:
    """(name, version, sha256) of what pip would install. Raises CalledProcessError."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed"]
        command += ["--quiet", "--only-binary=:all:", f"--report={report}"]
        command += [f"--no-binary={name}" for name in WITHOUT_WHEELS]
        command += [f"--target={folder}/target"] if options else []
        subprocess.run([*command, *options, *requirements], check=True, capture_output=True)
        installs: list[dict[str, Any]] = json.loads(report.read_text(encoding="utf-8"))["install"]
    return [
        (
            item["metadata"]["name"].lower().replace("_", "-").replace(".", "-"),
            item["metadata"]["version"],
            item["download_info"]["archive_info"]["hashes"]["sha256"],
        )
        for item in installs
    ]


def text(pins: dict[str, str], hashes: dict[str, set[str]]) -> str:
    """The file: one package a block, sorted."""
    lines = ["# Written by scripts/lock.py; do not edit."]
    for name, version in sorted(pins.items()):
        digests = [f"    --hash=sha256:{digest}" for digest in sorted(hashes[name])]
        lines.append(" \\\n".join([f"{name}=={version}", *digests]))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
