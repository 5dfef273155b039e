"""Breakages of a prompt: planned, bounded, and still sendable."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workbench.prompts.mutations import MOST_OF_A_KIND, mutants
from workbench.prompts.values import ExampleSet, Message, Prompt

SYSTEM = "Answer with one queue name.\nSay billing for money.\nSay sales for orders.\nBe brief."
PROMPT = Prompt(
    "triage",
    (Message("system", SYSTEM), Message("user", "Ticket:\n{{ ticket }}\nQueue:")),
    examples=ExampleSet(rows=({"inputs": {"ticket": "a"}}, {"inputs": {"ticket": "b"}})),
)


def test_each_kind_breaks_what_its_name_says() -> None:
    by_kind: dict[str, list[Prompt]] = {}
    for mutant in mutants(PROMPT, ["billing", "sales", "other"]):
        by_kind.setdefault(mutant.kind, []).append(mutant.prompt)
    assert {kind: len(mutations_of_kind) for kind, mutations_of_kind in by_kind.items()} == {
        "drop_example": 2,
        "drop_line": 4,
        "swap_labels": 1,
        "truncate": 1,
    }
    (swapped,) = by_kind["swap_labels"]
    assert "Say sales for money.\nSay billing for orders." in swapped.messages[0].content
    assert all(p.examples and len(p.examples.rows) == 1 for p in by_kind["drop_example"])
    (cut,) = by_kind["truncate"]
    assert SYSTEM.startswith(cut.messages[0].content)


def test_a_label_within_a_word_is_no_label() -> None:
    prompt = Prompt("p", (Message("system", "Rebilling and salesman. {{ x }}"),))
    assert mutants(prompt, ["billing", "sales"]) == ()


TEXTS = st.text(st.sampled_from("ab \n{}x"), max_size=40)


@given(TEXTS, TEXTS)
def test_placeholders_stay_and_every_mutant_differs(system: str, user: str) -> None:
    prompt = Prompt("p", (Message("system", system), Message("user", user + "{{ x }}")))
    broken = mutants(prompt, ["a", "b"])
    prints = [one.prompt.fingerprint for one in broken]
    assert len(set(prints)) == len(prints) and prompt.fingerprint not in prints
    assert len(broken) <= 4 * MOST_OF_A_KIND
    for one in broken:
        texts = [message.content for message in one.prompt.messages]
        assert sum(text.count("{{") for text in texts) == sum(
            message.content.count("{{") for message in prompt.messages
        )
