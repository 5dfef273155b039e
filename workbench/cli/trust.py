"""`workbench trust`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.context import CommandContext, command
from workbench.errors import UsageError

if TYPE_CHECKING:
    from workbench.child_process.source import Source
    from workbench.workspace import Workspace

EXAMPLE = """workbench trust --workspace ~/src/team-prompts
workbench trust scorers/totals.py"""


@command("trust", example=EXAMPLE)
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--hash", "wanted_hash", metavar="SHA256", help="Only if FILE has this hash.")
def trust_command(
    context: CommandContext, files: tuple[str, ...], wanted_hash: str | None
) -> int | None:
    """Let this workspace send keys and read cases elsewhere, or its code run.

    Without FILE, its settings may send prompts and keys where they say, and its suites read cases
    at the addresses that they name; a change of its providers, targets or addresses asks again.
    With FILE, this own scorer or feature may run, with the files that it imports; a change of any
    of them asks again. PROMPT@VERSION stands for the features that this version holds, and the
    scorers that judged it.
    """
    if wanted_hash and len(files) != 1:
        raise UsageError("--hash is the hash of one file", hint="workbench trust FILE --hash ...")
    if files:
        return _trust_code(context, files, wanted_hash or "")
    _trust_settings(context)
    return None


def _trust_code(context: CommandContext, files: tuple[str, ...], wanted_hash: str) -> int | None:
    from workbench.actions.code_trust import allow_code, facts_of

    workspace = context.workspace()
    sources = [source for file in files for source in _sources(context, workspace, file)]
    all_facts = [facts_of(source) for source in sources]
    for facts in all_facts:
        allow_code(facts.source, wanted_hash)
    lines = [line for facts in all_facts for line in ("you allow", *facts.lines())]
    content = [facts.content() | {"allowed": True} for facts in all_facts]
    context.answer({"workspace": str(workspace.root), "code": content}, lines)
    return None


def _sources(context: CommandContext, workspace: Workspace, file: str) -> list[Source]:
    """The code of a file, or of the features that `prompt_id@version` holds and of the scorers that
    judged it.
    """
    from workbench.actions.code_trust import code_at
    from workbench.actions.refs import version_named
    from workbench.child_process.source import source_of
    from workbench.datasets.features import pinned_features

    prompt_id, at, version = file.partition("@")
    if not at or Path(file).suffix == ".py":
        return [code_at(workspace, _below(workspace.root, file))]
    registry = context.registry()
    registered = version_named(registry, prompt_id, version)
    sources = [feature.source for feature in pinned_features(registered.prompt).values()]
    for record in registry.evaluations(prompt_id, registered.version, scores=False):
        code = registry.judged_by(record.seq).contents.get("code", {})
        sources += [source_of(content) for content in code.values()]
    if not sources:
        raise UsageError(f"{file} has no features or own scorers", hint="there is nothing to allow")
    return list({source.text_hash: source for source in sources}.values())


def _below(root: Path, file: str) -> str:
    """The path from the workspace's folder: as it was given, or from where the user is."""
    given = Path(file)
    if not given.is_absolute() and (root / given).exists():
        return given.as_posix()
    here = given.resolve()
    return here.relative_to(root).as_posix() if here.is_relative_to(root) else file


def _trust_settings(context: CommandContext) -> None:
    from workbench.actions.code_trust import code_at, code_files
    from workbench.actions.trust import dataset_addresses, target_place, trust, where_to
    from workbench.child_process.allowed import is_allowed
    from workbench.errors import CodeError

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
    registries = settings.model_registries
    lines += [
        f"  models {name}: {item.kind} {target_place(item)}".rstrip()
        for name, item in registries.items()
    ]
    sources = dataset_addresses(workspace)
    lines += [f"  suite {name}: cases from {address}" for name, address in sources.items()]
    waiting = []
    for file in code_files(workspace):
        try:
            if not is_allowed(code_at(workspace, file)):
                waiting.append(file)
        except CodeError as error:
            context.note(f"warning: {error}")
    if waiting:
        lines.append(
            f"its code may not run yet; read it, then: workbench trust {' '.join(waiting)}"
        )
    values = {
        "workspace": str(workspace.root),
        "providers": reach,
        "targets": {name: item.kind for name, item in settings.targets.items()},
        "places": places,
        "model_registries": {name: item.kind for name, item in registries.items()},
        "sources": sources,
        "code_not_allowed": waiting,
    }
    context.answer(values, lines)
