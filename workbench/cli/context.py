"""What all commands share: their common options and their output.

stdout carries data, stderr narration. Text from data passes `safe_text` before it reaches a
terminal or a log; in JSON it is unchanged, with JSON's escapes.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli import streams
from workbench.errors import NotFound
from workbench.present.safe_text import safe_line, safe_text

if TYPE_CHECKING:
    from workbench.actions.session import Session
    from workbench.registry import PromptRegistry
    from workbench.workspace import Workspace


class CommandContext:
    """A command's workspace, session and output."""

    def __init__(self, folder: Path, as_json: bool) -> None:
        self.folder = folder
        self.as_json = as_json
        self._opened: list[Any] = []

    def workspace(self) -> Workspace:
        """The nearest workspace. Raises NotFound."""
        from workbench.workspace import find_workspace

        return find_workspace(self.folder)

    def session(self) -> Session:
        """A session on the workspace; closed when the command ends. Raises NotFound."""
        from workbench.actions.session import Session

        session = Session(self.workspace(), on_warning=lambda text: self.note(f"warning: {text}"))
        self._opened.append(session)
        return session

    def registry(self) -> PromptRegistry:
        """The workspace's registry for reading; it must exist. Raises NotFound."""
        from workbench.links import STATE
        from workbench.registry import PromptRegistry
        from workbench.workspace import REGISTRY, find_root

        path = find_root(self.folder) / STATE / REGISTRY
        if not path.exists():
            raise NotFound(
                f"nothing has been registered in {path.parent.parent}", hint="workbench register"
            )
        registry = PromptRegistry(path)
        self._opened.append(registry)
        return registry

    def data(self, text: str) -> None:
        """Write text to stdout, made safe."""
        streams.write(safe_text(text) + "\n")

    def lines(self, lines: Iterable[str]) -> None:
        """Write lines to stdout, made safe."""
        for line in lines:
            self.data(line)

    def note(self, text: str) -> None:
        """Write one line of narration to stderr."""
        streams.note(safe_line(text) + "\n")

    def answer(self, values: Mapping[str, Any], lines: Iterable[str]) -> None:
        """Write the command's result: `values` as one JSON object with --json, else `lines`."""
        if self.as_json:
            text = json.dumps(values, indent=2, ensure_ascii=True, default=str)
            streams.write(text + "\n")
        else:
            self.lines(lines)

    def may_ask(self) -> bool:
        """Whether there is a terminal to ask at."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    def agree(self, question: str) -> bool:
        """Ask the user; the answer is no without a terminal."""
        if not self.may_ask():
            return False
        return click.confirm(safe_line(question), default=False, err=True)

    def close(self) -> None:
        while self._opened:
            self._opened.pop().close()


Section = tuple[str, Callable[[click.Context], list[tuple[str, str]]]]
"""The title of a list in a command's help, and what gives its rows."""


class ExampleCommand(click.Command):
    """A command whose help ends with an example."""

    def __init__(
        self, *args: Any, example: str = "", more: Section | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.example = example
        self.more = more

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if self.more:
            title, rows = self.more
            with formatter.section(title):
                formatter.write_dl([(safe_line(a), safe_line(b)) for a, b in rows(ctx)])
        with formatter.section("Example"):
            for line in self.example.splitlines():
                formatter.write(f"  {line}\n")


def command(
    name: str, *, example: str, more: Section | None = None
) -> Callable[[Callable[..., int | None]], click.Command]:
    """Make a click command of a function that takes a Face and its own options.

    The function returns an exit code, or None for 0.
    """

    def wrap(function: Callable[..., int | None]) -> click.Command:
        @click.pass_context
        @functools.wraps(function)
        def invoke(
            ctx: click.Context, /, workspace: Path | None, as_json: bool, **options: Any
        ) -> int:
            context = CommandContext(folder_of(workspace or ctx.obj), as_json)
            try:
                return _with_code(context, lambda: function(context, **options)) or 0
            except BrokenPipeError as error:
                # Not from our own output, see `streams`; click would treat it as that.
                raise RuntimeError(f"a connection broke off: {error}") from error
            finally:
                context.close()

        made = click.command(name, cls=ExampleCommand, example=example, more=more)(invoke)
        made.params += [
            click.Option(
                ["--workspace"],
                metavar="DIR",
                type=click.Path(path_type=Path),
                help="The workspace; without it the nearest folder upward.",
            ),
            click.Option(
                ["--json", "as_json"], is_flag=True, help="Print one JSON object on stdout."
            ),
        ]
        return made

    return wrap


def _with_code(context: CommandContext, run: Callable[[], int | None]) -> int | None:
    """Run a command; for code of the workspace that is not allowed, ask, and run it again.

    Code is checked before the first call of a run.
    """
    from workbench.errors import CodeError

    while True:
        try:
            return run()
        except CodeError as error:
            source = getattr(error, "source", None)
            if source is None or not context.may_ask():
                raise
            from workbench.actions.code_trust import allow_code, facts_of

            for line in facts_of(source).lines():
                context.note(line)
            if not context.agree("Did you read it, and may it run?"):
                raise
            allow_code(source)


def folder_of(workspace: Path | None) -> Path:
    """The folder in which to look for a workspace. Raises NotFound if it does not exist."""
    if workspace is None:
        return Path.cwd()
    if not workspace.is_dir():
        raise NotFound(f"no folder {workspace}")
    return workspace


def split_ref(ref: str) -> tuple[str, str]:
    """Split `prompt_id@version`. Raises click's usage error."""
    prompt_id, _, version = ref.partition("@")
    if not prompt_id or not version:
        raise click.UsageError(f"{ref!r} names no version: write PROMPT@VERSION")
    return prompt_id, version
