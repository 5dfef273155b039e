"""Reads error responses, in any shape of JSON or text that servers use."""

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
"""Fields read when no other field has a message."""
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
"""Filter codes of OpenAI, Azure, One API, Qwen and GLM; those of Volcengine end in `Detected`."""
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
class ErrorDetails:
    """The contents of an error body. All of it is untrusted text."""

    message: str = ""
    codes: frozenset[str] = frozenset()
    """Its codes, types and statuses as they are spelled."""
    parameter: str = ""
    """The parameter that it names, such as `temperature` or `messages.0.content`."""
    wait_s: float | None = None
    """Seconds that the body asks to wait."""
    is_json: bool = False

    @property
    def _lower(self) -> frozenset[str]:
        return frozenset(code.lower() for code in self.codes)

    @property
    def names_quota(self) -> bool:
        """Whether the account's quota is exhausted; temporary rate limits do not count."""
        if self._lower & _QUOTA_CODES:
            return True
        return (
            self.wait_s is None
            and "resource_exhausted" not in self._lower
            and (_QUOTA.search(self.message) is not None)
        )

    @property
    def has_quota_code(self) -> bool:
        """Like `names_quota`, by a code alone, which cannot be text quoted from a case."""
        return bool(self._lower & _QUOTA_CODES)

    @property
    def names_key(self) -> bool:
        """Whether the error is about the key."""
        return bool(self._lower & _KEY_CODES) or _KEY.search(self.message) is not None

    @property
    def names_content(self) -> bool:
        """Whether this request's content is refused: too long, or not valid."""
        return bool(self._lower & _CONTENT_CODES) or _TOO_LONG.search(self.message) is not None

    @property
    def blames_filter(self) -> bool:
        """Whether a code says that the prompt was filtered."""
        return any(code in _FILTER_CODES or _SENSITIVE in code for code in self._lower)

    @property
    def has_model_code(self) -> bool:
        """Whether a code says that the model is unknown."""
        return bool(self._lower & _MODEL_CODES)

    @property
    def names_model(self) -> bool:
        """Whether the error is about an unknown model."""
        return self.has_model_code or _MODEL.search(self.message) is not None

    @property
    def names_address(self) -> bool:
        """Whether it says only that there is nothing at this address."""
        return not self.message or _ADDRESS.fullmatch(self.message.strip()) is not None


def parse_error(raw: bytes) -> Any:
    """The JSON of an error response's body, or its text."""
    text = raw.decode("utf-8", "replace").strip()
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def is_error(data: Any) -> bool:
    """Whether JSON that came with status 200 has the shape of an error."""
    if isinstance(data, list):
        return bool(data) and isinstance(data[0], dict) and is_error(data[0])
    if not isinstance(data, dict):
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
    """Whether an `error` field reports no error: missing, blank, or code 0 with `ok`."""
    if error is None:
        return True
    if isinstance(error, (dict, list)):
        return all(map(says_nothing, error.values() if isinstance(error, dict) else error))
    return error is False or str(error).strip().casefold() in _FINE


def error_in(part: Mapping[str, Any]) -> Any:
    """The `error` field of a choice or a message; None if it reports none."""
    error = part.get("error")
    return None if says_nothing(error) else error


def read_error(body: Any) -> ErrorDetails:
    """Read an error body, however it is nested. Never raises."""
    codes: dict[str, None] = {}
    reader = _ErrorReader(codes)
    try:
        messages = list(dict.fromkeys(reader.messages(body)))[:_MOST_MESSAGES]
    except RecursionError:
        messages = []
    message = "; ".join(messages)[:_MOST_CHARS]
    if not message and isinstance(body, (Mapping, list)) and body:
        message = _as_json(body)
    return ErrorDetails(
        message,
        frozenset(codes),
        reader.parameter,
        wait_in(message) if reader.wait_s is None else reader.wait_s,
        is_json=bool(body) and isinstance(body, (Mapping, list)),
    )


class _ErrorReader:
    """Collects messages, codes, parameter and waiting time of an error body."""

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
        """Messages in a text, which may be JSON or HTML itself."""
        text = text.strip()
        if text[:1] in ("{", "["):
            inner = _parsed(text[: 4 * _MOST_CHARS])
            messages = list(self.messages(inner, depth + 1)) if inner is not None else []
            if messages:
                yield from messages
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
        has_message = False
        for names in ((*_MESSAGES, *_NESTED), _HEADINGS):
            for name in () if has_message else names:
                for message in self.messages(body.get(name), depth + 1):
                    has_message = True
                    yield message
        metadata = body.get("metadata")
        if isinstance(metadata, Mapping):  # OpenRouter's place for the upstream provider's error
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
