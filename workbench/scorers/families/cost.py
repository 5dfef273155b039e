"""Scorers that look at what the answer took: time, tokens, money."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.datasets.values import Case
from workbench.providers.base import Answer
from workbench.scorers.base import Kind, Score
from workbench.typed_options import Option
from workbench.units import seconds


def _latency(answer: Answer, _case: Case, options: Mapping[str, Any]) -> Score:
    if answer.latency_s is None:
        return Score(None, "the latency is unknown")
    return Score(
        float(answer.latency_s <= seconds(options["at_most"])), f"{answer.latency_s:.2f} s"
    )


def _cost(answer: Answer, _case: Case, options: Mapping[str, Any]) -> Score:
    if answer.cost_usd is None:
        return Score(None, "the cost is unknown")
    return Score(float(answer.cost_usd <= options["at_most_usd"]), f"${answer.cost_usd:.6f}")


def _duration_problem(options: Mapping[str, Any]) -> str:
    try:
        positive = seconds(options["at_most"]) > 0
    except ValueError as error:
        return f"at_most: {error}"
    return "" if positive else "at_most: no answer comes in no time; write 5s"


def _always(_case: Case, _options: Mapping[str, Any]) -> bool:
    """What an answer took is known of an empty one, too."""
    return True


KINDS = (
    Kind(
        "latency",
        "The answer came within this time.",
        _latency,
        {"at_most": Option("5s", "The most time that is right: 500ms, 5s, 2m.")},
        check=_duration_problem,
        takes_empty=_always,
        example="latency: {at_most: 5s, required: false}",
    ),
    Kind(
        "cost",
        "The answer cost at most this much.",
        _cost,
        {"at_most_usd": Option(0.01, "The most US dollars that are right.", least=0)},
        takes_empty=_always,
        example="cost: {at_most_usd: 0.002, required: false}",
    ),
)
