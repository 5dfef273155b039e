"""JSON Schemas of suite.yaml and workbench.toml, for editors: `python scripts/json_schemas.py`.

Writes docs/schemas/. A test compares the keys with those that the readers accept. The readers say
more than a schema can (which scorer a gate names, which environment a baseline is).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from workbench.datasets.sources.spec import FILE
from workbench.datasets.sources.spec import KINDS as SOURCES
from workbench.providers.base import Outcome
from workbench.runs.spec.suite import RULES, GatePolicy, RunOptions
from workbench.runs.spec.suite_dataset import BY_HASH
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


def flag(about: str, default: bool = False) -> Schema:
    return {"type": "boolean", "description": about, "default": default}


def whole(about: str, least: int = 0, **more: Any) -> Schema:
    return {"type": "integer", "minimum": least, "description": about, **more}


def number(about: str, **more: Any) -> Schema:
    return {"type": "number", "minimum": 0, "description": about, **more}


def share(about: str, **more: Any) -> Schema:
    return number(about, maximum=1, **more)


def measured(about: str, example: str) -> Schema:
    """A number, or a text with its unit."""
    return {"type": ["number", "string"], "description": about, "examples": [example]}


def texts(about: str) -> Schema:
    return {"type": "array", "items": {"type": "string"}, "description": about}


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


def dataset() -> Schema:
    """A path, or where the cases lie and which of them are taken."""
    values = {"type": ["string", "number", "boolean", "array"]}
    return {
        "description": "The file of cases, in the suite's folder; or a mapping.",
        "anyOf": [
            {"type": "string"},
            table(
                {
                    "path": text("The file or folder, from the suite's folder; or an address."),
                    "source": {"enum": list(SOURCES), "default": FILE},
                    "version": {
                        "type": ["string", "integer"],
                        "description": "A commit, tag or branch of git and dvc; a version or time"
                        " of delta; a version id or ETag of object.",
                    },
                    "config": text("The configuration of a Hugging Face folder."),
                    "sheet": text("The sheet of an .xlsx file; else its first visible one."),
                    "columns": named({"type": "string"}, "The column by input or field."),
                    "where": named(values, "Per field, the values of which a case has one."),
                    "group": text("The column whose value is the group."),
                    "split": {
                        "type": "object",
                        "description": "Shares by a hash, or names of the file's splits.",
                        "properties": {"by": {"enum": [BY_HASH]}},
                        "additionalProperties": {"type": ["string", "number"]},
                    },
                    "sample": {
                        "anyOf": [
                            {"type": "integer", "minimum": 1},
                            table({"n": whole("Cases.", 1), "seed": whole("Any number.")}, ("n",)),
                        ]
                    },
                },
                ("path",),
            ),
        ],
    }


def suite() -> Schema:
    gate = GatePolicy(())
    scorers = "Scorers that all must pass, the headline first; else the first required one."
    return {
        "$schema": DRAFT,
        "title": "suite.yaml of Workbench",
        **table(
            {
                "suite": text("The suite's name."),
                "prompt": text("The prompt_id that it tries."),
                "dataset": dataset(),
                "description": text("For people."),
                "scorers": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/scorer"}},
                "faults": table(
                    {
                        outcome.value: {"enum": [counts.value for counts in FaultScore]}
                        for outcome in Outcome
                        if outcome.is_models_fault
                    },
                    description="What the model's own faults count as.",
                ),
                "gate": table(
                    {
                        "rule": {"enum": list(RULES), "default": gate.rule},
                        "scorer": {"type": ["string", "array"], "description": scorers},
                        "scorers": {"type": ["string", "array"], "description": scorers},
                        "baseline": {
                            "type": ["string", "null"],
                            "description": "The environment of the baseline; none: no baseline.",
                            "default": gate.baseline,
                        },
                        "margin": share("Not worse by more than this.", default=gate.margin),
                        "threshold": share("Never below this."),
                        "confidence": share("Of the interval.", default=gate.confidence),
                        "max_missing": share(
                            "Share of missing scores that a pass may have.",
                            default=gate.max_missing,
                        ),
                        "max_age": measured("Older evidence does not count.", "30d"),
                        "min_cases": whole("Least cases for a threshold alone."),
                        "extend": flag("Decide by bets, so that fresh cases may be added."),
                        "slices": {
                            "type": "object",
                            "description": "Tags whose cases must keep a margin of their own.",
                            "additionalProperties": table(
                                {"margin": share("Not worse by more than this.")}, ("margin",)
                            ),
                        },
                        "also": {
                            "type": "object",
                            "description": "Cost and latency, each with a margin of its own.",
                            "properties": {
                                "cost": table(
                                    {"margin": measured("A share of A's cost.", "10 %")},
                                    ("margin",),
                                )
                            },
                            "patternProperties": {
                                "^latency_p[1-9][0-9]?$": table(
                                    {"margin": measured("Not slower by more.", "200ms")},
                                    ("margin",),
                                )
                            },
                            "additionalProperties": False,
                        },
                    }
                ),
                "run": json_schema(RunOptions),
            },
            ("suite", "prompt", "dataset", "scorers"),
        ),
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
