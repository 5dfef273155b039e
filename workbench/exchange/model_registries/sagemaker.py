"""Model packages of Amazon SageMaker, by their ARN."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from typing import Any

from workbench.errors import ExtraMissing, TargetRefused, TargetUnreachable, UsageError
from workbench.exchange.model_registries.base import ResolvedModel, digest_of
from workbench.exchange.targets.base import Destination
from workbench.providers.redact import one_line
from workbench.typed_options import Option

_ARN = re.compile(
    r"arn:aws[a-z-]*:sagemaker:(?P<region>[a-z0-9-]+):[0-9]{12}:"
    r"model-package/[A-Za-z0-9-]{1,63}(?:/[0-9]{1,9})?"
)
_FILES = ("Image", "ImageDigest", "ModelDataUrl", "ModelDataETag", "ModelDataSource", "Environment")
"""Of a container: what decides which model it is."""


class SageMakerModels:
    """See `ModelRegistry`. Credentials are those that boto3 finds for the user."""

    options: Mapping[str, Option] = {
        "profile": Option("", "The profile of the AWS configuration; else the usual credentials."),
        "timeout": Option(30.0, "Seconds that a call may take.", least=1, most=600),
    }

    def resolve(self, uri: str, destination: Destination) -> ResolvedModel:
        named = _ARN.fullmatch(uri)
        if named is None:
            hint = "arn:aws:sagemaker:REGION:ACCOUNT:model-package/GROUP/3"
            raise UsageError(f"{uri!r} is no ARN of a model package", hint=hint)
        package = _described(uri, named["region"], destination)
        containers = (package.get("InferenceSpecification") or {}).get("Containers") or []
        kept = [{key: each[key] for key in _FILES if key in each} for each in containers]
        cycle = package.get("ModelLifeCycle") or {}
        return ResolvedModel(
            uri,
            str(package.get("ModelPackageVersion") or uri.rpartition("/")[2]),
            digest_of([package.get("ModelPackageArn"), kept]),
            "images and model data of its containers",
            str(cycle.get("Stage") or ""),
            str(package.get("ModelApprovalStatus") or ""),
        )


def _described(arn: str, region: str, destination: Destination) -> Mapping[str, Any]:
    try:
        boto3, config, errors = map(
            importlib.import_module, ("boto3", "botocore.config", "botocore.exceptions")
        )
    except ImportError as error:
        hint = "pip install 'prompt-workbench[sagemaker]'"
        raise ExtraMissing("SageMaker is asked through boto3", hint=hint) from error
    seconds = float(destination.options["timeout"])
    limits = config.Config(
        connect_timeout=seconds, read_timeout=seconds, retries={"total_max_attempts": 2}
    )
    try:
        session = boto3.Session(profile_name=str(destination.options["profile"]) or None)
        client = session.client(
            "sagemaker",
            region_name=region,
            endpoint_url=destination.uri or None,
            config=limits,
        )
        described: Mapping[str, Any] = client.describe_model_package(ModelPackageName=arn)
    except errors.ClientError as error:
        raise TargetRefused(f"SageMaker: {one_line(str(error))}") from error
    except errors.BotoCoreError as error:
        raise TargetUnreachable(f"SageMaker: {one_line(str(error))}") from error
    return described
