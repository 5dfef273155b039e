"""Models of MLflow's registry: `models:/NAME/3`, or `models:/NAME@ALIAS`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from workbench.errors import TargetRefused, UsageError
from workbench.exchange.model_registries.base import ResolvedModel
from workbench.exchange.targets.base import Destination
from workbench.exchange.targets.mlflow import KIND, mlflow_registry
from workbench.typed_options import Option

_URI = re.compile(r"models:/(?P<name>[^/@:]+)(?:/(?P<version>[0-9]+)|@(?P<alias>[^/@:]+))")
_REACH = ("python", "token_env", "username_env", "password_env", "timeout")


class MlflowModels:
    """See `ModelRegistry`. MLflow runs in a process of its own, as for the target."""

    options: Mapping[str, Option] = {
        **{name: KIND.options[name] for name in _REACH},
        "approval_tag": Option("validation_status", "The tag of a version that says its approval."),
    }

    def resolve(self, uri: str, destination: Destination) -> ResolvedModel:
        named = _URI.fullmatch(uri)
        if named is None:
            hint = "models:/NAME/3 or models:/NAME@ALIAS"
            raise UsageError(f"{uri!r} names no version of a model in MLflow", hint=hint)
        answer = mlflow_registry(destination).ask("model", **named.groupdict(default=""))
        if not answer:
            raise TargetRefused(f"MLflow has no {uri}")
        tags = answer["tags"]
        return ResolvedModel(
            uri,
            answer["version"],
            answer["digest"],
            answer["digest_of"],
            "" if answer["stage"] == "None" else answer["stage"],
            str(tags.get(str(destination.options["approval_tag"]), "")),
        )
