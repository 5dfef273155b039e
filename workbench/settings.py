"""Reads workbench.toml, checked key by key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from workbench.addresses import LOCAL_MODEL, plain_address
from workbench.errors import SettingsError, UsageError
from workbench.fingerprints import canonical_json
from workbench.links import SETTINGS_FILE
from workbench.suggestions import did_you_mean
from workbench.typed_tables import Amount, Count, key, read_table

T = TypeVar("T")

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_LOCAL_MODEL = re.compile(f"{LOCAL_MODEL}(:[0-9a-f]{{64}})?")
_PASSWORD = re.compile(r"//[^/@\s]*:[^/@\s]+@")

FILE_NAME = SETTINGS_FILE
LOCAL = "local"
COMMAND = "command"
DEVELOPMENT = "development"
PLAIN: Literal["plain"] = "plain"
CACHED: Literal["cached"] = "cached"
FRESH: Literal["fresh"] = "fresh"
ANY: Literal["any"] = "any"
CURRENT: Literal["current"] = "current"
EMBEDDED_MODEL = "gemma-3-270m"
"""The model of the provider `local`, unless other weights are configured."""


def _variable(value: Any) -> Any:
    """The name of a variable. A key that stands in its place is refused and not repeated."""
    if isinstance(value, str) and value and not _VARIABLE.fullmatch(value):
        raise UsageError(
            "is the name of a variable, and that is none",
            hint='api_key_env = "OPENAI_API_KEY"; a key itself must not stand in the file',
        )
    return value


def _variables(value: Any) -> Any:
    """Names of variables, by what they are for."""
    return {n: _variable(v) for n, v in value.items()} if isinstance(value, Mapping) else value


def _address(value: Any) -> Any:
    """An address without a password."""
    if isinstance(value, str) and _PASSWORD.search(value):
        raise UsageError(
            "has a password, which must not stand in the file",
            hint='name the variable that holds the address: uri_env = "TEAM_REGISTRY"',
        )
    return value


def _options(value: Any) -> Any:
    """Options, which their kind checks. A key must not stand in them, but its variable."""
    if not isinstance(value, Mapping) or not value:
        return value
    from workbench.key_shapes import keys_of  # it compiles long patterns

    try:
        canonical_json(value)
    except (TypeError, ValueError):
        raise UsageError("cannot hold a date or nan") from None
    for name, one in value.items():
        if any(keys_of(str(one))):
            raise UsageError(
                f"has a key or password in {name}, which must not stand in the file",
                hint="name the variable that holds it",
            )
    return value


def _endpoints(value: Any) -> Any:
    """Addresses as evidence names them, sorted."""
    if not isinstance(value, list):
        return value
    addresses = set()
    for one in value:
        try:
            addresses.add(one if _LOCAL_MODEL.fullmatch(one) else plain_address(one))
        except (ValueError, TypeError, AttributeError):
            raise UsageError(
                f"has {one!r}, which is no address",
                hint=f'endpoints = ["https://api.openai.com/v1", "{LOCAL_MODEL}"]',
            ) from None
    return tuple(sorted(addresses))


def _keys(value: Any) -> Any:
    """Keys by binding id: a text, or a list of texts that are joined."""
    if not isinstance(value, Mapping):
        return value
    keys = {}
    for name, given in value.items():
        listed = given if isinstance(given, list) else [given]
        if not all(isinstance(one, str) for one in listed):
            raise UsageError(f"has {name}, which takes a key or a list of keys, not {given!r}")
        keys[name] = ",".join(listed)
    return keys


def _once(value: Any) -> Any:
    """A list without what it repeats."""
    is_texts = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return tuple(dict.fromkeys(value)) if is_texts else value


def _table(about: str, read: Callable[[Any], Any] = _options) -> Any:
    return key(about, read=read, default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """One [providers.NAME] table. The key itself is never in the file."""

    name: str = key(name=None)
    kind: str = key(
        "How it is asked: openai, openai-responses, azure, http, command, local, or a plug-in's.",
        default="",
    )
    """Empty: `local` for the built-in model, else `openai`."""
    base_url: str = key("The address of the API.", default="")
    api_key_env: str = key("The variable that holds the key.", read=_variable, default="")
    """Empty: no key is sent."""
    model_path: str = key("Another GGUF file for the embedded model.", default="")
    chat_template: Literal["", "plain"] = key("plain joins messages unchanged.", default="")
    """Of the file in `model_path`; empty: its own template."""
    ca_bundle: str = key("A PEM file of certificates, beside the system's.", default="")
    """May be relative to the folder of workbench.toml."""
    requests_per_minute: Count = key("0: no limit of our own.", default=0)
    tokens_per_minute: Count = key("0: no limit of our own.", default=0)
    prices: Mapping[str, Any] = key("US dollars per million tokens.", default_factory=dict)
    """model id to {input, output}"""
    options: Mapping[str, Any] = _table("Of its kind.")
    headers: Mapping[str, str] = _table("Headers of each request; no keys.")
    headers_env: Mapping[str, str] = _table("The variables of headers with keys.", _variables)
    query: Mapping[str, str] = _table("Added to the address of each request.")
    proxy: str = key("For this endpoint, in place of the environment's.", read=_address, default="")
    extra_body: Mapping[str, Any] = _table("In each request, beside what the draft says.")
    token_limit: str = key("What the endpoint calls the limit of tokens.", default="")
    folder: str = key(name=None, default="")
    """The folder of workbench.toml, in which a command is run."""

    @property
    def is_embedded(self) -> bool:
        """The built-in model answers, not an endpoint."""
        return self.kind == LOCAL or (not self.kind and self.name == LOCAL and not self.base_url)


@dataclass(frozen=True, slots=True)
class EnvironmentSettings:
    """One [environments.NAME] table: the rules for deployments there."""

    name: str = key(name=None)
    requires: tuple[str, ...] = key("Suites that must pass; none: all of the prompt.", default=())
    approvals: Count = key("Persons beside the author.", default=0)
    promote_from: str = key("Where the version must be live first.", name="from", default="")
    external: bool = key("Evidence of a team's own suite counts.", default=True)
    untested: bool = key("A version may go live without any evidence.", default=False)
    frozen: bool = key("Nothing goes live.", default=False)
    max_age_days: Amount = key("Maximum age of evidence; 0: no limit.", default=0.0)
    answers: Literal["cached", "fresh"] = key("fresh: made for that evaluation.", default=CACHED)
    endpoints: tuple[str, ...] = key("Who must have answered.", read=_endpoints, default=())
    """Empty: anybody."""
    answering_model: Literal["any", "current"] = key(
        "current: evidence of the model that answers today.", default=ANY
    )
    publish: tuple[str, ...] = key("Targets of each deployment there.", read=_once, default=())
    """No rule: the registry does not keep it."""


@dataclass(frozen=True, slots=True)
class TargetSettings:
    """One [targets.NAME] or [model_registries.NAME] table: another registry."""

    name: str = key(name=None)
    kind: str = key("A kind of target: workbench export --help.")
    uri: str = key("Where it is; no password.", read=_address, default="")
    uri_env: str = key("The variable that holds the uri.", default="")
    options: Mapping[str, Any] = key("Of its kind.", read=_options, default_factory=dict)


DEFAULT_ENVIRONMENTS = (
    EnvironmentSettings(DEVELOPMENT, untested=True),
    EnvironmentSettings("staging"),
    EnvironmentSettings("production"),
)


@dataclass(frozen=True, slots=True)
class WorkspaceSettings:
    """The table [workspace]."""

    author: str = key("Who registers and deploys; else git's user.name.", default="")
    theme: str = key("auto, dark, light, or a theme of the screens.", default="")
    confirm_above_usd: Amount = key(
        "US dollars that need no question.", name="confirm_above", default=1.0
    )


@dataclass(frozen=True, slots=True)
class Settings(WorkspaceSettings):
    """The contents of workbench.toml, with defaults."""

    providers: Mapping[str, ProviderSettings] = field(default_factory=dict)
    environments: Mapping[str, EnvironmentSettings] = field(default_factory=dict)
    targets: Mapping[str, TargetSettings] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    """Keys by binding id."""
    model_registries: Mapping[str, TargetSettings] = field(default_factory=dict)
    """Where `model.artifact` of drafts is resolved."""

    def provider_of(self, model_id: str) -> str:
        """The provider for a model that a draft names without one: `local` for the embedded model,
        else the only configured provider. Empty if undetermined.
        """
        if model_id.casefold() == EMBEDDED_MODEL:
            return LOCAL
        return next(iter(self.providers)) if len(self.providers) == 1 else ""

    def answers_as_another(self, provider: str, model_id: str) -> bool:
        """Whether that provider is the packaged model, and the id is that of another model."""
        settings = self.providers.get(provider) or ProviderSettings(provider)
        packaged = settings.is_embedded and not settings.model_path
        return packaged and model_id.casefold() != EMBEDDED_MODEL

    def provider(self, name: str) -> ProviderSettings:
        """The provider of that name; `local` always exists. Raises SettingsError."""
        if name in self.providers:
            return self.providers[name]
        if name == LOCAL:
            return ProviderSettings(LOCAL)
        hint = did_you_mean(name, [*self.providers, LOCAL])
        raise SettingsError(f"no provider {name!r} in {FILE_NAME}", hint=hint)


def read_settings(path: Path) -> Settings:
    """The settings in `path`; the defaults if there is no such file.

    Raises SettingsError with the file, the key and the nearest known one.
    """
    if not path.exists():
        return parse_settings({}, str(path))
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}", hint="see the README for an example") from error
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error
    settings = parse_settings(data, str(path))
    providers = {name: _with_paths(item, path.parent) for name, item in settings.providers.items()}
    return replace(settings, providers=providers)


def _with_paths(provider: ProviderSettings, folder: Path) -> ProviderSettings:
    if provider.kind == COMMAND:
        provider = replace(provider, folder=str(folder))
    if not provider.ca_bundle:
        return provider
    return replace(provider, ca_bundle=str(folder / Path(provider.ca_bundle).expanduser()))


@dataclass(frozen=True, slots=True)
class _Tables:
    """What may stand at the top of the file."""

    workspace: Mapping[str, Any] = field(default_factory=dict)
    providers: Mapping[str, Any] = field(default_factory=dict)
    environments: Mapping[str, Any] = field(default_factory=dict)
    targets: Mapping[str, Any] = field(default_factory=dict)
    model_registries: Mapping[str, Any] = field(default_factory=dict)
    keys: Mapping[str, str] = key(read=_keys, default_factory=dict)


def parse_settings(data: Mapping[str, Any], where: str) -> Settings:
    """Settings from the parsed file; `where` names it in messages. Raises SettingsError."""
    tables = read_table(_Tables, data, where, SettingsError)
    workspace = read_table(
        WorkspaceSettings, tables.workspace, f"{where} [workspace]", SettingsError
    )

    def named(part: str, make: Callable[[str, Mapping[str, Any], str], T]) -> dict[str, T]:
        made = {}
        for name, table in getattr(tables, part).items():
            if not isinstance(table, Mapping):
                raise SettingsError(f"{where}: {part}.{name} must be a table, not {table!r}")
            made[name] = make(name, table, f"{where} [{part}.{name}]")
        return made

    settings = Settings(
        workspace.author,
        workspace.theme,
        workspace.confirm_above_usd,
        named("providers", _provider),
        {item.name: item for item in DEFAULT_ENVIRONMENTS} | named("environments", _environment),
        named("targets", _target),
        tables.keys,
        named("model_registries", _target),
    )
    _check_environments(settings, where)
    return settings


def _check_environments(settings: Settings, where: str) -> None:
    """Raises SettingsError where an environment names another or a target that is not there."""
    for item in settings.environments.values():
        place = f"{where} [environments.{item.name}]"
        if item.promote_from and item.promote_from not in settings.environments:
            raise SettingsError(
                f"{place}: no environment {item.promote_from!r}",
                hint=did_you_mean(item.promote_from, settings.environments),
            )
        if item.promote_from == item.name:
            raise SettingsError(f"{place}: it promotes from itself")
        for name in item.publish:
            if name not in settings.targets:
                raise SettingsError(
                    f"{place}: publish names no [targets.{name}]",
                    hint=did_you_mean(name, settings.targets) or f"[targets.{name}] kind = ...",
                )


def _provider(name: str, table: Mapping[str, Any], where: str) -> ProviderSettings:
    if "api_key" in table:
        hint = 'name the variable that holds it: api_key_env = "OPENAI_API_KEY"'
        raise SettingsError(f"{where}: a key must not stand in the file", hint=hint)
    return read_table(ProviderSettings, table, where, SettingsError, name=name)


def _environment(name: str, table: Mapping[str, Any], where: str) -> EnvironmentSettings:
    if not _NAME.fullmatch(name):
        hint = "lower case letters, digits, '_' and '-', a letter first"
        raise SettingsError(f"{where}: {name!r} is no name for an environment", hint=hint)
    table = {"untested": name == DEVELOPMENT, **table}
    return read_table(EnvironmentSettings, table, where, SettingsError, name=name)


def _target(name: str, table: Mapping[str, Any], where: str) -> TargetSettings:
    return read_table(TargetSettings, {"kind": "", **table}, where, SettingsError, name=name)
