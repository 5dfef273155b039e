"""Vendors' numeric error codes and filter flags.

MiniMax puts its codes into `base_resp`, Baidu Qianfan into `error_code`, iFlytek Spark into `code`
beside its `sid`. The same number means something different elsewhere, so each is read in its own
field only. Source: the vendors' public lists of error codes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_MINIMAX = {
    **dict.fromkeys(("1004", "2049"), "invalid_api_key"),
    **dict.fromkeys(("1008", "2056"), "insufficient_quota"),
    **dict.fromkeys(("1002", "1039", "1041", "2045"), "429"),
    **dict.fromkeys(("1000", "1013", "1024", "1033"), "500"),
    **dict.fromkeys(("1026", "1027"), "content_filter"),
    "1001": "504",
    "1042": "invalid_prompt",
}
_BAIDU = {
    **dict.fromkeys(("6", "13", "14", "15", "100", "110", "111"), "invalid_api_key"),
    **dict.fromkeys(("17", "19"), "insufficient_quota"),
    **dict.fromkeys(("4", "18", "336501", "336502"), "429"),
    **dict.fromkeys(("2", "336000", "336100"), "503"),
    **dict.fromkeys(("336007", "336103"), "prompt_too_long"),
}
_SPARK = {
    **dict.fromkeys(("10015", "10016", "11200"), "invalid_api_key"),
    "11201": "insufficient_quota",
    **dict.fromkeys(("10006", "10007", "11202", "11203"), "429"),
    **dict.fromkeys(("10008", "10009", "10010", "10011", "10012", "10110"), "503"),
    **dict.fromkeys(("10013", "10014", "10019"), "content_filter"),
    "10907": "prompt_too_long",
}
_FILTER_FLAGS = ("input_sensitive", "output_sensitive")
_FILTER_RESULTS = "content_filter_results"


def vendor_codes(body: Mapping[str, Any]) -> Iterator[str]:
    """The common code or HTTP status for a vendor's numeric codes in an error object."""
    spark = body.get("code") if "sid" in body else None
    places = ((_MINIMAX, _base_code(body)), (_BAIDU, body.get("error_code")), (_SPARK, spark))
    for known, number in places:
        if str(number) in known:
            yield known[str(number)]


def failed_by_code(body: Mapping[str, Any]) -> bool:
    """Whether `base_resp` reports a failure or a filtered answer."""
    return str(_base_code(body)) not in ("None", "", "0") and not _blames_content(body)


def is_filtered(body: Mapping[str, Any], choice: Mapping[str, Any]) -> bool:
    """Whether prompt or answer was filtered, whatever the finish reason says."""
    if _blames_content(body) or any(body.get(flag) is True for flag in _FILTER_FLAGS):
        return True
    prompts = body.get("prompt_filter_results")
    places = [choice, choice.get("message"), *(prompts if isinstance(prompts, list) else ())]
    return any(map(_has_filtered, places))


def filtered_results() -> dict[str, Any]:
    """The fields of a choice that mark it as filtered."""
    return {_FILTER_RESULTS: {"any": {"filtered": True}}}


def _base_code(body: Mapping[str, Any]) -> Any:
    base = body.get("base_resp")
    return base.get("status_code") if isinstance(base, dict) else None


def _blames_content(body: Mapping[str, Any]) -> bool:
    return str(_base_code(body)) in ("1026", "1027")


def _has_filtered(place: Any) -> bool:
    results = place.get(_FILTER_RESULTS) if isinstance(place, dict) else None
    verdicts = results.values() if isinstance(results, dict) else ()
    return any(isinstance(one, dict) and one.get("filtered") is True for one in verdicts)
