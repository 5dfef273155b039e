"""The tour: the steps of the main job, and which of them happened to a prompt.

What happened is read from runs.db and the registry; that a comparison was looked at and that the
prompt was read as an app reads it is noted in the tour's own file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from workbench.actions.running.tries import tries_of
from workbench.actions.session import Session
from workbench.actions.workspace.init import sample_steps, samples
from workbench.errors import NotFound
from workbench.files import write_atomically
from workbench.runs.spec.values import RunStatus
from workbench.verdicts.values import Gate

FILE = "tour.json"
STAGING, PRODUCTION = "staging", "production"
COMPARE, READ = "compare", "read"
"""The steps that are noted."""
_LOOKED_AT = 500
"""Records of an environment's history, the newest."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the main job."""

    id: str
    does: str
    keys: str
    """What to press, in the words of the screens."""
    short: str = ""
    """One word for it; empty: its id."""

    @property
    def word(self) -> str:
        return self.short or self.id


STEPS = (
    Step("try", "try the draft on one case", "F3 Draft · ^t"),
    Step("run", "run it on the suite", "F5 · enter"),
    Step("register", "register it: an immutable version", "F3 Draft · ^s", "version"),
    Step("better", "write a better draft and register it", "F3 Draft · ^s"),
    Step(COMPARE, "compare the two, case by case", "F2 Prompts · c"),
    Step("evaluate", "let the gate evaluate the better one", "F2 Prompts · v", "gate"),
    Step(STAGING, "deploy it to staging", "F2 Prompts · D"),
    Step(PRODUCTION, "deploy it to production", "F2 Prompts · D", "live"),
    Step(READ, "read it as an app does", "F2 Prompts · m", "app"),
    Step("again", "release a third one: ^s, v, D, D", "F3 Draft · ^s", "third"),
    Step("rollback", "roll production back", "F9 Deploys · R", "back"),
)


@dataclass(frozen=True, slots=True)
class Tour:
    """How far somebody is with a prompt; stored in the workspace's state."""

    prompt_id: str = ""
    """Empty: no tour was begun."""
    is_shown: bool = False
    noted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """The steps of a tour, and what happened of them."""

    tour: Tour
    done: frozenset[str] = frozenset()
    better: str = ""
    """The sample's next draft, as text; empty: there is none."""

    @property
    def next(self) -> Step | None:
        """The first step that did not happen; None: all did."""
        return next((step for step in STEPS if step.id not in self.done), None)


def read_tour(state: Path) -> Tour:
    """The stored tour; a missing or damaged file is none."""
    try:
        stored = json.loads((state / FILE).read_text(encoding="utf-8"))
        prompt_id, is_shown, noted = (stored[key] for key in ("prompt_id", "is_shown", "noted"))
    except (OSError, ValueError, KeyError, TypeError):
        return Tour()
    known = tuple(step for step in (COMPARE, READ) if isinstance(noted, list) and step in noted)
    return Tour(str(prompt_id), is_shown is True, known)


def write_tour(state: Path, tour: Tour) -> None:
    """Store it. Raises UsageError where it cannot be written."""
    state.mkdir(mode=0o700, exist_ok=True)
    write_atomically(state / FILE, json.dumps(asdict(tour), indent=1) + "\n")


def begin_tour(state: Path, prompt_id: str) -> Tour:
    """Show the tour of a prompt, going on with one that was left."""
    before = read_tour(state)
    is_same = before.prompt_id == prompt_id
    tour = replace(before, is_shown=True) if is_same else Tour(prompt_id, is_shown=True)
    write_tour(state, tour)
    return tour


def progress_of(session: Session, tour: Tour) -> Progress:
    """What happened to the tour's prompt so far."""
    prompt_id = tour.prompt_id
    versions = _versions(session, prompt_id)
    done = {*tour.noted, *_asked(session, prompt_id), *("register", "better")[:versions]}
    if versions:
        done.update(_released(session, prompt_id))
    return Progress(tour, frozenset(done), next_draft(session, prompt_id, versions))


def _versions(session: Session, prompt_id: str) -> int:
    if not session.workspace.registry_path.exists():
        return 0
    try:
        return len(session.registry.versions(prompt_id))
    except NotFound:
        return 0


def _asked(session: Session, prompt_id: str) -> Iterable[str]:
    if not session.workspace.runs_path.exists():
        return
    if tries_of(session).count(prompt_id):
        yield "try"
    runs = session.store.summaries(prompt_id, limit=50)
    if any(run.scored and run.status is not RunStatus.RUNNING for run in runs):
        yield "run"


def _released(session: Session, prompt_id: str) -> Iterable[str]:
    registry = session.registry
    recorded = registry.evaluations(prompt_id, scores=False)
    if any(record.gate is Gate.PASS for record in recorded):
        yield "evaluate"
    live: dict[str, set[str]] = {}
    for environment in (STAGING, PRODUCTION):
        for entry in registry.history(prompt_id, environment, limit=_LOOKED_AT):
            if entry.action == "deploy":
                live.setdefault(environment, set()).add(entry.version)
            elif (entry.action, environment) == ("rollback", PRODUCTION):
                yield "rollback"
    for environment in (STAGING, PRODUCTION):
        if live.get(environment):
            yield environment
    if len(live.get(PRODUCTION, ())) > 1:
        yield "again"


def next_draft(session: Session, prompt_id: str, versions: int) -> str:
    """The text of the sample's draft that comes after so many versions; empty: it is none of a
    sample's, or that one is the draft already.
    """
    if prompt_id not in samples():
        return ""
    steps = sample_steps(prompt_id)[max(1, versions) :]
    path = session.workspace.draft_path(prompt_id)
    if not steps or path is None or not path.is_file():
        return ""
    text = steps[0].read_text(encoding="utf-8")
    current = path.read_text(encoding="utf-8", errors="replace")
    return "" if text.strip() == current.strip() else text
