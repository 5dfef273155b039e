"""Whether a live version is in the range that an app requires. Imported only for a range."""

from __future__ import annotations

from workbench.errors import RegistryError
from workbench.registry.models.precedence import allows, parse_range, sort_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from workbench.registry.models.values import PromptVersion


def check_range(version: PromptVersion, requires: str) -> None:
    """Raises RegistryError when the version is outside the range, or the range is invalid."""
    if not isinstance(requires, str):
        raise RegistryError(f"{requires!r} is not a range of versions", hint="write it as >=1.2,<2")
    if not allows(parse_range(requires), sort_key(version.version)):
        raise RegistryError(
            f"{version.ref} is live in {version.environment}, but {requires} is required",
            hint="register this consumer, so that such a deploy is refused",
        )


def is_within(version: PromptVersion | None, requires: str) -> bool:
    """Whether the version is in the range. No version is in every range."""
    if version is None:
        return True
    try:
        check_range(version, requires)
    except Exception:  # noqa: BLE001 - an app may ask for anything; the first failure is reported
        return False
    return True
