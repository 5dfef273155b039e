"""The classes and calls that the field's write-ups use work unchanged in meaning."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench import PromptDeployment, PromptRegistry, PromptVersion, evaluate_and_mark


class ScoringSuite:
    """What a team has already: anything with run(content) and passing_threshold."""

    passing_threshold = 0.8

    def __init__(self, score: object) -> None:
        self.score = score
        self.seen: list[str] = []

    def run(self, content: str) -> object:
        self.seen.append(content)
        return self.score


@pytest.fixture
def prompts(tmp_path: Path) -> PromptRegistry:
    return PromptRegistry(tmp_path / "registry.db", create=True)


def summarizer(version: str, content: str = "Summarize in {words} words: {text}") -> PromptVersion:
    return PromptVersion(
        prompt_id="summarizer",
        version=version,
        content=content,
        description="first version",
        author="ana@example.com",
    )


def test_register_answers_prompt_and_version(prompts: PromptRegistry) -> None:
    assert prompts.register(summarizer("1.0.0")) == "summarizer@1.0.0"

    stored = prompts.get_version("summarizer", "1.0.0")

    assert stored.content == "Summarize in {words} words: {text}"
    assert (stored.description, stored.author) == ("first version", "ana@example.com")
    assert stored.created_at
    assert (stored.is_active, stored.tested, stored.evaluation_score) == (False, False, None)


def test_registering_a_version_twice_is_a_value_error(prompts: PromptRegistry) -> None:
    prompts.register(summarizer("1.0.0"))

    with pytest.raises(ValueError, match="already registered"):
        prompts.register(summarizer("1.0.0"))


def test_an_untested_version_cannot_be_deployed(prompts: PromptRegistry) -> None:
    prompts.register(summarizer("1.0.0"))

    with pytest.raises(ValueError, match="untested"):
        prompts.deploy("summarizer", "1.0.0", "production", "ana")

    assert prompts.live() == []


def test_a_tested_version_is_deployed_read_and_formatted(prompts: PromptRegistry) -> None:
    prompts.register(summarizer("1.0.0"))
    suite = ScoringSuite(0.93)
    assert evaluate_and_mark(prompts, "summarizer", "1.0.0", suite) is True
    assert suite.seen == ["Summarize in {words} words: {text}"]

    deployment = prompts.deploy("summarizer", "1.0.0", "production", "ana")

    assert isinstance(deployment, PromptDeployment)
    assert (deployment.prompt_id, deployment.version) == ("summarizer", "1.0.0")
    assert (deployment.environment, deployment.deployed_by) == ("production", "ana")
    assert deployment.deployed_at
    assert deployment.previous_version is None
    active = prompts.get_active("summarizer", "production")
    assert active.content.format(words=5, text="hello") == "Summarize in 5 words: hello"
    assert active.is_active
    assert active.tested
    assert active.evaluation_score == 0.93


@pytest.mark.parametrize(
    ("score", "passes"),
    [(0.80, True), (0.79, False), (0.81, True), ({"a": 1.0, "b": 0.6}, True), ({"a": 0.7}, False)],
)
def test_a_score_at_or_above_the_threshold_marks_it_tested_and_below_blocks_it(
    prompts: PromptRegistry, score: object, passes: bool
) -> None:
    prompts.register(summarizer("1.0.0"))

    assert evaluate_and_mark(prompts, "summarizer", "1.0.0", ScoringSuite(score)) is passes

    assert prompts.get_version("summarizer", "1.0.0").tested is passes
    if passes:
        prompts.deploy("summarizer", "1.0.0", "production", "ana")
        assert prompts.get_active("summarizer").version == "1.0.0"
    else:
        with pytest.raises(ValueError, match="failing"):
            prompts.deploy("summarizer", "1.0.0", "production", "ana")


def test_a_later_failure_of_the_same_suite_takes_the_mark_back(prompts: PromptRegistry) -> None:
    prompts.register(summarizer("1.0.0"))
    evaluate_and_mark(prompts, "summarizer", "1.0.0", ScoringSuite(0.9))

    assert evaluate_and_mark(prompts, "summarizer", "1.0.0", ScoringSuite(0.5)) is False

    assert prompts.status("summarizer", "1.0.0").state == "failing"


def test_a_suite_that_raises_records_nothing(prompts: PromptRegistry) -> None:
    class Broken:
        passing_threshold = 0.5

        def run(self, content: str) -> float:
            raise ZeroDivisionError(content)

    prompts.register(summarizer("1.0.0"))

    with pytest.raises(ZeroDivisionError):
        evaluate_and_mark(prompts, "summarizer", "1.0.0", Broken())

    assert prompts.evaluations("summarizer") == []


@pytest.mark.parametrize("score", [float("nan"), 93, -0.1, "good", None, {}])
def test_a_score_that_is_no_fraction_of_one_is_refused(
    prompts: PromptRegistry, score: object
) -> None:
    prompts.register(summarizer("1.0.0"))

    with pytest.raises(ValueError, match=r"between 0 and 1|not a number|no scores"):
        evaluate_and_mark(prompts, "summarizer", "1.0.0", ScoringSuite(score))


def test_rollback_goes_back_and_the_first_version_has_nothing_before_it(
    prompts: PromptRegistry,
) -> None:
    for number, text in (("1.0.0", "Summarize: {text}"), ("1.1.0", "Sum up: {text}")):
        prompts.register(summarizer(number, text))
        evaluate_and_mark(prompts, "summarizer", number, ScoringSuite(0.9))
        prompts.deploy("summarizer", number, "production", "ana")

    back = prompts.rollback("summarizer", "production", "bob")

    assert (back.version, back.previous_version, back.deployed_by) == ("1.0.0", "1.1.0", "bob")
    assert prompts.get_active("summarizer").version == "1.0.0"
    with pytest.raises(ValueError, match="No previous version"):
        prompts.rollback("summarizer", "production", "bob")


def test_nothing_live_is_none_and_unknown_versions_are_value_errors(
    prompts: PromptRegistry,
) -> None:
    assert prompts.get_active("summarizer", "production") is None
    with pytest.raises(ValueError, match="nothing of summarizer is live"):
        prompts.require_active("summarizer", "production")
    with pytest.raises(ValueError, match="no prompt"):
        prompts.get_version("summarizer", "1.0.0")
    prompts.register(summarizer("1.0.0"))
    with pytest.raises(ValueError, match=r"did you mean '1\.0\.0'"):
        prompts.get_version("summarizer", "1.0.1")


def test_environments_do_not_see_each_other(prompts: PromptRegistry) -> None:
    prompts.register(summarizer("1.0.0"))
    evaluate_and_mark(prompts, "summarizer", "1.0.0", ScoringSuite(0.9))
    prompts.deploy("summarizer", "1.0.0", "staging", "ana")

    assert prompts.get_active("summarizer", "staging").version == "1.0.0"
    assert prompts.get_active("summarizer", "production") is None
