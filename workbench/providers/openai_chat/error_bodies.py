"""What an error response says, in whatever shape of JSON or text a server puts it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.providers.openai_chat.vendor_codes import failed_by_code, vendor_codes
from workbench.providers.pauses import seconds_of, wait_in

_MESSAGES = ("message", "msg", "error_message", "error_msg", "status_msg", "error_description")
_HEADINGS = ("title", "description")
"""Read where nothing else says more."""
_NESTED = ("error", "errors", "detail", "details", "base_resp", "fault")
_CODES = ("code", "type", "status", "error_code", "errorCode", "status_code", "reason")
_FINE = frozenset({"", "0", "200", "none", "null", "ok", "success", "succeeded"})
_DEEPEST = 8
_MOST_MESSAGES = 4
_MOST_CHARS = 8000
_TAG = re.compile(r"<(?:script|style)\b.*?</(?:script|style)\s*>|<[^>]{0,500}>", re.I | re.DOTALL)
_TITLE = re.compile(r"<title[^>]{0,100}>(.{1,500}?)</title", re.I | re.DOTALL)

_QUOTA_CODES = frozenset(
    [
        *("insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "arrearage"),
        *("exceeded_current_quota_error", "insufficient_balance", "insufficient_credits"),
        *("insufficient_user_quota", "accountoverdueerror", "allocationquota.freetieronly"),
        *("prepaidbilloverdue", "postpaidbilloverdue", "1113"),
    ]
)
_QUOTA = re.compile(
    r"insufficient (?:account )?(?:balance|credit|fund|quota)"
    r"|balance is (?:too low|insufficient|not enough)"
    r"|out of credits|requires more credits|exceeded your current quota|billing hard limit",
    re.I,
)
_KEY_CODES = frozenset(
    [
        *("invalid_api_key", "api_key_invalid", "invalid_authentication", "authentication_error"),
        *("unauthenticated", "incorrect_api_key", "api_key_expired"),
        *("invalid_authentication_error", "incorrect_api_key_error", "invalidapikey"),
    ]
)
_KEY = re.compile(
    r"\b(?:invalid|incorrect|wrong|expired|missing|no|unknown|unauthorized) api[ _-]?key"
    r"|api[ _-]?key (?:is |was |has |format is |you provided is |provided is )?"
    r"(?:not valid|invalid|incorrect|expired|not found|missing|required|revoked|disabled"
    r"|been (?:revoked|disabled|reported))|authentication fails|\blogin fail"
    r"|\b(?:invalid|expired|missing) (?:access|auth|bearer)[ _-]token"
    r"|\baccess[ _-]?token (?:is |has )?(?:not valid|invalid|expired|missing|required)",
    re.I,
)
_CONTENT_CODES = frozenset(
    [
        *("context_length_exceeded", "string_above_max_length", "exceed_context_size_error"),
        *("max_tokens_exceeded", "request_too_large", "invalid_prompt", "content_too_long"),
        *("prompt_too_long", "input_too_long"),
    ]
)
_FILTER_CODES = frozenset(
    [
        *(
            "content_filter",
            "content_policy_violation",
            "moderation_blocked",
            "sensitive_words_detected",
        ),
        *("data_inspection_failed", "datainspectionfailed", "responsibleaipolicyviolation", "1301"),
    ]
)
"""Of OpenAI, Azure, One API, Qwen and GLM; those of Volcengine name what was `…Detected`."""
_SENSITIVE = "sensitivecontentdetected"
_TOO_LONG = re.compile(
    r"maximum context length|context[ _](?:length|window|size)\b.{0,80}?exceed"
    r"|exceed.{0,80}?context[ _](?:length|window|size)|(?:prompt|input|request) is too long"
    r"|token count.{0,40}? exceeds|too many (?:input |prompt )?tokens"
    r"|token length too long|exceeded model token limit",
    re.I | re.DOTALL,
)
_MODEL_CODES = frozenset(
    [
        *("model_not_found", "invalid_model", "unknown_model", "model_not_available"),
        *("model_not_exist", "modelnotfound", "deploymentnotfound", "1211"),
        *("modelnotopen", "invalidendpointormodel.notfound"),
    ]
)
_MODEL = re.compile(
    r"\bmodel\b.{0,120}?(?:\bnot[ _-]found\b|\b(?:does not|doesn't|not) exist\b)"
    r"|\b(?:no such|unknown|invalid) model\b|is not a valid model\b"
    r"|model identifier is invalid|no models? (?:is |are )?loaded",
    re.I | re.DOTALL,
)
_ADDRESS = re.compile(
    r"(?:404:? )?(?:the |page |file |resource |url |route )*(?:was )?not found\.?"
    r"|(?:invalid|unknown|unrecognized) (?:request )?(?:url|path|route|endpoint)\b.*"
    r"|no route\b.*|cannot post\b.*|unexpected endpoint or method\b.*",
    re.I | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Said:
    """An error body, read. All of it is the server's words."""

    message: str = ""
    codes: frozenset[str] = frozenset()
    """Its codes, types and statuses, as they are written."""
    parameter: str = ""
    """The parameter that it is about, such as `temperature` or `messages.0.content`."""
    wait_s: float | None = None
    """How long it asks to wait, where the body says so and not the headers."""
    is_json: bool = False

    @property
    def _lower(self) -> frozenset[str]:
        return frozenset(code.lower() for code in self.codes)

    @property
    def names_quota(self) -> bool:
        """Whether the account has nothing left to pay with; a limit that passes is not meant."""
        if self._lower & _QUOTA_CODES:
            return True
        return (
            self.wait_s is None
            and "resource_exhausted" not in self._lower
            and (_QUOTA.search(self.message) is not None)
        )

    @property
    def has_quota_code(self) -> bool:
        """The same by a code alone: no text of a case can be mistaken for it."""
        return bool(self._lower & _QUOTA_CODES)

    @property
    def names_key(self) -> bool:
        """Whether it is about the key."""
        return bool(self._lower & _KEY_CODES) or _KEY.search(self.message) is not None

    @property
    def names_content(self) -> bool:
        """Whether this very content is refused: it is too long, or not valid."""
        return bool(self._lower & _CONTENT_CODES) or _TOO_LONG.search(self.message) is not None

    @property
    def blames_filter(self) -> bool:
        """Whether a code says that a filter took hold of the question."""
        return any(code in _FILTER_CODES or _SENSITIVE in code for code in self._lower)

    @property
    def has_model_code(self) -> bool:
        """Whether a code says that the model is unknown."""
        return bool(self._lower & _MODEL_CODES)

    @property
    def names_model(self) -> bool:
        """Whether it is about a model that is not there."""
        return self.has_model_code or _MODEL.search(self.message) is not None

    @property
    def names_address(self) -> bool:
        """Whether it says nothing but that there is nothing at this address."""
        return not self.message or _ADDRESS.fullmatch(self.message.strip()) is not None


def parse_error(raw: bytes) -> Any:
    """The JSON of an error response's body, or its text."""
    text = raw.decode("utf-8", "replace").strip()
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def is_error(data: Any) -> bool:
    """Whether JSON that came with status 200 is an error by its shape."""
    if isinstance(data, list):
        return bool(data) and isinstance(data[0], Mapping) and is_error(data[0])
    if not isinstance(data, Mapping):
        return False
    if not says_nothing(data.get("error")) or failed_by_code(data):
        return True
    if data.get("choices"):
        return False
    if str(data.get("object")).lower() == "error" or data.get("errors") or any(vendor_codes(data)):
        return True
    coded = any(not says_nothing(data.get(name)) for name in _CODES) or data.get("success") is False
    worded = any(data.get(name) for name in _MESSAGES)
    return bool(data.get("detail") or (coded and worded))


def says_nothing(error: Any) -> bool:
    """Whether an `error` is none: missing, blank in all its fields, or code 0 with the word ok."""
    if isinstance(error, (Mapping, list)):
        return all(map(says_nothing, error.values() if isinstance(error, Mapping) else error))
    return error is None or error is False or str(error).strip().casefold() in _FINE


def error_in(part: Mapping[str, Any]) -> Any:
    """What a choice or a message says under `error`; None where that is none."""
    found = part.get("error")
    return None if says_nothing(found) else found


def read_error(body: Any) -> Said:
    """What the body says, however it is nested. Never raises."""
    codes: dict[str, None] = {}
    found = _Found(codes)
    try:
        messages = list(dict.fromkeys(found.messages(body)))[:_MOST_MESSAGES]
    except RecursionError:
        messages = []
    message = "; ".join(messages)[:_MOST_CHARS]
    if not message and isinstance(body, (Mapping, list)) and body:
        message = _as_json(body)
    return Said(
        message,
        frozenset(codes),
        found.parameter,
        wait_in(message) if found.wait_s is None else found.wait_s,
        is_json=bool(body) and isinstance(body, (Mapping, list)),
    )


class _Found:
    """What was found on the way to the messages."""

    def __init__(self, codes: dict[str, None]) -> None:
        self._codes = codes
        self.parameter = ""
        self.wait_s: float | None = None

    def messages(self, body: Any, depth: int = 0) -> Iterator[str]:
        """The messages in `body`, the outermost first."""
        if depth > _DEEPEST:
            return
        if isinstance(body, str):
            yield from self._text(body, depth)
        elif isinstance(body, list):
            for item in body[:20]:
                yield from self.messages(item, depth + 1)
        elif isinstance(body, Mapping):
            yield from self._object(body, depth)

    def _text(self, text: str, depth: int) -> Iterator[str]:
        """A message; some are JSON or a page themselves."""
        text = text.strip()
        if text[:1] in ("{", "["):
            inner = _parsed(text[: 4 * _MOST_CHARS])
            said = list(self.messages(inner, depth + 1)) if inner is not None else []
            if said:
                yield from said
                return
        if text[:1] == "<":
            title = _TITLE.search(text[:_MOST_CHARS])
            text = title[1].strip() if title else _TAG.sub(" ", text[:_MOST_CHARS]).strip()
        if text:
            yield text

    def _object(self, body: Mapping[str, Any], depth: int) -> Iterator[str]:
        for name in _CODES:
            value = body.get(name)
            if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "":
                self._codes[str(value)] = None
        self._codes.update(dict.fromkeys(vendor_codes(body)))
        self._details(body)
        said = False
        for names in ((*_MESSAGES, *_NESTED), _HEADINGS):
            for name in () if said else names:
                for message in self.messages(body.get(name), depth + 1):
                    said = True
                    yield message
        metadata = body.get("metadata")
        if isinstance(metadata, Mapping):  # OpenRouter puts there what the provider behind it said
            yield from self.messages(metadata.get("raw"), depth + 1)

    def _details(self, body: Mapping[str, Any]) -> None:
        place = body.get("loc")
        if isinstance(place, (list, tuple)) and place and not self.parameter:
            self.parameter = ".".join(map(str, place[place[0] == "body" :]))
        if isinstance(body.get("param"), str) and not self.parameter:
            self.parameter = body["param"]
        delay = body.get("retryDelay")
        if isinstance(delay, str):
            self.wait_s = seconds_of(delay)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _as_json(body: Any) -> str:
    try:
        return json.dumps(body, ensure_ascii=False)[:_MOST_CHARS]
    except (ValueError, TypeError, RecursionError):
        return ""
