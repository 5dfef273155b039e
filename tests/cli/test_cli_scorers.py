"""`workbench scorers`: what judges there are, with their options and an example."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.support.plugins import install, install_example
from workbench.scorers.catalog import COMMON, KINDS, OWN, options_of


@pytest.fixture
def anywhere(tmp_path: Path) -> Cli:
    """No workspace is needed."""
    return Cli(tmp_path, {})


def test_all_kinds_are_listed_with_what_they_check(anywhere: Cli) -> None:
    done = anywhere.here("scorers")
    assert done.code == 0
    for kind in KINDS.values():
        (line,) = (line for line in done.out.splitlines() if line.startswith(f"{kind.name} "))
        assert kind.summary[:40] in line
    told = {one["name"]: one for one in anywhere.here("scorers", "--json").json["scorers"]}
    assert sorted(told) == sorted({**KINDS, **OWN})
    for name, kind in KINDS.items():
        assert told[name]["example"] == kind.example
        options = {option["name"]: option["default"] for option in told[name]["options"]}
        assert options == {key: one.default for key, one in options_of(kind).items()}
        assert {*COMMON, *kind.options} <= {*options}


def test_one_kind_is_shown_with_its_options_ranges_and_an_example(anywhere: Cli) -> None:
    done = anywhere.here("scorers", "similarity")
    assert "at_least    0.0      a number from 0 to 1  " in done.out
    assert "    - similarity: {at_least: 0.8}\n" in done.out
    assert COMMON["required"].summary in done.out
    (told,) = anywhere.here("scorers", "similarity", "--json").json["scorers"]
    assert told["options"][0]["type"] == "number"
    assert (told["options"][0]["minimum"], told["options"][0]["maximum"]) == (0, 1)
    wrong = anywhere.here("scorers", "similarty")
    assert (wrong.code, wrong.out) == (2, "")
    assert "no scorer 'similarty' (did you mean 'similarity'?)" in wrong.err


def test_plug_ins_are_marked_with_their_package_and_a_broken_one_is_a_warning(
    anywhere: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    install_example(site)
    install(site, "workbench-bad", {"workbench.scorers": {"bad": "no_module_of_that_name:K"}})
    monkeypatch.syspath_prepend(str(site))
    done = anywhere.here("scorers", "--json")
    assert done.code == 0
    told = {one["name"]: one for one in done.json["scorers"]}
    assert told["max_words"]["plugin"] == {"distribution": "workbench-example", "version": "1.2.0"}
    assert told["exact_match"]["plugin"] is None
    assert "'bad' of workbench-bad 1.0 cannot be used" in done.json["problems"][0]
    assert "warning: the scorer 'bad' of workbench-bad 1.0" in done.err
    lines = anywhere.here("scorers").out.splitlines()
    assert ["max_words", "workbench-example", "1.2.0"] in [line.split()[:3] for line in lines]
    assert anywhere.here("scorers", "bad").code == 2
