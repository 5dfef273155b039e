"""Why evidence does not count where answers must be fresh, from certain endpoints, or from the
model that answers today.

The view `accepted_evaluations` decides; this gives the reason, and `verify` uses it instead of the
view.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.addresses import is_among
from workbench.registry.models.answering import is_known
from workbench.settings import CURRENT, FRESH, EnvironmentSettings


def objection(
    answers: Mapping[str, Any], rules: EnvironmentSettings, *, baseline: bool, drifted: str = ""
) -> str:
    """Why these answers (`Evidence.answers`) do not count in the environment; "": they do. With a
    `baseline` its answers must satisfy the same rules as the candidate's. `drifted` says how they
    drifted (`answering.drift_of`).
    """
    for name, whose in (("b", "its answers"), ("a", "the baseline's answers"))[: 1 + baseline]:
        side = answers.get(name) or {}
        if rules.answers == FRESH and (why := _not_fresh(side, whose)):
            return f"{why}, and {rules.name} counts fresh ones only"
        if rules.endpoints and (why := _elsewhere(side, whose, rules.endpoints)):
            return f"{why}, and {rules.name} counts those of {', '.join(rules.endpoints)} only"
        if rules.answering_model == CURRENT and not is_known(side):
            return (
                f"it is not known which model gave {whose}, and {rules.name} counts those of the"
                " model that answers today only"
            )
    if rules.answering_model == CURRENT and drifted:
        return f"{drifted}, and {rules.name} counts the model that answers today only"
    return ""


def _not_fresh(side: Mapping[str, Any], whose: str) -> str:
    cached = side.get("cached")
    if cached is None or side.get("unknown"):
        return f"it is not known whether {whose} were fresh"
    return f"{cached:,} of {side['answers']:,} of {whose} were stored before" if cached else ""


def _elsewhere(side: Mapping[str, Any], whose: str, allowed: tuple[str, ...]) -> str:
    addresses = side.get("endpoints")
    if not addresses or side.get("unknown") or "" in addresses:
        return f"it is not known who gave {whose}"
    others = [address for address in addresses if not is_among(address, allowed)]
    return f"{', '.join(others)} gave {whose}" if others else ""
