"""JSON Schemas of suite.yaml and workbench.toml, for editors: `python scripts/json_schemas.py`.

Writes docs/schemas/. A test compares the keys with those that the readers accept. The readers say
more than a schema can (which scorer a gate names, which environment a baseline is).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from workbench.datasets.sources.spec import DatasetSpec
from workbench.providers.base import Outcome
from workbench.runs.spec.suite import GatePolicy, RunOptions
from workbench.scorers.base import Kind
from workbench.scorers.catalog import COMMON, KINDS, OF, OWN, options_of
from workbench.scorers.faults import FaultScore
from workbench.scorers.transforms import JSON_PATH, REGEX
from workbench.scorers.transforms import NAMES as TRANSFORMS
from workbench.settings import (
    EnvironmentSettings,
    ProviderSettings,
    TargetSettings,
    WorkspaceSettings,
)
from workbench.typed_options import Option
from workbench.typed_tables import json_schema

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "schemas"
DRAFT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]


def text(about: str, **more: Any) -> Schema:
    return {"type": "string", "description": about, **more}


def table(properties: Schema, required: tuple[str, ...] = (), **more: Any) -> Schema:
    needed = {"required": list(required)} if required else {}
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        **needed,
        **more,
    }


def named(schema: Schema, about: str) -> Schema:
    return {"type": "object", "description": about, "additionalProperties": schema}


def option(one: Option) -> Schema:
    """A scorer's option."""
    limits = {"minimum": one.least, "maximum": one.most}
    return {
        **({} if one.default is None else {"type": one.json_type}),
        "description": one.summary,
        "default": one.default,
        **{word: value for word, value in limits.items() if value is not None},
    }


def scorer() -> Schema:
    """A name, or a name with options; kinds of plug-ins are any other name."""
    own = {name: scorer_options(kind) for name, kind in sorted({**KINDS, **OWN}.items())}
    with_options = {"type": "object", "properties": own, "minProperties": 1, "maxProperties": 1}
    return {"anyOf": [{"type": "string"}, with_options]}


def scorer_options(kind: Kind) -> Schema:
    """The options of a kind; one that is made of others may have these alone."""
    properties = {key: option(one) for key, one in options_of(kind).items()}
    if "transforms" not in kind.options:
        properties["transforms"] = transforms()
    about = {"description": kind.summary}
    if not kind.combine or kind.of_case:
        return {**about, **table(properties), "type": ["object", "null"]}
    part = {"$ref": "#/$defs/scorer"}
    of = part if kind.flips else {"type": "array", "minItems": 1, "items": part}
    whole = table({OF: of, **properties}, (OF,))
    if kind.flips:  # `not: {contains: {…}, name: polite}`
        return about | {"anyOf": [of, {"type": "object"}]}
    return about | {"anyOf": [of, whole]}


def transforms() -> Schema:
    one = {
        "anyOf": [
            {"enum": sorted({*TRANSFORMS} - {JSON_PATH, REGEX})},
            table({JSON_PATH: text("$.answer.items[0]")}, (JSON_PATH,)),
            table(
                {
                    REGEX: text("As Python's `re` takes it."),
                    "group": {"type": ["integer", "string"], "description": "Default: the first."},
                },
                (REGEX,),
            ),
        ]
    }
    return {"description": COMMON["transforms"].summary, "type": "array", "items": one}


def suite() -> Schema:
    dataset = {
        "description": "The file of cases, in the suite's folder; or a mapping.",
        "anyOf": [{"type": "string"}, json_schema(DatasetSpec)],
    }
    gate = json_schema(GatePolicy)
    del gate["required"]  # the scorers, which those of the suite stand for
    faults = {
        outcome.value: {"enum": [counts.value for counts in FaultScore]}
        for outcome in Outcome
        if outcome.is_models_fault
    }
    keys = {
        "suite": text("The suite's name."),
        "prompt": text("The prompt_id that it tries."),
        "dataset": dataset,
        "description": text("For people."),
        "scorers": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/scorer"}},
        "faults": table(faults, description="What the model's own faults count as."),
        "gate": gate,
        "run": json_schema(RunOptions),
    }
    return {
        "$schema": DRAFT,
        "title": "suite.yaml of Workbench",
        **table(keys, ("suite", "prompt", "dataset", "scorers")),
        "$defs": {"scorer": scorer()},
    }


def settings() -> Schema:
    parts = {
        "workspace": json_schema(WorkspaceSettings),
        "providers": named(json_schema(ProviderSettings), "Who answers, by name."),
        "environments": named(
            json_schema(EnvironmentSettings), "What a deployment needs, by name."
        ),
        "targets": named(json_schema(TargetSettings), "Where versions are exported to, by name."),
        "model_registries": named(
            json_schema(TargetSettings), "Where models are registered, by name."
        ),
        "keys": named({"type": ["string", "array"]}, "Keys of the screens, by action."),
    }
    return {"$schema": DRAFT, "title": "workbench.toml", **table(parts)}


def files() -> dict[str, str]:
    """File name to content."""
    made = {"suite.schema.json": suite(), "workbench.schema.json": settings()}
    return {
        name: json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for name, schema in made.items()
    }


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for file_name, content in files().items():
        (FOLDER / file_name).write_text(content, encoding="utf-8")
