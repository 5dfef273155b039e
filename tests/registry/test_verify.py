"""The audit finds what the triggers cannot prevent: every byte of every row counts."""

from __future__ import annotations

import base64
import json
import random
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.registry.making import build_evidence
from workbench.errors import RegistryError
from workbench.registry import PromptRegistry, PromptVersion
from workbench.registry.audit import verify_rules
from workbench.registry.audit.verify import verify
from workbench.registry.content.signing import SigningKey, open_envelope
from workbench.registry.content.statements import first_form, statement_of
from workbench.registry.storage.sqlite.schema import TABLES
from workbench.runs.spec.suite import GatePolicy
from workbench.settings import EnvironmentSettings
from workbench.verdicts import Gate
from workbench.verdicts.judges.calibration import Calibration
from workbench.verdicts.statistics.agreement import Matrix


@pytest.fixture(scope="module")
def key() -> SigningKey:
    return SigningKey.generate()


CALIBRATION = Calibration(
    *("helpful", "f" * 64, ("m",), "qa", "a" * 64, 80, 34, Matrix(40, 4, 4, 30), 0, 0.7)
)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory, key: SigningKey) -> Path:
    """A registry with a row in every table."""
    path = tmp_path_factory.mktemp("verify") / "registry.db"
    with PromptRegistry(path, create=True, signing_key=key) as registry:
        for number in ("1.0.0", "1.1.0"):
            version = PromptVersion("p", number, f"Hello {number}", "why", "ana")
            registry.register(version)
            registry.record_evaluation(build_evidence(version), by="ci")
            registry.approve("p", number, "production", "bob", "read it")
            registry.deploy("p", number, "production", "ana", reason="ready")
        registry.set_environment(EnvironmentSettings("canary", approvals=1), "ana")
        registry.set_environment(EnvironmentSettings("canary"), "ana", reason="nobody is there")
        registry.approve_rules("bob", reason="a holiday")
        registry.register_consumer("app", "p", "production", ">=1,<2")
        side = {"asked": "openai/m", "models": ["m-2"], "cached": 0}
        assert registry.observe(registry.evaluations("p")[0], side, "canary", by="ci", changed=True)
        registry.record_calibration(CALIBRATION, "ana")
        registry.rollback("p", "production", "bob", reason="worse")
        registry.revoke("p", "1.1.0", "ana", "leaks names")
        assert registry.verify(key=key.public_pem).ok
    return path


@pytest.fixture
def path(full: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(full, tmp_path / "registry.db"))


def unguarded(path: Path) -> sqlite3.Connection:
    """A connection for which the triggers are gone while it works, and back when it ends."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA ignore_check_constraints=ON")
    connection.execute("PRAGMA foreign_keys=OFF")
    return connection


def without_triggers(path: Path, *statements: str) -> None:
    connection = unguarded(path)
    triggers = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    for _, sql in triggers:
        connection.execute(sql)
    connection.close()


def problems(path: Path, **options: object) -> list[str]:
    with PromptRegistry(path) as registry:
        report = registry.verify(**options)  # type: ignore[arg-type]
        assert report.ok is (not report.findings)
        return [f"{finding.where}: {finding.problem}" for finding in report.findings]


def test_a_registry_that_was_left_alone_holds(path: Path, key: SigningKey) -> None:
    with PromptRegistry(path) as registry:
        report = registry.verify(head=registry.head(), key=key.public_pem)

    assert report.findings == ()
    assert report.records == len(set(range(1, report.records + 1)))
    assert (report.signed, report.unsigned) == (report.records / 2, 0), "each record, of each kind"
    assert {part.name: part.ok for part in report.checked} == {
        "file": True,
        "triggers": True,
        "chain": True,
        "rows": True,
        "rules": True,
        "anchors": None,
        "signatures": True,
    }


def columns() -> list[tuple[str, str]]:
    connection = sqlite3.connect(":memory:")
    for ddl in TABLES.values():
        connection.execute(ddl)
    named = [
        (table, row[1])
        for table in TABLES
        for row in connection.execute(f"PRAGMA table_info({table})")
    ]
    connection.close()
    return named


def flipped(value: object, rng: random.Random) -> object:
    """The value with one bit of one byte changed, of the same type."""
    if isinstance(value, str) and value:
        position = rng.randrange(len(value))
        other = chr(ord(value[position]) ^ 1)
        return value[:position] + other + value[position + 1 :]
    if isinstance(value, int):
        return value ^ 1
    if isinstance(value, float):
        return value + 2**-40
    return "x" if value == "" else 1


def unguarded_in_memory(path: Path) -> sqlite3.Connection:
    """The same pages as a database of its own, without triggers."""
    source = sqlite3.connect(path)
    connection = sqlite3.connect(":memory:", isolation_level=None)
    source.backup(connection)
    source.close()
    for (name,) in connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("PRAGMA ignore_check_constraints=ON")
    return connection


def beyond_the_schema(connection: sqlite3.Connection) -> list[str]:
    report = verify(connection)
    connection.close()
    return [f"{f.where}: {f.problem}" for f in report.findings if f.where not in ("schema", "file")]


def test_dropped_triggers_alone_are_a_matter_of_the_schema(full: Path) -> None:
    assert beyond_the_schema(unguarded_in_memory(full)) == []


@pytest.mark.exhaustive(keep=12)
@pytest.mark.parametrize(("table", "column"), columns())
def test_a_flipped_bit_in_any_column_is_found(full: Path, table: str, column: str) -> None:
    rng = random.Random(f"{table}.{column}")
    connection = unguarded_in_memory(full)
    keys = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[5]]
    rows = connection.execute(f"SELECT {column}, {', '.join(keys)} FROM {table}").fetchall()
    value, *where = rng.choice(rows)
    matching = " AND ".join(f"{name} = ?" for name in keys)
    try:
        changed = flipped(value, rng)
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE {matching}", (changed, *where))
    except sqlite3.IntegrityError:
        changed = "1" if value is None else flipped(flipped(value, rng), rng)
        connection.execute(
            f"UPDATE {table} SET {column} = ? WHERE {matching}",
            (99_999 if isinstance(value, int) else f"{changed}~", *where),
        )

    assert beyond_the_schema(connection), f"{table}.{column}: {value!r} was changed unnoticed"


@pytest.mark.exhaustive
def test_a_flipped_byte_of_the_file_is_found_wherever_it_means_something(
    full: Path, tmp_path: Path
) -> None:
    whole = full.read_bytes()
    kept = dump(full)
    rng = random.Random(7)
    path = tmp_path / "flipped.db"
    told = 0
    for _ in range(80):
        position = rng.randrange(100, len(whole))
        path.write_bytes(
            whole[:position]
            + bytes([whole[position] ^ 1 << rng.randrange(8)])
            + whole[position + 1 :]
        )
        if dump(path) == kept:
            continue  # a byte that no row and no index uses
        told += 1
        try:
            with PromptRegistry(path) as registry:
                assert not registry.verify().ok, f"byte {position} was flipped unnoticed"
        except RegistryError:
            pass  # so damaged that it cannot be opened, which is told as well
    assert told > 15


def dump(path: Path) -> list[str] | None:
    """All rows as SQL, but for the times of migrations; None when it cannot be read."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return [line for line in connection.iterdump() if "_sqlite_migrations" not in line]
    except (sqlite3.Error, UnicodeDecodeError, ValueError):
        return None
    finally:
        connection.close()


def test_the_first_bad_record_is_named(path: Path) -> None:
    without_triggers(
        path,
        "UPDATE versions SET content = 'evil' WHERE version = '1.0.0'",
        "UPDATE deployments SET reason = 'another' WHERE action = 'rollback'",
    )

    with PromptRegistry(path) as registry:
        first = registry.verify().first_bad

    assert first is not None
    assert first.where == "versions"
    assert "p@1.0.0" in first.problem


@pytest.mark.exhaustive(keep=6)
@pytest.mark.parametrize("table", [t for t in TABLES if t != "scores"])
def test_a_row_that_is_gone_is_missed(path: Path, table: str) -> None:
    without_triggers(path, f"DELETE FROM {table} WHERE seq = (SELECT max(seq) FROM {table})")

    assert problems(path)


def test_a_deployment_past_dropped_triggers_is_found_though_they_are_back(path: Path) -> None:
    with PromptRegistry(path) as registry:
        registry.register(PromptVersion("p", "2.0.0", "never evaluated", author="eve"))
        head = registry.head()
    without_triggers(
        path,
        "INSERT INTO ledger SELECT max(seq) + 1, 'deployment', max(at), 'eve',"
        f" '{'a' * 64}', '{head}', '{'b' * 64}' FROM ledger",
        "INSERT INTO deployments SELECT (SELECT max(seq) FROM ledger), 'p', 'production',"
        " 'deploy', '2.0.0', (SELECT fingerprint FROM versions WHERE version = '2.0.0'), max(seq),"
        " '1.0.0', (SELECT max(seq) FROM ledger), NULL, 0, 0, 0, '', NULL, NULL, 1"
        " FROM deployments",
    )

    listed = problems(path)

    assert any("it had no passing and current evaluation" in problem for problem in listed)
    assert not any(problem.startswith("schema") for problem in listed)


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TRIGGER deployments_insert",
        "CREATE TRIGGER extra BEFORE INSERT ON versions BEGIN SELECT 1; END",
        "DROP VIEW passing_evaluations",
        "CREATE TABLE extra (a)",
        "DROP INDEX deployments_head",
    ],
)
def test_a_changed_schema_is_found(path: Path, statement: str) -> None:
    connection = unguarded(path)
    connection.execute(statement)
    connection.close()

    assert any(problem.startswith("schema: ") for problem in problems(path))


def test_scores_that_do_not_carry_the_verdict_are_found(path: Path) -> None:
    """Through the front door: the record is whole, but its gate does not follow from it."""
    policy = GatePolicy(scorers=("exact",), threshold=0.8, baseline=None)
    with PromptRegistry(path) as registry:
        version = PromptVersion("p", "3.0.0", "half right", author="eve")
        registry.register(version)
        registry.record_evaluation(
            build_evidence(version, scores=(1.0, 0.0) * 10, policy=policy, gate=Gate.PASS)
        )
        assert registry.status("p", "3.0.0").state == "failing"
        with pytest.raises(ValueError, match="does not follow from its scores"):
            registry.deploy("p", "3.0.0", "production", "eve")

    assert any("but its scores say fail" in problem for problem in problems(path))


def test_a_kept_head_shows_an_older_copy(path: Path, tmp_path: Path) -> None:
    with PromptRegistry(path) as registry:
        older = registry.backup(tmp_path / "older.db")
        registry.register(PromptVersion("q", "1.0.0", "new"))
        head = registry.head()
        assert registry.verify(head=head).ok
        assert registry.verify(head=head[:16]).ok

    assert any("not in the chain" in problem for problem in problems(Path(older), head=head))
    assert any("not in the chain" in problem for problem in problems(path, head=""))


def test_another_key_does_not_vouch(path: Path) -> None:
    listed = problems(path, key=SigningKey.generate().public_pem)

    assert listed == ["signatures: nothing in this registry is signed by this key"]


def test_a_signature_is_checked_without_this_database(
    path: Path, key: SigningKey, tmp_path: Path
) -> None:
    with PromptRegistry(path) as registry:
        envelope, *others = registry.attestations("p", "1.0.0")
        assert len(others) == 2, "it was deployed, and rolled back to"
        assert registry.attestations("p", "9.9.9") == []
    public = tmp_path / "key.pub"
    public.write_text(key.public_pem)

    statement = open_envelope(envelope, public)

    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    assert statement["subject"][0]["name"] == "p@1.0.0"
    assert statement["predicate"]["result"] == "PASSED"
    assert len(statement["predicate"]["passedTests"]) == 20
    data = json.loads(envelope)
    data["payload"] = base64.b64encode(b"{}").decode()
    with pytest.raises(ValueError, match="by this key"):
        open_envelope(json.dumps(data), public)


def test_a_key_is_kept_in_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    made = SigningKey.generate()
    made.save(tmp_path / "key.pem")

    assert SigningKey.load(tmp_path / "key.pem").keyid == made.keyid
    assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o600
    with pytest.raises(ValueError, match="no private key"):
        SigningKey.load(tmp_path / "nothing.pem")


def test_a_key_in_the_environment_signs_and_a_registry_without_signatures_says_so(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = SigningKey.generate()
    made.save(tmp_path / "key.pem")
    fresh = tmp_path / "fresh.db"
    with PromptRegistry(fresh, create=True) as registry:
        registry.register(PromptVersion("p", "1.0.0", "text"))
        registry.deploy("p", "1.0.0", "development", "ana")
        assert "nothing in this registry is signed" in str(registry.verify(key=made.public_pem))
        monkeypatch.setenv("WORKBENCH_SIGNING_KEY", str(tmp_path / "key.pem"))
        registry.deploy("p", "1.0.0", "development", "ana")

        assert registry.verify(key=made.public_pem).signed == 1


def first_form_only(path: Path, key: SigningKey) -> None:
    """Sign as 0.1.0 did: passing evaluations and deployments, without naming the registry."""
    with PromptRegistry(path) as registry, registry._writing() as transaction:
        for (seq,) in transaction.connection.execute(
            "SELECT seq FROM evaluations WHERE gate = 'pass' UNION SELECT seq FROM deployments"
        ).fetchall():
            statement = first_form(statement_of(transaction.connection, seq) or {})
            assert statement is not None
            envelope = {"target": seq, "keyid": key.keyid, "envelope": key.envelope(statement)}
            transaction.append("signature", "ci", envelope)


def some_deployments(path: Path, *numbers: str) -> None:
    with PromptRegistry(path, create=True) as registry:
        for number in numbers:
            version = PromptVersion("p", number, f"text {number}", author="ana")
            registry.register(version)
            registry.record_evaluation(build_evidence(version), by="ci")
            registry.deploy("p", number, "production", "ana")


def test_what_0_1_0_signed_is_valid_and_the_rest_is_counted(tmp_path: Path) -> None:
    path, key = tmp_path / "registry.db", SigningKey.generate()
    some_deployments(path, "1.0.0", "1.1.0")
    first_form_only(path, key)
    with PromptRegistry(path) as registry:
        report = registry.verify(key=key.public_pem)
        assert (report.ok, report.signed) == (True, 4)
        assert report.unsigned == report.records - 2 * 4
        registry.revoke("p", "1.0.0", "ana", "leaks names")
        assert registry.verify(key=key.public_pem).ok, "0.1.0 signed no revocations"

    some_deployments(path, "1.2.0")
    assert [p.partition(":")[0] for p in problems(path, key=key.public_pem)] == [
        "evaluations",
        "deployments",
    ]


def test_from_the_first_signature_on_every_record_needs_one(tmp_path: Path) -> None:
    path, key = tmp_path / "registry.db", SigningKey.generate()
    some_deployments(path, "1.0.0")
    with PromptRegistry(path) as registry:
        before = len(registry.history())
    with PromptRegistry(path, signing_key=key) as registry:
        registry.approve("p", "1.0.0", "production", "bob")
        report = registry.verify(key=key.public_pem)
        assert (report.ok, report.signed, report.unsigned) == (True, 1, before)
    with PromptRegistry(path) as registry:
        registry.register_consumer("app", "p", "production", ">=1,<2")

    (problem,) = problems(path, key=key.public_pem)
    assert problem.startswith("consumers: record ")
    assert problem.endswith("is not signed by this key")


def test_several_keys_vouch_together(tmp_path: Path) -> None:
    path, keys = tmp_path / "registry.db", [SigningKey.generate(), SigningKey.generate()]
    for key, number in zip(keys, ("1.0.0", "1.1.0"), strict=True):
        with PromptRegistry(path, create=True, signing_key=key) as registry:
            registry.register(PromptVersion("p", number, f"text {number}"))

    assert problems(path, key=[key.public_pem for key in keys]) == []
    assert len(problems(path, key=keys[0].public_pem)) == 1


@pytest.mark.parametrize("table", ["ledger", "revocations", "signatures"])
def test_a_row_that_the_database_ignores_is_an_error_at_once(
    path: Path, key: SigningKey, table: str
) -> None:
    connection = unguarded(path)
    connection.execute(
        f"CREATE TRIGGER quiet BEFORE INSERT ON {table} BEGIN SELECT RAISE(IGNORE); END"
    )
    connection.close()
    with PromptRegistry(path, signing_key=key) as registry:
        before = registry.head()
        with pytest.raises(RegistryError, match=f"ignored a new row of {table}"):
            registry.revoke("p", "1.0.0", "ana", "leaks names")
        assert registry.head() == before


def test_what_analyze_leaves_is_no_finding(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("ANALYZE")
    connection.close()

    assert problems(path) == []


@pytest.mark.exhaustive
def test_the_audit_of_many_deployments_takes_time_in_proportion(tmp_path: Path) -> None:
    """Each deployment looks at the evaluations of its own prompt, not at all of them."""
    path = tmp_path / "registry.db"
    with PromptRegistry(path, create=True) as registry:
        for number in range(40):
            version = PromptVersion(f"p{number}", "1.0.0", f"text {number}", author="ana")
            registry.register(version)
            registry.record_evaluation(build_evidence(version), by="ci")
            registry.deploy(version.prompt_id, "1.0.0", "production", "ana")
    looked_at = 0

    def count(_world: object, evaluation: dict[str, object], *_: object) -> bool:
        nonlocal looked_at
        looked_at += 1
        return bool(evaluation["gate"] == "pass")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verify_rules, "_accepted", count)
        assert problems(path) == []
    assert looked_at == 40


def test_a_key_that_cannot_be_read_is_an_error_and_no_finding(path: Path, tmp_path: Path) -> None:
    (tmp_path / "no.pub").write_text("nothing")
    with PromptRegistry(path) as registry, pytest.raises(RegistryError, match="no public key"):
        registry.verify(key=tmp_path / "no.pub")
