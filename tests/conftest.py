"""What every test shares: nothing of the developer's own settings, and no race with a clock."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Generator, Iterator

import pytest
from hypothesis import settings

from tests.support.fast_folder import use_fast_folder
from workbench.providers.openai_chat.forms import FORMS

pytest_plugins = [
    "tests.support.exhaustive",
    "tests.support.needs",
    "tests.support.pilot_speed",
    "tests.support.registry_speed",
]

use_fast_folder()
# What a test starts would compile the whole program again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A deadline would measure the machine, not the code.
settings.register_profile("explore", deadline=None)
# The same examples each time: what fails was changed, and nobody has to run it twice to know.
settings.register_profile("workbench", deadline=None, derandomize=True)
settings.load_profile("workbench")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # In the background of a script: what the tests start would ignore ctrl+c, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """One worker more than cores: a fifth of a worker's time goes into waiting for others."""
    return (yield) + 1


# A fifth of the time goes into looking for garbage, most of it among what the imports made.
gc.set_threshold(20_000, 20, 20)


def pytest_collection_finish() -> None:
    """What was imported stays, and nobody has to look through it again."""
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In any order, but the journeys first: one that began last would run alone for a minute."""
    items.sort(key=lambda item: "journeys" not in item.path.parts)


@pytest.fixture(scope="session", autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Trust, logs and git's settings of whoever runs the tests stay out of them."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_CONFIG", str(home / "config"))
        patch.setenv("WORKBENCH_STATE", str(home / "state"))
        patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        for name in ("WORKBENCH_REGISTRY", "OPENAI_API_KEY", "OPENAI_BASE_URL", "NO_COLOR"):
            patch.delenv(name, raising=False)
        yield


_EXAMPLE = "workbench_example"


@pytest.fixture(autouse=True)
def _no_plug_in_of_another_test() -> Iterator[None]:
    """A test imports the example from a folder of its own, which goes with it."""
    yield
    if _EXAMPLE not in sys.modules:  # thousands of modules, after thousands of tests
        return
    for name in [one for one in sys.modules if one.partition(".")[0] == _EXAMPLE]:
        del sys.modules[name]


@pytest.fixture(autouse=True)
def _unknown_endpoints() -> None:
    """What one test's server refused says nothing of the next one's, be it at the same port."""
    FORMS.forget()
