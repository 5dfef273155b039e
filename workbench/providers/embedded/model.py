"""The embedded model: llama.cpp in a child process that serves the OpenAI HTTP API on 127.0.0.1.

In a child process, because a crash of native code must not end the terminal or lose a run's
results.
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

CONTEXT_TOKENS = 4096
"""Of one call, prompt and answer together."""
START_SECONDS = 120.0
_CLOSE_SECONDS = 5.0
_MAX_THREADS = 8
_LOG_TAIL = 8192
_LOGGED_ERROR = re.compile(r"^[\d.]+ E (.+)$", re.MULTILINE)
# Variables needed to find the interpreter, its packages and native libraries; none holds a key.
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
    """A running child process, with `base_url` and `api_key` for an OpenAI client.

    The key is generated for each start, so that other users of the machine and web pages cannot use
    the model. The child ends with `close()` or with this process.
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
        """Whether the child is still running; a model can crash."""
        return self._process.poll() is None

    @property
    def last_log_line(self) -> str:
        """The last line of the child's log, untrusted text; empty if there is none."""
        return _last_line(self._log)

    def close(self) -> None:
        """Stop the child and wait for its end. May be called again."""
        _end(self._process)
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def start(
    model: EmbeddedModel,
    slots: int = 2,
    context_tokens: int = CONTEXT_TOKENS,
    threads: int | None = None,
) -> EmbeddedServer:
    """Start the model and return when it answers.

    Each of `slots` holds one call of up to `context_tokens` tokens, prompt and answer together;
    more concurrent calls are queued. A slot caches the prefix of one prompt, so two slots serve two
    prompts alternately. On a CPU more slots do not make a run faster, and batched calls may give
    different answers than single ones where two tokens are almost equally likely. `threads` is the
    number of CPU threads, by default as many as this process may use, at most 8.

    Raises ExtraMissing without the extra, ProviderError if the child does not start.
    """
    if importlib.util.find_spec("xllamacpp") is None:
        raise ExtraMissing("the embedded model is not installed", hint=INSTALL)
    config = {
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
        process = _spawn(json.dumps(config), writer)
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


def _spawn(config: str, log: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        # -P: keeps the child's folder, whose modules have common names, off sys.path.
        [sys.executable, "-P", str(Path(child.__file__)), config],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        env=_environment(),
        cwd=cache_folder(),
        # Ctrl-C is handled by the parent; the child ends with it.
        start_new_session=True,
    )


def _environment() -> dict[str, str]:
    passed_on = {name: value for name, value in os.environ.items() if name.upper() in _PASSED_ON}
    # Spinning OpenMP threads make no progress while another process uses their core: measured on
    # two busy cores, a call took 4.4 s with spinning and 0.5 s without.
    folders = [passed_on.get("LD_LIBRARY_PATH", ""), missing_library_folder()]
    if path := ":".join(filter(None, folders)):
        passed_on["LD_LIBRARY_PATH"] = path
    return {"OMP_WAIT_POLICY": "PASSIVE", **passed_on}


def _await_address(process: subprocess.Popen[bytes], api_key: str) -> str | None:
    """The child's address; None if it ended, or was stopped, before it printed one."""
    assert process.stdin is not None and process.stdout is not None
    deadline = threading.Timer(START_SECONDS, process.kill)
    deadline.start()
    try:
        process.stdin.write(f"{api_key}\n".encode())
        process.stdin.flush()
        return str(json.loads(process.stdout.readline())["address"])
    except (OSError, ValueError):
        # A broken pipe or an empty line: the child ended, and its log says why.
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
    """Open a new, empty log for writing and reading; another running child keeps its file.

    Raises ProviderError.
    """
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
    """The first error in the log, as later ones follow from it; else the last line, which is
    Python's error."""
    log.seek(0)
    logged_error = _LOGGED_ERROR.search(log.read(_LOG_TAIL).decode("utf-8", "replace"))
    return logged_error.group(1).strip() if logged_error else _last_line(log)


def _last_line(log: IO[bytes]) -> str:
    if log.closed:
        return ""
    log.seek(max(0, os.fstat(log.fileno()).st_size - _LOG_TAIL))
    lines = [line.strip() for line in log.read().decode("utf-8", "replace").splitlines()]
    return next((line for line in reversed(lines) if line), "")
