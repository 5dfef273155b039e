"""The edits between two prompts, one by one, and a prompt with any choice of them applied."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from workbench.fingerprints import fingerprint, short
from workbench.prompts.revisions import least_revision
from workbench.prompts.snippets import included_in
from workbench.prompts.values import (
    JINJA2,
    PARTS_REVISION,
    REVISION,
    Message,
    Model,
    Prompt,
)

_PIECE = re.compile(r".+?(?:[.!?;]+[ \t]+(?=\S)|\n|\Z)|\n", re.DOTALL)
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Hunk:
    """One edit: its place, the text in A, and the text in B."""

    index: int
    where: str
    """`system message`, `user message 2`, `option temperature`, `model`, ..."""
    old: str
    new: str
    line: int = 0
    """First changed line of the message in A, from 1; 0 where lines do not apply."""


_Segment = str | Hunk


@dataclass(frozen=True, slots=True)
class _Slot:
    """A message of A, B or both: its role, text and edits; `whole` if it was added or removed."""

    role: str
    segments: tuple[_Segment, ...]
    whole: Hunk | None = None
    added: bool = False


@dataclass(frozen=True)
class Edits:
    """All edits from `a` to `b`, in reading order."""

    a: Prompt
    b: Prompt
    hunks: tuple[Hunk, ...]
    slots: tuple[_Slot, ...]
    settings: Mapping[str, Hunk]

    def apply(self, chosen: Collection[int]) -> Prompt:
        """`a` with the chosen hunks applied: none gives A, all give B."""
        messages = []
        for slot in self.slots:
            if slot.whole is None or (slot.whole.index in chosen) == slot.added:
                messages.append(Message(slot.role, apply_text(slot.segments, chosen)))
        taken = {name for name, hunk in self.settings.items() if hunk.index in chosen}
        fields = {
            name: getattr(self.b if name in taken else self.a, name)
            for name in ("inputs", "outputs", "tools", "template_format", "revision", "examples")
        }
        model = _model(self.a.model, self.b.model, taken)
        mixed = replace(self.a, messages=tuple(messages), model=model, **fields)
        mixed = replace(mixed, features=self._features(mixed, taken))
        return _with_parts(mixed, self._snippets(taken))

    def _features(self, mixed: Prompt, taken: Collection[str]) -> dict[str, Mapping[str, Any]]:
        """The chosen definition of each feature that the inputs name."""
        a, b = self.a.features, self.b.features
        return {
            name: (b if name not in a or _feature(name) in taken else a)[name]
            for name in sorted({*mixed.computed.values()})
        }

    def _snippets(self, taken: Collection[str]) -> dict[str, str]:
        """The chosen text of each; one that A or B lacks is there for the text that includes it."""
        a, b = self.a.snippets, self.b.snippets
        both = {name: text for name, text in b.items() if _snippet(name) in taken}
        return {**b, **a, **both}


def edits_between(a: Prompt, b: Prompt) -> Edits:
    """The edits from `a` to `b`: by sentence or line in messages, by name in settings."""
    hunks: list[Hunk] = []
    slots = _message_slots(a.messages, b.messages, hunks)
    settings = {}
    for name, old, new in _settings(a, b):
        if old != new:
            where = name.replace("_", " ")
            settings[name] = Hunk(len(hunks), where, _said(old), _said(new))
            hunks.append(settings[name])
    return Edits(a, b, tuple(hunks), slots, settings)


def text_hunks(old: str, new: str, where: str, start: int = 0) -> tuple[_Segment, ...]:
    """Equal text and hunks, alternating; hunks are numbered from `start`."""
    pieces_a, pieces_b = _PIECE.findall(old), _PIECE.findall(new)
    matcher = difflib.SequenceMatcher(None, pieces_a, pieces_b, autojunk=False)
    segments: list[_Segment] = []
    index = start
    for tag, a0, a1, b0, b1 in matcher.get_opcodes():
        if tag == "equal":
            segments.append("".join(pieces_a[a0:a1]))
            continue
        pairs = _aligned(pieces_a[a0:a1], pieces_b[b0:b1])
        line = "".join(pieces_a[:a0]).count("\n") + 1
        for before, after in pairs:
            segments.append(Hunk(index, where, before, after, line))
            line += before.count("\n")
            index += 1
    return tuple(segments)


def apply_text(segments: Collection[_Segment], chosen: Collection[int]) -> str:
    """The text with the chosen hunks applied."""
    return "".join(
        part if isinstance(part, str) else part.new if part.index in chosen else part.old
        for part in segments
    )


def _aligned(old: list[str], new: list[str]) -> list[tuple[str, str]]:
    """Item by item; surplus items of one side are added or removed one by one."""
    return list(itertools.zip_longest(old, new, fillvalue=""))


def _with_parts(mixed: Prompt, snippets: Mapping[str, str]) -> Prompt:
    """With those of the snippets that it includes, and the revision that has them."""
    texts = [message.content for message in mixed.messages]
    texts += [mixed.examples.template] if mixed.examples else []
    included = included_in(texts, snippets) if mixed.template_format == JINJA2 else {}
    least = least_revision(
        mixed.messages,
        mixed.inputs,
        mixed.template_format,
        has_examples=mixed.examples is not None,
    )
    revision = min(mixed.revision, REVISION) if least < PARTS_REVISION else least
    return replace(mixed, snippets=included, revision=revision)


def _snippet(name: str) -> str:
    return f"snippet {name}"


def _feature(name: str) -> str:
    return f"feature {name}"


def _message_slots(
    a: tuple[Message, ...], b: tuple[Message, ...], hunks: list[Hunk]
) -> tuple[_Slot, ...]:
    matcher = difflib.SequenceMatcher(
        None, [m.role for m in a], [m.role for m in b], autojunk=False
    )
    slots = []
    for tag, a0, a1, b0, b1 in matcher.get_opcodes():
        if tag == "equal":
            for old, new, place in zip(a[a0:a1], b[b0:b1], range(a0, a1), strict=True):
                where = _message_name(a, place)
                segments = text_hunks(old.content, new.content, where, len(hunks))
                hunks += [part for part in segments if isinstance(part, Hunk)]
                slots.append(_Slot(old.role, segments))
            continue
        for place in range(a0, a1):
            gone = Hunk(len(hunks), f"{_message_name(a, place)} removed", a[place].content, "")
            hunks.append(gone)
            slots.append(_Slot(a[place].role, (a[place].content,), gone))
        for place in range(b0, b1):
            come = Hunk(len(hunks), f"{_message_name(b, place)} added", "", b[place].content)
            hunks.append(come)
            slots.append(_Slot(b[place].role, (b[place].content,), come, added=True))
    return tuple(slots)


def _message_name(messages: tuple[Message, ...], place: int) -> str:
    role = messages[place].role
    same = [i for i, message in enumerate(messages) if message.role == role]
    return f"{role} message" if len(same) == 1 else f"{role} message {same.index(place) + 1}"


def _settings(a: Prompt, b: Prompt) -> Iterator[tuple[str, Any, Any]]:
    if a.model is None or b.model is None:
        yield "model", a.model, b.model
    else:
        yield "model", (a.model.provider, a.model.id), (b.model.provider, b.model.id)
        for key in sorted({*a.model.options, *b.model.options}):
            old, new = a.model.options.get(key, _ABSENT), b.model.options.get(key, _ABSENT)
            yield f"option {key}", old, new
    yield "template_format", a.template_format, b.template_format
    yield "revision", min(a.revision, REVISION), min(b.revision, REVISION)
    for name in sorted(a.snippets.keys() & b.snippets.keys()):
        yield _snippet(name), a.snippets[name], b.snippets[name]
    for name in sorted(a.features.keys() & b.features.keys()):
        old, new = (short(fingerprint(each.features[name])) for each in (a, b))
        yield _feature(name), old, new
    yield "examples", _rows_of(a), _rows_of(b)
    yield "inputs", a.inputs, b.inputs
    yield "outputs", a.outputs, b.outputs
    yield "tools", a.tools, b.tools


def _rows_of(prompt: Prompt) -> dict[str, Any] | None:
    return prompt.examples.behaviour() if prompt.examples else None


def _model(a: Model | None, b: Model | None, taken: Collection[str]) -> Model | None:
    if a is None or b is None:
        return b if "model" in taken else a
    options = dict(a.options)
    for key in {*a.options, *b.options}:
        if f"option {key}" in taken:
            if key in b.options:
                options[key] = b.options[key]
            else:
                options.pop(key, None)
    base = b if "model" in taken else a
    return replace(base, options=options)


def _said(value: Any) -> str:
    if value is _ABSENT or value is None:
        return ""
    if isinstance(value, Model):
        return f"{value.provider}/{value.id}"
    if isinstance(value, tuple) and all(isinstance(part, str) for part in value):
        return "/".join(value)
    return str(value)
