"""How often gate cases were used for a prompt before, counted case by case.

A use is an evaluation, one that was started and never recorded, or a comparison on gate cases.
Evaluations are recorded in the registry; the other two only in this workspace's run store.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from workbench.actions.session import Session
from workbench.datasets.questions import question_digest, sent_digests
from workbench.datasets.values import Case
from workbench.prompts.templates.templates import variables
from workbench.prompts.values import Prompt
from workbench.registry.models.records import GateUse
from workbench.runs.spec.suite import Suite
from workbench.runs.spec.values import RunSpec
from workbench.runs.store.gate_uses import COMPARED, EVALUATED
from workbench.runs.store.gate_uses import GateUse as LocalUse
from workbench.verdicts.multiple_comparisons import EarlierAttempts
from workbench.verdicts.values import Evidence

_MOST_READ = 20
"""How many of the newest earlier evaluations are compared case by case."""

_Scored = tuple[tuple[str, float | None], ...]


def earlier_attempts(session: Session, spec: RunSpec, *, with_baseline: bool) -> EarlierAttempts:
    """What earlier uses of any of these cases mean for the next evaluation on them.

    With a baseline, evaluations without one do not count as attempts to beat it.
    """
    prompt_id = spec.prompt.prompt_id
    uses = session.registry.gate_uses(prompt_id)
    local_uses = session.store.gate_uses(prompt_id) if session.workspace.runs_path.exists() else []
    known = _digests(session, spec.prompt, spec.cases, (*uses, *local_uses))
    used: set[str] = set()
    counted: list[GateUse] = []
    for use in uses:
        # Records of 0.1.0 identify cases by their ids alone.
        digests = (*use.cases, *use.questions)
        shared = _known(known, digests) if digests else _ids(spec.cases, use.case_ids)
        if not shared or use.extended or (with_baseline and not use.has_baseline):
            continue
        counted.append(use)
        used |= shared
    interrupted = compared = 0
    seen: set[tuple[str, frozenset[str]]] = set()
    for local in local_uses:
        shared = _known(known, local.digests)
        if not shared or local.evaluation:
            continue
        used |= shared
        if local.kind == EVALUATED:
            interrupted += 1
        elif (local.fingerprint, local.digests) not in seen:
            seen.add((local.fingerprint, local.digests))
            compared += 1
    before = [use for use in counted if use.suite == spec.suite.name] or counted[-1:]
    if not before:
        # None of the suite's earlier cases is left: that is reported too.
        before = [use for use in uses if use.suite == spec.suite.name and not use.extended][-1:]
    before = before[-_MOST_READ:]
    removed, changed = _gone(session, spec, before)
    return EarlierAttempts(
        attempts=len(counted) + interrupted + compared,
        interrupted=interrupted,
        compared=compared,
        shared=len(used),
        removed=removed,
        changed=changed,
        looser=tuple(map(str, session.registry.looser_since([use.seq for use in before]))),
    )


def note_comparison(
    session: Session, suite: Suite, candidate: Prompt, cases: Sequence[Case]
) -> None:
    """Record a comparison of a candidate if any of the cases is a gate case.

    Also recorded for the suite's own prompt if that is another: both may profit from the result.
    """
    gate = {case.id for case in suite.gate_cases.cases}
    digests = _noted(candidate, [case for case in cases if case.id in gate])
    if not digests or session.store.is_read_only:
        return
    for prompt_id in dict.fromkeys((suite.prompt_id, candidate.prompt_id)):
        session.store.note_gate_use(prompt_id, suite.name, COMPARED, candidate.fingerprint, digests)


def note_evaluation(
    session: Session, suite: Suite, candidate: Prompt, cases: Sequence[Case]
) -> int:
    """Record the start of an evaluation, before its first call; returns the id of the use."""
    digests = _noted(candidate, cases)
    return session.store.note_gate_use(
        suite.prompt_id, suite.name, EVALUATED, candidate.fingerprint, digests
    )


def questions_of(prompt: Prompt, cases: Sequence[Case]) -> tuple[str, ...]:
    """The digest of each case by the messages that the prompt sends for it."""
    return sent_digests(prompt, cases)


def _noted(candidate: Prompt, cases: Sequence[Case]) -> list[str]:
    """Digests by the candidate's messages, by the inputs that it uses, and by all inputs.

    An edited draft can no longer be rendered, and other prompts are matched by all inputs.
    """
    names = frozenset(variables(candidate))
    by_names = (question_digest(case, names) for case in cases)
    return sorted({*questions_of(candidate, cases), *by_names, *(case.digest for case in cases)})


def _digests(
    session: Session, prompt: Prompt, cases: Sequence[Case], uses: Sequence[GateUse | LocalUse]
) -> dict[str, set[str]]:
    """Case ids by each digest under which an earlier use may have recorded them.

    Digests are of the messages that the evaluated or compared version sent. Earlier releases used
    the inputs that it uses, or all inputs.
    """
    prompts = {known.fingerprint: known for known in session.registry.contents(prompt.prompt_id)}
    prompts[prompt.fingerprint] = prompt
    # Usually the cases are unchanged and are recognised without rendering.
    exact = {case.digest for case in cases}
    to_render = {use.fingerprint for use in uses if not _matches_exactly(use, exact)}
    # Versions that differ only in their model send the same messages.
    senders = {
        replace(known, model=None).fingerprint: known
        for fingerprint, known in prompts.items()
        if fingerprint in to_render
    }
    used = {frozenset(variables(known)) for known in prompts.values()}
    case_ids: dict[str, set[str]] = {}
    for case in cases:
        for digest in {case.digest, *(question_digest(case, names) for names in used if names)}:
            case_ids.setdefault(digest, set()).add(case.id)
    for sender in senders.values():
        for case, digest in zip(cases, sent_digests(sender, cases), strict=True):
            case_ids.setdefault(digest, set()).add(case.id)
    return case_ids


def _matches_exactly(use: GateUse | LocalUse, exact: set[str]) -> bool:
    """Whether all of these cases are among those of the use, unchanged, or the other way round."""
    before = use.cases if isinstance(use, GateUse) else use.digests
    return exact.issubset(before) or exact.issuperset(before)


def _known(known: Mapping[str, set[str]], digests: Iterable[str]) -> set[str]:
    """Ids of the cases that have one of these digests."""
    return {case_id for digest in digests for case_id in known.get(digest, ())}


def _ids(cases: Sequence[Case], ids: Iterable[str]) -> set[str]:
    return {case.id for case in cases}.intersection(ids)


def _gone(session: Session, spec: RunSpec, uses: Sequence[GateUse]) -> tuple[_Scored, _Scored]:
    """Cases of earlier evaluations that were removed or changed since, with their last scores."""
    everything = spec.suite.gate_cases.cases
    kept = _digests(session, spec.prompt, everything, uses).keys()
    ids = {case.id for case in everything}
    removed: list[tuple[str, float | None]] = []
    changed: list[tuple[str, float | None]] = []
    listed: set[str] = set()
    for use in reversed(uses):
        for case_id, digests, score in _scored(session.registry.evaluation(use.seq).evidence):
            is_listed = case_id in listed or not listed.isdisjoint(digests)
            if is_listed or not kept.isdisjoint(digests) or (not digests and case_id in ids):
                continue
            listed.update((case_id, *digests))
            (changed if case_id in ids else removed).append((case_id, score))
    return tuple(removed), tuple(changed)


def _scored(evidence: Evidence) -> list[tuple[str, tuple[str, ...], float | None]]:
    """Case id, digests and the candidate's score by the headline scorer."""
    from workbench.verdicts.sample import mean

    pairs = next(iter(evidence.pairs.values()), ())
    known = [given for given in (evidence.cases, evidence.questions) if given]
    digests = zip(*known, strict=True) if known else [()] * len(pairs)
    return [(pair.case_id, of, mean(pair.b)) for pair, of in zip(pairs, digests, strict=True)]
