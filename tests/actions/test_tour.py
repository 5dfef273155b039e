"""The tour's steps are ticked by what happened, and its next draft follows the versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.actions.app_reading import read_as_app
from workbench.actions.refs import resolve
from workbench.actions.releasing.register import register
from workbench.actions.session import Session
from workbench.actions.tour import STEPS, Tour, begin_tour, progress_of, read_tour, write_tour
from workbench.actions.workspace.init import create_workspace, sample_steps
from workbench.errors import NotFound

PROMPT = "support_triage"


def test_nothing_happened_in_a_new_workspace_and_reading_makes_no_state(tmp_path: Path) -> None:
    workspace = create_workspace(tmp_path / "w", PROMPT)
    with Session(workspace) as session:
        progress = progress_of(session, Tour(PROMPT))
    assert progress.done == frozenset()
    assert progress.next == STEPS[0]
    assert not workspace.runs_path.exists()
    assert not workspace.registry_path.exists()


def test_a_version_ticks_its_step_and_offers_the_next_draft(tmp_path: Path) -> None:
    workspace = create_workspace(tmp_path / "w", PROMPT)
    draft = workspace.root / "prompts" / f"{PROMPT}.prompty"
    with Session(workspace) as session:
        for number, step in enumerate(sample_steps(PROMPT), 1):
            text = step.read_text()
            if number > 1:
                assert progress_of(session, Tour(PROMPT)).better == text
            draft.write_text(text)
            assert progress_of(session, Tour(PROMPT)).better != text
            register(session, resolve(session, PROMPT), description="one")
            expected = {"register"} if number == 1 else {"register", "better"}
            assert progress_of(session, Tour(PROMPT)).done == expected
        # Behind the last one there is none, and none for a prompt that is no sample's.
        assert progress_of(session, Tour(PROMPT)).better == ""
        assert progress_of(session, Tour("other")).better == ""
        with pytest.raises(NotFound, match="is not live"):
            read_as_app(session, PROMPT)


def test_a_tour_that_was_left_goes_on_and_another_prompt_begins_anew(tmp_path: Path) -> None:
    state = tmp_path / ".workbench"
    write_tour(state, Tour("a", is_shown=False, noted=("compare",)))
    assert begin_tour(state, "a") == Tour("a", is_shown=True, noted=("compare",))
    assert begin_tour(state, "b") == Tour("b", is_shown=True)
    assert read_tour(state) == Tour("b", is_shown=True)


@pytest.mark.parametrize("text", ["[1]", "{", '{"prompt_id": "p"}', "null"])
def test_a_damaged_file_is_no_tour(tmp_path: Path, text: str) -> None:
    (tmp_path / "tour.json").write_text(text)
    assert read_tour(tmp_path) == Tour()
