"""Scorers made of others, and the keys that every scorer takes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from workbench.datasets.values import Case
from workbench.errors import SuiteError
from workbench.fingerprints import fingerprint
from workbench.prompts.files.strict_yaml import yaml_as_text
from workbench.providers.base import Answer, Outcome
from workbench.runs.engine.scoring import score_answer
from workbench.scorers.base import Score, Scorer
from workbench.scorers.catalog import KINDS, make_scorer, suite_scorers
from workbench.scorers.faults import FaultScore

CASE = Case("1", {"t": "x"}, "billing")
HOLDS = {"contains": {"expected": "a"}}
FAILS = {"contains": {"expected": "z"}}
HALF = {"similarity": {"expected": "abxy"}}
MISSING = {"cost": {}}
ANSWER = Answer(Outcome.OK, "abcd")


def scorers_in(text: str) -> tuple[Scorer, ...]:
    return suite_scorers(yaml.safe_load(text), yaml_as_text(text, "suite.yaml"), "suite.yaml")


def value(kind: str, given: Any, answer: Answer = ANSWER, case: Case = CASE) -> float | None:
    return make_scorer(kind, given, "suite.yaml").score(answer, case).value


@pytest.mark.parametrize(
    ("kind", "parts", "expected"),
    [
        ("not", HOLDS, 0.0),
        ("not", FAILS, 1.0),
        ("not", "exact_match", 1.0),
        ("not", HALF, 0.5),
        ("not", MISSING, None),
        ("not", {"not": HOLDS}, 1.0),
        ("any_of", [FAILS, HOLDS], 1.0),
        ("any_of", [FAILS, HALF], 0.5),
        ("any_of", [FAILS, MISSING], None),
        ("any_of", [HOLDS, MISSING], 1.0),
        ("all_of", [FAILS, HOLDS], 0.0),
        ("all_of", [HOLDS, HALF], 0.5),
        ("all_of", [HOLDS, MISSING], None),
        ("all_of", [FAILS, MISSING], 0.0),
        ("mean_of", [HOLDS, FAILS], 0.5),
        ("mean_of", [HOLDS, MISSING], None),
        ("mean_of", [{"contains": {"expected": "a", "weight": 3}}, FAILS], 0.75),
        ("mean_of", [HOLDS, {"contains": {"expected": "z", "weight": 0}}], 1.0),
        ("mean_of", [HOLDS, {"cost": {"weight": 0}}], 1.0),
        ("not", {"any_of": [HOLDS, FAILS]}, 0.0),
        ("not", {"all_of": [HOLDS, FAILS]}, 1.0),
        ("not", {"mean_of": [HOLDS, HALF]}, 0.25),
        ("any_of", {"of": [FAILS, HALF], "cut": 0.5}, 1.0),
        ("any_of", {"of": [FAILS, HALF], "cut": 0.6}, 0.0),
        ("not", {"any_of": {"of": [FAILS, HALF], "cut": 0.6}}, 1.0),
        ("not", {"any_of": {"of": [FAILS, HALF], "cut": 0.5}}, 0.0),
        ("not", {"similarity": {"expected": "abxy", "cut": 0.5}}, 0.0),
        ("not", {"of": HALF, "cut": 0.5}, 1.0),
        ("not", {"not": {"of": HALF, "cut": 0.6}}, 1.0),
    ],
)
def test_a_combination_scores_as_its_table_says(kind: str, parts: Any, expected: Any) -> None:
    got = value(kind, parts)
    assert got == (None if expected is None else pytest.approx(expected))


FAULTS = [outcome for outcome in Outcome if outcome.is_models_fault]
COMBINATIONS = [
    ("not", FAILS),
    ("not", HOLDS),
    ("not", {"any_of": [FAILS, HOLDS]}),
    ("not", {"all_of": [FAILS, HOLDS]}),
    ("not", {"not": HOLDS}),
    ("any_of", [{"not": FAILS}, HOLDS]),
    ("mean_of", [{"not": FAILS}, {"not": {"of": HOLDS, "cut": 0.5}}]),
    ("not", {"any_of": {"of": [FAILS, HALF], "cut": 0.6}}),
]


@pytest.mark.parametrize(("kind", "parts"), COMBINATIONS)
def test_what_the_model_did_wrong_stays_wrong_however_it_is_negated(kind: str, parts: Any) -> None:
    scorer = make_scorer(kind, parts, "")
    for fault in FAULTS:
        assert scorer.score(Answer(fault, ""), CASE).value == 0.0, fault
    lenient = scorer.with_faults({Outcome.REFUSED: FaultScore.MISSING})
    assert lenient.score(Answer(Outcome.REFUSED, "no"), CASE).value is None
    failed = scorer.score(Answer(Outcome.PROVIDER_ERROR, error="down"), CASE)
    assert failed == Score(None, "down")


scores = st.floats(0, 1).map(lambda number: round(number, 3))


@given(st.lists(scores, min_size=1, max_size=4), st.booleans())
def test_a_negated_combination_is_one_minus_its_score(values: list[float], is_cut: bool) -> None:
    texts = [{"similarity": {"expected": "a" * 10 + "b" * int(v * 10)}} for v in values]
    for kind in ("any_of", "all_of", "mean_of"):
        given = {"of": texts, **({"cut": 0.7} if is_cut else {})}
        plain = value(kind, given)
        negated = value("not", {kind: given})
        assert plain is not None
        assert negated == pytest.approx(1 - plain)


def test_a_part_that_fails_keeps_the_mean_below_1_however_small_its_weight() -> None:
    tiny = [HOLDS, {"contains": {"expected": "z", "weight": 1e-20}}]
    assert value("mean_of", tiny) != 1.0
    assert value("mean_of", {"of": tiny, "cut": 1}) == 0.0
    case = Case("1", {}, checks=tiny)
    assert value("checks", {"cut": 1}, case=case) == 0.0


@pytest.mark.parametrize(("weights", "cut"), [((0.7, 0.1, 0.2), 0.8), ((0.1, 0.2, 0.7), 0.3)])
def test_a_cut_is_reached_by_weights_as_they_are_written(
    weights: tuple[float, ...], cut: float
) -> None:
    texts = zip(("a", "b", "z"), weights, strict=True)
    parts = [{"contains": {"expected": text, "weight": weight}} for text, weight in texts]
    assert value("mean_of", {"of": parts, "cut": cut}) == 1.0
    assert value("mean_of", {"of": parts, "cut": cut + 1e-6}) == 0.0


def test_no_checks_hold_and_their_negation_does_not() -> None:
    assert value("checks", {}) == 1.0
    assert value("not", "checks") == 0.0


def test_parts_of_one_kind_are_shown_each() -> None:
    score = make_scorer("mean_of", [FAILS, HOLDS], "").score(ANSWER, CASE)
    assert score.parts == {"contains": 0.0, "contains_2": 1.0}


def test_a_reason_names_the_parts_that_fail() -> None:
    scorer = make_scorer("all_of", [HOLDS, {"contains": {"expected": "z", "name": "tail"}}], "")
    assert scorer.score(ANSWER, CASE) == Score(0.0, "tail: want: z")
    assert make_scorer("not", HOLDS, "").score(ANSWER, CASE).reason == "contains holds"


def test_one_kind_stands_several_times_under_names() -> None:
    first, second, third, fourth = scorers_in(
        "- contains\n- contains: {name: greets, expected: hello}\n"
        "- not: {contains: {expected: as an AI}}\n- not: {similarity: {}, name: original}\n"
    )
    names = [scorer.name for scorer in (first, second, third, fourth)]
    assert names == ["contains", "greets", "not_contains", "original"]
    assert second.score(Answer(Outcome.OK, "hello"), Case("1", {})).value == 1.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- contains\n- contains\n", "stands twice (contains: {name: …}"),
        ("- contains: {name: a}\n- exact_match: {name: a}\n", "'a' stands twice"),
        ("- contains: {name: ' a'}\n", "is no name"),
        ('- contains: {name: "a\\nb"}\n', "is no name"),
        ("- contains: {weight: 2}\n", "weight counts in mean_of and in checks alone"),
        ("- any_of: [{contains: {weight: 2}}]\n", "weight counts in mean_of"),
        ("- mean_of: [{contains: {weight: -2}}]\n", "weight must be a number, 0 or more, not -2"),
        ("- mean_of: [{contains: {required: false}}]\n", "required stands at scorers of the suite"),
        ("- any_of: [{contains: {after: x}}]\n", "after stands at scorers of the suite alone"),
        ("- any_of: []\n", "name the scorers that it is made of"),
        ("- any_of\n", "name the scorers that it is made of"),
        ("- not: [contains, exact_match]\n", "name the scorers that it is made of"),
        ("- not: {contains: {}, exact_match: {}}\n", "a scorer is a name, or a name with its"),
        ("- any_of: {of: [contains], cat: 1}\n", "no option 'cat' (did you mean 'cut'?)"),
        ("- any_of: [contians]\n", "no scorer 'contians' (did you mean 'contains'?)"),
        ("- contains: {cut: 80}\n", "write 0.8"),
        ("- contains: {after: exact_match}\n- exact_match\n", "no scorer 'exact_match' stands abo"),
        ("- exact_match\n- contains: {after: exact_mach}\n", "did you mean 'exact_match'?"),
        ("- contains: {expected: null}\n", "expected is empty"),
        ("- numeric: {expected: abc}\n", "numeric.expected: 'abc' is no number"),
        ("- contains: {expected: ''}\n", "contains.expected: the expected answer is blank"),
        ("- not: {exact_match: {expected: []}}\n", "the list of expected answers is empty"),
        ("- not: {json_fields: {expected: [1]}}\n", "json_fields.expected: '[1]' is no object"),
        ("- max_chars: {expected: 5}\n", "no option 'expected'"),
        ("- mean_of: [{contains: {weight: 0}}]\n", "weight of 0"),
    ],
)
def test_what_is_wrong_is_refused_in_one_line(text: str, message: str) -> None:
    with pytest.raises(SuiteError) as caught:
        scorers_in(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_scorer_after_another_is_asked_only_where_that_one_gave_1() -> None:
    scorers = scorers_in("- exact_match\n- similarity: {after: exact_match, required: false}\n")
    asked, _ = score_answer(scorers, Answer(Outcome.OK, "billing"), CASE)
    assert asked["similarity"].value == 1.0
    assert not asked["similarity"].skipped
    spared, _ = score_answer(scorers, Answer(Outcome.OK, "sales"), CASE)
    assert spared["similarity"] == Score(0.0, "exact_match failed", skipped=True)
    missing, _ = score_answer(scorers, Answer(Outcome.OK, "sales"), Case("1", {}))
    assert missing["similarity"].value is None


def test_an_expected_answer_of_the_scorer_takes_the_place_of_the_cases() -> None:
    (scorer,) = scorers_in("- exact_match: {expected: yes}\n")
    assert scorer.reads is None
    assert scorer.score(Answer(Outcome.OK, "yes"), CASE).value == 1.0
    (scorer,) = scorers_in("- exact_match: {expected: 1.50}\n")
    assert scorer.score(Answer(Outcome.OK, "1.50"), CASE).value == 1.0
    (scorer,) = scorers_in('- json_equals: {expected: {"a": 1}}\n')
    assert scorer.score(Answer(Outcome.OK, '{"a": 1.0}'), CASE).value == 1.0


def test_unset_keys_leave_fingerprint_and_record_as_they_were() -> None:
    for kind in KINDS.values():
        if kind.combine or kind.library or kind.check(kind.defaults):
            continue
        plain = make_scorer(kind.name, {}, "")
        first = {name: one.default for name, one in kind.options.items() if not one.later}
        assert plain.fingerprint == fingerprint([kind.name, kind.revision, first])
        assert plain.record == [kind.name, True, plain.fingerprint, first]


@pytest.mark.parametrize(
    "given",
    [
        {"name": "other"},
        {"cut": 0.0},
        {"cut": 0.5},
        {"transforms": ["strip"]},
        {"transforms": ["strip", "nfc"]},
        {"transforms": ["nfc", "strip"]},
        {"transforms": [{"regex": "a"}]},
        {"expected": "x"},
        {"expected": ["x"]},
        {"after": "x"},
    ],
)
def test_every_key_that_changes_scores_is_in_the_fingerprint_and_in_the_record(
    given: dict[str, Any],
) -> None:
    plain, scorer = make_scorer("similarity", {}, ""), make_scorer("similarity", given, "")
    assert scorer.fingerprint != plain.fingerprint
    name, required, _, options, *kind = scorer.record
    named = {"name": name} if kind else {}
    again = make_scorer(kind[0] if kind else name, {**options, **named}, "")
    assert required
    assert again.fingerprint == scorer.fingerprint


def test_a_combination_is_made_again_from_its_record() -> None:
    text = (
        "- mean_of:\n    of: [{exact_match: {weight: 2, ignore_case: true}}, {not: {contains: "
        "{expected: z, name: tail}}}, {any_of: [{max_chars: {limit: 3}}, json_equals]}]\n"
        "    name: mixed\n    cut: 0.5\n    transforms: [{json_path: a}]\n"
    )
    (scorer,) = scorers_in(text)
    name, _, fingerprint, options, kind = scorer.record
    assert (name, kind) == ("mixed", "mean_of")
    assert make_scorer(kind, {**options, "name": name}, "").fingerprint == fingerprint
    (other,) = scorers_in(text.replace("limit: 3", "limit: 4"))
    assert other.fingerprint != fingerprint


def test_transforms_of_a_combination_come_before_those_of_its_parts() -> None:
    scorer = make_scorer(
        "all_of",
        {
            "of": [{"exact_match": {"transforms": [{"json_path": "a"}], "expected": "b"}}],
            "transforms": ["strip_fence"],
        },
        "",
    )
    assert scorer.score(Answer(Outcome.OK, '```json\n{"a": "b"}\n```'), CASE).value == 1.0
