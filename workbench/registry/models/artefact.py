"""A prompt as the registry keeps it: canonical JSON in, the same prompt out."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from workbench.errors import PromptInputError, RegistryError, TemplateError
from workbench.fingerprints import canonical_json
from workbench.prompts.codec import prompt_from_json, prompt_to_json
from workbench.prompts.templates.templates import Renderer
from workbench.prompts.values import BRACES, Message, Prompt


def body_of(prompt: Prompt) -> str:
    """The whole artefact as canonical JSON text."""
    return canonical_json(prompt_to_json(prompt))


def content_of(prompt: Prompt) -> str:
    """The text for people and plain readers: a single message's text, or all with their roles."""
    if len(prompt.messages) == 1:
        return prompt.messages[0].content
    # Here, because an app that renders a stored prompt needs no YAML.
    from workbench.prompts.files.prompty import write_messages

    return write_messages(prompt.messages)


def prompt_of(prompt_id: str, content: str, body: str) -> Prompt:
    """The prompt that was registered.

    Raises RegistryError when `body` does not hold one.
    """
    if not body:
        return Prompt(prompt_id, (Message("user", content),), template_format=BRACES)
    try:
        return prompt_from_json(prompt_id, json.loads(body))
    except (KeyError, TypeError, ValueError) as error:
        raise RegistryError(
            f"the stored body of {prompt_id} cannot be read: {error}", hint="run workbench verify"
        ) from error


def fingerprint_of_text(content: str) -> str:
    """The fingerprint of a version that is plain text, without building its prompt."""
    before, after = _around_plain_text()
    text = content.encode("utf-8", "surrogatepass")
    if len(text.translate(None, _ESCAPED)) == len(text):  # in a third of the time
        text = text.replace(b"\n", b"\\n")
    else:
        text = canonical_json(content)[1:-1].encode("utf-8", "surrogatepass")
    return hashlib.sha256(b"".join((before, text, after))).hexdigest()


_ESCAPED = bytes({*range(32), *b'"\\'} - {*b"\n"})
"""What JSON escapes, but for the line feed, which nearly every prompt has."""


@functools.cache
def _around_plain_text() -> tuple[bytes, bytes]:
    """What stands in the canonical form around the text of a version without a body."""
    before, _, after = canonical_json(prompt_of("", "@", "").behaviour()).encode().partition(b"@")
    return before, after


def rendered(renderer: Renderer, inputs: Mapping[str, Any]) -> list[dict[str, str]]:
    """The messages as plain dictionaries.

    Raises PromptInputError when an input is missing or unknown, or the template fails on it.
    """
    try:
        messages = renderer.render(inputs, strict=True)
    except TemplateError as error:
        raise PromptInputError(error.message, hint=error.hint) from error
    return [{"role": message.role, "content": message.content} for message in messages]
