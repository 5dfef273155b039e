"""Versions in a bucket: a real client, and a server that speaks S3."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.exchange.exporting import TRIAGE, leaving, registry_of, reworded, send
from workbench.errors import TargetRefused, TargetUnreachable
from workbench.exchange.clients.object_store import Changed, open_bucket
from workbench.exchange.forms import layout
from workbench.exchange.targets.base import Destination
from workbench.exchange.targets.folder import KIND
from workbench.registry import PromptRegistry

KEYS = {"key_env": "TEST_S3_KEY", "secret_env": "TEST_S3_SECRET"}
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(address: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    monkeypatch.setenv("TEST_S3_KEY", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("TEST_S3_SECRET", "secret-secret-secret-secret-42")
    name = request.node.name.replace("_", "-")[:40].strip("-")
    client = boto3.client(
        "s3",
        endpoint_url=address,
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket=name)
    return name


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[PromptRegistry]:
    second = reworded(TRIAGE, "one queue", "exactly one queue")
    with registry_of(tmp_path / "state", [("1.0.0", TRIAGE), ("1.1.0", second)]) as made:
        yield made


def at(address: str, uri: str) -> Destination:
    options = {**KEYS, "storage": {"endpoint_url": address}}
    return Destination(uri=uri, options=options, name="bucket")


def test_versions_and_pointers_go_to_a_bucket_and_back(
    address: str, bucket: str, registry: PromptRegistry
) -> None:
    there = at(address, f"s3://{bucket}/team a")
    for version in ("1.0.0", "1.1.0"):
        send(KIND, leaving(registry, f"triage@{version}"), there)
    first = KIND.held("triage", layout.version_file("triage", "1.0.0"), there)
    assert first is not None
    assert KIND.prompt("triage", first).fingerprint == TRIAGE.fingerprint
    assert KIND.pointers("triage", there) == {"production": "prompts/triage/1.1.0.json"}

    KIND.point("triage", "production", first.ref, there)
    assert KIND.pointers("triage", there) == {"production": first.ref}
    newest = KIND.newest("triage", there)
    assert newest is not None
    assert newest.version == "1.1.0"
    KIND.point("triage", "production", None, there)
    assert KIND.pointers("triage", there) == {}


def test_a_writer_that_saw_an_older_state_changes_nothing(address: str, bucket: str) -> None:
    keys = {"key": "key", "secret": "secret"}
    uri, path = f"s3://{bucket}/x", "environments/production.json"
    one, other = (
        open_bucket(uri, {"endpoint_url": address, "skip_instance_cache": True, **keys}, ())
        for _ in range(2)
    )
    one.write(path, b"1", "")
    seen = other.read(path, 100)
    assert seen is not None
    one.write(path, b"2", seen.token)

    with pytest.raises(Changed):
        other.write(path, b"3", seen.token)
    with pytest.raises(Changed):
        other.write(path, b"4", "")
    content = other.read(path, 100)
    assert content is not None
    assert content.data == b"2"


def test_pointers_of_several_prompts_set_at_once_all_arrive(address: str, bucket: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    there = at(address, f"s3://{bucket}/x")
    names = [f"p{number}" for number in range(4)]

    def point(name: str) -> None:
        KIND.point(name, "production", layout.version_file(name, "1.0.0"), there)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(point, names))
    for name in names:
        assert KIND.pointers(name, there) == {"production": layout.version_file(name, "1.0.0")}


def test_a_change_in_the_bucket_is_seen(
    address: str, bucket: str, registry: PromptRegistry
) -> None:
    there = at(address, f"s3://{bucket}/x")
    export = leaving(registry, "triage@1.0.0")
    send(KIND, export, there)
    client = boto3.client(
        "s3",
        endpoint_url=address,
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        region_name="us-east-1",
    )
    key = "x/prompts/triage/1.0.0.json"
    data = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    client.put_object(Bucket=bucket, Key=key, Body=data.replace(b"gpt-4.1-mini", b"gpt-5"))

    held = KIND.read_back(export, there)
    assert held is not None
    assert held.content["model"]["id"] == "gpt-5"
    assert held.content != KIND.content(export)


def test_a_bucket_that_is_not_there_is_refused_and_a_dead_server_not_reached(
    address: str, bucket: str, registry: PromptRegistry
) -> None:
    export = leaving(registry, "triage@1.0.0")
    with pytest.raises(TargetRefused, match="bucket"):
        KIND.send(export, at(address, "s3://no-such-bucket/x"))
    with pytest.raises(TargetUnreachable) as caught:
        KIND.read_back(export, at("http://127.0.0.1:9", f"s3://{bucket}/x"))
    assert "secret-secret" not in str(caught.value)
