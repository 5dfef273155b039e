"""What a suite's file says of itself, without its scorers and its dataset being read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.datasets.sources.spec import DatasetSpec
from workbench.errors import SuiteError
from workbench.prompts.files.strict_yaml import parse_yaml
from workbench.runs.spec.suite_dataset import dataset_spec


@dataclass(frozen=True)
class SuiteHead:
    """A suite's name, its prompt, and where its cases come from."""

    name: str
    prompt_id: str
    dataset: DatasetSpec
    path: Path


def read_suite_head(path: Path) -> SuiteHead:
    """The head of the suite in `path`. Raises SuiteError."""
    return head_of(parsed_suite(path)[0], path)


def head_of(data: Mapping[str, Any], path: Path) -> SuiteHead:
    """The head of a suite's mapping. Raises SuiteError."""
    return SuiteHead(
        name=_text(data, "suite", path),
        prompt_id=_text(data, "prompt", path),
        dataset=dataset_spec(data.get("dataset"), str(path)),
        path=path,
    )


def parsed_suite(path: Path) -> tuple[Mapping[str, Any], str]:
    """The suite's mapping and its text. Raises SuiteError."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise SuiteError(f"no suite at {path}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteError(f"{path}: {error}") from error
    data = parse_yaml(text, str(path), SuiteError)
    if not isinstance(data, Mapping):
        raise SuiteError(f"{path}: a mapping is needed")
    return data, text


def _text(data: Mapping[str, Any], key: str, path: Path) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value:
        raise SuiteError(f"{path}: {key} is missing")
    return value
