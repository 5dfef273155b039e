"""The part of PromptRegistry that sets rules: suites, environments, consumers, and what is
observed of models.

Imports are inside the methods: an app that only reads loads sqlite3 alone.
"""

from __future__ import annotations

from workbench.registry.registry_file import RegistryFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from workbench.registry.models.answering import Observed
    from workbench.registry.models.records import (
        CalibrationRecord,
        EvaluationRecord,
        FactChange,
        RuleChange,
        WaitingRule,
    )
    from workbench.settings import EnvironmentSettings
    from workbench.verdicts.judges.calibration import Calibration


class RegistryRules(RegistryFile):
    """The rules that evidence and deployments must satisfy.

    A change that is looser, or cannot be compared, needs a `reason`: without one RulesLoosened
    lists the change, and nothing is written. Unchanged rules write nothing.
    """

    # Suites

    def publish_suite(
        self,
        prompt_id: str,
        suite: str,
        parts: Mapping[str, str],
        policy: Mapping[str, Any],
        by: str,
        *,
        contents: Mapping[str, Any] | None = None,
        reason: str = "",
    ) -> None:
        """Publish the suite that evidence must match from now on. `contents` lists what the parts
        are fingerprints of: without it no other dataset can be shown to contain the same cases.

        Raises RulesLoosened.
        """
        from workbench.registry.content.rule_changes import (
            current_suite,
            is_published,
            publish_suite,
            suite_row,
        )
        from workbench.registry.content.versions import check_prompt_id

        check_prompt_id(prompt_id)
        row = suite_row(prompt_id, suite, parts, policy, contents=contents)
        with self._reading() as connection:
            current = current_suite(connection, prompt_id, suite)
        if current and is_published(current, row):
            return
        with self._writing() as transaction:
            publish_suite(transaction, row, by, reason)

    def suite_change(
        self,
        prompt_id: str,
        suite: str,
        parts: Mapping[str, str],
        policy: Mapping[str, Any],
        *,
        contents: Mapping[str, Any] | None = None,
    ) -> RuleChange | None:
        """What publishing this would change; None: nothing."""
        from workbench.registry.content.rule_changes import suite_change, suite_row

        row = suite_row(prompt_id, suite, parts, policy, contents=contents)
        with self._reading() as connection:
            return suite_change(connection, row)

    def looser_since(self, evaluations: Sequence[int]) -> tuple[FactChange, ...]:
        """Rules that are looser now than at one of these evaluations, each as it was at the first
        of them; without cases.
        """
        from workbench.registry.content.rule_changes import looser_since

        with self._reading() as connection:
            return looser_since(connection, evaluations)

    def suite_names(self) -> list[tuple[str, str]]:
        """(prompt_id, suite) of each suite of the workspace that is in force."""
        with self._reading() as connection:
            return connection.execute(
                "SELECT prompt_id, suite FROM current_suites WHERE external = 0 AND removed = 0"
                " ORDER BY prompt_id, suite"
            ).fetchall()

    def removal(self, prompt_id: str, suite: str) -> RuleChange | None:
        """What `remove_suite` would change."""
        from workbench.registry.content.rule_changes import current_suite, removal, suite_change

        with self._reading() as connection:
            current = current_suite(connection, prompt_id, suite)
            return suite_change(connection, removal(current)) if current else None

    def remove_suite(self, prompt_id: str, suite: str, by: str, *, reason: str = "") -> None:
        """Take a suite out of force. Raises NotInRegistry, and RulesLoosened without a reason."""
        from workbench.registry.content.rule_changes import remove_suite

        with self._writing() as transaction:
            remove_suite(transaction, prompt_id, suite, by, reason)

    def suites_let_through(self) -> list[RuleChange]:
        """Suites that some version passes only with added cases that nobody accepted: what
        `accept_cases` would change.
        """
        from workbench.registry.deploy.case_acceptance import suites_let_through

        with self._reading() as connection:
            return suites_let_through(connection)

    def only_by_added(self, prompt_id: str, version: str, suite: str) -> str:
        """Why a version passes a suite only with added cases that nobody accepted, as a sentence
        with both scores; "": it passes without them, or does not pass. Raises NotInRegistry.
        """
        from workbench.registry.content.versions import get_version
        from workbench.registry.deploy.case_acceptance import version_let_through

        with self._reading() as connection:
            registered = get_version(connection, prompt_id, version)
            return version_let_through(connection, registered, suite)

    def accept_cases(self, prompt_id: str, suite: str, by: str, *, reason: str = "") -> None:
        """Accept the cases of a suite as they are now: evidence need no longer pass on the earlier
        ones alone. Raises NotInRegistry, and RulesLoosened without a reason.
        """
        from workbench.registry.deploy.case_acceptance import accept_cases

        with self._writing() as transaction:
            accept_cases(transaction, prompt_id, suite, by, reason)

    # Environments

    def environments(self) -> list[EnvironmentSettings]:
        """All environments with their rules, in the order of their creation."""
        from workbench.registry.deploy.environments import all_environments

        with self._reading() as connection:
            return all_environments(connection)

    def set_environment(self, settings: EnvironmentSettings, by: str, *, reason: str = "") -> None:
        """Set the rules of an environment. Raises RulesLoosened."""
        from workbench.registry.content.rule_changes import publish_environment
        from workbench.registry.models.environment_rows import row_of

        same = row_of(settings)
        if any(row_of(known) == same for known in self.environments()):
            return
        with self._writing() as transaction:
            publish_environment(transaction, same, by, reason)

    def environment_change(self, settings: EnvironmentSettings) -> RuleChange | None:
        """What `set_environment` would change; None: nothing."""
        from workbench.registry.content.rule_changes import environment_change
        from workbench.registry.models.environment_rows import row_of

        with self._reading() as connection:
            return environment_change(connection, row_of(settings))

    # Loosened rules

    def waiting_rules(self) -> list[WaitingRule]:
        """Loosened rules that lack approvals by other people, the oldest first."""
        from workbench.registry.deploy.rule_approvals import waiting_rules

        with self._reading() as connection:
            return waiting_rules(connection)

    def approve_rules(
        self, approved_by: str, *, seq: int | None = None, reason: str = ""
    ) -> list[WaitingRule]:
        """Approve the loosened rules that wait, or the one of the ledger's record `seq`. Raises
        RegistryError when there is none, or it is one's own.
        """
        from workbench.registry.deploy.rule_approvals import approve_rules
        from workbench.registry.models.actors import actor_named

        with self._writing() as transaction:
            return approve_rules(transaction, actor_named(approved_by, "an approval"), seq, reason)

    # Judges

    def record_calibration(self, calibration: Calibration, by: str) -> int:
        """Record how a judge compares with people's labels: the record's seq in the ledger."""
        from workbench.registry.content.calibrations import record_calibration
        from workbench.registry.models.actors import actor_named

        with self._writing() as transaction:
            seq = record_calibration(transaction, calibration, by)
            transaction.sign(actor_named(by), seq)
        return seq

    def calibrations(self, fingerprint: str = "") -> list[CalibrationRecord]:
        """The calibrations of a judge, or of all, newest first."""
        from workbench.registry.content.calibrations import calibrations

        with self._reading() as connection:
            return calibrations(connection, fingerprint)

    # Which model answers

    def observe(
        self,
        record: EvaluationRecord,
        answers: Mapping[str, Any],
        reason: str,
        *,
        by: str = "",
        changed: bool | None = None,
    ) -> bool:
        """Record who gave `answers` (a side of `Evidence.answers`) when the evaluation was asked
        again, if that is news: whether it was. `changed`: the scores are other ones; None: unknown.
        """
        from workbench.registry.content.observations import observe

        evidence = record.evidence
        about = (record.seq, evidence, answers, lambda: evidence.answers.get("b") or {})
        with self._writing() as transaction:
            return observe(transaction, *about, reason, by, changed=changed)

    def observations(self) -> Observed:
        """Which model answers today, by what was asked for."""
        from workbench.registry.content.observations import newest_observations

        with self._reading() as connection:
            return newest_observations(connection)

    # Consumers

    def register_consumer(
        self, name: str, prompt_id: str, environment: str, requires: str, *, by: str = ""
    ) -> None:
        """Record that an app needs versions in a range; an empty range removes it. Raises
        RegistryError.
        """
        from workbench.registry.deploy.consumers import register_consumer
        from workbench.registry.models.actors import actor_named

        with self._writing() as transaction:
            actor = actor_named(by or name, "a consumer")
            register_consumer(transaction, name, prompt_id, environment, requires, actor)

    def consumers(self, prompt_id: str) -> list[tuple[str, str, str]]:
        """(environment, name, range) of each app that declared which versions it can use."""
        from workbench.registry.deploy.consumers import consumers_of

        with self._reading() as connection:
            return consumers_of(connection, prompt_id)
