"""Artifacts of Weights & Biases: `wandb-artifact://ENTITY/PROJECT/NAME:v3`, or `NAME:ALIAS`."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from workbench.errors import TargetRefused, UsageError
from workbench.exchange.http_json import OPTIONS, connected
from workbench.exchange.model_registries.base import ResolvedModel
from workbench.exchange.targets.base import Destination
from workbench.typed_options import Option

CLOUD = "https://api.wandb.ai"
_URI = re.compile(
    r"wandb-artifact:///?(?P<entity>[^/:]+)/(?P<project>[^/:]+)/(?P<name>[^/:]+:[^/:]+)"
)
_QUERY = """
query ModelArtifact($entity: String!, $project: String!, $name: String!) {
  project(name: $project, entityName: $entity) {
    artifact(name: $name) { id digest state versionIndex aliases { alias } tags { name } }
  }
}
"""
_KEY_HINT = "set WANDB_API_KEY, or name another variable in options.api_key_env"
_STAGES = ("production", "staging", "candidate", "archived")
"""Aliases that teams use as stages."""


class WandbModels:
    """See `ModelRegistry`. It is asked by its GraphQL API."""

    options: Mapping[str, Option] = {
        "api_key_env": Option("WANDB_API_KEY", "The variable that holds the API key."),
        "approval_tag": Option("approved", "The tag of an artifact that says that it is approved."),
        **OPTIONS,
    }

    def resolve(self, uri: str, destination: Destination) -> ResolvedModel:
        named = _URI.fullmatch(uri)
        if named is None:
            hint = "wandb-artifact://ENTITY/PROJECT/NAME:v3"
            raise UsageError(f"{uri!r} names no artifact of Weights & Biases", hint=hint)
        key = destination.secret("api_key_env")
        user = base64.b64encode(f"api:{key}".encode()).decode()
        headers = {"Authorization": f"Basic {user}"}
        body = {"query": _QUERY, "variables": named.groupdict()}
        with connected(destination, CLOUD, headers, (key, user), _KEY_HINT) as service:
            data = service.call("POST", "/graphql", body=body, repeatable=True).data
            try:
                artifact = (data["data"]["project"] or {})["artifact"]
                if artifact is None:
                    raise TargetRefused(f"Weights & Biases has no {uri}")
                return _resolved(uri, artifact, str(destination.options["approval_tag"]))
            except (KeyError, TypeError) as error:
                if isinstance(data, Mapping) and data.get("errors"):
                    raise TargetRefused(
                        f"Weights & Biases refused {uri}: {_first(data)}"
                    ) from error
                raise service.unexpected("an artifact") from error


def _resolved(uri: str, artifact: Mapping[str, Any], approved: str) -> ResolvedModel:
    if artifact["state"] != "COMMITTED":
        raise TargetRefused(f"{uri} is {str(artifact['state']).lower()}")
    aliases = [str(each["alias"]) for each in artifact["aliases"] or ()]
    tags = [str(each["name"]) for each in artifact["tags"] or ()]
    return ResolvedModel(
        uri,
        f"v{int(artifact['versionIndex'])}",
        str(artifact["digest"]),
        "the registry's own, of the artifact's manifest",
        next((stage for stage in _STAGES if stage in aliases), ""),
        approved if approved in tags else "",
    )


def _first(data: Mapping[str, Any]) -> str:
    errors = data["errors"]
    first = errors[0] if isinstance(errors, list) and errors else errors
    message = first.get("message", "") if isinstance(first, Mapping) else first
    return " ".join(str(message).split())[:200]
