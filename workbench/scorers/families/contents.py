"""Scorers that look at what a text is: its language, personal data, SQL."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from workbench.datasets.values import Case
from workbench.providers.base import Answer
from workbench.scorers.base import Kind, Score
from workbench.scorers.expected import PART, parts
from workbench.scorers.library import Library
from workbench.typed_options import Option

_PII = ("EMAIL", "PHONE", "SSN", "CREDIT_CARD", "IP_ADDRESS", "DE_IBAN")
_PATTERNS = (
    *("EMAIL", "PHONE", "SSN", "CREDIT_CARD", "IP_ADDRESS", "DATE", "ZIP_CODE", "DE_VAT_ID"),
    *("DE_IBAN", "DE_TAX_ID", "DE_SOCIAL_SECURITY_NUMBER", "DE_POSTAL_CODE"),
    *("DE_PASSPORT_NUMBER", "DE_RESIDENCE_PERMIT_NUMBER"),
)
"""Those that datafog knows, listed here: it takes a second to import."""
_STATEMENTS = (
    *("select", "insert", "update", "delete", "merge", "copy", "create", "drop", "alter"),
    "truncate",
)
_MOST_SQL_CHARS = 100_000
_CODE = re.compile("[a-z]{2,3}")
_HALF = 0.5


@cache
def _identifier() -> Any:
    from py3langid.langid import (  # type: ignore[import-untyped]
        MODEL_FILE,
        LanguageIdentifier,
    )

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _language(answer: Answer, case: Case, options: Mapping[str, Any]) -> Score:
    """Of the most likely language; missing where none is certain enough: of a few letters the
    model knows next to nothing.
    """
    wanted = [str(one).casefold() for one in options["languages"]] or [
        text.strip().casefold() for text in parts(case)
    ]
    ranked = _identifier().rank(answer.text)
    language, share = ranked[0]
    certainty = options["certainty"]
    is_wanted = sum(part for name, part in ranked if name in wanted)
    if max(share, is_wanted) < certainty:
        return Score(None, f"too short to tell its language: {share:.2f} for {language}")
    is_right = language in wanted or is_wanted > max(certainty, _HALF)
    return Score(float(is_right), f"it reads as {language} ({share:.2f})")


def personal_data(text: str, kinds: Sequence[str] = _PII) -> list[tuple[int, int, str]]:
    """Where the patterns find personal data: start, end and kind, in order."""
    from datafog.engine import scan

    result = scan(text, engine="regex", entity_types=list(kinds))
    return sorted((entity.start, entity.end, entity.type) for entity in result.entities)


def _pii(answer: Answer, _case: Case, options: Mapping[str, Any]) -> Score:
    wanted = [str(kind).upper() for kind in options["kinds"]]
    # The kinds alone: a reason is shown and stored.
    kinds = sorted({kind for _, _, kind in personal_data(answer.text, wanted)})
    return Score(1.0) if not kinds else Score(0.0, f"it holds {', '.join(kinds)}")


def _pii_problem(options: Mapping[str, Any]) -> str:
    if not options["kinds"]:
        return "kinds: name at least one"
    for kind in options["kinds"]:
        if str(kind).upper() not in _PATTERNS:
            return f"kinds: no pattern for {kind!r}; one of {', '.join(_PATTERNS)}"
    return ""


def _code_problem(options: Mapping[str, Any]) -> str:
    wrong = next((one for one in options["languages"] if not _CODE.fullmatch(str(one))), None)
    return f"languages: {wrong!r} is no code; write en" if wrong is not None else ""


def _sql(answer: Answer, _case: Case, options: Mapping[str, Any]) -> Score:
    from sqlglot import exp, parse
    from sqlglot.errors import SqlglotError

    if len(answer.text) > _MOST_SQL_CHARS:
        return Score(0.0, f"more than {_MOST_SQL_CHARS:,} characters")
    try:
        with _quiet():
            parsed = parse(answer.text, dialect=options["dialect"] or None)
    except (SqlglotError, RecursionError) as error:
        first = str(error).partition("\n")[0]
        return Score(0.0, f"it does not parse: {first}"[:150])
    statements = [one for one in parsed if one is not None]
    if not statements:
        return Score(0.0, "no statement")
    # `hello world` parses, as an expression with an alias.
    known = (exp.Query, exp.DML, exp.DDL, exp.Drop, exp.Alter, exp.TruncateTable)
    wrong = next((one for one in statements if not isinstance(one, known)), None)
    if wrong is not None:
        return Score(0.0, f"{wrong.key} is no statement that is read")
    only = {str(one).casefold() for one in options["only"]}
    kinds = (kind for one in statements for kind in _kinds(one))
    other = next((kind for kind in kinds if only and kind not in only), None)
    return Score(0.0, f"a {other}, which is not allowed") if other else Score(1.0)


def _kinds(statement: Any) -> Iterator[str]:
    """What a statement is, and the changes inside it: WITH x AS (DELETE ...) SELECT ..."""
    from sqlglot import exp

    yield "select" if isinstance(statement, exp.Query) else _kind(statement)
    for node in statement.find_all(exp.DML, exp.DDL, exp.Into):
        if not isinstance(node, exp.Query):
            yield "create" if isinstance(node, exp.Into) else _kind(node)


def _kind(statement: Any) -> str:
    return str(statement.key).removesuffix("table")  # of truncatetable


@contextmanager
def _quiet() -> Iterator[None]:
    """sqlglot warns of syntax that it does not read; the score says so."""
    logger = logging.getLogger("sqlglot")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def _sql_problem(options: Mapping[str, Any]) -> str:
    for kind in options["only"]:
        if str(kind).casefold() not in _STATEMENTS:
            return f"only: no statement {kind!r}; one of {', '.join(_STATEMENTS)}"
    if not options["dialect"]:
        return ""
    from sqlglot.dialects.dialect import Dialect

    try:
        Dialect.get_or_raise(options["dialect"])
    except ValueError as error:
        return f"dialect: {str(error).partition(chr(10))[0]}"
    return ""


KINDS = (
    Kind(
        "language",
        "The answer is in the expected language, by its ISO 639-1 code.",
        _language,
        {
            "languages": Option([], "Codes such as en, of which one is right; else the case's."),
            "certainty": Option(
                0.5, "Below this probability of a language there is no score.", 0, 1
            ),
        },
        revision=2,
        reads=PART,
        check=_code_problem,
        instead=("languages",),
        library=Library("py3langid", "text"),
        example="language: {languages: [en, de]}",
    ),
    Kind(
        "no_pii",
        "No pattern of personal data is found in the answer.",
        _pii,
        {"kinds": Option(list(_PII), "What is looked for, as datafog names it.")},
        check=_pii_problem,
        library=Library("datafog", "text"),
        example="no_pii: {kinds: [EMAIL, PHONE]}",
    ),
    Kind(
        "sql",
        "The answer is SQL that parses: queries, changes of rows or of tables.",
        _sql,
        {
            "dialect": Option("", "postgres, mysql, sqlite, ...; else what all have."),
            "only": Option([], "Statements that are allowed: select, insert, update."),
        },
        check=_sql_problem,
        library=Library("sqlglot", "text"),
        example="sql: {dialect: postgres, only: [select]}",
    ),
)
