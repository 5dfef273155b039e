"""What an endpoint honours of what it is asked, found out by a few cheap calls.

Compatible servers answer with status 200 and drop what they do not know: a seed, a response format,
the front half of a prompt. A model then looks bad for what its server did.
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
"""More than the 4,096 tokens that some servers keep by default."""
CALLS = 4
PROMPT_TOKENS = 5200
"""About what the calls send together."""
MOST_ANSWER_TOKENS = 104
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
    """None: it could not be found out."""

    endpoint: str
    model: str
    probed_at: str
    """ISO 8601, UTC."""
    answered_by: str = ""
    seed: bool | None = None
    """The same seed gave the same answer twice, at a temperature where answers differ."""
    response_format: bool | None = None
    """A JSON schema decided the answer against the prompt's own words."""
    stream_usage: bool | None = None
    """A stream says how many tokens it took."""
    reads_long_prompts: bool | None = None
    """The tokens it counts can be the prompt's."""
    prompt_tokens: int | None = None
    """Of a prompt of LONG_WORDS words."""
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


async def probe(provider: Provider, model: str, *, timeout_s: float = 60.0) -> Probe:
    """Ask four times. Raises ProviderError for a wrong key or an unknown model."""
    asking = _Asking(provider, model, timeout_s)
    long = " ".join(_WORDS[at % len(_WORDS)] for at in range(LONG_WORDS))
    read, _ = await asking.ask(f"{long}\n\nSay OK.", stream=True, maxOutputTokens=16)
    shaped, shape_refused = await asking.ask(
        "Write one line of a poem about the sea.",
        response_format=_SCHEMA,
        maxOutputTokens=40,
    )
    random: dict[str, Any] = {"seed": 20, "temperature": 1.5, "maxOutputTokens": 24}
    once, seed_refused = await asking.ask("Write some random words.", **random)
    twice, _ = await asking.ask("Write some random words.", **random)
    tokens = read.prompt_tokens if read else None
    return Probe(
        endpoint=str(provider.identity.get("endpoint") or provider.name),
        model=model,
        probed_at=datetime.now(UTC).isoformat(timespec="seconds"),
        answered_by=next((a.model for a in (read, shaped, once) if a and a.model), ""),
        seed=bool(once.text) and once.text == twice.text if once and twice else seed_refused,
        response_format=_is_shaped(shaped.text) if shaped else shape_refused,
        stream_usage=tokens is not None if read else None,
        reads_long_prompts=None if tokens is None else tokens >= LONG_WORDS * 0.9,
        prompt_tokens=tokens,
        calls=asking.calls,
        cost_usd=asking.cost,
        error=asking.error,
    )


class _Asking:
    """The calls of a probe, added up."""

    def __init__(self, provider: Provider, model: str, timeout_s: float) -> None:
        self._provider = provider
        self._model = model
        self._timeout_s = timeout_s
        self.calls = 0
        self.cost: float | None = 0.0
        self.error = ""

    async def ask(
        self, text: str, *, stream: bool = False, **options: Any
    ) -> tuple[Answer | None, bool | None]:
        """An answer, or False when the options were refused, or neither."""
        request = Request(self._model, (Message("user", text),), options)
        try:
            answer = await self._provider.answer(
                request,
                timeout_s=self._timeout_s,
                on_text=_drop if stream else None,
            )
        except ProviderError as error:
            self.calls += error.calls
            if "parameter" not in error.message:
                raise
            self.error = error.message
            return None, False
        self.calls += answer.attempts
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
