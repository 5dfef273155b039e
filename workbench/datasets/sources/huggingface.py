"""Reads a folder in the layout of Hugging Face datasets: a data file, or several, per split."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from workbench.datasets.readers import SUFFIXES, Part, Row, read_rows
from workbench.errors import DatasetError
from workbench.prompts.files.strict_yaml import parse_yaml
from workbench.suggestions import did_you_mean

CARD = "README.md"
_FRONT_MATTER = re.compile(r"\A---\r?\n(.*?)\r?\n---\r?\n", re.DOTALL)
_SHARD = re.compile(r"(.+?)-\d{5}-of-\d{5}(?:-[0-9a-f]+)?")
_SPLITS = {"training": "train", "dev": "validation", "valid": "validation", "val": "validation",
           "testing": "test", "eval": "test", "evaluation": "test"}  # fmt: skip
"""Other names that the layout has for the usual splits."""
_USUAL = frozenset({"train", "validation", "test", *_SPLITS})
_NOT_DATA = frozenset({"dataset_infos.json", "dataset_dict.json", "dataset_info.json",
                       "state.json", "schema.json"})  # fmt: skip
_OTHER = frozenset({".arrow"})
"""Suffixes of data files that are not read here."""

Files = dict[str, list[Path]]
"""Data files by split."""


def read_folder(folder: Path, config: str = "", part: Part | None = None) -> Iterator[Row]:
    """The rows of all splits, each with its split, those of the card's configuration if it has any.

    Raises DatasetError.
    """
    if not folder.is_dir():
        raise DatasetError(f"no folder {folder}", hint="a folder in Hugging Face's layout")
    files = _declared(folder, config) or _by_names(folder, config)
    if not files:
        raise DatasetError(
            f"{folder} has no data files", hint=f"data/train.jsonl, or {', '.join(SUFFIXES)}"
        )
    several = sum(map(len, files.values())) > 1
    for split, paths in files.items():
        for path in paths:
            if path.suffix.lower() not in SUFFIXES:
                raise DatasetError(
                    f"{path}: {path.suffix} is not read from folders",
                    hint=f"save the split as one of {', '.join(SUFFIXES)}",
                )
            name = f"{path.relative_to(folder)}: " if several else ""
            for place, row in read_rows(path, part):
                yield f"{name}{place}", {"split": split, **row}


def _declared(folder: Path, config: str) -> Files:
    """The data files of a configuration in the card's front matter; empty if it has none."""
    configs = _configs(folder)
    if not configs:
        return {}
    names = [str(item.get("config_name", "default")) for item in configs]
    if config and config not in names:
        raise DatasetError(
            f"{folder / CARD}: no configuration {config!r}", hint=did_you_mean(config, names)
        )
    chosen = [item for item, name in zip(configs, names, strict=True) if name == config]
    usual = [item for item in configs if item.get("default") is True]
    named = [item for item, name in zip(configs, names, strict=True) if name == "default"]
    if not config and len(configs) > 1 and not usual and not named:
        raise DatasetError(
            f"{folder / CARD}: several configurations", hint=f"config: {' or '.join(names)}"
        )
    return _files_of((chosen or usual or named or configs)[0], folder)


def _files_of(config: Mapping[str, Any], folder: Path) -> Files:
    base = str(config.get("data_dir") or "")
    listed = config.get("data_files")
    if listed is None:
        return _by_names(folder / base, "")
    entries: Sequence[Any] = listed if isinstance(listed, list) else [listed]
    files: Files = {}
    for entry in entries:
        is_split = isinstance(entry, Mapping)
        split = str(entry.get("split", "train")) if is_split else "train"
        paths = entry.get("path") if is_split else entry
        for pattern in paths if isinstance(paths, list) else [paths]:
            matching = _matching(folder, str(Path(base) / str(pattern)))
            if not matching:
                raise DatasetError(f"{folder / CARD}: no file {pattern!r} of the split {split!r}")
            files.setdefault(split, []).extend(matching)
    return files


def _configs(folder: Path) -> list[Mapping[str, Any]]:
    card = folder / CARD
    if not card.is_file():
        return []
    match = _FRONT_MATTER.match(card.read_text("utf-8", errors="replace"))
    content = parse_yaml(match[1], str(card), DatasetError) if match else {}
    configs = content.get("configs") if isinstance(content, Mapping) else None
    return [item for item in configs or [] if isinstance(item, Mapping)]


def _by_names(folder: Path, config: str) -> Files:
    """Data files by the split that their name, or their folder's, begins or ends with."""
    if config:
        folder = folder / config
    files: Files = {}
    places = _data_files(folder)
    for path in places:
        inside = path.relative_to(folder)
        split = _split_in(path.stem) or next(filter(None, map(_split_in, inside.parts[:-1])), "")
        shard = _SHARD.fullmatch(path.stem)
        files.setdefault(split or (shard[1] if shard else "train"), []).append(path)
    order = {"train": 0, "validation": 1, "test": 2}
    return dict(sorted(files.items(), key=lambda item: (order.get(item[0], 3), item[0])))


def _split_in(name: str) -> str:
    """The usual split in a name such as `train`, `my_train-00000-of-00002`, `test.en`."""
    for word in re.split(r"[-._ ]", _shardless(name).lower()):
        if word in _USUAL:
            return _SPLITS.get(word, word)
    return ""


def _shardless(name: str) -> str:
    shard = _SHARD.fullmatch(name)
    return shard[1] if shard else name


def _matching(folder: Path, pattern: str) -> list[Path]:
    """The data files that a pattern names, in their order; none outside the folder."""
    wanted = Path(pattern).as_posix().removeprefix("./")
    return [p for p in _data_files(folder) if fnmatchcase(p.relative_to(folder).as_posix(), wanted)]


def _data_files(folder: Path) -> list[Path]:
    """The data files in a folder, none hidden and none that a link leads to outside."""
    paths = []
    real = folder.resolve()
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if hidden or path.name in _NOT_DATA or path.suffix.lower() not in {*SUFFIXES, *_OTHER}:
            continue
        if path.is_file() and path.resolve().is_relative_to(real):
            paths.append(path)
    return paths
