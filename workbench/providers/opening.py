"""Opens providers from settings, without heavy imports, processes or calls."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from importlib import import_module
from pkgutil import iter_modules

import workbench.providers as package
from workbench.errors import SettingsError
from workbench.plugins import KindTable, Loaders
from workbench.providers.base import Provider, ProviderKind
from workbench.providers.plugin_provider import PluginProvider
from workbench.settings import FILE_NAME, LOCAL, ProviderSettings
from workbench.typed_options import options_problem, read_options

USUAL = "openai"
"""The kind of a table that names none."""


@cache
def _builtin() -> Loaders[ProviderKind]:
    """The kinds of each folder here, in its module `kind`."""
    names = [module.name for module in iter_modules(package.__path__) if module.ispkg]
    modules = [import_module(f"{package.__name__}.{name}.kind") for name in names]
    return {name: partial(one.KINDS.__getitem__, name) for one in modules for name in one.KINDS}


KINDS: KindTable[ProviderKind] = KindTable(
    "workbench.providers",
    "provider kind",
    ProviderKind,
    _builtin,
    lambda kind: options_problem(kind.options),
)


def open_provider(
    settings: ProviderSettings, *, environ: Mapping[str, str] | None = None
) -> Provider:
    """The provider that the settings describe, ready for its first call.

    Raises SettingsError for an unknown kind, and when address, key or options cannot be right;
    ExtraMissing when the embedded model is not installed; PluginError.
    """
    variables = os.environ if environ is None else environ
    where = f"{FILE_NAME} [providers.{settings.name}]"
    kind = LOCAL if settings.is_embedded else settings.kind or USUAL
    entry = KINDS.get(kind, where, SettingsError)
    options = read_options(settings.options, entry.kind.options, f"{where}: options", SettingsError)
    settings = replace(settings, options=options)
    with entry.calling():
        provider = entry.kind.open(settings, variables)
        if entry.plugin is None:
            return provider
        secret = variables.get(settings.api_key_env, "") if settings.api_key_env else ""
        return PluginProvider(provider, settings, entry.plugin, secret)
