"""Tables of workbench.toml, read with every value checked. Everything raises SettingsError."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbench.errors import SettingsError
from workbench.fingerprints import canonical_json
from workbench.suggestions import did_you_mean


def named_tables(
    data: Mapping[str, Any],
    key: str,
    where: str,
    make: Callable[[str, Mapping[str, Any], str], Any],
) -> dict[str, Any]:
    """A table of tables by name: what `make` reads of each, given its name and its place."""
    tables = table_of(data, key, where)
    return {
        name: make(name, table_of(tables, name, f"{where} [{key}]"), f"{where} [{key}.{name}]")
        for name in tables
    }


def table_of(data: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    """The table under `key`, empty where there is none."""
    value = data.get(key, {})
    if not isinstance(value, Mapping):
        raise SettingsError(f"{where}: {key} must be a table")
    return value


def check_keys(data: Mapping[str, Any], known: set[str], where: str) -> None:
    """Raises SettingsError for a key that is not known."""
    for key in data:
        if key not in known:
            raise SettingsError(f"{where}: unknown key {key!r}", hint=did_you_mean(key, known))


def typed_value(data: Mapping[str, Any], key: str, kind: type, default: Any, where: str) -> Any:
    """The value under `key`, else the default. Numbers must be finite and not negative."""
    value = data.get(key, default)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise SettingsError(f"{where}: {key} must be a {kind.__name__}, not {value!r}")
    if isinstance(value, (int, float)) and not 0 <= value < float("inf"):
        raise SettingsError(f"{where}: {key} must not be {value!r}", hint="0 or more")
    return value


def options_of(data: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The table `options`, which the kind checks. A key must not stand in it, but its variable."""
    options = dict(table_of(data, "options", where))
    if not options:
        return options
    from workbench.key_shapes import keys_of  # it compiles long patterns

    try:
        canonical_json(options)
    except (TypeError, ValueError) as error:
        raise SettingsError(f"{where}: options cannot hold a date or nan") from error
    for name, value in options.items():
        if any(keys_of(str(value))):
            raise SettingsError(
                f"{where}: options.{name}: a key or password must not stand in the file",
                hint="name the variable that holds it",
            )
    return options
