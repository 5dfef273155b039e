"""Where an app's own JSON has the answer, and what else it may say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from workbench.errors import SettingsError
from workbench.json_text import EXAMPLE, Steps, read_path, value_at
from workbench.providers.base import Answer, Outcome
from workbench.providers.openai_chat.call_context import CallContext, invalid
from workbench.providers.openai_chat.classify import classify_completion
from workbench.providers.openai_chat.error_bodies import is_error, read_error
from workbench.typed_options import Option

OPTIONS: Mapping[str, Option] = {
    "answer": Option("", f"Where the answer stands, as {EXAMPLE}; empty: all that comes is it."),
    "error": Option("error", "Where a failure stands; what is there makes the call fail."),
    "model": Option("", "Where the name of the model stands."),
    "prompt_tokens": Option("", "Where the number of tokens read stands."),
    "completion_tokens": Option("", "Where the number of tokens written stands."),
    "cost": Option("", "Where the cost in US dollars stands."),
}


@dataclass(frozen=True, slots=True)
class AnswerPaths:
    """The paths into what an app answers; an empty one: nothing is read."""

    steps: Mapping[str, Steps]

    @classmethod
    def of(cls, options: Mapping[str, Any], where: str) -> AnswerPaths:
        """Raises SettingsError for a path that cannot be read."""
        steps = {}
        for name in OPTIONS:
            try:
                steps[name] = read_path(options[name])
            except ValueError as error:
                raise SettingsError(f"{where}: options.{name}: {error}", hint=EXAMPLE) from None
        return cls(steps)

    def classify(self, raw: bytes, context: CallContext) -> Answer:
        """Classify what came. Raises ProviderError for an error that every call would get."""
        if not self.steps["answer"]:
            return _complete(raw.decode("utf-8", "replace"), context)
        try:
            data = json.loads(raw)
        except (ValueError, RecursionError):
            return invalid(context, "something that is not JSON", raw)
        text = value_at(data, self.steps["answer"])
        error = value_at(data, self.steps["error"]) if self.steps["error"] else None
        if error:
            return _failed(data, error, context)
        if text is None:
            if is_error(data):
                return classify_completion(data, context, raw)
            return invalid(context, "JSON without the answer where the settings say", raw)
        shown = text if isinstance(text, str) else json.dumps(text, ensure_ascii=False)
        answer = _complete(shown, context, self._metadata(data))
        cost = value_at(data, self.steps["cost"]) if self.steps["cost"] else None
        is_cost = isinstance(cost, (int, float)) and not isinstance(cost, bool) and cost >= 0
        return replace(answer, cost_usd=float(cost)) if is_cost and cost is not None else answer

    def _metadata(self, data: Any) -> dict[str, Any]:
        read = {
            name: value_at(data, self.steps[name]) if self.steps[name] else None
            for name in ("model", "prompt_tokens", "completion_tokens")
        }
        return {"model": read.pop("model"), "usage": read}


def _complete(text: str, context: CallContext, more: Mapping[str, Any] | None = None) -> Answer:
    choice = {"message": {"content": text}, "finish_reason": "stop"}
    return classify_completion({**(more or {}), "choices": [choice]}, context)


def _failed(data: Any, error: Any, context: CallContext) -> Answer:
    if is_error(data):
        return classify_completion(data, context)
    line = context.line(read_error(error).message or str(error))
    text = f"{context.host} reported an error: {line}"
    return Answer(Outcome.PROVIDER_ERROR, error=text, retry=True, maybe_billed=True)
