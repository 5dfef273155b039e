"""What is to be asked: every case and repeat, rendered, with the key of its answer."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from workbench.datasets.values import Case
from workbench.errors import TemplateError
from workbench.fingerprints import canonical_json
from workbench.prompts.templates import Renderer
from workbench.providers.options import build_options
from workbench.providers.values import Request
from workbench.runs.values import RunSpec

CHUNK = 64


@dataclass(frozen=True, slots=True)
class Planned:
    """One question. Without a request there is an error that says why."""

    case: Case
    repeat: int
    request: Request | None
    key: bytes
    error: str = ""


class Plan:
    """The questions of a run in their order: all cases, then all again for the next repeat."""

    def __init__(self, spec: RunSpec, identity: Mapping[str, Any]) -> None:
        """Raises UsageError, TemplateError when no case could be asked with this prompt."""
        self._spec = spec
        self._options = build_options(spec.prompt)
        self._renderer = Renderer(spec.prompt)
        self._model = spec.prompt.model.id if spec.prompt.model else ""
        constant = {"identity": identity, "model": self._model, "options": self._options}
        self._sent = hashlib.sha256(canonical_json(constant).encode("utf-8", "surrogatepass"))
        self._renderer.render(spec.cases[0].inputs)

    @property
    def total(self) -> int:
        return len(self._spec.cases) * self._spec.run_options.repeats

    def chunks(self, done: Collection[tuple[str, int]]) -> Iterator[list[Planned]]:
        """The questions that are not done, some at a time."""
        left = (
            self.planned(case, repeat)
            for repeat in range(self._spec.run_options.repeats)
            for case in self._spec.cases
            if (case.id, repeat) not in done
        )
        while chunk := list(islice(left, CHUNK)):
            yield chunk

    def planned(self, case: Case, repeat: int) -> Planned:
        """One question."""
        try:
            messages = self._renderer.render(case.inputs)
        except TemplateError as error:
            return Planned(case, repeat, None, b"", str(error))
        request = Request(self._model, messages, self._options)
        return Planned(case, repeat, request, self._key(request, repeat))

    def _key(self, request: Request, repeat: int) -> bytes:
        """sha256 of everything that is sent, who is asked through what, and the repeat."""
        digest = self._sent.copy()
        said = [[message.role, message.content] for message in request.messages]
        digest.update(canonical_json([said, repeat]).encode("utf-8", "surrogatepass"))
        return digest.digest()
