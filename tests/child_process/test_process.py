"""Workspace code in a child process: what it gives, what it may not do, and how it ends."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.child_process.confine import RESTRICTIONS
from workbench.child_process.process import CallFailed, ChildProcess, Limits
from workbench.child_process.source import read_source
from workbench.errors import CodeError

CODE = """
import helpers

def same(*values):
    return list(values)

def half(number):
    return helpers.divide(number, 2)

def run(code):
    print("printed")
    names = {}
    exec(code, names)
    return names.get("result")
"""
HELPERS = "def divide(number, by):\n    return number / by\n"

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="enforced on Linux")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("workspace")
    (root / "scorers").mkdir()
    (root / "scorers/own.py").write_text(CODE)
    (root / "scorers/helpers.py").write_text(HELPERS)
    (root / "scorers/terms.json").write_text("{}")
    return root


@pytest.fixture(scope="module")
def child(root: Path) -> Iterator[ChildProcess]:
    limits = Limits(call_seconds=20, output_bytes=10_000)
    with ChildProcess(read_source(root, "scorers/own.py"), "run", limits) as process:
        yield process


def test_values_arrive_as_they_were_sent(root: Path) -> None:
    values = [None, True, 1.5, "text \u2028 \U0001f600", {"a": [1, {"b": ""}]}, "x" * 300_000]
    with ChildProcess(read_source(root, "scorers/own.py"), "same") as process:
        assert process.call(*values) == values


def test_the_code_that_runs_is_the_code_that_was_hashed(root: Path) -> None:
    source = read_source(root, "scorers/own.py")
    helpers = root / "scorers/helpers.py"
    helpers.write_text(HELPERS.replace("/", "*"))
    try:
        with ChildProcess(source, "half") as process:
            assert process.call(3) == 1.5
    finally:
        helpers.write_text(HELPERS)


def test_an_exception_is_named_with_its_line_and_what_was_printed(child: ChildProcess) -> None:
    with pytest.raises(CallFailed, match=r"ZeroDivisionError.*scorers/own\.py line 13") as caught:
        child.call("1/0")
    assert caught.value.printed == "printed\n"


@linux_only
def test_this_system_enforces_all_restrictions(child: ChildProcess) -> None:
    child.start()
    assert child.enforced == RESTRICTIONS
    assert child.declared == ()


ESCAPES = {
    "read a file": "open('/etc/passwd')",
    "read the workspace": "open({workspace!r})",
    "read another process's environment": "open(f'/proc/{{__import__(\"os\").getppid()}}/environ')",
    "list a folder": "import os; os.listdir('/')",
    "write a file": "open('/tmp/workbench-escape', 'w')",
    "write where it may read": "open(__import__('json').__file__, 'a')",
    "delete a file": "import os; os.unlink({workspace!r})",
    "change permissions": "import os; os.chmod({workspace!r}, 0o777)",
    "change times": "import os; os.utime({workspace!r})",
    "open a socket": "import socket; socket.socket()",
    "open a local socket": "import socket; socket.socket(socket.AF_UNIX)",
    "resolve a name": "import urllib.request; urllib.request.urlopen('http://127.0.0.1:1')",
    "fork": "import os; os.fork()",
    "fork bomb": "import multiprocessing as m\nwhile True: m.get_context('fork').Process().start()",
    "start a program": "import subprocess; subprocess.run(['true'])",
    "replace itself": "import os; os.execv('/bin/true', ['true'])",
    "signal its parent": "import os; os.kill(os.getppid(), 9)",
    "signal everybody": "import os; os.kill(-1, 9)",
    "leave its process group": "import os; os.setsid()",
    "hold memory beyond its limit": "result = len('x' * (3 << 30))",
    "hold memory in a file": "import os; os.memfd_create('x')",
    "hold shared memory": "from multiprocessing import shared_memory as s\n"
    "s.SharedMemory(create=True, size=9)",
    "raise its limits": "import resource as r; r.setrlimit(r.RLIMIT_NOFILE, (4096, 4096))",
    "answer without end": "result = 'x' * 20_000",
    "answer with what is no JSON": "result = object()",
    "answer with no number": "result = float('nan')",
    "exit in words": "raise SystemExit(0)",
    "fail while it is told": "class E(Exception):\n  def __str__(self): raise self\nraise E",
    "recurse": "def f(): f()\nf()",
}


@pytest.mark.exhaustive(keep=8)
@linux_only
@pytest.mark.parametrize("escape", sorted(ESCAPES))
def test_an_escape_is_refused(child: ChildProcess, root: Path, escape: str) -> None:
    code = ESCAPES[escape].format(workspace=str(root / "scorers/terms.json"))
    with pytest.raises(CallFailed):
        child.call(code)
    assert child.call("result = 1 + 1") == 2
    assert (root / "scorers/terms.json").stat().st_mode & 0o777 != 0o777
    assert not Path("/tmp/workbench-escape").exists()


def test_it_sees_no_keys(child: ChildProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    child.close()
    names = child.call("import os; result = sorted(os.environ)")
    assert "OPENAI_API_KEY" not in names
    assert "PATH" not in names


EACH_HANDLE = """
import os
for handle in range(3, 30):
    try:
        {}
    except OSError:
        pass
"""
ENDINGS = {
    "import os; os._exit(3)": "exit code 3",
    "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)": "SIGSEGV",
    EACH_HANDLE.format("os.close(handle)"): "its process",
    EACH_HANDLE.format("os.write(handle, b'\\xff' * 99)"): "too large",
    EACH_HANDLE.format("os.write(handle, b'\\0\\0\\0\\1{')"): "no JSON",
}


@pytest.mark.exhaustive(keep=2)
@pytest.mark.parametrize("code", sorted(ENDINGS))
def test_a_call_that_ends_its_process_fails_and_the_next_one_has_a_new_process(
    child: ChildProcess, code: str
) -> None:
    with pytest.raises(CallFailed, match=ENDINGS[code]):
        child.call(code)
    assert child.call("result = 1 + 1") == 2


@pytest.mark.parametrize(
    "code", ["while True: pass", "import re; re.match('(a+)+$', 'a' * 60 + 'b')"]
)
def test_a_call_that_takes_too_long_is_ended(root: Path, code: str) -> None:
    source = read_source(root, "scorers/own.py")
    child = ChildProcess(source, "run", Limits(call_seconds=0.3))
    with child, pytest.raises(CallFailed, match=r"longer than 0\.3 s"):
        child.call(code)


@pytest.mark.exhaustive(keep=2)
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1/0\n", "ZeroDivisionError.*line 1"),
        ("score = 1\n", "it has no function 'score'"),
        ("import os\nos._exit(9)\n", "exit code 9"),
        ("while True: pass\n", "longer than 0.5 s"),
        ("import importlib\nimportlib.import_module('scorers.own')\n", "No module named"),
    ],
)
def test_code_that_cannot_be_loaded_is_an_error_and_no_failed_call(
    tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "scorers").mkdir()
    (tmp_path / "scorers/broken.py").write_text(text)
    (tmp_path / "scorers/own.py").write_text("")
    limits = Limits(load_seconds=0.5 if "while" in text else 30)
    source = read_source(tmp_path, "scorers/broken.py")
    with ChildProcess(source, "score", limits) as process, pytest.raises(CodeError, match=words):
        process.start()


def test_threads_share_one_process(child: ChildProcess) -> None:
    pids: list[int] = []
    ask = lambda: pids.append(child.call("import os; result = os.getpid()"))  # noqa: E731
    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(pids)) == 1
    assert len(pids) == 8


@linux_only
def test_nothing_is_left_when_it_is_closed(root: Path) -> None:
    with ChildProcess(read_source(root, "scorers/own.py"), "run") as process:
        pid = process.call("import os; result = os.getpid()")
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
