"""Workbench: draft, evaluate, compare, release and roll back prompts.

Apps need one name from here: `PromptRegistry(path).get_active(prompt_id)`. Names are imported on
first use (PEP 562), so that importing the package is cheap.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from workbench._version import __version__ as __version__
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
]


def __getattr__(name: str) -> object:
    if name == "__version__":
        from workbench._version import __version__

        return __version__
    if name == "PromptRegistry":
        from workbench.workspace_registry import PromptRegistry

        return PromptRegistry
    if name in __all__:
        from workbench import registry

        return getattr(registry, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
