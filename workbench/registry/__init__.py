"""What is live, and why? Versions, evidence, deployments, and the reader that apps call.

Names are looked up on first use: reading a prompt imports sqlite3 and little else.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from workbench.registry.external import evaluate_and_mark as evaluate_and_mark
    from workbench.registry.facade import PromptRegistry as PromptRegistry
    from workbench.registry.models.records import BlameLine as BlameLine
    from workbench.registry.models.records import EvaluationRecord as EvaluationRecord
    from workbench.registry.models.records import Finding as Finding
    from workbench.registry.models.records import LogEntry as LogEntry
    from workbench.registry.models.records import PromptSummary as PromptSummary
    from workbench.registry.models.records import RollbackPreview as RollbackPreview
    from workbench.registry.models.records import State as State
    from workbench.registry.models.records import Status as Status
    from workbench.registry.models.records import VerifyReport as VerifyReport
    from workbench.registry.models.values import PromptDeployment as PromptDeployment
    from workbench.registry.models.values import PromptVersion as PromptVersion

_HOMES = {
    "PromptRegistry": "facade",
    "PromptVersion": "models.values",
    "PromptDeployment": "models.values",
    "evaluate_and_mark": "external",
    "BlameLine": "models.records",
    "EvaluationRecord": "models.records",
    "Finding": "models.records",
    "LogEntry": "models.records",
    "PromptSummary": "models.records",
    "RollbackPreview": "models.records",
    "State": "models.records",
    "Status": "models.records",
    "VerifyReport": "models.records",
}

__all__ = [
    "BlameLine",
    "EvaluationRecord",
    "Finding",
    "LogEntry",
    "PromptDeployment",
    "PromptRegistry",
    "PromptSummary",
    "PromptVersion",
    "RollbackPreview",
    "State",
    "Status",
    "VerifyReport",
    "evaluate_and_mark",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = __import__(f"workbench.registry.{_HOMES[name]}", fromlist=[name])
    return getattr(module, name)
