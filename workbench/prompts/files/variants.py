"""Names of draft files: `NAME.prompty` is a prompt's draft, `NAME@VARIANT.prompty` a variant."""

from __future__ import annotations

import re

from workbench.errors import DraftError
from workbench.prompts.values import SUFFIX

AT = "@"
RESERVED = frozenset({"draft", "none", "latest"})
"""Names with a meaning of their own after the `@` of a REF, or in its place."""
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,49}")
RULE = "a lower case letter, then letters, digits, '-' and '_', 50 at most"


def split_name(stem: str) -> tuple[str, str]:
    """The prompt and the variant that a file's stem names; the variant of a draft is empty.

    A stem with nothing before or after the `@` names neither, see `check_name`.
    """
    name, _, variant = stem.partition(AT)
    return (name, variant) if name and variant else (stem, "")


def file_name(prompt_id: str, variant: str) -> str:
    """The name of a variant's file; of the draft's for an empty `variant`."""
    return f"{prompt_id}{AT}{variant}{SUFFIX}" if variant else f"{prompt_id}{SUFFIX}"


def name_problem(variant: str) -> str:
    """Why a variant cannot have this name; empty if it can. A version has a dot, so no variant
    can have its name.
    """
    if not _NAME.fullmatch(variant):
        return f"{variant!r} is no name for a variant"
    return f"{variant!r} has a meaning of its own in a REF" if variant in RESERVED else ""


def check_name(where: str, name: str) -> None:
    """Refuse a file whose name, see `split_name`, has an `@` without a prompt or a variant."""
    if AT in name:
        lacking = "variant after" if name.endswith(AT) else "prompt before"
        raise DraftError(
            f"{where}: its name has no {lacking} the {AT}",
            hint=f"rename the file: NAME{SUFFIX}, or NAME{AT}VARIANT{SUFFIX}",
        )


def check_variant(where: str, name: str, variant: str, prompt_id: str) -> None:
    """Refuse a variant that cannot be named, or whose file names another prompt than its text."""
    problem = name_problem(variant)
    if problem:
        raise DraftError(f"{where}: {problem}", hint=f"rename the file: {RULE}")
    if prompt_id != name:
        raise DraftError(
            f"{where} is a variant of {name!r}, and its name: says {prompt_id!r}",
            hint=f"write name: {name}, or call the file {file_name(prompt_id, variant)}",
        )


def own_name(text: str, where: str) -> str:
    """The `name:` in a draft's front matter; empty without one. Raises DraftError."""
    from workbench.prompts.files.front_matter import split

    front, _ = split(text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"), where)
    return str(front.data.get("name", ""))
