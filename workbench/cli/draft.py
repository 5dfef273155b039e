"""`workbench draft`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.context import CommandContext, command
from workbench.errors import NotFound, UsageError

if TYPE_CHECKING:
    from workbench.actions.session import Session
    from workbench.actions.workspace.draft_history import Kept, Replaced
    from workbench.actions.workspace.variants import DraftState


@command("draft", example="workbench draft support_triage --as terse")
@click.argument("ref", metavar="[PROMPT[@VARIANT | @VERSION]]", required=False)
@click.option("--as", "variant", metavar="NAME", help="Make a variant with the text of this REF.")
@click.option("--model", metavar="ID", default="", help="With --as: on this model.")
@click.option("--without", multiple=True, metavar="OPTION", help="With --as: not with this option.")
@click.option("--set", "given", multiple=True, metavar="OPTION=VALUE", help="With --as: with it.")
@click.option("--promote", is_flag=True, help="Make this variant the draft.")
@click.option("--drop", is_flag=True, help="Remove this variant; its text is kept.")
@click.option(
    "--restore",
    metavar="[TEXT]",
    is_flag=False,
    flag_value="",
    help="Bring a kept text back; default: the newest one of this draft or variant.",
)
def draft_command(
    context: CommandContext,
    ref: str | None,
    variant: str | None,
    model: str,
    without: tuple[str, ...],
    given: tuple[str, ...],
    promote: bool,
    drop: bool,
    restore: str | None,
) -> None:
    """List the drafts and variants, or make, promote, drop and restore one.

    PROMPT lists its draft, its variants and the kept texts. --as makes a variant, a further draft
    of the prompt in NAME@VARIANT.prompty beside it; PROMPT@VARIANT names it wherever a side is
    named, and with --promote or --drop; on another model, without an option that it refuses
    (--without temperature), or with one (--set reasoning_effort=low). PROMPT@VERSION alone makes
    the draft say what that version says. A text that is replaced or dropped is kept in
    .workbench/drafts, and --restore brings it back.
    """
    chosen = [bool(variant), promote, drop, restore is not None]
    if sum(chosen) > 1:
        raise click.UsageError("give one of --as, --promote, --drop, --restore")
    if (model or without or given) and not variant:
        raise click.UsageError("--model, --without and --set go with --as")
    session = context.session()
    if ref is None:
        if any(chosen):
            raise click.UsageError("name the prompt: workbench draft PROMPT …")
        _list_all(context, session)
        return
    prompt_id, _, where = ref.partition("@")
    if variant:
        _make(context, session, ref, variant, model=model, without=without, given=given)
    elif promote or drop:
        if not where:
            raise click.UsageError(f"{ref!r} names no variant: write PROMPT@VARIANT")
        (_promote if promote else _drop)(context, session, prompt_id, where)
    elif restore is not None:
        _restore(context, session, prompt_id, where, restore)
    elif where:
        _from_version(context, session, prompt_id, where)
    else:
        _list(context, session, prompt_id)


def _list_all(context: CommandContext, session: Session) -> None:
    from workbench.actions.workspace.variants import all_drafts

    states = all_drafts(session)
    lines = [_line(state) for state in states] or ["no drafts yet"]
    context.answer({"drafts": [_json(state) for state in states]}, lines)


def _list(context: CommandContext, session: Session, prompt_id: str) -> None:
    from workbench.actions.workspace.draft_history import history
    from workbench.actions.workspace.variants import drafts_of

    states, kept = drafts_of(session, prompt_id), history(session.workspace, prompt_id)
    if not states and not kept:
        raise NotFound(f"no draft and no variant of {prompt_id!r}", hint="workbench draft")
    lines = [_line(state) for state in states]
    lines += [f"kept: {text.name}" for text in kept]
    values = {
        "prompt_id": prompt_id,
        "drafts": [_json(state) for state in states],
        "kept": [_kept_json(text) for text in kept],
    }
    context.answer(values, lines)


def _make(
    context: CommandContext,
    session: Session,
    ref: str,
    variant: str,
    *,
    model: str,
    without: tuple[str, ...],
    given: tuple[str, ...],
) -> None:
    from workbench.actions.workspace.variants import make_variant

    options = dict(map(_option, given))
    path = make_variant(session, ref, variant, model=model, without=without, options=options)
    prompt_id = path.stem.partition("@")[0]
    values = {"prompt_id": prompt_id, "variant": variant, "draft": str(path), "from": ref}
    context.answer(values, [f"made {path} from {ref}: its name is {prompt_id}@{variant}"])


def _promote(context: CommandContext, session: Session, prompt_id: str, variant: str) -> None:
    from workbench.actions.workspace.variants import promote

    made = promote(session, prompt_id, variant)
    values = {"prompt_id": prompt_id, "variant": variant}
    _say(context, values, made, f"{prompt_id}@{variant} is the draft now: {made.path}")


def _drop(context: CommandContext, session: Session, prompt_id: str, variant: str) -> None:
    from workbench.actions.workspace.variants import drop

    kept = drop(session, prompt_id, variant)
    back = f"workbench draft {prompt_id}@{variant} --restore"
    values = {"prompt_id": prompt_id, "variant": variant, "draft": None, "kept": str(kept)}
    context.answer(values, [f"dropped {prompt_id}@{variant}; {back} brings it back", str(kept)])


def _restore(
    context: CommandContext, session: Session, prompt_id: str, variant: str, name: str
) -> None:
    from workbench.actions.workspace.draft_history import restore

    made = restore(session.workspace, prompt_id, variant, name)
    _say(
        context,
        {"prompt_id": prompt_id, "variant": variant or None},
        made,
        f"restored {made.path}",
    )


def _from_version(context: CommandContext, session: Session, prompt_id: str, version: str) -> None:
    from workbench.actions.releasing.redraft import draft_from

    if version in session.workspace.variant_paths(prompt_id):
        ref = f"{prompt_id}@{version}"
        raise UsageError(
            f"{ref} is a variant",
            hint=f"workbench draft {ref} --promote makes it the draft",
        )
    made = draft_from(session, prompt_id, version)
    values = {"prompt_id": prompt_id, "version": version}
    _say(context, values, made, f"{made.path} says what {prompt_id}@{version} says")


def _say(
    context: CommandContext, values: Mapping[str, str | None], made: Replaced, what: str
) -> None:
    kept = str(made.kept) if made.kept else None
    lines = [what, *([f"the text before: {kept}"] if kept else [])]
    context.answer({**values, "draft": str(made.path), "kept": kept}, lines)


def _line(state: DraftState) -> str:
    name = state.ref if state.variant else f"{state.ref} (draft)"
    same = f"  = {state.version}" if state.version else ""
    return f"{name}  {state.path}{same}" + (f"  ! {state.problem}" if state.problem else "")


def _json(state: DraftState) -> dict[str, Any]:
    return {
        "prompt_id": state.prompt_id,
        "variant": state.variant or None,
        "ref": state.ref,
        "draft": str(state.path),
        "fingerprint": state.fingerprint or None,
        "version": state.version or None,
        "problem": state.problem or None,
    }


def _kept_json(text: Kept) -> dict[str, Any]:
    return {
        "text": text.name,
        "variant": text.variant or None,
        "at": text.at.isoformat(),
        "path": str(text.path),
    }


def _option(text: str) -> tuple[str, Any]:
    """An option of a model as NAME=VALUE; a value that is JSON is read as such."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise UsageError(f"{text!r} is no OPTION=VALUE", hint="--set reasoning_effort=low")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
