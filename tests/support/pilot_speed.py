"""Every test with a pilot starts an app, and each app would parse the same stylesheet again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet


@pytest.fixture(scope="session", autouse=True)
def _parsed_once() -> Iterator[None]:
    parsed: dict[tuple[Any, ...], list[RuleSet]] = {}
    parse = Stylesheet._parse_rules

    def parse_once(sheet: Stylesheet, css: str, *place: Any, **more: Any) -> list[RuleSet]:
        # Rules never change once parsed: a sheet shares its own between its parses, too.
        variables = frozenset(sheet._variables.items())
        key = (css, place, frozenset(more.items()), variables)
        if key not in parsed:
            parsed[key] = parse(sheet, css, *place, **more)
        return parsed[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", parse_once)
        yield
