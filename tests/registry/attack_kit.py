"""What an attacker has who may write the files: SQLite, this package's own code, no key."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.registry.making import build_evidence
from workbench.errors import RegistryError
from workbench.registry import PromptRegistry, PromptVersion
from workbench.registry.content.evidence import record_evaluation
from workbench.registry.content.signing import SigningKey
from workbench.registry.models.actors import RULES, same_person
from workbench.registry.models.digest import GENESIS, Column, digest_of, record_hash
from workbench.registry.models.strictness import MARKS_REVISION
from workbench.registry.storage.anchors import anchor_of, registry_id_of
from workbench.registry.storage.ledger import Transaction
from workbench.registry.storage.sqlite.schema import TABLES
from workbench.registry.storage.sqlite.trigger_parts import SAME_PERSON
from workbench.registry.storage.tables import KINDS
from workbench.settings import EnvironmentSettings
from workbench.verdicts.values import Evidence


@dataclass(frozen=True)
class Victim:
    """A workspace with a signed and anchored registry, and an older backup of it."""

    folder: Path
    key: str
    """The public key, in PEM."""

    @property
    def path(self) -> Path:
        return self.folder / ".workbench" / "registry.db"

    @property
    def anchors(self) -> Path:
        return self.folder / "registry.anchors"

    @property
    def older(self) -> Path:
        return self.folder / "older.db"

    def copied(self, folder: Path) -> Victim:
        shutil.copytree(self.folder, folder)
        return Victim(folder, self.key)

    def detected(self) -> tuple[bool, bool, bool]:
        """Whether verify notices something by itself, with the anchors, with the key."""
        try:
            with PromptRegistry(self.path) as registry:
                report = registry.verify(key=self.key)
        except RegistryError:
            return True, True, True  # it cannot even be opened, and says so
        wrong = {part.name for part in report.checked if part.ok is False}
        alone = bool(wrong - {"anchors", "signatures"})
        return alone, alone or "anchors" in wrong, alone or "signatures" in wrong


@dataclass(frozen=True)
class Attack:
    """Something that the database cannot refuse, and what notices it."""

    name: str
    do: Callable[[Victim], None]
    alone: bool = False
    anchor: bool = False
    key: bool = False


def build(folder: Path) -> Victim:
    """1.0.0 is live, 1.1.0 was and is revoked, 1.2.0 has no evidence, 1.3.0 fails."""
    key = SigningKey.generate()
    victim = Victim(folder, key.public_pem)
    victim.path.parent.mkdir(parents=True)
    with PromptRegistry(victim.path, create=True, signing_key=key) as registry:
        fill(registry)
        registry.backup(victim.older)
        registry.rollback("p", "production", "ana", reason="worse")
        registry.revoke("p", "1.1.0", "ana", "leaks names")
    assert victim.detected() == (False, False, False)
    return victim


def fill(registry: PromptRegistry, text: str = "text") -> None:
    """Versions, their evidence, and two deployments."""
    registry.set_environment(EnvironmentSettings("guarded", approvals=1), "ana")
    for number in ("1.0.0", "1.1.0", "1.2.0", "1.3.0"):
        version = PromptVersion("p", number, f"{text} {number}", author="ana")
        registry.register(version)
        if number in ("1.0.0", "1.1.0"):
            registry.record_evaluation(build_evidence(version), by="ci")
            registry.deploy("p", number, "production", "ana")
        if number == "1.3.0":
            registry.record_evaluation(build_evidence(version, scores=(0.0,) * 20), by="ci")
    registry.approve("p", "1.0.0", "guarded", "bob")
    registry.register_consumer("app", "p", "production", ">=1,<2")


@contextlib.contextmanager
def guarded(victim: Victim) -> Iterator[sqlite3.Connection]:
    """A connection of the attacker's; the triggers are in place, and find what they ask for."""
    connection = sqlite3.connect(victim.path, isolation_level=None)
    connection.create_function(SAME_PERSON, 2, same_person)
    connection.execute("BEGIN")
    yield connection
    connection.execute("COMMIT")
    connection.close()


@contextlib.contextmanager
def unguarded(victim: Victim) -> Iterator[sqlite3.Connection]:
    """The same without triggers, checks and foreign keys; the triggers are put back."""
    connection = sqlite3.connect(victim.path, isolation_level=None)
    connection.execute("PRAGMA ignore_check_constraints=ON")
    connection.execute("PRAGMA foreign_keys=OFF")
    connection.execute("BEGIN")
    triggers = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    yield connection
    for _, sql in triggers:
        connection.execute(sql)
    connection.execute("COMMIT")
    connection.close()


@contextlib.contextmanager
def schema_by_hand(victim: Victim) -> Iterator[sqlite3.Connection]:
    """`PRAGMA writable_schema`: sqlite_master is a table like any other."""
    connection = sqlite3.connect(victim.path, isolation_level=None)
    connection.execute("PRAGMA writable_schema=ON")
    connection.execute("BEGIN")
    yield connection
    connection.execute("COMMIT")
    connection.close()


def rows(connection: sqlite3.Connection, sql: str, *values: Any) -> list[dict[str, Column]]:
    cursor = connection.execute(sql, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def rehash(connection: sqlite3.Connection) -> None:
    """Every digest and every hash of the ledger, so that all of it fits again."""
    previous = GENESIS
    for record in rows(connection, "SELECT seq, kind, at, actor FROM ledger ORDER BY seq"):
        seq, kind = record["seq"], str(record["kind"])
        (row,) = rows(connection, f"SELECT * FROM {KINDS[kind]} WHERE seq = ?", seq)
        scores = rows(
            connection, "SELECT * FROM scores WHERE evaluation = ? ORDER BY scorer, position", seq
        )
        digest = digest_of(kind, row, scores)
        hashed = record_hash(**record, digest=digest, previous=previous)  # type: ignore[arg-type]
        connection.execute(
            "UPDATE ledger SET digest = ?, previous = ?, hash = ? WHERE seq = ?",
            (digest, previous, hashed, seq),
        )
        previous = hashed


def changed(*statements: str, fits: bool = False) -> Callable[[Victim], None]:
    """Statements with the triggers away; `fits`: and the whole chain made to fit."""

    def do(victim: Victim) -> None:
        with unguarded(victim) as connection:
            for statement in statements:
                assert connection.execute(statement).rowcount
            if fits:
                rehash(connection)

    return do


def append(kind: str, row: Mapping[str, Column], actor: str = "eve") -> Callable[[Victim], None]:
    """A record with all its hashes right, as the program itself would append it."""

    def do(victim: Victim) -> None:
        with guarded(victim) as connection:
            Transaction(connection).append(kind, actor, row)

    return do


def version_row(connection: sqlite3.Connection, number: str) -> dict[str, Column]:
    (row,) = rows(
        connection, "SELECT prompt_id, version, fingerprint FROM versions WHERE version = ?", number
    )
    return row


def about(kind: str, number: str, actor: str = "bob", **more: Column) -> Callable[[Victim], None]:
    """`append` for a record about a version."""

    def do(victim: Victim) -> None:
        with guarded(victim) as connection:
            row = version_row(connection, number) | more
            if kind == "approval":
                row |= {"rules": RULES}
            Transaction(connection).append(kind, actor, row)

    return do


def evidence_for(victim: Victim, number: str) -> Evidence:
    """Made up: every case of a version is right."""
    with PromptRegistry(victim.path) as registry:
        return build_evidence(registry.get_version("p", number))


def deployment(connection: sqlite3.Connection, number: str, **changes: Column) -> None:
    """The row of a deployment with everything right, appended without asking anybody."""
    (head,) = rows(
        connection,
        "SELECT seq, version FROM deployments WHERE prompt_id = 'p' AND environment = 'production'"
        " ORDER BY seq DESC LIMIT 1",
    )
    (evaluation,) = rows(
        connection, "SELECT max(seq) AS seq FROM evaluations WHERE version = ?", number
    )
    row = version_row(connection, number) | {
        "environment": "production",
        "action": "deploy",
        "previous_seq": head["seq"],
        "previous_version": head["version"],
        "evaluation": evaluation["seq"],
        "override": 0,
        "again": 0,
        "stale": 0,
        "reason": "",
        "request_id": None,
        "loosened_by": None,
        "revision": MARKS_REVISION,
    }
    Transaction(connection).append("deployment", "ana", row | changes, own_seq="stands_for")


def make_up_a_pass(victim: Victim) -> None:
    """Evidence that passes for what was never run, and the deployment that it allows."""
    evidence = evidence_for(victim, "1.2.0")
    with guarded(victim) as connection:
        record_evaluation(Transaction(connection), evidence, "ci")
        deployment(connection, "1.2.0")


def cut(connection: sqlite3.Connection, first: int) -> None:
    """Remove that record and all after it."""
    for table in TABLES:
        column = "evaluation" if table == "scores" else "seq"
        connection.execute(f"DELETE FROM {table} WHERE {column} >= ?", (first,))


def made_anew(victim: Victim, *, same_id: bool) -> None:
    """Another history under the same names, made by the program without a key."""
    anchors = victim.anchors.read_bytes()
    with sqlite3.connect(victim.path) as connection:
        registry_id = registry_id_of(connection)
    connection.close()
    victim.path.unlink()
    with PromptRegistry(victim.path, create=True) as registry:
        fill(registry, "evil")
    victim.anchors.write_bytes(anchors)
    if same_id:
        changed(f"UPDATE registry SET registry_id = '{registry_id}'", fits=True)(victim)


def anchored_again(victim: Victim) -> None:
    """The file of anchors says what the ledger says now; git shows that it was changed."""
    with guarded(victim) as connection:
        anchor = anchor_of(connection, ("deployment",))
    victim.anchors.write_text(f"{anchor}\n", encoding="ascii")
