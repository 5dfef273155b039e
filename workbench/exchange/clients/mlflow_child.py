"""The side of the MLflow target that has MLflow: a script for any Python that has it.

    python -I mlflow_child.py

It reads one JSON request a line on stdin, `{"op": ..., "uri": ..., ...}`, and answers each with a
line, `{"ok": ...}` or `{"error": ..., "kind": ...}`; it ends with its stdin. Apart from MLflow it
uses the standard library alone: that Python may have no workbench.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

IS_PROMPT = "tag.`mlflow.prompt.is_prompt` = 'true'"
PAGE = 100
MOST_BYTES = 256_000_000
"""Of a model whose files are read for its digest."""

MISSING = "missing"
REFUSED = "refused"
UNREACHABLE = "unreachable"
"""The kinds of errors."""

_OF_THE_SERVER = ("TEMPORARILY_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED")
_STATUS = re.compile(r"failed with error code (\d{3})\b")
_FIRST_OF_THE_SERVER = 500
_TOO_MANY = 429
_NO_CONNECTION = ("failed with timeout exception", "failed with exception")
"""What MLflow says where the request got no answer; it keeps no cause."""


@functools.cache
def _client(uri: str) -> Any:
    mlflow = importlib.import_module("mlflow")
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    return mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)


def _version(version: Any) -> dict[str, Any]:
    return {
        "number": str(version.version),
        "tags": dict(version.tags),
        "description": version.description or "",
    }


def model(uri: str, name: str, version: str, alias: str) -> dict[str, Any]:
    """A version of a registered model, by its number or an alias, with a digest of its files;
    empty where there is none.
    """
    client = _client(uri)
    try:
        wanted = (
            client.get_model_version_by_alias(name, alias)
            if alias
            else client.get_model_version(name, version)
        )
    except Exception as error:
        if getattr(error, "error_code", "") in (
            "RESOURCE_DOES_NOT_EXIST",
            "INVALID_PARAMETER_VALUE",
        ):
            return {}
        raise
    digest, digest_of = _digest(client.get_model_version_download_uri(name, wanted.version))
    return {
        "version": str(wanted.version),
        "stage": str(wanted.current_stage or ""),
        "tags": dict(wanted.tags),
        "digest": digest,
        "digest_of": digest_of,
    }


def _digest(root: str) -> tuple[str, str]:
    """sha256 of the files of a model, and of what it was made: large files count by their size."""
    registry = importlib.import_module("mlflow.store.artifact.artifact_repository_registry")
    repository = registry.get_artifact_repository(root)
    files = sorted(_files(repository, None))
    whole = sum(size for _, size in files) <= MOST_BYTES
    digest = hashlib.sha256()
    with tempfile.TemporaryDirectory() as folder:
        for path, size in files:
            digest.update(f"{path}\n{size}\n".encode())
            if whole or path == "MLmodel":
                with Path(repository.download_artifacts(path, folder)).open("rb") as file:
                    digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest(), "the content of its files" if whole else "MLmodel and sizes of files"


def _files(repository: Any, folder: str | None) -> Iterator[tuple[str, int]]:
    for item in repository.list_artifacts(folder):
        if item.is_dir:
            yield from _files(repository, item.path)
        else:
            yield item.path, int(item.file_size or 0)


def find(uri: str, name: str, tag: str, value: str) -> list[dict[str, Any]]:
    """The versions of a prompt with a tag of that value, the newest first."""
    quoted = value.replace("'", "")
    return _search(uri, f"name = '{name}' AND tag.`{tag}` = '{quoted}' AND {IS_PROMPT}", PAGE)


def newest(uri: str, name: str) -> list[dict[str, Any]]:
    """The newest version of a prompt; none where there is no prompt."""
    return _search(uri, f"name = '{name}' AND {IS_PROMPT}", 1)


def _search(uri: str, wanted: str, most: int) -> list[dict[str, Any]]:
    versions = _client(uri).search_model_versions(wanted, most, ["version_number DESC"])
    return [_version(item) for item in versions]


def get(uri: str, name: str, number: str) -> list[dict[str, Any]]:
    """The version with MLflow's number, if there is one."""
    return _search(uri, f"name = '{name}' AND version_number = {int(number)} AND {IS_PROMPT}", 1)


def aliases(uri: str, name: str) -> dict[str, str]:
    """Each alias of a prompt with the number that it leads to."""
    wanted = f"name = '{name}' AND {IS_PROMPT}"
    for model in _client(uri).search_registered_models(wanted, 1):
        return {alias: str(number) for alias, number in model.aliases.items()}
    return {}


def register(uri: str, **version: Any) -> str:
    """Make a version; its number."""
    return str(_client(uri).register_prompt(**version).version)


def point(uri: str, name: str, alias: str, number: str | None) -> None:
    """Move an alias; None removes it."""
    if number is not None:
        try:
            _client(uri).set_prompt_alias(name, alias, int(number))
        except Exception:
            # Of a server that does not answer MLflow says that there is no such version.
            aliases(uri, name)
            raise
        return
    if alias in aliases(uri, name):
        _client(uri).delete_prompt_alias(name, alias)


OPERATIONS: dict[str, Callable[..., Any]] = {
    operation.__name__: operation
    for operation in (find, newest, get, aliases, register, point, model)
}


def kind_of(error: Exception) -> str:
    """What kind of error it is, from MLflow's code or the answer's status."""
    if isinstance(error, ModuleNotFoundError):
        return MISSING
    text = str(error)
    if isinstance(error, OSError) or any(words in text for words in _NO_CONNECTION):
        return UNREACHABLE
    modules = set()
    cause: BaseException | None = error
    while cause is not None:
        if not isinstance(cause, ValueError):  # an answer that is no JSON, an address that is none
            modules.add(type(cause).__module__.partition(".")[0])
        cause = cause.__cause__ or cause.__context__
    if modules & {"sqlalchemy", "sqlite3", "requests", "urllib3"}:
        return UNREACHABLE
    status = _status_of(error, text)
    if status == _TOO_MANY or status >= _FIRST_OF_THE_SERVER:
        return UNREACHABLE
    return REFUSED


def _status_of(error: Exception, text: str) -> int:
    """The status of a server's answer; 0 where none is known."""
    status = _STATUS.search(text)
    if status:
        return int(status[1])
    code = getattr(error, "error_code", "")
    status = getattr(error, "get_http_status_code", None)
    # MLflow gives its own errors the status 500, too: only of an answer it is one.
    is_answer = type(error).__name__ == "RestException" or code in _OF_THE_SERVER
    return int(status()) if is_answer and callable(status) else 0


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """The answer to one request; what MLflow raises is in it."""
    operation = OPERATIONS[request.pop("op")]
    try:
        return {"ok": operation(**request)}
    except Exception as error:  # noqa: BLE001 - MLflow may raise anything; the other side says it
        return {"error": f"{type(error).__name__}: {error}"[:10_000], "kind": kind_of(error)}


def main(requests: TextIO, answers: TextIO) -> None:
    """Answer until the requests end."""
    for line in requests:
        answers.write(json.dumps(answer(json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    # MLflow prints; what is printed must not stand between the answers.
    own = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    main(sys.stdin, own)
