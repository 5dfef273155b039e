"""MLflow's prompt registry: versions with aliases, on a server or in a database of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from workbench.errors import UsageError
from workbench.exchange.clients.mlflow_process import Registry
from workbench.exchange.forms import mlflow as forms
from workbench.exchange.losses import Loss
from workbench.exchange.plain_templates import losses_of_inputs
from workbench.exchange.targets.base import Destination, Export, Held, Sent, Takes
from workbench.exchange.travelling import evidence_in_short
from workbench.prompts.values import Prompt
from workbench.typed_options import Option

_SCHEMES = ("http", "https", "sqlite", "postgresql", "mysql", "mssql")
_EXAMPLE = 'uri = "http://localhost:5000", or "sqlite:///mlflow.db"'
_SQLITE = "sqlite:///"


class MlflowTarget:
    """See `PointerTarget`."""

    summary = "MLflow's prompt registry, on a server or in its database."
    takes = Takes.VERSION
    options: Mapping[str, Option] = {
        "python": Option("", "The Python that has MLflow, where it is not that of the workbench."),
        "aliases": Option({}, "Environments whose alias has another name there."),
        "token_env": Option("", "The variable with the token of the server."),
        "username_env": Option("", "The variable with the user's name."),
        "password_env": Option("", "The variable with the user's password."),
        "timeout": Option(30.0, "Seconds that a call may take.", least=1, most=600),
    }

    def refuses(self, export: Export, destination: Destination) -> Sequence[str]:
        prompt = _prompt(export)
        problems = _refuses_destination(destination)
        aliases = {name: forms.alias_of(name, destination.options) for name in export.environments}
        for environment, alias in aliases.items():
            problems += forms.alias_problems(environment, alias)
            if list(aliases.values()).count(alias) > 1:
                problems.append(
                    f"several environments share the alias {alias!r}: set options.aliases"
                )
        return (*problems, *forms.problems(prompt))

    def loses(self, export: Export) -> Sequence[Loss]:
        prompt = _prompt(export)
        losses = [
            Loss("the semantic version", f"the tag {forms.VERSION}; MLflow counts 1, 2, 3"),
            Loss("evidence and the ledger", "in short in tags; anyone there may change them"),
        ]
        losses += [
            Loss(f"the environment {name}", f"the alias {alias}")
            for name in export.environments
            if (alias := forms.alias_of(name, {})) != name
        ]
        if prompt.model:
            losses.append(Loss("that the model is fixed", "its configuration may change there"))
        return (*losses, *losses_of_inputs(prompt), *forms.losses(prompt))

    def content(self, export: Export) -> Mapping[str, object]:
        return forms.content_of(_prompt(export))

    def read_back(self, export: Export, destination: Destination) -> Held | None:
        registry, name = mlflow_registry(destination), _prompt(export).prompt_id
        versions = registry.ask("find", name=name, tag=forms.VERSION, value=export.version)
        return _held(versions)

    def send(self, export: Export, destination: Destination) -> Sent:
        prompt = _prompt(export)
        body = forms.registration(prompt, export.version, evidence_in_short(export))
        number = mlflow_registry(destination).ask("register", **body)
        return Sent(f"{_shown(destination)} {prompt.prompt_id} version {number}", ref=number)

    def pointers(self, prompt_id: str, destination: Destination) -> Mapping[str, str]:
        aliases = mlflow_registry(destination).ask("aliases", name=prompt_id)
        names = forms.environments_by_alias(destination.options)
        return {forms.environment_of(alias, names): number for alias, number in aliases.items()}

    def point(
        self, prompt_id: str, environment: str, ref: str | None, destination: Destination
    ) -> None:
        alias = forms.alias_of(environment, destination.options)
        mlflow_registry(destination).ask("point", name=prompt_id, alias=alias, number=ref)

    def held(self, prompt_id: str, ref: str, destination: Destination) -> Held | None:
        versions = mlflow_registry(destination).ask("get", name=prompt_id, number=ref)
        return _held(versions)

    def newest(self, prompt_id: str, destination: Destination) -> Held | None:
        versions = mlflow_registry(destination).ask("newest", name=prompt_id)
        return _held(versions)

    def prompt(self, prompt_id: str, held: Held) -> Prompt:
        return forms.prompt_of(prompt_id, held.content)


KIND = MlflowTarget()


def _held(versions: list[dict[str, Any]]) -> Held | None:
    return (
        Held(str(versions[0]["number"]), *forms.version_and_content(versions[0]))
        if versions
        else None
    )


def _prompt(export: Export) -> Prompt:
    if export.prompt is None:
        raise UsageError("MLflow takes a version of a prompt")
    return export.prompt


def _refuses_destination(destination: Destination) -> list[str]:
    if destination.path is not None:
        return ["it is no file: leave --output out"]
    if not destination.uri:
        return [f"the target {destination.name} has no uri: set {_EXAMPLE}"]
    scheme = urlsplit(destination.uri).scheme.partition("+")[0]
    if scheme not in _SCHEMES:
        return [f"MLflow keeps no prompts at such a uri: use {', '.join(_SCHEMES)}"]
    return []


def mlflow_registry(destination: Destination) -> Registry:
    """The registry at the destination. Raises SettingsError for a variable that is not set."""
    for problem in _refuses_destination(destination):
        raise UsageError(problem, hint=_EXAMPLE)
    options = destination.options
    variables = {
        f"MLFLOW_TRACKING_{name.upper()}": destination.secret(f"{name}_env")
        for name in ("token", "username", "password")
    }
    python = str(options.get("python", ""))
    if python and re.search(r"[/\\]", python):
        python = str(destination.root / Path(python).expanduser())
    secrets = (*variables.values(), urlsplit(destination.uri).password or "")
    return Registry(
        uri=_absolute(destination),
        python=python,
        timeout_s=float(options.get("timeout", 30.0)),
        variables=tuple((name, value) for name, value in variables.items() if value),
        hidden=tuple(filter(None, secrets)),
    )


def _absolute(destination: Destination) -> str:
    """The uri; a relative file of SQLite starts at the workspace."""
    uri = destination.uri
    if not uri.startswith(_SQLITE):
        return uri
    path = Path(uri.removeprefix(_SQLITE)).expanduser()
    return f"{_SQLITE}{(destination.root / path).absolute().as_posix()}"


def _shown(destination: Destination) -> str:
    """The uri without user and query."""
    parts = urlsplit(destination.uri)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", "")) if host else destination.uri
