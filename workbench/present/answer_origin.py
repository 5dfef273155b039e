"""Describes where the answers behind an evaluation came from, in one line per side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.addresses import LOCAL_MODEL, PROGRAM
from workbench.fingerprints import short
from workbench.present import numbers
from workbench.present.run_remarks import stored_remarks
from workbench.present.safe_text import safe_line
from workbench.runs.spec.environment import ALTERED
from workbench.verdicts.values import Evidence

BASELINE_ALTERED = "baseline_altered"
"""Key in a record's environment: altered answers and scores of the baseline's stored run."""

_DAY_S = 86_400.0


def origin_lines(evidence: Evidence) -> list[str]:
    """Lines about the candidate's and the baseline's answers: how many were cached, how old they
    were at the evaluation's end, which endpoint gave them. Empty for records of 0.1.0.
    """
    sides = (("b", evidence.version), ("a", evidence.baseline_version or ""))
    return [
        safe_line(_line(name, evidence.answers[side], evidence.finished_at))
        for side, name in sides
        if side in evidence.answers
    ]


def altered_lines(evidence: Evidence) -> list[str]:
    """Lines about answers in runs.db that were altered or forgotten, on either side."""
    known = evidence.environment
    altered = known.get(ALTERED, 0) + known.get(BASELINE_ALTERED, 0)
    return [safe_line(line) for line in stored_remarks({**known, ALTERED: altered})]


def address_words(address: str) -> str:
    """An endpoint's display name."""
    kind, _, which = address.partition(":")
    if kind == LOCAL_MODEL:
        return f"the embedded model {short(which)}".rstrip()
    if kind == PROGRAM:
        return f"the program {which}"
    return address or "an unknown endpoint"


def _line(name: str, side: Mapping[str, Any], at: str) -> str:
    answers, cached = side["answers"], side["cached"]
    if cached:
        share = numbers.share(cached, answers).replace("%", " %")
        description = f"{share} cached ({cached:,} of {answers:,}), {_age(side, at)}"
    else:
        description = f"{answers:,} fresh"
    models = f" ({', '.join(side['models'])})" if side["models"] else ""
    description += f", from {', '.join(map(address_words, side['endpoints'])) or 'nowhere'}{models}"
    if side.get("unknown"):
        description += (
            f"; of {numbers.plural(side['unknown'], 'case')} judged before nothing is known"
        )
    return f"answers of {name}: {description}"


def _age(side: Mapping[str, Any], at: str) -> str:
    """The age of the cached answers at that time."""
    now = numbers.moment(at)
    ages = [
        (now - then).total_seconds()
        for key in ("oldest", "newest")
        if now and (then := numbers.moment(side.get(key, "")))
    ]
    if len(ages) < 2:
        return "of unknown age"
    oldest, newest = map(_days, ages)
    return f"oldest {oldest}" + (f", newest {newest}" if newest != oldest else "")


def _days(seconds: float) -> str:
    days = int(seconds // _DAY_S)
    if days:
        return numbers.plural(days, "day")
    hours = int(seconds // 3600)
    if hours:
        return numbers.plural(hours, "hour")
    return numbers.plural(max(0, int(seconds // 60)), "minute")
