"""The embedded model: llama.cpp in a child process that speaks the OpenAI HTTP API on 127.0.0.1.

A child, because a crash of native code must not take the terminal or a run's results with it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, Self

from workbench.errors import ExtraMissing, ProviderError
from workbench.providers.embedded import child
from workbench.providers.embedded.model_files import (
    INSTALL,
    EmbeddedModel,
    cache_folder,
    find_weights,
)
from workbench.providers.embedded.openmp import missing_library_folder

__all__ = ["EmbeddedModel", "EmbeddedServer", "find_weights", "start"]

START_SECONDS = 120.0
_CLOSE_SECONDS = 5.0
_MAX_THREADS = 8
_LOG_TAIL = 8192
_LOGGED_ERROR = re.compile(r"^[\d.]+ E (.+)$", re.MULTILINE)
# What finding the interpreter, its packages and native libraries takes: no key is among it.
_PASSED_ON = frozenset(
    [
        "PATH",
        "PYTHONPATH",
        "PYTHONHOME",
        "LANG",
        "LC_ALL",
        "TMPDIR",
        "TEMP",
        "TMP",
        "SYSTEMROOT",
        "LD_LIBRARY_PATH",
        "DYLD_LIBRARY_PATH",
        "OMP_WAIT_POLICY",
        "CUDA_VISIBLE_DEVICES",
    ]
)


class EmbeddedServer:
    """A running child. `base_url` and `api_key` are what an OpenAI client needs.

    The key is made up for each start, so that no other user of the machine and no web page can
    make the model work. The child ends with `close()`, or with this process.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        log: IO[bytes],
        model: EmbeddedModel,
        base_url: str,
        api_key: str,
    ) -> None:
        self._process = process
        self._log = log
        self.model = model
        self.base_url = base_url
        self.api_key = api_key

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the child still runs; a model can crash."""
        return self._process.poll() is None

    @property
    def last_words(self) -> str:
        """The last line that the child logged, untrusted text; empty if there is none."""
        return _last_line(self._log)

    def close(self) -> None:
        """Ends the child and waits until it is gone. Again is fine."""
        _end(self._process)
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def start(
    model: EmbeddedModel,
    slots: int = 2,
    context_tokens: int = 4096,
    threads: int | None = None,
) -> EmbeddedServer:
    """Starts the model and returns when it answers.

    Each of `slots` holds one call of up to `context_tokens` tokens, prompt and answer together;
    more calls at once wait in line. A slot remembers one prompt, so that two of them serve two
    prompts in turn. On a CPU more slots do not make a run faster, and calls that are answered
    together may differ from calls one by one where two answers are nearly as likely.
    `threads` is the number of CPU threads, by default as many as this process may use, 8 at most.

    Raises ExtraMissing without the extra, ProviderError if the child does not come up.
    """
    if importlib.util.find_spec("xllamacpp") is None:
        raise ExtraMissing("the embedded model is not installed", hint=INSTALL)
    wanted = {
        "path": str(model.path),
        "name": model.name,
        "plain": not model.own_template,
        "slots": slots,
        "context_tokens": context_tokens,
        "threads": threads or _usable_cores(),
    }
    api_key = secrets.token_urlsafe(24)
    writer, log = _open_log()
    try:
        process = _spawn(json.dumps(wanted), writer)
    except OSError as error:
        log.close()
        raise ProviderError(f"cannot start the embedded model: {error.strerror}") from error
    finally:
        writer.close()
    address = _await_address(process, api_key)
    if address is None:
        _end(process)
        words = _reason(log)
        log.close()
        raise ProviderError(
            f"the embedded model {model.name} did not start (exit code {process.returncode})"
            + (f": {words}" if words else ""),
            hint=f"log: {_log_path()}",
        )
    return EmbeddedServer(process, log, model, f"{address}/v1", api_key)


def _spawn(wanted: str, log: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        # -P: the child's own folder, whose modules have common names, is not searched.
        [sys.executable, "-P", str(Path(child.__file__)), wanted],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        env=_environment(),
        cwd=cache_folder(),
        # Ctrl-C in the terminal is the parent's to handle; the child follows it.
        start_new_session=True,
    )


def _environment() -> dict[str, str]:
    passed_on = {name: value for name, value in os.environ.items() if name.upper() in _PASSED_ON}
    # Threads that spin while they wait for each other get nowhere when something else needs a
    # core: measured on two busy cores, a call took 4.4 s with spinning threads and 0.5 s without.
    folders = [passed_on.get("LD_LIBRARY_PATH", ""), missing_library_folder()]
    if path := ":".join(filter(None, folders)):
        passed_on["LD_LIBRARY_PATH"] = path
    return {"OMP_WAIT_POLICY": "PASSIVE", **passed_on}


def _await_address(process: subprocess.Popen[bytes], api_key: str) -> str | None:
    """Where the child listens; None if it ended, or had to be ended, without saying so."""
    assert process.stdin is not None and process.stdout is not None
    deadline = threading.Timer(START_SECONDS, process.kill)
    deadline.start()
    try:
        process.stdin.write(f"{api_key}\n".encode())
        process.stdin.flush()
        return str(json.loads(process.stdout.readline())["address"])
    except (OSError, ValueError):
        # A broken pipe or an empty line: the child is gone, and its log says why.
        return None
    finally:
        deadline.cancel()
        process.stdout.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    try:
        process.wait(_CLOSE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), _MAX_THREADS)
    return min(os.cpu_count() or 1, _MAX_THREADS)


def _log_path() -> Path:
    return cache_folder() / "local-model.log"


def _open_log() -> tuple[IO[bytes], IO[bytes]]:
    """A new, empty log, to write and to read. Another running child keeps its own file."""
    folder = cache_folder()
    try:
        handle, name = tempfile.mkstemp(prefix=".local-model.", suffix=".log", dir=folder)
        writer = os.fdopen(handle, "wb", buffering=0)
        reader = Path(name).open("rb")  # noqa: SIM115  (the server's, until close())
        Path(name).replace(_log_path())
    except OSError as error:
        raise ProviderError(f"cannot write a log in {folder}: {error.strerror}") from error
    return writer, reader


def _reason(log: IO[bytes]) -> str:
    """The first error that llama.cpp logged, as later ones only follow from it; else the last
    line, which is what Python says."""
    log.seek(0)
    found = _LOGGED_ERROR.search(log.read(_LOG_TAIL).decode("utf-8", "replace"))
    return found.group(1).strip() if found else _last_line(log)


def _last_line(log: IO[bytes]) -> str:
    if log.closed:
        return ""
    log.seek(max(0, os.fstat(log.fileno()).st_size - _LOG_TAIL))
    lines = [line.strip() for line in log.read().decode("utf-8", "replace").splitlines()]
    return next((line for line in reversed(lines) if line), "")
