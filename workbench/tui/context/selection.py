"""What the user is looking at, shared by all screens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Selection:
    """The selected prompt, version or variant, suite, case, run, and sides of a comparison."""

    prompt_id: str = ""
    version: str | None = None
    """None: the draft, or a variant."""
    variant: str = ""
    """Empty: the draft, or a version."""
    suite: str | None = None
    case_id: str | None = None
    run_id: str | None = None
    compare_a: str | None = None
    """A REF: the baseline."""
    compare_b: str | None = None
    """A REF: the candidate."""

    @property
    def ref(self) -> str:
        """The REF of what is selected: `prompt_id` for the draft, else `prompt_id@version` or
        `prompt_id@variant`.
        """
        return f"{self.prompt_id}@{self.version}" if self.version else self.draft_ref

    @property
    def draft_ref(self) -> str:
        """The REF of the draft or variant, whichever version is selected."""
        return f"{self.prompt_id}@{self.variant}" if self.variant else self.prompt_id

    def changed(self, **changes: Any) -> Selection:
        """With these changes; another prompt or a version takes the variant away."""
        other = changes.get("prompt_id", self.prompt_id) != self.prompt_id
        reset = {"variant": ""} if other or changes.get("version") else {}
        return replace(self, **{**reset, **changes})
