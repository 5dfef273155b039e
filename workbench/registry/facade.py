"""PromptRegistry: the one object through which a registry is used.

Imports are inside the methods: an app that only reads loads sqlite3 alone.
"""

from __future__ import annotations

from workbench.registry.models.values import PromptDeployment, PromptVersion
from workbench.registry.registry_file import PRODUCTION
from workbench.registry.rules_facade import RegistryRules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from workbench.prompts.values import Model, Prompt
    from workbench.registry.deploy.heads import Expected
    from workbench.registry.models.records import (
        BlameLine,
        DatasetUse,
        EvaluationRecord,
        GateUse,
        LogEntry,
        PromptSummary,
        RollbackPreview,
        Status,
        SuiteRecord,
    )
    from workbench.verdicts.values import Evidence


class _Seen:
    """The default of `expect`: deploy over whatever is live now."""


_WHATEVER = _Seen()


class PromptRegistry(RegistryRules):
    """Versions, their evidence, and what is live where, in one SQLite file.

    `path` defaults to $WORKBENCH_REGISTRY, else the nearest .workbench/registry.db here or above.
    Only `create=True` makes a file. All errors are RegistryErrors, which are ValueErrors. Safe
    to share between threads.
    """

    # Versions

    def register(self, version: PromptVersion, *, force_reason: str = "") -> str:
        """Register a version permanently: `prompt_id@version`. Raises RegistryError for a
        duplicate.
        """
        from workbench.registry.content.versions import register

        with self._writing() as transaction:
            return register(transaction, version, force_reason)

    def get_version(self, prompt_id: str, version: str) -> PromptVersion:
        """One version. Raises NotInRegistry, which is a ValueError."""
        from workbench.registry.content.versions import get_version

        with self._reading() as connection:
            return get_version(connection, prompt_id, version)

    def prompts(self, first: int | None = None) -> list[PromptSummary]:
        """Prompts ordered by name: all, or only the `first` so many."""
        from workbench.registry.content.versions import list_prompts

        with self._reading() as connection:
            return list_prompts(connection, first)

    def versions(self, prompt_id: str) -> list[PromptVersion]:
        """All versions of a prompt, the newest (by SemVer) first; none for an unknown prompt."""
        from workbench.registry.content.versions import list_versions

        with self._reading() as connection:
            return list_versions(connection, prompt_id)

    def contents(self, prompt_id: str) -> list[Prompt]:
        """The prompt of each version without its status; much cheaper than `versions`."""
        from workbench.registry.content.versions import contents_of

        with self._reading() as connection:
            return contents_of(connection, prompt_id)

    # Evidence

    def record_evaluation(self, evidence: Evidence, *, by: str = "", reason: str = "") -> str:
        """Record the evidence under the suite that judged it: the evaluation's id.

        An unknown suite is published. Raises RegistryError when the evidence contradicts the
        version, RulesLoosened when the suite asks for less than the one in force and there is no
        reason.
        """
        from workbench.registry.content.evidence import record_evaluation
        from workbench.registry.models.actors import actor_named

        with self._writing() as transaction:
            seq, evaluation_id = record_evaluation(transaction, evidence, by, reason)
            transaction.sign(actor_named(by), seq)
        return evaluation_id

    def evaluations(
        self, prompt_id: str, version: str | None = None, *, scores: bool = True
    ) -> list[EvaluationRecord]:
        """Evaluations of a prompt or of one version, newest first; without the `scores` of their
        cases `pairs` is empty.
        """
        from workbench.registry.content.evidence import evaluations

        with self._reading() as connection:
            return evaluations(connection, prompt_id, version, scores=scores)

    def evaluation(self, seq: int) -> EvaluationRecord:
        """The evaluation with that seq. Raises NotInRegistry."""
        from workbench.registry.content.evidence import evaluation_at

        with self._reading() as connection:
            return evaluation_at(connection, seq)

    def evaluation_named(self, evaluation_id: str) -> EvaluationRecord:
        """The evaluation with that id, or the one whose id begins so. Raises NotInRegistry for
        none, and for several.
        """
        from workbench.registry.content.evidence import evaluation_named

        with self._reading() as connection:
            return evaluation_named(connection, evaluation_id)

    def judged_by(self, seq: int) -> SuiteRecord:
        """The form of the suite by which the evaluation with that seq was made. Raises
        NotInRegistry.
        """
        from workbench.registry.content.evidence import judged_by

        with self._reading() as connection:
            return judged_by(connection, seq)

    def dataset_uses(self, prompt_id: str, suite: str) -> list[DatasetUse]:
        """The evaluations of a prompt on a suite by their dataset, newest first."""
        from workbench.registry.content.evidence import dataset_uses

        with self._reading() as connection:
            return dataset_uses(connection, prompt_id, suite)

    def gate_uses(self, prompt_id: str) -> list[GateUse]:
        """Which cases the evaluations of a prompt used, oldest first."""
        from workbench.registry.content.evidence import gate_uses

        with self._reading() as connection:
            return gate_uses(connection, prompt_id)

    def attestations(self, prompt_id: str, version: str) -> list[str]:
        """The signatures on a version's evaluations and deployments, as DSSE envelopes in JSON.

        `registry.content.signing.open_envelope(envelope, key)` checks one without a registry.
        """
        from workbench.registry.content.signing import envelopes_of

        with self._reading() as connection:
            return envelopes_of(connection, prompt_id, version)

    def status(self, prompt_id: str, version: str, environment: str = PRODUCTION) -> Status:
        """How a version stands in an environment, derived from its evidence now. Raises
        NotInRegistry.
        """
        from workbench.registry.content.versions import get_version
        from workbench.registry.deploy.status import status_of

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
        """Make a version live; a version that is live already is not deployed twice.

        `expect` is what the deployer saw live (a version, a deployment's seq, None for nothing).
        Raises GateRefused with everything that is missing, StaleHead when somebody else deployed
        meanwhile.
        """
        from workbench.registry.deploy.deployments import deploy
        from workbench.registry.deploy.heads import UNSET, Request
        from workbench.registry.models.actors import actor_named

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
        from workbench.registry.deploy.rollbacks import preview_rollback

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
        """Roll back to what was live before; a second rollback goes further back.

        Raises RegistryError ("No previous version ...") when there is nothing to go back to.
        """
        from workbench.registry.deploy.heads import UNSET
        from workbench.registry.deploy.rollbacks import rollback
        from workbench.registry.models.actors import actor_named

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
        """Take a prompt out of an environment. Raises RegistryError when nothing is live there."""
        from workbench.registry.deploy.deployments import retire
        from workbench.registry.models.actors import actor_named

        with self._writing() as transaction:
            actor = actor_named(retired_by, "retiring")
            return retire(transaction, prompt_id, environment, actor, reason)

    def revoke(self, prompt_id: str, version: str, revoked_by: str, reason: str) -> None:
        """Forbid a version for ever; readers of it see `revoked`. Raises RegistryError."""
        from workbench.registry.deploy.deployments import revoke
        from workbench.registry.models.actors import actor_named

        with self._writing() as transaction:
            revoke(transaction, prompt_id, version, actor_named(revoked_by, "revoking"), reason)

    def approve(
        self, prompt_id: str, version: str, environment: str, approved_by: str, reason: str = ""
    ) -> None:
        """Record another person's approval of a version in an environment. Raises RegistryError."""
        from workbench.registry.deploy.deployments import approve
        from workbench.registry.models.actors import actor_named

        with self._writing() as transaction:
            actor = actor_named(approved_by, "an approval")
            approve(transaction, prompt_id, version, environment, actor, reason)

    def live(
        self, prompt_id: str | None = None, *, revoked: bool = False
    ) -> list[PromptDeployment]:
        """The live deployments, one per prompt and environment; `revoked`: only of revoked
        versions.
        """
        from workbench.registry.deploy.deployments import live

        with self._reading() as connection:
            return live(connection, prompt_id, revoked=revoked)

    def live_models(self) -> list[tuple[str, str, str, Model]]:
        """Prompt, version, environment and model of each live version that names a model."""
        from workbench.registry.deploy.deployments import live_models

        with self._reading() as connection:
            return live_models(connection)

    # History

    def newest_other(
        self, prompt_id: str, environment: str, fingerprint: str
    ) -> PromptDeployment | None:
        """The newest deployment there of another content than `fingerprint`, live or not any more;
        None when no other content was ever live there.
        """
        from workbench.registry.deploy.heads import newest_other

        with self._reading() as connection:
            return newest_other(connection, prompt_id, environment, fingerprint)

    def history(
        self,
        prompt_id: str | None = None,
        environment: str | None = None,
        limit: int | None = None,
    ) -> list[LogEntry]:
        """The records of the ledger in words, newest first."""
        from workbench.registry.audit.history import log

        with self._reading() as connection:
            return log(connection, prompt_id, environment, limit)

    def blame(self, prompt_id: str, version: str | None = None) -> list[BlameLine]:
        """Which version introduced each line of a prompt, by whom and why. Raises NotInRegistry."""
        from workbench.registry.audit.history import blame

        with self._reading() as connection:
            return blame(connection, prompt_id, version)
