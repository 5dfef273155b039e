"""A configuration of promptfoo: its prompts as a draft with variants, its tests as a suite."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

from workbench.errors import DraftError, WorkbenchError
from workbench.exchange.forms.foreign import (
    as_list,
    as_mapping,
    json_lines_of,
    json_of,
    prompt_id_of,
    text_of,
    unknown_keys,
    yaml_of,
)
from workbench.exchange.forms.promptfoo_assertions import (
    Unmapped,
    check_of,
    differs,
    together,
)
from workbench.exchange.forms.promptfoo_csv import read_tests
from workbench.exchange.forms.promptfoo_prompts import SENT, model_of, prompt_of
from workbench.exchange.importers.base import Imported, ImportedSuite
from workbench.exchange.losses import Loss
from workbench.prompts.values import Model, Prompt

_SUFFIXES = (".yaml", ".yml", ".json")
_KEYS = ("description", "prompts", "providers", "targets", "tests", "scenarios", "defaultTest")
_REMARKS = {
    "env": "values are data: none is set",
    "nunjucksFilters": "code is not imported",
    "extensions": "code is not imported",
    "derivedMetrics": "no metric of several is computed",
    "redteam": "not imported",
    "evaluateOptions": "set run: in suite.yaml",
}
_QUIET = frozenset({"$schema", "outputPath", "sharing", "tags", "commandLineOptions"})
_QUIET |= {"writeLatestResults", "metadata", "tracing"}
_TEST_KEYS = frozenset({"vars", "assert", "threshold", "description", "metadata", "unread"})
_MAX_CASES = 1_000_000
_PATH = re.compile(r"\.[A-Za-z0-9]{2,5}\Z")


class PromptfooImporter:
    """See `Importer`."""

    summary = "A configuration of promptfoo; name files that it refers to by --with."
    suffixes = ()

    def recognizes(self, path: Path) -> bool:
        if path.suffix not in _SUFFIXES:
            return False
        try:
            data = _parsed(path)
        except DraftError:
            return False
        return (
            isinstance(data, Mapping)
            and "prompts" in data
            and bool({"providers", "targets", "tests", "scenarios", "defaultTest"} & data.keys())
        )

    def read(self, path: Path) -> Imported:
        return self.read_with(path, ())

    def read_with(self, path: Path, beside: Sequence[Path]) -> Imported:
        """Like `read`, with the files that the user names beside it: what the configuration says of
        others is not read.
        """
        data = _parsed(path)
        if not isinstance(data, Mapping) or not isinstance(data.get("prompts"), (list, str)):
            raise DraftError(f"{path} is no configuration with prompts")
        return _Reading(data, path, {file.resolve() for file in beside}).imported()


KIND = PromptfooImporter()


def _parsed(path: Path) -> Any:
    return json_of(path) if path.suffix == ".json" else yaml_of(path)


@dataclass
class _Reading:
    """One configuration while it is read."""

    data: Mapping[str, Any]
    path: Path
    beside: Collection[Path]
    losses: list[Loss] = field(default_factory=list)

    def imported(self) -> Imported:
        described = self._own_name() or self.data.get("description") or self._folder_name()
        name = prompt_id_of(str(described))
        prompts = list(self._prompts(name))
        if not prompts:
            reasons = "; ".join(map(str, self.losses[:3])) or "it has no prompt"
            raise DraftError(f"{self.path}: {reasons}")
        model = self._model()
        prompts = [replace(prompt, model=model) for prompt in prompts]
        rows = list(self._rows())
        for key, instead in _REMARKS.items():
            if self.data.get(key):
                self.losses.append(Loss(key, instead))
        known = (*_KEYS, *_REMARKS, *_QUIET)
        self.losses += unknown_keys(self.data, known, "of the configuration")
        suites: tuple[ImportedSuite, ...] = ()
        if any("checks" in row for row in rows):
            suite = prompt_id_of(str(self._own.get("suite") or name))
            suites = (ImportedSuite(suite, name, ["checks"], rows),)
        elif rows:
            self.losses.append(Loss(f"{len(rows)} tests without an assertion", "write a suite"))
        first, *others = prompts
        variants = tuple((f"p{number}", one) for number, one in enumerate(others, 2))
        return Imported((first,), tuple(_counted(self.losses)), suites, variants)

    @property
    def _own(self) -> Mapping[str, Any]:
        """What we wrote into a configuration about ourselves; empty: it is none of ours."""
        return as_mapping(as_mapping(self.data.get("metadata")).get("workbench"))

    def _own_name(self) -> str:
        prompts = self.data["prompts"]
        first = prompts[0] if self._own and isinstance(prompts, list) and prompts else {}
        return str(as_mapping(first).get("label", "")).partition("@")[0]

    def _folder_name(self) -> str:
        stem = self.path.stem
        return self.path.resolve().parent.name if stem == "promptfooconfig" else stem

    # Prompts

    def _prompts(self, name: str) -> Iterator[Prompt]:
        given = self.data["prompts"]
        for number, entry in enumerate([given] if isinstance(given, str) else given, 1):
            texts: Iterable[str]
            try:
                texts = self._texts(entry)
            except (DraftError, Unmapped) as error:
                self.losses.append(Loss(f"prompt {number}", str(error)))
                continue
            for text in texts:
                try:
                    yield prompt_of(name, text)
                except WorkbenchError as error:
                    self.losses.append(Loss(f"prompt {number}", error.message))

    def _texts(self, entry: Any) -> list[str]:
        """The texts of an entry: one, or those of a file that the user named."""
        if isinstance(entry, Mapping):
            entry = entry.get("raw") or entry.get("id") or entry.get("prompt")
        if isinstance(entry, (list, Mapping)):
            return [json.dumps(entry)]
        if not isinstance(entry, str):
            raise DraftError(f"{entry!r} is no prompt")
        is_path = "\n" not in entry and (
            "*" in entry or _PATH.search(entry) or entry.startswith("file://")
        )
        if not is_path:
            return [entry]
        file = self._file(entry)
        if file.suffix in (".js", ".cjs", ".mjs", ".ts", ".py", ".rb", ".sh"):
            raise DraftError(f"{entry} is code: it is not run")
        text = text_of(file)
        if file.suffix != ".txt":
            return [text]
        parts = re.split(r"(?m)^[ \t]*---[ \t]*$", text)
        return [part.strip() for part in parts if part.strip()]

    def _file(self, reference: str) -> Path:
        """The file that a reference names, if the user named it, too."""
        plain = reference.removeprefix("file://")
        wanted = self.path.parent / plain
        named = [] if "\0" in plain else [one for one in self.beside if one == wanted.resolve()]
        if named:
            return named[0]
        raise DraftError(f"{reference} is not read: name it by --with {plain}")

    # The model

    def _model(self) -> Model | None:
        providers = self.data.get("providers", self.data.get("targets"))
        listed = providers if isinstance(providers, list) else [providers] if providers else []
        models = [model_of(entry) for entry in listed]
        for name in [name for name, model in models if model is None]:
            self.losses.append(Loss(f"the provider {name}", "write a [providers.NAME] table"))
        known = [(name, model) for name, model in models if model is not None]
        if len(known) > 1:
            names = ", ".join(name for name, _ in known[1:])
            self.losses.append(Loss(f"the providers {names}", "compare them by --model A,B"))
        for entry in listed[:1]:
            config = entry.get("config") if isinstance(entry, Mapping) else None
            unread = [k for k in config if k not in SENT] if isinstance(config, Mapping) else []
            if unread:
                what = f"of the provider's config: {', '.join(map(str, unread))}"
                self.losses.append(Loss(what, "no address or key is taken over"))
        return known[0][1] if known else None

    # Tests

    def _rows(self) -> Iterator[dict[str, Any]]:
        default = self.data.get("defaultTest")
        default = default if isinstance(default, Mapping) else {}
        tests = [*self._tests(self.data.get("tests"), "tests"), *self._scenarios()]
        number = 0
        for where, test in tests:
            merged = _merged(default, test)
            unread = [str(k) for k in merged if k not in _TEST_KEYS] + list(
                merged.get("unread", ())
            )
            for key in unread:
                self.losses.append(Loss(f"{key} of a test", "not imported"))
            for variables in self._combinations(where, merged.get("vars")):
                number += 1
                if number > _MAX_CASES:
                    raise DraftError(f"{self.path}: more than {_MAX_CASES:,} cases")
                variables = {k: _whole(v) for k, v in variables.items()}
                row = self._row(f"test-{number:03}", where, merged, variables)
                if row is not None:
                    yield row

    def _tests(self, given: Any, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        listed = given if isinstance(given, list) else [given] if given else []
        for number, test in enumerate(listed, 1):
            place = f"{where}[{number}]"
            if isinstance(test, Mapping):
                yield place, test
                continue
            try:
                yield from ((f"{test}[{n}]", one) for n, one in enumerate(self._in_file(test), 1))
            except DraftError as error:
                self.losses.append(Loss(f"the tests {test}", error.message))

    def _in_file(self, reference: Any) -> list[Mapping[str, Any]]:
        if not isinstance(reference, str):
            raise DraftError(f"{reference!r} is no test")
        file = self._file(reference)
        if file.suffix == ".csv":
            return list(read_tests(text_of(file), str(file)))
        if file.suffix == ".jsonl":
            rows: Any = [row for _, row in json_lines_of(file)]
        elif file.suffix in _SUFFIXES:
            rows = _parsed(file)
        else:
            raise DraftError(f"{file} is not of a format that is read: CSV, JSON, JSONL, YAML")
        tests = list(rows) if isinstance(rows, list) else [rows]
        if not all(isinstance(test, Mapping) for test in tests):
            raise DraftError(f"{file} is no list of tests")
        return tests

    def _scenarios(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for number, scenario in enumerate(as_list(self.data.get("scenarios")), 1):
            if not isinstance(scenario, Mapping):
                self.losses.append(Loss(f"scenario {number}", "it is no mapping"))
                continue
            tests = list(self._tests(scenario.get("tests"), f"scenarios[{number}].tests"))
            for config in as_list(scenario.get("config")):
                for where, test in tests or [(f"scenarios[{number}]", {})]:
                    yield where, _merged(config if isinstance(config, Mapping) else {}, test)

    def _combinations(self, where: str, given: Any) -> Iterator[dict[str, Any]]:
        """A list of texts stands for a case per text; the first variable changes last."""
        variables = dict(given) if isinstance(given, Mapping) else {}
        for name, value in variables.items():
            if isinstance(value, str) and value.startswith(("file://", "package:")):
                self.losses.append(Loss(f"{where}: the variable {name}", f"{value} is not read"))
                return
        lists = {
            k: v
            for k, v in variables.items()
            if isinstance(v, list) and v and isinstance(v[0], str)
        }
        for chosen in product(*lists.values()):
            yield variables | dict(zip(lists, chosen, strict=True))

    def _row(
        self, case_id: str, where: str, test: Mapping[str, Any], variables: Mapping[str, Any]
    ) -> dict[str, Any] | None:
        row: dict[str, Any] = {"id": case_id, "inputs": dict(variables)}
        if not variables:
            self.losses.append(Loss(f"{where}: it has no variables", "a case needs an input"))
            return None
        if any(isinstance(v, str) and re.search(r"\{[{%]", v) for v in variables.values()):
            self.losses.append(Loss("templates in variables", "they are texts here"))
        checks = []
        asserted = as_list(test.get("assert"))
        for assertion in asserted:
            try:
                checks.append(check_of(assertion, variables))
                self._note_differences(assertion)
            except (Unmapped, WorkbenchError) as error:
                kind = assertion.get("type") if isinstance(assertion, Mapping) else assertion
                self.losses.append(Loss(f"the assertion {kind}", str(error)))
        try:
            row |= {"checks": [together(checks, test.get("threshold"))]} if checks else {}
        except Unmapped as error:
            self.losses.append(Loss(f"the assertions of {where}", str(error)))
        if asserted and "checks" not in row:
            # Without any check it would pass whatever is answered.
            self.losses.append(Loss(where, "left out: none of its assertions has a scorer"))
            return None
        about = as_mapping(test.get("metadata"))
        if self._own:
            keys = {"case_id": "id", "split": "split", "group": "group", "tags": "tags"}
            row |= {keys[key]: value for key, value in about.items() if key in keys}
        else:
            row["tags"] = [f"{k}:{v}" for k, v in about.items() if isinstance(v, (str, int))]
        return {key: value for key, value in row.items() if value != []}

    def _note_differences(self, assertion: Mapping[str, Any]) -> None:
        for one in as_list(assertion.get("assert")) or [assertion]:
            kind = str(one.get("type"))
            if differs(kind):
                self.losses.append(Loss(f"how {kind} decides", differs(kind)))


def _whole(value: Any) -> Any:
    """A value of a variable; one that we wrote in fragments is a text."""
    pieces = value.get("fragments") if isinstance(value, Mapping) and len(value) == 1 else None
    if isinstance(pieces, list) and all(isinstance(piece, str) for piece in pieces):
        return "".join(pieces)
    return value


def _merged(default: Mapping[str, Any], test: Mapping[str, Any]) -> dict[str, Any]:
    """The test with what the default adds: its assertions first, other keys where it has none."""
    options = test.get("options")
    own_only = isinstance(options, Mapping) and options.get("disableDefaultAsserts")
    asserts = [*([] if own_only else as_list(default.get("assert"))), *as_list(test.get("assert"))]
    variables = {**as_mapping(default.get("vars")), **as_mapping(test.get("vars"))}
    metadata = {**as_mapping(default.get("metadata")), **as_mapping(test.get("metadata"))}
    return {**default, **test, "assert": asserts, "vars": variables, "metadata": metadata}


def _counted(losses: Iterable[Loss]) -> Iterator[Loss]:
    """Each loss once, with how often it came."""
    for loss, count in Counter(losses).items():
        yield Loss(f"{loss.what} ({count} times)", loss.instead) if count > 1 else loss
