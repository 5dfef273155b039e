"""Models of MLflow's own registry, in its database, are resolved to version, digest and stage."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.errors import TargetRefused
from workbench.exchange.model_registries.base import ResolvedModel
from workbench.exchange.model_registries.mlflow import MlflowModels
from workbench.exchange.targets.base import Destination
from workbench.typed_options import defaults

KIND = MlflowModels()


MAKE = """
import pathlib, sys, mlflow
uri, folder = sys.argv[1:]
mlflow.set_tracking_uri(uri)
mlflow.set_registry_uri(uri)
client = mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)
client.create_registered_model("triage")
for name, weights in (("one", b"weights a"), ("two", b"weights b")):
    source = pathlib.Path(folder) / name
    (source / "data").mkdir(parents=True)
    (source / "MLmodel").write_text("artifact_path: model\\nflavors: {}\\n")
    (source / "data" / "weights.bin").write_bytes(weights)
    tags = {"validation_status": "approved"}
    client.create_model_version("triage", source.as_uri(), tags=tags)
client.set_registered_model_alias("triage", "champion", "1")
"""
MOVE = """
import sys, mlflow
mlflow.MlflowClient(sys.argv[1], sys.argv[1]).set_registered_model_alias("triage", "champion", "2")
"""


def colleague(script: str, *arguments: str) -> None:
    """What somebody does in MLflow itself, in a process of its own."""
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, env={**os.environ, **quiet}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A registry on SQLite with two versions of `triage`, one byte of their weights apart."""
    folder = tmp_path_factory.mktemp("models")
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    colleague(MAKE, uri, str(folder))
    return uri


def resolve(uri: str, artifact: str) -> ResolvedModel:
    options = {**defaults(KIND.options), "python": sys.executable, "timeout": 120.0}
    return KIND.resolve(artifact, Destination(uri=uri, root=Path(), options=options))


def test_a_version_is_resolved_to_the_digest_of_its_files(registry: str) -> None:
    uri = registry
    one, two = (resolve(uri, f"models:/triage/{number}") for number in (1, 2))
    assert (one.version, two.version) == ("1", "2")
    assert one.digest != two.digest
    assert one.digest == resolve(uri, "models:/triage/1").digest
    assert (one.digest_of, one.approval) == ("the content of its files", "approved")


def test_an_alias_leads_to_the_version_that_it_names_now(registry: str) -> None:
    uri = registry
    assert resolve(uri, "models:/triage@champion").version == "1"
    colleague(MOVE, uri)
    moved = resolve(uri, "models:/triage@champion")
    assert (moved.uri, moved.version) == ("models:/triage@champion", "2")
    assert moved.digest == resolve(uri, "models:/triage/2").digest


@pytest.mark.parametrize("artifact", ["models:/triage/9", "models:/nobody/1", "models:/triage@x"])
def test_what_is_not_there_is_said(registry: str, artifact: str) -> None:
    with pytest.raises(TargetRefused, match="MLflow"):
        resolve(registry, artifact)
