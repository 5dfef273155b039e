"""A request as JSON by a template of the settings: what it puts in is data, and is not read again.

`{{ user }}` alone is replaced by a value of any kind, within a text by its text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from workbench.errors import SettingsError
from workbench.providers.base import Request
from workbench.providers.openai_chat.parameters import api_options, as_payload
from workbench.suggestions import did_you_mean

_PLACE = re.compile(r"\{\{\s*([A-Za-z_][\w.]*)\s*\}\}")
_OPTION = "options."
NAMES = ("user", "system", "messages", "model", "options")
"""The last user message, the system messages, all messages, the model, the draft's options."""
EXAMPLE = 'request = {question = "{{ user }}"}'
DEFAULT: Mapping[str, Any] = {
    "model": "{{ model }}",
    "messages": "{{ messages }}",
    "options": "{{ options }}",
}


def check_template(template: Any, where: str) -> None:
    """Raises SettingsError for a placeholder that is not known."""
    for text in _texts(template):
        for name in _PLACE.findall(text):
            if name not in NAMES and not name.startswith(_OPTION):
                raise SettingsError(
                    f"{where}: no placeholder {{{{ {name} }}}}",
                    hint=did_you_mean(name, NAMES) or EXAMPLE,
                )


def filled(template: Any, request: Request) -> Any:
    """The template with the request's values; an option that the draft does not set is null."""
    messages = as_payload(request.messages)
    options = api_options(request)
    values = {
        "model": request.model,
        "messages": messages,
        "options": options,
        "user": next((m["content"] for m in reversed(messages) if m["role"] == "user"), ""),
        "system": "\n\n".join(str(m["content"]) for m in messages if m["role"] == "system"),
    }
    return _filled(template, values | {_OPTION + name: value for name, value in options.items()})


def _filled(template: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(template, Mapping):
        return {name: _filled(item, values) for name, item in template.items()}
    if isinstance(template, list):
        return [_filled(item, values) for item in template]
    if not isinstance(template, str):
        return template
    whole = _PLACE.fullmatch(template.strip())
    if whole:
        return values.get(whole[1])
    return _PLACE.sub(lambda place: _text(values.get(place[1])), template)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _texts(template: Any) -> list[str]:
    if isinstance(template, Mapping):
        return [text for item in template.values() for text in _texts(item)]
    if isinstance(template, list):
        return [text for item in template for text in _texts(item)]
    return [template] if isinstance(template, str) else []
