"""The requests of a run: every case and repeat, rendered, with its cache key."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from workbench.datasets.features import FeatureInputs
from workbench.datasets.fit import typed_inputs
from workbench.datasets.streaming.seen import SeenKeys
from workbench.datasets.values import Case
from workbench.errors import TemplateError
from workbench.fingerprints import canonical_json
from workbench.prompts.inputs.sent import compared
from workbench.prompts.templates.templates import Renderer
from workbench.prompts.values import Message
from workbench.providers.base import Request
from workbench.providers.openai_chat.parameters import api_options
from workbench.providers.options import build_request
from workbench.runs.spec.values import RunSpec

CHUNK = 64
Compared = tuple[str, tuple[Message, ...]]
"""A case's messages, after the canonical JSON of what `inputs.sent.compared` makes of them."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One request of a run; without a request, `error` says why."""

    case: Case
    """With the inputs that features compute."""
    repeat: int
    request: Request | None
    key: bytes
    error: str = ""


class Plan:
    """The requests of a run in order.

    All cases, then all again for the next repeat; in a run that may end at a look, all repeats of a
    case, then the next case.
    """

    def __init__(self, spec: RunSpec, identity: Mapping[str, Any]) -> None:
        """Raises UsageError or TemplateError when the prompt cannot be sent for any case."""
        self._spec = spec
        self._request = build_request(spec.prompt, ())
        self._renderer = Renderer(spec.prompt)
        asked = {"model": self._request.model, "options": api_options(self._request)}
        constant = {"identity": identity, **asked}
        self._sent = hashlib.sha256(canonical_json(constant).encode("utf-8", "surrogatepass"))
        self.features = FeatureInputs(spec.prompt, spec.computed)
        if not self.features:  # what they compute may fail for one case
            self._render(spec.cases[0])
        self._equals: _EqualRequests | _EqualsSoFar = (
            _EqualsSoFar(self._compared) if spec.stream else _EqualRequests(spec, self._compared)
        )

    @property
    def total(self) -> int:
        return self._spec.count * self._spec.run_options.repeats

    def of(self, cases: Iterable[Case]) -> Iterator[list[Planned]]:
        """The requests of the next cases of a stream in chunks, all repeats of a case together."""
        repeats = range(self._spec.run_options.repeats)
        every = (self.planned(case, repeat) for case in cases for repeat in repeats)
        while chunk := list(islice(every, CHUNK)):
            yield chunk

    def chunks(self, done: Collection[tuple[str, int]]) -> Iterator[list[Planned]]:
        """The requests that are not in `done`, in chunks."""
        repeats, cases = range(self._spec.run_options.repeats), self._spec.cases
        order: Iterable[tuple[Case, int]]
        if self._spec.plan:
            order = ((case, repeat) for case in cases for repeat in repeats)
        else:
            order = ((case, repeat) for repeat in repeats for case in cases)
        left = (self.planned(*each) for each in order if (each[0].id, each[1]) not in done)
        while chunk := list(islice(left, CHUNK)):
            yield chunk

    def compute(self) -> Iterator[None]:
        """Compute the inputs of all cases, some at a time: features take longer than templates."""
        cases = iter(self._spec.cases if self.features else ())
        while chunk := list(islice(cases, CHUNK)):
            self.features.ahead(chunk)
            yield

    def planned(self, case: Case, repeat: int) -> Planned:
        """One request; a template error is returned in it, not raised."""
        try:
            text, messages = self._equals.messages_of(case)
            whole = self.features.case(case)
        except TemplateError as error:
            return Planned(case, repeat, None, b"", str(error))
        request = replace(self._request, messages=messages)
        key = self._key(text, repeat, self._equals.before(case), case.tool_results)
        return Planned(whole, repeat, request, key)

    def _compared(self, case: Case) -> Compared:
        messages = self._render(case)
        return canonical_json([compared(message) for message in messages]), messages

    def _render(self, case: Case) -> tuple[Message, ...]:
        inputs = self.features.case(case).inputs
        return self._renderer.render(typed_inputs(self._spec.prompt, inputs))

    def _key(self, text: str, repeat: int, equals_before: int, tool_results: Any) -> bytes:
        """The cache key: sha256 of everything sent, what tools say, the provider's identity, the
        repeat, and the number among equal requests, each of which has its own answer. The first
        has no number.
        """
        digest = self._sent.copy()
        which = [text, str(repeat)]  # a list in canonical JSON, as its items
        if equals_before or tool_results is not None:
            which.append(str(equals_before))
        if tool_results is not None:
            which.append(canonical_json(tool_results))
        digest.update(f"[{','.join(which)}]".encode("utf-8", "surrogatepass"))
        return digest.digest()


class _EqualRequests:
    """How many of the run's cases before a case have the same rendered messages.

    "Before" refers to the dataset's order, so that neither the run's own order nor what is left of
    it decides which cached answer a case gets. Renders only as far as needed.
    """

    def __init__(self, spec: RunSpec, say: Callable[[Case], Compared]) -> None:
        self._say = say
        place = {case.id: at for at, case in enumerate(spec.suite.dataset.cases)}
        self._cases = sorted(spec.cases, key=lambda case: place.get(case.id, len(place)))
        self._place = {case.id: at for at, case in enumerate(self._cases)}
        self._upto = 0
        self._seen: dict[bytes, int] = {}
        self._before: dict[str, int] = {}

    def messages_of(self, case: Case) -> Compared:
        """The case's messages, counting all cases up to it. Raises TemplateError."""
        while self._upto < self._place.get(case.id, 0):
            with contextlib.suppress(TemplateError):
                self._count(self._cases[self._upto])
            self._upto += 1
        if self._upto == self._place.get(case.id):
            self._upto += 1
            return self._count(case)
        return self._say(case)

    def before(self, case: Case) -> int:
        """The number for a case that was passed to `messages_of`."""
        return self._before.get(case.id, 0)

    def _count(self, case: Case) -> Compared:
        rendered = self._say(case)
        key = hashlib.sha256(rendered[0].encode("utf-8", "surrogatepass")).digest()
        equals = self._seen.get(key, 0)
        self._seen[key] = equals + 1
        if equals:
            self._before[case.id] = equals
        return rendered


class _EqualsSoFar:
    """The same of cases that come in the dataset's order, of which only digests are kept."""

    def __init__(self, say: Callable[[Case], Compared]) -> None:
        self._say = say
        self._seen = SeenKeys()
        self._last, self._equals = "", 0

    def messages_of(self, case: Case) -> Compared:
        """The messages of the next case, or of the last one again. Raises TemplateError."""
        rendered = self._say(case)
        if case.id != self._last:
            self._last = case.id
            self._equals = self._seen.add(rendered[0])
        return rendered

    def before(self, case: Case) -> int:
        """The number for a case that was passed to `messages_of`."""
        return self._equals if case.id == self._last else 0
