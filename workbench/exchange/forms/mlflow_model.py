"""A model's configuration as MLflow's prompt registry holds it, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from workbench.json_text import without_spelling
from workbench.prompts.files.options import NAMES
from workbench.prompts.values import Model

_CONFIG_NAMES = {
    "temperature": "temperature",
    "max_completion_tokens": "max_tokens",
    "top_p": "top_p",
    "top_k": "top_k",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "stop": "stop_sequences",
}
"""MLflow's name of an option by that of the OpenAI API."""
_PROMPTY_NAMES = {"max_tokens": "maxOutputTokens", "top_p": "topP", "top_k": "topK"} | {
    "frequency_penalty": "frequencyPenalty",
    "presence_penalty": "presencePenalty",
    "stop_sequences": "stopSequences",
}
_FLOATS = ("temperature", "top_p", "frequency_penalty", "presence_penalty")
_WHOLE = ("max_tokens", "top_k")


def model_config(model: Model | None) -> dict[str, Any]:
    """A model with its options as MLflow has them; empty without a model."""
    if model is None:
        return {}
    config: dict[str, Any] = {"model_name": model.id}
    if model.provider:
        config["provider"] = model.provider
    for name, value in _plain(model.options).items():
        if value is None:
            continue
        key = _CONFIG_NAMES.get(NAMES.get(name, name), name)
        if key in _FLOATS:
            value = float(value)
        if key in _WHOLE:
            value = int(value)
        config[key] = [value] if key == "stop_sequences" and isinstance(value, str) else value
    plain: dict[str, Any] = json.loads(json.dumps(config))
    return plain


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {str(name): without_spelling(value) for name, value in values.items()}


def config_problems(config: Mapping[str, Any]) -> list[str]:
    """Which values MLflow refuses."""
    wrong = {
        "temperature": config.get("temperature", 0) < 0,
        "top_p": not 0 <= config.get("top_p", 0) <= 1,
        "top_k": config.get("top_k", 1) <= 0,
        "max_tokens": config.get("max_tokens", 1) <= 0,
    }
    return [
        f"model option {name} is {config[name]}, which MLflow refuses: change it in the draft"
        for name, is_wrong in wrong.items()
        if is_wrong
    ]


def model_of(config: Any) -> Model | None:
    """The model of such a configuration; None where it names none."""
    if not isinstance(config, Mapping) or not isinstance(config.get("model_name"), str):
        return None
    options = {
        _PROMPTY_NAMES.get(name, name): value
        for name, value in _plain(config).items()
        if name not in ("model_name", "provider")
    }
    return Model(config["model_name"], str(config.get("provider") or ""), options)
