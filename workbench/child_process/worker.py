"""The child process: loads one function of workspace code, and calls it for the parent.

Run as a file, with frames on stdin and stdout: four bytes with the length, and JSON. The first
frame from the parent is the configuration; then frames with the number of a call and the
arguments of it and those after it; each call is answered by a frame with its number. It ends with
stdin.
"""

from __future__ import annotations

import functools
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import inspect
import io
import json
import os
import signal
import struct
import sys
import traceback
from collections.abc import Callable, Sequence
from types import CodeType, ModuleType
from typing import Any, cast

Function = Callable[..., Any]

_ENCODER, _DECODER = json.JSONEncoder(allow_nan=False), json.JSONDecoder()
"""Of our own: the code may replace the functions of `json`."""
_PRINTED = 2_000
_MESSAGE = 300


def main() -> None:
    """Serve until stdin ends."""
    requests, answers = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    config = json.loads(_read(requests) or b"{}")
    printed = _Printed()
    sys.stdout = sys.stderr = printed
    function: Function | None = None
    try:
        enforced = _confine(config)
        function = _load(config)
        _write(answers, _encoded({"enforced": enforced}))
    except BaseException as error:  # noqa: BLE001 - code may raise anything
        _write(answers, _failure(error, config, printed))
    while function and (frame := _read(requests)) is not None:
        first, calls = _DECODER.decode(frame.decode())
        for number, arguments in enumerate(calls, first):
            printed.clear()
            _write(answers, _call(function, number, arguments, config, printed))


def _confine(config: dict[str, Any]) -> list[str]:
    """Make ready for the code; what the system enforces from now on."""
    from confine import confine  # type: ignore[import-not-found, unused-ignore]

    sys.path[:] = config["path"]  # without the folder of this file
    sys.dont_write_bytecode = True
    sys.meta_path.insert(0, _WorkspaceFinder(config["modules"]))
    enforced: list[str] = confine(config["memory_bytes"], config["readable"])
    return enforced


def _load(config: dict[str, Any]) -> Function:
    _alarm(config["load_seconds"])
    function = getattr(importlib.import_module(config["name"]), config["function"], None)
    _alarm(0)
    if not callable(function):
        raise LookupError(f"it has no function {config['function']!r}")
    if config["arguments"] is not None:
        inspect.signature(function).bind(*[None] * config["arguments"], **config["options"])
    return functools.partial(cast(Function, function), **config["options"])


def _call(
    function: Function, number: int, arguments: list[Any], config: dict[str, Any], printed: _Printed
) -> bytes:
    # For the case that the parent was killed and cannot end a call that never returns.
    _alarm(config["call_seconds"] * 2 + 1)
    try:
        answer = _encoded({"result": function(*arguments), "number": number})
        if len(answer) > config["output_bytes"]:
            raise ValueError(f"its result is larger than {config['output_bytes']} bytes")
        return answer
    except BaseException as error:  # noqa: BLE001 - code may raise anything
        return _failure(error, config, printed, number)
    finally:
        _alarm(0)


def _alarm(seconds: float) -> None:
    """Let the system end this process after that time; 0: not."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _encoded(value: dict[str, Any]) -> bytes:
    return _ENCODER.encode(value).encode()


def _failure(
    error: BaseException, config: dict[str, Any], printed: _Printed, number: int = 0
) -> bytes:
    shown, last = _in_words(error, config), printed.last()
    return _encoded({"error": shown, "printed": last, "number": number})


def _in_words(error: BaseException, config: dict[str, Any]) -> str:
    """`ValueError: no number (scorers/x.py line 3)`: the innermost line of workspace code."""
    try:
        text = f"{type(error).__name__}: {error}"[:_MESSAGE]
    except Exception:  # noqa: BLE001 - its __str__ is workspace code
        text = type(error).__name__
    files = {module["path"] for module in config["modules"].values()}
    if isinstance(error, SyntaxError) and error.filename in files:
        return f"{text} ({error.filename} line {error.lineno})"
    for place in reversed(traceback.extract_tb(error.__traceback__)):
        if place.filename in files:
            return f"{text} ({place.filename} line {place.lineno})"
    return text


class _Printed(io.TextIOBase):
    """Keeps the last characters that the code prints."""

    def __init__(self) -> None:
        self._text = ""

    def write(self, text: str) -> int:
        self._text = (self._text + text[-_PRINTED:])[-_PRINTED:]
        return len(text)

    def last(self) -> str:
        return self._text

    def clear(self) -> None:
        self._text = ""


class _WorkspaceFinder(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports the workspace's modules from the texts that the parent read and hashed."""

    def __init__(self, modules: dict[str, dict[str, str]]) -> None:
        self._modules = modules
        self._packages = {
            ".".join(parts[:count])
            for parts in (dotted.split(".") for dotted in modules)
            for count in range(1, len(parts))
        }

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        del path, target
        if fullname not in self._modules and fullname not in self._packages:
            return None
        spec = importlib.util.spec_from_loader(fullname, self, is_package=self.is_package(fullname))
        if spec and fullname in self._modules:
            spec.origin = self._modules[fullname]["path"]
            spec.has_location = True
        return spec

    def is_package(self, fullname: str) -> bool:
        return fullname in self._packages or self._path(fullname).endswith("__init__.py")

    def get_source(self, fullname: str) -> str:
        return self._modules[fullname]["text"] if fullname in self._modules else ""

    def get_code(self, fullname: str) -> CodeType | None:
        return compile(self.get_source(fullname), self._path(fullname), "exec", dont_inherit=True)

    def _path(self, fullname: str) -> str:
        return self._modules[fullname]["path"] if fullname in self._modules else "<package>"


def _read(handle: int) -> bytes | None:
    """The next frame, or None at the end."""
    header = _exactly(handle, 4)
    return None if header is None else _exactly(handle, struct.unpack(">I", header)[0])


def _exactly(handle: int, count: int) -> bytes | None:
    parts = []
    while count:
        part = os.read(handle, min(count, 1 << 20))
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _write(handle: int, data: bytes) -> None:
    rest = memoryview(struct.pack(">I", len(data)) + data)
    while rest:
        rest = rest[os.write(handle, rest) :]


if __name__ == "__main__":
    main()
