"""Probes which options an endpoint honours, by a few cheap calls.

Compatible servers answer with status 200 and silently drop what they do not support: a seed, a
response format, the first half of a prompt. The model is then blamed for its server.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from workbench.errors import ProviderError
from workbench.prompts.values import Message
from workbench.providers.base import Answer, Provider, Request

LONG_WORDS = 5000
"""Words of the long prompt: more than the 4,096 tokens of some servers' default context."""
_COUNTED_SHARE = 0.9
"""Tokens per word from which a count shows that the long prompt was read whole."""
CALLS = 4
PROMPT_TOKENS = 5200
"""Approximate tokens of all calls together."""
MOST_ANSWER_TOKENS = 104
TIMEOUT_S = 60.0
_WORDS = ("river", "stone", "cloud", "green", "table", "seven", "light", "house")
_SCHEMA = {
    "type": "json_schema",
    "json_schema": {
        "name": "probe",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"probe": {"type": "boolean"}},
            "required": ["probe"],
            "additionalProperties": False,
        },
    },
}


@dataclass(frozen=True, slots=True)
class Probe:
    """The results of a probe; None: unknown."""

    endpoint: str
    model: str
    probed_at: str
    """ISO 8601, UTC."""
    answered_by: str = ""
    seed: bool | None = None
    """Whether the same seed gave the same answer twice, at a temperature where answers differ."""
    response_format: bool | None = None
    """Whether a JSON schema overrode the prompt's text."""
    stream_usage: bool | None = None
    """Whether streams report token counts."""
    reads_long_prompts: bool | None = None
    """Whether the reported token count is plausible for the long prompt."""
    prompt_tokens: int | None = None
    """Reported for a prompt of LONG_WORDS words."""
    calls: int = 0
    cost_usd: float | None = None
    error: str = ""

    def ignored(self, request: Request) -> tuple[str, ...]:
        """What the request asks for and this endpoint does not honour."""
        asked = {*request.options, *request.extra}
        if request.outputs:
            asked.add("response_format")
        honoured = {"seed": self.seed, "response_format": self.response_format}
        return tuple(name for name, does in honoured.items() if name in asked and does is False)

    def content(self) -> dict[str, Any]:
        """All of it as plain JSON values."""
        return asdict(self)


async def probe(provider: Provider, model: str, *, timeout_s: float = TIMEOUT_S) -> Probe:
    """Make four calls. Raises ProviderError for a wrong key or an unknown model."""
    calls = _ProbeCalls(provider, model, timeout_s)
    long = " ".join(_WORDS[at % len(_WORDS)] for at in range(LONG_WORDS))
    read, _ = await calls.ask(f"{long}\n\nSay OK.", stream=True, maxOutputTokens=16)
    shaped, shape_refused = await calls.ask(
        "Write one line of a poem about the sea.",
        response_format=_SCHEMA,
        maxOutputTokens=40,
    )
    random: dict[str, Any] = {"seed": 20, "temperature": 1.5, "maxOutputTokens": 24}
    once, seed_refused = await calls.ask("Write some random words.", **random)
    twice, _ = await calls.ask("Write some random words.", **random)
    tokens = read.prompt_tokens if read else None
    return Probe(
        endpoint=str(provider.identity.get("endpoint") or provider.name),
        model=model,
        probed_at=datetime.now(UTC).isoformat(timespec="seconds"),
        answered_by=next((a.model for a in (read, shaped, once) if a and a.model), ""),
        seed=bool(once.text) and once.text == twice.text if once and twice else seed_refused,
        response_format=_is_shaped(shaped.text) if shaped else shape_refused,
        stream_usage=tokens is not None if read else None,
        reads_long_prompts=None if tokens is None else tokens >= LONG_WORDS * _COUNTED_SHARE,
        prompt_tokens=tokens,
        calls=calls.count,
        cost_usd=calls.cost,
        error=calls.error,
    )


class _ProbeCalls:
    """Makes the calls of a probe and adds them up."""

    def __init__(self, provider: Provider, model: str, timeout_s: float) -> None:
        self._provider = provider
        self._model = model
        self._timeout_s = timeout_s
        self.count = 0
        self.cost: float | None = 0.0
        self.error = ""

    async def ask(
        self, text: str, *, stream: bool = False, **options: Any
    ) -> tuple[Answer | None, bool | None]:
        """The answer, if any; and False when the options were refused, else None."""
        request = Request(self._model, (Message("user", text),), options)
        try:
            answer = await self._provider.answer(
                request,
                timeout_s=self._timeout_s,
                on_text=_drop if stream else None,
            )
        except ProviderError as error:
            self.count += error.calls
            if "parameter" not in error.message:
                raise
            self.error = error.message
            return None, False
        self.count += answer.attempts
        if answer.outcome.is_error:
            self.error = answer.error
            return None, False if answer.status in (400, 422) else None
        if self.cost is not None:
            self.cost = None if answer.cost_usd is None else self.cost + answer.cost_usd
        return answer, None


def _drop(text: str) -> None:
    del text


def _is_shaped(text: str) -> bool:
    try:
        value = json.loads(text)
    except ValueError:
        return False
    return isinstance(value, dict) and set(value) == {"probe"}
