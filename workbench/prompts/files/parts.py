"""A draft's snippets and few-shot examples: in files beside it, or written out in it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from workbench.errors import CodeError, DraftError, TemplateError
from workbench.fingerprints import canonical_json
from workbench.prompts.features import Feature
from workbench.prompts.files.front_matter import Front
from workbench.prompts.revisions import size_of
from workbench.prompts.roles import first_marker
from workbench.prompts.snippets import MAX_INCLUDES, NAME, expanded, includes_in, misuse
from workbench.prompts.values import (
    EXAMPLES,
    JINJA2,
    MAX_TEXT_BYTES,
    MAX_WORDS,
    SLOT,
    SNIPPETS,
    ExampleSet,
    Message,
    Prompt,
)

EXAMPLE_KEYS = frozenset({"file", "template", "choose", "rows"})
ROW_KEYS = ("inputs", "expected", "tags")
MAX_ROWS = 1_000

_CHOICE = re.compile(
    r"(?P<all>all)|first (?P<first>\d{1,9})|seed (?P<seed>\d{1,18})(?::(?P<count>\d{1,9}))?"
    r"|tag (?P<tag>\S.*)"
)
_CHOICES = "all, first N, seed N, seed N:COUNT or tag NAME"
_USES_TAGS = re.compile(r"\btags\b")


class PromptFiles(Protocol):
    """The files that a draft may refer to."""

    def snippet(self, name: str) -> str:
        """The text of the snippet with that valid name. Raises DraftError without a place."""

    def feature(self, name: str) -> Feature:
        """The definition of the feature with that name. Raises CodeError."""

    def rows(self, file: str) -> Sequence[Mapping[str, Any]]:
        """The rows of an example file: `inputs`, `expected` and `tags` as plain JSON values.
        Raises DraftError, or DatasetError with the place in the file.
        """


_WHOLE = "where it comes from, workbench export prompty writes a file that needs no other"


class _NoFiles:
    def snippet(self, name: str) -> str:
        problem = f"there is no snippet {name!r} here: only a workspace has snippets"
        raise DraftError(problem, hint=_WHOLE)

    def feature(self, name: str) -> Feature:
        problem = f"there is no feature {name!r} here: only a workspace has features"
        raise CodeError(problem, hint=_WHOLE)

    def rows(self, file: str) -> Sequence[Mapping[str, Any]]:
        problem = f"{file} cannot be read here: only a draft in a workspace has examples"
        raise DraftError(problem, hint=_WHOLE)


NO_FILES: PromptFiles = _NoFiles()


def snippet_text(text: str) -> str:
    """What a snippet's file holds, as it is included: line ends are LF, and none at its ends."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").strip("\n")


def read_snippets(
    front: Front, texts: Iterable[tuple[str, int]], files: PromptFiles
) -> dict[str, str]:
    """Every snippet that these templates include, directly or not, by name.

    `texts` are templates with the line of the draft that each begins at. Raises DraftError with the
    place for a missing snippet, a cycle, or one that is no text within a message.
    """
    own = front.data.get(SNIPPETS)
    written = own if isinstance(own, Mapping) else {}
    known: dict[str, str] = {}
    count = 0

    def follow(text: str, file: str, first_line: int, path: tuple[str, ...]) -> None:
        nonlocal count
        for include in includes_in(text):
            place = f"{file}: line {first_line + text.count(chr(10), 0, include.start)}"
            problem = misuse(include, path)
            if problem:
                raise DraftError(f"{place} {problem[0]}", hint=problem[1])
            count += 1
            if count > MAX_INCLUDES:
                raise DraftError(f"{place} there are more than {MAX_INCLUDES:,} includes")
            name = include.name or ""
            if name not in known:
                known[name] = _snippet(name, written, files, place)
                if sum(map(len, known.values())) > MAX_TEXT_BYTES:
                    raise DraftError(f"{place} its snippets are too long together")
            # Again for each way that leads here: a cycle may be on any of them.
            follow(known[name], f"{SNIPPETS}/{name}.md", 1, (*path, name))

    for text, first_line in texts:
        follow(text, front.where, first_line, ())
    return {name: known[name] for name in sorted(known)}


def check_size(prompt: Prompt, where: str) -> None:
    """Refuse templates that would take long to compile, with their snippets in place."""
    if prompt.template_format != JINJA2:
        return
    templates = [message.content for message in prompt.messages if message.role != SLOT]
    templates += [prompt.examples.template] if prompt.examples else []
    try:
        size = size_of(Message("", expanded(prompt, text).text) for text in templates)
    except TemplateError as error:
        raise DraftError(f"{where}: {error.message}", hint=error.hint) from error
    if size > MAX_WORDS:
        raise DraftError(
            f"{where}: {size:,} words and signs stand in its tags, and {MAX_WORDS:,} may",
            hint="give long data as an input, or write it as text",
        )


def _snippet(name: str, written: Mapping[str, Any], files: PromptFiles, place: str) -> str:
    if name in written:
        text = snippet_text(written[name])
    else:
        try:
            text = snippet_text(files.snippet(name))
        except DraftError as error:
            problem = f"{place} includes {name!r}: {error.message}"
            raise DraftError(problem, hint=error.hint) from error
    marker = first_marker(text)
    if marker:
        raise DraftError(
            f"{SNIPPETS}/{name}.md: line {marker} is a role marker, and a snippet is text within"
            " one message",
            hint="put the role into the prompt, above the include",
        )
    return text


def check_parts(front: Front) -> None:
    """Refuse what `snippets` and `examples` cannot hold. Raises DraftError with the line."""
    snippets = front.data.get(SNIPPETS)
    if snippets is not None:
        if not isinstance(snippets, Mapping):
            front.refuse((SNIPPETS,), f"{SNIPPETS} must be a mapping", "NAME: text")
        for name, text in snippets.items():
            if not NAME.fullmatch(str(name)) or not isinstance(text, str):
                front.refuse((SNIPPETS, name), f"{SNIPPETS}.{name} is no name with its text")
    examples = front.data.get(EXAMPLES)
    if examples is None:
        return
    if not isinstance(examples, Mapping):
        hint = "examples: {file: examples.jsonl, template: …}"
        front.refuse((EXAMPLES,), f"{EXAMPLES} must be a mapping", hint)
    front.known(examples, EXAMPLE_KEYS, (EXAMPLES,))
    given = [key for key in ("file", "rows") if examples.get(key) is not None]
    if len(given) != 1:
        problem = f"{EXAMPLES} says both file and rows" if given else f"{EXAMPLES} names no file"
        front.refuse((EXAMPLES,), problem, "file: examples.jsonl")
    for key, value in examples.items():
        if key in ("file", "template", "choose") and not isinstance(value, str):
            front.refuse((EXAMPLES, key), f"{EXAMPLES}.{key} must be a text, not {value!r}")
    choose = examples.get("choose", "all")
    if not _CHOICE.fullmatch(choose):
        front.refuse((EXAMPLES, "choose"), f"{EXAMPLES}.choose {choose!r} is unknown", _CHOICES)
    template = examples.get("template", "")
    marker = first_marker(template)
    if marker and "".join(template.split("\n")[: marker - 1]).strip():
        problem = f"{EXAMPLES}.template has text above its first role marker"
        front.refuse((EXAMPLES, "template"), problem, "begin it with a line 'user:'")
    if any(item == EXAMPLES or _name_of(item) == EXAMPLES for item in _listed(front.data)):
        front.refuse(("inputs",), f"an input cannot be called {EXAMPLES!r} beside {EXAMPLES}")


def _listed(data: Mapping[str, Any]) -> Iterable[Any]:
    inputs = data.get("inputs")
    return inputs if isinstance(inputs, (list, Mapping)) else ()


def _name_of(item: Any) -> Any:
    return item.get("name") if isinstance(item, Mapping) else None


def read_examples(front: Front, files: PromptFiles) -> ExampleSet | None:
    """The few-shot examples that the front matter chooses; None where it has none.

    Raises DraftError and DatasetError.
    """
    data = front.data.get(EXAMPLES)
    if data is None:
        return None
    file, choose = data.get("file", ""), data.get("choose", "all")
    template = data.get("template", "")
    rows = _rows(front, file, files) if file else _written_rows(front, data["rows"])
    chosen = choose_rows(rows, choose)
    if len(chosen) > MAX_ROWS:
        problem = f"{len(chosen):,} examples are chosen, and {MAX_ROWS:,} may"
        front.refuse((EXAMPLES,), problem, "choose: first 5")
    if choose.startswith("tag ") and not chosen:
        problem = f"no row of {file or 'rows'} has the tag {choose.removeprefix('tag ')!r}"
        front.refuse((EXAMPLES, "choose"), problem)
    keeps_tags = not template or _USES_TAGS.search(template)
    return ExampleSet(template, tuple(_row(row, bool(keeps_tags)) for row in chosen), file, choose)


def choose_rows(rows: Sequence[Mapping[str, Any]], choose: str) -> Sequence[Mapping[str, Any]]:
    """The rows that `choose` means, in their order.

    A seed orders rows by a hash of seed and content: the same rows for everybody, and a row that is
    added moves no other.
    """
    match = _CHOICE.fullmatch(choose)
    if match is None:
        raise ValueError(f"{choose!r} is none of: {_CHOICES}")
    if match["first"]:
        return rows[: int(match["first"])]
    if match["tag"]:
        return [row for row in rows if match["tag"] in row.get("tags", ())]
    if match["seed"]:
        seed = match["seed"]
        ordered = sorted(
            rows,
            key=lambda row: hashlib.sha256(
                f"{seed}:{canonical_json([row.get('inputs'), row.get('expected')])}".encode(
                    "utf-8", "surrogatepass"
                )
            ).digest(),
        )
        return ordered[: int(match["count"])] if match["count"] else ordered
    return rows


def _row(row: Mapping[str, Any], keeps_tags: bool) -> dict[str, Any]:
    """A row as it is frozen: as the registry will give it back, without what cannot matter."""
    kept = {"inputs": row.get("inputs", {})}
    if row.get("expected") is not None:
        kept["expected"] = row["expected"]
    if keeps_tags and row.get("tags"):
        kept["tags"] = list(row["tags"])
    plain: dict[str, Any] = json.loads(canonical_json(kept))
    return plain


def _rows(front: Front, file: str, files: PromptFiles) -> Sequence[Mapping[str, Any]]:
    try:
        return files.rows(file)
    except DraftError as error:
        front.refuse((EXAMPLES, "file"), f"{EXAMPLES}: {error.message}", error.hint)


def _written_rows(front: Front, rows: Any) -> Sequence[Mapping[str, Any]]:
    if not isinstance(rows, list):
        front.refuse((EXAMPLES, "rows"), f"{EXAMPLES}.rows must be a list")
    for place, row in enumerate(rows):
        at = (EXAMPLES, "rows", place)
        if not isinstance(row, Mapping) or not isinstance(row.get("inputs"), Mapping):
            hint = "- {inputs: {ticket: …}, expected: …}"
            front.refuse(at, f"{EXAMPLES}.rows[{place}] has no inputs", hint)
        front.known(row, ROW_KEYS, at)
        if not isinstance(row.get("tags", []), list):
            front.refuse((*at, "tags"), f"{EXAMPLES}.rows[{place}].tags must be a list")
    return rows


def parts_content(
    snippets: Mapping[str, str], examples: ExampleSet | None, files: PromptFiles
) -> dict[str, Any]:
    """What the front matter says of both: nothing of a snippet that `files` still has with this
    text, and the file and choice of examples where they still give these rows; else all of it.
    """
    content: dict[str, Any] = {}
    if examples:
        content[EXAMPLES] = _examples_content(examples, files)
    changed = {name: text for name, text in snippets.items() if not _has(files, name, text)}
    if changed:
        content[SNIPPETS] = changed
    return content


def _has(files: PromptFiles, name: str, text: str) -> bool:
    try:
        return snippet_text(files.snippet(name)) == text
    except DraftError:
        return False


def _examples_content(examples: ExampleSet, files: PromptFiles) -> dict[str, Any]:
    from_file = _chosen_again(examples, files)
    content: dict[str, Any] = {"file": examples.file} if from_file else {}
    if examples.template:
        content["template"] = examples.template
    if from_file:
        if examples.choose != "all":
            content["choose"] = examples.choose
    else:
        content["rows"] = [
            {key: row[key] for key in ROW_KEYS if key in row} for row in examples.rows
        ]
    return content


def _chosen_again(examples: ExampleSet, files: PromptFiles) -> bool:
    """Whether file and choice give these rows."""
    if not examples.file:
        return False
    try:
        rows = choose_rows(files.rows(examples.file), examples.choose)
    except (DraftError, ValueError):
        return False
    keeps_tags = not examples.template or bool(_USES_TAGS.search(examples.template))
    return tuple(_row(row, keeps_tags) for row in rows) == examples.rows
