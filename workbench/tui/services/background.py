"""Blocking work off the event loop: one thread per job, each with its own Session."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from workbench.actions.session import Session
from workbench.errors import UntrustedWorkspace, WorkbenchError

if TYPE_CHECKING:
    from workbench.tui.context.app_context import AppContext
    from workbench.workspace import Workspace

T = TypeVar("T")


async def call_in_thread(
    workspace: Workspace,
    fn: Callable[[Session], T],
    first: Callable[[], None] | None = None,
    on_warning: Callable[[str], None] | None = None,
) -> T:
    """The result of `fn(session)`, called in a daemon thread, so that a hanging job cannot block
    quitting. `first` is called before it and `on_warning` by the session, in that thread. Raises
    what `fn` raises, and WorkbenchError in place of OSError and sqlite3.Error.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(result)  # type: ignore[arg-type]
        else:
            future.set_exception(error)

    def work() -> None:
        result: T | None = None
        error: BaseException | None = None
        try:
            if first:
                first()
            with Session(workspace, on_warning) as session:
                result = fn(session)
        except (OSError, sqlite3.Error) as raised:
            error = WorkbenchError(f"{type(raised).__name__}: {raised}")
        except BaseException as raised:  # noqa: BLE001 (the edge of the thread: handed on)
            error = raised
        # The loop is closed if the app was quit meanwhile.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=work, name="session", daemon=True).start()
    return await future


async def run_job(
    app: AppContext,
    fn: Callable[[Session], T],
    done: Callable[[T], object] | None,
    failed: Callable[[WorkbenchError], object] | None,
) -> None:
    """Call `fn` in a thread and pass on its result.

    A bug in the job must not crash the app with an unsaved draft and a paid run: it is shown, with
    the traceback under Messages, and the app goes on.
    """
    warnings: list[str] = []
    try:
        # Pending draft writes finish before the job reads files.
        result = await call_in_thread(app.workspace, fn, app.file_worker.wait, warnings.append)
        if done and not app.is_ending:
            done(result)
        for warning in warnings:
            app.tell(f"warning: {warning}", error=True)
    except WorkbenchError as error:
        if app.is_ending:
            return
        if failed:
            failed(error)
        else:
            app.tell(str(error), error=True)
        if isinstance(error, UntrustedWorkspace):
            app.action_trust()
    except Exception as error:  # noqa: BLE001 (the edge between a job and the app)
        story = "".join(traceback.format_exception(error, limit=-12))
        app.message_log.append(f"! a bug in workbench:\n{story}")
        app.tell(
            f"a bug in workbench: {type(error).__name__}: {error} · more: Messages", error=True
        )
