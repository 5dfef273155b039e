"""A branch of a git repository: a commit for each version and each deployment, a tag a version."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from workbench.errors import TargetRefused, TargetUnreachable, UsageError
from workbench.exchange.clients.git_repository import (
    Fetched,
    Moved,
    Repository,
    address_problem,
    hidden_in,
    name_problem,
)
from workbench.exchange.forms import layout
from workbench.exchange.losses import Loss
from workbench.exchange.targets.base import Destination, Export, Held, Sent, Takes
from workbench.exchange.travelling import evidence_in_short
from workbench.exchange.versions import files_of, losses_of_files, version_of
from workbench.prompts.values import Prompt
from workbench.typed_options import Option

T = TypeVar("T")

_ATTEMPTS = 4
"""How often a commit is made again on a branch that others push to."""
_TAG = "tag"
_EXAMPLE = 'uri = "git@example.com:team/prompts.git", or the path of a repository'


class GitTarget:
    """See `PointerTarget`."""

    summary = "A branch of a git repository, a tag a version, environments in files."
    takes = Takes.VERSION
    holds_parts = True
    options: Mapping[str, Option] = {
        "branch": Option("prompts", "The branch that is pushed to."),
        "timeout": Option(60.0, "Seconds that git may take.", least=1, most=3600),
    }

    def refuses(self, export: Export, destination: Destination) -> Sequence[str]:
        version = version_of(export)
        problems = [
            name_problem(str(destination.options.get("branch", ""))),
            name_problem(_tag_of(version.prompt_id, version.version)),
        ]
        address = address_problem(destination.uri)
        problems += [f"{address}: set {_EXAMPLE}"] if address else []
        if destination.path is not None:
            problems.append("it is no file: leave --output out")
        return tuple(filter(None, problems))

    def loses(self, export: Export) -> Sequence[Loss]:
        return losses_of_files(export, "who may push may change files and tags")

    def content(self, export: Export) -> Mapping[str, Any]:
        version = version_of(export)
        content = layout.content_in(*files_of(export).values())
        return {**content, _TAG: _tag_of(version.prompt_id, version.version)}

    def read_back(self, export: Export, destination: Destination) -> Held | None:
        version = version_of(export)
        ref = layout.version_file(version.prompt_id, version.version)
        return self.held(version.prompt_id, ref, destination)

    def send(self, export: Export, destination: Destination) -> Sent:
        version = version_of(export)
        tag, files = _tag_of(version.prompt_id, version.version), files_of(export)
        evidence = evidence_in_short(export)
        subject = f"{version.prompt_id} {version.version}"
        message = f"{subject}\n\n{_trailers(version.description, evidence)}"

        def commit(fetched: Fetched) -> str:
            return fetched.commit(files, message, version.author, tag)

        made = _pushing(destination, version.prompt_id, commit)
        place = f"{destination.name}: {tag} at {made[:12]}"
        return Sent(place, ref=layout.version_file(version.prompt_id, version.version))

    def pointers(self, prompt_id: str, destination: Destination) -> Mapping[str, str]:
        with _repository(destination).fetched(f"{prompt_id}/*") as fetched:
            files = {}
            for path in fetched.paths(layout.ENVIRONMENTS):
                environment = layout.environment_of(path)
                entry = _pointers(fetched, path).get(prompt_id) if environment else None
                if entry:
                    files[environment] = entry.get("file", "")
            return files

    def point(
        self, prompt_id: str, environment: str, ref: str | None, destination: Destination
    ) -> None:
        path = layout.environment_file(environment)

        def commit(fetched: Fetched) -> str:
            before = _pointers(fetched, path).get(prompt_id, {}).get("version", "nothing")
            data = fetched.read(path, most=layout.MAX_BYTES)
            version = layout.version_of(ref) if ref else "retired"
            message = f"{environment}: {prompt_id} {version} (was {before})\n"
            changed = layout.with_pointer(data, environment, prompt_id, ref)
            return fetched.commit({path: changed}, message, "workbench")

        _pushing(destination, prompt_id, commit)

    def held(self, prompt_id: str, ref: str, destination: Destination) -> Held | None:
        with _repository(destination).fetched(f"{prompt_id}/*") as fetched:
            return _held(fetched, prompt_id, ref)

    def newest(self, prompt_id: str, destination: Destination) -> Held | None:
        with _repository(destination).fetched(f"{prompt_id}/*") as fetched:
            paths = fetched.paths(f"{layout.PROMPTS}/{prompt_id}")
            return _held(fetched, prompt_id, layout.newest_of(paths))

    def prompt(self, prompt_id: str, held: Held) -> Prompt:
        return layout.prompt_of(prompt_id, held.content)


KIND = GitTarget()


def _tag_of(prompt_id: str, version: str) -> str:
    return f"{prompt_id}/{version}"


def _trailers(description: str, evidence: Mapping[str, str]) -> str:
    """A commit's text: the description, and the evidence as trailers, each on its line."""
    lines = [
        f"Workbench-{name.replace('_', '-').title()}: {' '.join(text.split())}"
        for name, text in evidence.items()
        if name not in ("description", "prompt_id", "version", "author", "created_at")
    ]
    text = "".join(c for c in description if c.isprintable() or c == "\n").strip()
    return "\n".join([*([text, ""] if text else []), *lines]) + "\n"


def _repository(destination: Destination) -> Repository:
    address = destination.uri
    problem = address_problem(address)
    if problem:
        raise UsageError(problem, hint=_EXAMPLE)
    is_url = "://" in address or (":" in address.split("/")[0] and "@" in address)
    return Repository(
        address if is_url else str((destination.root / Path(address).expanduser()).absolute()),
        str(destination.options.get("branch", "prompts")),
        float(destination.options.get("timeout", 60.0)),
        tuple(hidden_in(address)),
    )


def _pushing(destination: Destination, prompt_id: str, commit: Callable[[Fetched], str]) -> str:
    """The pushed commit; made again where somebody else pushed meanwhile."""
    for attempt in range(1, _ATTEMPTS + 1):
        with _repository(destination).fetched(f"{prompt_id}/*") as fetched:
            try:
                return commit(fetched)
            except ValueError as error:
                raise TargetRefused(f"git: {error}", hint="repair that file by hand") from error
            except Moved as error:
                if attempt == _ATTEMPTS:
                    raise TargetUnreachable(error.message) from error
    raise AssertionError("unreachable")


def _pointers(fetched: Fetched, path: str) -> dict[str, dict[str, str]]:
    try:
        return layout.pointers_in(fetched.read(path, most=layout.MAX_BYTES))
    except ValueError as error:
        hint = "repair that file by hand"
        raise TargetRefused(f"git: {path}: {error}", hint=hint) from error


def _held(fetched: Fetched, prompt_id: str, ref: str) -> Held | None:
    version = layout.version_of(ref)
    data = fetched.read(ref, most=layout.MAX_BYTES) if version else None
    if data is None:
        return None
    prompty = layout.prompty_file(prompt_id, version)
    content = layout.content_in(data, fetched.read(prompty, most=layout.MAX_BYTES))
    tag = _tag_of(prompt_id, version)
    if fetched.read(ref, tag=tag, most=layout.MAX_BYTES) == data:
        content[_TAG] = tag
    return Held(ref, version, content)
