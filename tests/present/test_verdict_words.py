"""A verdict in words: the lines, the Markdown summary and the JUnit XML."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from workbench.actions.comparing.preview import Preview
from workbench.present.svg import interval_chart
from workbench.present.verdict_words import (
    attempt_lines,
    beneath,
    broken_line,
    claim,
    details,
    evidence_notes,
    gate_word,
    headline,
    headline_lines,
    junit_xml,
    margin_line,
    markdown_summary,
    next_step,
)
from workbench.runs.spec.suite import GatePolicy
from workbench.units import points_beside
from workbench.verdicts.comparison import compare_pairs, compare_threshold
from workbench.verdicts.sequential import LookDecision, conclude, decide_prefix
from workbench.verdicts.sequential_plan import make_plan
from workbench.verdicts.values import CasePair, Comparison, Evidence, Gate, Verdict

POLICY = GatePolicy(scorers=("s",), margin=0.05)


def pairs(wins: int, losses: int, n: int, missing: int = 0) -> tuple[CasePair, ...]:
    return (
        *(CasePair(f"fixed-{i}", (0.0,), (1.0,)) for i in range(wins)),
        *(CasePair(f"broke-{i}", (1.0,), (0.0,)) for i in range(losses)),
        *(CasePair(f"same-{i}", (1.0,), (1.0,)) for i in range(n - wins - losses)),
        *(CasePair(f"gone-{i}", (1.0,), (None,), None, "timed out") for i in range(missing)),
    )


def compared(wins: int, losses: int, n: int, margin: float = 0.05, missing: int = 0) -> str:
    policy = replace(POLICY, margin=margin)
    return headline(compare_pairs(pairs(wins, losses, n, missing), policy, "s"), policy)


def at_look(look: int, wins: int, losses: int, n: int) -> Comparison:
    plan = make_plan(300, POLICY, 7)
    return decide_prefix({"s": pairs(wins, losses, n)}, plan, POLICY, look).comparisons[0]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            compared(15, 18, 300),
            "PASS         B not worse than A (margin 5): -1.0 pts [-4.9, +2.9]"
            "  15 fixed  18 broke  267 same  300 cases",
        ),
        (
            compared(21, 6, 300),
            "PASS BETTER  B better than A: +5.0 pts [+1.7, +8.7]  21 fixed  6 broke  273 same",
        ),
        (
            compared(15, 18, 300, margin=0.02),
            "NO DECISION  -1.0 pts [-4.9, +2.9] could still hide a 2-pt loss;"
            " about 1,860 more cases",
        ),
        (
            compared(8, 38, 300),
            "FAIL         B worse than A: -10.0 pts [-14.6, -5.9]  8 fixed  38 broke  254 same",
        ),
        (
            headline(at_look(2, 7, 18, 120), POLICY),
            "STOPPED 120/300  B can hardly pass any more (2 % chance if as good as A);"
            " 180 cases not asked",
        ),
        (
            headline(at_look(3, 16, 5, 180), POLICY),
            "PASS at 180/300  B not worse than A (margin 5): +6.1 pts [-0.8, +14.0]"
            "  16 fixed  5 broke  159 same  180 cases",
        ),
        (
            headline(at_look(2, 0, 40, 120), POLICY),
            "FAIL at 120/300  B worse than A: -33.3 pts [-48.7, -20.9]  0 fixed  40 broke  80 same",
        ),
        (
            compared(0, 8, 1000),
            "PASS         B a little worse than A, inside the margin you allowed (margin 5):"
            " -0.8 pts [-1.6, -0.4]  0 fixed  8 broke  992 same  1,000 cases",
        ),
        (
            compared(0, 0, 72),
            "NO DECISION  +0.0 pts [-5.1, +5.1] could still hide a 5-pt loss; about 1 more case",
        ),
        (
            compared(0, 5, 80),
            "NO DECISION  -6.2 pts [-13.8, -1.4]: it looks worse, but 5 changed cases cannot settle"
            " it",
        ),
        (
            compared(15, 17, 294, missing=6),
            "NO DECISION  -0.7 pts [-4.6, +3.2]: it passes on the complete pairs, but not if the"
            " 6 missing ones are losses; run them again",
        ),
        (
            compared(40, 5, 294, missing=6),
            "PASS BETTER  B better than A: +11.9 pts [+7.9, +16.5]"
            "  40 fixed  5 broke  249 same  6 missing",
        ),
        (
            compared(25, 16, 300, margin=0.0),
            "NO DECISION  +3.0 pts [-1.2, +7.4] could still hide a loss; about 290 more cases",
        ),
        (compared(0, 0, 0), "NO DECISION  no case has a score on both sides"),
    ],
)
def test_the_headline_is_one_line_as_specified(line: str, expected: str) -> None:
    assert line == expected


def alone(passed: int, n: int, threshold: float | None = 0.8) -> str:
    policy = replace(POLICY, threshold=threshold)
    rows = tuple(CasePair(str(i), (), (float(i < passed),)) for i in range(n))
    return headline(compare_threshold(rows, policy, "s"), policy, b="1.1.0")


def test_without_a_baseline_the_line_speaks_of_the_threshold() -> None:
    assert alone(160, 200) == (
        "PASS         1.1.0 scores 80.0 % [73.9, 85.0], at least the threshold of 80 %  200 cases"
    )
    assert alone(159, 200) == (
        "FAIL         1.1.0 scores 79.5 % [73.4, 84.5], below the threshold of 80 %  200 cases"
    )
    assert alone(159, 200, None).startswith("NO DECISION  there is neither a baseline")


def test_names_stand_in_for_a_and_b_and_cannot_act_on_the_terminal() -> None:
    policy = replace(POLICY, threshold=0.99)
    comparison = compare_pairs(pairs(8, 9, 300), policy, "s")
    line = headline(comparison, policy, a="1.0.0", b="\x1b[2Jdraft\n")
    assert line.startswith("FAIL         \N{SYMBOL FOR ESCAPE}[2Jdraft⏎ scores")
    assert "against 1.0.0" in line
    assert "\x1b" not in line and "\n" not in line


def test_the_word_to_colour_is_the_start_of_the_line() -> None:
    for comparison in (
        at_look(2, 7, 18, 120),
        at_look(3, 16, 5, 180),
        compare_pairs(pairs(15, 18, 300), POLICY, "s"),
    ):
        assert headline(comparison, POLICY).startswith(gate_word(comparison) + " ")


def test_up_to_five_broken_cases_are_named() -> None:
    assert broken_line(compare_pairs(pairs(1, 0, 9), POLICY, "s")) == ""
    assert broken_line(compare_pairs(pairs(0, 2, 9), POLICY, "s")) == "broke: broke-0, broke-1"
    assert broken_line(compare_pairs(pairs(0, 7, 9), POLICY, "s")) == (
        "broke: broke-0, broke-1, broke-2, broke-3, broke-4 and 2 more"
    )
    sly = (CasePair("\x1b]0;title\x07", (1.0,), (0.0,)),)
    assert "\x1b" not in broken_line(compare_pairs(sly, POLICY, "s"))


def test_a_bound_that_rounds_to_zero_is_never_minus_zero() -> None:
    comparison = compare_pairs(pairs(10, 3, 160), POLICY, "s")
    assert -0.0005 < (comparison.low or 0.0) < 0.0
    assert comparison.reason == "a loss of 5 points is excluded (at worst +0.0)"
    free = replace(POLICY, margin=0.0)
    early = compare_pairs(pairs(30, 0, 160), free, "s", look=1, looks=3, planned=300)
    assert headline(early, free).startswith("PASS at 160/300  B better than A: +18.8 pts")
    chart = interval_chart(-0.0001, -0.0002, -0.0001, 0.0)
    assert not re.search(r"-0(\.0)?\b(?!\.)", re.sub(r"<[^>]*>", "", chart))
    assert "difference +0.0 points, interval +0.0 to +0.0, margin 0.0" in chart


def test_no_decision_says_what_to_do_next() -> None:
    def step(*counts: int, margin: float = 0.05, missing: int = 0) -> str:
        policy = replace(POLICY, margin=margin)
        return next_step(compare_pairs(pairs(*counts, missing=missing), policy, "s"), policy)

    assert step(15, 18, 300, margin=0.02) == (
        "add about 1,860 more cases; or decide before the next one that a loss of 5 points will do"
    )
    assert step(15, 17, 294, missing=6) == (
        "run again to fill the 6 missing cases (gone-0, gone-1, gone-2, gone-3, gone-4)"
    )
    assert step(8, 38, 300) == "look at the broken cases first"
    assert step(15, 18, 300) == ""


def test_p_stands_in_the_details_and_never_in_the_headline() -> None:
    comparison = compare_pairs(pairs(25, 10, 300), POLICY, "s")
    assert "p =" not in headline(comparison, POLICY)
    lines = details(comparison)
    assert (
        "p = 0.0112, mid-p = 0.0113: how often luck alone would look like this;"
        " a claim needs less than 0.05"
    ) in lines
    assert "[+1.2, +9.1]: the true difference lies in here, 95 % sure" in lines
    assert "method: Tango score interval, McNemar p, 95 %, critical value 1.9600" in lines
    assert lines[0] == "scores: A 91.7 %, B 96.7 %"


def test_the_details_tell_of_looks_groups_collapses_and_repeats() -> None:
    looks = details(at_look(2, 7, 1, 120))
    assert any(line.startswith("look 1: 60 cases") for line in looks)
    grouped = tuple(replace(p, group=f"g{i % 20}") for i, p in enumerate(pairs(5, 5, 60)))
    text = details(compare_pairs(grouped, POLICY, "s"))
    assert "20 independent groups in 60 cases" in text
    graded = tuple(CasePair(str(i), (0.9, 0.8), (0.1, 0.9)) for i in range(5))
    text = details(compare_pairs((*graded, CasePair("x", (0.1,), (0.8,))), POLICY, "s"))
    assert "1 much better, 0 collapsed (half a point or more)" in text
    passing = tuple(CasePair(f"c{i}", (1.0, 1.0), (1.0, float(i > 0))) for i in range(4))
    assert "flaky in 2 answers: 1 of B's cases (c0); all 2 pass in 75.0 %" in details(
        compare_pairs(passing, POLICY, "s")
    )
    assert any("the model answering anew; 3 repeats would pay" in line for line in text)


def evidence(rows: tuple[CasePair, ...], *, attempt: int = 1, scorer: str = "s") -> Evidence:
    policy = replace(POLICY, scorers=(scorer,))
    plan = make_plan(max(1, len(rows)), policy, 3, full=True)
    decision: LookDecision = conclude({scorer: rows}, plan, policy)
    return Evidence(
        prompt_id="triage",
        version="1.1.0",
        prompt_fingerprint="f" * 64,
        suite="triage",
        suite_fingerprint="a" * 64,
        suite_parts={},
        policy=policy.content(),
        planned=len(rows),
        pairs={scorer: rows},
        comparisons=decision.comparisons,
        gate=decision.gate,
        score=0.9,
        baseline_version="1.0.0",
        baseline_fingerprint="e" * 64,
        run_a="ra",
        run_b="rb",
        started_at="2026-01-01T00:00:00Z",
        finished_at="2026-01-01T00:01:00Z",
        attempt=attempt,
        plan=plan.content(),
    )


def test_the_summary_has_headline_table_broken_cases_and_attempts() -> None:
    text = markdown_summary(evidence(pairs(8, 38, 300), attempt=7))
    assert text.startswith("## triage 1.1.0 on triage\n")
    assert "FAIL         1.1.0 worse than 1.0.0\\: -10.0 pts" in text
    assert "| s | fail | 97.3 | 87.3 | -10.0 | -14.6 to -5.9 | 8 | 38 | 254 | 0 |" in text
    assert "broke\\: broke-0, broke-1" in text
    assert "attempt 7 on this gate set" in text
    assert "best of 7\\: luck alone would put it about 3.0 points ahead" in text
    assert text.endswith("</details>\n")


def test_wear_is_told_from_the_second_attempt_on() -> None:
    assert attempt_lines(evidence(pairs(8, 38, 300))) == []
    assert attempt_lines(evidence(pairs(8, 38, 300), attempt=2)) == [
        "attempt 2 on this gate set: up to 2 x 2.5 % chance one bad version got through",
        "best of 2: luck alone would put it about 1.2 points ahead",
    ]


def test_hostile_ids_stay_text_in_the_summary() -> None:
    sly = "<img src=x> [a](http://evil) | `x` @team www.evil \x1b[2J"
    text = markdown_summary(evidence((CasePair(sly, (1.0,), (0.0,)),) * 1, scorer="a|b"))
    for raw in ("<img", "[a](", "http://", "| `x`", "@team", "www.evil", "\x1b"):
        assert raw not in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1


def test_a_failing_gate_fails_its_test_and_each_broken_case() -> None:
    root = ElementTree.fromstring(junit_xml(evidence(pairs(8, 38, 300))))
    suite = root.find("testsuite")
    assert suite is not None
    assert suite.get("tests") == "301"
    assert suite.get("failures") == "39"
    gate = suite.find("testcase[@name='gate']/failure")
    assert gate is not None
    assert str(gate.get("message")).startswith("FAIL         1.1.0 worse than 1.0.0")
    assert "broke: broke-0, broke-1, broke-2, broke-3, broke-4 and 33 more" in str(gate.text)


def test_a_passing_gate_is_green_though_some_cases_broke() -> None:
    root = ElementTree.fromstring(junit_xml(evidence(pairs(15, 18, 300, missing=0))))
    assert not root.findall(".//failure") and not root.findall(".//error")
    broke = root.find(".//testcase[@name='broke-0']/system-out")
    assert broke is not None and broke.text == "A 1, B 0"


def test_no_decision_is_an_error_and_missing_cases_are_skipped_with_their_reason() -> None:
    root = ElementTree.fromstring(junit_xml(evidence(pairs(1, 1, 20, missing=1))))
    suite = root.find("testsuite")
    assert suite is not None
    assert (suite.get("errors"), suite.get("skipped")) == ("1", "1")
    skipped = root.find(".//testcase[@name='gone-0']/skipped")
    assert skipped is not None and skipped.get("message") == "timed out"


@given(st.text(max_size=20), st.text(max_size=20))
@settings(max_examples=examples(60), deadline=None)
def test_any_id_and_reason_make_well_formed_xml(case_id: str, reason: str) -> None:
    rows = (CasePair(case_id, (1.0,), (None,), None, reason), CasePair("x" * 30, (1.0,), (0.0,)))
    root = ElementTree.fromstring(junit_xml(evidence(rows)).encode())
    assert len(root.findall(".//testcase")) == 3
    suite = root.find("testsuite")
    assert suite is not None
    for tag in ("failure", "error", "skipped"):
        key = f"{tag}s" if tag != "skipped" else tag
        assert int(suite.get(key, "0")) == len(root.findall(f".//{tag}"))


@given(
    st.integers(0, 60), st.integers(0, 60), st.integers(0, 200), st.integers(0, 9), st.booleans()
)
@settings(max_examples=examples(80), deadline=None)
def test_every_line_is_one_line(wins: int, losses: int, same: int, gone: int, early: bool) -> None:
    rows = pairs(wins, losses, wins + losses + same, gone)
    plan = {"look": 1, "looks": 3, "planned": len(rows) + 50, "futility": 0.05} if early else {}
    comparison = compare_pairs(rows, POLICY, "s", **plan)  # type: ignore[arg-type]
    lines = [
        headline(comparison, POLICY),
        broken_line(comparison),
        next_step(comparison, POLICY),
        *details(comparison),
    ]
    for line in lines:
        assert "\n" not in line
        assert not re.search(r"nan|None|inf(?!o)|-0\.0\b", line)


def test_a_candidate_that_is_worse_and_does_not_pass_fails_also_where_a_look_ended_the_run() -> (
    None
):
    hopeless = at_look(3, 2, 14, 180)
    assert (hopeless.verdict, hopeless.stopped) == (Verdict.WORSE, "futility")
    line = headline(hopeless, POLICY)
    assert line.startswith("FAIL at 180/300  B worse than A: -6.7 pts [")
    unfinished = replace(hopeless, gate=Gate.NO_DECISION, stopped="")
    assert gate_word(unfinished) == "FAIL"


def test_a_preview_is_called_one_and_says_how_to_decide() -> None:
    preview = Preview(60, 300, 7).mark(compare_pairs(pairs(0, 40, 60), POLICY, "s"))
    assert headline(preview, POLICY) == (
        "PREVIEW      -66.7 pts [-77.3, -54.1]  0 fixed  40 broke  20 same:"
        " a preview of 60 of 300 cases decides nothing"
    )
    assert next_step(preview, POLICY) == "compare all cases to decide: leave --limit out"


def test_a_pass_without_regressions_is_called_a_rule_of_thumb() -> None:
    policy = replace(POLICY, rule="no_regressions", threshold=0.8, min_cases=10)
    line = headline(compare_pairs(pairs(0, 0, 10), policy, "s"), policy, a="1.0.0", b="1.0.1")
    assert line.startswith(
        "PASS         no case of 1.0.1 falls below 1.0.0 at 100.0 %: +0.0 pts [-27.8, +27.8]"
    )
    assert line.endswith("; a rule of thumb: 10 cases can hide a loss of 31 points")
    line = headline(compare_pairs(pairs(0, 2, 10), policy, "s"), policy, a="1.0.0", b="1.0.1")
    assert line.startswith(
        "FAIL         2 cases score lower under 1.0.1 than under 1.0.0: -20.0 pts"
    )


def test_a_threshold_that_was_reached_says_how_easily_luck_does() -> None:
    policy = replace(POLICY, threshold=0.8)

    def beside(passed: int, n: int) -> list[str]:
        rows = tuple(CasePair(str(i), (), (float(i < passed),)) for i in range(n))
        return beneath(compare_threshold(rows, policy, "s"), policy)

    start = "a version 5 points below the threshold would have reached it in"
    assert f"{start} 41 % of such samples" in beside(20, 20)
    assert f"{start} less than 1 % of such samples" in beside(900, 1000)
    assert not any(start in line for line in beside(10, 20))


def test_the_chance_of_luck_says_when_it_is_a_bound_and_why() -> None:
    policy = replace(POLICY, threshold=0.8)

    def luck_of(scores: list[float], group: int = 0) -> str:
        rows = tuple(
            CasePair(str(i), (), (score,), f"g{i // group}" if group else None)
            for i, score in enumerate(scores)
        )
        return beneath(compare_threshold(rows, policy, "s"), policy)[-1]

    start = "a version 5 points below the threshold would have looked this good in"
    assert luck_of([0.9, 0.8] * 15).startswith(f"{start} at most ")
    assert luck_of([0.9, 0.8] * 15).endswith(" of such samples (by bets: graded scores)")
    assert luck_of([0.9, 0.8] * 300) == (
        f"{start} less than 1 % of such samples (by bets: graded scores)"
    )
    assert luck_of(([0.0] * 5 + [1.0] * 20) * 5, 5) == (
        "luck may well have lifted a version 5 points below the threshold there"
        " (bounded by bets: cases come in groups)"
    )


def test_who_looks_worse_is_not_sent_for_more_cases_or_a_wider_margin() -> None:
    comparison = compare_pairs(pairs(0, 5, 80), POLICY, "s")
    advice = "look at the broken cases first: more cases would hardly make it pass"
    assert next_step(comparison, POLICY, "triage@1.0.1") == next_step(comparison, POLICY) == advice


def test_more_cases_are_an_extension_or_a_new_attempt_as_the_suite_says() -> None:
    policy = replace(POLICY, margin=0.02)
    comparison = compare_pairs(pairs(15, 18, 300), policy, "s")
    assert next_step(comparison, replace(policy, extend=True), "triage@1.0.1") == (
        "about 1,860 more cases: add them, then workbench evaluate triage@1.0.1 --extend"
    )
    assert next_step(comparison, policy, "triage@1.0.1").startswith(
        "about 1,860 more cases, which is a new attempt; or decide before the next one"
    )
    assert "attempt" not in next_step(comparison, policy)


def test_a_tiny_p_is_written_as_below_a_bound_and_bets_have_a_name() -> None:
    assert any(
        line.startswith("p < 0.0001, mid-p < 0.0001: ")
        for line in details(compare_pairs(pairs(0, 60, 100), POLICY, "s"))
    )
    graded = tuple(CasePair(str(i), (0.2,), (0.9,)) for i in range(60))
    lines = details(compare_pairs(graded, POLICY, "s"))
    assert "method: betting interval, valid at any time, 95 %" in lines
    assert "0.0000" not in " ".join(lines)
    assert claim(0.00001, 0.02, 2, claimed=True) == (
        "p < 0.0001, = 0.0200 as one of 2 (Holm): may be called better"
    )


def test_calls_saved_are_those_of_both_sides() -> None:
    known = {"calls": 180, "baseline_calls": 300, "unasked": 120}
    record = replace(evidence(pairs(1, 1, 20)), environment=known)
    note = "stopped early: 120 of 600 calls saved (20 %), both sides counted"
    assert evidence_notes(record) == [note]
    stored = replace(record, environment={"calls": 180, "unasked": 120})
    assert "120 of 300 calls saved (40 %)" in evidence_notes(stored)[0]
    assert evidence_notes(replace(record, environment={"calls": 300})) == []


def test_the_margins_that_a_gate_had_are_told_in_their_order() -> None:
    def of(margin: float) -> Evidence:
        return replace(evidence(pairs(1, 1, 20)), policy={"margin": margin})

    newest_first = [of(0.1), of(0.05), of(0.05)]
    assert margin_line(newest_first, 0.1) == (
        "margin of the gate: 5 points in 2 evaluations, then 10 points in 1 evaluation"
    )
    assert margin_line([of(0.05)], 0.08).endswith("5 points in 1 evaluation, now 8")
    assert margin_line([], 0.05) == ""


def test_a_bound_beside_the_margin_shows_on_which_side_of_it_it_lies() -> None:
    close = replace(compare_pairs(pairs(0, 0, 100), POLICY, "s"), low=-0.04996, high=0.021)
    assert close.details["margin"] == 0.05
    assert "[-4.996, +2.1]" in " ".join(headline_lines(close, POLICY, a="A", b="B"))
    assert any("[-4.996, +2.1]" in line for line in details(close))
    assert points_beside(-0.05, -0.05) == "-5.0"
    assert points_beside(-0.0312, -0.05) == "-3.1"


def test_a_pass_that_is_mostly_wrong_says_its_score_where_no_threshold_asks_for_more() -> None:
    policy = replace(POLICY, threshold=None)
    wrong = tuple(CasePair(str(i), (float(i < 3),), (float(i < 3),)) for i in range(100))
    comparison = compare_pairs(wrong, policy, "s")
    assert comparison.gate is Gate.PASS
    warning = "it scores 3.0 % and no threshold asks for more (gate: threshold)"
    assert warning in beneath(comparison, policy)
    assert warning not in beneath(comparison, replace(policy, threshold=0.01))
