"""Consumers: apps with the range of versions that they can use; other deploys are refused."""

from __future__ import annotations

import json

from workbench.registry.deploy.environments import environment_named
from workbench.registry.models.precedence import allows, parse_range, sort_key
from workbench.registry.models.values import PromptVersion
from workbench.registry.storage.connection import Connection
from workbench.registry.storage.ledger import Transaction


def register_consumer(
    transaction: Transaction, name: str, prompt_id: str, environment: str, requires: str, actor: str
) -> None:
    """Record the range of an app; an empty range removes it. An unchanged range writes nothing.

    Raises RegistryError when it is not a range like >=1.2,<2.
    """
    environment_named(transaction.connection, environment)
    known = transaction.connection.execute(
        "SELECT requires FROM consumers WHERE name = ? AND prompt_id = ? AND environment = ?"
        " ORDER BY seq DESC LIMIT 1",
        (name, prompt_id, environment),
    ).fetchone()
    if (known[0] if known else "") == requires:
        return
    bounds = parse_range(requires) if requires.strip() else ()
    transaction.append(
        "consumer",
        actor,
        {
            "name": name,
            "prompt_id": prompt_id,
            "environment": environment,
            "requires": requires,
            "bounds": json.dumps(bounds),
        },
    )


def consumers_of(connection: Connection, prompt_id: str) -> list[tuple[str, str, str]]:
    """(environment, name, range) of each app that declared which versions it can use."""
    return connection.execute(
        "SELECT c.environment, c.name, c.requires FROM consumers c WHERE c.prompt_id = ?"
        " AND c.requires <> '' AND c.seq = (SELECT max(y.seq) FROM consumers y"
        " WHERE y.prompt_id = c.prompt_id AND y.environment = c.environment AND y.name = c.name)"
        " ORDER BY c.environment, c.name",
        (prompt_id,),
    ).fetchall()


def broken_consumers(
    connection: Connection, version: PromptVersion, environment: str
) -> list[tuple[str, str]]:
    """(name, range) of each consumer that could not use this version."""
    key = sort_key(version.version)
    return [
        (name, wanted)
        for where, name, wanted in consumers_of(connection, version.prompt_id)
        if where == environment and not allows(parse_range(wanted), key)
    ]
