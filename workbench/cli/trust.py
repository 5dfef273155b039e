"""`workbench trust`."""

from __future__ import annotations

from workbench.cli.context import CommandContext, command


@command("trust", example="workbench trust --workspace ~/src/team-prompts")
def trust_command(context: CommandContext) -> None:
    """Let this workspace's settings send prompts and keys where they say.

    A change of its providers or targets asks again.
    """
    from workbench.actions.trust import target_place, trust, where_to

    workspace = context.workspace()
    trust(workspace)
    settings = workspace.settings
    reach = {name: where_to(item) for name, item in settings.providers.items()}
    lines = [f"you trust {workspace.root}"]
    lines += [f"  provider {name}: {where}" for name, where in reach.items()]
    places = {name: target_place(item) for name, item in settings.targets.items()}
    lines += [
        f"  target {name}: {item.kind} {places[name]}".rstrip()
        for name, item in settings.targets.items()
    ]
    values = {
        "workspace": str(workspace.root),
        "providers": reach,
        "targets": {name: item.kind for name, item in settings.targets.items()},
        "places": places,
    }
    context.answer(values, lines)
