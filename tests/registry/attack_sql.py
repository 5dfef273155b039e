"""SQL of an attacker who knows the ledger, and a registry in which each rule can be broken."""

from __future__ import annotations

import functools
import sqlite3
from pathlib import Path

from tests.registry.making import build_evidence
from workbench.registry import PromptRegistry, PromptVersion
from workbench.registry.content.signing import SigningKey
from workbench.registry.models.actors import RULES as RULES_OF_TODAY
from workbench.registry.models.actors import same_person
from workbench.registry.storage.sqlite.trigger_parts import SAME_PERSON
from workbench.runs.spec.suite import GatePolicy
from workbench.settings import EnvironmentSettings
from workbench.verdicts import Gate

POLICY = GatePolicy(scorers=("exact",), threshold=0.8, baseline=None)

# An attacker who knows the ledger writes a record that fits, so that only the rule in question
# stands in the way.
RECORD = """INSERT INTO ledger SELECT max(seq) + 1, '{kind}',
  strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'), '{actor}', lower(hex(randomblob(32))),
  (SELECT hash FROM ledger ORDER BY seq DESC LIMIT 1),
  lower(hex(randomblob(32))) FROM ledger;"""
DEPLOY = """INSERT {conflict} INTO deployments (seq, prompt_id, environment, action, version,
  fingerprint, previous_seq, previous_version, stands_for, evaluation, override, again, stale,
  reason, request_id, loosened_by, revision)
SELECT (SELECT max(seq) FROM ledger), '{prompt}', '{environment}', '{action}', '{version}',
  {fingerprint}, {previous_seq}, {previous_version}, {stands_for}, {evaluation},
  {override}, {again}, 0, '{reason}', NULL, NULL, {revision};"""


def record(kind: str, actor: str = "eve") -> str:
    return RECORD.format(kind=kind, actor=actor)


def deploy(version: str, **changes: str) -> str:
    """SQL that deploys a version with everything right but what `changes` says."""
    environment = changes.get("environment", "production")
    prompt = changes.get("prompt", "p")
    head = (
        f"(SELECT {{}} FROM deployments WHERE prompt_id = '{prompt}'"
        f" AND environment = '{environment}' ORDER BY seq DESC LIMIT 1)"
    )
    filled = {
        "conflict": "",
        "prompt": prompt,
        "environment": environment,
        "action": "deploy",
        "version": version,
        "fingerprint": f"(SELECT fingerprint FROM versions WHERE prompt_id = '{prompt}'"
        f" AND version = '{version}')",
        "previous_seq": head.format("seq"),
        "previous_version": head.format("CASE action WHEN 'retire' THEN NULL ELSE version END"),
        "stands_for": "(SELECT max(seq) FROM ledger)",
        "evaluation": f"(SELECT max(seq) FROM evaluations WHERE prompt_id = '{prompt}'"
        f" AND version = '{version}')",
        "override": "0",
        "again": "0",
        "revision": "1",
        "reason": "",
        **changes,
    }
    return record("deployment", changes.get("actor", "eve")) + DEPLOY.format(**filled)


def approve(actor: str, rules: int = RULES_OF_TODAY) -> str:
    """SQL by which somebody approves p@1.1.0 for an environment that needs one approval."""
    return record("approval", actor) + (
        "INSERT INTO approvals SELECT (SELECT max(seq) FROM ledger), 'p', '1.1.0', fingerprint,"
        f" 'guarded', '', {rules} FROM versions WHERE version = '1.1.0';"
    )


def evaluation(version: str, scores: str, *, planned: int = 20, gate: str = "pass") -> str:
    """SQL that records an evaluation of 20 cases by hand; `scores` gives the value of case n."""
    return (
        record("evaluation")
        + f"""INSERT INTO scores SELECT (SELECT max(seq) FROM ledger), 'exact', value,
  'c' || value, NULL, {scores}, '[]', CASE WHEN ({scores}) IS NULL THEN '[null]'
  ELSE json_array({scores}) END, NULL, '', '' FROM generated;
INSERT INTO evaluations SELECT (SELECT max(seq) FROM ledger), 'forged', 'p', '{version}',
  (SELECT fingerprint FROM versions WHERE version = '{version}'), 'quality',
  (SELECT max(seq) FROM suites WHERE suite = 'quality'), '{gate}', 1.0, {planned},
  '{{"planned": {planned}, "block_ends": [{planned}]}}', NULL, NULL, 0, 1,
  strftime('%Y-%m-%dT%H:%M:%f000Z', 'now', '-1 minute'),
  strftime('%Y-%m-%dT%H:%M:%f000Z', 'now', '-1 minute'), '{{}}';""".replace(
            "generated", f"(SELECT value FROM json_each('{list(range(20))}'))"
        )
    )


def prepare(path: Path) -> str:
    """Make a registry with one version for each way of not being allowed to go live: the public
    key that its records are signed with.
    """
    key = SigningKey.generate()
    with PromptRegistry(path, create=True, signing_key=key) as registry:
        rules = [
            EnvironmentSettings("frozen", frozen=True),
            EnvironmentSettings("guarded", approvals=1),
            EnvironmentSettings("promoted", promote_from="staging"),
            EnvironmentSettings("strict", requires=("quality", "safety")),
            EnvironmentSettings("internal", external=False),
            EnvironmentSettings("fresh", max_age_days=1e-9),
        ]
        for settings in rules:
            registry.set_environment(settings, "ana")
        numbers = ("1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.4.0", "1.5.0", "1.6.0", "1.7.0", "2.0.0")
        p = {n: PromptVersion("p", n, f"text {n}", author="ana") for n in numbers}
        for version in p.values():
            registry.register(version)
        record_ = functools.partial(registry.record_evaluation, by="ci")
        record_(build_evidence(p["1.5.0"], dataset="an older dataset"))
        for number in ("1.0.0", "1.1.0", "1.6.0", "1.7.0", "2.0.0"):
            record_(build_evidence(p[number]), by="ana", reason="its cases were wrong")
        record_(build_evidence(p["1.3.0"], scores=(0.0,) * 20))
        record_(build_evidence(p["1.4.0"], scores=(1.0,) * 7, planned=20, gate=Gate.PASS))
        registry.deploy("p", "1.0.0", "production", "ana")
        registry.deploy("p", "1.7.0", "production", "ana")
        registry.rollback("p", "production", "ana", reason="worse")
        registry.revoke("p", "1.6.0", "ana", "leaks names")
        registry.register_consumer("app", "p", "production", ">=1,<2")
        other = PromptVersion("q", "1.0.0", "another", author="ana")
        registry.register(other)
        registry.approve("q", "1.0.0", "guarded", "bob")
        record_(build_evidence(other, suite="theirs", external=True, suite_parts={}, policy=POLICY))
        assert registry.status("q", "1.0.0").tested
        report = registry.verify(key=key.public_pem)
        assert [f.problem for f in report.findings] == [
            "p@1.4.0 is recorded as pass on quality, but its scores say no_decision"
        ]
    return key.public_pem


def by_module(path: Path, sql: str) -> str:
    """Python's sqlite3: all or nothing, as a script would do it that knows how names compare."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.create_function(SAME_PERSON, 2, same_person, deterministic=True)
    try:
        pragmas, _, rest = sql.rpartition("ON;") if sql.startswith("PRAGMA") else ("", "", sql)
        if pragmas:
            connection.execute(pragmas + "ON")
        connection.executescript("BEGIN;" + rest + "COMMIT;")
    except sqlite3.Error as error:
        return str(error)
    finally:
        connection.close()
    return ""
