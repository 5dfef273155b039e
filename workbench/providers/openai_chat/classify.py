"""From what came back to an Outcome. Nothing here trusts a status, a type or a length."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from workbench.errors import ProviderError
from workbench.providers.base import Answer, Outcome
from workbench.providers.openai_chat.asked import Asked, Standing, invalid
from workbench.providers.openai_chat.content import (
    Content,
    calls_text,
    has_thought,
    read_content,
    size_of,
)
from workbench.providers.openai_chat.error_bodies import Said, error_in, is_error, read_error
from workbench.providers.openai_chat.finish import Finish, class_of, names_calls, stop_word
from workbench.providers.openai_chat.vendor_codes import is_filtered
from workbench.providers.pauses import retry_after
from workbench.providers.redact import holds, one_line, storable
from workbench.providers.retry_policy import POLICY

_CASES_PARAMETERS = ("messages", "message", "prompt", "input", "input_tokens", "content")
_ROOT = re.compile(r"(?:body\W+)?(\w+)", re.ASCII)
"""The parameter in messages[1].content, messages.[0].content, body.messages.0.content."""
_STATUS = re.compile("[45][0-9][0-9]")
_MOST_TOKENS = 1_000_000_000
_PAGE = re.compile(
    rb"\s*<(?:!doctype|html|head|body|title|meta|script|h[1-6]|p|div|center)\b", re.IGNORECASE
)
_PAGE_BYTES = 1000
_UNCALLED = "its finish reason names tool calls, and none came"


def classify_body(raw: bytes, asked: Asked) -> Answer:
    """The answer in the body of a response with status 200."""
    if not raw.strip():
        return invalid(asked, "an empty body")
    try:
        data = json.loads(raw)
    except RecursionError:
        return invalid(asked, "JSON that is nested too deeply")
    except ValueError:
        if _PAGE.match(raw[:_PAGE_BYTES]):
            return _page(raw, asked)
        return invalid(asked, "something that is not JSON", raw)
    return classify_completion(data, asked, raw)


def _page(raw: bytes, asked: Asked) -> Answer:
    """A page in place of an answer: of a login, of a proxy, or of another address than was meant.

    Raises ProviderError when nothing else has come.
    """
    said = _said(read_error(raw.decode("utf-8", "replace")), asked)
    error = f"{asked.host} sent a web page and no JSON{said}"
    if asked.standing.is_elsewhere():
        raise ProviderError(error, hint="check base_url, and whether a login stands before it")
    return Answer(Outcome.INVALID, error=error)


def classify_completion(data: Any, asked: Asked, raw: bytes = b"") -> Answer:
    """The answer in a parsed completion; `raw` is shown when it is none."""
    if is_error(data):
        return _reported(data, asked)
    if not isinstance(data, Mapping):
        return invalid(asked, f"a {type(data).__name__} instead of a completion", raw)
    choices = data.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], Mapping):
        return invalid(asked, "a completion without choices", raw)
    choice = min(choices, key=_index)
    answer = _from_choice(choice, asked, raw)
    notes = [answer.note, f"{len(choices)} choices came, the first counts" if choices[1:] else ""]
    if not answer.outcome.is_error and is_filtered(data, choice):
        if answer.outcome is not Outcome.FILTERED:
            notes.append(f"the filter took hold, though the finish is {answer.finish_reason}")
        answer = replace(answer, outcome=Outcome.FILTERED)
    return replace(answer, note="; ".join(filter(None, notes)), **_metadata(data))


def _index(choice: Any) -> int:
    """The number of a choice: they come in any order."""
    given = choice.get("index") if isinstance(choice, Mapping) else None
    return given if isinstance(given, int) and given >= 0 else sys.maxsize


def _from_choice(choice: Mapping[str, Any], asked: Asked, raw: bytes) -> Answer:
    message = choice.get("message")
    word = stop_word(choice)
    finish = class_of(word)
    if message is None and isinstance(choice.get("text"), str):
        message = {"content": choice["text"]}  # as completions that are no chat have it
    if not isinstance(message, Mapping):
        if not word or message is not None or finish is Finish.COMPLETE:
            return invalid(asked, "a choice without a message", raw)
        message = {}
    content = read_content(message.get("content"))
    if content.others:
        said = asked.line(", ".join(content.others), 60)
        size = size_of(message.get("content"))
        return invalid(asked, f"content that is {said or 'no text'}{size}")
    text = storable(content.text)
    known = Answer(Outcome.OK, text, finish_reason=storable(word)[:40])
    error = error_in(choice) or error_in(message)
    if finish is Finish.FAILED or error:
        return _failed(known, error, asked)
    if not word:
        return replace(invalid(asked, "an answer without a finish reason"), text=text)
    if finish is Finish.UNKNOWN:
        said = asked.line(word, 40)
        unsure = invalid(asked, f"a finish reason that is not known here: {said}")
        return replace(unsure, text=text, finish_reason=said, retry=False)
    return _of_model(known, finish, message, content, asked)


def _of_model(
    known: Answer, finish: Finish, message: Mapping[str, Any], content: Content, asked: Asked
) -> Answer:
    """The class of an answer that the server finished."""
    text = known.text
    refusal = message.get("refusal") or content.refusal
    refusal = storable(refusal if isinstance(refusal, str) else calls_text(refusal))
    if refusal or finish is Finish.REFUSED:
        return replace(known, outcome=Outcome.REFUSED, text=text or refusal)
    if finish is Finish.FILTERED:
        return replace(known, outcome=Outcome.FILTERED)
    calls = message.get("tool_calls") or message.get("function_call")
    said = text if text.strip() or not calls else storable(calls_text(calls))
    if finish is Finish.TRUNCATED:
        return replace(known, outcome=Outcome.TRUNCATED, text=said)
    if finish is Finish.BAD_CALL or (calls and not text.strip()):
        return replace(known, outcome=Outcome.TOOL_CALL, text=said)
    uncalled = "" if calls or not names_calls(known.finish_reason) else _UNCALLED
    if not text.strip():
        thought = content.thought or has_thought(message)
        if "content" not in message and not thought:
            return invalid(asked, "a message without content, tool calls or a refusal")
        note = "reasoning only" if thought else uncalled
        return replace(known, outcome=Outcome.EMPTY, note=note)
    notes = [
        uncalled,
        "it called tools beside its text" if calls else "",
        "it repeats the provider's key" if holds(text, asked.secrets) else "",
    ]
    return replace(known, note="; ".join(filter(None, notes)))


def _failed(known: Answer, error: Any, asked: Asked) -> Answer:
    """An answer that the server broke off."""
    said = read_error(error).message
    if not said and class_of(known.finish_reason) is Finish.FAILED:
        said = "" if known.finish_reason == "error" else known.finish_reason
    line = f"{asked.host} failed in the middle of the answer"
    line = f"{line}: {asked.line(said)}" if said else line
    failed = replace(known, outcome=Outcome.PROVIDER_ERROR, error=line)
    return replace(failed, retry=True, maybe_billed=True)


def _metadata(data: Mapping[str, Any]) -> dict[str, Any]:
    usage = data.get("usage")
    usage = usage if isinstance(usage, Mapping) else {}
    return {
        "prompt_tokens": _count(usage.get("prompt_tokens")),
        "completion_tokens": _count(usage.get("completion_tokens")),
        "model": _word(data.get("model")),
        "system_fingerprint": _word(data.get("system_fingerprint")),
    }


def _count(value: Any) -> int | None:
    """A number of tokens; None for what is none, or more than any answer has."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= _MOST_TOKENS else None


def _word(value: Any) -> str:
    return storable(value)[:200] if isinstance(value, str) else ""


def classify_status(
    status: int, headers: Mapping[str, str], body: Any, asked: Asked, shown: str = ""
) -> Answer:
    """The answer for a response with an error status; `shown`: what to call that, if not so.

    Raises ProviderError for what no other call of the run would get past.
    """
    found = read_error(body)
    shown = shown or str(status)
    _stop_if_in_vain(status, headers, found, asked, shown)
    said = _said(found, asked)
    if status in (400, 403, 422, 451, 500) and found.blames_filter:
        return Answer(Outcome.FILTERED, error="", finish_reason="content_filter", status=status)
    if status in (400, 422) and not _is_the_cases(found, asked.standing):
        raise ProviderError(
            f"{asked.host} refuses the parameter {asked.line(found.parameter, 60)}{said}",
            hint="change the model's options in the draft",
        )
    if status in (400, 413, 422) and _is_the_contents(found):
        return Answer(
            Outcome.REJECTED,
            error=f"{asked.host} refuses this content ({shown}{said})",
            status=status,
        )
    again = POLICY.retries_status(status)
    outcome = Outcome.RATE_LIMITED if status == 429 else Outcome.PROVIDER_ERROR
    return Answer(
        outcome,
        error=f"{asked.host} answered {status}{said}",
        status=status,
        retry=again,
        retry_after_s=(retry_after(headers) or found.wait_s) if again else None,
    )


def _stop_if_in_vain(
    status: int, headers: Mapping[str, str], found: Said, asked: Asked, shown: str
) -> None:
    """Raises ProviderError for a refusal that every other call would get, too."""
    said = _said(found, asked)
    if status == 407:
        raise ProviderError(
            f"the proxy {asked.proxy or 'on the way'} wants a user and password (407{said})",
            hint="put them into the proxy's address in the environment",
        )
    # Beside what a status says, words count only until one call went well: they may be a case's.
    fresh = not asked.standing.answered
    refused = status in (400, 403, 404, 422)
    if refused and (found.has_model_code or (fresh and status != 403 and found.names_model)):
        raise _unknown_model(said, asked)
    if status == 401 or _is_the_keys(status, found, asked.standing):
        raise ProviderError(
            f"key refused by {asked.host} ({shown}{said})",
            hint="check the variable that api_key_env names",
        )
    spent = found.has_quota_code or (
        found.names_quota and (status in (403, 429) or (status == 400 and fresh))
    )
    if status == 402 or spent:
        raise ProviderError(
            f"the quota at {asked.host} is used up ({shown}{said})", hint="top up, then resume"
        )
    if 300 <= status < 400:
        elsewhere = asked.line(headers.get("location", ""), 80)
        raise ProviderError(
            f"{asked.host} redirects to {elsewhere or 'another address'}",
            hint="set base_url to the address that answers",
        )
    if status == 404:
        raise _not_found(found, said, asked)


def _said(found: Said, asked: Asked) -> str:
    line = asked.line(found.message)
    return f": {line}" if line else ""


def _is_the_keys(status: int, found: Said, standing: Standing) -> bool:
    """Whether a refusal is about the key: firewalls and moderation answer single requests by
    403, too, and Google a wrong key by 400.
    """
    words = found.message.lower()
    if standing.answered or "moderation" in words or "flagged" in words:
        return False
    if status in (400, 403, 422) and found.names_key:
        return True
    return status == 403 and ("api key" in words or not standing.forgives())


def _is_the_cases(found: Said, standing: Standing) -> bool:
    """Whether a request was refused for what its case says, not for an option of the model."""
    return not found.parameter or standing.answered or _is_the_contents(found)


def _is_the_contents(found: Said) -> bool:
    """Whether the refusal names the content of this request."""
    root = _ROOT.match(found.parameter)
    return found.names_content or (root is not None and root[1] in _CASES_PARAMETERS)


def _unknown_model(said: str, asked: Asked) -> ProviderError:
    return ProviderError(
        f"{asked.host} does not know the model {one_line(asked.model, limit=60)}{said}",
        hint="check model.id in the draft",
    )


def _not_found(found: Said, said: str, asked: Asked) -> ProviderError:
    if not found.names_address and found.is_json:
        return _unknown_model(said, asked)
    return ProviderError(
        f"{asked.host} has no chat completions at this address (404{said})",
        hint="base_url usually ends in /v1",
    )


def _reported(data: Any, asked: Asked) -> Answer:
    """An error that came with status 200, or inside a stream."""
    found = read_error(data)
    said = _said(found, asked)
    status = next((int(code) for code in sorted(found.codes) if _STATUS.fullmatch(code)), None)
    if status is None:
        fresh = not asked.standing.answered
        if found.blames_filter:
            status = 400
        elif found.names_key:
            status = 401 if fresh else None
        elif found.has_quota_code or (fresh and found.names_quota):
            status = 402
        elif found.has_model_code or (fresh and found.names_model):
            status = 404
        elif found.names_content:
            status = 400
    answer = (
        Answer(Outcome.INVALID, retry=True)
        if status is None
        else classify_status(status, {}, data, asked, "status 200")
    )
    if not answer.outcome.is_error:
        return answer
    return replace(answer, error=f"{asked.host} reported an error with status 200{said}")
