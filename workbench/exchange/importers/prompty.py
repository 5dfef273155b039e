"""A `.prompty` file of Prompty 2, which is a draft already, or of Prompty 1, which is converted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from workbench.exchange.forms import front_matter
from workbench.exchange.forms.foreign import as_mapping, prompt_id_of, text_of, unknown_keys
from workbench.exchange.importers.base import Imported
from workbench.exchange.losses import Loss
from workbench.prompts.files.prompty import parse_prompty, read_draft
from workbench.prompts.files.strict_yaml import dump_yaml
from workbench.prompts.values import SUFFIX

_KEYS = (
    "name",
    "description",
    "authors",
    "tags",
    "version",
    "model",
    "inputs",
    "outputs",
    "sample",
)
_OPTIONS = {
    "max_tokens": "maxOutputTokens",
    "max_completion_tokens": "maxOutputTokens",
    "top_p": "topP",
    "stop": "stopSequences",
    "frequency_penalty": "frequencyPenalty",
    "presence_penalty": "presencePenalty",
}
_NO_OPTIONS = ("tools", "tool_choice", "response_format", "stream")
_KINDS = {"string", "integer", "number", "boolean", "array", "object"}


class PromptyImporter:
    """See `Importer`."""

    summary = "A .prompty file."
    suffixes = (SUFFIX,)

    def recognizes(self, path: Path) -> bool:
        return path.suffix == SUFFIX

    def read(self, path: Path) -> Imported:
        content = front_matter.read(text_of(path))
        if not _is_first(content["front"]):
            return Imported((read_draft(path).prompt,))
        text, losses = _converted(content["front"], content["body"], path)
        return Imported((parse_prompty(text, where=str(path)),), tuple(losses))


KIND = PromptyImporter()


def _is_first(front: Mapping[str, Any]) -> bool:
    """Whether this is Prompty 1."""
    model = front.get("model")
    old = isinstance(model, Mapping) and {"configuration", "parameters", "api"} & model.keys()
    return "sample" in front or bool(old)


def _converted(front: Mapping[str, Any], body: str, path: Path) -> tuple[str, list[Loss]]:
    """The same as Prompty 2, and what it cannot say."""
    given = front.get("model")
    model: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    configuration = as_mapping(model.get("configuration"))
    parameters = as_mapping(model.get("parameters"))
    losses = unknown_keys(front, _KEYS, "of the front matter")
    losses += [Loss("it is Prompty 1", "converted to Prompty 2")]
    new: dict[str, Any] = {"name": prompt_id_of(str(front.get("name") or path.stem))}
    if front.get("description"):
        new["description"] = str(front["description"])
    about = {key: front[key] for key in ("authors", "tags", "version") if front.get(key)}
    if about:
        new["metadata"] = about
    model_id = configuration.get("azure_deployment") or configuration.get("name")
    options = {
        _OPTIONS.get(str(key), str(key)): value
        for key, value in parameters.items()
        if key not in _NO_OPTIONS
    }
    if model_id:
        new["model"] = {"id": str(model_id), **({"options": options} if options else {})}
    elif options:
        losses.append(Loss(f"the parameters {', '.join(options)}", "name a model, and set them"))
    if configuration:
        losses.append(Loss("model.configuration", "a [providers.NAME] table of workbench.toml"))
    if parameters.get("tools"):
        new["tools"] = parameters["tools"]
    if parameters.get("response_format") not in (None, {"type": "text"}):
        losses.append(Loss("parameters.response_format", "declare outputs"))
    if model.get("api", "chat") != "chat":
        losses.append(Loss(f"model.api {model['api']}", "messages are sent as a chat"))
    inputs = list(_inputs(front))
    if inputs:
        new["inputs"] = inputs
    sample = front.get("sample")
    if isinstance(sample, str):
        losses.append(Loss(f"the sample in {sample}", "make a case of it"))
    elif sample:
        losses.append(Loss("the values of sample", "make a case of them"))
    return f"---\n{dump_yaml(new)}---\n{body}", losses


def _inputs(front: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The declared inputs, else those of the sample."""
    declared, sample = front.get("inputs"), as_mapping(front.get("sample"))
    for name, about in as_mapping(declared or sample).items():
        entry: dict[str, Any] = {"name": str(name)}
        if declared and isinstance(about, Mapping):
            kind = about.get("type")
            entry |= {"kind": kind} if kind in _KINDS else {}
            entry |= {"description": about["description"]} if about.get("description") else {}
            entry |= {"default": about["default"]} if "default" in about else {}
        yield {**entry, "required": "default" not in entry}
