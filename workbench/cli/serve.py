"""`workbench serve`."""

from __future__ import annotations

import contextlib
import shlex
import sys
from importlib.util import find_spec

import click

from workbench.cli.context import CommandContext, command
from workbench.errors import ExtraMissing, UsageError

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@command("serve", example="workbench serve --port 8000")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="0: any that is free.",
)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option(
    "--sessions",
    type=click.IntRange(1, 100),
    default=4,
    show_default=True,
    help="Pages that may be open at once.",
)
def serve_command(context: CommandContext, port: int, host: str, sessions: int) -> None:
    """Open the screens in a browser on this machine.

    The address has a token, new at each start: whoever has it can deploy, so keep it to yourself.
    It is not encrypted, so it listens on loopback only.
    Browsers keep Ctrl+T, Ctrl+N and Ctrl+W to themselves: F7 tries a case there, and the palette,
    Ctrl+P, has everything.
    """
    if host not in _LOOPBACK:
        raise UsageError(
            f"not served on {host}: there is no login, and whoever reads the token can deploy",
            hint="reach it through ssh -L, or a proxy that asks who is there",
        )
    if find_spec("textual_serve") is None:
        raise ExtraMissing(
            "serving needs textual-serve", hint="pip install 'prompt-workbench[web]'"
        )
    from workbench.cli.serving import LoopbackServer

    root = context.workspace().root
    opens = shlex.join([sys.executable, "-P", "-m", "workbench.tui", str(root)])
    server = LoopbackServer(opens, host, port, sessions)
    context.note(f"{server.page_url} (Ctrl+C ends it)")
    with contextlib.redirect_stdout(sys.stderr):
        server.serve()
    context.answer({"workspace": str(root), "host": host, "port": server.port}, [])
