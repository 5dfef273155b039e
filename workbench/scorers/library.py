"""Packages of the extras, with which some scorers compute."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from workbench.providers.versions import installed_version


@dataclass(frozen=True, slots=True)
class Library:
    """A package that is installed by one of the extras; it has the name of its module."""

    name: str
    extra: str

    @property
    def version(self) -> str:
        return installed_version(self.name)

    @property
    def is_installed(self) -> bool:
        return find_spec(self.name) is not None
