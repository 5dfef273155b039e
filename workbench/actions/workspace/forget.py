"""Deletes a case's texts from the workspace's runs, and lists places that it cannot reach."""

from __future__ import annotations

import contextlib
import html
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from workbench.actions.session import Session
from workbench.addresses import LOCAL_MODEL, PROGRAM, address_of
from workbench.errors import NotFound, UsageError, WorkbenchError
from workbench.present.answer_origin import address_words
from workbench.prompts.inputs.media import is_attachment
from workbench.prompts.inputs.parts import attachments_in
from workbench.runs.forgetting.forgetter import Forgetter, StoredCase
from workbench.runs.forgetting.removed import Removed
from workbench.runs.spec.suite import Suite
from workbench.runs.spec.suite_file import read_suite
from workbench.runs.store.forgetting import ForgottenCase, inputs_digest
from workbench.suggestions import did_you_mean

_LONG, _SENTENCE = 12, 40
"""Minimum characters of an input, and of an answer, to search for: shorter ones occur by chance."""
_LARGEST = 64 * 1024 * 1024
"""Maximum bytes of a file to search."""
_NOT_OURS = frozenset({".git", ".venv", "node_modules", "__pycache__"})


@dataclass(frozen=True, slots=True)
class Place:
    """A place where the case may remain, and what to do about it."""

    where: str
    what: str
    do: str


@dataclass(frozen=True, slots=True)
class ForgetRequest:
    """A case to be forgotten."""

    case_id: str
    suite: str
    inputs: frozenset[str]
    """Digests of its present and former inputs: all cases with one of them are forgotten."""
    held: int
    """Number of stored sets of cases that contain it."""
    past: ForgottenCase | None
    """Set if it was forgotten before and is no longer stored."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The result, and what remains to be done by hand."""

    request: ForgetRequest
    runs: tuple[str, ...]
    answers: int
    erased: bool
    """Whether its bytes are gone from runs.db and its WAL."""
    left: tuple[Place, ...]


def find_case(session: Session, case_id: str, suite: str | None = None) -> ForgetRequest:
    """The case with that id, in its suite's file and in stored runs.

    Raises NotFound without one, UsageError if suites have different cases with that id.
    """
    with closing(Forgetter(session.workspace.runs_path)) as store:
        holdings = list(store.holdings())
        past = [item for item in store.past() if item.case_id == case_id]
    known = [*holdings, *_in_files(_suites(session))]
    digests_by_suite: dict[str, set[str]] = {}
    for holding in known:
        if holding.case.id == case_id and suite in (None, holding.suite):
            digests_by_suite.setdefault(holding.suite, set()).add(inputs_digest(holding.case))
    if not digests_by_suite:
        earlier = [item for item in past if suite in (None, item.suite)]
        if earlier:
            return ForgetRequest(
                case_id, earlier[-1].suite, frozenset(earlier[-1].inputs), 0, earlier[-1]
            )
        suites = {holding.suite for holding in known}
        if suite and suite not in suites:
            raise NotFound(f"no suite {suite!r} in runs or files", hint=did_you_mean(suite, suites))
        where = f" of {suite}" if suite else ""
        ids = {holding.case.id for holding in known if suite in (None, holding.suite)}
        message = f"no case {case_id!r}{where} in runs or suites"
        raise NotFound(message, hint=did_you_mean(case_id, ids))
    if len(digests_by_suite) > 1 and not set.intersection(*digests_by_suite.values()):
        raise UsageError(
            f"{' and '.join(sorted(digests_by_suite))} have different cases {case_id!r}",
            hint=f"--suite {min(digests_by_suite)}",
        )
    inputs = frozenset().union(*digests_by_suite.values())
    held = sum(inputs_digest(holding.case) in inputs for holding in holdings)
    return ForgetRequest(case_id, suite or min(digests_by_suite), inputs, held, None)


def forget(session: Session, request: ForgetRequest, reason: str) -> Forgotten:
    """Erase the case's texts from runs.db, down to the bytes; digests, scores and the registry
    stay.

    Raises UsageError without a reason, or while a run is under way.
    """
    if not reason.strip():
        raise UsageError("forgetting needs a reason", hint="--reason TEXT")
    suites = _suites(session)
    with closing(Forgetter(session.workspace.runs_path)) as store:
        files = _files_of(store.holdings(), request)
        removed = Removed()
        if request.past is None:
            removed = store.forget(
                request.case_id, request.suite, request.inputs, session.author, reason.strip()
            )
        erased = store.erase()
        texts = {text for text in removed.inputs if len(text) >= _LONG}
        texts |= {text for text in removed.outputs if len(text) >= _SENTENCE}
        repeated = store.still_in(texts)
    left = (
        *_in_datasets(_in_files(suites), request),
        *_beside(suites, files, session.workspace.root),
        *(
            Place(
                "runs.db",
                f"{what} holds a text of the case",
                "forget that case too; a prompt goes only with the file",
            )
            for what in repeated
        ),
        *_in_other_files(session, {Path(suite.dataset.source) for suite in suites}, texts),
        *_elsewhere(session, sorted(map(_address, removed.providers))),
    )
    return Forgotten(request, tuple(sorted(removed.runs)), removed.answers, erased, left)


def _suites(session: Session) -> list[Suite]:
    """The present suites, without unreadable ones."""
    suites = []
    for path in session.workspace.suite_paths():
        with contextlib.suppress(WorkbenchError):
            suites.append(read_suite(path))
    return suites


def _in_files(suites: Iterable[Suite]) -> Iterator[StoredCase]:
    for suite in suites:
        for case in suite.dataset.cases:
            yield StoredCase(suite.dataset.place_of(case), suite.name, case)


def _in_datasets(cases: Iterable[StoredCase], request: ForgetRequest) -> Iterator[Place]:
    for holding in cases:
        if inputs_digest(holding.case) in request.inputs:
            yield Place(
                holding.case_set,
                f"the dataset of {holding.suite} has the case as {holding.case.id!r}",
                "take the row out; until then a new run asks and stores it again",
            )


def _files_of(cases: Iterable[StoredCase], request: ForgetRequest) -> set[str]:
    """The names of the files that the stored case has as inputs."""
    values = (
        value
        for holding in cases
        if inputs_digest(holding.case) in request.inputs
        for given in holding.case.inputs.values()
        for value in (given, *attachments_in(given))
    )
    return {value["file"] for value in values if is_attachment(value) and value["file"]}


def _beside(suites: Iterable[Suite], files: set[str], root: Path) -> Iterator[Place]:
    for folder in sorted({Path(suite.dataset.source).parent for suite in suites}):
        for path in (folder / name for name in sorted(files)):
            if path.is_file():
                where = str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
                yield Place(where, "it is a file of the case", "delete it")


def _in_other_files(session: Session, datasets: set[Path], texts: set[str]) -> Iterator[Place]:
    """Uncompressed files of the workspace that contain one of the texts, escaped or not."""
    needles = {
        form.encode("utf-8", "surrogatepass")
        for text in texts
        for form in (text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1],
                     html.escape(text))
    }  # fmt: skip
    for folder, folders, names in os.walk(session.workspace.root):
        folders[:] = [name for name in folders if name not in _NOT_OURS]
        for path in (Path(folder) / name for name in names):
            if needles and path not in datasets and _holds(path, needles):
                where = str(path.relative_to(session.workspace.root))
                if path == session.workspace.registry_path:
                    yield Place(
                        where,
                        "the ledger holds a text of the case: its group, or why it has no score",
                        "nothing takes it out: keep the file to those who may see it, or begin"
                        " a new one",
                    )
                else:
                    yield Place(where, "a text of the case stands in it", "delete it, or the text")


def _holds(path: Path, needles: set[bytes]) -> bool:
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > _LARGEST:
            return False
        content = path.read_bytes()
    except OSError:
        return False
    return any(needle in content for needle in needles)


def _elsewhere(session: Session, addresses: Iterable[str]) -> Iterator[Place]:
    root = session.workspace.root
    if any((folder / ".git").exists() for folder in (root, *root.parents)):
        yield Place(
            "git", "commits hold the dataset as it was", "rewrite the history, and tell who cloned"
        )
    yield from map(_endpoint, addresses)
    yield Place(
        str(session.workspace.registry_path.relative_to(root)),
        "evidence keeps the case's id, group, digests and scores, in exports of it too",
        "nothing: the ledger rests on them; an id should name no person",
    )
    yield Place("last good files of apps", "they hold live prompts and no cases", "nothing")
    yield Place(
        "reports and backups",
        "pages, JUnit and Markdown files, errors.log and copies of .workbench elsewhere",
        "delete those that you or others keep",
    )


def _endpoint(address: str) -> Place:
    kind = address.partition(":")[0]
    name = address_words(address)
    if kind == LOCAL_MODEL:
        return Place(name, "it was sent the case in a process here, and keeps nothing", "nothing")
    if kind == PROGRAM:
        return Place(
            name,
            "it read the case, and may keep or send what it reads",
            "delete what it wrote, and ask whoever it sent the case to",
        )
    return Place(
        name,
        "it was sent the case, and may keep logs and batch files",
        "ask whoever runs it to delete them",
    )


def _address(identity: str) -> str:
    return address_of(json.loads(identity))
