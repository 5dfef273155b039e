"""The list of versions: what stands beside a score."""

from __future__ import annotations

from workbench.actions.refs import resolve
from workbench.actions.releasing.register import register
from workbench.actions.session import Session
from workbench.tui.prompts.queries import read_page
from workbench.workspace import Workspace


def test_the_difference_to_the_version_before_is_of_the_cases_that_both_were_asked(
    workspace: Workspace,
) -> None:
    with Session(workspace) as session:
        newer, older = read_page(session, "support_triage").versions
        both = {"new": newer, "old": older}
        asked = {}
        for name, row in both.items():
            assert row.evaluation is not None
            asked[name] = {
                pair.case_id: pair.b[0] for pair in row.evaluation.evidence.pairs["exact_match"]
            }
    shared = asked["new"].keys() & asked["old"].keys()
    paired = [float(asked["new"][c] or 0) - float(asked["old"][c] or 0) for c in shared]
    assert newer.delta is not None
    assert abs(newer.delta - sum(paired) / len(paired)) < 1e-12
    assert older.delta is None


def test_without_evidence_there_is_no_difference(workspace: Workspace) -> None:
    draft = workspace.root / "prompts" / "support_triage.prompty"
    draft.write_text(draft.read_text().replace("exactly", "only"))
    with Session(workspace) as session:
        register(session, resolve(session, "support_triage"), description="untested")
        untested = read_page(session, "support_triage").versions[0]
    assert untested.evaluation is None
    assert untested.delta is None
