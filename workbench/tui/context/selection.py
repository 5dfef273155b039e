"""What the user is looking at, shared by all screens."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Selection:
    """The selected prompt, version, suite, case and run, and the two sides of a comparison."""

    prompt_id: str = ""
    version: str | None = None
    """None: the draft."""
    suite: str | None = None
    case_id: str | None = None
    run_id: str | None = None
    compare_a: str | None = None
    """A REF: the baseline."""
    compare_b: str | None = None
    """A REF: the candidate."""

    @property
    def ref(self) -> str:
        """The REF of what is selected: `prompt_id` for the draft, else `prompt_id@version`."""
        return f"{self.prompt_id}@{self.version}" if self.version else self.prompt_id
