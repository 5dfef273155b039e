"""A folder or a bucket: a file a version, never changed, and a file an environment."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from workbench.errors import TargetRefused, TargetUnreachable, UsageError
from workbench.exchange.clients.object_store import Changed, LocalStore, Store, open_bucket
from workbench.exchange.forms import layout
from workbench.exchange.losses import Loss
from workbench.exchange.targets.base import Destination, Export, Held, Sent, Takes
from workbench.exchange.versions import files_of, losses_of_files, version_of
from workbench.prompts.values import Prompt
from workbench.typed_options import Option

_ATTEMPTS = 5
"""How often a pointer is set again in a file that others change, too."""
_READ_ONLY = ("http", "https", "github", "data", "zip", "tar")
_KEY = re.compile(r"key|secret|token|password|credential|connection_string", re.IGNORECASE)
_EXAMPLE = 'uri = "s3://bucket/prompts", or the path of a folder'


class FolderTarget:
    """See `PointerTarget`."""

    summary = "A folder or a bucket with a file a version, and a file an environment."
    takes = Takes.VERSION
    holds_parts = True
    options: Mapping[str, Option] = {
        "storage": Option({}, "What fsspec's file system takes: endpoint_url, anon, profile, ..."),
        "key_env": Option("", "The variable with the access key, where the store needs one."),
        "secret_env": Option("", "The variable with the secret of that key."),
        "token_env": Option("", "The variable with the token of that key."),
    }

    def refuses(self, export: Export, destination: Destination) -> Sequence[str]:
        del export
        problem = _address_problem(destination)
        return (problem,) if problem else ()

    def loses(self, export: Export) -> Sequence[Loss]:
        return losses_of_files(export, "who may write there may change files")

    def content(self, export: Export) -> Mapping[str, Any]:
        return layout.content_in(*files_of(export).values())

    def read_back(self, export: Export, destination: Destination) -> Held | None:
        version = version_of(export)
        ref = layout.version_file(version.prompt_id, version.version)
        return self.held(version.prompt_id, ref, destination)

    def send(self, export: Export, destination: Destination) -> Sent:
        version, store = version_of(export), _store(destination)
        # The JSON last: a version is there when its JSON is.
        for path, data in reversed(files_of(export).items()):
            _changing(store, path, partial(_always, data))
        ref = layout.version_file(version.prompt_id, version.version)
        return Sent(f"{destination.name}: {ref}", ref=ref)

    def pointers(self, prompt_id: str, destination: Destination) -> Mapping[str, str]:
        store, files = _store(destination), {}
        for path in store.names(layout.ENVIRONMENTS):
            environment = layout.environment_of(path)
            file = store.read(path, layout.MAX_BYTES) if environment else None
            try:
                entry = layout.pointers_in(file.data).get(prompt_id) if file else None
            except ValueError as error:
                raise _broken(path, error) from error
            if entry:
                files[environment] = entry.get("file", "")
        return files

    def point(
        self, prompt_id: str, environment: str, ref: str | None, destination: Destination
    ) -> None:
        def changed(before: bytes | None) -> bytes:
            return layout.with_pointer(before, environment, prompt_id, ref)

        _changing(_store(destination), layout.environment_file(environment), changed)

    def held(self, prompt_id: str, ref: str, destination: Destination) -> Held | None:
        return _held(_store(destination), prompt_id, ref)

    def newest(self, prompt_id: str, destination: Destination) -> Held | None:
        store = _store(destination)
        paths = store.names(f"{layout.PROMPTS}/{prompt_id}")
        return _held(store, prompt_id, layout.newest_of(paths))

    def prompt(self, prompt_id: str, held: Held) -> Prompt:
        return layout.prompt_of(prompt_id, held.content)


KIND = FolderTarget()


def _address_problem(destination: Destination) -> str:
    uri = destination.uri
    if destination.path is None and not uri:
        return f"the target {destination.name} has no uri: set {_EXAMPLE}, or --output FOLDER"
    scheme = uri.partition("://")[0] if "://" in uri else ""
    if "::" in uri or scheme in _READ_ONLY:
        return f"nothing can be written at such a uri: set {_EXAMPLE}"
    keys = [name for name in dict(destination.options.get("storage", {})) if _KEY.search(name)]
    if keys:
        return f"a key must not stand in the file ({keys[0]}): name its variable, options.key_env"
    return ""


def _store(destination: Destination) -> Store:
    problem = _address_problem(destination)
    if problem:
        raise UsageError(problem, hint=_EXAMPLE)
    uri = destination.uri
    if destination.path is not None:
        return LocalStore(destination.path.absolute())
    if "://" not in uri:
        return LocalStore((destination.root / Path(uri).expanduser()).absolute())
    keys = {name: destination.secret(f"{name}_env") for name in ("key", "secret", "token")}
    given = {name: value for name, value in keys.items() if value}
    storage = dict(destination.options.get("storage", {}))
    return open_bucket(uri, {**storage, **given}, tuple(given.values()))


def _always(data: bytes, before: bytes | None) -> bytes:
    del before
    return data


def _changing(store: Store, path: str, changed: Callable[[bytes | None], bytes]) -> None:
    """Write a file as `changed` makes it of what is there; again where somebody else was faster."""
    for _ in range(_ATTEMPTS):
        before = store.read(path, layout.MAX_BYTES)
        try:
            after = changed(before.data if before else None)
        except ValueError as error:
            raise _broken(path, error) from error
        if before and before.data == after:
            return
        try:
            store.write(path, after, before.token if before else "")
            return
        except Changed:
            continue
    raise TargetUnreachable(f"{path} is changed by others again and again")


def _broken(path: str, error: ValueError) -> TargetRefused:
    return TargetRefused(f"{path}: {error}", hint="repair that file by hand")


def _held(store: Store, prompt_id: str, ref: str) -> Held | None:
    version = layout.version_of(ref)
    file = store.read(ref, layout.MAX_BYTES) if version else None
    if file is None:
        return None
    prompty = store.read(layout.prompty_file(prompt_id, version), layout.MAX_BYTES)
    return Held(ref, version, layout.content_in(file.data, prompty.data if prompty else None))
