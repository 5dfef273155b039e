"""The edits between two prompts with snippets and few-shot examples, one by one."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, combinations

from workbench.prompts.templates.templates import Renderer
from workbench.prompts.values import ExampleSet, Input, Message, Prompt
from workbench.verdicts.bisection.hunks import edits_between

A = Prompt(
    "p",
    (Message("system", 'Be brief. {% include "tone" %}'), Message("user", "{{ examples }}{{ x }}")),
    revision=3,
    snippets={"tone": 'Kind. {% include "deep" %}', "deep": "Deep."},
    examples=ExampleSet("{{ x }}", ({"inputs": {"x": "1"}},)),
)
B = replace(
    A,
    messages=(
        Message("system", 'Be brief. {% include "tone" %} {% include "more" %}'),
        A.messages[1],
    ),
    snippets={"tone": 'Rude. {% include "deep" %}', "deep": "Deep.", "more": "More."},
    examples=ExampleSet("{{ x }}", ({"inputs": {"x": "1"}}, {"inputs": {"x": "2"}})),
)


def test_a_snippet_is_one_edit_and_the_examples_are_one() -> None:
    edits = edits_between(A, B)
    assert [hunk.where for hunk in edits.hunks] == [
        "system message",
        "snippet tone",
        "examples",
    ]
    assert edits.apply(()).fingerprint == A.fingerprint
    assert edits.apply((0, 1, 2)).fingerprint == B.fingerprint


def test_every_mix_renders_and_holds_no_snippet_that_it_does_not_include() -> None:
    edits = edits_between(A, B)
    for chosen in chain.from_iterable(combinations(range(3), n) for n in range(4)):
        mixed = edits.apply(chosen)
        system, user = Renderer(mixed).render({"x": "?"})
        assert system.content.startswith("Be brief. Rude." if 1 in chosen else "Be brief. Kind.")
        assert system.content.endswith("More." if 0 in chosen else "Deep.")
        assert user.content == ("1\n2?" if 2 in chosen else "1?")
        assert ("more" in mixed.snippets) == (0 in chosen)


def test_between_a_prompt_with_snippets_and_one_without_every_mix_has_a_revision_that_fits() -> (
    None
):
    plain = Prompt("p", (Message("system", "Be brief. Kind."), Message("user", "{{ x }}")))
    edits = edits_between(plain, A)
    for count in range(len(edits.hunks) + 1):
        for chosen in combinations(range(len(edits.hunks)), count):
            mixed = edits.apply(chosen)
            assert bool(mixed.snippets) == ("include" in mixed.messages[0].content)
            if mixed.examples or "examples" not in mixed.messages[1].content:
                Renderer(mixed).render({"x": "?"})
    assert edits.apply(range(len(edits.hunks))).fingerprint == A.fingerprint
    assert edits.apply(()).fingerprint == plain.fingerprint


def feature(text: str) -> dict[str, object]:
    """A definition with that text."""
    modules = {"features.hint": ["features/hint.py", text]}
    return {"file": "features/hint.py", "modules": modules, "packages": {}, "python": "3.11"}


def test_a_changed_feature_is_an_edit_of_its_own_and_goes_with_the_input_that_names_it() -> None:
    computed = (Input("ticket"), Input("hint", feature="hint"))
    a = replace(A, inputs=computed, features={"hint": feature("one")})
    b = replace(a, features={"hint": feature("two")})
    edits = edits_between(a, b)
    assert [hunk.where for hunk in edits.hunks] == ["feature hint"]
    assert edits.apply(()).fingerprint == a.fingerprint
    assert edits.apply({0}).fingerprint == b.fingerprint
    given = replace(a, inputs=(Input("ticket"), Input("hint")), features={})
    for before, after in ((a, given), (given, a)):
        edits = edits_between(before, after)
        everything = {hunk.index for hunk in edits.hunks}
        assert edits.apply(()).features == before.features
        assert edits.apply(everything).features == after.features
