"""A model package of SageMaker, as moto serves it, is resolved by boto3 itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from workbench.errors import TargetRefused, TargetUnreachable
from workbench.exchange.model_registries.base import ResolvedModel
from workbench.exchange.model_registries.sagemaker import SageMakerModels
from workbench.exchange.targets.base import Destination
from workbench.typed_options import defaults

REGION = "eu-central-1"
KIND = SageMakerModels()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def client(url: str) -> Any:
    return boto3.client("sagemaker", region_name=REGION, endpoint_url=url)


def package(url: str, data: str, group: str = "triage") -> str:
    """The ARN of a further version of the group."""
    sagemaker = client(url)
    names = [g["ModelPackageGroupName"] for g in
             sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]]  # fmt: skip
    if group not in names:
        sagemaker.create_model_package_group(ModelPackageGroupName=group)
    specification = {
        "Containers": [{"Image": "registry.example/llm:1", "ModelDataUrl": data}],
        "SupportedContentTypes": ["application/json"],
        "SupportedResponseMIMETypes": ["application/json"],
    }
    arn: str = sagemaker.create_model_package(
        ModelPackageGroupName=group,
        ModelApprovalStatus="PendingManualApproval",
        InferenceSpecification=specification,
    )["ModelPackageArn"]
    return arn


def resolve(url: str, arn: str) -> ResolvedModel:
    return KIND.resolve(arn, Destination(uri=url, options=defaults(KIND.options)))


def test_version_digest_and_approval_are_those_of_the_package(url: str) -> None:
    first, second = package(url, "s3://models/a.tar.gz"), package(url, "s3://models/b.tar.gz")
    one, two = resolve(url, first), resolve(url, second)
    assert (one.version, two.version) == ("1", "2")
    assert one.digest != two.digest
    assert one.digest == resolve(url, first).digest
    assert one.approval == "PendingManualApproval"


def test_an_approval_changes_and_the_digest_does_not(url: str) -> None:
    arn = package(url, "s3://models/c.tar.gz", "approved")
    before = resolve(url, arn)
    client(url).update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    after = resolve(url, arn)
    assert (after.approval, after.digest) == ("Approved", before.digest)


def test_a_package_that_is_not_there_and_a_service_that_is_not_are_told_apart(url: str) -> None:
    arn = f"arn:aws:sagemaker:{REGION}:123456789012:model-package/nobody/7"
    with pytest.raises(TargetRefused, match="SageMaker: "):
        resolve(url, arn)
    with pytest.raises(TargetUnreachable, match="SageMaker: "):
        resolve("http://127.0.0.1:9", arn)
