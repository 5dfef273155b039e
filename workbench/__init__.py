"""Workbench: draft, evaluate, compare, release and roll back prompts.

Apps need one name from here: `PromptRegistry(path).get_active(prompt_id)`. Names are imported on
first use (PEP 562), so that importing the package is cheap.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from workbench._version import __version__ as __version__
    from workbench.child_process.source import feature_hash as feature_hash
    from workbench.registry import PromptDeployment as PromptDeployment
    from workbench.registry import PromptVersion as PromptVersion
    from workbench.registry import evaluate_and_mark as evaluate_and_mark
    from workbench.workspace_registry import PromptRegistry as PromptRegistry

__all__ = [
    "PromptDeployment",
    "PromptRegistry",
    "PromptVersion",
    "__version__",
    "evaluate_and_mark",
    "feature_hash",
]


def __getattr__(name: str) -> object:
    if name == "__version__":
        from workbench._version import __version__

        return __version__
    if name == "PromptRegistry":
        from workbench.workspace_registry import PromptRegistry

        return PromptRegistry
    if name == "feature_hash":
        from workbench.child_process.source import feature_hash

        return feature_hash
    if name in __all__:
        from workbench import registry

        return getattr(registry, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _leave_current_folder_out() -> None:
    """For `python -m`, which puts the current folder first on sys.path: a workspace's own click.py
    would be run. Uses only what Python has loaded already.
    """
    import os
    import sys

    packages = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
    first = os.path.abspath(sys.path[0] or os.curdir)  # noqa: PTH100
    if not sys.flags.safe_path and first != packages:
        del sys.path[0]


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
