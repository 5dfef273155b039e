"""Syncs the rules in the files with those in the registry.

New and stricter rules are recorded automatically. Loosened rules are recorded by `apply` only, with
a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from workbench.actions.session import Session
from workbench.errors import RegistryError, RulesLoosened, TooManyCases, UsageError
from workbench.registry.models.actors import can_be_seen
from workbench.registry.models.records import RuleChange, State, Status, WaitingRule
from workbench.runs.spec.suite import Suite
from workbench.runs.spec.suite_checks import check_baseline
from workbench.settings import EnvironmentSettings
from workbench.verdicts.values import Evidence


@dataclass(frozen=True)
class _Rule:
    """One rule from the files."""

    change: Callable[[], RuleChange | None]
    publish: Callable[[str], None]
    """Records it; takes the reason, which may be empty."""


def sync(
    session: Session, prompt_id: str | None = None, environment: str = "", suite: str = ""
) -> None:
    """Record the files' rules in the registry: environments and suites.

    Evidence that no longer matches its suite becomes stale. Raises RulesLoosened when a loosened
    rule applies to this prompt (None: any), environment and suite (empty: any); the registry keeps
    the stricter one.
    """
    loosened = publish(session)
    if prompt_id is not None:
        loosened = tuple(c for c in loosened if decides(session, c, prompt_id, environment, suite))
    if loosened:
        raise RulesLoosened(loosened)


def publish(session: Session) -> tuple[RuleChange, ...]:
    """Record new and stricter rules; returns the loosened ones, which are not recorded.

    Raises SuiteError or DatasetError for an invalid suite.
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
    """Whether a changed rule applies to a prompt in an environment (empty: any), or to its
    evaluations on a suite (empty: any). A suite applies where an environment requires it.
    """
    if change.environment:
        heads = session.workspace.suite_heads()
        names = {suite} if suite else {h.name for h in heads if h.prompt_id == prompt_id}
        required = not names or any(_asks(session, change.environment, name) for name in names)
        return change.environment == environment if environment else required
    here = change.prompt_id == prompt_id and suite in ("", change.suite)
    return here and (not environment or _asks(session, environment, change.suite))


def _asks(session: Session, environment: str, suite: str) -> bool:
    """Whether an environment requires a suite, by the rules in force or by the files."""
    known = [*session.registry.environments(), *session.workspace.settings.environments.values()]
    here = [rules for rules in known if rules.name == environment]
    return any(not rules.requires or suite in rules.requires for rules in here)


def publish_suite(session: Session, suite: Suite) -> None:
    """Record one suite, wherever its file is. Raises RulesLoosened."""
    _of_suite(session, session.with_reading_changes(suite)).publish("")


def pending(session: Session) -> tuple[RuleChange, ...]:
    """The differences between the files and the registry, without writing."""
    changes = (rule.change() for rule in _rules(session))
    return tuple(change for change in changes if change)


def applicable(session: Session) -> tuple[RuleChange, ...]:
    """What `apply` would change: pending changes, and added cases that let a version pass."""
    return (*pending(session), *session.registry.suites_let_through())


def only_by_added(session: Session, evidence: Evidence) -> str:
    """A sentence with both scores if a version passes only with added cases that nobody accepted;
    else empty. Its deployment is refused until they are accepted.
    """
    return session.registry.only_by_added(evidence.prompt_id, evidence.version, evidence.suite)


def apply(
    session: Session, reason: str, *, expect: tuple[RuleChange, ...] | None = None
) -> tuple[RuleChange, ...]:
    """Record all changes with the reason; returns them. Raises UsageError without a reason, and
    RegistryError when the changes differ from `expect`.
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
    """Approve exactly these loosened rules as the author. Raises RegistryError when one of them is
    no longer waiting.
    """
    return tuple(
        approved
        for rule in waiting
        for approved in session.registry.approve_rules(session.author, seq=rule.seq, reason=reason)
    )


def outdated(session: Session, evidence: Evidence) -> list[str]:
    """A line if the suite in force differs from the one that this is evidence on."""
    name = evidence.suite
    of = (evidence.prompt_id, name, evidence.suite_parts, evidence.policy)
    if session.registry.suite_change(*of) is None:
        return []
    return [f"{name} was changed while this ran, so it is stale: evaluate {evidence.version} again"]


def status_by_files(
    status: Status, changes: Iterable[RuleChange], prompt_id: str, rules: EnvironmentSettings
) -> Status:
    """A version's status if the suites that the environment requires were those in the files."""
    for change in changes:
        required = not rules.requires or change.suite in rules.requires
        if change.prompt_id == prompt_id and required and status.tested:
            facts = ", ".join(map(str, change.facts))
            reason = f"{change.suite} changed since it passed: {facts}"
            return replace(status, state=State.STALE, reason=reason)
    return status


def _rules(session: Session) -> Iterator[_Rule]:
    for settings in session.workspace.settings.environments.values():
        yield _of_environment(session, settings)
    there: dict[tuple[str, str], Suite] = {}
    names = set(session.registry.suite_names())
    for suite in map(session.with_reading_changes, _suites(session, names)):
        other = there.setdefault((suite.prompt_id, suite.name), suite)
        if other is not suite:
            raise UsageError(
                f"the suite {suite.name} of {suite.prompt_id} stands in {other.path} and in"
                f" {suite.path}",
                hint="give one of them another name",
            )
        # Without a version of its prompt it decides nothing yet, and the name may be a typo.
        is_published = (suite.prompt_id, suite.name) in names
        if is_published or session.registry.contents(suite.prompt_id):
            yield _of_suite(session, suite)
    for prompt_id, name in sorted(names):
        if (prompt_id, name) not in there:
            yield _of_gone(session, prompt_id, name)


def _suites(session: Session, published: set[tuple[str, str]]) -> Iterator[Suite]:
    """The suites that are rules: one with more cases than evidence keeps is none, and cannot become
    one. Raises SuiteError where it was one before it grew.
    """
    from workbench.runs.spec.evidence_size import check_size
    from workbench.runs.spec.suite_file import read_suite

    for head in session.workspace.suite_heads():
        try:
            check_size(head)
            suite = read_suite(head.path)
            check_size(suite)
        except TooManyCases:
            if (head.prompt_id, head.name) in published:
                raise
        else:
            yield suite


def _of_environment(session: Session, settings: EnvironmentSettings) -> _Rule:
    return _Rule(
        lambda: session.registry.environment_change(settings),
        lambda reason: session.registry.set_environment(settings, session.author, reason=reason),
    )


def _of_suite(session: Session, suite: Suite) -> _Rule:
    """The rule of a suite. Raises SuiteError when its baseline is not an existing environment."""
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
    """The rule of a suite in the registry whose file is gone."""
    return _Rule(
        lambda: session.registry.removal(prompt_id, name),
        lambda reason: session.registry.remove_suite(
            prompt_id, name, session.author, reason=reason
        ),
    )
