"""By which key a judge's answer is found again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from workbench.fingerprints import canonical_json
from workbench.providers.openai_chat.parameters import api_options
from workbench.scorers.models import Question


def question_key(question: Question, identity: Mapping[str, Any]) -> bytes:
    """The cache key: sha256 of everything sent, and of the provider's identity."""
    request = question.request
    asked = {
        "judge": True,
        "identity": identity,
        "model": request.model,
        "options": api_options(request),
        "messages": [[message.role, message.content] for message in request.messages],
    }
    return hashlib.sha256(canonical_json(asked).encode("utf-8", "surrogatepass")).digest()
