"""The checks that a row brings: scorers of its own, whose options the suite's reader checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.datasets.cells import with_numbers
from workbench.datasets.json_values import parse_json
from workbench.datasets.values import CHECKS
from workbench.errors import DatasetError
from workbench.prompts.files.untyped import UntypedText

_HINT = 'checks: ["exact_match", {"contains": {"text": "refund"}}]'


def case_checks(row: Mapping[str, Any], where: str) -> tuple[Any, ...]:
    """The checks of a row; () where it has none. A flat row has them where `checks` holds scorers
    with options: else the column is an input, as it was in earlier releases.

    Raises DatasetError.
    """
    given = with_numbers(row.get(CHECKS))
    is_flat = row.get("inputs") is None
    if isinstance(row.get(CHECKS), UntypedText) and isinstance(given, str):
        if not given.strip() or (is_flat and not given.lstrip().startswith("[")):
            return ()
        try:
            given = parse_json(given, f"{where}: {CHECKS}")
        except DatasetError:
            if is_flat:
                return ()
            raise
    if given is None:
        return ()
    if isinstance(given, (str, Mapping)) and not is_flat:
        given = [given]
    is_list = isinstance(given, list) and all(_is_entry(entry) for entry in given)
    if is_flat and not (is_list and any(isinstance(entry, Mapping) for entry in given)):
        return ()
    if not is_list:
        raise DatasetError(f"{where}: {CHECKS} must be a list of scorers", hint=_HINT)
    return tuple(given)


def _is_entry(entry: Any) -> bool:
    return isinstance(entry, str) or (isinstance(entry, Mapping) and len(entry) == 1)
