"""A copy of a workspace of tested versions for each test, with a registry of others on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.support.label_server import LabelServer
from tests.support.plugins import install_example
from tests.support.published import TEAM_KEY, copy_of, make_released


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install_example(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory, site: Path) -> Path:
    return make_released(tmp_path_factory.mktemp("released"), site)


@pytest.fixture
def team() -> Iterator[LabelServer]:
    with LabelServer() as server:
        server.key = TEAM_KEY
        yield server


@pytest.fixture
def cli(
    released: Path,
    tmp_path: Path,
    site: Path,
    team: LabelServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Cli:
    """The workspace, trusted, whose target is the server."""
    monkeypatch.syspath_prepend(str(site))
    return copy_of(released, tmp_path / "home", site, team.uri)
