"""MLflow in a child process: it is large, and may be in another environment than the workbench.

A process serves one Python and one registry, is kept for the calls that follow, and ends when it
was idle for a while or with this process.
"""

from __future__ import annotations

import atexit
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from workbench.errors import ExtraMissing, TargetRefused, TargetUnreachable, UsageError
from workbench.exchange.clients import mlflow_child
from workbench.providers.redact import one_line

INSTALL = "pip install 'prompt-workbench[mlflow]', or name a Python that has it: options.python"
IDLE_S = 60.0
START_S = 120.0
"""More than a call may take, for a process that has yet to import MLflow and make its tables."""
MAX_ANSWER = 64_000_000
_OWN: Mapping[str, str] = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    # A repeated request might make a second version: what to repeat is decided here.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_ALLOW_HTTP_REDIRECTS": "false",
    "MLFLOW_ENABLE_DB_SDK": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}


@dataclass(frozen=True, slots=True)
class Registry:
    """Which MLflow, and how it is reached."""

    uri: str
    python: str = ""
    """The interpreter; empty: that of this process."""
    timeout_s: float = 30.0
    """For one call of a process that has started."""
    variables: tuple[tuple[str, str], ...] = ()
    """Environment variables of the child: user, password, token."""
    hidden: tuple[str, ...] = ()
    """What errors must not show."""

    def ask(self, operation: str, /, **arguments: Any) -> Any:
        """The answer to an operation of `mlflow_child`.

        Raises ExtraMissing without MLflow, TargetRefused or TargetUnreachable.
        """
        answer = _process(self).ask({"op": operation, "uri": self.uri, **arguments})
        if "ok" in answer:
            return answer["ok"]
        if answer.get("kind") == mlflow_child.MISSING:
            raise ExtraMissing(f"{self.python or sys.executable} has no MLflow", hint=INSTALL)
        message = one_line(str(answer.get("error", "")), self.hidden)
        if answer.get("kind") == mlflow_child.UNREACHABLE:
            raise TargetUnreachable(f"MLflow: {message}", may_have_committed=True)
        raise TargetRefused(f"MLflow: {message}")


class _Process:
    """A child, and the thread that reads its answers."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._lock = threading.Lock()
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the child
        self._has_answered = False
        self.uses = 0
        """How often it was asked: a process that was asked again since is not idle."""
        python = registry.python or sys.executable
        try:
            self._child = subprocess.Popen(
                [python, "-I", str(Path(mlflow_child.__file__))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env={**os.environ, **_environment(registry)},
            )
        except OSError as error:
            self._errors.close()
            hint = "options.python names the Python that has MLflow"
            raise UsageError(f"cannot start {python}: {error.strerror}", hint=hint) from error
        threading.Thread(target=self._read, name="mlflow answers", daemon=True).start()

    @property
    def alive(self) -> bool:
        return self._child.poll() is None

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The answer. Raises TargetUnreachable where the process ends or takes too long."""
        with self._lock:
            # MLflow itself waits for its server; the process gets a little longer.
            limit = self._registry.timeout_s + (5.0 if self._has_answered else START_S)
            answer: dict[str, Any] | None = None
            try:
                assert self._child.stdin is not None
                self._child.stdin.write(json.dumps(request).encode() + b"\n")
                self._child.stdin.flush()
                answer = json.loads(self._answers.get(timeout=limit))
            except (OSError, ValueError, queue.Empty) as error:
                raise self._ended(error, limit) from error
            finally:
                if answer is None:  # a late answer must not be taken for that of the next request
                    self.close()
            self._has_answered = True
            timer = threading.Timer(IDLE_S, _end_if_idle, (self._registry, self.uses))
            timer.daemon = True
            timer.start()
            return answer

    def close(self) -> None:
        """End it and wait for its end."""
        if self.alive:
            self._child.kill()
        self._child.wait()
        for pipe in (self._child.stdin, self._errors):
            if pipe:
                _close(pipe)

    def _read(self) -> None:
        assert self._child.stdout is not None
        with self._child.stdout as answers:
            while line := answers.readline(MAX_ANSWER):
                self._answers.put(line)
        self._answers.put(b"")

    def _ended(self, error: Exception, limit: float) -> TargetUnreachable:
        """What to say of a process that gave no answer."""
        if isinstance(error, queue.Empty):
            what = f"it gave no answer within {limit:g} s"
        else:
            self._child.kill()
            code = self._child.wait()
            self._errors.seek(0)
            lines = self._errors.read().decode("utf-8", "replace").strip().splitlines() or [""]
            message = one_line(lines[-1], self._registry.hidden)
            what = f"its process ended with {code}{': ' if message else ''}{message}"
        return TargetUnreachable(f"MLflow: {what}", may_have_committed=True)


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except OSError:
        return  # what was not written is of no use to a process that has ended


def _environment(registry: Registry) -> dict[str, str]:
    timeout = {"MLFLOW_HTTP_REQUEST_TIMEOUT": str(max(1, round(registry.timeout_s)))}
    return {**_OWN, **timeout, **dict(registry.variables)}


_running: dict[Registry, _Process] = {}
_lock = threading.Lock()


def _process(registry: Registry) -> _Process:
    with _lock:
        process = _running.get(registry)
        if process is None or not process.alive:
            process = _running[registry] = _Process(registry)
        process.uses += 1
        return process


def _end_if_idle(registry: Registry, uses: int) -> None:
    with _lock:
        process = _running.get(registry)
        if process is not None and process.uses == uses:
            _running.pop(registry).close()


@atexit.register
def close_all() -> None:
    """End every process."""
    with _lock:
        for process in _running.values():
            process.close()
        _running.clear()
