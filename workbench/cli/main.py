"""The entry point; turns errors into a line, a log file and an exit code."""

from __future__ import annotations

import errno
import json
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import click

from workbench.cli import interrupts, streams
from workbench.cli.app import workbench
from workbench.errors import (
    EXIT_DONE,
    EXIT_INCOMPLETE,
    EXIT_INTERRUPTED,
    EXIT_USAGE,
    WorkbenchError,
)
from workbench.present.safe_text import safe_line

STATE_VARIABLE = "WORKBENCH_STATE"
LOG_NAME = "errors.log"
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)
_LEAST_SECRET = 8
"""Characters of a value from which it is hidden: shorter ones occur in ordinary words."""
_SECRET_NAMES = ("KEY", "TOKEN", "SECRET", "PASSWORD")


def main() -> NoReturn:
    """The `workbench` command."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code. Raises nothing."""
    streams.prepare()
    wants_json = "--json" in arguments
    code = _outcome(arguments, wants_json)
    lost = streams.finish()
    if lost:
        _note(f"workbench: the result cannot be written: {safe_line(lost)}")
        code = code or EXIT_INCOMPLETE
    if interrupts.run_id():
        _note(f"resume with: workbench run --resume {interrupts.run_id()}")
    return code


def _outcome(arguments: Sequence[str], wants_json: bool) -> int:
    """Run the command; returns its exit code and reports errors."""
    try:
        code = workbench.main(list(arguments), prog_name="workbench", standalone_mode=False)
    except WorkbenchError as error:
        code = EXIT_INTERRUPTED if interrupts.count() else error.exit_code
        _report(error.message, error.hint, wants_json, code, _more(error))
    except click.exceptions.Exit as requested:
        code = requested.exit_code
    except click.ClickException as error:
        code = EXIT_USAGE
        _report(error.format_message(), _usage_hint(error), wants_json, code)
    except (KeyboardInterrupt, click.Abort):
        code = EXIT_INTERRUPTED
        _report("interrupted", "", wants_json, code)
    except SystemExit:
        # The reader of click's own output, such as help, has closed the pipe, as `head` does.
        streams.silence()
        code = EXIT_DONE
    except Exception as error:  # noqa: BLE001 - the outermost edge: users get no traceback
        code = EXIT_INCOMPLETE
        problem, hint = _disk_problem(error)
        _report(problem or _in_one_line(error), hint or f"details: {_log(error)}", wants_json, code)
    return code if isinstance(code, int) else EXIT_DONE


def _report(
    message: str, hint: str, wants_json: bool, code: int, more: Mapping[str, Any] | None = None
) -> None:
    line = f"workbench: {safe_line(message)}"
    _note(f"{line} ({safe_line(hint)})" if hint else line)
    if wants_json:
        values = {"error": message, "hint": hint, "exit_code": code, **(more or {})}
        streams.write(json.dumps(values, indent=2) + "\n")


def _more(error: WorkbenchError) -> dict[str, Any]:
    diff = getattr(error, "diff", ())
    for line in diff:
        _note(f"  {safe_line(str(line))}")
    return {"diff": list(diff)} if diff else {}


def _note(line: str) -> None:
    streams.note(line + "\n")


def _usage_hint(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f"{context.command_path} --help" if context else ""


def _in_one_line(error: BaseException) -> str:
    text = _without_secrets(str(error)).strip()
    first = text.splitlines()[0] if text else ""
    return f"unexpected {type(error).__name__}: {first}" if first else type(error).__name__


def _disk_problem(error: Exception) -> tuple[str, str]:
    """Message and hint for a disk that is full or read-only; empty for other errors."""
    name = str(getattr(error, "sqlite_errorname", ""))
    if name == "SQLITE_FULL":
        return "the runs cannot be stored: the disk is full", "free some space; nothing was lost"
    if name.startswith("SQLITE_READONLY"):
        return "the runs cannot be stored: they may only be read here", "check the permissions"
    if isinstance(error, OSError) and error.errno in _DISK and error.filename:
        problem = f"{error.filename} cannot be written: {error.strerror}"
        return problem, "check the space and the permissions there"
    return "", ""


def _log(error: BaseException) -> Path | str:
    """Log the traceback, without the values of variables; returns the log's path."""
    folder = _state_folder()
    text = "".join(traceback.format_exception(error))
    stamp = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / LOG_NAME
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"--- {stamp}\n{_without_secrets(text)}\n")
    except OSError as problem:
        return f"none, {folder} cannot be written: {problem.strerror}"
    return path


def _state_folder() -> Path:
    given = os.environ.get(STATE_VARIABLE)
    if given:
        return Path(given)
    import platformdirs

    return platformdirs.user_state_path("prompt-workbench")


def _without_secrets(text: str) -> str:
    """`text` without the values of variables that hold keys."""
    for name, value in os.environ.items():
        if len(value) >= _LEAST_SECRET and any(part in name.upper() for part in _SECRET_NAMES):
            text = text.replace(value, "[secret]")
    return text
