"""Runs one function of workspace code in a child process with limits on time, memory and output."""

from __future__ import annotations

import json
import math
import os
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from workbench.child_process.confine import RESTRICTIONS
from workbench.child_process.installed import folders_of_packages
from workbench.child_process.source import Source
from workbench.errors import CodeError

_WORKER = Path(__file__).with_name("worker.py")
_MAX_CONFIG = 1 << 20
_PASSED_ON = ("LANG", "LC_ALL", "TZ", "SYSTEMROOT")
"""Environment variables that the code may see; all others, and so all keys, are kept from it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one function may use."""

    call_seconds: float = 5.0
    """Wall time of one call."""
    load_seconds: float = 30.0
    """Wall time of importing the file, which may bring large packages along."""
    memory_bytes: int = 2 << 30
    """Address space of the process."""
    output_bytes: int = 1 << 20
    """Size of one result as JSON."""


LIMITS = Limits()


class CallFailed(Exception):
    """A call gave no result: the code raised, took too long, or its process ended.

    The message says which, in one line; it may repeat what the code says, so it is not to be
    trusted. `printed` is the end of what the code printed.
    """

    def __init__(self, message: str, printed: str = "") -> None:
        super().__init__(message)
        self.printed = printed


class ChildProcess:
    """Calls a function of a source. Starts at the first call, and again after a call that ended
    its process. One call at a time; threads wait for one another.
    """

    def __init__(
        self,
        source: Source,
        function: str,
        limits: Limits = LIMITS,
        *,
        arguments: int | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        """`options` are passed to each call by name; code that does not take them, or not as many
        `arguments`, cannot be loaded.
        """
        self._source = source
        self._function = function
        self._limits = limits
        self._arguments = arguments
        self._options = dict(options or {})
        self._number = 0
        """Of the last call: an answer repeats it."""
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self.enforced: tuple[str, ...] = ()
        """What the system enforces, of RESTRICTIONS; known after `start`."""

    def __enter__(self) -> ChildProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def declared(self) -> tuple[str, ...]:
        """What the code is asked to leave alone, and this system cannot enforce."""
        return tuple(name for name in RESTRICTIONS if name not in self.enforced)

    def start(self) -> None:
        """Load the code, unless that was done. Raises CodeError if it cannot be loaded."""
        with self._lock:
            self._start()

    def call(self, *arguments: Any) -> Any:
        """The function's result for these JSON values, itself a JSON value.

        Raises CallFailed, or CodeError if the code cannot be loaded.
        """
        (result,) = self.call_many([arguments])
        if isinstance(result, CallFailed):
            raise result
        return result

    def call_many(self, calls: Sequence[Sequence[Any]]) -> list[Any]:
        """The results of several calls, see `call_encoded`. Raises ValueError for no JSON."""
        return self.call_encoded([json.dumps(list(each), allow_nan=False) for each in calls])

    def call_encoded(self, encoded: Sequence[str]) -> list[Any]:
        """The results of calls whose arguments are JSON lists, in their order; a CallFailed for
        each that has none.

        Each call may take its time. The calls go over in one frame, which is several times faster
        than a frame each. Raises CodeError if the code cannot be loaded.
        """
        results: list[Any] = []
        with self._lock:
            while len(results) < len(encoded):
                self._start()
                try:
                    self._ask(encoded[len(results) :], results)
                except _Ended as ended:
                    self._stop()
                    results.append(CallFailed(str(ended)))
        return results

    def _ask(self, calls: Sequence[str], results: list[Any]) -> None:
        """Append a result per call. Raises _Ended at the first that ends the process."""
        first, self._number = self._number + 1, self._number + len(calls)
        request: bytes | None = f"[{first},[{','.join(calls)}]]".encode()
        for number in range(first, first + len(calls)):
            answer = self._exchange(request, self._limits.call_seconds)
            request = None
            if answer.get("number") != number:
                raise _Ended("its process answered with the result of another call")
            if "result" in answer:
                results.append(answer["result"])
            else:
                error, printed = str(answer.get("error")), str(answer.get("printed", ""))
                results.append(CallFailed(error, printed))

    def close(self) -> None:
        """End the process, whatever it does."""
        with self._lock:
            self._stop()

    def _start(self) -> None:
        if self._process is not None:
            return
        self._process = subprocess.Popen(
            [sys.executable, *_flags(), str(_WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_WORKER.parent,
            env=_environment(),
            start_new_session=True,
        )
        try:
            answer = self._exchange(self._config(), self._limits.load_seconds)
        except _Ended as ended:
            self._stop()
            raise CodeError(f"{self._source.path} cannot be loaded: {ended}") from None
        if "enforced" not in answer:
            self._stop()
            raise CodeError(f"{self._source.path} cannot be loaded: {answer.get('error')}")
        self.enforced = tuple(name for name in RESTRICTIONS if name in answer["enforced"])

    def _config(self) -> bytes:
        limits = asdict(self._limits)
        path = folders_of_packages()
        readable = {sys.prefix, sys.base_prefix, sys.exec_prefix, *path}
        modules = {
            name: {"path": module.path, "text": module.text}
            for name, module in self._source.modules.items()
        }
        config = {
            **limits,
            "path": path,
            "readable": sorted(item for item in readable if Path(item).parent != Path(item)),
            "modules": modules,
            "name": self._source.name,
            "function": self._function,
            "arguments": self._arguments,
            "options": self._options,
        }
        return json.dumps(config).encode()

    def _exchange(self, request: bytes | None, seconds: float) -> dict[str, Any]:
        """Send a frame, if there is one, and read one. Raises _Ended if there is none in time."""
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None
        deadline = time.monotonic() + seconds
        with _Watch(process, seconds) as watch:
            try:
                if request is not None:
                    frame = struct.pack(">I", len(request)) + request
                    _write(process.stdin.fileno(), frame, deadline)
                (size,) = struct.unpack(">I", _read(process.stdout.fileno(), 4, deadline))
                # The child may be out of its code's hands: what it sends is not to be trusted.
                if size > max(self._limits.output_bytes, _MAX_CONFIG) + 4096:
                    raise _Ended("its result is too large")
                answer = json.loads(_read(process.stdout.fileno(), size, deadline))
            except (TimeoutError, BrokenPipeError, EOFError, OSError) as error:
                if isinstance(error, TimeoutError) or watch.ended_it:
                    raise _Ended(f"it took longer than {seconds:g} s") from None
                raise _Ended(_how_it_ended(process)) from None
            except (ValueError, RecursionError):
                raise _Ended("its process answered with what is no JSON") from None
        if not isinstance(answer, dict):
            raise _Ended("its process answered with what is no result")
        return answer

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        _kill(process)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        process.wait()


class _Ended(Exception):
    """The process gave no frame."""


class _Watch:
    """On Windows, where pipes cannot be polled: a timer that ends the process."""

    def __init__(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        self.ended_it = False
        self._process = process
        self._timer = threading.Timer(seconds, self._end) if os.name == "nt" else None

    def _end(self) -> None:
        self.ended_it = True
        self._process.kill()

    def __enter__(self) -> _Watch:
        if self._timer:
            self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer:
            self._timer.cancel()


def _flags() -> list[str]:
    return ["-X", "utf8", *(["-s"] if sys.flags.no_user_site else [])]


def _environment() -> dict[str, str]:
    """Few variables, and no keys; hashes of texts do not change from one run to the next."""
    kept: Mapping[str, str] = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**kept, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process with all that it may have started."""
    if os.name == "nt":
        process.kill()
        return
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # it ended; macOS says the latter
        process.kill()


def _how_it_ended(process: subprocess.Popen[bytes]) -> str:
    try:
        code = process.wait(timeout=1)
    except subprocess.TimeoutExpired:
        return "its process closed its output"
    if code < 0:
        return f"its process was ended by {signal.Signals(-code).name}"
    return f"its process ended with exit code {code}"


def _wait(handle: int, event: int, deadline: float) -> None:
    if os.name == "nt":
        return
    poll = select.poll()
    poll.register(handle, event)
    left = deadline - time.monotonic()
    if left <= 0 or not poll.poll(math.ceil(left * 1000)):
        raise TimeoutError


def _read(handle: int, count: int, deadline: float) -> bytes:
    parts = []
    while count:
        _wait(handle, select.POLLIN, deadline)
        part = os.read(handle, min(count, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _write(handle: int, data: bytes, deadline: float) -> None:
    rest = memoryview(data)
    while rest:
        _wait(handle, select.POLLOUT, deadline)
        # A pipe that is ready takes this many bytes without blocking.
        rest = rest[os.write(handle, rest[: select.PIPE_BUF]) :]
