"""Whatever a registry does in whichever step: the next export finds out, and finishes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.exchange.targets.services import PROMPT, SERVICES, Service
from tests.support.registry_servers import KEY, Fault
from workbench.errors import (
    EXIT_INCOMPLETE,
    EXIT_REFUSED,
    EXIT_USAGE,
    TargetError,
    TargetUnreachable,
)
from workbench.exchange.delivery import Arrived, move_pointer, send_version
from workbench.exchange.targets.base import Destination, Export

HANGS = (Fault.HANG, Fault.HANG_AFTER_COMMIT)
HANG_S = 0.6
"""Long enough for the requests before the one that hangs, on a busy machine too."""
ENVIRONMENT = "production"
_AFTER_COMMIT = {fault for fault in Fault if fault.name.endswith("AFTER_COMMIT")}
_REFUSALS = {Fault.UNAUTHORIZED, Fault.FORBIDDEN, Fault.NOT_FOUND_PAGE, Fault.HOSTILE, Fault.PAGE}
_REFUSALS |= {Fault.BUSY_FOR_AN_HOUR, Fault.HUGE, Fault.PACKED_TWICE, Fault.REDIRECT}
_OF_READS = {Fault.CUT, Fault.ODD}
"""One that another attempt mends, and one that none does."""


def _differs(step: str, request: str, fault: Fault) -> bool:
    """Whether the case is not the same to the client as another one of the table."""
    if fault in _REFUSALS:
        return step == "create"
    if request.startswith("GET"):
        return fault not in _AFTER_COMMIT and (step == "read" or fault in _OF_READS)
    return True


_CASES = [
    pytest.param(service, step, fault, id=f"{service.name}-{step}-{fault.name}")
    for service in SERVICES
    for step, request in service.steps.items()
    for fault in Fault
    if _differs(step, request, fault)
]


def _send(service: Service, export: Export, there: Destination) -> Arrived:
    return send_version(service.kind, export, there, lambda _step: None)


def _point(service: Service, export: Export, there: Destination, ref: str | None) -> None:
    wanted = (PROMPT.prompt_id, ENVIRONMENT, ref)
    move_pointer(service.kind, export.registry, wanted, there)


def _attempt(
    service: Service, export: Export, there: Destination, server: Any, step: str, fault: Fault
) -> TargetError | None:
    """One export, with the fault in that step; the error that it ended with."""
    request = service.steps[step]
    pointer_only = step in ("list", "point", "retire")
    try:
        if not pointer_only:
            server.fail(request, fault)
        ref = _send(service, export, there).ref
        if step == "retire":
            _point(service, export, there, ref)
        if pointer_only:
            server.fail(request, fault)
        _point(service, export, there, None if step == "retire" else ref)
    except TargetError as error:
        return error
    return None


@pytest.mark.exhaustive(keep=12)
@pytest.mark.parametrize(("service", "step", "fault"), _CASES)
def test_the_next_export_repairs_what_a_fault_left(
    leaves: Export, service: Service, step: str, fault: Fault
) -> None:
    with service.server() as server:
        slow = service.destination(server.uri, timeout=HANG_S if fault in HANGS else 10.0)
        error = _attempt(service, leaves, slow, server, step, fault)
        assert server.unmet == 0
        if error is not None:
            shown = str(error)
            assert shown.isprintable()
            assert KEY not in shown
            assert error.exit_code in (EXIT_INCOMPLETE, EXIT_USAGE, EXIT_REFUSED)
        server.heal()

        there = service.destination(server.uri, timeout=10.0)
        ref = _send(service, leaves, there).ref
        _point(service, leaves, there, ref)

        assert server.leads(PROMPT.prompt_id, ENVIRONMENT) == ref
        assert _versions(server) == 1


def _versions(server: Any) -> int:
    if hasattr(server, "repos"):
        return len(server.repos["support-triage"]["commits"])
    return sum(len(versions) for versions in server.prompts.values())


def test_an_untagged_commit_is_found_whatever_its_description_has_become(leaves: Export) -> None:
    service = SERVICES[1]
    with service.server() as server:
        there = service.destination(server.uri)
        server.fail(service.steps["tag"], Fault.BROKEN)
        with pytest.raises(TargetUnreachable):
            _send(service, leaves, there)
        [commit] = server.repos["support-triage"]["commits"]
        commit["description"] = "edited"

        assert _send(service, leaves, there).ref == commit["commit_hash"]
        assert _versions(server) == 1


@pytest.mark.exhaustive(keep=2)
@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_a_second_export_writes_nothing(leaves: Export, service: Service) -> None:
    with service.server() as server:
        there = service.destination(server.uri)
        ref = _send(service, leaves, there).ref
        _point(service, leaves, there, ref)
        before = server.writes()

        assert _send(service, leaves, there).sent is None
        _point(service, leaves, there, ref)

        assert server.writes() == before


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_an_answer_that_was_lost_after_the_commit_is_said_to_be_in_doubt(
    leaves: Export, service: Service
) -> None:
    with service.server() as server:
        there = service.destination(server.uri)
        server.fail(service.steps["create"], Fault.CUT_AFTER_COMMIT)

        with pytest.raises(TargetUnreachable, match="it may have been done") as caught:
            _send(service, leaves, there)

        assert caught.value.may_have_committed
        assert caught.value.retry
        assert _versions(server) == 1


@pytest.mark.exhaustive(keep=7)
@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.BROKEN, Fault.CUT, Fault.RESET])
def test_a_read_is_tried_again_within_one_call(
    leaves: Export, service: Service, fault: Fault, waits: list[float]
) -> None:
    with service.server() as server:
        there = service.destination(server.uri)
        server.fail(service.steps["read"], fault, times=2)

        assert service.kind.read_back(leaves, there) is None
        assert len(waits) == 2

        server.fail(service.steps["read"], fault, times=3)
        with pytest.raises(TargetUnreachable) as caught:
            service.kind.read_back(leaves, there)
        assert not caught.value.retry
        assert not caught.value.may_have_committed


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_nothing_is_created_twice_by_a_second_attempt(leaves: Export, service: Service) -> None:
    with service.server() as server:
        there = service.destination(server.uri)
        server.fail(service.steps["create"], Fault.BROKEN_AFTER_COMMIT)

        with pytest.raises(TargetUnreachable):
            _send(service, leaves, there)

        method, _, path = service.steps["create"].partition(" ")
        assert len([r for r in server.requests if r[:2] == (method, path)]) == 1
