"""The judges of a run: what they are asked about an answer, and what is known of it already."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from workbench.errors import UsageError
from workbench.fingerprints import canonical_json
from workbench.providers.base import Answer, Provider
from workbench.runs.engine.scoring import score_answer
from workbench.runs.spec.judge_keys import question_key
from workbench.runs.spec.plan import Planned
from workbench.runs.spec.values import RunSpec
from workbench.runs.store.store_thread import StoreThread
from workbench.runs.store.writer import CachedAnswer
from workbench.scorers.base import Scorer
from workbench.scorers.judges.judge import asking_of
from workbench.scorers.models import Question

OpenProvider = Callable[[], Provider]
Slot = tuple[str, int]
"""Case id and repeat."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A judge's answer, and where it is stored."""

    answer: Answer
    answer_id: int = 0
    """0: it is not stored, as no error is."""


@dataclass
class Replies:
    """The models of one answer's scorers, with the replies that are known."""

    key_of: Callable[[Question], bytes]
    known: Mapping[bytes, Reply]
    pending: dict[bytes, Question] = field(default_factory=dict)
    """Questions without a reply yet."""
    used: dict[bytes, tuple[str, Reply]] = field(default_factory=dict)
    """The replies that scorers took, with the judge's name."""

    def answer(self, question: Question) -> Answer | None:
        """See `Models`."""
        key = self.key_of(question)
        reply = self.known.get(key)
        if reply is None:
            self.pending[key] = question
            return None
        self.used[key] = question.prompt.prompt_id, reply
        return reply.answer

    @property
    def judged(self) -> tuple[tuple[str, int], ...]:
        """Judges and the row ids of their answers, in the order in which they were asked."""
        return tuple((name, each.answer_id) for name, each in self.used.values() if each.answer_id)

    @property
    def from_cache(self) -> int:
        """How many of the replies took no call."""
        return sum(reply.answer.cached for _, reply in self.used.values())


@dataclass(frozen=True, slots=True)
class JudgeModel:
    """A judge's model, and who answers for it."""

    name: str
    """Of the judge."""
    model: str
    provider: Provider


class Judges:
    """Used by the engine's thread."""

    def __init__(
        self,
        spec: RunSpec,
        provider: Provider,
        openers: Mapping[str, OpenProvider],
        store: StoreThread,
        *,
        fresh: bool,
    ) -> None:
        """`provider` answers the prompt; `openers` open those of the judges, by the fingerprint of
        the judge's prompt. Raises UsageError when one is not there.
        """
        self._scorers = _asking(spec.scorers)
        self.store = store
        self._fresh = fresh
        self.models: dict[str, JudgeModel] = {}
        """By the fingerprint of the judge's prompt."""
        self._held: dict[Slot, CachedAnswer] = {}
        self._session: set[bytes] = set()
        """Keys of the questions that were asked in this session."""
        opened = {_identity(provider): provider}
        for judge in asking_of(spec.scorers):
            prompt = judge.prompt
            opener = openers.get(prompt.fingerprint)
            if opener is None or prompt.model is None:
                raise UsageError(f"the judge {prompt.prompt_id} cannot be asked here")
            its = opener()
            its = opened.setdefault(_identity(its), its)
            self.models[prompt.fingerprint] = JudgeModel(prompt.prompt_id, prompt.model.id, its)

    @property
    def providers(self) -> tuple[Provider, ...]:
        """Each once."""
        return tuple({id(each.provider): each.provider for each in self.models.values()}.values())

    def scored(self, item: Planned, answer: Answer, known: Mapping[bytes, Reply]) -> Replies:
        """What the judges ask about an answer, as far as the replies known so far tell."""
        replies = Replies(self._key, known)
        score_answer(self._scorers, answer, item.case, replies)
        return replies

    def recall(self, answers: Sequence[tuple[Planned, CachedAnswer]]) -> dict[Slot, Replies]:
        """The stored replies about cached answers, for those of which none is missing; the other
        answers are held until judges are asked.
        """
        complete: dict[Slot, Replies] = {}
        known: dict[bytes, Reply] = {}
        left = list(answers)
        while left:
            each = [
                (item, stored, self.scored(item, stored.answer, known)) for item, stored in left
            ]
            stored_now = self._stored([key for *_, replies in each for key in replies.pending])
            known |= stored_now
            left = []
            for item, stored, replies in each:
                slot = (item.case.id, item.repeat)
                if not replies.pending:
                    complete[slot] = replies
                elif replies.pending.keys() <= stored_now.keys():
                    left.append((item, stored))
                else:
                    self._held[slot] = stored
        return complete

    def held(self, item: Planned) -> CachedAnswer | None:
        """The cached answer of an item about which judges are to be asked; given once."""
        return self._held.pop((item.case.id, item.repeat), None)

    def usable(self, keys: Sequence[bytes]) -> list[bytes]:
        """The keys whose stored answers this run may take."""
        return [key for key in keys if not self._fresh or key in self._session]

    def asked(self, key: bytes) -> None:
        """Note that a question was asked in this session."""
        if self._fresh:
            self._session.add(key)

    def _stored(self, keys: Sequence[bytes]) -> dict[bytes, Reply]:
        usable = self.usable(keys)
        if not usable:
            return {}
        rows = self.store.submit(lambda writer: writer.cached_answers(usable)).result()
        return {key: Reply(row.answer, row.answer_id) for key, row in rows.items()}

    def _key(self, question: Question) -> bytes:
        return question_key(question, self.models[question.prompt.fingerprint].provider.identity)


def _asking(scorers: Sequence[Scorer]) -> tuple[Scorer, ...]:
    """The scorers that ask judges, and those that decide whether they do."""
    needed = {scorer.name for scorer in scorers if asking_of((scorer,))}
    for scorer in reversed(scorers):
        if scorer.name in needed and scorer.after:
            needed.add(scorer.after)
    return tuple(scorer for scorer in scorers if scorer.name in needed)


def _identity(provider: Provider) -> str:
    return canonical_json([provider.name, provider.identity])
