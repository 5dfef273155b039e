"""Numbers by which single vendors say what others say in words, and flags of their filters.

MiniMax puts its numbers into `base_resp`, Baidu Qianfan into `error_code`, iFlytek Spark into
`code` beside its `sid`: the same number means something else in another place, so each is read in
its own alone. They are those of the vendors' public lists of error codes.
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
    """What a vendor's numbers in an object of an error mean, as a code or a status of others."""
    spark = body.get("code") if "sid" in body else None
    places = ((_MINIMAX, _base_code(body)), (_BAIDU, body.get("error_code")), (_SPARK, spark))
    for known, number in places:
        if str(number) in known:
            yield known[str(number)]


def failed_by_code(body: Mapping[str, Any]) -> bool:
    """Whether `base_resp` says that there is no answer, or none that counts."""
    return str(_base_code(body)) not in ("None", "", "0") and not _blames_content(body)


def is_filtered(body: Mapping[str, Any], choice: Mapping[str, Any]) -> bool:
    """Whether a filter took hold of the question or the answer, whatever the finish reason says."""
    if _blames_content(body) or any(body.get(flag) is True for flag in _FILTER_FLAGS):
        return True
    prompts = body.get("prompt_filter_results")
    places = [choice, choice.get("message"), *(prompts if isinstance(prompts, list) else ())]
    return any(map(_has_filtered, places))


def filtered_results() -> dict[str, Any]:
    """A choice's fields that say so."""
    return {_FILTER_RESULTS: {"any": {"filtered": True}}}


def _base_code(body: Mapping[str, Any]) -> Any:
    found = body.get("base_resp")
    return found.get("status_code") if isinstance(found, Mapping) else None


def _blames_content(body: Mapping[str, Any]) -> bool:
    return str(_base_code(body)) in ("1026", "1027")


def _has_filtered(place: Any) -> bool:
    results = place.get(_FILTER_RESULTS) if isinstance(place, Mapping) else None
    found = results.values() if isinstance(results, Mapping) else ()
    return any(isinstance(one, Mapping) and one.get("filtered") is True for one in found)
