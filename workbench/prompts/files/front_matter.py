"""Checks a draft's front matter, and reports the line of an error."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from workbench.errors import DraftError
from workbench.prompts.files.fences import TOP, cut
from workbench.prompts.files.options import MORE, PIN_HINT, misfit, pins_a_model, twice
from workbench.prompts.files.strict_yaml import line_of, parse_yaml
from workbench.prompts.kinds import KINDS, PART_KINDS, UNSUPPORTED, fits
from workbench.prompts.values import EXAMPLES, FEATURES, SNIPPETS
from workbench.suggestions import did_you_mean

EXTENSION = "x-"
"""Prefix of custom keys."""

_REFERENCE = re.compile(r"\$\{\s*(env|file)\s*:[^}]*\}", re.IGNORECASE)

MODEL = frozenset({"id", "provider", "apiType", "options", "artifact"})
PROPERTY = frozenset(
    {"name", "kind", "description", "required", "nullable", "default", "example", "enumValues"}
    | {"enum", "minimum", "maximum", "items", "properties", "oneOf", "anyOf"}
)
FEATURE = "feature"
TOOL = frozenset({"name", "kind", "description", "parameters", "strict", "bindings", "type"})
TEMPLATE = frozenset({"format", "parser"})
FORMAT = frozenset({"kind", "strict", "options"})
PARSER = frozenset({"kind", "options"})

_ELSEWHERE = {
    "instructions": "write the text below the front matter",
    "connection": "[providers.NAME] in workbench.toml says where the model is",
    "authors": "put it under metadata",
    "tags": "put it under metadata",
    "version": "put it under metadata: registering gives the number",
    "temperature": "put it under model.options",
    "kind": "leave it out",
}
_OPTIONS = frozenset(
    {"temperature", "maxOutputTokens", "topP", "topK", "frequencyPenalty", "presencePenalty"}
    | {"seed", "stopSequences", "allowMultipleToolCalls", "reasoningEffort", "max_tokens"}
    | {"additionalProperties", "max_output_tokens", "max_completion_tokens", "top_p", "top_k"}
    | {"frequency_penalty", "presence_penalty", "stop", "parallel_tool_calls", "logit_bias"}
    | {"reasoning_effort", "response_format", "tool_choice", "logprobs", "top_logprobs"}
    | {"min_p", "repetition_penalty", "verbosity"}
)
_TYPO = 0.88
"""Similarity from which an unknown option counts as a typo; others are sent unchanged."""

_LIKE_KINDS = frozenset(
    {*KINDS, *UNSUPPORTED, "str", "text", "int", "bool", "list", "dict", "date", "any", "map"}
)
"""Words that are likely meant as the kind of an input."""

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Front:
    """A draft's front matter: its text, values and location."""

    where: str
    text: str
    first_line: int
    data: Mapping[str, Any]

    def refuse(self, path: Path, problem: str, hint: str = "") -> NoReturn:
        """Raise DraftError with the file and the line of the value at `path`."""
        line = self.line_of(path)
        at = f" line {line}" if line else ""
        raise DraftError(f"{self.where}:{at} {problem}", hint=hint)

    def refuse_value(self, path: Path, problem: str, hint: str = "") -> NoReturn:
        """`refuse` with the name of the value in front of the problem."""
        self.refuse(path, f"{_dotted(path)} {problem}", hint)

    def line_of(self, path: Path) -> int:
        """The line of the value at `path` in the draft; 0 without front matter."""
        return self.first_line - 1 + line_of(self.text, path) if self.text else 0

    def known(self, data: Mapping[Any, Any], names: Collection[str], path: Path) -> None:
        """Refuse a key that is not in `names` and does not have the custom prefix."""
        for key in data:
            if key not in names and not str(key).startswith(EXTENSION):
                level = _dotted(path) or "the front matter"
                hint = _ELSEWHERE.get(str(key)) or did_you_mean(str(key), names)
                self.refuse((*path, key), f"{level} has no key {key!r}", hint=hint)


def split(text: str, where: str) -> tuple[Front, str]:
    """Split a draft into front matter, which may be absent, and body. Lines of `text` end in LF.

    Raises DraftError.
    """
    inner, first_line, body = cut(text, where)
    data = parse_yaml(inner, where, first_line=first_line)
    if not isinstance(data, Mapping):
        raise DraftError(f"{where}: line {first_line} the front matter must be a mapping")
    return Front(where, inner, first_line, data), body


def check(front: Front) -> None:
    """Refuse values that are invalid, ambiguous or without effect. Raises DraftError."""
    data = front.data
    _values(front, data, ())
    model = data.get("model")
    old = isinstance(model, Mapping) and {"configuration", "parameters"} & model.keys()
    if "sample" in data or old:
        raise DraftError(
            f"{front.where} is a Prompty 1 file: model.configuration, model.parameters and sample"
            " have other names now",
            hint="use model.id, model.options and inputs[].default",
        )
    front.known(data, TOP | {SNIPPETS, EXAMPLES, FEATURES}, ())
    if isinstance(model, Mapping):
        _model(front, model)
    inputs = data.get("inputs")
    for name, value in inputs.items() if isinstance(inputs, Mapping) else ():
        _no_kind_for_a_default(front, name, value)
    _named(front, inputs, ("inputs",), _input)
    outputs = data.get("outputs")
    if not (isinstance(outputs, Mapping) and ("type" in outputs or "$schema" in outputs)):
        _each(front, outputs, ("outputs",), "{name: answer, kind: string}", _property)
    _each(front, data.get("tools"), ("tools",), "{name: search, parameters: […]}", _tool)
    template = data.get("template")
    if isinstance(template, Mapping):
        _template(front, template)


def _model(front: Front, model: Mapping[str, Any]) -> None:
    front.known(model, MODEL, ("model",))
    if model.get("apiType", "chat") != "chat":
        front.refuse(("model", "apiType"), f"model.apiType {model['apiType']!r} is not supported")
    if not isinstance(model.get("provider", ""), (str, type(None))):
        front.refuse(("model", "provider"), "model.provider must be a name")
    if "artifact" in model and not pins_a_model(model["artifact"]):
        problem = f"model.artifact {model['artifact']!r} pins no model"
        front.refuse(("model", "artifact"), problem, PIN_HINT)
    options = model.get("options")
    if isinstance(options, Mapping):
        _options(front, options)


def _options(front: Front, options: Mapping[str, Any]) -> None:
    at = ("model", "options")
    more = options.get(MORE)
    if not isinstance(more, (Mapping, type(None))):
        front.refuse((*at, MORE), f"model.options.{MORE} must be a mapping")
    again = twice(options)
    if again:
        path, before = again
        problem = f"model.options.{'.'.join(path)} says again what {before} says"
        front.refuse((*at, *path), problem, "keep one of the two")
    for name, value in options.items():
        needed = misfit(name, value)
        if needed:
            front.refuse((*at, name), f"model.options.{name} is {value!r}: {needed} is needed")
        near = difflib.get_close_matches(str(name), _OPTIONS, 1, _TYPO)
        if near and name not in _OPTIONS:
            hint = f"did you mean {near[0]!r}? As it stands: additionalProperties: {{{name}: ...}}"
            front.refuse((*at, name), f"model.options has no {name!r}", hint)


def _no_kind_for_a_default(front: Front, name: Any, value: Any) -> None:
    """Refuse `{q: string}`, which looks like a kind but is a default value in Prompty."""
    word = value.strip().casefold() if isinstance(value, str) else ""
    if word.removesuffix("?").removesuffix("[]") in _LIKE_KINDS:
        hint = f"the kind: {name}: {{kind: {value}}}; the text itself: {name}: {{default: {value}}}"
        front.refuse(("inputs", name), f"inputs.{name}: {value} may be a kind or a default", hint)


def _input(front: Front, item: Mapping[str, Any], path: Path) -> None:
    _property(front, item, path)
    _kind(front, item, path)
    kind = item.get("kind")
    default = item.get("default")
    if kind is not None and default is not None and not fits(kind, default):
        front.refuse((*path, "default"), f"the default {default!r} is no {kind}")
    _limits(front, item, path)
    if not isinstance(item.get(FEATURE, ""), str):
        front.refuse((*path, FEATURE), f"feature is a name, not {item[FEATURE]!r}")
    if not isinstance(item.get("required", True), bool):
        front.refuse((*path, "required"), f"required is true or false, not {item['required']!r}")


def _limits(front: Front, item: Mapping[str, Any], path: Path) -> None:
    kind = item.get("kind") or "string"
    if item.get("enum") is not None and item.get("enumValues") is not None:
        front.refuse((*path, "enumValues"), f"{_dotted(path)} says enum and enumValues")
    for key in ("enum", "enumValues"):
        for value in item.get(key) or ():
            if not fits(kind, value):
                front.refuse((*path, key), f"{_dotted((*path, key))}: {value!r} is no {kind}")
    for key in ("minimum", "maximum"):
        limit = item.get(key)
        if limit is not None and not (fits("number", limit) and fits(kind, limit)):
            front.refuse(
                (*path, key), f"{_dotted((*path, key))}: {limit!r} is no limit of a {kind}"
            )
    low, high = item.get("minimum"), item.get("maximum")
    if low is not None and high is not None and low > high:
        front.refuse((*path, "minimum"), f"{_dotted(path)}: the minimum {low} is above {high}")


def _kind(front: Front, item: Mapping[str, Any], path: Path) -> None:
    kind = item.get("kind")
    if kind is not None and kind not in KINDS:
        problem = "not supported yet" if kind in UNSUPPORTED else "unknown"
        hint = did_you_mean(str(kind), KINDS)
        front.refuse((*path, "kind"), f"{_dotted((*path, 'kind'))} {kind!r} is {problem}", hint)


def _property(front: Front, item: Mapping[str, Any], path: Path) -> None:
    front.known(item, PROPERTY | ({FEATURE} if path[0] == "inputs" else set()), path)
    _kind(front, item, path)
    if path[0] != "inputs" and item.get("kind") in PART_KINDS:
        front.refuse((*path, "kind"), f"{_dotted(path)}: only an input is of kind {item['kind']}")
    _each(
        front, item.get("properties"), (*path, "properties"), "{name: a, kind: string}", _property
    )
    for key in ("enum", "enumValues"):
        if not isinstance(item.get(key, []), list):
            front.refuse((*path, key), f"{_dotted((*path, key))} must be a list of values")
    items = item.get("items")
    if isinstance(items, Mapping):
        _property(front, items, (*path, "items"))
    elif items is not None:
        hint = f"items: {{kind: {items}}}" if items in KINDS else "items: {kind: string}"
        front.refuse((*path, "items"), f"{_dotted((*path, 'items'))} must be a mapping", hint)


def _tool(front: Front, item: Mapping[str, Any], path: Path) -> None:
    function = item.get("function")
    if item.get("type") == "function" and isinstance(function, Mapping):
        front.known(item, ("type", "function", "name"), path)
        if not isinstance(function.get("name"), str) or not function["name"].strip():
            front.refuse((*path, "function"), f"{_dotted(path)}: the function needs a name")
        return
    if item.get("kind", "function") != "function":
        front.refuse((*path, "kind"), f"the kind {item['kind']!r} of a tool is not supported")
    front.known(item, TOOL, path)
    parameters = item.get("parameters")
    if not (isinstance(parameters, Mapping) and "type" in parameters):
        at = (*path, "parameters")
        _each(front, parameters, at, "{name: query, kind: string}", _property)


def _template(front: Front, template: Mapping[str, Any]) -> None:
    front.known(template, TEMPLATE, ("template",))
    form, parser = template.get("format"), template.get("parser")
    if isinstance(form, Mapping):
        front.known(form, FORMAT, ("template", "format"))
        options = form.get("options")
        if isinstance(options, Mapping):
            front.known(options, ("revision",), ("template", "format", "options"))
    if isinstance(parser, Mapping):
        front.known(parser, PARSER, ("template", "parser"))
        parser = parser.get("kind")
    if parser not in (None, "prompty"):
        front.refuse(("template", "parser"), f"the parser {parser!r} is not supported", "prompty")


def _named(
    front: Front, items: Any, path: Path, each: Callable[[Front, Mapping[str, Any], Path], None]
) -> None:
    """Check each mapping in a list of items, or in a mapping from name to item."""
    listed = items if isinstance(items, list) else []
    for place, item in items.items() if isinstance(items, Mapping) else enumerate(listed):
        if isinstance(item, Mapping):
            each(front, item, (*path, place))


def _each(
    front: Front,
    items: Any,
    path: Path,
    example: str,
    each: Callable[[Front, Mapping[str, Any], Path], None],
) -> None:
    """Check named items: a list of mappings, or a mapping from name to mapping or kind.

    Anything else would be dropped silently.
    """
    name_of_path = _dotted(path)
    if items is None:
        return
    if not isinstance(items, (list, Mapping)):
        front.refuse(path, f"{name_of_path} must be a list, not {items!r}", f"- {example}")
    seen: set[str] = set()
    for place, item in items.items() if isinstance(items, Mapping) else enumerate(items):
        at = (*path, place)
        if isinstance(items, Mapping) and not isinstance(item, Mapping):
            item = {"kind": item} if path[-1] != "tools" and isinstance(item, str) else None
        if not isinstance(item, Mapping):
            front.refuse(at, f"{_dotted(at)} is no mapping", f"- {example}")
        function = item.get("function")
        given = function if path == ("tools",) and isinstance(function, Mapping) else item
        name = place if isinstance(items, Mapping) else given.get("name")
        if not isinstance(name, str) or not name.strip():
            front.refuse(at, f"{_dotted(at)} needs a name", f"- {example}")
        if name in seen:
            front.refuse(at, f"{name_of_path}: {name!r} is declared twice")
        seen.add(name)
        each(front, item, at)


def _values(front: Front, value: Any, path: Path) -> None:
    """Refuse values that cannot be stored as JSON (NaN, binary, lone surrogates), and references
    to external values, which are neither followed nor sent.
    """
    if isinstance(value, Mapping):
        for key, item in value.items():
            _values(front, key, (*path, key))
            _values(front, item, (*path, key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            _values(front, item, (*path, place))
    elif isinstance(value, float) and not math.isfinite(value):
        front.refuse(path, f"{_dotted(path)} is no number that can be stored")
    elif isinstance(value, str):
        _text(front, value, path)
    elif not isinstance(value, (bool, int, float, type(None))):
        front.refuse(path, f"{_dotted(path)} is {type(value).__name__}, which cannot be stored")


def _text(front: Front, value: str, path: Path) -> None:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise DraftError(f"{front.where}: {_dotted(path)} has half of a surrogate pair") from error
    reference = _REFERENCE.search(value)
    if reference:
        hint = "write the value itself"
        if reference.group(1).lower() == "env":
            hint += ", or name a key's variable in workbench.toml: api_key_env"
        problem = f"{_dotted(path)} refers to {reference.group()[:60]}, which is not followed"
        front.refuse(path, problem, hint)


def _dotted(path: Path) -> str:
    dotted = ""
    for part in path:
        dotted += f"[{part}]" if isinstance(part, int) else f".{part}" if dotted else str(part)
    return dotted
