"""Classifies a response as an Outcome, trusting neither its status nor its types nor lengths."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from workbench.errors import ProviderError
from workbench.providers.base import Answer, Outcome
from workbench.providers.openai_chat.call_context import CallContext, EndpointHistory, invalid
from workbench.providers.openai_chat.content import (
    Content,
    calls_text,
    has_thought,
    read_calls,
    read_content,
    size_of,
)
from workbench.providers.openai_chat.error_bodies import (
    ErrorDetails,
    error_in,
    is_error,
    read_error,
)
from workbench.providers.openai_chat.finish import Finish, class_of, finish_reason_of, names_calls
from workbench.providers.openai_chat.vendor_codes import is_filtered
from workbench.providers.pauses import retry_after
from workbench.providers.redact import holds, one_line, storable
from workbench.providers.retry_policy import POLICY

_CASES_PARAMETERS = ("messages", "message", "prompt", "input", "input_tokens", "content")
_ROOT = re.compile(r"(?:body\W+)?(\w+)", re.ASCII)
"""Matches the parameter in messages[1].content, messages.[0].content, body.messages.0.content."""
_STATUS = re.compile("[45][0-9][0-9]")
_MOST_TOKENS = 1_000_000_000
_PAGE = re.compile(
    rb"\s*<(?:!doctype|html|head|body|title|meta|script|h[1-6]|p|div|center)\b", re.IGNORECASE
)
_PAGE_BYTES = 1000
_UNCALLED = "its finish reason names tool calls, and none came"


def classify_body(raw: bytes, context: CallContext) -> Answer:
    """Classify the body of a response with status 200."""
    if not raw.strip():
        return invalid(context, "an empty body")
    try:
        data = json.loads(raw)
    except RecursionError:
        return invalid(context, "JSON that is nested too deeply")
    except ValueError:
        if _PAGE.match(raw[:_PAGE_BYTES]):
            return _page(raw, context)
        return invalid(context, "something that is not JSON", raw)
    return classify_completion(data, context, raw)


def _page(raw: bytes, context: CallContext) -> Answer:
    """The answer for a web page: of a login, of a proxy, or of a wrong address.

    Raises ProviderError when the address has answered nothing else.
    """
    suffix = _suffix(read_error(raw.decode("utf-8", "replace")), context)
    error = f"{context.host} sent a web page and no JSON{suffix}"
    if context.history.is_wrong_address():
        raise ProviderError(error, hint="check base_url, and whether a login stands before it")
    return Answer(Outcome.INVALID, error=error)


def classify_completion(data: Any, context: CallContext, raw: bytes = b"") -> Answer:
    """Classify a parsed completion; `raw` is quoted when it is invalid."""
    if is_error(data):
        return _error_with_status_200(data, context)
    if not isinstance(data, dict):
        return invalid(context, f"a {type(data).__name__} instead of a completion", raw)
    choices = data.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        return invalid(context, "a completion without choices", raw)
    choice = min(choices, key=_index)
    told = read_metadata(data)
    answer = _from_choice(choice, context, raw, told)
    filtered = not answer.outcome.is_error and is_filtered(data, choice)
    if answer.outcome is Outcome.OK and not filtered and not choices[1:]:
        return answer  # as nearly all are
    notes = [answer.note, f"{len(choices)} choices came, the first counts" if choices[1:] else ""]
    if filtered:
        if answer.outcome is not Outcome.FILTERED:
            notes.append(f"the filter took hold, though the finish is {answer.finish_reason}")
        answer = replace(answer, outcome=Outcome.FILTERED)
    return replace(answer, note="; ".join(filter(None, notes)), **told)


def _index(choice: Any) -> int:
    """The index of a choice: they come in any order."""
    given = choice.get("index") if isinstance(choice, dict) else None
    return given if isinstance(given, int) and given >= 0 else sys.maxsize


def _from_choice(
    choice: Mapping[str, Any], context: CallContext, raw: bytes, told: Mapping[str, Any]
) -> Answer:
    message = choice.get("message")
    word = finish_reason_of(choice)
    finish = class_of(word)
    if message is None and isinstance(choice.get("text"), str):
        message = {"content": choice["text"]}  # the form of legacy completions
    if not isinstance(message, dict):
        if not word or message is not None or finish is Finish.COMPLETE:
            return invalid(context, "a choice without a message", raw)
        message = {}
    content = read_content(message.get("content"))
    if content.others:
        shown = context.line(", ".join(content.others), 60)
        size = size_of(message.get("content"))
        return invalid(context, f"content that is {shown or 'no text'}{size}")
    text = storable(content.text)
    known = Answer(Outcome.OK, text, finish_reason=storable(word)[:40], **told)
    error = error_in(choice) or error_in(message)
    if finish is Finish.FAILED or error:
        return _failed(known, error, context)
    if not word:
        return replace(invalid(context, "an answer without a finish reason"), text=text)
    if finish is Finish.UNKNOWN:
        shown = context.line(word, 40)
        unknown = invalid(context, f"a finish reason that is not known here: {shown}")
        return replace(unknown, text=text, finish_reason=shown, retry=False)
    return _classify_finished(known, finish, message, content, context)


def _classify_finished(
    known: Answer,
    finish: Finish,
    message: Mapping[str, Any],
    content: Content,
    context: CallContext,
) -> Answer:
    """Classify an answer that the server finished."""
    text = known.text
    refusal = message.get("refusal") or content.refusal
    refusal = storable(refusal if isinstance(refusal, str) else calls_text(refusal))
    if refusal or finish is Finish.REFUSED:
        return replace(known, outcome=Outcome.REFUSED, text=text or refusal)
    if finish is Finish.FILTERED:
        return replace(known, outcome=Outcome.FILTERED)
    calls = message.get("tool_calls") or message.get("function_call")
    shown_text = text if text.strip() or not calls else storable(calls_text(calls))
    if finish is Finish.TRUNCATED:
        return replace(known, outcome=Outcome.TRUNCATED, text=shown_text)
    if finish is Finish.BAD_CALL or (calls and not text.strip()):
        asked = read_calls(calls)
        return replace(known, outcome=Outcome.TOOL_CALL, text=shown_text, tool_calls=asked)
    uncalled = "" if calls or not names_calls(known.finish_reason) else _UNCALLED
    if not text.strip():
        thought = content.thought or has_thought(message)
        if "content" not in message and not thought:
            return invalid(context, "a message without content, tool calls or a refusal")
        note = "reasoning only" if thought else uncalled
        return replace(known, outcome=Outcome.EMPTY, note=note)
    notes = [
        uncalled,
        "it called tools beside its text" if calls else "",
        "it repeats the provider's key" if holds(text, context.secrets) else "",
    ]
    note = "; ".join(filter(None, notes))
    return replace(known, note=note, tool_calls=read_calls(calls)) if note or calls else known


def _failed(known: Answer, error: Any, context: CallContext) -> Answer:
    """The answer for a completion that the server broke off."""
    message = read_error(error).message
    if not message and class_of(known.finish_reason) is Finish.FAILED:
        message = "" if known.finish_reason == "error" else known.finish_reason
    line = f"{context.host} failed in the middle of the answer"
    line = f"{line}: {context.line(message)}" if message else line
    failed = replace(known, outcome=Outcome.PROVIDER_ERROR, error=line)
    return replace(failed, retry=True, maybe_billed=True)


def read_metadata(data: Mapping[str, Any]) -> dict[str, Any]:
    """Tokens, model and system fingerprint that a response tells, as an answer has them."""
    usage = data.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    return {
        "prompt_tokens": _count(usage.get("prompt_tokens")),
        "completion_tokens": _count(usage.get("completion_tokens")),
        "model": _word(data.get("model")),
        "system_fingerprint": _word(data.get("system_fingerprint")),
    }


def _count(value: Any) -> int | None:
    """A number of tokens; None for other values and implausibly large ones."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= _MOST_TOKENS else None


def _word(value: Any) -> str:
    return storable(value)[:200] if isinstance(value, str) else ""


def classify_status(
    status: int, headers: Mapping[str, str], body: Any, context: CallContext, shown: str = ""
) -> Answer:
    """Classify a response with an error status; `shown` replaces the status in messages.

    Raises ProviderError for an error that every call of the run would get.
    """
    details = read_error(body)
    shown = shown or str(status)
    _raise_if_fatal(status, headers, details, context, shown)
    suffix = _suffix(details, context)
    if status in (400, 403, 422, 451, 500) and details.blames_filter:
        return Answer(Outcome.FILTERED, error="", finish_reason="content_filter", status=status)
    if status in (400, 422) and not _concerns_case(details, context.history):
        name = context.line(details.parameter, 60)
        refusal = ProviderError(
            f"{context.host} refuses the parameter {name}{suffix}",
            hint="change the model's options in the draft",
        )
        refusal.parameter = name
        raise refusal
    if status in (400, 413, 422) and _concerns_content(details):
        return Answer(
            Outcome.REJECTED,
            error=f"{context.host} refuses this content ({shown}{suffix})",
            status=status,
        )
    again = POLICY.retries_status(status)
    outcome = Outcome.RATE_LIMITED if status == 429 else Outcome.PROVIDER_ERROR
    return Answer(
        outcome,
        error=f"{context.host} answered {status}{suffix}",
        status=status,
        retry=again,
        retry_after_s=(retry_after(headers) or details.wait_s) if again else None,
    )


def _raise_if_fatal(
    status: int, headers: Mapping[str, str], details: ErrorDetails, context: CallContext, shown: str
) -> None:
    """Raise ProviderError for a refusal that every other call would get too."""
    suffix = _suffix(details, context)
    if status == 407:
        raise ProviderError(
            f"the proxy {context.proxy or 'on the way'} wants a user and password (407{suffix})",
            hint="put them into the proxy's address in the environment",
        )
    # After one success the message text no longer counts: it may quote the case.
    fresh = not context.history.answered
    refused = status in (400, 403, 404, 422)
    if refused and (details.has_model_code or (fresh and status != 403 and details.names_model)):
        raise _unknown_model(suffix, context)
    if status == 401 or _concerns_key(status, details, context.history):
        raise ProviderError(
            f"key refused by {context.host} ({shown}{suffix})",
            hint="check the variable that api_key_env names",
        )
    out_of_quota = details.has_quota_code or (
        details.names_quota and (status in (403, 429) or (status == 400 and fresh))
    )
    if status == 402 or out_of_quota:
        raise ProviderError(
            f"the quota at {context.host} is used up ({shown}{suffix})", hint="top up, then resume"
        )
    if 300 <= status < 400:
        elsewhere = context.line(headers.get("location", ""), 80)
        raise ProviderError(
            f"{context.host} redirects to {elsewhere or 'another address'}",
            hint="set base_url to the address that answers",
        )
    if status == 404:
        raise _not_found(details, suffix, context)


def _suffix(details: ErrorDetails, context: CallContext) -> str:
    line = context.line(details.message)
    return f": {line}" if line else ""


def _concerns_key(status: int, details: ErrorDetails, history: EndpointHistory) -> bool:
    """Whether a refusal is about the key.

    Firewalls and moderation answer single requests with 403 too, and Google a wrong key with 400.
    """
    words = details.message.lower()
    if history.answered or "moderation" in words or "flagged" in words:
        return False
    if status in (400, 403, 422) and details.names_key:
        return True
    return status == 403 and ("api key" in words or not history.may_concern_request())


def _concerns_case(details: ErrorDetails, history: EndpointHistory) -> bool:
    """Whether a request was refused for its case's content, not for an option of the model."""
    return not details.parameter or history.answered or _concerns_content(details)


def _concerns_content(details: ErrorDetails) -> bool:
    """Whether the refusal names the content of this request."""
    root = _ROOT.match(details.parameter)
    return details.names_content or (root is not None and root[1] in _CASES_PARAMETERS)


def _unknown_model(suffix: str, context: CallContext) -> ProviderError:
    return ProviderError(
        f"{context.host} does not know the model {one_line(context.model, limit=60)}{suffix}",
        hint=f"check {context.model_at}",
    )


def _not_found(details: ErrorDetails, suffix: str, context: CallContext) -> ProviderError:
    if not details.names_address and details.is_json:
        return _unknown_model(suffix, context)
    return ProviderError(
        f"{context.host} has no {context.asks} at this address (404{suffix})",
        hint="base_url usually ends in /v1" if "chat" in context.asks else "check base_url",
    )


def _error_with_status_200(data: Any, context: CallContext) -> Answer:
    """Classify an error that came with status 200 or inside a stream."""
    details = read_error(data)
    suffix = _suffix(details, context)
    status = next((int(code) for code in sorted(details.codes) if _STATUS.fullmatch(code)), None)
    if status is None:
        fresh = not context.history.answered
        if details.blames_filter:
            status = 400
        elif details.names_key:
            status = 401 if fresh else None
        elif details.has_quota_code or (fresh and details.names_quota):
            status = 402
        elif details.has_model_code or (fresh and details.names_model):
            status = 404
        elif details.names_content:
            status = 400
    answer = (
        Answer(Outcome.INVALID, retry=True)
        if status is None
        else classify_status(status, {}, data, context, "status 200")
    )
    if not answer.outcome.is_error:
        return answer
    return replace(answer, error=f"{context.host} reported an error with status 200{suffix}")
