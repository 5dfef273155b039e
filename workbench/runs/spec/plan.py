"""What is to be asked: every case and repeat, rendered, with the key of its answer."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from workbench.datasets.fit import typed_inputs
from workbench.datasets.values import Case
from workbench.errors import TemplateError
from workbench.fingerprints import canonical_json
from workbench.prompts.templates.templates import Renderer
from workbench.prompts.values import Message
from workbench.providers.base import Request
from workbench.providers.openai_chat.parameters import api_options
from workbench.providers.options import build_request
from workbench.runs.spec.values import RunSpec

CHUNK = 64
Said = list[list[str]]
"""Pairs of role and content."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One question. Without a request there is an error that says why."""

    case: Case
    repeat: int
    request: Request | None
    key: bytes
    error: str = ""


class Plan:
    """The questions of a run in their order: all cases, then all again for the next repeat; of a
    run that may be ended at a look all repeats of a case, then the next case.
    """

    def __init__(self, spec: RunSpec, identity: Mapping[str, Any]) -> None:
        """Raises UsageError, TemplateError when no case could be asked with this prompt."""
        self._spec = spec
        self._request = build_request(spec.prompt, ())
        self._renderer = Renderer(spec.prompt)
        asked = {"model": self._request.model, "options": api_options(self._request)}
        constant = {"identity": identity, **asked}
        self._sent = hashlib.sha256(canonical_json(constant).encode("utf-8", "surrogatepass"))
        self._render(spec.cases[0])
        self._equals = _Equals(spec, self._said)

    @property
    def total(self) -> int:
        return len(self._spec.cases) * self._spec.run_options.repeats

    def chunks(self, done: Collection[tuple[str, int]]) -> Iterator[list[Planned]]:
        """The questions that are not done, some at a time."""
        repeats, cases = range(self._spec.run_options.repeats), self._spec.cases
        order: Iterable[tuple[Case, int]]
        if self._spec.plan:
            order = ((case, repeat) for case in cases for repeat in repeats)
        else:
            order = ((case, repeat) for repeat in repeats for case in cases)
        left = (self.planned(*each) for each in order if (each[0].id, each[1]) not in done)
        while chunk := list(islice(left, CHUNK)):
            yield chunk

    def planned(self, case: Case, repeat: int) -> Planned:
        """One question."""
        try:
            said, messages = self._equals.said_of(case)
        except TemplateError as error:
            return Planned(case, repeat, None, b"", str(error))
        request = replace(self._request, messages=messages)
        return Planned(case, repeat, request, self._key(said, repeat, self._equals.before(case)))

    def _said(self, case: Case) -> tuple[Said, tuple[Message, ...]]:
        messages = self._render(case)
        return [[message.role, message.content] for message in messages], messages

    def _render(self, case: Case) -> tuple[Message, ...]:
        return self._renderer.render(typed_inputs(self._spec.prompt, case.inputs))

    def _key(self, said: Said, repeat: int, equals_before: int) -> bytes:
        """sha256 of everything that is sent, who is asked through what, the repeat, and which of
        several equal questions it is: each of them has its own answer. The first needs no number.
        """
        digest = self._sent.copy()
        which = [said, repeat, equals_before] if equals_before else [said, repeat]
        digest.update(canonical_json(which).encode("utf-8", "surrogatepass"))
        return digest.digest()


class _Equals:
    """How many of the run's cases before a case ask the very same.

    Before means before in the dataset, so that neither the order in which a run asks nor what is
    left of it decides which stored answer a case gets. Renders no further than was asked for.
    """

    def __init__(
        self, spec: RunSpec, say: Callable[[Case], tuple[Said, tuple[Message, ...]]]
    ) -> None:
        self._say = say
        place = {case.id: at for at, case in enumerate(spec.suite.dataset.cases)}
        self._cases = sorted(spec.cases, key=lambda case: place.get(case.id, len(place)))
        self._place = {case.id: at for at, case in enumerate(self._cases)}
        self._upto = 0
        self._seen: dict[bytes, int] = {}
        self._before: dict[str, int] = {}

    def said_of(self, case: Case) -> tuple[Said, tuple[Message, ...]]:
        """What the case says; raises TemplateError. All cases up to it are counted then."""
        while self._upto < self._place.get(case.id, 0):
            with contextlib.suppress(TemplateError):
                self._count(self._cases[self._upto])
            self._upto += 1
        if self._upto == self._place.get(case.id):
            self._upto += 1
            return self._count(case)
        return self._say(case)

    def before(self, case: Case) -> int:
        """So many; of a case whose text was asked for."""
        return self._before.get(case.id, 0)

    def _count(self, case: Case) -> tuple[Said, tuple[Message, ...]]:
        found = self._say(case)
        text = canonical_json(found[0]).encode("utf-8", "surrogatepass")
        key = hashlib.sha256(text).digest()
        equals = self._seen.get(key, 0)
        self._seen[key] = equals + 1
        if equals:
            self._before[case.id] = equals
        return found
