"""The published JSON Schemas say what the readers of suite.yaml and workbench.toml accept."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from importlib import util
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.runs.test_suite_file import WHOLE as SUITE
from tests.runs.test_suite_file import suite_of
from tests.test_settings import WHOLE as SETTINGS
from tests.test_settings import settings_of
from workbench.errors import WorkbenchError

ROOT = Path(__file__).resolve().parents[2]
spec = util.spec_from_file_location("json_schemas", ROOT / "scripts" / "json_schemas.py")
assert spec and spec.loader
schemas = util.module_from_spec(spec)
spec.loader.exec_module(schemas)
UNKNOWN = "qqqqqqqq"


def test_the_published_schemas_are_up_to_date() -> None:
    for name, content in schemas.files().items():
        assert (schemas.FOLDER / name).read_text(encoding="utf-8") == content, (
            "run: python scripts/json_schemas.py"
        )


@pytest.mark.parametrize("schema", [schemas.suite(), schemas.settings()], ids=["suite", "settings"])
def test_they_are_schemas(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)


def test_suites_and_settings_that_are_read_are_valid() -> None:
    suites = [SUITE, *(p.read_text("utf-8") for p in (ROOT / "evals").glob("*/suite.yaml"))]
    assert len(suites) > 1
    for text in suites:
        Draft202012Validator(schemas.suite()).validate(yaml.safe_load(text))
    Draft202012Validator(schemas.settings()).validate(tomllib.loads(SETTINGS))


@pytest.mark.parametrize(
    "text",
    [
        SUITE.replace("margin: 0.05", "margin: 5"),
        SUITE.replace("margin: 0.05", "margni: 0.05"),
        SUITE.replace("strip: true", "strip: 5"),
        SUITE.replace("concurrency: 16", "concurrency: 0"),
    ],
)
def test_what_is_refused_is_not_valid(text: str, tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError):
        suite_of(tmp_path, text)
    assert not Draft202012Validator(schemas.suite()).is_valid(yaml.safe_load(text))


def accepted(read: Callable[[], object]) -> set[str]:
    """The keys that a reader knows, as it lists them where one is unknown to it."""
    with pytest.raises(WorkbenchError) as caught:
        read()
    listed = caught.value.hint
    assert listed.startswith("known: "), listed
    return set(listed.removeprefix("known: ").split(", "))


@pytest.mark.parametrize("place", ["", "gate", "run", "faults"])
def test_the_keys_of_a_suite_are_those_that_are_read(place: str, tmp_path: Path) -> None:
    schema = schemas.suite()
    keys = schema["properties"][place]["properties"] if place else schema["properties"]
    if place == "faults":
        text = f"{SUITE}faults: {{{UNKNOWN}: wrong}}\n"
    elif place:
        text = SUITE.replace("gate:\n", f"gate:\n  {UNKNOWN}: 1\n") if place == "gate" else ""
        text = text or SUITE.replace("run: {", f"run: {{{UNKNOWN}: 1, ")
    else:
        text = f"{UNKNOWN}: 1\n{SUITE}"
    assert accepted(lambda: suite_of(tmp_path, text)) == set(keys)


@pytest.mark.parametrize("place", ["", "workspace", "providers", "environments", "targets"])
def test_the_keys_of_the_settings_are_those_that_are_read(place: str, tmp_path: Path) -> None:
    schema = schemas.settings()
    if place in ("", "workspace"):
        keys = schema["properties"][place]["properties"] if place else schema["properties"]
        text = f"[{place}]\n{UNKNOWN} = 1" if place else f"[{UNKNOWN}]"
    else:
        keys = schema["properties"][place]["additionalProperties"]["properties"]
        text = f"[{place}.x]\n{UNKNOWN} = 1"
    assert accepted(lambda: settings_of(tmp_path, text)) == set(keys)
