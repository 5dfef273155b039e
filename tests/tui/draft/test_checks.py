"""What is checked while a draft is typed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workbench.datasets.values import Case
from workbench.prompts.contract import Bump
from workbench.prompts.files.prompty import parse_prompty
from workbench.prompts.lint.rules import LintContext
from workbench.tui.draft.checks import Baseline, check
from workbench.tui.widgets.prompt_text import front_matter_end, prompt_text, spans

DRAFT = """\
---
name: triage
model: {id: m, provider: local}
inputs:
  - {name: ticket, kind: string}
---
system:
Answer with one queue.

user:
{{ ticket }}
"""
CASE = Case("t-1", {"ticket": "I was charged twice"}, "billing")


def baseline(text: str = DRAFT) -> Baseline:
    prompt = parse_prompty(text)
    return Baseline(prompt, "1.0.0", "production", prompt, "1.2.0")


def test_a_sound_draft_has_no_problem_and_renders() -> None:
    checked = check(DRAFT, "triage", CASE)
    assert checked.problems == ()
    assert [m.content for m in checked.messages] == [
        "Answer with one queue.",
        "I was charged twice",
    ]
    assert [(v.name, v.state) for v in checked.variables] == [("ticket", "ok")]
    assert checked.tokens == 10


def test_an_undeclared_variable_is_found_on_its_line() -> None:
    checked = check(DRAFT.replace("one queue.", "one of\n{{ labels }}."), "triage", CASE)
    assert (checked.problems[0].line, checked.problems[0].is_error) == (9, True)
    assert "labels" in checked.problems[0].text
    assert not checked.messages


def test_a_word_that_reads_like_a_variable_is_not_taken_for_one() -> None:
    text = DRAFT.replace("one queue.", "the tickets queue.").replace("{name: ticket", "{name: tick")
    assert check(text, "triage").problems[0].line == 11


def test_an_unused_input_is_a_warning_where_it_is_declared() -> None:
    text = DRAFT.replace("kind: string}", "kind: string}\n  - {name: tone, default: calm}")
    (problem,) = check(text, "triage", CASE).problems
    assert (problem.line, problem.is_error) == (6, False)


def test_a_template_error_is_on_the_files_line_not_the_messages() -> None:
    (problem,) = check(DRAFT.replace("{{ ticket }}", "Hi\n{{ ticket | nope }}"), "triage").problems
    assert problem.line == 12
    assert "nope" in problem.text


def test_a_front_matter_error_is_on_the_files_line() -> None:
    (problem,) = check(DRAFT.replace("name: triage", "name: [triage"), "triage").problems
    assert problem.line == 3
    assert check(DRAFT.replace("name: triage", "name: [triage"), "triage").prompt is None


def test_the_contract_is_compared_with_what_is_live_and_numbered_after_the_newest() -> None:
    changed = DRAFT.replace("kind: string}", "kind: string}\n  - {name: tone, kind: string}")
    checked = check(changed + "{{ tone }}", "triage", None, baseline())
    assert checked.bump is Bump.MAJOR
    assert checked.version == "2.0.0"
    assert "tone" in checked.changes[0].reason


def test_an_unchanged_draft_asks_for_no_version() -> None:
    checked = check(DRAFT, "triage", CASE, baseline())
    assert (checked.bump, checked.version, checked.changes) == (Bump.NONE, "", ())


@given(st.text(max_size=300))
def test_no_text_makes_the_checks_or_the_colours_fail(text: str) -> None:
    check(text, "triage", CASE, baseline())
    shown = prompt_text(text).plain
    assert not any(ord(char) < 32 and char != "\n" for char in shown)


@given(st.text(alphabet="{}% #ab:\n-useryt", max_size=120))
def test_template_like_text_never_fails_either(body: str) -> None:
    check(f"---\nname: triage\n---\nuser:\n{body}", "triage", CASE)


def test_what_stands_out_in_a_line() -> None:
    assert list(spans("system:")) == [(0, 7, "role")]
    assert list(spans("a {{ b }} {% if c %}")) == [(2, 9, "variable"), (10, 20, "tag")]
    assert list(spans("the user: said")) == []
    assert front_matter_end(["---", "a: 1", "---", "text"]) == 3
    assert front_matter_end(["no fence", "---"]) == 0


def test_white_space_is_not_reported_on_the_line_that_is_being_typed() -> None:
    text = DRAFT.replace("one queue.", "one queue. ")
    (problem,) = check(text, "triage", CASE).problems
    assert (problem.line, problem.is_error) == (8, False)
    assert check(text, "triage", CASE, typing=8).problems == ()
    undeclared = text.replace("one queue. ", "one {{ queue }} ")
    assert [p.text for p in check(undeclared, "triage", None, typing=8).problems] == [
        "{{ queue }} is not declared in inputs"
    ]


def test_a_rule_that_the_draft_switches_off_is_not_checked_while_typing() -> None:
    text = DRAFT.replace("inputs:", "x-lint: {off: [trailing-space]}\ninputs:")
    assert check(text.replace("one queue.", "one queue. "), "triage", CASE).problems == ()


def test_a_model_s_context_is_counted_with_the_case() -> None:
    long = Case("t-2", {"ticket": "word " * 100}, "billing")
    (problem,) = check(DRAFT, "triage", long, context_of=lambda _: LintContext(window=50)).problems
    assert problem.text.startswith("case t-2: about 130 tokens (estimated)")
    assert problem.is_error
