"""The registry for apps: in a workspace it takes the files into account, like the commands.

Imports are in the functions, so that an app that only reads imports no more than sqlite3.
"""

# Apps import no pathlib to read a prompt.
# ruff: noqa: PTH113, PTH118, PTH119, PTH120
from __future__ import annotations

import contextlib
import os

from workbench.errors import RegistryError, WorkbenchError
from workbench.links import STATE
from workbench.registry.facade import PromptRegistry as _PromptRegistry
from workbench.registry.registry_file import PRODUCTION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from workbench.actions.session import Session
    from workbench.registry.models.records import Status
    from workbench.registry.models.values import PromptDeployment

_SETTINGS = "workbench.toml"


class PromptRegistry(_PromptRegistry):
    __doc__ = _PromptRegistry.__doc__

    def status(self, prompt_id: str, version: str, environment: str = PRODUCTION) -> Status:
        """A version's status in an environment, derived from its present evidence.

        In a workspace its files count: evidence is stale when a suite has changed, even if the
        change is not recorded in the registry yet.
        """
        recorded = super().status(prompt_id, version, environment)
        with self._session() as session:
            if session is None:
                return recorded
            from workbench.actions.releasing.rules import pending, status_by_files
            from workbench.actions.workspace.features import status_by_apps, status_by_features

            rules = next(known for known in self.environments() if known.name == environment)
            status = status_by_files(recorded, pending(session), prompt_id, rules)
            made = self.get_version(prompt_id, version)
            status = status_by_features(status, made.prompt, session.workspace.root)
            return status_by_apps(status, made, environment, self.app_features())

    def deploy(
        self, prompt_id: str, version: str, environment: str, deployed_by: str, **options: Any
    ) -> PromptDeployment:
        """Make a version live; does nothing if it is live already.

        `options`: reason, expect (what the deployer saw live: a version, a deployment's seq, None
        for nothing), request_id, override, again. Raises GateRefused with what is missing,
        StaleHead after another deployment, and in a workspace RulesLoosened when its files would
        let more through than the rules in force.
        """
        with self._session() as session:
            if session is not None:
                from workbench.actions.releasing.rules import publish, sync

                if options.get("override"):
                    publish(session)
                else:
                    sync(session, prompt_id, environment)
        return super().deploy(prompt_id, version, environment, deployed_by, **options)

    @contextlib.contextmanager
    def _session(self) -> Iterator[Session | None]:
        """A session on the registry's workspace; None outside one. Raises only RegistryErrors."""
        folder = os.path.dirname(self.path)
        root = os.path.dirname(folder)
        in_one = os.path.basename(folder) == STATE
        if not in_one or not os.path.isfile(os.path.join(root, _SETTINGS)):
            yield None
            return
        from pathlib import Path

        from workbench.actions.session import Session
        from workbench.workspace import open_workspace

        try:
            with Session(open_workspace(Path(root))) as session:
                yield session
        except RegistryError:
            raise
        except WorkbenchError as error:
            raise RegistryError(error.message, hint=error.hint) from error
