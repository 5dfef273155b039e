"""A workspace with two tested versions and an untested one, and a registry to publish them to."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from tests.cli.conftest import DRAFT, SUITE, Cli
from tests.support.openai_server import OpenAIServer

TEAM_KEY = "key-0123456789-abcdef"
SETTINGS = """\
[workspace]
author = "ana"

[providers.mock]
base_url = "{url}"

[environments.production]
publish = ["team"]

[targets.team]
kind = "labels"
uri_env = "TEAM_REGISTRY"

[targets.team.options]
key_env = "TEAM_KEY"
timeout = 20
"""
ROWS = [
    {"id": f"c{at:02}", "inputs": {"ticket": f"case {at}"}, "expected": "billing", "split": "gate"}
    for at in range(30)
]


def make_released(home: Path, site: Path) -> Path:
    """Below `home`: 1.0.0 and 1.0.1 of triage passed its suite, 1.0.2 was never judged; nothing is
    live. `site` has the example plug-in.
    """
    root = home / "w"
    (root / "prompts").mkdir(parents=True)
    (root / "evals" / "triage").mkdir(parents=True)
    (root / "prompts" / "triage.prompty").write_text(DRAFT)
    suite = SUITE.replace("gate: {threshold: 0.8, margin: 0.1}", "gate: {threshold: 0.5}")
    (root / "evals" / "triage" / "suite.yaml").write_text(suite)
    (root / "evals" / "triage" / "cases.jsonl").write_text("\n".join(map(json.dumps, ROWS)))
    cli = cli_in(home, site, "http://127.0.0.1:9")
    with OpenAIServer(lambda messages, options: "billing") as provider:
        (root / "workbench.toml").write_text(SETTINGS.format(url=provider.base_url))
        for word in ("plain", "better", "best"):
            cli.say(word)
            assert cli.here("register", "triage", "-d", word).code == 0
        for version in ("1.0.0", "1.0.1"):
            done = cli.here("evaluate", f"triage@{version}")
            assert done.code == 0, done.err
    return home


def copy_of(home: Path, to: Path, site: Path, uri: str) -> Cli:
    """A copy of the workspace, trusted, whose target is at `uri`."""
    shutil.copytree(home, to)
    cli = cli_in(to, site, uri)
    assert cli.here("trust").code == 0
    return cli


def cli_in(home: Path, site: Path, uri: str) -> Cli:
    """The command in the workspace below `home`."""
    environ = {
        **os.environ,
        "WORKBENCH_CONFIG": str(home / "config"),
        "WORKBENCH_STATE": str(home / "state"),
        "COLUMNS": "100",
        "PYTHONPATH": os.pathsep.join([str(site), str(Path(__file__).parents[2])]),
        "TEAM_REGISTRY": uri,
        "TEAM_KEY": TEAM_KEY,
    }
    return Cli(home / "w", environ)
