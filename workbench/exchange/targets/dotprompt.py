"""An approved version as a `.prompt` file, for Genkit and what else reads Dotprompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.errors import TargetRefused, UsageError
from workbench.exchange.forms import dotprompt, front_matter
from workbench.exchange.losses import Loss
from workbench.exchange.targets.base import Destination, Export, Held, Sent, Takes
from workbench.exchange.versions import evidence_of, version_of
from workbench.files import write_atomically
from workbench.prompts.values import Prompt
from workbench.typed_options import Option

_FIXED = ("version", "fingerprint", "author")
"""Of what stands under our prefix; the rest is evidence, which may change."""


class DotpromptTarget:
    """See `VersionTarget`."""

    summary = "An approved version as a .prompt file, for Genkit and others."
    takes = Takes.VERSION
    options: Mapping[str, Option] = {}

    def refuses(self, export: Export, destination: Destination) -> Sequence[str]:
        del destination
        return dotprompt.problems(_prompt(export))

    def loses(self, export: Export) -> Sequence[Loss]:
        evidence = Loss("evidence and the ledger", f"in short under {dotprompt.OWN}")
        return (evidence, *dotprompt.losses(_prompt(export)))

    def content(self, export: Export) -> Mapping[str, Any]:
        return _compared(front_matter.read(_text(export)))

    def read_back(self, export: Export, destination: Destination) -> Held | None:
        path = destination.file(f"{export.name}{dotprompt.SUFFIX}")
        try:
            content = front_matter.read(path.read_text(encoding="utf-8", errors="replace"))
        except OSError:
            return None
        version = str(content["front"].get("version", ""))
        is_ours = dotprompt.is_ours(content["front"], _prompt(export).prompt_id)
        if not is_ours or version != export.version:
            return None  # of another version: it is replaced, like any older file
        return Held(str(path), version, _compared(content))

    def send(self, export: Export, destination: Destination) -> Sent:
        path = destination.file(f"{export.name}{dotprompt.SUFFIX}")
        for problem in self.refuses(export, destination):
            raise TargetRefused(problem)
        write_atomically(path, _text(export))
        return Sent(str(path), path, str(path))


KIND = DotpromptTarget()


def _prompt(export: Export) -> Prompt:
    if export.prompt is None:
        raise UsageError("a .prompt file is written of a prompt")
    return export.prompt


def _text(export: Export) -> str:
    version_of(export)
    prompt, evidence = _prompt(export), evidence_of(export)
    own = {key: text for key, text in evidence.items() if key not in ("prompt_id", "description")}
    return front_matter.write(dotprompt.front_of(prompt, own), dotprompt.body_of(prompt))


def _compared(content: Mapping[str, Any]) -> dict[str, Any]:
    """The file without the evidence."""
    fixed = {f"{dotprompt.OWN}{name}" for name in _FIXED}
    front = {
        key: value
        for key, value in content["front"].items()
        if not key.startswith(dotprompt.OWN) or key in fixed
    }
    return {"front": front, "body": content["body"]}
