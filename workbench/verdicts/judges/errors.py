"""What a plan records of a judge: the calibration that its scores are corrected by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workbench.verdicts.statistics.agreement import Matrix


@dataclass(frozen=True, slots=True)
class JudgeErrors:
    """The calibration that a gate's judge is corrected by, as the plan records it."""

    calibration: int
    """Its seq in the registry."""
    matrix: Matrix

    def content(self) -> dict[str, Any]:
        """As plain JSON values."""
        one = self.matrix
        counts = (one.passed_both, one.passed_by_judge, one.passed_by_people, one.failed_both)
        return {"calibration": self.calibration, "matrix": list(counts)}

    @staticmethod
    def of_content(content: Any) -> JudgeErrors:
        """Raises KeyError, TypeError and ValueError."""
        counts = [int(count) for count in content["matrix"]]
        if len(counts) != 4 or min(counts) < 0:
            raise ValueError(f"{counts} is no matrix")
        return JudgeErrors(int(content["calibration"]), Matrix(*counts))
