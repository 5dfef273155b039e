"""A folder gets a file a version and a file an environment; `tests/integration` has the buckets."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.exchange.exporting import leaving, send
from workbench.errors import ExtraMissing, TargetRefused, UsageError
from workbench.exchange.clients.object_store import Changed, LocalStore
from workbench.exchange.forms import layout
from workbench.exchange.importers.json import KIND as IMPORTER
from workbench.exchange.targets.base import Destination
from workbench.exchange.targets.folder import KIND
from workbench.registry import PromptRegistry

FIRST = layout.version_file("triage", "1.0.0")


@pytest.fixture
def there(tmp_path: Path) -> Destination:
    return Destination(uri="out/team", root=tmp_path, name="folder")


def test_versions_and_environments_are_files_that_come_back(
    tested: PromptRegistry, there: Destination
) -> None:
    for version in ("1.0.0", "1.1.0"):
        send(KIND, leaving(tested, f"triage@{version}"), there)
    folder = there.root / "out/team"
    written = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
    assert [name for name in written if not name.startswith(".")] == [
        "environments/production.json",
        "prompts/triage/1.0.0.json",
        "prompts/triage/1.0.0.prompty",
        "prompts/triage/1.1.0.json",
        "prompts/triage/1.1.0.prompty",
    ]
    live = json.loads((folder / "environments/production.json").read_text())
    assert live["prompts"]["triage"] == {
        "file": "prompts/triage/1.1.0.json",
        "version": "1.1.0",
    }
    file = folder / live["prompts"]["triage"]["file"]
    prompt = tested.get_version("triage", "1.1.0").prompt
    assert IMPORTER.read(file).prompts[0].fingerprint == prompt.fingerprint
    assert json.loads(file.read_text())["evidence"]["gate"] == "pass"
    held = KIND.newest("triage", there)
    assert held is not None
    assert KIND.prompt("triage", held).fingerprint == prompt.fingerprint


def test_a_rollback_moves_one_pointer_and_leaves_the_others(
    tested: PromptRegistry, there: Destination
) -> None:
    send(KIND, leaving(tested, "triage@1.1.0", ["production", "staging"]), there)
    KIND.point("other", "production", layout.version_file("other", "1.0.0"), there)
    KIND.point("triage", "production", FIRST, there)
    assert KIND.pointers("triage", there) == {
        "production": FIRST,
        "staging": layout.version_file("triage", "1.1.0"),
    }
    KIND.point("triage", "production", None, there)
    assert "production" not in KIND.pointers("triage", there)
    assert KIND.pointers("other", there) == {"production": layout.version_file("other", "1.0.0")}


def test_pointers_set_at_once_all_arrive(there: Destination) -> None:
    names = [f"p{number}" for number in range(6)]

    def point(name: str) -> None:
        KIND.point(name, "production", layout.version_file(name, "1.0.0"), there)

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(point, names))
    assert all(KIND.pointers(name, there) for name in names)


def test_a_writer_that_saw_an_older_state_changes_nothing(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.write("a/b", b"1", "")
    seen = store.read("a/b", 10)
    assert seen is not None
    store.write("a/b", b"2", seen.token)
    for token in (seen.token, ""):
        with pytest.raises(Changed):
            store.write("a/b", b"3", token)
    assert (tmp_path / "a/b").read_bytes() == b"2"


@pytest.mark.parametrize(
    ("change", "key"),
    [(('"gpt-4.1-mini"', '"gpt-5"'), "model"), (("one queue", "two queues"), "messages")],
)
def test_a_changed_file_is_seen(
    tested: PromptRegistry, there: Destination, change: tuple[str, str], key: str
) -> None:
    export = leaving(tested, "triage@1.0.0")
    send(KIND, export, there)
    path = there.root / "out/team" / FIRST
    path.write_text(path.read_text().replace(*change))
    held = KIND.read_back(export, there)
    assert held is not None
    assert held.content[key] != KIND.content(export)[key]


@pytest.mark.parametrize("data", [b"", b"no json", b"[1]", b"\xff\xfe"])
def test_a_file_that_is_no_version_is_other_content(
    tested: PromptRegistry, there: Destination, data: bytes
) -> None:
    export = leaving(tested, "triage@1.0.0")
    path = there.root / "out/team" / FIRST
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    held = KIND.read_back(export, there)
    assert held is not None
    assert held.content != KIND.content(export)


def test_a_link_or_an_endless_file_is_not_followed(there: Destination, tmp_path: Path) -> None:
    place = tmp_path / "out/team/environments"
    place.mkdir(parents=True)
    (place / "production.json").symlink_to("/etc/hostname")
    assert KIND.pointers("triage", there) == {}
    with pytest.raises(TargetRefused, match="bytes"):
        (place / "staging.json").write_bytes(b"x" * 100)
        LocalStore(place).read("staging.json", 99)


def test_a_ref_that_leads_out_of_the_layout_is_nothing(there: Destination) -> None:
    for ref in ("../../x.json", "/etc/passwd", "prompts/../x/1.0.0.json", "prompts/a/x.json", ""):
        assert KIND.held("triage", ref, there) is None


def test_a_bucket_without_the_extra_names_the_line_that_installs_it(
    tested: PromptRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "fsspec", None)
    there = Destination(uri="s3://bucket/x", name="folder")
    with pytest.raises(ExtraMissing, match=r"pip install 'prompt-workbench\[targets\]'"):
        KIND.read_back(leaving(tested, "triage@1.0.0"), there)


@pytest.mark.parametrize("name", ["key", "secret", "account_key", "sas_token", "password"])
def test_a_key_in_the_settings_is_refused(tested: PromptRegistry, name: str) -> None:
    options = {"storage": {name: "hunter2", "endpoint_url": "http://127.0.0.1:9"}}
    there = Destination(uri="s3://bucket/x", options=options, name="folder")
    [problem] = KIND.refuses(leaving(tested, "triage@1.0.0"), there)
    assert "options.key_env" in problem
    assert "hunter2" not in problem


@pytest.mark.parametrize("uri", ["", "https://example.com/x", "simplecache::s3://x", "github://x"])
def test_a_place_that_takes_no_files_is_refused(tested: PromptRegistry, uri: str) -> None:
    export, there = leaving(tested, "triage@1.0.0"), Destination(uri=uri, name="folder")
    assert KIND.refuses(export, there)
    with pytest.raises(UsageError):
        KIND.read_back(export, there)
