"""Checks, before the first call, that cases fit a prompt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.datasets.attachments import media_kinds, with_files
from workbench.datasets.cells import typed, with_numbers
from workbench.datasets.features import check_raw, features_of, is_blank, stand_ins, without
from workbench.datasets.tool_results import tools_in
from workbench.datasets.values import TOOL_RESULTS, Case
from workbench.errors import DatasetError, TemplateError
from workbench.json_text import has_spelling, without_spelling
from workbench.prompts.features import used_fields
from workbench.prompts.files.untyped import UntypedText
from workbench.prompts.inputs.checks import misfit
from workbench.prompts.inputs.media import Attachment, is_attachment
from workbench.prompts.inputs.parts import has_files, texts_of
from workbench.prompts.kinds import MEDIA, PART_KINDS, is_typed
from workbench.prompts.roles import MARKER
from workbench.prompts.templates.templates import Renderer
from workbench.prompts.templates.uses import Uses, how_to_leave_out, uses_of
from workbench.prompts.tools import tool_names
from workbench.prompts.values import FIRST_REVISION, MESSAGES, Input, Message, Prompt
from workbench.suggestions import did_you_mean
from workbench.units import plural

_FALSE = frozenset({"false", "0", "no", "off", "none", "null"})
"""Words that are meant as false but are true as text."""
_FALSE_PERHAPS = frozenset({*_FALSE, "0.0", "nil", "n", "f", "[]", "{}"})


def typed_inputs(prompt: Prompt, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs converted to the prompt's kinds, without blank cells of typed or optional inputs.

    Undeclared inputs and those of kind string are unchanged. Only cells are converted; typed values
    are checked. Raises TemplateError when a value does not fit its kind.
    """
    declared = {item.name: item for item in prompt.taken}
    values: dict[str, Any] = {}
    for name, value in inputs.items():
        item = declared.get(name) or Input(name)
        if not item.required and (is_blank(value) or (item.kind in PART_KINDS and value == "")):
            continue
        try:
            converted = _converted(item, value)
        except DatasetError as error:
            raise TemplateError(
                f"{name} {error.message}", hint=f"its kind is {item.kind}"
            ) from error
        if converted is not None or not isinstance(value, UntypedText):
            values[name] = converted
    return values


def fitted(prompt: Prompt, case: Case, folder: Path) -> Case:
    """A case as it is written into a dataset in `folder`: what was typed for an input is converted
    to its kind. Raises TemplateError or DatasetError for a value that does not fit.
    """
    attached = with_files(case, media_kinds([prompt]), folder)
    typed_names = {item.name for item in prompt.inputs if is_typed(item.kind)}
    cells = {
        name: UntypedText(value) if isinstance(value, str) and name in typed_names else value
        for name, value in case.inputs.items()
    }
    talks = {name for name, value in case.inputs.items() if has_files(value)}
    typed_inputs(prompt, {name: attached.inputs[name] for name in talks})
    media = (prompt.media.keys() & cells.keys()) | talks
    needed = {item.name for item in prompt.inputs if item.required}
    given = {name: cells.pop(name) for name in media}
    kept = {name: value for name, value in given.items() if value or name in needed}
    fitting = typed_inputs(prompt, cells) | kept
    return replace(case, inputs={n: fitting[n] for n in case.inputs if n in fitting})


def _converted(item: Input, value: Any) -> Any:
    """A value as it is rendered; None for a blank cell. Raises DatasetError for one that does not
    fit.
    """
    if isinstance(value, Attachment) and item.kind not in MEDIA:
        value = value["file"]  # for a version to which it is text
    value = typed(value, item.kind) if isinstance(value, UntypedText) else with_numbers(value)
    problem = misfit(item, value)
    if problem:
        raise DatasetError(problem)
    return value


def previewed_inputs(prompt: Prompt, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Like `checked_inputs`, where nothing is run: a text stands for each computed input."""
    values = without(prompt.computed, inputs)
    return checked_inputs(prompt, values) | stand_ins(prompt)


def checked_inputs(prompt: Prompt, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Like `typed_inputs`, for a single case. Also raises TemplateError for a text such as `false`
    that a template tests for truth, since it is true.
    """
    values = typed_inputs(prompt, inputs)
    _refuse_false_words(prompt, uses_of(prompt), values)
    return values


def _refuse_false_words(prompt: Prompt, uses: Uses, inputs: Mapping[str, Any]) -> None:
    for name in sorted(uses.decides):
        item = prompt.input_named(name)
        value = inputs.get(name, item.default if item else None)
        word = value.strip().lower() if isinstance(value, str) else ""
        if word in _FALSE:
            raise TemplateError(
                f"{name} is the text {word!r}, which holds where a template tests it",
                hint=f"declare {name} with kind: boolean, or compare it with a text:"
                f' {{% if {name} == "true" %}}',
            )


def sent_inputs(prompt: Prompt, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of a stored case as they were sent: text for a typed input was a cell."""
    inputs = without(prompt.computed, inputs)
    media = prompt.media
    named = {k: v["file"] if is_attachment(v) and k not in media else v for k, v in inputs.items()}
    cells = {k: UntypedText(v) if isinstance(v, str) else v for k, v in named.items()}
    try:
        return typed_inputs(prompt, cells) | stand_ins(prompt)
    except TemplateError:
        return dict(inputs)


def check_fit(
    prompt: Prompt,
    cases: Sequence[Case],
    place_of: Callable[[Case], str],
    *,
    settled: bool = False,
) -> tuple[str, ...]:
    """Notes about unused columns, blank cells that are sent, and texts used as another type.

    Raises DatasetError, with the case's location, when a case lacks a needed input, has one of
    another kind, or has nothing but an id; also for a text such as `false` that a template tests
    for truth, and for a conversation or a file where the prompt cannot send it. Those are not
    raised if the prompt is `settled`: a registered version that is compared with another.
    """
    renderer = Renderer(prompt)
    needed = tuple(name for name in renderer.missing({}) if name not in prompt.computed)
    features = features_of(prompt)
    blank: Counter[str] = Counter()
    uses, mistaken = uses_of(prompt), set[tuple[str, str]]()
    for case in cases:
        where = f"{place_of(case)}: case {case.id!r}"
        try:
            check_raw(features, case)
            inputs = typed_inputs(prompt, without(prompt.computed, case.inputs))
            if not settled:
                _refuse_false_words(prompt, uses, inputs)
        except TemplateError as error:
            raise DatasetError(f"{where}: {error.message}", hint=error.hint) from error
        missing = tuple(n for n in renderer.missing(inputs) if n not in prompt.computed)
        if missing:
            names = ", ".join(missing)
            given = ", ".join(sorted(inputs)) or "no inputs"
            how = how_to_leave_out(prompt, missing)
            raise DatasetError(
                f"{where} has no {names}, which {prompt.prompt_id} needs",
                hint=f"it has: {given}" + (f"; {how}" if how else ""),
            )
        if not settled:
            _check_tools(prompt, case, where)
            _check_parts(renderer, prompt, inputs, where)
        mistaken.update(_mistaken(uses, inputs))
        if prompt.revision == FIRST_REVISION:
            mistaken.update(_printed_as_python(uses, inputs))
        blank.update(name for name in needed if is_blank(case.inputs.get(name)))
        if case.expected is None and needed and all(map(is_blank, case.inputs.values())):
            raise DatasetError(
                f"{where} is blank: {prompt.prompt_id} needs {', '.join(needed)}",
                hint="fill the row in, or take it out",
            )
    notes = [
        *unused_columns([(prompt, renderer)], cases),
        *_roles_in_texts(prompt, cases, place_of),
    ]
    for name, times in blank.items():
        count = "1 case has" if times == 1 else f"{times:,} cases have"
        notes.append(
            f"{count} a blank {name}, which {prompt.prompt_id} needs: it is sent as nothing"
        )
    return (*notes, *(f"{name}: {problem}" for name, problem in sorted(mistaken)))


def _check_parts(renderer: Renderer, prompt: Prompt, inputs: Mapping[str, Any], where: str) -> None:
    """Raise DatasetError where a conversation or a file cannot stand in its place."""
    if not any(item.kind in PART_KINDS for item in prompt.taken):
        return
    try:
        renderer.render(inputs)
    except TemplateError as error:
        raise DatasetError(f"{where}: {error.message}", hint=error.hint) from error


def _roles_in_texts(
    prompt: Prompt, cases: Sequence[Case], place_of: Callable[[Case], str]
) -> Iterator[str]:
    """Yield a note about messages of conversations with a line that looks like a role marker."""
    for item in prompt.taken:
        if item.kind != MESSAGES:
            continue
        misfits = [
            (case, number, line.strip())
            for case in cases
            for number, message in enumerate(case.inputs.get(item.name) or (), 1)
            if isinstance(message, Mapping)
            for line in texts_of(message.get("content")).split("\n")
            if MARKER.fullmatch(line)
        ]
        if misfits:
            case, number, line = misfits[0]
            among = plural(len({one.id for one, _, _ in misfits}), "case")
            yield (
                f"{place_of(case)}: case {case.id!r}: message {number} of {item.name} has a line"
                f" {line!r}, which is sent as text ({among} so): what is meant as a role is a"
                " message of its own"
            )


def _check_tools(prompt: Prompt, case: Case, where: str) -> None:
    """Raise DatasetError for a recorded result of a tool that the prompt does not have."""
    known = tool_names(prompt.tools)
    for name in sorted(tools_in(case.tool_results)):
        if known and name not in known:
            raise DatasetError(
                f"{where}: {TOOL_RESULTS} names {name!r}, and {prompt.prompt_id} has no such tool",
                hint=did_you_mean(name, known),
            )


def unused_columns(
    renderers: Sequence[tuple[Prompt, Renderer]], cases: Sequence[Case]
) -> tuple[str, ...]:
    """Notes about columns that none of these prompts uses."""
    unused = {name for case in cases for name in case.inputs}
    unused.difference_update(*(used_fields(prompt, each.names) for prompt, each in renderers))
    return tuple(f"the column {name!r} is used by no template" for name in sorted(unused))


def _mistaken(uses: Uses, inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield texts that a template loops over by character, or tests for truth."""
    for name in uses.looped & inputs.keys():
        if isinstance(inputs[name], str) and inputs[name].strip():
            yield name, "a template loops over the letters of a text; for a list: kind: array"
    for name in uses.tested & inputs.keys():
        word = inputs[name].strip().lower() if isinstance(inputs[name], str) else ""
        if word in _FALSE_PERHAPS:
            yield name, f"the text {word!r} holds where a template tests it: kind: boolean"


def _printed_as_python(uses: Uses, inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield lists and objects that a template prints, of inputs that are declared as text."""
    for name in uses.printed & inputs.keys():
        if isinstance(inputs[name], (list, tuple, Mapping)):
            kind = "object" if isinstance(inputs[name], Mapping) else "array"
            yield name, f"{kind}s are printed as Python does, not as JSON: declare kind: {kind}"


def may_differ_from_0_1(prompt: Prompt) -> bool:
    """Whether it declares a typed or an optional input."""
    return any(is_typed(item.kind) or not item.required for item in prompt.inputs)


def are_spelled(cases: Sequence[Case]) -> bool:
    """Whether they have a number that 0.1.0 did not send as it is spelled."""
    return any(has_spelling(case.inputs) for case in cases)


def differs_from_0_1(prompt: Prompt, cases: Sequence[Case]) -> bool:
    """Whether these cases are sent differently from 0.1.0, which rendered every cell as text and
    every JSON number as Python prints it.
    """
    if not may_differ_from_0_1(prompt) and not are_spelled(cases):
        return False
    renderer = Renderer(prompt)
    for case in cases:
        try:
            inputs = typed_inputs(prompt, case.inputs)
        except TemplateError:
            return True
        before = without_spelling(case.inputs)
        changed = inputs != before or has_spelling(inputs)
        if changed and _rendered(renderer, inputs) != _rendered(renderer, before):
            return True
    return False


def _rendered(renderer: Renderer, inputs: Mapping[str, Any]) -> tuple[Message, ...] | str:
    try:
        return renderer.render(inputs)
    except TemplateError as error:
        return error.message
