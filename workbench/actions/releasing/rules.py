"""The rules that the files set, beside those that the registry holds.

What becomes stricter, and what is new, is told to the registry on the way. What would let more
through is told by `apply` alone, with a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from workbench.actions.session import Session
from workbench.errors import RegistryError, RulesLoosened, UsageError
from workbench.registry.models.actors import can_be_seen
from workbench.registry.models.records import RuleChange, State, Status, WaitingRule
from workbench.runs.spec.suite import Suite
from workbench.runs.spec.suite_checks import check_baseline
from workbench.settings import EnvironmentSettings
from workbench.verdicts.values import Evidence


@dataclass(frozen=True)
class _Rule:
    """One rule as the files have it."""

    change: Callable[[], RuleChange | None]
    publish: Callable[[str], None]
    """With a reason, or with none."""


def sync(
    session: Session, prompt_id: str | None = None, environment: str = "", suite: str = ""
) -> None:
    """Tell the registry what the files say now: environments' rules and suites.

    Evidence that no longer matches a suite becomes stale by this. Raises RulesLoosened when a rule
    would let more through that decides about this prompt (None: any), in this environment and by
    this suite (empty: in any, by any): the registry keeps what it has of it.
    """
    loosened = publish(session)
    if prompt_id is not None:
        loosened = tuple(c for c in loosened if decides(session, c, prompt_id, environment, suite))
    if loosened:
        raise RulesLoosened(loosened)


def publish(session: Session) -> tuple[RuleChange, ...]:
    """Tell the registry what became stricter or is new; what was loosened, and was not told.

    Raises what reading a suite raises.
    """
    loosened: list[RuleChange] = []
    for rule in _rules(session):
        try:
            rule.publish("")
        except RulesLoosened as error:
            loosened += [change for change in error.changes if isinstance(change, RuleChange)]
    return tuple(loosened)


def decides(
    session: Session, change: RuleChange, prompt_id: str, environment: str, suite: str
) -> bool:
    """Whether a changed rule has a say about a prompt in an environment (empty: any), or about its
    evaluations on a suite (empty: any). A suite has one where an environment asks for it.
    """
    if change.environment:
        names = {suite} if suite else {s.name for s in session.workspace.suites_of(prompt_id)}
        asked = not names or any(_asks(session, change.environment, name) for name in names)
        return change.environment == environment if environment else asked
    here = change.prompt_id == prompt_id and suite in ("", change.suite)
    return here and (not environment or _asks(session, environment, change.suite))


def _asks(session: Session, environment: str, suite: str) -> bool:
    """Whether an environment asks for a suite, by the rules in force or by the files."""
    known = [*session.registry.environments(), *session.workspace.settings.environments.values()]
    here = [rules for rules in known if rules.name == environment]
    return any(not rules.requires or suite in rules.requires for rules in here)


def publish_suite(session: Session, suite: Suite) -> None:
    """The same of one suite, wherever its file is. Raises RulesLoosened."""
    _of_suite(session, session.with_reading_changes(suite)).publish("")


def pending(session: Session) -> tuple[RuleChange, ...]:
    """What differs between the files and the registry. Nothing is written."""
    changes = (rule.change() for rule in _rules(session))
    return tuple(change for change in changes if change)


def applicable(session: Session) -> tuple[RuleChange, ...]:
    """What `apply` would change: what is pending, and added cases that let a version through."""
    return (*pending(session), *session.registry.suites_let_through())


def only_by_added(session: Session, evidence: Evidence) -> str:
    """Where a version passes only with cases that were added to its suite and that nobody
    accepted: the sentence with both scores. A deployment of it is refused until somebody does.
    """
    return session.registry.only_by_added(evidence.prompt_id, evidence.version, evidence.suite)


def apply(
    session: Session, reason: str, *, expect: tuple[RuleChange, ...] | None = None
) -> tuple[RuleChange, ...]:
    """Tell the registry all of it, with the reason; what changed. Raises UsageError without one,
    and RegistryError when `expect` is given and something else would change.
    """
    if not can_be_seen(reason):
        raise UsageError("loosening a rule needs a reason", hint="--reason TEXT")
    rules = [(rule, rule.change()) for rule in _rules(session)]
    changes = tuple(change for _, change in rules if change)
    if expect is not None and (*changes, *session.registry.suites_let_through()) != expect:
        raise RegistryError(
            "the files or the rules in force were changed meanwhile; nothing was applied",
            hint="look at the changes again",
        )
    for rule, _ in rules:
        rule.publish(reason)
    added = tuple(session.registry.suites_let_through())
    for change in added:
        session.registry.accept_cases(change.prompt_id, change.suite, session.author, reason=reason)
    return (*changes, *added)


def approve(
    session: Session, waiting: Iterable[WaitingRule], reason: str
) -> tuple[WaitingRule, ...]:
    """The author's word for these loosened rules and no others. Raises RegistryError when one of
    them waits no more.
    """
    return tuple(
        approved
        for rule in waiting
        for approved in session.registry.approve_rules(session.author, seq=rule.seq, reason=reason)
    )


def outdated(session: Session, evidence: Evidence) -> list[str]:
    """A line where the suite in force is another than the one that this is evidence on."""
    name = evidence.suite
    of = (evidence.prompt_id, name, evidence.suite_parts, evidence.policy)
    if session.registry.suite_change(*of) is None:
        return []
    return [f"{name} was changed while this ran, so it is stale: evaluate {evidence.version} again"]


def as_files_say(
    status: Status, changes: Iterable[RuleChange], prompt_id: str, rules: EnvironmentSettings
) -> Status:
    """How a version stands when the suites that the environment asks for are what the files say."""
    for change in changes:
        asked = not rules.requires or change.suite in rules.requires
        if change.prompt_id == prompt_id and asked and status.tested:
            facts = ", ".join(map(str, change.facts))
            said = f"{change.suite} changed since it passed: {facts}"
            return replace(status, state=State.STALE, reason=said)
    return status


def _rules(session: Session) -> Iterator[_Rule]:
    for settings in session.workspace.settings.environments.values():
        yield _of_environment(session, settings)
    there: dict[tuple[str, str], Suite] = {}
    for suite in map(session.with_reading_changes, session.workspace.suites()):
        other = there.setdefault((suite.prompt_id, suite.name), suite)
        if other is not suite:
            raise UsageError(
                f"the suite {suite.name} of {suite.prompt_id} stands in {other.path} and in"
                f" {suite.path}",
                hint="give one of them another name",
            )
        yield _of_suite(session, suite)
    for prompt_id, name in session.registry.suite_names():
        if (prompt_id, name) not in there:
            yield _of_gone(session, prompt_id, name)


def _of_environment(session: Session, settings: EnvironmentSettings) -> _Rule:
    return _Rule(
        lambda: session.registry.environment_change(settings),
        lambda reason: session.registry.set_environment(settings, session.author, reason=reason),
    )


def _of_suite(session: Session, suite: Suite) -> _Rule:
    """Raises SuiteError where its gate looks into an environment that is none."""
    known = {settings.name for settings in session.registry.environments()}
    check_baseline(suite, {*known, *session.workspace.settings.environments})
    what = (suite.prompt_id, suite.name, suite.parts, suite.gate.content())
    return _Rule(
        lambda: session.registry.suite_change(*what, contents=suite.contents),
        lambda reason: session.registry.publish_suite(
            *what, session.author, contents=suite.contents, reason=reason
        ),
    )


def _of_gone(session: Session, prompt_id: str, name: str) -> _Rule:
    """A suite that the registry asks for, and no file describes any more."""
    return _Rule(
        lambda: session.registry.removal(prompt_id, name),
        lambda reason: session.registry.remove_suite(
            prompt_id, name, session.author, reason=reason
        ),
    )
