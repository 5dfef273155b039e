"""What the database takes: attacks that only an audit can find, and what each is found by.

`IN_PLACE` leaves the triggers alone and is plain SQL, or SQL with the ledger's hashes worked out
by this package's own code; `ROUND_THE_TRIGGERS` drops them, writes into the schema, or edits the
file itself.
"""

from __future__ import annotations

import os
import shutil
import sqlite3

from tests.registry.attack_kit import (
    Attack,
    Victim,
    about,
    anchored_again,
    append,
    changed,
    cut,
    deployment,
    evidence_for,
    guarded,
    made_anew,
    make_up_a_pass,
    rehash,
    rows,
    schema_by_hand,
    unguarded,
    version_row,
)
from tests.registry.making import build_evidence
from tests.registry.test_attacks import deploy, evaluation, record
from workbench.fingerprints import canonical_json, fingerprint, short
from workbench.registry import PromptVersion
from workbench.registry.content.evidence import record_evaluation, row_of, score_rows
from workbench.registry.content.rule_changes import publish_suite, suite_row
from workbench.registry.content.signing import SigningKey, sign_record
from workbench.registry.content.versions import register
from workbench.registry.models.actors import RULES
from workbench.registry.models.environment_rows import row_of as environment_row
from workbench.registry.models.strictness import MARKS_REVISION
from workbench.registry.storage.ledger import Transaction
from workbench.registry.storage.sqlite.trigger_parts import SAME_PERSON
from workbench.runs.spec.suite import GatePolicy
from workbench.settings import EnvironmentSettings
from workbench.verdicts import evidence_to_json
from workbench.verdicts.sequential_plan import shuffled

LOOSE = EnvironmentSettings("production", untested=True)


def script(sql: str) -> object:
    """Plain SQL, as any tool runs it."""

    def do(victim: Victim) -> None:
        with guarded(victim) as connection:
            connection.commit()
            connection.executescript("BEGIN;" + sql)

    return do


def laxer_policy(victim: Victim, *, own_fingerprint: bool) -> None:
    with guarded(victim) as connection:
        (suite,) = rows(connection, "SELECT * FROM current_suites WHERE suite = 'quality'")
        policy = str(suite["policy"]).replace('"threshold":0.8', '"threshold":0.0')
        row = suite | {"policy": policy, "reason": "hurry"}
        if own_fingerprint:
            import json

            parts = json.loads(str(suite["parts"])) | {"policy": fingerprint(json.loads(policy))}
            row |= {"parts": canonical_json(parts), "fingerprint": fingerprint(parts)}
        del row["seq"]
        assert policy != suite["policy"]
        Transaction(connection).append("suite", "ana", row)


def own_version_approved(victim: Victim) -> None:
    with guarded(victim) as connection:
        connection.create_function(SAME_PERSON, 2, lambda *_: 0)
        row = version_row(connection, "1.2.0")
        row |= {"environment": "guarded", "reason": "", "rules": RULES}
        Transaction(connection).append("approval", "Ana", row)


def signed_by_another(victim: Victim) -> None:
    about("approval", "1.2.0", environment="guarded", reason="")(victim)
    with guarded(victim) as connection:
        transaction = Transaction(connection)
        sign_record(transaction, SigningKey.generate(), "bob", transaction.head()[0])


def only_by_added_cases(victim: Victim) -> None:
    """A prompt of its own, which fails half of its suite's first cases."""
    version = PromptVersion("q", "1.0.0", "text", author="eve")
    policy = GatePolicy(scorers=("exact",), threshold=0.8, baseline=None)
    ids = shuffled([f"c{n:03d}" for n in range(60)], {}, 0)
    scores = [float(not case_id < "c010") for case_id in ids]
    with guarded(victim) as connection:
        transaction = Transaction(connection)
        register(transaction, version, "")
        for cases in (20, 60):
            evidence = build_evidence(
                version, scores=scores[:cases], policy=policy, dataset=f"{cases} cases"
            )
            held = {"cases": {f"digest {n}": f"c{n:03d}" for n in range(cases)}}
            row = suite_row("q", "quality", evidence.suite_parts, evidence.policy, contents=held)
            publish_suite(transaction, row, "eve")
        seq, _ = record_evaluation(transaction, evidence, "eve")
        row = {name: getattr(evidence, name) for name in ("prompt_id", "version")}
        row |= {
            "fingerprint": version.fingerprint, "environment": "production", "action": "deploy",
            "previous_seq": None, "previous_version": None, "evaluation": seq, "override": 0,
            "again": 0, "stale": 0, "reason": "", "request_id": None, "loosened_by": None,
            "revision": MARKS_REVISION,
        }  # fmt: skip
        transaction.append("deployment", "eve", row, own_seq="stands_for")


def replayed(victim: Victim) -> None:
    about("approval", "1.2.0", environment="guarded", reason="")(victim)
    with guarded(victim) as connection:
        (signature,) = rows(
            connection,
            "SELECT s.keyid, s.envelope FROM signatures s JOIN ledger l ON l.seq = s.target"
            " WHERE l.kind = 'approval'",
        )
        transaction = Transaction(connection)
        target = transaction.head()[0]
        transaction.append("signature", "bob", {"target": target, **signature})


IN_PLACE: tuple[Attack, ...] = (
    Attack(
        "deploy what may go live, with an invented digest",
        script(deploy("1.0.0", environment="development")),
        alone=True, anchor=True, key=True,
    ),
    Attack(
        "make up scores that pass, with invented digests, and deploy",
        script(evaluation("1.2.0", "1.0") + deploy("1.2.0")),
        alone=True, anchor=True, key=True,
    ),
    Attack("make up scores that pass, with all hashes right, and deploy", make_up_a_pass, key=True),
    Attack(
        "approve as somebody else",
        about("approval", "1.2.0", environment="guarded", reason="read it"),
        key=True,
    ),
    Attack("revoke a good version as somebody else", about("revocation", "1.0.0", reason="x"),
           key=True),
    Attack("approve, and sign with another key", signed_by_another, key=True),
    Attack("approve, with the signature of another approval", replayed, key=True),
    Attack("approve one's own version, by a comparison of names that finds all different",
           own_version_approved, alone=True, anchor=True, key=True),
    Attack("let an environment take untested versions, and give a reason",
           append("environment", {**environment_row(LOOSE), "reason": "hurry"}), key=True),
    Attack("publish a laxer policy under the old fingerprint, and give a reason",
           lambda victim: laxer_policy(victim, own_fingerprint=False),
           alone=True, anchor=True, key=True),
    Attack("publish a laxer policy under a fingerprint of its own, and give a reason",
           lambda victim: laxer_policy(victim, own_fingerprint=True), key=True),
    Attack("deploy what passes only with easy cases that were added, and nobody accepted",
           only_by_added_cases, alone=True, anchor=True, key=True),
    Attack("a record without a row", script(record("approval")),
           alone=True, anchor=True, key=True),
    Attack("drop a trigger", script("DROP TRIGGER deployments_insert;"),
           alone=True, anchor=True, key=True),
    Attack(
        "a trigger that ignores every revocation",
        script("CREATE TRIGGER quiet BEFORE INSERT ON revocations"
               " BEGIN SELECT RAISE(IGNORE); END;"),
        alone=True, anchor=True, key=True,
    ),
    Attack(
        "a trigger under the name of a table",
        script("CREATE TRIGGER versions AFTER INSERT ON versions BEGIN SELECT 1; END;"),
        alone=True, anchor=True, key=True,
    ),
    Attack(
        "another view of what is live",
        script("DROP VIEW heads; CREATE VIEW heads AS SELECT * FROM deployments;"),
        alone=True, anchor=True, key=True,
    ),
    Attack(
        "another view of what passes",
        script("DROP VIEW passing_evaluations; CREATE VIEW passing_evaluations AS"
               " SELECT * FROM sound_evaluations;"),
        alone=True, anchor=True, key=True,
    ),
    Attack("drop an index", script("DROP INDEX deployments_head;"),
           alone=True, anchor=True, key=True),
    Attack("a table of one's own", script("CREATE TABLE notes (text TEXT);"),
           alone=True, anchor=True, key=True),
)  # fmt: skip


def past(number: str) -> object:
    """Deploy with the gate away and every hash right."""

    def do(victim: Victim) -> None:
        with unguarded(victim) as connection:
            deployment(connection, number)

    return do


def passes_after_all(victim: Victim) -> None:
    """The scores of the failing evaluation, and everything that follows from them."""
    evidence = evidence_for(victim, "1.3.0")
    with unguarded(victim) as connection:
        (old,) = rows(connection, "SELECT * FROM evaluations WHERE version = '1.3.0'")
        evaluation_id = short(fingerprint(evidence_to_json(evidence)))
        row = row_of(evidence, evaluation_id, int(old["suite_seq"] or 0))
        names = ", ".join(f"{name} = :{name}" for name in row)
        connection.execute(
            f"UPDATE evaluations SET {names} WHERE seq = :seq", row | {"seq": old["seq"]}
        )
        for score in score_rows(evidence.pairs):
            connection.execute(
                "UPDATE scores SET b = :b, b_repeats = :b_repeats, reason = :reason"
                " WHERE evaluation = :seq AND position = :position",
                score | {"seq": old["seq"]},
            )
        rehash(connection)


def cut_from(condition: str) -> object:
    """Cut the end of the chain off, from the last record that is so."""

    def do(victim: Victim) -> None:
        with unguarded(victim) as connection:
            (last,) = rows(connection, f"SELECT max(seq) AS seq FROM ledger WHERE {condition}")
            cut(connection, int(last["seq"] or 0))

    return do


def signed_anew(victim: Victim) -> None:
    """Rewrite the chain and put one's own signature in the place of every signature."""
    own = SigningKey.generate()
    with unguarded(victim) as connection:
        connection.execute("UPDATE ledger SET actor = 'eve' WHERE kind = 'deployment'")
        connection.execute("DELETE FROM signatures")
        for row in rows(connection, "SELECT seq FROM ledger WHERE kind = 'signature'"):
            connection.execute(
                "INSERT INTO signatures VALUES (?, ?, ?, '{}')",
                (row["seq"], int(row["seq"] or 0) - 1, own.keyid),
            )
        rehash(connection)


def dropped(table: str) -> object:
    """Drop a table; its triggers go with it."""

    def do(victim: Victim) -> None:
        connection = sqlite3.connect(victim.path, isolation_level=None)
        connection.execute("PRAGMA foreign_keys=OFF")
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type IN ('view', 'trigger')"
        ).fetchall():
            kind = "VIEW" if not name.endswith(("_insert", "_update", "_delete")) else "TRIGGER"
            connection.execute(f"DROP {kind} {name}")
        connection.execute(f"DROP TABLE {table}")
        connection.close()

    return do


def weakened_gate(victim: Victim) -> None:
    with schema_by_hand(victim) as connection:
        connection.execute(
            "UPDATE sqlite_master SET sql = replace(sql, 'RAISE(ABORT', 'RAISE(IGNORE')"
            " WHERE name = 'deployments_insert'"
        )


def hidden_trigger(name: str) -> object:
    """A trigger under a name that CREATE TRIGGER does not take."""

    def do(victim: Victim) -> None:
        with schema_by_hand(victim) as connection:
            connection.execute(
                "INSERT INTO sqlite_master VALUES ('trigger', ?, 'revocations', 0, ?)",
                (
                    name,
                    f"CREATE TRIGGER {name} BEFORE INSERT ON revocations"
                    " BEGIN SELECT RAISE(IGNORE); END",
                ),
            )

    return do


def empty_table_in_its_place(victim: Victim) -> None:
    with schema_by_hand(victim) as connection:
        (old,) = rows(connection, "SELECT sql FROM sqlite_master WHERE name = 'revocations'")
        connection.execute(str(old["sql"]).replace("revocations", "spare", 1))
        for kind in ("table", "index"):
            connection.execute(
                "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master s"
                " WHERE s.tbl_name = 'spare' AND s.type = ?)"
                " WHERE tbl_name = 'revocations' AND type = ?",
                (kind, kind),
            )
        connection.execute("DELETE FROM sqlite_master WHERE tbl_name = 'spare'")


def bytes_replaced(old: bytes, new: bytes) -> object:
    def do(victim: Victim) -> None:
        whole = victim.path.read_bytes()
        assert len(old) == len(new)
        assert old in whole
        victim.path.write_bytes(whole.replace(old, new))

    return do


def older_backup(victim: Victim) -> None:
    for suffix in ("-wal", "-shm"):
        victim.path.with_name(victim.path.name + suffix).unlink(missing_ok=True)
    shutil.copy(victim.older, victim.path)


def rewritten_with_its_anchors(victim: Victim) -> None:
    changed("UPDATE deployments SET reason = 'fine' WHERE action = 'rollback'", fits=True)(victim)
    anchored_again(victim)


def cut_with_its_anchors(victim: Victim) -> None:
    cut_from("kind = 'revocation'")(victim)
    anchored_again(victim)


def truncated(victim: Victim) -> None:
    os.truncate(victim.path, victim.path.stat().st_size - 4096)


FOUND = {"alone": True, "anchor": True, "key": True}
REWRITTEN = {"alone": False, "anchor": True, "key": True}

ROUND_THE_TRIGGERS: tuple[Attack, ...] = (
    # one thing
    Attack("change a version's text",
           changed("UPDATE versions SET content = 'evil' WHERE version = '1.0.0'"), **FOUND),
    Attack("change who deployed",
           changed("UPDATE ledger SET actor = 'bob' WHERE kind = 'deployment'"), **FOUND),
    Attack("change when it was deployed",
           changed("UPDATE ledger SET at = '2020' || substr(at, 5) WHERE kind = 'deployment'"),
           **FOUND),
    Attack("call a failed evaluation passed",
           changed("UPDATE evaluations SET gate = 'pass' WHERE gate = 'fail'"), **FOUND),
    Attack("delete the scores of an evaluation",
           changed("DELETE FROM scores WHERE evaluation = (SELECT max(evaluation) FROM scores)"),
           **FOUND),
    Attack("remove a record in the middle",
           changed("DELETE FROM ledger WHERE kind = 'consumer'"), **FOUND),
    Attack("remove the row of a revocation", changed("DELETE FROM revocations"), **FOUND),
    Attack("add a row without a record",
           changed("INSERT INTO approvals SELECT 9999, prompt_id, '1.2.0', fingerprint,"
                   " environment, '', 1 FROM approvals"), **FOUND),
    Attack("a policy that is no JSON",
           changed("UPDATE suites SET policy = '{' || policy"), **FOUND),
    Attack("a text that is no UTF-8",
           changed("UPDATE deployments SET reason = CAST(x'ff' AS TEXT)"), **FOUND),
    Attack("a name in the ledger that is no UTF-8",
           changed("UPDATE ledger SET actor = CAST(x'ff' AS TEXT) WHERE kind = 'approval'"),
           **FOUND),
    Attack("rules of an environment that are no JSON",
           changed("UPDATE environments SET requires = '[' || requires"), **FOUND),
    Attack("drop a table", dropped("consumers"), **FOUND),
    Attack("drop the ledger", dropped("ledger"), **FOUND),
    # deploy past the gate, with every hash right
    Attack("deploy an untested version past the gate, hashes right", past("1.2.0"), **FOUND),
    Attack("deploy a failing version past the gate, hashes right", past("1.3.0"), **FOUND),
    Attack("deploy a revoked version past the gate, hashes right", past("1.1.0"), **FOUND),
    # rewrite what happened, with every hash after it
    Attack("change a version's text and rehash",
           changed("UPDATE versions SET content = 'evil' WHERE version = '1.0.0'", fits=True),
           **FOUND),
    Attack("call a failed evaluation passed and rehash",
           changed("UPDATE evaluations SET gate = 'pass' WHERE gate = 'fail'", fits=True),
           **FOUND),
    Attack("change a reason and rehash",
           changed("UPDATE deployments SET reason = 'fine' WHERE action = 'rollback'", fits=True),
           **REWRITTEN),
    Attack("change who deployed and rehash",
           changed("UPDATE ledger SET actor = 'bob' WHERE kind = 'deployment'", fits=True),
           **REWRITTEN),
    Attack("change when everything happened and rehash",
           changed("UPDATE ledger SET at = '2020' || substr(at, 5)",
                   "UPDATE evaluations SET finished_at = finished_at", fits=True), **REWRITTEN),
    Attack("change whom an approval is for and rehash",
           changed("UPDATE approvals SET environment = 'production'", fits=True), **REWRITTEN),
    Attack("raise the scores of a failed evaluation and rehash", passes_after_all, **REWRITTEN),
    Attack("rehash, with one's own signatures in the place of all", signed_anew, **REWRITTEN),
    Attack("make the registry anew under its old id",
           lambda victim: made_anew(victim, same_id=True), **REWRITTEN),
    Attack("make the registry anew", lambda victim: made_anew(victim, same_id=False),
           **REWRITTEN),
    Attack("rewrite the ledger and the anchors with it", rewritten_with_its_anchors, key=True),
    # cut the end off
    Attack("remove the revocation at the end", cut_from("kind = 'revocation'"), anchor=True),
    Attack("remove the rollback and all after it", cut_from("kind = 'deployment'"), anchor=True),
    Attack("remove the last signature", cut_from("kind = 'signature'"), anchor=True, key=True),
    Attack("put an older backup in its place", older_backup, anchor=True),
    Attack("remove the revocation at the end and its anchor", cut_with_its_anchors),
    # PRAGMA writable_schema
    Attack("a gate that ignores instead of refusing", weakened_gate, **FOUND),
    Attack("a trigger under a name of SQLite's own", hidden_trigger("sqlite_quiet"), **FOUND),
    Attack("a trigger under the name of an index that SQLite makes",
           hidden_trigger("sqlite_autoindex_revocations_1"), **FOUND),
    Attack("an empty table in the place of the revocations", empty_table_in_its_place, **FOUND),
    # the file itself
    Attack("change a text in the file", bytes_replaced(b"text 1.0.0", b"evil 1.0.0"), **FOUND),
    Attack("change a name in the file", bytes_replaced(b"leaks names", b"fine, so far"[:11]),
           **FOUND),
    Attack("cut the file short", truncated, **FOUND),
)  # fmt: skip
