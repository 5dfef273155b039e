"""How the sides of a comparison are told apart."""

from __future__ import annotations

from pathlib import Path

from workbench.actions.refs import Source, with_distinct_names
from workbench.prompts.values import Message, Model, Prompt

PROMPT = Prompt("triage", (Message("user", "hello"),), Model("m"))


def draft(path: str) -> Source:
    return Source(PROMPT, "draft", path=Path(path))


def shorts(*sources: Source, run_ids: tuple[str, ...] = ()) -> list[str]:
    renamed = with_distinct_names(sources, run_ids)
    assert len({source.name for source in renamed}) == len(renamed)
    assert with_distinct_names(renamed, run_ids) == renamed
    return [source.short for source in renamed]


def test_two_drafts_are_told_apart_by_as_much_of_their_paths_as_it_takes() -> None:
    assert shorts(draft("/w/triage.prompty"), draft("/w/short.prompty")) == [
        "draft triage.prompty",
        "draft short.prompty",
    ]
    assert shorts(draft("/w/a/triage.prompty"), draft("/w/b/triage.prompty")) == [
        "draft a/triage.prompty",
        "draft b/triage.prompty",
    ]


def test_a_run_is_told_from_its_draft_and_from_its_version_by_its_id() -> None:
    run, other = (Source(PROMPT, "draft", run_id=name) for name in ("r1", "r2"))
    assert shorts(draft("/w/triage.prompty"), run) == ["draft", "draft run r1"]
    assert shorts(run, other) == ["draft run r1", "draft run r2"]
    version = Source(PROMPT, "1.0.0", version="1.0.0")
    assert shorts(version, Source(PROMPT, "1.0.0", run_id="r1")) == ["1.0.0", "1.0.0 run r1"]


def test_one_prompt_that_was_asked_twice_is_told_apart_by_the_runs() -> None:
    version = Source(PROMPT, "1.0.0", version="1.0.0")
    assert shorts(version, version, run_ids=("r1", "r2")) == ["1.0.0 run r1", "1.0.0 run r2"]
    assert [source.name for source in with_distinct_names((version, version), ("r1", "r2"))] == [
        "triage@1.0.0 run r1",
        "triage@1.0.0 run r2",
    ]


def test_sides_of_different_names_keep_them() -> None:
    version = Source(PROMPT, "1.0.0", version="1.0.0")
    assert shorts(version, draft("/w/triage.prompty"), run_ids=("r1", "r2")) == ["1.0.0", "draft"]
