"""How often the cases of a gate were used for a prompt before, counted question by question.

A use is an evaluation, one that was begun and never recorded, or a comparison on gate cases. What
evaluations used stands in the registry; the other two are known to this workspace's runs alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from workbench.actions.session import Session
from workbench.datasets.questions import question_digest
from workbench.datasets.values import Case
from workbench.prompts.templates.templates import variables
from workbench.prompts.values import Prompt
from workbench.runs.spec.suite import Suite
from workbench.runs.spec.values import RunSpec
from workbench.runs.store.gate_uses import COMPARED, EVALUATED
from workbench.verdicts.multiple_comparisons import Wear
from workbench.verdicts.values import Evidence

_Scored = tuple[tuple[str, float | None], ...]


def wear_of(session: Session, spec: RunSpec, *, with_baseline: bool) -> Wear:
    """What earlier uses of any of these cases mean for the next evaluation on them.

    Where there is a baseline, evaluations that had none are no attempts to be better than it.
    """
    prompt_id = spec.prompt.prompt_id
    known = _digests(session, spec.prompt, spec.cases)
    used: set[str] = set()
    attempts, last = 0, None
    for use in session.registry.gate_uses(prompt_id):
        # Records of 0.1.0 know their cases by their ids alone.
        shared = _known(known, use.digests) if use.digests else _ids(spec.cases, use.case_ids)
        if not shared or use.extended or (with_baseline and not use.has_baseline):
            continue
        attempts += 1
        used |= shared
        last = use.seq
    interrupted = compared = 0
    if session.workspace.runs_path.exists():
        seen: set[tuple[str, frozenset[str]]] = set()
        for local in session.store.gate_uses(prompt_id):
            shared = _known(known, local.digests)
            if not shared or local.evaluation:
                continue
            used |= shared
            if local.kind == EVALUATED:
                interrupted += 1
            elif (local.fingerprint, local.digests) not in seen:
                seen.add((local.fingerprint, local.digests))
                compared += 1
    removed, changed = _gone(session, last, spec) if last is not None else ((), ())
    return Wear(
        attempts=attempts + interrupted + compared,
        interrupted=interrupted,
        compared=compared,
        shared=len(used),
        removed=removed,
        changed=changed,
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
    """The digest of each case by what the prompt's templates use of it."""
    names = frozenset(variables(prompt))
    return tuple(question_digest(case, names) for case in cases)


def _noted(candidate: Prompt, cases: Sequence[Case]) -> list[str]:
    """By the inputs that the candidate uses, and by all, which any other prompt can be told by."""
    return sorted({*questions_of(candidate, cases), *(case.digest for case in cases)})


def _digests(session: Session, prompt: Prompt, cases: Sequence[Case]) -> dict[str, set[str]]:
    """Ids of the cases by each digest that an earlier use may know them by.

    Which inputs count was up to the version that was evaluated; earlier programs took all.
    """
    used = {
        frozenset(variables(known))
        for known in (prompt, *session.registry.contents(prompt.prompt_id))
    }
    found: dict[str, set[str]] = {}
    for case in cases:
        for digest in {case.digest, *(question_digest(case, names) for names in used if names)}:
            found.setdefault(digest, set()).add(case.id)
    return found


def _known(known: Mapping[str, set[str]], digests: Iterable[str]) -> set[str]:
    """Ids of the cases that have one of these digests."""
    return {case_id for digest in digests for case_id in known.get(digest, ())}


def _ids(cases: Sequence[Case], ids: Iterable[str]) -> set[str]:
    return {case.id for case in cases}.intersection(ids)


def _gone(session: Session, seq: int, spec: RunSpec) -> tuple[_Scored, _Scored]:
    """The cases of an earlier evaluation that were removed or changed since, with their scores."""
    evidence = session.registry.evaluation(seq).evidence
    everything = spec.suite.gate_cases.cases
    ids, kept = {case.id for case in everything}, _digests(session, spec.prompt, everything)
    removed: list[tuple[str, float | None]] = []
    changed: list[tuple[str, float | None]] = []
    for case_id, digest, score in _scored(evidence):
        if digest in kept or (not digest and case_id in ids):
            continue
        (changed if case_id in ids else removed).append((case_id, score))
    return tuple(removed), tuple(changed)


def _scored(evidence: Evidence) -> list[tuple[str, str, float | None]]:
    """Case id, digest and the candidate's score by the headline scorer."""
    from workbench.verdicts.sample import mean

    pairs = next(iter(evidence.pairs.values()), ())
    digests = evidence.questions or evidence.cases or ("",) * len(pairs)
    return [
        (pair.case_id, digest, mean(pair.b)) for pair, digest in zip(pairs, digests, strict=True)
    ]
