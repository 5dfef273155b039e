"""Blocking work beside the loop: a thread a job, each with its own Bench."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from workbench.actions.bench import Bench
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.workspace import Workspace

T = TypeVar("T")


async def call_in_thread(workspace: Workspace, fn: Callable[[Bench], T]) -> T:
    """What `fn(bench)` returns, from a daemon thread: a job that never ends cannot hold up
    quitting. Raises WorkbenchError for what it raised itself, and in place of OSError and
    sqlite3.Error.
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
            with Bench(workspace) as bench:
                result = fn(bench)
        except (OSError, sqlite3.Error) as raised:
            error = WorkbenchError(f"{type(raised).__name__}: {raised}")
        except BaseException as raised:  # noqa: BLE001 (the edge of the thread: handed on)
            error = raised
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=work, name="bench", daemon=True).start()
    return await future
