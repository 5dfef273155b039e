"""An object in S3, with and without versions, as the source of a suite's cases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from s3fs import S3FileSystem

from tests.cli.conftest import Cli, answer, make_cli
from tests.support.openai_server import OpenAIServer
from workbench.datasets.sources import object_store
from workbench.datasets.sources.object_store import StoredObject
from workbench.errors import DatasetError

pytestmark = pytest.mark.filterwarnings("ignore")
KEY = "team a/tickets.jsonl"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret-secret-secret-secret-42",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": address,
        "WORKBENCH_CONFIG": str(tmp_path / "config"),
    }.items():
        monkeypatch.setenv(name, value)
    return boto3.client("s3")


@pytest.fixture(scope="module")
def provider() -> Iterator[OpenAIServer]:
    with OpenAIServer(answer) as running:
        yield running


@pytest.fixture
def cli(provider: OpenAIServer, tmp_path: Path) -> Cli:
    return make_cli(tmp_path / "workspace", provider.base_url)


def bucket(s3: Any, request: pytest.FixtureRequest, *, versions: bool) -> str:
    name = request.node.name.replace("_", "-")[:60].strip("-")
    s3.create_bucket(Bucket=name)
    if versions:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


def put(s3: Any, name: str, first: int) -> dict[str, str]:
    lines = [
        f'{{"id": "c{n}", "inputs": {{"ticket": "case {n}"}}, "expected": "billing"}}\n'
        for n in range(first, first + 30)
    ]
    put: dict[str, str] = s3.put_object(Bucket=name, Key=KEY, Body="".join(lines).encode())
    return put


def suite(cli: Cli, name: str, version: str = "") -> None:
    path = cli.root / "evals" / "triage" / "suite.yaml"
    spec = f'{{source: object, path: "s3://{name}/{KEY}", version: "{version}"}}'
    text = path.read_text().partition("dataset:")
    rest = text[2].partition("\n")[2]
    path.write_text(f"{text[0]}dataset: {spec}\n{rest}")


def test_nothing_is_read_before_the_user_trusts_the_address(
    s3: Any, cli: Cli, request: pytest.FixtureRequest
) -> None:
    name = bucket(s3, request, versions=True)
    put(s3, name, 0)
    suite(cli, name)
    refused = cli.here("run", "triage", "--json")
    assert refused.code == 2
    assert f"s3://{name}/{KEY}, and you have not trusted that" in refused.err
    assert cli.here("trust", "--json").json["sources"] == {"triage": f"s3://{name}/{KEY}"}
    assert cli.here("run", "triage", "--json").json["cases"] == 30

    other = f"{name[:40]}-other"
    s3.create_bucket(Bucket=other)
    put(s3, other, 0)
    suite(cli, other)
    assert "you have not trusted that" in cli.here("run", "triage").err


def test_a_version_is_read_for_ever_and_named_in_the_run(
    s3: Any, cli: Cli, request: pytest.FixtureRequest
) -> None:
    name = bucket(s3, request, versions=True)
    old, new = put(s3, name, 0)["VersionId"], put(s3, name, 5)["VersionId"]
    suite(cli, name)
    cli.here("trust")
    run = cli.here("run", "triage", "--json").json
    shown = cli.here("runs", run["run_id"], "--json").json
    assert f"object {new}" in str(shown)
    newest = cli.here("dataset", "show", "triage", "--json").json["cases"]
    assert newest[0]["id"] == "c5"

    suite(cli, name, old)
    cases = cli.here("dataset", "show", "triage", "file", "--json").json["cases"]
    assert cases[0]["id"] == "c0"
    assert f"moved on from {old} to object {new}" in cli.here("doctor").out
    changes = cli.here("dataset", "diff", "triage", "--json").json
    assert (len(changes["added"]), len(changes["removed"])) == (5, 5)


def test_a_version_outlives_its_object(s3: Any, cli: Cli, request: pytest.FixtureRequest) -> None:
    name = bucket(s3, request, versions=True)
    version = put(s3, name, 0)["VersionId"]
    s3.delete_object(Bucket=name, Key=KEY)
    suite(cli, name, version)
    cli.here("trust")
    assert cli.here("run", "triage", "--json").json["cases"] == 30
    suite(cli, name, "another")
    assert f"there is no object s3://{name}/{KEY}" in cli.here("run", "triage").err


def test_an_older_version_is_read_whole_where_the_newest_is_shorter(
    s3: Any, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(S3FileSystem, "default_block_size", 100)  # what is larger comes in parts
    name = bucket(s3, request, versions=True)
    old = put(s3, name, 0)
    s3.put_object(Bucket=name, Key=KEY, Body=b"x" * 150)
    _, data = StoredObject(f"s3://{name}/{KEY}").read(old["VersionId"])
    assert data == s3.get_object(Bucket=name, Key=KEY, VersionId=old["VersionId"])["Body"].read()


def test_a_version_that_is_too_large_is_not_read(
    s3: Any, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = bucket(s3, request, versions=True)
    old = put(s3, name, 0)
    s3.put_object(Bucket=name, Key=KEY, Body=b"x")
    monkeypatch.setattr(object_store, "MAX_BYTES", 1_000)
    with pytest.raises(DatasetError, match="is larger than"):
        StoredObject(f"s3://{name}/{KEY}").read(old["VersionId"])


def test_an_etag_names_a_version_too(s3: Any, cli: Cli, request: pytest.FixtureRequest) -> None:
    name = bucket(s3, request, versions=True)
    etag = put(s3, name, 0)["ETag"].strip('"')
    put(s3, name, 5)
    suite(cli, name, etag)
    cli.here("trust")
    assert cli.here("dataset", "show", "triage", "--json").json["cases"][0]["id"] == "c0"


def test_without_versions_another_content_is_an_error_and_never_another_dataset(
    s3: Any, cli: Cli, request: pytest.FixtureRequest
) -> None:
    name = bucket(s3, request, versions=False)
    etag = put(s3, name, 0)["ETag"].strip('"')
    suite(cli, name, etag)
    cli.here("trust")
    assert cli.here("run", "triage", "--json").json["cases"] == 30
    put(s3, name, 5)
    changed = cli.here("run", "triage")
    assert changed.code == 2
    assert f"is no longer {etag}" in changed.err


def test_a_digest_is_found_in_the_bucket_s_versions(
    s3: Any, cli: Cli, request: pytest.FixtureRequest
) -> None:
    name = bucket(s3, request, versions=True)
    put(s3, name, 0)
    suite(cli, name)
    cli.here("trust")
    digest = cli.here("dataset", "log", "triage", "--json").json["versions"][0]["fingerprint"]
    put(s3, name, 5)
    for file in (cli.root / ".workbench").glob("runs.db*"):
        file.unlink()
    shown = cli.here("dataset", "show", "triage", digest, "--json")
    assert shown.json["cases"][0]["id"] == "c0"


def test_what_is_not_there_is_one_line(s3: Any, cli: Cli, request: pytest.FixtureRequest) -> None:
    name = bucket(s3, request, versions=True)
    suite(cli, name)
    cli.here("trust")
    for version in ("", "an-older-one"):
        suite(cli, name, version)
        gone = cli.here("run", "triage")
        assert gone.code == 2
        assert f"there is no object s3://{name}/{KEY}" in gone.err
    suite(cli, "no-such-bucket")
    cli.here("trust")
    assert cli.here("run", "triage").code == 2
