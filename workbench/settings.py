"""Reads workbench.toml, checked key by key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from workbench.addresses import LOCAL_MODEL, plain_address
from workbench.errors import SettingsError
from workbench.links import SETTINGS_FILE
from workbench.suggestions import did_you_mean
from workbench.toml_tables import check_keys, named_tables, options_of, table_of, typed_value

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_LOCAL_MODEL = re.compile(f"{LOCAL_MODEL}(:[0-9a-f]{{64}})?")
_PASSWORD = re.compile(r"//[^/@\s]*:[^/@\s]+@")

FILE_NAME = SETTINGS_FILE
LOCAL = "local"
PLAIN = "plain"
CACHED = "cached"
FRESH = "fresh"
EMBEDDED_MODEL = "gemma-3-270m"
"""The model of the provider `local`, unless other weights are configured."""


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """One [providers.NAME] table. The key itself is never in the file."""

    name: str
    kind: str = ""
    """How it is asked; empty: `local` for the built-in model, else `openai`."""
    base_url: str = ""
    api_key_env: str = ""
    """Name of the environment variable with the key; empty: no key is sent."""
    model_path: str = ""
    """Another GGUF file for the embedded model."""
    chat_template: str = ""
    """For that file: `plain` joins messages unchanged; empty: the file's own template."""
    ca_bundle: str = ""
    """A PEM file of certificates trusted in addition to the system's; may be relative to the
    folder of workbench.toml."""
    requests_per_minute: int = 0
    """Maximum concurrent calls; 0: no limit."""
    tokens_per_minute: int = 0
    prices: Mapping[str, Any] = field(default_factory=dict)
    """model id to {input, output}: US dollars a million tokens."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """[providers.NAME.options]: what the kind of a plug-in takes beside this."""

    @property
    def is_embedded(self) -> bool:
        """The built-in model answers, not an endpoint."""
        return self.kind == LOCAL or (not self.kind and self.name == LOCAL and not self.base_url)


@dataclass(frozen=True, slots=True)
class EnvironmentSettings:
    """One [environments.NAME] table: the rules for deployments there."""

    name: str
    requires: tuple[str, ...] = ()
    """Names of required suites; empty: every suite of the prompt."""
    approvals: int = 0
    promote_from: str = ""
    """The environment where the version must be live first; `from` in the file."""
    external: bool = True
    """Whether external evidence, of a team's own suite, counts."""
    untested: bool = False
    """Whether a version may go live there without any evidence."""
    frozen: bool = False
    max_age_days: float = 0.0
    """Maximum age of evidence in days; 0: no limit."""
    answers: str = CACHED
    """FRESH: evidence counts only if every answer was made for that evaluation."""
    endpoints: tuple[str, ...] = ()
    """Evidence counts only if all answers came from these endpoints; empty: any endpoint."""
    publish: tuple[str, ...] = ()
    """Names of targets to which each deployment there is sent. No rule: the registry does not
    keep it."""


@dataclass(frozen=True, slots=True)
class TargetSettings:
    """One [targets.NAME] table: another registry to export to."""

    name: str
    kind: str
    uri: str = ""
    uri_env: str = ""
    """The environment variable that holds the uri."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """[targets.NAME.options]: what the kind takes beside this."""


DEFAULT_ENVIRONMENTS = (
    EnvironmentSettings("development", untested=True),
    EnvironmentSettings("staging"),
    EnvironmentSettings("production"),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The contents of workbench.toml, with defaults."""

    author: str = ""
    providers: Mapping[str, ProviderSettings] = field(default_factory=dict)
    environments: Mapping[str, EnvironmentSettings] = field(default_factory=dict)
    targets: Mapping[str, TargetSettings] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    """Keys by binding id."""
    theme: str = ""
    confirm_above_usd: float = 1.0

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
        raise SettingsError(
            f"no provider {name!r} in {FILE_NAME}",
            hint=did_you_mean(name, [*self.providers, LOCAL]),
        )


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
    if not provider.ca_bundle:
        return provider
    return replace(provider, ca_bundle=str(folder / Path(provider.ca_bundle).expanduser()))


def parse_settings(data: Mapping[str, Any], where: str) -> Settings:
    """Settings from the parsed file; `where` names it in messages. Raises SettingsError."""
    tables = {"workspace", "providers", "environments", "targets", "keys"}
    check_keys(data, tables, where)
    workspace = table_of(data, "workspace", where)
    check_keys(workspace, {"author", "theme", "confirm_above"}, f"{where} [workspace]")
    settings = Settings(
        author=typed_value(workspace, "author", str, "", f"{where} [workspace]"),
        theme=typed_value(workspace, "theme", str, "", f"{where} [workspace]"),
        confirm_above_usd=typed_value(
            workspace, "confirm_above", float, 1.0, f"{where} [workspace]"
        ),
        providers=named_tables(data, "providers", where, _provider),
        environments={item.name: item for item in DEFAULT_ENVIRONMENTS}
        | named_tables(data, "environments", where, _environment),
        targets=named_tables(data, "targets", where, _target),
        keys=_keys(table_of(data, "keys", where), f"{where} [keys]"),
    )
    _check_promotions(settings.environments, where)
    _check_publishing(settings, where)
    return settings


def _keys(table: Mapping[str, Any], where: str) -> dict[str, str]:
    """Keys by binding id: a text or a list of texts."""
    keys = {}
    for name, value in table.items():
        listed = value if isinstance(value, list) else [value]
        if not all(isinstance(item, str) for item in listed):
            raise SettingsError(f"{where}: {name} takes a key or a list of keys, not {value!r}")
        keys[name] = ",".join(listed)
    return keys


def _check_promotions(environments: Mapping[str, EnvironmentSettings], where: str) -> None:
    for item in environments.values():
        if item.promote_from and item.promote_from not in environments:
            raise SettingsError(
                f"{where} [environments.{item.name}]: no environment {item.promote_from!r}",
                hint=did_you_mean(item.promote_from, environments),
            )
        if item.promote_from == item.name:
            raise SettingsError(f"{where} [environments.{item.name}]: it promotes from itself")


def _check_publishing(settings: Settings, where: str) -> None:
    for item in settings.environments.values():
        for name in item.publish:
            if name not in settings.targets:
                raise SettingsError(
                    f"{where} [environments.{item.name}]: publish names no [targets.{name}]",
                    hint=did_you_mean(name, settings.targets) or f"[targets.{name}] kind = ...",
                )


def _provider(name: str, table: Mapping[str, Any], where: str) -> ProviderSettings:
    known = {
        "kind",
        "options",
        "base_url",
        "api_key_env",
        "model_path",
        "chat_template",
        "ca_bundle",
        "requests_per_minute",
        "tokens_per_minute",
        "prices",
    }
    if "api_key" in table:
        raise SettingsError(
            f"{where}: a key must not stand in the file",
            hint='name the variable that holds it: api_key_env = "OPENAI_API_KEY"',
        )
    check_keys(table, known, where)
    variable = typed_value(table, "api_key_env", str, "", where)
    if variable and not _VARIABLE.fullmatch(variable):
        raise SettingsError(
            f"{where}: api_key_env is the name of a variable, and that is none",
            hint='api_key_env = "OPENAI_API_KEY"; a key itself must not stand in the file',
        )
    return ProviderSettings(
        name=name,
        kind=typed_value(table, "kind", str, "", where),
        base_url=typed_value(table, "base_url", str, "", where),
        api_key_env=variable,
        model_path=typed_value(table, "model_path", str, "", where),
        chat_template=_chat_template(table, where),
        ca_bundle=typed_value(table, "ca_bundle", str, "", where),
        requests_per_minute=typed_value(table, "requests_per_minute", int, 0, where),
        tokens_per_minute=typed_value(table, "tokens_per_minute", int, 0, where),
        prices=table_of(table, "prices", where),
        options=options_of(table, where),
    )


def _chat_template(table: Mapping[str, Any], where: str) -> str:
    value = typed_value(table, "chat_template", str, "", where)
    if value not in ("", PLAIN):
        raise SettingsError(
            f"{where}: chat_template is {value!r}",
            hint=f'chat_template = "{PLAIN}", or none for the model\'s own',
        )
    return str(value)


def _environment(name: str, table: Mapping[str, Any], where: str) -> EnvironmentSettings:
    own = {"requires", "approvals", "from", "external", "untested", "frozen", "max_age_days"}
    check_keys(table, {*own, "answers", "endpoints", "publish"}, where)
    if not _NAME.fullmatch(name):
        hint = "lower case letters, digits, '_' and '-', a letter first"
        raise SettingsError(f"{where}: {name!r} is no name for an environment", hint=hint)
    return EnvironmentSettings(
        name=name,
        requires=_names(table, "requires", "suite names", where),
        approvals=typed_value(table, "approvals", int, 0, where),
        promote_from=typed_value(table, "from", str, "", where),
        external=typed_value(table, "external", bool, True, where),
        untested=typed_value(table, "untested", bool, name == "development", where),
        frozen=typed_value(table, "frozen", bool, False, where),
        max_age_days=typed_value(table, "max_age_days", float, 0.0, where),
        answers=_answers(table, where),
        endpoints=_endpoints(table, where),
        publish=_names(table, "publish", "target names", where),
    )


def _names(table: Mapping[str, Any], key: str, what: str, where: str) -> tuple[str, ...]:
    names = typed_value(table, key, list, [], where)
    if not all(isinstance(item, str) for item in names):
        raise SettingsError(f"{where}: {key} takes a list of {what}")
    return tuple(dict.fromkeys(names)) if key == "publish" else tuple(names)


def _answers(table: Mapping[str, Any], where: str) -> str:
    value = typed_value(table, "answers", str, CACHED, where)
    if value not in (CACHED, FRESH):
        raise SettingsError(
            f"{where}: answers is {value!r}", hint=f'answers = "{FRESH}", or "{CACHED}"'
        )
    return str(value)


def _endpoints(table: Mapping[str, Any], where: str) -> tuple[str, ...]:
    """Addresses as evidence names them, sorted."""
    addresses = set()
    for value in typed_value(table, "endpoints", list, [], where):
        try:
            addresses.add(value if _LOCAL_MODEL.fullmatch(value) else plain_address(value))
        except (ValueError, TypeError, AttributeError) as error:
            raise SettingsError(
                f"{where}: endpoints: {value!r} is no address",
                hint=f'endpoints = ["https://api.openai.com/v1", "{LOCAL_MODEL}"]',
            ) from error
    return tuple(sorted(addresses))


def _target(name: str, table: Mapping[str, Any], where: str) -> TargetSettings:
    check_keys(table, {"kind", "uri", "uri_env", "options"}, where)
    if _PASSWORD.search(typed_value(table, "uri", str, "", where)):
        raise SettingsError(
            f"{where}: a password must not stand in the file",
            hint='name the variable that holds the address: uri_env = "TEAM_REGISTRY"',
        )
    return TargetSettings(
        name=name,
        kind=typed_value(table, "kind", str, "", where),
        uri=typed_value(table, "uri", str, "", where),
        uri_env=typed_value(table, "uri_env", str, "", where),
        options=options_of(table, where),
    )
