"""The kinds of scorers, and how a suite names one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

from workbench.datasets.json_values import as_text
from workbench.datasets.values import Case
from workbench.errors import PluginError, SuiteError
from workbench.json_text import dumps, loads
from workbench.plugins import Entry, KindTable, Loaders
from workbench.prompts.files.untyped import UntypedText
from workbench.scorers import combined, python_files
from workbench.scorers.base import Kind, Scorer
from workbench.scorers.combined import CHECKS
from workbench.scorers.families import (
    behaviour,
    contents,
    cost,
    embedding,
    external,
    fields,
    length,
    markup,
    numeric,
    overlap,
    similarity,
    structure,
    text,
)
from workbench.scorers.judges import judge as judges
from workbench.scorers.plugin_kind import ScorerKind, kind_of_plugin
from workbench.scorers.transforms import read_transforms
from workbench.suggestions import did_you_mean
from workbench.typed_options import Option, options_problem, read_options

_FAMILIES = (
    *(text, length, numeric, structure, fields, markup, similarity, overlap, embedding, contents),
    *(behaviour, cost, combined, external),
)
KINDS: Mapping[str, Kind] = {kind.name: kind for family in _FAMILIES for kind in family.KINDS}
"""Those that are built in."""
OWN: Mapping[str, Kind] = {
    python_files.PYTHON: python_files.KIND,
    judges.JUDGE: judges.KIND,
}
"""Kinds whose code or prompt is the workspace's own, made for each entry, see `scorers_of`."""
REQUIRED = "required"
COMMON = {
    REQUIRED: Option(True, "false: the scorer is shown and never gates."),
    "name": Option("", "Its name in the suite, so that one kind may stand several times."),
    "transforms": Option([], "What is done to the answer before: strip_fence, {json_path: a.b}."),
    "cut": Option(0.0, "From this score on it is 1, below it 0.", 0, 1),
    "after": Option("", "A scorer above; where it does not give 1, this one is not asked: 0."),
    "weight": Option(1.0, "Its share in mean_of and in the checks of a case.", least=0),
}
"""Options that every scorer takes; those of its kind come first."""
OF, EXPECTED = "of", "expected"
_EXPECTED = Option(None, "Takes the place of what the case expects.")
_WEIGHTED = frozenset({"mean_of", "checks"})
_IN_SUITE_ALONE = frozenset({REQUIRED, "after"})
_MOST_NAME_CHARS = 60


@cache
def _builtin() -> Loaders[ScorerKind]:
    known = {**KINDS, **OWN}
    return {name: partial(known.__getitem__, name) for name in known}


def _misfit(kind: ScorerKind) -> str:
    if not all(isinstance(text, str) for text in (kind.summary, kind.example)):
        return "its summary or example is no text"
    if not isinstance(kind.revision, int):
        return "its revision is no whole number"
    problem = options_problem(kind.options)
    if not problem and REQUIRED in kind.options:
        return f"its options have a name that every scorer takes: {REQUIRED}"
    return problem


TABLE: KindTable[ScorerKind] = KindTable(
    "workbench.scorers", "scorer", ScorerKind, _builtin, _misfit
)


def all_kinds() -> list[Kind | PluginError]:
    """Every kind by name; for a plug-in that cannot be used, the error that says why."""
    return [one if isinstance(one, PluginError) else _kind(one) for one in TABLE.all()]


def find_kind(name: str, where: str = "") -> Kind:
    """The kind of that name. Raises SuiteError with the nearest known one, or PluginError."""
    return _kind(TABLE.get(name, where, SuiteError))


def options_of(kind: Kind) -> Mapping[str, Option]:
    """The options of a scorer of that kind, by name."""
    more = {**COMMON, **({EXPECTED: _EXPECTED} if kind.reads else {})}
    return {**kind.options, **{k: one for k, one in more.items() if k not in kind.options}}


def scorers_of(entry: Any, written: Any, where: str, root: Path | None) -> tuple[Scorer, ...]:
    """The scorers of an entry, which is a name, or a name with its options: one, but for own code
    that gives several scores.

    `written` is the entry with every scalar as the text that stands in the file. `root` is the
    workspace's folder; without it no code can be named. Raises SuiteError and CodeError.
    """
    item = {entry: {}} if isinstance(entry, str) else entry
    if not isinstance(item, Mapping) or len(item) != 1:
        raise SuiteError(f"{where}: a scorer is a name, or a name with its options")
    name, options = next(iter(item.items()))
    texts = written.get(name) if isinstance(written, Mapping) and options else {}
    given = {} if options is None else options
    if name in OWN:
        return _own_scorers(name, given, f"{where}: {name}", root)
    return (make_scorer(str(name), given, where, texts, root),)


def _own_scorers(name: str, given: Any, here: str, root: Path | None) -> tuple[Scorer, ...]:
    """The scorers of one entry whose code or prompt is the workspace's own."""
    if root is None:
        raise SuiteError(f"{here} needs files of the workspace, which a suite alone may name")
    if not isinstance(given, Mapping):
        raise SuiteError(f"{here}: options must be a mapping")
    options = read_options(given, {**OWN[name].options, **COMMON}, here, SuiteError)
    keys = {key: options.pop(key) for key in COMMON}
    label = _name(keys.pop("name"), here)
    more = _keys(keys, given, here)
    if name == judges.JUDGE:
        judge = judges.read_judge(options, given, root, here)
        if judge.is_pairwise and keys[REQUIRED]:
            hint = "required: false; workbench compare A B --judge NAME asks it"
            raise SuiteError(f"{here}: a pairwise judge scores no answer of its own", hint=hint)
        return (judge_scorer(judge, label, keys[REQUIRED], more),)
    own = python_files.own_scorer(options, label, root, here)
    return tuple(Scorer(kind, own.options, keys[REQUIRED], **more) for kind in own.kinds())


def judge_scorer(
    judge: judges.Judge, label: str, required: bool, keys: Mapping[str, Any]
) -> Scorer:
    """A judge as a scorer; without a label it has the name of its prompt."""
    options = judges.record_options(judge)
    name = label or judge.prompt.prompt_id
    return Scorer(judges.judge_kind(judge), options, required, label=name, **keys)


def with_keys(scorer: Scorer, written: Mapping[str, Any]) -> Scorer:
    """The scorer with the keys that its record has. Raises SuiteError."""
    return replace(scorer, **_keys(written, written, "the record"))


def _keys(keys: Mapping[str, Any], given: Mapping[str, Any], here: str) -> dict[str, Any]:
    """Transforms, cut, after and weight as a scorer has them."""
    return {
        "transforms": read_transforms(keys.get("transforms") or [], f"{here}.transforms"),
        "cut": keys["cut"] if "cut" in given and "cut" in keys else None,
        "after": keys.get("after", ""),
        "weight": keys.get("weight", 1.0),
    }


def make_scorer(
    name: str,
    given: Any,
    where: str,
    written: Any = None,
    root: Path | None = None,
    parts: tuple[Scorer, ...] = (),
) -> Scorer:
    """The scorer `name` with its options checked. Raises SuiteError naming what is wrong.

    `given` is a mapping; of a scorer that is made of others, they alone may stand there, unless
    they are given as `parts`. `written` has the options with every scalar as the text that stands
    in the file.
    """
    kind = find_kind(name, where)
    here = f"{where}: {name}"
    if kind.combine and not kind.of_case and not parts:
        given, parts = _parts(kind, given, written, here, root)
    if not isinstance(given, Mapping):
        raise SuiteError(f"{here}: options must be a mapping")
    if kind.library and not kind.library.is_installed:
        hint = f"pip install 'prompt-workbench[{kind.library.extra}]'"
        raise SuiteError(f"{here} needs the package {kind.library.name}", hint=hint)
    options = _options(kind, given, written, here)
    keys = {key: options.pop(key) for key in options_of(kind) if key not in kind.options}
    if EXPECTED in given and EXPECTED in keys:
        keys[EXPECTED] = _expected(given[EXPECTED], (written or {}).get(EXPECTED), here)
        misfit = kind.reads.misfit(Case("", {}, keys[EXPECTED])) if kind.reads else ""
        if misfit:
            raise SuiteError(f"{here}.{EXPECTED}: {misfit}")
    problem = kind.check(options)
    if problem:
        raise SuiteError(f"{here}: {problem}")
    if kind.name == embedding.EMBEDDING:
        kind = embedding.asking(kind, options)
    label = _name(keys.get("name", ""), here)
    if not label and kind.flips:
        label = f"not_{parts[0].name}"
    return Scorer(
        kind,
        options,
        keys[REQUIRED],
        label="" if label == kind.name else label,
        **_keys(keys, given, here),
        expected=keys.get(EXPECTED),
        parts=parts,
        parts_of=checks_of if kind.of_case else None,
    )


def _options(kind: Kind, given: Mapping[str, Any], written: Any, here: str) -> dict[str, Any]:
    options = read_options(given, options_of(kind), here, SuiteError)
    for key in given.keys() & kind.options.keys():
        if options[key] == {}:
            raise SuiteError(f"{here}.{key} is empty", hint="leave it out")
        if isinstance(options[key], list):
            texts = (written or {}).get(key) or [as_text(item) for item in options[key]]
            pairs = zip(options[key], texts, strict=True)
            options[key] = [_label(*pair, f"{here}.{key}") for pair in pairs]
    unset = [k for k, one in kind.options.items() if one.later and options[k] == one.default]
    return {key: value for key, value in options.items() if key not in unset}


def _parts(
    kind: Kind, given: Any, written: Any, here: str, root: Path | None
) -> tuple[Mapping[str, Any], tuple[Scorer, ...]]:
    """The other options of a scorer that is made of others, and these."""
    texts = written if isinstance(written, (Mapping, list)) else {}
    if isinstance(given, Mapping) and OF not in given and kind.flips:
        # `not: {contains: {…}}`: the one key that is no option is the scorer.
        own = {key: value for key, value in given.items() if key not in COMMON}
        rest = {key: value for key, value in given.items() if key in COMMON}
        given, texts = {OF: own, **rest}, {OF: {k: v for k, v in dict(texts).items() if k in own}}
    elif not isinstance(given, Mapping):
        given, texts = {OF: given}, {OF: texts}
    of, of_texts = given.get(OF), texts.get(OF) if isinstance(texts, Mapping) else None
    if kind.flips and isinstance(of, (str, Mapping)):
        of, of_texts = [of], [of_texts]
    if not isinstance(of, list) or not of or (kind.flips and len(of) != 1):
        raise SuiteError(f"{here}: name the scorers that it is made of", hint=kind.example)
    of_texts = of_texts if isinstance(of_texts, list) else [None] * len(of)
    parts = tuple(part_of(kind, *pair, here, root) for pair in zip(of, of_texts, strict=True))
    if not any(part.weight for part in parts):
        raise SuiteError(f"{here}: all its scorers have a weight of 0, so none counts")
    return {key: value for key, value in given.items() if key != OF}, parts


def part_of(kind: Kind, entry: Any, written: Any, where: str, root: Path | None) -> Scorer:
    """A scorer of which another of that kind is made. Raises SuiteError and CodeError."""
    part, *others = scorers_of(entry, written, where, root)
    if others:
        raise SuiteError(f"{where}: {part.name}: own code with several scores cannot be a part")
    given = next(iter(entry.values())) if isinstance(entry, Mapping) else {}
    if isinstance(given, Mapping):
        for key in given.keys() & (_IN_SUITE_ALONE - part.kind.options.keys()):
            raise SuiteError(f"{where}: {part.name}: {key} stands at scorers of the suite alone")
    if part.weight != 1 and kind.name not in _WEIGHTED:
        raise SuiteError(f"{where}: {part.name}: weight counts in mean_of and in checks alone")
    return part


def checks_of(case: Case) -> tuple[Scorer, ...]:
    """The checks of a case as scorers, each under a name of its own. Raises SuiteError."""
    return _checks(dumps(case.checks)) if case.checks else ()


@lru_cache(maxsize=10_000)
def _checks(entries: str) -> tuple[Scorer, ...]:
    made: dict[str, Scorer] = {}
    for entry in loads(entries):
        check = part_of(KINDS[CHECKS], entry, None, CHECKS, None)
        if any(leaf.kind.of_case for leaf in check.leaves):
            raise SuiteError(f"{CHECKS}: {check.name}: the checks of a case cannot hold themselves")
        if any(leaf.kind.judge for leaf in check.leaves):
            raise SuiteError(f"{CHECKS}: {check.name} asks a model, which a suite alone may name")
        name = combined.unused_name(check.name, made)
        made[name] = replace(check, label=name)
    return tuple(made.values())


def suite_scorers(
    data: Any, written: Any, where: str, root: Path | None = None
) -> tuple[Scorer, ...]:
    """The scorers of a suite, each under a name of its own. Raises SuiteError and CodeError."""
    if not isinstance(data, list) or not data:
        raise SuiteError(f"{where}: no scorers", hint="scorers: [exact_match]")
    made: dict[str, Scorer] = {}
    for entry, texts in zip(data, written, strict=True):
        for scorer in scorers_of(entry, texts, where, root):
            _check_place(scorer, made, where)
            for leaf in scorer.leaves:
                lacking = "" if leaf.expected is None else leaf.lacks(Case("", {}))
                if lacking:
                    raise SuiteError(f"{where}: {leaf.name}.{EXPECTED}: {lacking}")
            made[scorer.name] = scorer
    return tuple(made.values())


def _check_place(scorer: Scorer, above: Mapping[str, Scorer], where: str) -> None:
    if scorer.name in above:
        kind = python_files.PYTHON if scorer.kind.code else scorer.kind.name
        raise SuiteError(
            f"{where}: the scorer {scorer.name!r} stands twice",
            hint=f"{kind}: {{name: …}} gives one another name",
        )
    if scorer.after and scorer.after not in above:
        hint = did_you_mean(scorer.after, above) if above else "put it below the other"
        raise SuiteError(
            f"{where}: {scorer.name}.after: no scorer {scorer.after!r} stands above", hint=hint
        )
    if scorer.weight != 1:
        raise SuiteError(
            f"{where}: {scorer.name}.weight counts in mean_of and in checks alone",
            hint="mean_of: [{…: {weight: 2}}, …]",
        )


def _name(name: str, here: str) -> str:
    if len(name) > _MOST_NAME_CHARS or not name.isprintable() or name != name.strip():
        raise SuiteError(f"{here}.name: {name!r} is no name", hint="a short text in one line")
    return name


def _expected(value: Any, written: Any, here: str) -> Any:
    if value is None:
        raise SuiteError(f"{here}.{EXPECTED} is empty", hint=f"{EXPECTED}: billing")
    is_scalar = isinstance(value, (bool, int, float))
    return UntypedText(written) if is_scalar and isinstance(written, str) else value


def _label(value: Any, written: Any, where: str) -> Any:
    """A label that reads as it is written: `true` and 1.50 are no Python values here."""
    if isinstance(value, (dict, list)) or (value is None and not written):
        raise SuiteError(f"{where}: {value!r} is no label", hint="a text, quoted if it is empty")
    return value if str(value) == written else written


def _kind(entry: Entry[ScorerKind]) -> Kind:
    if entry.plugin is None:
        return KINDS.get(entry.name) or OWN[entry.name]
    return kind_of_plugin(entry)
