"""Which edit broke it: the search, and prompts with any choice of edits applied."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from workbench.prompts.values import Input, Message, Model, Prompt
from workbench.verdicts.bisection.bisect import Bisection, bisect, expected_trials, most_trials
from workbench.verdicts.bisection.hunks import Hunk, apply_text, edits_between, text_hunks

Broken = Callable[[frozenset[int]], bool | None]


def search(hunks: int, test: Broken, *, halves: bool = True) -> Bisection:
    return asyncio.run(bisect(hunks, test, halves=halves))


def breaks_with(*guilty: int) -> Broken:
    return lambda chosen: set(guilty) <= chosen


@given(st.integers(1, 40), st.data(), st.booleans())
@settings(deadline=None, max_examples=examples(60))
def test_a_single_guilty_edit_is_named(n: int, data: st.DataObject, halves: bool) -> None:
    guilty = data.draw(st.integers(0, n - 1))
    result = search(n, breaks_with(guilty), halves=halves)
    assert result.guilty == (guilty,)
    assert result.calls <= max(expected_trials(n, halves=halves) + (n if halves else 0), 2)
    assert result.calls == len(set(result.tested))


def test_one_guilty_edit_among_many_takes_few_tests_by_halves() -> None:
    for guilty in range(32):
        assert search(32, breaks_with(guilty)).calls <= expected_trials(32) == 12
    assert (
        search(32, breaks_with(31), halves=False).calls == expected_trials(32, halves=False) == 34
    )


@given(st.integers(2, 14), st.data())
@settings(deadline=None, max_examples=examples(60))
def test_edits_that_break_it_only_together_are_all_named(n: int, data: st.DataObject) -> None:
    guilty = data.draw(st.sets(st.integers(0, n - 1), min_size=2, max_size=3))
    result = search(n, breaks_with(*guilty))
    assert set(result.guilty) == guilty
    assert "together" in result.note
    assert result.calls <= most_trials(n)
    one_by_one = search(n, breaks_with(*guilty), halves=False)
    assert set(one_by_one.guilty) == guilty
    assert one_by_one.calls <= most_trials(n, halves=False)


def test_each_edit_that_breaks_it_alone_is_named_one_by_one() -> None:
    result = search(6, lambda chosen: bool({1, 4} & chosen), halves=False)
    assert result.guilty == (1, 4)
    assert search(6, lambda chosen: bool({1, 4} & chosen)).guilty in ((1,), (4,))


def test_a_flip_that_no_edit_explains_is_called_noise() -> None:
    assert "noise" in search(4, lambda chosen: True).note
    assert "noise" in search(4, lambda chosen: False).note
    assert search(4, lambda chosen: True).guilty == ()
    assert search(0, lambda chosen: False).guilty == ()


def test_choices_that_cannot_be_tried_are_passed_over() -> None:
    def half_a_block_is_no_template(chosen: frozenset[int]) -> bool | None:
        return None if len({2, 3} & chosen) == 1 else {2, 3} <= chosen

    assert search(8, half_a_block_is_no_template).guilty == (2, 3)


def test_the_test_may_be_asynchronous() -> None:
    async def slow(chosen: frozenset[int]) -> bool:
        await asyncio.sleep(0)
        return 2 in chosen

    assert asyncio.run(bisect([0, 2, 5], slow)).guilty == (2,)


def prompt(system: str, user: str = "{{ ticket }}", **more: object) -> Prompt:
    messages = (Message("system", system), Message("user", user))
    return Prompt("triage", messages, **more)  # type: ignore[arg-type]


def test_edits_are_sentences_and_settings_with_their_places() -> None:
    a = prompt(
        "Answer with one name. Be brief.\nNever guess.",
        model=Model("small", options={"temperature": 0, "seed": 7}),
    )
    b = prompt(
        "Answer with one name. Be very brief.\nGuess if you must.",
        model=Model("small", options={"temperature": 1}),
        inputs=(Input("ticket"),),
    )
    edits = edits_between(a, b)
    assert [(hunk.where, hunk.old, hunk.new, hunk.line) for hunk in edits.hunks[:2]] == [
        ("system message", "Be brief.\n", "Be very brief.\n", 1),
        ("system message", "Never guess.", "Guess if you must.", 2),
    ]
    assert [hunk.where for hunk in edits.hunks[2:]] == [
        "option seed",
        "option temperature",
        "inputs",
    ]
    assert edits.apply({0, 3}).messages[0].content == (
        "Answer with one name. Be very brief.\nNever guess."
    )
    model = edits.apply({0, 3}).model
    assert model is not None and model.options == {"temperature": 1, "seed": 7}


def test_sentences_that_were_added_are_edits_of_their_own() -> None:
    edits = edits_between(prompt("Answer."), prompt("Answer now. Be kind. Think.\nStop."))
    assert [(hunk.old, hunk.new) for hunk in edits.hunks] == [
        ("Answer.", "Answer now. "),
        ("", "Be kind. "),
        ("", "Think.\n"),
        ("", "Stop."),
    ]
    assert edits.apply({0, 2}).messages[0].content == "Answer now. Think.\n"


def test_a_label_stays_with_what_it_labels() -> None:
    before = prompt("Route it.\n")
    after = prompt("Route it.\nTicket: no refund came\nQueue: billing\n")
    added = [hunk.new for hunk in edits_between(before, after).hunks]
    assert added == ["Ticket: no refund came\n", "Queue: billing\n"]


def test_a_message_that_came_or_went_is_one_edit() -> None:
    a = Prompt("p", (Message("system", "x"), Message("user", "y")))
    b = Prompt("p", (Message("system", "x"), Message("assistant", "hi"), Message("user", "y")))
    edits = edits_between(a, b)
    assert [hunk.where for hunk in edits.hunks] == ["assistant message added"]
    assert edits.apply({0}).messages == b.messages
    back = edits_between(b, a)
    assert [hunk.where for hunk in back.hunks] == ["assistant message removed"]
    assert back.apply(()).messages == b.messages


TEXT = st.lists(
    st.sampled_from(["Be brief. ", "Be kind. ", "\n", "{% if x %}", "{{ a.b }}! ", "é\r\n", "."]),
    max_size=12,
).map("".join)
PROMPT = st.builds(
    Prompt,
    prompt_id=st.just("p"),
    messages=st.lists(
        st.builds(Message, st.sampled_from(["system", "user", "assistant"]), TEXT), max_size=4
    ).map(tuple),
    model=st.one_of(
        st.none(),
        st.builds(
            Model,
            id=st.sampled_from(["m", "n"]),
            provider=st.just("local"),
            options=st.dictionaries(st.sampled_from(["seed", "topP"]), st.integers(0, 2)),
        ),
    ),
    tools=st.sampled_from([None, [], [{"name": "t"}]]),
)


@given(PROMPT, PROMPT)
@settings(deadline=None)
def test_no_edit_gives_a_and_all_edits_give_b(a: Prompt, b: Prompt) -> None:
    edits = edits_between(a, b)
    assert edits.apply(()).fingerprint == a.fingerprint
    assert edits.apply(range(len(edits.hunks))).fingerprint == b.fingerprint
    assert [hunk.index for hunk in edits.hunks] == list(range(len(edits.hunks)))
    assert (not edits.hunks) == (a.fingerprint == b.fingerprint)


@given(TEXT, TEXT)
@settings(deadline=None)
def test_texts_are_put_together_again_without_loss(old: str, new: str) -> None:
    segments = text_hunks(old, new, "system message")
    hunks = [part.index for part in segments if isinstance(part, Hunk)]
    assert apply_text(segments, ()) == old
    assert apply_text(segments, hunks) == new


@pytest.mark.parametrize("hunks", [0, 1, 2, 9])
def test_the_expected_cost_never_exceeds_the_most_it_can_be(hunks: int) -> None:
    for halves in (True, False):
        assert expected_trials(hunks, halves=halves) <= most_trials(hunks, halves=halves)
