"""How often the cases of a gate were used for a prompt before, counted question by question.

A use is an evaluation, one that was begun and never recorded, or a comparison on gate cases. What
evaluations used stands in the registry; the other two are known to this workspace's runs alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

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
"""Earlier evaluations whose cases are looked at one by one, the newest."""

_Scored = tuple[tuple[str, float | None], ...]


def wear_of(session: Session, spec: RunSpec, *, with_baseline: bool) -> EarlierAttempts:
    """What earlier uses of any of these cases mean for the next evaluation on them.

    Where there is a baseline, evaluations that had none are no attempts to be better than it.
    """
    prompt_id = spec.prompt.prompt_id
    uses = session.registry.gate_uses(prompt_id)
    local_uses = session.store.gate_uses(prompt_id) if session.workspace.runs_path.exists() else []
    known = _digests(session, spec.prompt, spec.cases, (*uses, *local_uses))
    used: set[str] = set()
    counted: list[GateUse] = []
    for use in uses:
        # Records of 0.1.0 know their cases by their ids alone.
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
        # Nothing is left of what the suite asked before: that is said as well.
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
    """Remember that a candidate was compared on cases of the gate, if any of these is one: for the
    suite's prompt too where it is another's, since what was learnt may end up in either.
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
    """Remember that an evaluation began, before its first call: the use's id."""
    digests = _noted(candidate, cases)
    return session.store.note_gate_use(
        suite.prompt_id, suite.name, EVALUATED, candidate.fingerprint, digests
    )


def questions_of(prompt: Prompt, cases: Sequence[Case]) -> tuple[str, ...]:
    """The digest of each case by what the prompt sends for it."""
    return sent_digests(prompt, cases)


def _noted(candidate: Prompt, cases: Sequence[Case]) -> list[str]:
    """By what the candidate sends, by the inputs that it uses, and by all of them: a draft that was
    edited since cannot be asked again, and any other prompt can be told by all.
    """
    names = frozenset(variables(candidate))
    by_names = (question_digest(case, names) for case in cases)
    return sorted({*questions_of(candidate, cases), *by_names, *(case.digest for case in cases)})


def _digests(
    session: Session, prompt: Prompt, cases: Sequence[Case], uses: Sequence[GateUse | LocalUse]
) -> dict[str, set[str]]:
    """Ids of the cases by each digest that one of these earlier uses may know them by.

    What counts is what the version sent that was evaluated or compared. Earlier programs went by
    the inputs that it uses, or by all.
    """
    prompts = {known.fingerprint: known for known in session.registry.contents(prompt.prompt_id)}
    prompts[prompt.fingerprint] = prompt
    # Most often the cases are what they were, and nothing has to be rendered to know them again.
    exact = {case.digest for case in cases}
    asked = {use.fingerprint for use in uses if not _is_told_exactly(use, exact)}
    # Versions that differ in their model alone send the same.
    senders = {
        repr((known.messages, known.inputs, known.template_format, known.revision)): known
        for fingerprint, known in prompts.items()
        if fingerprint in asked
    }
    used = {frozenset(variables(known)) for known in prompts.values()}
    found: dict[str, set[str]] = {}
    for case in cases:
        for digest in {case.digest, *(question_digest(case, names) for names in used if names)}:
            found.setdefault(digest, set()).add(case.id)
    for sender in senders.values():
        for case, digest in zip(cases, sent_digests(sender, cases), strict=True):
            found.setdefault(digest, set()).add(case.id)
    return found


def _is_told_exactly(use: GateUse | LocalUse, exact: set[str]) -> bool:
    """All of these cases are among those of the use as they stand, or the other way round."""
    before = use.cases if isinstance(use, GateUse) else use.digests
    return exact.issubset(before) or exact.issuperset(before)


def _known(known: Mapping[str, set[str]], digests: Iterable[str]) -> set[str]:
    """Ids of the cases that have one of these digests."""
    return {case_id for digest in digests for case_id in known.get(digest, ())}


def _ids(cases: Sequence[Case], ids: Iterable[str]) -> set[str]:
    return {case.id for case in cases}.intersection(ids)


def _gone(session: Session, spec: RunSpec, uses: Sequence[GateUse]) -> tuple[_Scored, _Scored]:
    """The cases of earlier evaluations that were removed or changed since, with the scores that
    they had at last.
    """
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
