"""A target that is a prompt registry of its own, with versions and labels, over HTTP."""

from __future__ import annotations

import http.client
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from workbench.errors import DraftError, TargetRefused, TargetUnreachable
from workbench.exchange.losses import Loss
from workbench.exchange.targets.base import Destination, Export, Held, Sent, Takes
from workbench.exchange.travelling import evidence_in_short
from workbench.prompts.codec import prompt_from_json
from workbench.prompts.values import Prompt
from workbench.typed_options import Option

MOST_CHARS = 2_000


class LabelRegistry:
    """Each version gets a number; labels, one for an environment, lead to a number."""

    summary = "A registry of labelled versions."
    takes = Takes.VERSION
    options: Mapping[str, Option] = {
        "key_env": Option("", "The variable with the key."),
        "timeout": Option(5.0, "Seconds for an answer.", least=0.01),
    }

    def refuses(self, export: Export, destination: Destination) -> Sequence[str]:
        problems = []
        if urlsplit(destination.uri).scheme != "http":
            problems.append(f"the uri is no http address: set [targets.{destination.name}] uri")
        if len(json.dumps(self.content(export))) > MOST_CHARS:
            problems.append(f"it takes {MOST_CHARS} characters: shorten the prompt")
        return problems

    def loses(self, export: Export) -> Sequence[Loss]:
        return [Loss("outputs", "none of it"), Loss("evidence", "in short, as tags")]

    def content(self, export: Export) -> Mapping[str, Any]:
        assert export.prompt is not None
        model = export.prompt.model
        return {
            "messages": [{"role": m.role, "content": m.content} for m in export.prompt.messages],
            "model": {"id": model.id, **model.options} if model else None,
            "inputs": [item.name for item in export.prompt.inputs],
        }

    def read_back(self, export: Export, destination: Destination) -> Held | None:
        versions = self._all(_id(export), destination)["versions"]
        same = [_held(item) for item in versions if item["version"] == export.version]
        return same[-1] if same else None

    def send(self, export: Export, destination: Destination) -> Sent:
        body = {
            "version": export.version,
            "content": self.content(export),
            "tags": evidence_in_short(export),
        }
        made = _ask(destination, "POST", f"/prompts/{quote(_id(export))}", body)
        return Sent(destination.uri, ref=made["ref"])

    def pointers(self, prompt_id: str, destination: Destination) -> Mapping[str, str]:
        labels: Mapping[str, str] = self._all(prompt_id, destination)["labels"]
        return labels

    def point(
        self, prompt_id: str, environment: str, ref: str | None, destination: Destination
    ) -> None:
        path = f"/prompts/{quote(prompt_id)}/labels/{environment}"
        _ask(destination, "PUT", path, {"ref": ref})

    def held(self, prompt_id: str, ref: str, destination: Destination) -> Held | None:
        versions = self._all(prompt_id, destination)["versions"]
        return next((_held(item) for item in versions if item["ref"] == ref), None)

    def newest(self, prompt_id: str, destination: Destination) -> Held | None:
        versions = self._all(prompt_id, destination)["versions"]
        return _held(versions[-1]) if versions else None

    def prompt(self, prompt_id: str, held: Held) -> Prompt:
        content = held.content
        try:
            model = dict(content["model"] or {})
            data = {
                "messages": content["messages"],
                "template": "jinja2",
                "model": model and {"id": model.pop("id"), "provider": "", "options": model},
                "inputs": [{"name": name} for name in content["inputs"]],
                "outputs": None,
                "tools": None,
                "description": "",
                "extra": {},
            }
            return prompt_from_json(prompt_id, data)
        except (KeyError, TypeError, ValueError) as error:
            raise DraftError(f"version {held.ref} of {prompt_id} is no prompt: {error}") from error

    def _all(self, prompt_id: str, destination: Destination) -> Any:
        return _ask(destination, "GET", f"/prompts/{quote(prompt_id)}")


def _id(export: Export) -> str:
    return export.prompt.prompt_id if export.prompt else ""


def _held(item: Mapping[str, Any]) -> Held:
    return Held(item["ref"], item["version"], item["content"])


def _ask(destination: Destination, method: str, path: str, body: Any = None) -> Any:
    key = destination.secret("key_env")
    headers = {"X-Key": key, "X-Pid": str(os.getpid()), "Content-Type": "application/json"}
    connection = http.client.HTTPConnection(
        urlsplit(destination.uri).netloc, timeout=destination.options["timeout"]
    )
    try:
        connection.request(method, path, json.dumps(body) if body else None, headers)
        answer = connection.getresponse()
        text = answer.read(1_000_000)
    except (OSError, http.client.HTTPException) as error:
        raise TargetUnreachable(
            f"{destination.uri} does not answer: {type(error).__name__}",
            hint="workbench export --pending, when it is back",
            may_have_committed=method != "GET",
        ) from error
    finally:
        connection.close()
    if answer.status >= 500:
        raise TargetUnreachable(f"{destination.uri} answers {answer.status}")
    if answer.status >= 400:
        reason = text.decode("utf-8", "replace")
        raise TargetRefused(f"{destination.uri} refuses with {answer.status}: {reason}")
    return json.loads(text)
