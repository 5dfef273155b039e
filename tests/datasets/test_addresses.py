"""Which addresses of datasets are taken, and which a workspace may read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.datasets.test_sources import Folder
from workbench.datasets.sources.addresses import check_trusted, trust_addresses
from workbench.errors import SuiteError, UntrustedWorkspace


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    return Folder(tmp_path / "workspace")


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("cases.jsonl", "path must be an address"),
        ("file:///etc/passwd", "file:// is no object store"),
        ("memory://a/b.jsonl", "memory:// is no object store"),
        ("http://127.0.0.1/b.jsonl", "http:// is no object store"),
        ("github://owner:repo@/b.jsonl", "github:// is no object store"),
        ("zip://a.jsonl::s3://bucket/a.zip", "zip:// is no object store"),
        ("s3://bucket/a.zip::file://b", "leads through another place"),
        ("s3://key:secret@bucket/a.jsonl", "a key must not stand in an address"),
        ("s3://bucket/a.jsonl?versionId=3", "dataset.version names the version"),
        ("s3://bucket", "a bucket and a name in it are needed"),
        ("s3://bucket/", "a bucket and a name in it are needed"),
    ],
)
def test_only_a_name_in_a_bucket_is_an_address(folder: Folder, path: str, problem: str) -> None:
    with pytest.raises(SuiteError) as refusal:
        folder.read({"source": "object", "path": path})
    assert problem in str(refusal.value)


def test_a_source_of_files_takes_no_address(folder: Folder) -> None:
    with pytest.raises(SuiteError, match="source: object reads it"):
        folder.read({"path": "s3://bucket/a.jsonl", "sample": 3})


@pytest.mark.parametrize("source", ["object", "delta"])
def test_an_address_is_not_read_before_the_user_trusts_it(folder: Folder, source: str) -> None:
    with pytest.raises(UntrustedWorkspace, match=r"s3://bucket/a\.jsonl, and you have not"):
        folder.read({"source": source, "path": "s3://bucket/a.jsonl"})


def test_trust_is_for_one_workspace_and_the_addresses_that_it_names_now(folder: Folder) -> None:
    trust_addresses(folder.root, ["s3://bucket/a.jsonl"])
    check_trusted(folder.root, "s3://bucket/a.jsonl")
    for root, address in (
        (folder.root, "s3://bucket/b.jsonl"),
        (folder.suite, "s3://bucket/a.jsonl"),
    ):
        with pytest.raises(UntrustedWorkspace):
            check_trusted(root, address)
    trust_addresses(folder.root, [])
    with pytest.raises(UntrustedWorkspace):
        check_trusted(folder.root, "s3://bucket/a.jsonl")


@pytest.mark.parametrize("version", [True, 1.5, -1])
def test_a_version_of_a_table_is_a_whole_number_or_a_text(folder: Folder, version: object) -> None:
    with pytest.raises(SuiteError, match="version must be a text"):
        folder.read({"source": "delta", "path": "t", "version": version})
