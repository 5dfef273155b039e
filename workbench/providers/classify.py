"""From what came back to an Outcome. Nothing here trusts a status, a type or a length."""

from __future__ import annotations

import email.utils
import json
import math
import re
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.errors import ProviderError
from workbench.fingerprints import canonical_json
from workbench.providers.redact import one_line, storable, without_secrets
from workbench.providers.values import Answer, Outcome

RETRIED = frozenset({408, 409, 425, 429})
_QUOTA = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})
_CASES_OWN = ("context_length_exceeded", "string_above_max_length", "max_tokens_exceeded")
_CASES_PARAMETERS = ("messages", "message", "prompt", "input", "input_tokens", "content")
_KEYS_OWN = ("invalid_api_key", "invalid_authentication", "authentication_error")
_ROOT = re.compile(r"(?:body\W+)?(\w+)", re.ASCII)
"""The parameter in messages[1].content, messages.[0].content, body.messages.0.content."""
_STATUS = re.compile("[45][0-9][0-9]")
_TEXT_PARTS = ("text", "output_text")
_MOST_TOKENS = 1_000_000_000
_FORBIDDEN_IN_VAIN = 3
"""So many times 403 before the first answer mean that it is the key."""


@dataclass(slots=True)
class Standing:
    """What the calls of one run have shown: what is refused once and granted once is no matter of
    the key or of the options, which are the same for all of them.
    """

    answered: bool = False
    forbidden: int = 0

    def forgives(self) -> bool:
        """Count a 403 that does not say why; whether it may be about its request alone."""
        self.forbidden += 1
        return self.answered or self.forbidden < _FORBIDDEN_IN_VAIN


@dataclass(frozen=True, slots=True)
class Asked:
    """Who was asked for what: the words of an error, and what must never be in it."""

    host: str
    model: str
    secrets: Collection[str] = ()
    standing: Standing = field(default_factory=Standing)

    def line(self, text: str) -> str:
        """`text` from the provider, safe to show."""
        return one_line(text, self.secrets)

    def kept(self, text: str) -> str:
        """`text` from the provider, fit to be stored."""
        return without_secrets(storable(text), self.secrets)


def invalid(asked: Asked, what: str, raw: bytes = b"") -> Answer:
    """A response that is no answer, with its first safe characters."""
    shown = asked.line(raw[:8000].decode("utf-8", "replace"))
    error = f"{asked.host} sent {what}" + (f": {shown}" if shown else "")
    return Answer(Outcome.INVALID, error=error, retry=True, maybe_billed=True)


def classify_body(raw: bytes, asked: Asked) -> Answer:
    """The answer in the body of a response with status 200."""
    if not raw.strip():
        return invalid(asked, "an empty body")
    try:
        data = json.loads(raw)
    except RecursionError:
        return invalid(asked, "JSON that is nested too deeply")
    except ValueError:
        return invalid(asked, "something that is not JSON", raw)
    return classify_completion(data, asked, raw)


def classify_completion(data: Any, asked: Asked, raw: bytes = b"") -> Answer:
    """The answer in a parsed completion; `raw` is shown when it is none."""
    if not isinstance(data, Mapping):
        return invalid(asked, f"a {type(data).__name__} instead of a completion", raw)
    if data.get("error"):
        return _reported(data["error"], asked)
    choices = data.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], Mapping):
        return invalid(asked, "a completion without choices", raw)
    message = choices[0].get("message")
    if not isinstance(message, Mapping):
        return invalid(asked, "a choice without a message", raw)
    answer = _from_choice(choices[0], message, asked)
    note = answer.note or (f"{len(choices)} choices came, the first counts" if choices[1:] else "")
    return replace(answer, note=note, **_metadata(data, asked))


def _from_choice(choice: Mapping[str, Any], message: Mapping[str, Any], asked: Asked) -> Answer:
    finish = choice.get("finish_reason")
    text = _text(message.get("content"))
    if text is None:
        return invalid(asked, _described(message["content"], asked))
    text = asked.kept(text)
    if not isinstance(finish, str) or not finish:
        return replace(invalid(asked, "an answer without a finish reason"), text=text)
    known = Answer(Outcome.OK, text, finish_reason=asked.kept(finish)[:40])
    if finish == "error":
        error = f"{asked.host} failed in the middle of the answer"
        failed = replace(known, outcome=Outcome.PROVIDER_ERROR, error=error)
        return replace(failed, retry=True, maybe_billed=True)
    refusal = message.get("refusal")
    if isinstance(refusal, str) and refusal:
        return replace(known, outcome=Outcome.REFUSED, text=text or asked.kept(refusal))
    if finish == "content_filter":
        return replace(known, outcome=Outcome.FILTERED)
    calls = message.get("tool_calls") or message.get("function_call")
    if calls and not text:
        return replace(known, outcome=Outcome.TOOL_CALL, text=asked.kept(_calls_text(calls)))
    if finish == "length":
        return replace(known, outcome=Outcome.TRUNCATED)
    if not text:
        thought = message.get("reasoning_content") or message.get("reasoning")
        return replace(known, outcome=Outcome.EMPTY, note="reasoning only" if thought else "")
    return known


def _text(content: Any) -> str | None:
    """The text of `content`; None when it has none."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [part.get("text") for part in content if _is_text(part)]
        if len(parts) == len(content) and all(isinstance(part, str) for part in parts):
            return "".join(parts)
    return None


def _described(content: Any, asked: Asked) -> str:
    """Content that is no text, such as a picture: its kinds and its size, and nothing of it."""
    parts = content if isinstance(content, list) else [content]
    kinds = {
        str(part.get("type")) if isinstance(part, Mapping) else type(part).__name__
        for part in parts
        if not _is_text(part)
    }
    try:
        size = f" of {len(json.dumps(content)):,} bytes"
    except RecursionError:
        size = ""
    said = one_line(", ".join(sorted(kinds)), asked.secrets, 60) or "no text"
    return f"content that is {said}{size}"


def _is_text(part: Any) -> bool:
    return isinstance(part, Mapping) and part.get("type", "text") in _TEXT_PARTS


def _calls_text(calls: Any) -> str:
    try:
        return canonical_json(calls)
    except ValueError:
        return str(calls)


def _metadata(data: Mapping[str, Any], asked: Asked) -> dict[str, Any]:
    usage = data.get("usage")
    usage = usage if isinstance(usage, Mapping) else {}
    return {
        "prompt_tokens": _count(usage.get("prompt_tokens")),
        "completion_tokens": _count(usage.get("completion_tokens")),
        "model": _word(data.get("model"), asked),
        "system_fingerprint": _word(data.get("system_fingerprint"), asked),
    }


def _count(value: Any) -> int | None:
    """A number of tokens; None for what is none, or more than any answer has."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= _MOST_TOKENS else None


def _word(value: Any, asked: Asked) -> str:
    return asked.kept(value)[:200] if isinstance(value, str) else ""


def error_body(raw: bytes) -> Any:
    """What an error response says: its JSON, of that the part `error` if there is one, or text."""
    text = raw.decode("utf-8", "replace").strip()
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return body.get("error", body) if isinstance(body, dict) else body


def classify_status(status: int, headers: Mapping[str, str], body: Any, asked: Asked) -> Answer:
    """The answer for a response with an error status.

    Raises ProviderError for what no other call of the run would get past.
    """
    codes, parameter, said = _error_parts(body, asked)
    if status == 401 or (status == 403 and _is_the_keys(codes, said, asked.standing)):
        raise ProviderError(
            f"key refused by {asked.host} ({status}{said})",
            hint="check the variable that api_key_env names",
        )
    if status == 402 or codes & _QUOTA:
        raise ProviderError(
            f"the quota at {asked.host} is used up ({status}{said})", hint="top up, then resume"
        )
    if 300 <= status < 400:
        elsewhere = one_line(headers.get("location", ""), asked.secrets, 80)
        raise ProviderError(
            f"{asked.host} redirects to {elsewhere or 'another address'}",
            hint="set base_url to the address that answers",
        )
    if status == 404:
        raise _not_found(body, said, asked)
    if status == 400 and "content_filter" in codes:
        return Answer(Outcome.FILTERED, error="", finish_reason="content_filter", status=status)
    if status in (400, 422) and not _is_the_cases(codes, parameter, asked.standing):
        raise ProviderError(
            f"{asked.host} refuses the parameter {one_line(parameter, asked.secrets, 60)}{said}",
            hint="change the model's options in the draft",
        )
    again = status in RETRIED or status >= 500
    outcome = Outcome.RATE_LIMITED if status == 429 else Outcome.PROVIDER_ERROR
    return Answer(
        outcome,
        error=f"{asked.host} answered {status}{said}",
        status=status,
        retry=again,
        retry_after_s=retry_after(headers) if again else None,
    )


def _is_the_keys(codes: Collection[str], said: str, standing: Standing) -> bool:
    """Whether a 403 is about the key: firewalls and moderation answer single requests so too."""
    words = said.lower()
    if standing.answered or "moderation" in words or "flagged" in words:
        return False
    names_it = any(code in codes for code in _KEYS_OWN) or "api key" in words
    return names_it or not standing.forgives()


def _is_the_cases(codes: Collection[str], parameter: str, standing: Standing) -> bool:
    """Whether a request was refused for what its case says, not for an option of the model."""
    if not parameter or standing.answered or any(code in codes for code in _CASES_OWN):
        return True
    root = _ROOT.match(parameter)
    return root is not None and root[1] in _CASES_PARAMETERS


def _not_found(body: Any, said: str, asked: Asked) -> ProviderError:
    if isinstance(body, Mapping) and body:
        model = one_line(asked.model, asked.secrets, 60)
        return ProviderError(
            f"{asked.host} does not know the model {model}{said}",
            hint="check model.id in the draft",
        )
    return ProviderError(
        f"{asked.host} has no chat completions at this address (404)",
        hint="base_url usually ends in /v1",
    )


def _error_parts(body: Any, asked: Asked) -> tuple[frozenset[str], str, str]:
    """The codes, the parameter and the message of an error body; the message starts with ': '."""
    error = body.get("error", body) if isinstance(body, Mapping) else body
    if not isinstance(error, Mapping):
        text = error if isinstance(error, str) else ""
        return frozenset(), "", f": {asked.line(text)}" if text.strip() else ""
    codes = (error.get("code"), error.get("type"))
    message = error.get("message")
    said = asked.line(message) if isinstance(message, str) else ""
    return (
        frozenset(str(code) for code in codes if isinstance(code, (str, int))),
        error["param"] if isinstance(error.get("param"), str) else "",
        f": {said}" if said else "",
    )


def _reported(error: Any, asked: Asked) -> Answer:
    """An error object that came with status 200, or inside a stream."""
    body = {"error": error}
    codes, _, said = _error_parts(body, asked)
    if codes & _QUOTA:
        raise ProviderError(f"the quota at {asked.host} is used up{said}", hint="top up, resume")
    status = next((int(code) for code in codes if _STATUS.fullmatch(code)), None)
    answer = (
        Answer(Outcome.INVALID, retry=True)
        if status is None
        else classify_status(status, {}, body, asked)
    )
    if not answer.outcome.is_error:
        return answer
    return replace(answer, error=f"{asked.host} reported an error with status 200{said}")


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds that the provider asks to wait; None when it does not say so in a usable way.

    Milliseconds in `retry-after-ms`, else seconds or an HTTP date in `retry-after` (RFC 9110). A
    date is measured by the provider's own clock, which `date` tells; else by `now` or this clock.
    """
    for name, unit in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        value = headers.get(name)
        if value is None:
            continue
        try:
            seconds = float(value) * unit
        except ValueError:
            theirs = _timestamp(headers.get("date", ""))
            ours = time.time() if now is None else now
            seconds = _timestamp(value) - (theirs if math.isfinite(theirs) else ours)
        if math.isfinite(seconds) and seconds > 0:
            return seconds
    return None


def _timestamp(date: str) -> float:
    """Seconds since 1970 of an HTTP date; NaN for anything else."""
    try:
        return email.utils.parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return math.nan
