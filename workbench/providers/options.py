"""From a prompt to the request that is made of it, whichever provider is asked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from workbench.errors import DraftError, ProviderError, UsageError
from workbench.prompts.files.options import MORE, NAMES
from workbench.prompts.values import Message, Model, Prompt
from workbench.providers.base import MAX_OUTPUT, Request

OURS = ("model", "messages", "stream", "stream_options", "n")
_LIMIT_WORDS = ("max_tokens", "max_completion_tokens")
"""Words of APIs for MAX_OUTPUT, which a draft may use."""
_MOST_NAME = 40
"""Characters of the name of a variant that is offered."""
_PROMPTY = {api: name for name, api in reversed(NAMES.items())}
"""An API's name of an option to Prompty's, of several to the first."""


def build_request(prompt: Prompt, messages: Sequence[Message]) -> Request:
    """The request for rendered messages; all but these is the same for every case.

    Raises UsageError when the draft names no model, or sets an option reserved for the workbench.
    """
    if prompt.model is None:
        raise UsageError(f"{prompt.prompt_id} names no model", hint="add model.id to the draft")
    options, extra = _options(prompt.model)
    for name in OURS:
        if name in options or name in extra:
            raise DraftError(
                f"{prompt.prompt_id}: model.options.{name} cannot be set",
                hint="use repeats in the suite" if name == "n" else "the workbench sets it",
            )
    has_own_format = "response_format" in options or "response_format" in extra
    return Request(
        prompt.model.id,
        tuple(messages),
        {name: value for name, value in options.items() if value is not None},
        outputs=None if has_own_format else prompt.outputs,
        tools=prompt.tools,
        extra={name: value for name, value in extra.items() if value is not None},
        limit_word=_limit_word(prompt.model),
    )


def without_option(model: Model, name: str) -> Model | None:
    """The model without an option, by its own name or the one that an API gives it; None where it
    does not set it.
    """
    kept = {own: value for own, value in model.options.items() if not _is_named(own, name)}
    more = kept.get(MORE)
    if isinstance(more, Mapping):
        kept[MORE] = {own: value for own, value in more.items() if not _is_named(own, name)}
    return replace(model, options=kept) if kept != model.options else None


def with_remedy(error: ProviderError, prompt: Prompt) -> ProviderError:
    """The error; where the model refuses an option of the prompt, with the variant that leaves it
    out as what to do.
    """
    model = prompt.model
    if model is None or not error.parameter or without_option(model, error.parameter) is None:
        return error
    name = re.sub("[^a-z0-9]+", "-", model.id.lower()).strip("-")[:_MOST_NAME]
    name = name if name[:1].isalpha() else f"m-{name}"
    where = f"--model {model.provider}:{model.id}" if model.provider else f"--model {model.id}"
    offer = f"workbench draft {prompt.prompt_id} --as {name} {where} --without {error.parameter}"
    remedy = ProviderError(error.message, hint=offer)
    remedy.parameter, remedy.calls = error.parameter, error.calls
    return remedy


def _is_named(own: str, name: str) -> bool:
    return own == name or NAMES.get(own, own) == NAMES.get(name, name)


def max_output(request: Request) -> int | None:
    """How many tokens the request lets an answer have; None: it does not say."""
    given = [request.options.get(MAX_OUTPUT), *(request.extra.get(word) for word in _LIMIT_WORDS)]
    return next((number for number in given if isinstance(number, int)), None)


def _options(model: Model) -> tuple[dict[str, Any], dict[str, Any]]:
    """The draft's options under Prompty's names, and those that are sent as they stand. Where two
    say the same, the later one counts.
    """
    sent: dict[str, tuple[bool, Any]] = {}
    for name, value in model.options.items():
        if name == MORE and isinstance(value, Mapping):
            sent |= {key: (True, item) for key, item in value.items()}
        else:
            sent[NAMES.get(name, name)] = (False, value)
    options = {_PROMPTY.get(api, api): value for api, (raw, value) in sent.items() if not raw}
    return options, {api: value for api, (raw, value) in sent.items() if raw}


def _limit_word(model: Model) -> str:
    """The API's word by which the draft limits its answers; empty for Prompty's own word."""
    more = model.options.get(MORE)
    for name in (*model.options, *(more if isinstance(more, Mapping) else ())):
        if name in _LIMIT_WORDS:
            return str(name)
    return ""
