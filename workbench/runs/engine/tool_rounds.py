"""A case whose tools answer: each call gets its result, until there is an answer to judge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from workbench.datasets.tool_results import result_of
from workbench.datasets.values import Case
from workbench.prompts.values import Message
from workbench.providers.base import Answer, Outcome, Request, ToolCall
from workbench.units import plural

MAX_ROUNDS = 10
"""How often a model may call tools in one case; then its last answer is judged as it is."""

N = TypeVar("N", int, float)


class ToolRounds:
    """The questions of one case, the first of which is `request`."""

    def __init__(self, case: Case, request: Request) -> None:
        self._case = case
        self.request = request
        self._answers: list[Answer] = []
        """Those that called tools and were followed by their results."""

    @property
    def usd(self) -> float:
        """What the earlier answers cost, as far as it is known."""
        return sum(answer.cost_usd or 0.0 for answer in self._answers)

    @property
    def calls(self) -> int:
        """How many calls the earlier answers took."""
        return sum(answer.attempts for answer in self._answers)

    def goes_on(self, answer: Answer) -> bool:
        """Whether the answer called tools whose results the case has; `request` is then the next
        question.
        """
        if not self._asks(answer) or len(self._answers) == MAX_ROUNDS:
            return False
        results = [_result(self._case, call) for call in answer.tool_calls]
        if None in results:
            return False
        self._answers.append(answer)
        text = answer.text if answer.outcome is Outcome.OK else ""
        calls = {"tool_calls": [call.content() for call in answer.tool_calls]}
        more = [
            Message("tool", result or "", more={"tool_call_id": call.id})
            for call, result in zip(answer.tool_calls, results, strict=True)
        ]
        messages = (*self.request.messages, Message("assistant", text, more=calls), *more)
        self.request = replace(self.request, messages=messages)
        return True

    def whole(self, answer: Answer) -> Answer:
        """The last answer, with the calls, times, tokens and cost of all, and a note on tools."""
        if not self._answers and not answer.tool_calls:
            return answer
        called = [call.name for one in self._answers for call in one.tool_calls]
        note = f"after {plural(len(called), 'tool call')}: {', '.join(called)}" if called else ""
        notes = filter(None, [note, self._missing(answer), answer.note])
        answer = replace(answer, note="; ".join(notes), tool_calls=())
        if not self._answers:
            return answer
        every = (*self._answers, answer)
        return replace(
            answer,
            latency_s=_total(every, lambda one: one.latency_s),
            first_token_s=every[0].first_token_s,
            prompt_tokens=_total(every, lambda one: one.prompt_tokens),
            completion_tokens=_total(every, lambda one: one.completion_tokens),
            cost_usd=_total(every, lambda one: one.cost_usd),
            attempts=sum(one.attempts for one in every),
        )

    def _asks(self, answer: Answer) -> bool:
        asks = answer.outcome in (Outcome.OK, Outcome.TOOL_CALL) and bool(answer.tool_calls)
        return asks and self._case.tool_results is not None

    def _missing(self, answer: Answer) -> str:
        """Why the tools that it calls get no result."""
        if not self._asks(answer):
            return ""
        for call in answer.tool_calls:
            if _result(self._case, call) is None:
                return f"the case has no result for {call.name}({call.arguments})"[:200]
        return f"it still calls tools after {MAX_ROUNDS} rounds"


def _result(case: Case, call: ToolCall) -> str | None:
    return result_of(case.tool_results, call.name, call.arguments)


def _total(answers: Sequence[Answer], field: Callable[[Answer], N | None]) -> N | None:
    """The sum; None when one of them is unknown."""
    values = [field(answer) for answer in answers]
    known = [value for value in values if value is not None]
    return sum(known[1:], known[0]) if len(known) == len(values) else None
