"""What the prompts screen shows, read in a thread with a Session."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.actions.session import Session
from workbench.actions.workspace.snippets import changed_snippets
from workbench.actions.workspace.variants import DraftState, drafts_of
from workbench.errors import NotFound, WorkbenchError
from workbench.prompts.files.variants import split_name
from workbench.tui.services.version_scores import latest_evaluation, score_of
from workbench.verdicts.sample import mean

if TYPE_CHECKING:
    from workbench.prompts.files.prompty import Draft
    from workbench.registry import PromptDeployment, PromptVersion
    from workbench.registry.models.records import EvaluationRecord
    from workbench.verdicts.values import Evidence


@dataclass(frozen=True, slots=True)
class PromptRow:
    """One prompt of the workspace: a draft, versions, or both."""

    prompt_id: str
    versions: int = 0
    latest: str = ""
    live: Mapping[str, str] | None = None
    """Environment to version."""
    draft: Path | None = None
    problem: str = ""
    """Why the draft cannot be read."""


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version and its evidence."""

    version: PromptVersion
    evaluation: EvaluationRecord | None
    score: float | None
    delta: float | None
    """To the version before, on the cases that both were asked; a fraction of 1."""
    cost_usd: float | None
    """Of the run behind the evaluation."""
    places: tuple[str, ...]
    """The environments where it is live."""
    was_in: tuple[str, ...]
    """The environments where it was live before."""

    @property
    def text(self) -> str:
        """As a Prompty file."""
        from workbench.prompts.files.prompty import write_prompty

        return write_prompty(self.version.prompt)


@dataclass(frozen=True, slots=True)
class VariantRow:
    """A variant of the draft, with its text."""

    state: DraftState
    text: str


@dataclass(frozen=True, slots=True)
class PromptPage:
    """Everything about one prompt: its draft, its variants, and its versions, newest first."""

    prompt_id: str
    draft: Draft | None
    problem: str
    same_as: str | None
    """The version that the draft equals."""
    versions: tuple[VersionRow, ...]
    live: Mapping[str, PromptDeployment]
    changed_snippets: tuple[str, ...] = ()
    """Snippets of the draft that the newest version has with another text."""
    variants: tuple[VariantRow, ...] = ()

    def variant(self, name: str) -> VariantRow | None:
        """The row of that variant, if there is one."""
        return next((row for row in self.variants if row.state.variant == name), None)

    def row(self, version: str) -> VersionRow | None:
        """The row of that version, if there is one."""
        return next((row for row in self.versions if row.version.version == version), None)


def read_prompts(session: Session) -> tuple[PromptRow, ...]:
    """Every prompt that has a draft or a version, by name."""
    rows: dict[str, PromptRow] = {}
    for summary in session.registry.prompts():
        rows[summary.prompt_id] = PromptRow(
            summary.prompt_id, summary.versions, summary.latest, dict(summary.live)
        )
    for path in session.workspace.draft_paths():
        problem = ""
        prompt_id, variant = split_name(path.stem)
        try:
            prompt_id = session.workspace.read_draft(path).prompt.prompt_id
        except WorkbenchError as error:
            problem = str(error)
        known = rows.get(prompt_id, PromptRow(prompt_id))
        if variant:
            rows[prompt_id] = known
        elif known.draft is None:
            rows[prompt_id] = PromptRow(
                prompt_id, known.versions, known.latest, known.live, path, problem
            )
    return tuple(rows[name] for name in sorted(rows))


def read_page(session: Session, prompt_id: str) -> PromptPage:
    """Draft and versions of one prompt, with scores, costs and environments."""
    draft, problem = _draft(session, prompt_id)
    try:
        versions = list(session.registry.versions(prompt_id))
    except NotFound:
        versions = []
    live = {d.environment: d for d in session.registry.live(prompt_id)} if versions else {}
    was_in = _was_in(session, prompt_id) if versions else {}
    records = {v.version: latest_evaluation(session, prompt_id, v.version) for v in versions}
    rows = []
    for at, version in enumerate(versions):
        record = records[version.version]
        score = score_of(version, record)
        before = versions[at + 1] if at + 1 < len(versions) else None
        delta = _paired_delta(record, records[before.version]) if before else None
        places = tuple(env for env, d in live.items() if d.version == version.version)
        once = tuple(e for e in was_in.get(version.version, ()) if e not in places)
        rows.append(VersionRow(version, record, score, delta, _cost(session, record), places, once))
    same_as = None
    if draft:
        print_ = draft.prompt.fingerprint
        same_as = next((v.version for v in versions if v.fingerprint == print_), None)
    changed = changed_snippets(versions[0], draft) if draft and versions else ()
    variants = tuple(_variants(session, prompt_id, versions))
    return PromptPage(prompt_id, draft, problem, same_as, tuple(rows), live, changed, variants)


def _variants(
    session: Session, prompt_id: str, versions: Sequence[PromptVersion]
) -> Iterator[VariantRow]:
    """Those that a page can show: two files of one name are a problem of `workbench doctor`."""
    try:
        states = drafts_of(session, prompt_id, versions)
    except WorkbenchError:
        return
    for state in states:
        if state.variant:
            yield VariantRow(state, state.path.read_bytes().decode("utf-8", "replace"))


def _paired_delta(record: EvaluationRecord | None, before: EvaluationRecord | None) -> float | None:
    """The mean difference on the cases that both evaluations scored: after an early stop the means
    of all cases are not comparable.
    """
    if record is None or before is None:
        return None
    new, old = record.evidence, before.evidence
    if new.suite_parts.get("dataset") != old.suite_parts.get("dataset"):
        return None
    scores, scores_before = _headline_scores(new), _headline_scores(old)
    shared = scores.keys() & scores_before.keys()
    return mean([scores[case] - scores_before[case] for case in sorted(shared)])


def _headline_scores(evidence: Evidence) -> dict[str, float]:
    """The candidate's mean score by case id."""
    if not evidence.comparisons:
        return {}
    pairs = evidence.pairs.get(evidence.comparisons[0].scorer, ())
    means = {pair.case_id: mean(pair.b) for pair in pairs}
    return {case: score for case, score in means.items() if score is not None}


def _draft(session: Session, prompt_id: str) -> tuple[Draft | None, str]:
    try:
        path = session.workspace.draft_path(prompt_id)
        return (session.workspace.draft(path) if path else None), ""
    except WorkbenchError as error:
        return None, str(error)


def _was_in(session: Session, prompt_id: str) -> dict[str, list[str]]:
    environments: dict[str, list[str]] = {}
    for environment in session.registry.environments():
        for deployment in session.registry.history(prompt_id, environment.name):
            seen = environments.setdefault(deployment.version, [])
            if environment.name not in seen:
                seen.append(environment.name)
    return environments


def _cost(session: Session, record: EvaluationRecord | None) -> float | None:
    if record is None or not record.evidence.run_b or not session.workspace.runs_path.exists():
        return None
    try:
        return session.store.original_cost(record.evidence.run_b)
    except NotFound:
        return None  # the run was made elsewhere, or its answers were removed
