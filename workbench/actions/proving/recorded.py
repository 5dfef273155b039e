"""What is left of an evaluation: its prompt, cases and scorers, to be asked again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from workbench.actions.proving.today import model_today, workspace_differences
from workbench.actions.refs import Source, source_of, version_named
from workbench.actions.session import Session
from workbench.actions.workspace.dataset_contents import find_content, open_suite
from workbench.addresses import LOCAL_MODEL, address_of
from workbench.child_process.source import pin_problem
from workbench.datasets.features import pinned_features
from workbench.datasets.values import Case, Dataset
from workbench.errors import NotFound, NotReproducible, WorkbenchError
from workbench.fingerprints import short
from workbench.lineage.values import Difference
from workbench.prompts.values import Prompt
from workbench.registry import EvaluationRecord, PromptVersion
from workbench.registry.models.records import SuiteRecord
from workbench.runs.spec.case_checks import with_drawn
from workbench.runs.spec.environment import PINS
from workbench.runs.spec.suite import RunOptions, Suite
from workbench.scorers.base import Scorer
from workbench.scorers.recorded import scorer_again
from workbench.verdicts.evidence import policy_from_content


@dataclass(frozen=True)
class Recorded:
    """An evaluation with everything that is needed to ask its candidate's questions again."""

    record: EvaluationRecord
    source: Source
    suite: Suite
    """The suite as it was, with the judged cases in the order in which they were judged."""
    changes: tuple[Difference, ...]
    """How the workspace differs today from what was judged; what was judged is used."""

    @property
    def cases(self) -> tuple[Case, ...]:
        return self.suite.dataset.cases

    def only(self, cases: Sequence[Case]) -> Recorded:
        """The same with some of the cases."""
        dataset = replace(self.suite.dataset, cases=tuple(cases))
        return replace(self, suite=replace(self.suite, dataset=dataset))


def recorded_evaluation(
    session: Session, ref: str, suite_name: str | None = None
) -> EvaluationRecord:
    """The evaluation that `ref` names by its id, or the newest of `prompt_id@1.2.0` or
    `prompt_id@production`. Raises NotFound.
    """
    registry = session.registry
    prompt_id, at, where = ref.partition("@")
    if not at:
        return registry.evaluation_named(ref)
    version = version_named(registry, prompt_id, where)
    for record in registry.evaluations(prompt_id, scores=False):
        same = record.evidence.prompt_fingerprint == version.fingerprint
        if same and suite_name in (None, record.suite):
            return registry.evaluation(record.seq)
    on = f" on {suite_name}" if suite_name else ""
    hint = f"workbench evaluate {version.ref}"
    raise NotFound(f"{version.ref} was never evaluated{on}", hint=hint)


def recall(session: Session, record: EvaluationRecord) -> Recorded:
    """The evaluation with its prompt, cases and scorers as they were.

    Raises NotReproducible, naming everything that is not to be had any more.
    """
    evidence = record.evidence
    if evidence.external:
        raise NotReproducible(
            f"evaluation {record.id} was made by a team's own suite",
            hint="run that suite again",
        )
    version = session.registry.get_version(evidence.prompt_id, evidence.version)
    source = source_of(session, version)
    form = session.registry.judged_by(record.seq)
    today = _suite_of_today(session, evidence.prompt_id, evidence.suite)
    missing: list[str] = []
    missing += _unpinned(source.prompt)
    missing += _weights_gone(session, version, record)
    cases = _cases(session, record, today, missing)
    scorers = _scorers(form, today, cases, missing)
    if missing:
        raise NotReproducible(
            f"evaluation {record.id} cannot be asked again: {'; '.join(missing)}",
            hint="bring back what is missing, from git or from whoever made the evaluation",
        )
    run = today.run if today else RunOptions()
    repeats = form.contents.get("repeats") or max(
        (len(pair.b) for pairs in evidence.pairs.values() for pair in pairs), default=1
    )
    suite = Suite(
        name=evidence.suite,
        prompt_id=evidence.prompt_id,
        dataset=Dataset(evidence.suite, cases),
        scorers=scorers,
        gate=policy_from_content(evidence.policy),
        run=replace(run, repeats=int(repeats)),
        path=today.path if today else None,
    )
    changes = tuple(workspace_differences(session, version, record))
    return Recorded(record, source, suite, changes)


def _unpinned(prompt: Prompt) -> Iterator[str]:
    """What features need that is not installed here."""
    for name, feature in pinned_features(prompt).items():
        problem = pin_problem(feature.source)
        if problem:
            yield f"the feature {name} would compute otherwise: {problem}"


def _weights_gone(
    session: Session, version: PromptVersion, record: EvaluationRecord
) -> Iterator[str]:
    """Whether a model on this machine is another one than the one that was judged."""
    judged = address_of(record.evidence.environment.get("identity") or {})
    if not judged.startswith(f"{LOCAL_MODEL}:"):
        return
    weights = judged.partition(":")[2]
    now = model_today(session, version.prompt).get(PINS, {}).get("weights", "")
    if now and now != weights:
        there = now if " " in now else f"the provider has {short(now)}"
        yield f"the weights {short(weights)} that answered are not to be had: {there}"


def _suite_of_today(session: Session, prompt_id: str, name: str) -> Suite | None:
    try:
        return session.workspace.suite_for(prompt_id, name)
    except WorkbenchError:
        return None


def _cases(
    session: Session, record: EvaluationRecord, today: Suite | None, missing: list[str]
) -> tuple[Case, ...]:
    """The judged cases in their order, each recognised by the digest of its content."""
    evidence = record.evidence
    order = [pair.case_id for pair in next(iter(evidence.pairs.values()), ())]
    digests = evidence.cases or ("",) * len(order)  # 0.1.0 recorded ids alone
    wanted = list(zip(order, digests, strict=False))
    known: dict[tuple[str, str], Case] = {}
    for cases in _known_cases(session, record, today):
        for case in cases:
            known.setdefault((case.id, case.digest), case)
            known.setdefault((case.id, ""), case)
        if all(key in known for key in wanted):
            break
    lost = [case_id for case_id, digest in wanted if (case_id, digest) not in known]
    if lost:
        example = f", {lost[0]!r} first" if len(lost) > 1 else f": {lost[0]!r}"
        by = f"; {record.recorded_by} had them" if record.recorded_by else ""
        missing.append(
            f"{len(lost)} of {len(wanted)} cases have another content today{example}{by}"
        )
        return ()
    return tuple(known[key] for key in wanted)


def _known_cases(
    session: Session, record: EvaluationRecord, today: Suite | None
) -> Iterator[Sequence[Case]]:
    """Cases that can be had: of the runs behind the evaluation, of the suite today, and of the
    content that was judged, wherever it is kept. The last look is the most expensive.
    """
    evidence = record.evidence
    if session.workspace.runs_path.exists():
        for run_id in (evidence.run_b, evidence.run_a):
            if run_id and session.store.summary_or_none(run_id):
                yield session.store.cases(run_id)
    if today:
        yield today.dataset.cases
    with suppress(WorkbenchError):  # it is said which cases are missing
        opened = open_suite(session, evidence.suite, read=False)
        yield find_content(opened, evidence.suite_parts.get("dataset", "")).cases


def _scorers(
    form: SuiteRecord, today: Suite | None, cases: Sequence[Case], missing: list[str]
) -> tuple[Scorer, ...]:
    """The scorers as they were: those of today with the same fingerprint, else made anew."""
    listed = form.contents.get("scorers")
    if listed is None:  # 0.1.0 recorded one fingerprint of all
        if today and today.parts["scorers"] == form.parts.get("scorers"):
            return today.scorers
        missing.append("its scorers changed, and 0.1.0 did not record them")
        return ()
    current = {scorer.fingerprint: scorer for scorer in today.scorers} if today else {}
    made = []
    for name, required, fingerprint, *options in listed:
        given = dict(options[0]) if options else {}
        kind = str(options[1]) if len(options) > 1 else ""
        codes, judges = (form.contents.get(key, {}) for key in ("code", "judges"))
        scorer = current.get(fingerprint) or _made_again(name, kind, given, codes, judges)
        scorer = with_drawn(scorer, cases) if scorer and not current.get(fingerprint) else scorer
        if scorer is None or scorer.fingerprint != fingerprint:
            missing.append(f"the scorer {name} scores otherwise today")
            continue
        made.append(replace(scorer, required=bool(required)))
    return tuple(made)


def _made_again(
    name: str,
    kind: str,
    options: dict[str, Any],
    codes: Mapping[str, Mapping[str, Any]],
    judges: Mapping[str, Mapping[str, Any]],
) -> Scorer | None:
    """A scorer as it was; None where it cannot be made."""
    try:
        return scorer_again(name, kind, options, codes.values(), judges)
    except WorkbenchError:
        return None
