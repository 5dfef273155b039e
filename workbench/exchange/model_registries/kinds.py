"""Which registry a model URI belongs to."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.exchange.model_registries.base import ModelRegistry
from workbench.exchange.model_registries.mlflow import MlflowModels
from workbench.exchange.model_registries.sagemaker import SageMakerModels
from workbench.exchange.model_registries.wandb import WandbModels

KINDS: Mapping[str, ModelRegistry] = {
    "mlflow": MlflowModels(),
    "sagemaker": SageMakerModels(),
    "wandb": WandbModels(),
}
SCHEMES = {"models:/": "mlflow", "arn:": "sagemaker", "wandb-artifact:": "wandb"}
"""The kind by how a URI begins."""


def kind_of(uri: str) -> str:
    """The kind of registry that the URI belongs to; empty for none."""
    return next((kind for scheme, kind in SCHEMES.items() if uri.startswith(scheme)), "")
