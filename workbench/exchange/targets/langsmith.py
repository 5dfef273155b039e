"""LangSmith's prompts: a version of ours is a commit there with a tag, an environment a tag."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self
from urllib.parse import quote

from workbench.errors import DraftError
from workbench.exchange.hosted import (
    NOTE,
    headline,
    is_version_label,
    restored,
    version_in,
    version_label,
)
from workbench.exchange.hosted_rules import Rules, losses_of, problems_of, without_dots
from workbench.exchange.http_json import OPTIONS, JsonService, connected
from workbench.exchange.langchain_manifest import SETTINGS, content_of, manifest
from workbench.exchange.losses import Loss
from workbench.exchange.mustache import LANGSMITH
from workbench.exchange.targets.base import Destination, Export, Held, Sent, Takes
from workbench.prompts.values import Prompt
from workbench.typed_options import Option

CLOUD = "https://api.smith.langchain.com"
RULES = Rules(
    syntax=LANGSMITH,
    roles=("system", "developer", "user", "assistant"),
    name=re.compile(r"[a-z][a-z0-9_-]*"),
    pointer=re.compile(r"[a-zA-Z0-9_.-]{1,100}"),
    words="small letters, digits, _ and -, a letter first",
    reserved=frozenset({"latest"}),
    rename=without_dots,
)
_DESCRIPTION_CHARS = 1000
_PAGE = 100
_PAGES = 100


class LangsmithTarget:
    """See `PointerTarget`."""

    summary = "An approved version to LangSmith, with a commit tag for each environment."
    takes = Takes.VERSION
    options: Mapping[str, Option] = {
        "api_key_env": Option("LANGSMITH_API_KEY", "variable that holds the API key"),
        "workspace": Option("", "id of the workspace, for a key of an organization"),
        **OPTIONS,
    }

    def refuses(self, export: Export, destination: Destination) -> Sequence[str]:
        del destination
        assert export.prompt is not None
        return list(problems_of(export, RULES, without_dots(export.prompt.prompt_id)))

    def loses(self, export: Export) -> Sequence[Loss]:
        assert export.prompt is not None
        return (
            Loss(
                "the version's number",
                f"the commit tag {version_label(export.version)}, which can be moved there",
            ),
            Loss(
                "the model and its parameters as objects that LangChain runs",
                f"they are in the prompt's metadata, {SETTINGS}",
            ),
            *losses_of(export, RULES, without_dots(export.prompt.prompt_id)),
        )

    def content(self, export: Export) -> Mapping[str, Any]:
        return content_of(manifest(export))

    def read_back(self, export: Export, destination: Destination) -> Held | None:
        assert export.prompt is not None
        with _Repo(export.prompt.prompt_id, destination) as repo:
            return repo.commit(version_label(export.version))

    def send(self, export: Export, destination: Destination) -> Sent:
        assert export.prompt is not None
        with _Repo(export.prompt.prompt_id, destination) as repo:
            repo.create(export.prompt.description)
            ref, commit_id = _unfinished(export, repo) or _committed(export, repo)
            repo.set_tag(version_label(export.version), commit_id)
        return Sent(f"{repo.service.address}, {repo.name} commit {ref[:8]}", ref=ref)

    def pointers(self, prompt_id: str, destination: Destination) -> Mapping[str, str]:
        with _Repo(prompt_id, destination) as repo:
            tags = repo.tags()
        return {name: ref for name, ref in tags.items() if not is_version_label(name)}

    def point(
        self, prompt_id: str, environment: str, ref: str | None, destination: Destination
    ) -> None:
        with _Repo(prompt_id, destination) as repo:
            if ref is None:
                repo.delete_tag(environment)
                return
            ids = {held: commit_id for held, commit_id, _ in repo.commits()}
            if ref not in ids:
                raise repo.service.unexpected(f"the commit {ref[:8]} of {repo.name}")
            repo.set_tag(environment, ids[ref])

    def held(self, prompt_id: str, ref: str, destination: Destination) -> Held | None:
        with _Repo(prompt_id, destination) as repo:
            return repo.commit(ref)

    def newest(self, prompt_id: str, destination: Destination) -> Held | None:
        with _Repo(prompt_id, destination) as repo:
            return repo.commit("latest")

    def prompt(self, prompt_id: str, held: Held) -> Prompt:
        content = held.content
        messages = _templates(prompt_id, content["messages"])
        note = content.get(NOTE)
        return restored(prompt_id, messages, content["config"], note, RULES.syntax)


KIND = LangsmithTarget()


def _templates(prompt_id: str, entries: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Role and template of each message. Raises DraftError for other templates than mustache."""
    for entry in entries:
        text = entry.get("template")
        if entry.get("format") not in (None, "mustache") and _is_template(entry, text):
            raise DraftError(
                f"{prompt_id} at LangSmith has a {entry['format']} template",
                hint="choose mustache there",
            )
        yield entry.get("role"), text


def _is_template(entry: Mapping[str, Any], text: Any) -> bool:
    return entry.get("format") != "f-string" or "{" in str(text) or "}" in str(text)


def _unfinished(export: Export, repo: _Repo) -> tuple[str, str] | None:
    """A commit of the same content that an earlier attempt made and did not tag."""
    ours = content_of(manifest(export))
    title = headline(export, _DESCRIPTION_CHARS)
    for index, (ref, commit_id, description) in enumerate(repo.commits()):
        if index == 0 or description == title:
            commit = repo.commit(ref)
            if commit is not None and commit.content == ours:
                return ref, commit_id
    return None


def _committed(export: Export, repo: _Repo) -> tuple[str, str]:
    """A new commit on top of the newest: its hash and id."""
    parent = next((ref for ref, _, _ in repo.commits()), None)
    body = {
        "parent_commit": parent,
        "description": headline(export, _DESCRIPTION_CHARS),
        "manifest": manifest(export),
    }
    data = repo.service.call("POST", f"/commits/-/{repo.name}", body=body).data
    commit = data.get("commit") if isinstance(data, Mapping) else None
    if not isinstance(commit, Mapping) or not commit.get("commit_hash") or not commit.get("id"):
        raise repo.service.unexpected("the commit that it made")
    return str(commit["commit_hash"]), str(commit["id"])


def held_of(data: Any, service: JsonService) -> Held:
    """A commit as the API gives it. Raises TargetError for JSON of another form."""
    data = data if isinstance(data, Mapping) else {}
    if not isinstance(data.get("manifest"), Mapping) or not data.get("commit_hash"):
        raise service.unexpected("a commit")
    content = content_of(data["manifest"])
    return Held(str(data["commit_hash"]), version_in(content.get(NOTE)), content)


class _Repo:
    """One prompt at LangSmith, in the workspace of the key."""

    def __init__(self, prompt_id: str, destination: Destination) -> None:
        key = destination.secret("api_key_env")
        workspace = str(destination.options.get("workspace", ""))
        variable = destination.options.get("api_key_env")
        self.service: JsonService = connected(
            destination,
            CLOUD,
            {"x-api-key": key, **({"x-tenant-id": workspace} if workspace else {})},
            (key,),
            f"check ${variable}, and that uri is the region of that workspace",
        )
        self.name = quote(without_dots(prompt_id), safe="")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.service.__exit__()

    def create(self, description: str) -> None:
        """Make the prompt, unless it is there."""
        path = f"/repos/-/{self.name}"
        if self.service.call("GET", path, expect=(404,)).status != 404:
            return
        body = {
            "repo_handle": self.name,
            "description": description,
            "readme": "",
            "tags": [],
            "is_public": False,
        }
        # 409: somebody else made it meanwhile.
        self.service.call("POST", "/repos/", body=body, expect=(409,))

    def commit(self, ref: str) -> Held | None:
        """A commit by its hash, a tag, or `latest`."""
        path = f"/commits/-/{self.name}/{quote(ref, safe='')}"
        reply = self.service.call("GET", path, expect=(404,))
        if reply.status == 404:
            return None
        return held_of(reply.data, self.service)

    def commits(self) -> Iterator[tuple[str, str, str | None]]:
        """Hash, id and description of each commit, the newest first."""
        offset = 0
        for _ in range(_PAGES):
            params = {"limit": _PAGE, "offset": offset}
            reply = self.service.call(
                "GET", f"/commits/-/{self.name}/", params=params, expect=(404,)
            )
            listed = reply.data.get("commits") if isinstance(reply.data, Mapping) else None
            if reply.status == 404 or listed == []:
                return
            if not isinstance(listed, list):
                raise self.service.unexpected("a list of commits")
            for item in listed:
                if isinstance(item, Mapping) and item.get("commit_hash") and item.get("id"):
                    description = item.get("description")
                    yield (
                        str(item["commit_hash"]),
                        str(item["id"]),
                        description if isinstance(description, str) else None,
                    )
            offset += len(listed)
            if len(listed) < _PAGE:
                return

    def tags(self) -> dict[str, str]:
        """Each tag, and the hash of its commit."""
        reply = self.service.call("GET", f"/repos/-/{self.name}/tags", expect=(404,))
        if reply.status == 404:
            return {}
        if not isinstance(reply.data, list):
            raise self.service.unexpected("a list of tags")
        return {
            str(tag["tag_name"]): str(tag["commit_hash"])
            for tag in reply.data
            if isinstance(tag, Mapping) and tag.get("tag_name") and tag.get("commit_hash")
        }

    def set_tag(self, tag: str, commit_id: str) -> None:
        """Make a tag lead to a commit, wherever it led before."""
        path = f"/repos/-/{self.name}/tags"
        one = f"{path}/{quote(tag, safe='')}"
        body = {"commit_id": commit_id}
        if tag in self.tags():
            self.service.call("PATCH", one, body=body)
            return
        made = self.service.call("POST", path, body={"tag_name": tag, **body}, expect=(409,))
        if made.status == 409:  # made meanwhile
            self.service.call("PATCH", one, body=body)

    def delete_tag(self, tag: str) -> None:
        path = f"/repos/-/{self.name}/tags/{quote(tag, safe='')}"
        self.service.call("DELETE", path, expect=(404,))
