"""The lock files: pinned and hashed, of no place, and the demo's apart from the tests'."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
DEMO, DEVELOPMENT = "constraints.txt", "constraints-dev.txt"
PIN = re.compile(r"([a-z0-9][a-z0-9-]*)==(\S+)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)\n")
INTEGRATION = {
    "deltalake": ".ci/sources.txt",
    "inspect": ".ci/inspect.txt",
    "mcp": ".ci/mcp.txt",
    "mlflow": ".ci/mlflow.txt",
    "sagemaker": ".ci/targets.txt",
    "targets": ".ci/targets.txt",
}
"""The extras that only `make test-integration` installs, with their lock files."""
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pins(name: str) -> dict[str, Version]:
    return {pin[1]: Version(pin[2]) for pin in PIN.finditer((ROOT / name).read_text())}


def unmet(requirements: list[str], pinned: dict[str, Version]) -> list[str]:
    """Which of them no pin fulfils."""
    parsed = [Requirement(text) for text in requirements]
    return [
        str(wanted)
        for wanted in parsed
        if (version := pinned.get(canonicalize_name(wanted.name))) is None
        or version not in wanted.specifier
    ]


@pytest.mark.parametrize("name", [DEMO, DEVELOPMENT, ".ci/hosted.txt", *INTEGRATION.values()])
def test_a_lock_file_holds_pins_with_hashes_and_nothing_else(name: str) -> None:
    first, _, rest = (ROOT / name).read_text().partition("\n")
    assert first.startswith("# Written by scripts/lock.py")
    assert PIN.sub("", rest) == ""
    assert list(pins(name)) == sorted(pins(name))


def test_the_demo_gets_what_the_program_and_its_local_model_need() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    needed = PROJECT["build-system"]["requires"] + PROJECT["project"]["dependencies"]
    assert unmet(needed + extras["local"], pins(DEMO)) == []
    others = [Requirement(text).name for name in ("web", "sign", "dev") for text in extras[name]]
    assert pins(DEMO).keys() & {canonicalize_name(name) for name in others} == set()


def test_both_lock_files_together_have_every_light_extra_and_nothing_twice() -> None:
    demo, development = pins(DEMO), pins(DEVELOPMENT)
    assert demo.keys() & development.keys() == set()
    extras = PROJECT["project"]["optional-dependencies"].items()
    light = [text for name, extra in extras if name not in INTEGRATION for text in extra]
    assert unmet(light, demo | development) == []


@pytest.mark.parametrize("extra", INTEGRATION)
def test_a_heavy_extra_has_a_lock_file_of_its_own_and_is_in_no_other(extra: str) -> None:
    wanted = PROJECT["project"]["optional-dependencies"][extra]
    assert unmet(wanted, pins(INTEGRATION[extra])) == []
    extras = PROJECT["project"]["optional-dependencies"].items()
    light = {text for name, listed in extras if name not in INTEGRATION for text in listed}
    names = {canonicalize_name(Requirement(text).name) for text in {*wanted} - light}
    assert names
    assert names & (pins(DEMO).keys() | pins(DEVELOPMENT).keys()) == set()
