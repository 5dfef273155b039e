"""The files of a request: read when it is sent, and only where the provider takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from workbench.datasets.values import Case
from workbench.errors import UsageError
from workbench.prompts.inputs.parts import has_files
from workbench.prompts.inputs.sent import loaded
from workbench.prompts.kinds import MEDIA
from workbench.prompts.values import MESSAGES, Prompt
from workbench.providers.base import Answer, Outcome, Provider, Request


def with_files(request: Request) -> Request | Answer:
    """The request with the bytes of its files, or the answer that says why it cannot be sent."""
    try:
        return replace(request, messages=loaded(request.messages))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return Answer(Outcome.UNSENT, error=f"a file cannot be sent: {reason}", attempts=0)


def check_takes_files(provider: Provider, prompt: Prompt, cases: Sequence[Case]) -> None:
    """Raise UsageError when cases have files, and the provider takes text alone."""
    if getattr(provider, "takes_files", True):
        return
    for item in prompt.taken:
        values = (item.default, *(case.inputs.get(item.name) for case in cases))
        holds = bool if item.kind in MEDIA else has_files
        if item.kind in (*MEDIA, MESSAGES) and any(map(holds, values)):
            what = f"the {item.kind}" if item.kind in MEDIA else "files in"
            raise UsageError(
                f"the provider {provider.name} takes text alone, and {prompt.prompt_id} sends"
                f" {what} {item.name}",
                hint="name a provider in the draft whose model takes it",
            )
