"""A new scorer of one's own."""

from __future__ import annotations

from pathlib import Path

from workbench.actions.workspace.new_parts.names import MODULE, check_name
from workbench.errors import UsageError
from workbench.files import write_atomically
from workbench.workspace import Workspace

_SCORER = '''\
"""What answers are judged by: edit `score`, then allow it: workbench trust scorers/{name}.py"""


def score(answer, case):
    """From 0 to 1, or True or False; None: the case cannot be judged."""
    if str(case["expected"]).strip().lower() in answer.lower():
        return 1
    return {{"score": 0, "reason": "the expected text is not in the answer"}}
'''


def new_scorer(workspace: Workspace, name: str) -> Path:
    """A scorer of one's own, to be edited. Raises UsageError."""
    check_name(name, "scorer", MODULE)
    path = workspace.root / "scorers" / f"{name}.py"
    if path.exists():
        raise UsageError(f"there is a scorer {path} already", hint="edit it")
    write_atomically(path, _SCORER.format(name=name))
    return path
