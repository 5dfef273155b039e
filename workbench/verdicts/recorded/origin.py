"""Where the answers of an evaluation came from, side by side: what its record says of it.

A side is a mapping: `asked` (`provider/model`, of the version), `endpoints` and `models` that
answered, `answers` (how many), `cached` (how many of them were stored before), `oldest` and
`newest` (of those, ISO 8601 in UTC, where known), `unknown` (how many answers nothing is known of),
and `digests`: a text a case in the order of the scores, in it one digest a repeat, separated by
commas.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.addresses import address_of
from workbench.fingerprints import canonical_json, short
from workbench.providers.base import Answer
from workbench.runs.spec.environment import ARTIFACT
from workbench.runs.spec.values import Result, RunSummary

Side = dict[str, Any]

_DIGEST_BYTES = 12
_NOTHING: Side = {"endpoints": [], "models": [], "answers": 0, "cached": 0}


def answer_digest(answer: Answer) -> str:
    """16 characters for an outcome and its text: the first 96 bits of their sha256. A guessable
    text can be recovered from it.
    """
    answer_text = canonical_json([answer.outcome.value, answer.text])
    whole = hashlib.sha256(answer_text.encode("utf-8", "surrogatepass")).digest()
    return base64.urlsafe_b64encode(whole[:_DIGEST_BYTES]).decode()


def side_origin(
    case_ids: Sequence[str],
    results: Mapping[str, Sequence[Result]],
    summary: RunSummary,
    *,
    stored: bool,
) -> Side:
    """The origin of one side's answers to these cases, all of one run. With `stored` it is a stored
    run: none was requested for this evaluation.
    """
    address = address_of(summary.environment.get("identity") or {})
    provider, model = summary.environment.get("provider"), summary.model
    pin = summary.environment.get(ARTIFACT) or {}
    pinned = [f"{pin['uri']} version {pin['version']} {short(pin['digest'])}"] if pin else []
    asked = f"{provider}/{model}" + (f" as {pin['uri']}" if pin else "")
    used = [result for case_id in case_ids for result in results.get(case_id, ())]
    cached = [result.answer for result in used if stored or result.answer.cached]
    times = sorted(answer.answered_at for answer in cached if answer.answered_at)
    return {
        **({"asked": asked} if provider and model else {}),
        "endpoints": [address] if used else [],
        "models": sorted(
            {result.answer.model for result in used if result.answer.model} | {*pinned}
        ),
        "answers": len(used),
        "cached": len(cached),
        **({"oldest": times[0], "newest": times[-1]} if times else {}),
        "digests": [_digests(results.get(case_id, ())) for case_id in case_ids],
    }


def joined(before: Mapping[str, Any], after: Mapping[str, Any], judged: int) -> Side:
    """The origin of a side of an extended evaluation: `judged` cases judged before, whose origin is
    `before`, and those requested now.
    """
    before = before or {**_NOTHING, "unknown": judged, "digests": [""] * judged}
    both = (before, after)
    olds = [side["oldest"] for side in both if "oldest" in side]
    news = [side["newest"] for side in both if "newest" in side]
    unknown = before.get("unknown", 0)
    return {
        **({"asked": after["asked"]} if "asked" in after else {}),
        **{
            name: sorted({item for side in both for item in side[name]})
            for name in ("endpoints", "models")
        },
        **{name: before[name] + after[name] for name in ("answers", "cached")},
        **({"oldest": min(olds), "newest": max(news)} if olds else {}),
        **({"unknown": unknown} if unknown else {}),
        "digests": [*before["digests"], *after["digests"]],
    }


def in_short(answers: Mapping[str, Mapping[str, Any]]) -> dict[str, Side]:
    """The sides without the digests, which take most of the space."""
    return {
        name: {key: value for key, value in side.items() if key != "digests"}
        for name, side in answers.items()
    }


def _digests(results: Sequence[Result]) -> str:
    by_repeat = {result.repeat: answer_digest(result.answer) for result in results}
    return ",".join(by_repeat.get(repeat, "") for repeat in range(max(by_repeat, default=-1) + 1))
