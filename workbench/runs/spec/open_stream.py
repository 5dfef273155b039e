"""The cases of a large dataset, read and checked while the run asks them."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from workbench.datasets.distinct import SENT_ALIKE
from workbench.datasets.fit import check_fit, differs_from_0_1
from workbench.datasets.near_misses import check_names, name_notes
from workbench.datasets.questions import as_json, seen_text, sent_by
from workbench.datasets.streaming.blocks import blocks
from workbench.datasets.streaming.seen import SeenKeys
from workbench.datasets.values import Case, Dataset
from workbench.errors import DatasetError, UsageError
from workbench.fingerprints import canonical_json
from workbench.json_text import loads
from workbench.prompts.features import used_fields
from workbench.prompts.templates.templates import Renderer
from workbench.runs.spec import case_stream
from workbench.runs.spec.case_schema import check_cases, schema_beside
from workbench.runs.spec.case_stream import EVERY, Block, CaseStream, Position
from workbench.runs.spec.suite import GATE_SPLIT, Suite
from workbench.runs.spec.suite_checks import check_expected, key_notes

_SET = 5_000
"""Cases in a part of the run's stored cases."""
_MOST_NOTES = 20
_NUMBER = re.compile(r"[0-9][0-9,]*")


class OpenStream:
    """One pass over the file. What is known of the whole is known when `blocks` has ended.

    Raises DatasetError as `read_suite` and `make_spec` do, with the line.
    """

    def __init__(self, stream: CaseStream, folder: Path, expected: Position | None = None) -> None:
        """`folder` takes a private temporary file. `expected` is how far an earlier session came:
        UsageError is raised when its cases are not these.
        """
        self._stream = stream
        self._expected = expected
        self._sent = sent_by([stream.prompt])
        self._used = used_fields(stream.prompt, Renderer(stream.prompt).names)
        self._schema = schema_beside(stream.path)
        self._ids, self._questions, self._alike = SeenKeys(), SeenKeys(), SeenKeys()
        self._spool = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed in `close`
        self._all, self._gate, self._run = _ListDigest(), _ListDigest(), _ListDigest()
        self._grouped = False
        self._suite = stream.suite
        self._notes: dict[str, str] = {}
        self.cases = 0
        """Cases of the run so far."""
        self.position = Position(0, self._run.digest())
        """How far it came with blocks that are right."""
        self.ended = False
        """Whether the whole file was read."""
        self.cases_fingerprint = ""
        """Of the run's cases as they count; known after `case_sets`."""

    def blocks(self) -> Iterator[Block]:
        """Yield the cases, checked."""
        for dataset in blocks(self._stream.path, case_stream.BLOCK):
            yield self._block(dataset)
        if self._expected and self.cases < self._expected.cases:
            raise _changed()
        self.ended = True

    @property
    def fingerprint(self) -> str:
        """The dataset's."""
        return self._all.digest()

    @property
    def gate(self) -> str:
        """The fingerprint of the cases that decide."""
        return (self._gate if self._gate.count else self._all).digest()

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know about the cases, beside the notes on the first ones."""
        return tuple(self._notes.values())

    @cached_property
    def parts(self) -> Mapping[str, str]:
        """Fingerprints of what the scores depend on, see `Suite.parts`; without the run's own."""
        return {**self._suite.parts, "dataset": self.gate}

    def case_sets(self) -> Iterator[list[dict[str, Any]]]:
        """The contents of the run's cases as they count, in parts: those that are sent alike have a
        common group, if no group is declared.
        """
        self._spool.seek(0)
        digest = _ListDigest()
        part: list[dict[str, Any]] = []
        for line in self._spool:
            key, _, text = line.rstrip(b"\n").partition(b"\t")
            content = loads(text.decode("utf-8", "surrogatepass"))
            if not self._grouped and self._alike.times(key) > 1:
                content["group"] = f"{SENT_ALIKE}{key.decode('utf-8', 'surrogatepass')}"
                text = _line(content)
            digest.add(text)
            part.append(content)
            if len(part) == _SET:
                yield part
                part = []
        if part:
            yield part
        self.cases_fingerprint = digest.digest()

    def close(self) -> None:
        for kept in (self._ids, self._questions, self._alike, self._spool):
            kept.close()

    def _block(self, dataset: Dataset) -> Block:
        check_cases(dataset, self._schema)
        suite = replace(self._stream.suite, dataset=dataset, files={}, as_written=None)
        suite = suite.for_prompts([self._stream.prompt])
        dataset = suite.dataset
        check_names(dataset, self._used)
        lines = []
        for case in dataset.cases:
            if self._ids.add(case.id):
                raise DatasetError(f"{dataset.place_of(case)}: the id {case.id!r} stands twice")
            if case.checks:
                raise DatasetError(
                    f"{dataset.place_of(case)}: case {case.id!r} has checks, and none of the first"
                    " cases has",
                    hint="name checks among the suite's scorers",
                )
            line = _line(case.content())
            lines.append(line)
            self._all.add(line)
            if case.split == GATE_SPLIT:
                self._gate.add(line)
        cases = tuple(
            self._keep(case, line)
            for case, line in zip(dataset.cases, lines, strict=True)
            if self._is_asked(case)
        )
        self._check(suite, cases)
        self.position = Position(self.cases, self._run.digest())
        return Block(cases, tuple(lines), self.position)

    def _is_asked(self, case: Case) -> bool:
        """Whether the run has it: it is of the split, and asks what no case before it asks."""
        if self._stream.split != EVERY and case.split != self._stream.split:
            return False
        return not self._questions.add(seen_text(as_json([case.question, case.expected])))

    def _keep(self, case: Case, line: bytes) -> Case:
        self._grouped |= case.group is not None
        key = self._sent(case).encode("utf-8", "surrogatepass")
        self._alike.add(key)
        self._spool.write(b"%b\t%b\n" % (key, line))
        self._run.add(line)
        self.cases += 1
        expected = self._expected
        if expected and self.cases == expected.cases and self._run.digest() != expected.digest:
            raise _changed()
        return case

    def _check(self, suite: Suite, cases: tuple[Case, ...]) -> None:
        prompt, dataset = self._stream.prompt, suite.dataset
        every = dataset.cases
        read = suite.with_reading_changes(every, typed=differs_from_0_1(prompt, every))
        first = self._all.count == len(every)
        self._suite = replace(
            self._suite,
            typed=self._suite.typed or read.typed,
            reread=self._suite.reread or read.reread,
            credited=read.credited if first else self._suite.credited,
        )
        where = f"{dataset.places[every[0].id]} to {dataset.places[every[-1].id]}"
        for note in (
            *dataset.notes,
            *check_fit(prompt, cases, dataset.place_of),
            *name_notes(dataset, self._used),
            *check_expected(suite, cases, whole=False),
            *key_notes(cases),
        ):
            kind = _NUMBER.sub("0", note)
            if kind not in self._notes and len(self._notes) < _MOST_NOTES:
                self._notes[kind] = f"from {where}: {note}"


def _line(content: Mapping[str, Any]) -> bytes:
    return canonical_json(content).encode("utf-8", "surrogatepass")


class _ListDigest:
    """`fingerprint_of_list` of canonical texts, added one by one."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256(b"[")
        self.count = 0

    def add(self, line: bytes) -> None:
        self._hash.update(b"," + line if self.count else line)
        self.count += 1

    def digest(self) -> str:
        """The digest of the list so far."""
        whole = self._hash.copy()
        whole.update(b"]")
        return whole.hexdigest()


def _changed() -> UsageError:
    return UsageError(
        "the cases changed since the run began", hint="start a new run: stored answers are reused"
    )
