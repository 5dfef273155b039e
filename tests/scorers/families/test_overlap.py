"""ROUGE, BLEU, chrF, edit distance and shared words, against the values of their papers."""

from __future__ import annotations

from typing import Any

import pytest
import sacrebleu
from hypothesis import given
from hypothesis import strategies as st

from tests.scorers.families.judged import value
from workbench.errors import SuiteError
from workbench.scorers.catalog import make_scorer
from workbench.scorers.families.overlap import rouge_l, rouge_n

KILLED = "police killed the gunman"


@pytest.mark.parametrize(
    ("kind", "text", "expected", "options", "score"),
    [
        # Lin 2004, section 3.1: S1 "police killed the gunman", S2 and S3 share ROUGE-2.
        ("rouge_l", "police kill the gunman", KILLED, {}, 0.75),
        ("rouge_l", "the gunman kill police", KILLED, {}, 0.5),
        ("rouge_n", "police kill the gunman", KILLED, {"n": 2}, 1 / 3),
        ("rouge_n", "the gunman kill police", KILLED, {"n": 2}, 1 / 3),
        ("rouge_n", "The cat, the cat!", "the cat", {}, 2 / 3),
        ("rouge_n", "The cat, the cat!", "the cat", {"measure": "recall"}, 1.0),
        ("rouge_n", "The cat, the cat!", "the cat", {"measure": "precision"}, 0.5),
        ("rouge_n", "nothing", "else", {}, 0.0),
        ("rouge_n", "a", "a b", {"n": 2}, 0.0),
        ("rouge_n", "a b", ["x", "a b"], {}, 1.0),
        ("rouge_n", "...", "a", {}, 0.0),
        ("bleu", "the cat sat on the mat", "the cat sat on the mat", {}, 1.0),
        ("bleu", "The cat", "the cat", {"lowercase": True}, 1.0),
        # (5/6 * 3/5 * 1/4 * exp-smoothed 1/6)^(1/4): sacrebleu 2.6's smoothing "exp".
        ("bleu", "the cat sat on the mat", "the cat sat on a mat", {}, 0.5373),
        ("bleu", "xyz", "the cat", {}, 0.0),
        ("chrf", "abc def", "abc def", {}, 1.0),
        ("chrf", "xyz", "abc", {}, 0.0),
        ("chrf", "abc", "abd", {}, 0.3889),
        ("levenshtein", "kitten", "sitting", {}, 1 - 3 / 7),
        ("levenshtein", "kitten", "sitting", {"at_most": 3}, 1.0),
        ("levenshtein", "kitten", "sitting", {"at_most": 2}, 0.0),
        ("levenshtein", "", "abc", {}, 0.0),
        ("token_set", "fuzzy was a bear", "Fuzzy fuzzy was a bear", {}, 1.0),
        ("token_set", "a b c", "c b a", {}, 1.0),
        ("token_set", "A", "a", {"ignore_case": False}, 0.0),
    ],
)
def test_overlap(
    kind: str, text: str, expected: Any, options: dict[str, Any], score: float
) -> None:
    assert value(kind, text, expected, **options) == pytest.approx(score, abs=1e-4)
    assert value(kind, text, None, **options) is None


words = st.lists(st.sampled_from("abcd"), max_size=8)


@given(words, words, st.integers(1, 3))
def test_rouge_lies_between_0_and_1_and_turns_with_its_sides(
    a: list[str], b: list[str], n: int
) -> None:
    for shares in (lambda x, y: rouge_n(x, y, n), rouge_l):
        precision, recall = shares(a, b)
        assert 0 <= precision <= 1
        assert 0 <= recall <= 1
        assert shares(b, a) == (recall, precision)
    if a:
        assert rouge_l(a, a) == (1.0, 1.0)


lines = st.text(alphabet="abc \u00e9.,\U0001f600", max_size=30).filter(str.strip)


@given(lines, lines)
def test_bleu_and_chrf_are_those_of_sacrebleu(answer: str, expected: str) -> None:
    bleu = sacrebleu.sentence_bleu(answer, [expected], use_effective_order=True).score
    assert value("bleu", answer, expected) == pytest.approx(min(bleu / 100, 1.0))
    chrf = sacrebleu.sentence_chrf(answer, [expected]).score
    assert value("chrf", answer, expected) == pytest.approx(min(chrf / 100, 1.0))


@given(lines, lines)
def test_levenshtein_is_the_distance_of_its_recurrence(answer: str, expected: str) -> None:
    a, b = answer.strip(), expected.strip()
    row = list(range(len(b) + 1))
    for at, letter in enumerate(a, 1):
        before, row = row, [at]
        for to, other in enumerate(b):
            row.append(min(before[to] + (letter != other), before[to + 1] + 1, row[to] + 1))
    near = 1 - row[-1] / max(len(a), len(b))
    assert value("levenshtein", answer, expected) == pytest.approx(near)


@given(words, words, st.integers(1, 3))
def test_rouge_is_what_counting_by_hand_gives(a: list[str], b: list[str], n: int) -> None:
    def grams(of: list[str]) -> list[tuple[str, ...]]:
        return list(zip(*(of[at:] for at in range(n)), strict=False))

    left, common = grams(b), 0
    for gram in grams(a):
        if gram in left:
            left.remove(gram)
            common += 1
    sizes = (len(grams(a)), len(grams(b)))
    assert rouge_n(a, b, n) == tuple(common / size if size else 0.0 for size in sizes)

    def longest(at: int, to: int) -> int:
        if at == len(a) or to == len(b):
            return 0
        if a[at] == b[to]:
            return 1 + table[at + 1, to + 1]
        return max(table[at + 1, to], table[at, to + 1])

    table: dict[tuple[int, int], int] = {}
    for at in reversed(range(len(a) + 1)):
        for to in reversed(range(len(b) + 1)):
            table[at, to] = longest(at, to)
    shares = tuple(table[0, 0] / len(side) if side else 0.0 for side in (a, b))
    assert rouge_l(a, b) == shares


def test_the_librarys_version_is_in_the_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    before = make_scorer("bleu", {}, "").fingerprint
    other = make_scorer("rouge_n", {}, "").fingerprint
    monkeypatch.setattr("workbench.scorers.library.installed_version", lambda _name: "99")
    assert make_scorer("bleu", {}, "").fingerprint != before
    assert make_scorer("rouge_n", {}, "").fingerprint == other


@pytest.mark.parametrize(
    "kind", ["bleu", "chrf", "sql", "language", "no_pii", "embedding_similarity"]
)
def test_a_missing_extra_is_one_line_with_the_command_before_any_call(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.scorers.library.find_spec", lambda _name: None)
    with pytest.raises(SuiteError, match=r"suite\.yaml: .* needs the package") as caught:
        make_scorer(kind, {}, "suite.yaml")
    extra = "embeddings" if kind.startswith("embedding") else "text"
    assert caught.value.hint == f"pip install 'prompt-workbench[{extra}]'"
