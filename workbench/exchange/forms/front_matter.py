"""Files with YAML front matter between two lines `---`, as other tools read them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from workbench.errors import DraftError
from workbench.prompts.files.strict_yaml import dump_yaml, parse_yaml

_FILE = re.compile(r"---\n(.*?\n)?---\n(.*)", re.DOTALL)


def write(front: Mapping[str, Any], body: str) -> str:
    """The file."""
    return f"---\n{dump_yaml(dict(front))}---\n{body}"


def read(text: str) -> dict[str, Any]:
    """The front matter under `front` and the text under `body`; without front matter that can be
    read, the whole file as `body`.
    """
    match = _FILE.fullmatch(text)
    try:
        front = parse_yaml(match[1] or "", "") if match else None
    except DraftError:
        front = None
    if match is None or not isinstance(front, dict):
        return {"front": {}, "body": text}
    return {"front": front, "body": match[2]}
