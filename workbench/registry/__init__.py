"""What is live, and why? Versions, evidence, deployments, and the reader that apps call.

The names are looked up on first use: reading a prompt imports sqlite3 and little else.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from workbench.registry.external import evaluate_and_mark as evaluate_and_mark
    from workbench.registry.facade import PromptRegistry as PromptRegistry
    from workbench.registry.records import BlameLine as BlameLine
    from workbench.registry.records import EvaluationRecord as EvaluationRecord
    from workbench.registry.records import Finding as Finding
    from workbench.registry.records import LogEntry as LogEntry
    from workbench.registry.records import PromptSummary as PromptSummary
    from workbench.registry.records import RollbackPreview as RollbackPreview
    from workbench.registry.records import State as State
    from workbench.registry.records import Status as Status
    from workbench.registry.records import VerifyReport as VerifyReport
    from workbench.registry.values import PromptDeployment as PromptDeployment
    from workbench.registry.values import PromptVersion as PromptVersion

_HOMES = {
    "PromptRegistry": "facade",
    "PromptVersion": "values",
    "PromptDeployment": "values",
    "evaluate_and_mark": "external",
    "BlameLine": "records",
    "EvaluationRecord": "records",
    "Finding": "records",
    "LogEntry": "records",
    "PromptSummary": "records",
    "RollbackPreview": "records",
    "State": "records",
    "Status": "records",
    "VerifyReport": "records",
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
