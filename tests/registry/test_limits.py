"""What no record may be: too large, or dated by a clock that is years ahead."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import make_cli
from tests.registry.making import build_evidence
from tests.registry.test_migrations import GOLDEN, load
from workbench.actions.releasing.importing import plan_import
from workbench.actions.workspace.init import create_workspace
from workbench.errors import DraftError, RegistryError
from workbench.exchange.targets.json import FORMAT
from workbench.prompts.files.prompty import read_draft
from workbench.prompts.values import MAX_TEXT_BYTES
from workbench.registry import PromptRegistry, PromptVersion
from workbench.registry.storage import limits as registry_limits
from workbench.registry.storage.clock import at_nanoseconds
from workbench.settings import EnvironmentSettings

YEAR_S = 366 * 86_400
BIG = "x" * (MAX_TEXT_BYTES + 1)
TWO_BYTES = "é" * (MAX_TEXT_BYTES // 2 + 1)


def records(registry: PromptRegistry) -> int:
    return len(registry.history())


DOORS: dict[str, Callable[[PromptRegistry], object]] = {
    "content": lambda r: r.register(PromptVersion("p", "1.0.1", BIG)),
    "content in two bytes": lambda r: r.register(PromptVersion("p", "1.0.1", TWO_BYTES)),
    "description": lambda r: r.register(PromptVersion("p", "1.0.1", "x", description=BIG)),
    "force_reason": lambda r: r.register(PromptVersion("p", "1.0.1", "x"), force_reason=BIG),
    "reason": lambda r: r.deploy("p", "1.0.0", "development", "ana", reason=BIG),
    "request_id": lambda r: r.deploy("p", "1.0.0", "development", "ana", request_id=BIG),
    "approval": lambda r: r.approve("p", "1.0.0", "production", "ben", BIG),
    "revocation": lambda r: r.revoke("p", "1.0.0", "ana", BIG),
    "consumer": lambda r: r.register_consumer(BIG, "p", "production", ">=1", by="ana"),
    "policy": lambda r: r.publish_suite("p", "s", {"dataset": "d"}, {"scorers": [BIG]}, "ana"),
    "rules": lambda r: r.set_environment(EnvironmentSettings("e", requires=(BIG,)), "ana"),
    "a case's reason": lambda r: r.record_evaluation(
        build_evidence(r.get_version("p", "1.0.0"), suite=BIG), by="ci"
    ),
}


@pytest.mark.exhaustive(keep=5)
@pytest.mark.parametrize("door", DOORS)
def test_a_text_beyond_ten_megabytes_is_refused_before_anything_is_written(
    registry: PromptRegistry, door: str
) -> None:
    registry.register(PromptVersion("p", "1.0.0", "text", author="ana"))
    before = records(registry)
    with pytest.raises(RegistryError, match=r"has 10\.0 MB; a registry keeps texts of at most 10"):
        DOORS[door](registry)
    assert records(registry) == before


def test_a_text_of_ten_megabytes_is_kept(registry: PromptRegistry) -> None:
    registry.register(PromptVersion("p", "1.0.0", BIG[1:]))
    assert registry.get_version("p", "1.0.0").content == BIG[1:]


def test_a_larger_draft_is_refused_by_each_command_in_one_line(tmp_path: Path) -> None:
    cli = make_cli(tmp_path / "w", "http://127.0.0.1:9/v1")
    draft = cli.root / "prompts" / "triage.prompty"
    draft.write_text(draft.read_text() + BIG)
    with pytest.raises(DraftError, match="larger than 10 MB"):
        read_draft(draft)
    for argv in (("register", "triage", "-d", "x"), ("import", str(draft), "--as", "other")):
        done = cli.here(*argv)
        assert done.code == 2
        assert "is larger than 10 MB" in done.err
        assert len(done.err.splitlines()) <= 2
    assert not (cli.root / "prompts" / "other.prompty").exists()


@pytest.mark.exhaustive
def test_an_export_with_a_larger_prompt_is_not_imported(tmp_path: Path) -> None:
    workspace = create_workspace(tmp_path / "w")
    export = tmp_path / "big.json"
    content = {"format": FORMAT, "prompt_id": "big", "template": "jinja2", "model": None}
    content["messages"] = [{"role": "user", "content": BIG}]  # type: ignore[assignment]
    export.write_text(json.dumps(content))
    with pytest.raises(DraftError, match="its prompt is larger than 10 MB"):
        plan_import(workspace, export)
    assert not (workspace.root / "prompts" / "big.prompty").exists()


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the clock, as the check of it reads it, to so many seconds from now."""

    def set_it(seconds: float) -> None:
        text = at_nanoseconds(time.time_ns() + int(seconds * 1e9))
        monkeypatch.setattr(registry_limits.clock, "now", lambda: text)

    return set_it


@pytest.mark.parametrize("years", [14, 1.1])
def test_a_clock_that_is_years_ahead_is_refused_with_both_times_and_leaves_no_trace(
    tmp_path: Path, at: Callable[[float], None], years: float
) -> None:
    path = tmp_path / "registry.db"
    with PromptRegistry(path, create=True) as registry:
        registry.register(PromptVersion("p", "1.0.0", "text", author="ana"))
        last = registry.history()[0].at
        at(years * YEAR_S)
        with pytest.raises(RegistryError, match="years ahead: the last record of") as open_still:
            registry.register(PromptVersion("p", "1.0.1", "more", author="ana"))
    assert last[:19] in str(open_still.value)
    assert f"touch {path}" in str(open_still.value)
    written = path.stat().st_mtime_ns
    for _ in range(2):
        with PromptRegistry(path) as registry:
            with pytest.raises(RegistryError, match="years ahead"):
                registry.register(PromptVersion("p", "1.0.1", "more", author="ana"))
            assert registry.get_active("p", "development", default="x").content == "x"
            assert len(registry.versions("p")) == 1
    assert path.stat().st_mtime_ns == written


def test_a_clock_that_is_wrong_migrates_nothing(
    tmp_path: Path, at: Callable[[float], None]
) -> None:
    path = load(GOLDEN[0], tmp_path / "registry.db")
    before = path.read_bytes()
    at(14 * YEAR_S)
    with PromptRegistry(path) as registry, pytest.raises(RegistryError, match="years ahead"):
        registry.register(PromptVersion("p", "1.0.0", "text", author="ana"))
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.glob("*.bak")] == []


def test_a_registry_that_rested_for_years_is_written_after_a_copy_or_a_touch(
    tmp_path: Path, at: Callable[[float], None]
) -> None:
    path = tmp_path / "registry.db"
    with PromptRegistry(path, create=True) as registry:
        registry.register(PromptVersion("p", "1.0.0", "text", author="ana"))
    at(3 * YEAR_S)
    later = time.time() + 3 * YEAR_S
    os.utime(path, (later, later))
    with PromptRegistry(path) as registry, pytest.raises(RegistryError, match="in the future"):
        # Our check lets it pass; SQLite's own clock is still that of this machine.
        registry.register(PromptVersion("p", "1.0.1", "more", author="ana"))


@pytest.mark.parametrize("days", [-30, -10_000, 0])
def test_a_clock_that_is_behind_keeps_the_order_of_records(
    registry: PromptRegistry, at: Callable[[float], None], days: int
) -> None:
    registry.register(PromptVersion("p", "1.0.0", "text", author="ana"))
    at(days * 86_400 - 1)
    registry.register(PromptVersion("p", "1.0.1", "more", author="ana"))
    connection = sqlite3.connect(registry.path)
    times = [at for (at,) in connection.execute("SELECT at FROM ledger ORDER BY seq")]
    connection.close()
    assert times == sorted(times) and times[-1] == times[-2]
    assert registry.verify().ok
