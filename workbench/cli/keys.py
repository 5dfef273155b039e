"""`workbench keys`."""

from __future__ import annotations

from importlib import import_module

from workbench.cli.context import CommandContext, command
from workbench.errors import NotFound


@command("keys", example="workbench keys --json")
def keys_command(context: CommandContext) -> None:
    """Every key of the screens, as [keys] in workbench.toml leaves it.

    Move one with its id: [keys] "app.start" = "f6". Unknown ids and clashes are errors.
    """
    from workbench.present.tables import lay_out

    # By name: commands must not depend on the screens.
    table = import_module("workbench.tui.keys.keys")
    own = _own_keys(context)
    table.check_keymap(own)
    rows = []
    for action_id, usual, label, what in table.table():
        keys = own.get(action_id)
        shown = usual if keys is None else " ".join(map(table.display, table.split(keys)))
        rows.append((action_id, shown, label, what))
    values = {
        "keys": [
            {"id": row[0], "keys": row[1], "label": row[2], "help": row[3], "own": row[0] in own}
            for row in rows
        ]
    }
    context.answer(values, lay_out(("id", "keys", "does", ""), rows))


def _own_keys(context: CommandContext) -> dict[str, str]:
    """The workspace's own keys; none outside of a workspace."""
    try:
        return dict(context.workspace().settings.keys)
    except NotFound:
        return {}
