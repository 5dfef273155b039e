"""Why a model stopped, in the words of many servers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fault_server import completion
from workbench.datasets.values import Case
from workbench.providers.base import Answer, Outcome
from workbench.providers.openai_chat.call_context import CallContext
from workbench.providers.openai_chat.classify import classify_completion
from workbench.providers.openai_chat.finish import Finish, class_of, finish_word
from workbench.scorers.catalog import make_scorer


def finished(finish: Any) -> Answer:
    return classify_completion(completion("fine", finish=finish), CallContext("host", "m"))


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ("stop STOP Stop eos eos_token end_turn stop_sequence COMPLETE complete", Outcome.OK),
        ("tool_calls function_call tool_use finish_reason_stop FinishReason.STOP", Outcome.OK),
        ("REASON_STOP eosFound stopStringFound stop-sequence FINISH_REASON_STOP", Outcome.OK),
        ("length LENGTH max_tokens MAX_TOKENS maxTokens model_length", Outcome.TRUNCATED),
        ("REASON_MAX_LEN contextLengthReached max_output_tokens", Outcome.TRUNCATED),
        ("model_context_window_exceeded", Outcome.TRUNCATED),
        ("content_filter sensitive SAFETY RECITATION BLOCKLIST SPII", Outcome.FILTERED),
        ("PROHIBITED_CONTENT guardrail_intervened ERROR_TOXIC", Outcome.FILTERED),
        ("refusal", Outcome.REFUSED),
        ("malformed_function_call", Outcome.TOOL_CALL),
        ("error ERROR abort aborted network_error cancelled timeout", Outcome.PROVIDER_ERROR),
        ("insufficient_system_resource unload modelUnloaded", Outcome.PROVIDER_ERROR),
        ("frobnicated OTHER unknown stopped_by_magic lengthy 42", Outcome.INVALID),
    ],
)
def test_every_word_gives_its_class(words: str, outcome: Outcome) -> None:
    assert {word: finished(word).outcome for word in words.split()} == dict.fromkeys(
        words.split(), outcome
    )


@pytest.mark.parametrize("reason", ["content_filter: RECITATION", " stop ", "stop\n"])
def test_what_stands_around_a_word_does_not_hide_it(reason: str) -> None:
    assert class_of(finish_word(reason)) is not Finish.UNKNOWN


@pytest.mark.parametrize("reason", [None, "", " ", "null", "NULL", "None", 7, True, [], {}])
def test_what_is_no_word_is_no_reason(reason: Any) -> None:
    assert finish_word(reason) == ""
    assert finished(reason).outcome is Outcome.INVALID
    assert "without a finish reason" in finished(reason).error


def test_a_failure_may_be_billed_and_is_worth_another_attempt() -> None:
    failed = finished("abort")
    assert failed.retry and failed.maybe_billed and failed.error.endswith("the answer: abort")


def test_an_unknown_word_is_named_not_scored_and_not_paid_for_again() -> None:
    unknown = finished("frobnicated")
    assert unknown.error.endswith("a finish reason that is not known here: frobnicated")
    assert (unknown.retry, unknown.maybe_billed, unknown.text) == (False, True, "fine")
    score = make_scorer("exact_match", {}, "s").score(unknown, Case("1", {}, "fine"))
    assert score.value is None


KNOWN = frozenset(
    {
        Outcome.OK,
        Outcome.TRUNCATED,
        Outcome.FILTERED,
        Outcome.REFUSED,
        Outcome.TOOL_CALL,
        Outcome.PROVIDER_ERROR,
    }
)


@given(st.text(max_size=30))
def test_any_text_is_a_known_word_or_an_error_and_never_silent(word: str) -> None:
    answer = finished(word)
    if class_of(finish_word(word)) is Finish.UNKNOWN:
        assert answer.outcome is Outcome.INVALID and answer.error.isprintable()
    else:
        assert answer.outcome in KNOWN
