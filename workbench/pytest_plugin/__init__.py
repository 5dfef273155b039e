"""`pytest --workbench`: every suite of the workspace is a test, which passes where its gate does.

Also a fixture that gives tests what is live. Without the option, and unless the fixture is used,
nothing of the workbench is imported.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from workbench import PromptVersion
    from workbench.workspace import Workspace

_DEST = "workbench"
_SUITE = "suite.yaml"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of this plugin."""
    group = parser.getgroup("workbench")
    group.addoption(
        "--workbench",
        action="store_true",
        dest=_DEST,
        help="run the gates of the workspace's suites as tests: they call the model",
    )
    group.addoption(
        "--workbench-dir", default="", metavar="DIR", help="the workspace; default: the nearest"
    )
    group.addoption(
        "--workbench-yes", action="store_true", help="do not stop before a run that costs much"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Collect the workspace's suites, beside what the command line names."""
    if not config.getoption(_DEST):
        return
    folders = [path.parent.resolve() for path in _workspace(config).suite_paths()]
    named = [Path(arg.partition("::")[0]).resolve() for arg in config.args]
    for folder in folders:
        if not any(folder.is_relative_to(path) or path.is_relative_to(folder) for path in named):
            config.args.append(str(folder))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """The suites are collected as what they are."""
    if file_path.name != _SUITE or not parent.config.getoption(_DEST):
        return None
    from workbench.pytest_plugin.suites import SuiteFile

    return SuiteFile.from_parent(parent, path=file_path, workspace=_workspace(parent.config))


@pytest.fixture(scope="session")
def live_prompt(request: pytest.FixtureRequest) -> Callable[..., PromptVersion]:
    """A function that gives the prompt that is live: `live_prompt("support_triage")`, in
    production unless `environment` says another. It raises where nothing is live.
    """
    from workbench import PromptRegistry

    registry = PromptRegistry(_workspace(request.config).registry_path)

    def live(prompt_id: str, environment: str = "production") -> PromptVersion:
        return registry.require_active(prompt_id, environment)

    return live


def _workspace(config: pytest.Config) -> Workspace:
    from workbench.errors import WorkbenchError
    from workbench.workspace import find_workspace

    try:
        return find_workspace(Path(config.getoption("--workbench-dir") or config.rootpath))
    except WorkbenchError as error:
        raise pytest.UsageError(str(error)) from error
