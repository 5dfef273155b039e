"""`workbench verify` says what it checked, and every command says when a head was not kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, make_cli
from workbench.registry.content.signing import SigningKey


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """A workspace with one version that is live in development."""
    made = make_cli(tmp_path / "w", "http://127.0.0.1:9/v1")
    assert made.here("register", "triage", "-d", "first").code == 0
    assert made.here("deploy", "triage@1.0.0", "development").code == 0
    return made


def anchors_of(cli: Cli) -> Path:
    return cli.root / "registry.anchors"


def test_every_part_of_the_audit_is_named(cli: Cli, tmp_path: Path) -> None:
    done = cli.here("verify", "--json")

    assert done.code == 0, done.err
    assert {name: part["checked"] for name, part in done.json["checked"].items()} == {
        "file": True,
        "triggers": True,
        "chain": True,
        "rows": True,
        "rules": True,
        "anchors": True,
        "signatures": False,
    }
    assert done.json["checked"]["anchors"] == {"ok": True, "count": 1, "checked": True}
    assert done.json["first_bad"] is None
    assert (done.json["signed"], done.json["unsigned"]) == (0, done.json["records"])
    lines = cli.here("verify").out
    assert "anchors    ok: 1 head kept in registry.anchors" in lines
    assert "rules      ok: 1 deployment against" in lines


def test_a_registry_behind_its_anchors_is_named_by_verify_and_doctor(cli: Cli) -> None:
    cli.root.parent.joinpath("anchors").write_text("not these")
    with anchors_of(cli).open("a", encoding="ascii") as file:
        _, head, registry_id, at = anchors_of(cli).read_text().split()
        file.write(f"999 {head} {registry_id} {at}\n")

    done = cli.here("verify", "--json")

    assert done.code == 5
    assert done.json["first_bad"]["seq"] == 999
    assert "registry.anchors line 2 knows record 999" in done.json["first_bad"]["problem"]
    assert done.json["checked"]["anchors"]["ok"] is False
    assert done.json["checked"]["chain"]["ok"] is True
    examined = cli.here("doctor")
    assert "problem  registry: record 999: registry.anchors line 2" in examined.out


def test_another_file_of_anchors_can_be_given(cli: Cli, tmp_path: Path) -> None:
    trusted = tmp_path / "heads"
    trusted.write_bytes(anchors_of(cli).read_bytes().replace(b" ", b" 0", 1)[:-1])
    assert cli.here("verify", "--anchors", str(trusted)).code == 5
    trusted.write_bytes(anchors_of(cli).read_bytes())
    assert cli.here("verify", "--anchors", str(trusted)).code == 0
    assert cli.here("verify", "--anchors", str(tmp_path / "missing")).code == 2


def test_a_head_that_cannot_be_kept_is_a_warning_of_every_command(cli: Cli) -> None:
    anchors_of(cli).unlink()
    anchors_of(cli).mkdir()
    cli.say("better")
    assert cli.here("register", "triage", "-d", "second").code == 0
    for arguments in (
        ["deploy", "triage@1.0.1", "development"],
        ["rollback", "triage", "development", "--reason", "worse"],
        ["retire", "triage", "development", "--reason", "over"],
        ["revoke", "triage@1.0.1", "--reason", "leaks"],
    ):
        done = cli.here(*arguments, "--json")
        assert done.code == 0, done.err
        assert done.err.count("registry.anchors did not take the anchor of record") == 1
        assert done.json["prompt_id"] == "triage"


def test_with_a_key_every_record_is_signed_and_several_keys_are_taken(
    tmp_path: Path,
) -> None:
    made = make_cli(tmp_path / "w", "http://127.0.0.1:9/v1")
    keys = []
    for name, command in (
        ("ana", ["register", "triage", "-d", "first"]),
        ("ci", ["deploy", "triage@1.0.0", "development"]),
    ):
        key = SigningKey.generate()
        key.save(tmp_path / f"{name}.pem")
        (tmp_path / f"{name}.pub").write_text(key.public_pem)
        keys += ["--key", str(tmp_path / f"{name}.pub")]
        done = made.here(*command, WORKBENCH_SIGNING_KEY=str(tmp_path / f"{name}.pem"))
        assert done.code == 0, done.err

    both = made.here("verify", "--json", *keys)
    assert both.code == 0, both.out
    assert both.json["unsigned"] == 0
    assert both.json["signed"] == both.json["records"] / 2
    assert made.here("verify", *keys[:2]).code == 5
    assert "not signed (--key checks them)" in made.here("verify").out
    missing = made.here("register", "triage", "-d", "x", WORKBENCH_SIGNING_KEY="nothing.pem")
    assert missing.code != 0, "what cannot be signed is not written"
    assert os.path.sep not in missing.out


def test_a_restored_older_backup_is_named_at_once(cli: Cli, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    assert cli.here("export", "sqlite", "-o", str(backup)).code == 0
    assert cli.here("revoke", "triage@1.0.0", "--reason", "leaks").code == 0

    restored = cli.here("restore", str(backup))

    assert restored.code == 5
    assert "records were lost, or this is an older copy (workbench verify)" in restored.out
