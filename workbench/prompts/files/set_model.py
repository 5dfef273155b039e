"""Another model in the text of a draft; all other characters stay as they are."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import yaml

from workbench.errors import DraftError
from workbench.prompts.files.prompty import parse_prompty

_FRONT = re.compile(r"\s*---[ \t]*\r?\n(.*?\n)?---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")


@dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    end: int
    text: str


def set_model(text: str, model_id: str, provider: str, where: str) -> str:
    """The draft's text with `model.id` and `model.provider` set. Raises DraftError where that makes
    no draft, such as for a model that is an alias elsewhere in the front matter.
    """
    wanted = {"id": model_id, "provider": provider}
    front = _FRONT.match(text)
    if front is None or not front.group(1):
        head = f"---\nmodel: {_flow(wanted)}\n---\n"
        changed = head + (text[front.end() :] if front else text)
    else:
        edits = _edits(front.group(1), wanted, where)
        changed, base = text, front.start(1)
        for edit in sorted(edits, key=lambda one: one.start, reverse=True):
            changed = changed[: base + edit.start] + edit.text + changed[base + edit.end :]
    model = parse_prompty(changed, where=where, default_id="draft").model
    if model is None or (model.id, model.provider) != (model_id, provider):
        raise DraftError(f"{where}: its model cannot be set", hint="write it in the front matter")
    return changed


def _edits(front: str, wanted: dict[str, str], where: str) -> list[_Edit]:
    try:
        root = yaml.compose(front, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise DraftError(f"{where}: its front matter is no YAML") from error
    if not isinstance(root, yaml.MappingNode):
        raise DraftError(f"{where}: its front matter is no mapping")
    model = next((value for key, value in root.value if key.value == "model"), None)
    if not isinstance(model, yaml.MappingNode):
        return [_Edit(0, 0, f"model: {_flow(wanted)}\n")]
    there = {key.value: (key, value) for key, value in model.value}
    edits = [
        _Edit(there[name][1].start_mark.index, there[name][1].end_mark.index, _scalar(one))
        for name, one in wanted.items()
        if name in there
    ]
    lacking = [name for name in wanted if name not in there]
    if lacking and model.value:
        key = model.value[0][0]
        between = ", " if model.flow_style else f"\n{' ' * key.start_mark.column}"
        added = "".join(f"{name}: {_scalar(wanted[name])}{between}" for name in lacking)
        edits.append(_Edit(key.start_mark.index, key.start_mark.index, added))
    return edits


def _flow(wanted: dict[str, str]) -> str:
    return f"{{{', '.join(f'{name}: {_scalar(one)}' for name, one in wanted.items())}}}"


def _scalar(text: str) -> str:
    is_plain = _PLAIN.fullmatch(text) and yaml.safe_load(text) == text
    return text if is_plain else json.dumps(text, ensure_ascii=False)
