"""One object for everything that is asked of a registry; each answer lives in its own module.

Imports stand in the methods: an app that only reads pays for sqlite3 alone.
"""

from __future__ import annotations

from workbench.registry.registry_file import RegistryFile
from workbench.registry.values import PromptDeployment, PromptVersion

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping
    from typing import Any

    from workbench.prompts.values import Prompt
    from workbench.registry.heads import Expected
    from workbench.registry.records import (
        BlameLine,
        EvaluationRecord,
        GateUse,
        LogEntry,
        PromptSummary,
        RollbackPreview,
        Status,
    )
    from workbench.settings import EnvironmentSettings
    from workbench.verdicts.values import Evidence

PRODUCTION = "production"


class _Seen:
    """The default of `expect`: deploy over whatever is live now."""


_WHATEVER = _Seen()


class PromptRegistry(RegistryFile):
    """Versions, their evidence, and what is live where, in one SQLite file.

    `path` defaults to $WORKBENCH_REGISTRY, else the nearest .workbench/registry.db here or above.
    Only `create=True` makes a file. All errors are RegistryErrors, which are ValueErrors. Safe
    to share between threads.
    """

    # What apps call

    def get_active(
        self,
        prompt_id: str,
        environment: str = PRODUCTION,
        *,
        at: datetime.datetime | str | None = None,
        default: PromptVersion | str | None = None,
        requires: str | None = None,
        strict: bool = False,
    ) -> PromptVersion:
        """The version that is live, in microseconds when nothing changed.

        After its first success it does not fail: `source` and `age` of the answer say when it
        comes from memory, from disk or is `default`. `requires` is a range like `>=1.2,<2`;
        `at` asks for another time; `strict` raises rather than give what is not checked now.
        Raises RegistryError when nothing is live and there is no `default`.
        """
        if at is not None:
            from workbench.registry.clock import as_text

            key = (prompt_id, environment, requires)
            return self._reader.active_at(key, as_text(at), default)
        return self._reader.active(prompt_id, environment, requires, default, strict)

    async def aget_active(
        self,
        prompt_id: str,
        environment: str = PRODUCTION,
        *,
        at: datetime.datetime | str | None = None,
        default: PromptVersion | str | None = None,
        requires: str | None = None,
        strict: bool = False,
    ) -> PromptVersion:
        """`get_active` for asyncio: what needs the disk runs in a thread."""
        if at is None:
            found = self._reader.warm((prompt_id, environment, requires))
            if found is not None:
                return found
        import asyncio

        return await asyncio.to_thread(
            self.get_active,
            prompt_id,
            environment,
            at=at,
            default=default,
            requires=requires,
            strict=strict,
        )

    @property
    def last_error(self) -> Exception | None:
        """Why the last `get_active` was not answered by the registry; None when it was."""
        return self._reader.last_error

    # Versions

    def register(self, version: PromptVersion, *, force_reason: str = "") -> str:
        """Keep a version for ever: `prompt_id@version`. Raises RegistryError for a duplicate."""
        from workbench.registry.versions import register

        with self._writing() as transaction:
            return register(transaction, version, force_reason)

    def get_version(self, prompt_id: str, version: str) -> PromptVersion:
        """One version. Raises NotInRegistry, which is a ValueError."""
        from workbench.registry.versions import get_version

        with self._reading() as connection:
            return get_version(connection, prompt_id, version)

    def prompts(self) -> list[PromptSummary]:
        """All prompts by name."""
        from workbench.registry.versions import list_prompts

        with self._reading() as connection:
            return list_prompts(connection)

    def versions(self, prompt_id: str) -> list[PromptVersion]:
        """All versions of a prompt, the newest (by SemVer) first; none for an unknown prompt."""
        from workbench.registry.versions import list_versions

        with self._reading() as connection:
            return list_versions(connection, prompt_id)

    def contents(self, prompt_id: str) -> list[Prompt]:
        """What each version of a prompt says, without how it stands: much cheaper to read."""
        from workbench.registry.versions import contents_of

        with self._reading() as connection:
            return contents_of(connection, prompt_id)

    # Evidence

    def publish_suite(
        self,
        prompt_id: str,
        suite: str,
        parts: Mapping[str, str],
        policy: Mapping[str, Any],
        by: str,
    ) -> None:
        """What evidence must match from now on. Unchanged: nothing is written."""
        from workbench.fingerprints import canonical_json
        from workbench.registry.evidence import current_suite, publish_suite
        from workbench.registry.versions import check_prompt_id

        check_prompt_id(prompt_id)
        with self._reading() as connection:
            current = current_suite(connection, prompt_id, suite)
        if current and current[2:] == (canonical_json(parts), canonical_json(policy), 0):
            return
        with self._writing() as transaction:
            publish_suite(transaction, prompt_id, suite, parts, policy, by)

    def record_evaluation(self, evidence: Evidence, *, by: str = "") -> str:
        """Keep the evidence and publish its suite: the evaluation's id."""
        from workbench.registry.evidence import record_evaluation
        from workbench.registry.people import actor_named

        with self._writing() as transaction:
            seq, evaluation_id = record_evaluation(transaction, evidence, by)
            transaction.sign(actor_named(by), seq)
        return evaluation_id

    def evaluations(self, prompt_id: str, version: str | None = None) -> list[EvaluationRecord]:
        """Evaluations of a prompt or of one version, newest first."""
        from workbench.registry.evidence import evaluations

        with self._reading() as connection:
            return evaluations(connection, prompt_id, version)

    def evaluation(self, seq: int) -> EvaluationRecord:
        """The evaluation with that number in the ledger."""
        from workbench.registry.evidence import evaluation_at

        with self._reading() as connection:
            return evaluation_at(connection, seq)

    def gate_uses(self, prompt_id: str) -> list[GateUse]:
        """Which cases the evaluations of a prompt used, oldest first."""
        from workbench.registry.evidence import gate_uses

        with self._reading() as connection:
            return gate_uses(connection, prompt_id)

    def attestations(self, prompt_id: str, version: str) -> list[str]:
        """The signatures on a version's evaluations and deployments, as DSSE envelopes in JSON.

        `workbench.registry.signing.open_envelope(envelope, key)` checks one without a registry.
        """
        from workbench.registry.signing import envelopes_of

        with self._reading() as connection:
            return envelopes_of(connection, prompt_id, version)

    def status(self, prompt_id: str, version: str, environment: str = PRODUCTION) -> Status:
        """How a version stands in an environment, derived from its evidence now."""
        from workbench.registry.tested import status_of
        from workbench.registry.versions import get_version

        with self._reading() as connection:
            return status_of(connection, get_version(connection, prompt_id, version), environment)

    # Deployments

    def deploy(
        self,
        prompt_id: str,
        version: str,
        environment: str,
        deployed_by: str,
        *,
        reason: str = "",
        expect: Expected | _Seen = _WHATEVER,
        request_id: str | None = None,
        override: bool = False,
        again: bool = False,
    ) -> PromptDeployment:
        """Make a version live; what is live already is not done twice.

        `expect` is what the deployer saw live (a version, a deployment's seq, None for nothing).
        Raises GateRefused with what is missing, StaleHead when somebody was faster.
        """
        from workbench.registry.deployments import deploy
        from workbench.registry.heads import UNSET, Request
        from workbench.registry.people import actor_named

        request = Request(
            prompt_id=prompt_id,
            version=version,
            environment=environment,
            actor=actor_named(deployed_by, "a deployment"),
            reason=reason,
            expect=UNSET if isinstance(expect, _Seen) else expect,
            request_id=request_id,
            override=override,
            again=again,
        )
        with self._writing() as transaction:
            done = deploy(transaction, request)
            transaction.sign(request.actor, done.seq)
        return done

    def preview_rollback(
        self, prompt_id: str, environment: str, to: str | None = None
    ) -> RollbackPreview:
        """Where `rollback` would go. Raises RegistryError when there is nothing to go back to."""
        from workbench.registry.rollbacks import preview_rollback

        with self._reading() as connection:
            return preview_rollback(connection, prompt_id, environment, to)

    def rollback(
        self,
        prompt_id: str,
        environment: str,
        rolled_back_by: str,
        *,
        reason: str = "",
        to: str | None = None,
        expect: Expected | _Seen = _WHATEVER,
        request_id: str | None = None,
    ) -> PromptDeployment:
        """Go back to what was live before; a second rollback goes further back.

        Raises RegistryError ("No previous version ...") when there is nothing to go back to.
        """
        from workbench.registry.heads import UNSET
        from workbench.registry.people import actor_named
        from workbench.registry.rollbacks import rollback

        actor = actor_named(rolled_back_by, "a rollback")
        with self._writing() as transaction:
            done = rollback(
                transaction,
                prompt_id,
                environment,
                actor,
                reason=reason,
                to=to,
                expect=UNSET if isinstance(expect, _Seen) else expect,
                request_id=request_id,
            )
            transaction.sign(actor, done.seq)
        return done

    def retire(
        self, prompt_id: str, environment: str, retired_by: str, reason: str
    ) -> PromptDeployment:
        """Take a prompt out of an environment: nothing is live there any more."""
        from workbench.registry.deployments import retire
        from workbench.registry.people import actor_named

        with self._writing() as transaction:
            actor = actor_named(retired_by, "retiring")
            return retire(transaction, prompt_id, environment, actor, reason)

    def revoke(self, prompt_id: str, version: str, revoked_by: str, reason: str) -> None:
        """Never let a version go live again; where it is live, readers see `revoked`."""
        from workbench.registry.deployments import revoke
        from workbench.registry.people import actor_named

        with self._writing() as transaction:
            revoke(transaction, prompt_id, version, actor_named(revoked_by, "revoking"), reason)

    def approve(
        self, prompt_id: str, version: str, environment: str, approved_by: str, reason: str = ""
    ) -> None:
        """Another person's word for a version in an environment."""
        from workbench.registry.deployments import approve
        from workbench.registry.people import actor_named

        with self._writing() as transaction:
            actor = actor_named(approved_by, "an approval")
            approve(transaction, prompt_id, version, environment, actor, reason)

    def live(self, prompt_id: str | None = None) -> list[PromptDeployment]:
        """What is live, one entry a prompt and environment."""
        from workbench.registry.deployments import live

        with self._reading() as connection:
            return live(connection, prompt_id)

    # History

    def history(
        self,
        prompt_id: str | None = None,
        environment: str | None = None,
        limit: int | None = None,
    ) -> list[LogEntry]:
        """All that happened, newest first."""
        from workbench.registry.history import log

        with self._reading() as connection:
            return log(connection, prompt_id, environment, limit)

    def blame(self, prompt_id: str, version: str | None = None) -> list[BlameLine]:
        """Which version brought each line of a prompt, by whom and why."""
        from workbench.registry.history import blame

        with self._reading() as connection:
            return blame(connection, prompt_id, version)

    # Rules

    def environments(self) -> list[EnvironmentSettings]:
        """All environments with their rules, in the order in which they were made."""
        from workbench.registry.environments import all_environments

        with self._reading() as connection:
            return all_environments(connection)

    def set_environment(self, settings: EnvironmentSettings, by: str) -> None:
        """Change what a deployment needs somewhere. Unchanged: nothing is written."""
        from workbench.registry.environments import row_of
        from workbench.registry.people import actor_named

        same = row_of(settings)
        if any(row_of(known) == same for known in self.environments()):
            return
        with self._writing() as transaction:
            transaction.append("environment", actor_named(by), same)

    def register_consumer(
        self, name: str, prompt_id: str, environment: str, requires: str, *, by: str = ""
    ) -> None:
        """Remember that an app needs versions in a range; an empty range forgets it."""
        from workbench.registry.consumers import register_consumer
        from workbench.registry.people import actor_named

        with self._writing() as transaction:
            actor = actor_named(by or name, "a consumer")
            register_consumer(transaction, name, prompt_id, environment, requires, actor)
