"""A backup comes back over whatever happened to the registry, and nothing is thrown away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, make_cli


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """A workspace with one version registered, a backup of that, and a second version."""
    made = make_cli(tmp_path / "w", "http://127.0.0.1:9/v1")
    assert made.here("register", "triage", "-d", "first").code == 0
    assert made.here("export", "sqlite", "-o", str(tmp_path / "backup.db")).code == 0
    made.say("better")
    assert made.here("register", "triage", "-d", "second").code == 0
    return made


def registry_of(cli: Cli) -> Path:
    return cli.root / ".workbench" / "registry.db"


def spoil(path: Path) -> None:
    for part in ("-wal", "-shm"):
        Path(f"{path}{part}").unlink(missing_ok=True)
    path.write_bytes(b"garbage" * 5000)


@pytest.mark.exhaustive(keep=2)
@pytest.mark.parametrize(
    ("happened", "kept"),
    [
        (lambda path: None, "registry.db.replaced-*"),
        (spoil, "registry.db.damaged-*"),
        (lambda path: path.unlink(), ""),
    ],
)
def test_a_backup_is_put_back(
    cli: Cli, tmp_path: Path, happened: Callable[[Path], None], kept: str
) -> None:
    happened(registry_of(cli))

    restored = cli.here("restore", str(tmp_path / "backup.db"), "--json")

    assert restored.code == 0, restored.err
    assert restored.json["ok"] is True
    assert cli.here("get", "triage@1.0.1").code == 2
    assert cli.here("register", "triage", "-d", "second").code == 0
    assert not kept or len(list(registry_of(cli).parent.glob(kept))) == 1


def test_a_damaged_registry_says_what_brings_it_back_and_is_left_as_it_is(cli: Cli) -> None:
    spoil(registry_of(cli))
    for command in (["verify"], ["register", "triage", "-d", "third"], ["get", "triage"]):
        done = cli.here(*command)
        assert done.code == 5
        assert "is not a registry: it is no SQLite file (workbench restore BACKUP)" in done.err
    assert registry_of(cli).read_bytes() == b"garbage" * 5000


def test_what_is_no_backup_changes_nothing(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "other.db").write_bytes(b"x" * 5000)
    assert cli.here("restore", str(tmp_path / "other.db")).code == 5
    assert cli.here("restore", str(tmp_path / "none.db")).code == 5
    registry_of(cli).unlink()
    assert cli.here("restore", str(tmp_path / "none.db")).code == 5
    assert not registry_of(cli).exists()
