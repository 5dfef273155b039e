"""The registry as apps get it: in a workspace it sees the files as the commands do.

Imports stand in the functions: an app that only reads pays for sqlite3 alone.
"""

# Apps import no pathlib to read a prompt.
# ruff: noqa: PTH113, PTH118, PTH119, PTH120
from __future__ import annotations

import os

from workbench.errors import RegistryError, RulesLoosened, WorkbenchError
from workbench.registry.facade import PRODUCTION
from workbench.registry.facade import PromptRegistry as _PromptRegistry
from workbench.registry.opening import STATE_FOLDER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from workbench.registry.records import RuleChange, Status
    from workbench.registry.values import PromptDeployment

_SETTINGS = "workbench.toml"


class PromptRegistry(_PromptRegistry):
    __doc__ = _PromptRegistry.__doc__

    def status(self, prompt_id: str, version: str, environment: str = PRODUCTION) -> Status:
        """How a version stands in an environment, derived from its evidence now.

        In a workspace its files count: a dataset, a scorer or a rule that is not what the evidence
        was made with makes it stale, whether the registry may be told of the change or not.
        """
        from workbench.registry.records import State

        loosened: tuple[RuleChange, ...] = ()
        try:
            self._sync(prompt_id)
        except RulesLoosened as error:
            loosened = error.changes  # type: ignore[assignment]
        found = super().status(prompt_id, version, environment)
        here = [change for change in loosened if change.environment in ("", environment)]
        if not here or not found.tested:
            return found
        from dataclasses import replace

        said = str(RulesLoosened("; ".join(map(str, here))))
        return replace(found, state=State.STALE, reason=said)

    def deploy(
        self, prompt_id: str, version: str, environment: str, deployed_by: str, **options: Any
    ) -> PromptDeployment:
        """Make a version live; what is live already is not done twice.

        `options`: reason, expect (what the deployer saw live: a version, a deployment's seq, None
        for nothing), request_id, override, again. Raises GateRefused with what is missing,
        StaleHead when somebody was faster, and in a workspace RulesLoosened when its files would
        let more through than the rules in force.
        """
        self._sync(prompt_id)
        return super().deploy(prompt_id, version, environment, deployed_by, **options)

    def _sync(self, prompt_id: str) -> None:
        """Tell the registry what the files of its workspace say, as the commands do."""
        folder = os.path.dirname(self.path)
        root = os.path.dirname(folder)
        if os.path.basename(folder) != STATE_FOLDER:
            return
        if not os.path.isfile(os.path.join(root, _SETTINGS)):
            return
        from pathlib import Path

        from workbench.actions.bench import Bench
        from workbench.workspace import open_workspace

        try:
            with Bench(open_workspace(Path(root))) as bench:
                bench.sync(prompt_id)
        except RegistryError:
            raise
        except WorkbenchError as error:
            raise RegistryError(error.message, hint=error.hint) from error
