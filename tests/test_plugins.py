"""Kinds that plug-ins bring: found by name, checked, and never in the way of others."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.plugins import install, install_example
from workbench.datasets.values import Case
from workbench.errors import PluginError, SuiteError
from workbench.plugins import Plugin
from workbench.providers.base import Answer, Outcome
from workbench.scorers.base import Kind
from workbench.scorers.catalog import TABLE, all_kinds, find_kind, make_scorer

CASE = Case("1", {"t": "x"})
GROUP = "workbench.scorers"
Install = Callable[..., Path]
GOOD = """\
from workbench.scorers.base import Kind, Score
KIND = Kind("any", "Gives 1.", lambda answer, case, options: Score(1.0))
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages of this test alone."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    return folder


def plugin(site: Path, name: str, points: Mapping[str, str], **modules: str) -> None:
    install(site, name, {GROUP: points}, modules)


def test_a_plug_ins_scorer_is_found_by_its_name_with_its_options_checked(site: Path) -> None:
    install_example(site)
    scorer = make_scorer("max_words", {"limit": 2, "ignore": ["the"]}, "suite.yaml")
    assert scorer.score(Answer(Outcome.OK, "the big cat"), CASE).value == 1.0
    assert scorer.score(Answer(Outcome.OK, "a big cat"), CASE).value == 0.0
    assert scorer.score(Answer(Outcome.TIMED_OUT, error="late"), CASE).value is None
    for options, wanted in (
        ({"limit": 0}, "max_words.limit must be a whole number, 1 or more, not 0"),
        ({"limt": 1}, "did you mean 'limit'?"),
        ({"ignore": ["a b"]}, "max_words: ignore: 'a b' is not one word"),
    ):
        with pytest.raises(SuiteError, match=r"suite\.yaml: ") as caught:
            make_scorer("max_words", options, "suite.yaml")
        assert wanted in str(caught.value)
    with pytest.raises(SuiteError, match="did you mean 'max_words'"):
        make_scorer("max_wrds", {}, "suite.yaml")


def test_the_fingerprint_of_a_plug_ins_scorer_pins_the_package_and_its_version(site: Path) -> None:
    install_example(site)
    scorer = make_scorer("max_words", {}, "suite.yaml")
    kind = scorer.kind
    assert kind.plugin == Plugin("workbench-example", "1.2.0")
    others = [
        replace(scorer, kind=replace(kind, plugin=Plugin("workbench-example", "1.2.1"))),
        replace(scorer, kind=replace(kind, plugin=Plugin("other", "1.2.0"))),
        replace(scorer, kind=replace(kind, plugin=None)),
        replace(scorer, kind=replace(kind, revision=2)),
        make_scorer("max_words", {"limit": 49}, "suite.yaml"),
    ]
    prints = {scorer.fingerprint, *(other.fingerprint for other in others)}
    assert len(prints) == 1 + len(others)
    assert make_scorer("max_words", {"limit": 50}, "s").fingerprint == scorer.fingerprint


@pytest.mark.exhaustive(keep=8)
@pytest.mark.parametrize(
    ("points", "source", "problem"),
    [
        ({"bad": "bad_plugin:KIND"}, "import no_such_module_anywhere", "ModuleNotFoundError"),
        ({"bad": "bad_plugin:KIND"}, "KIND = (", "SyntaxError"),
        ({"bad": "bad_plugin:KIND"}, "raise SystemExit(3)", "SystemExit: 3"),
        ({"bad": "bad_plugin:KIND"}, "", "AttributeError"),
        ({"bad": "bad_plugin:KIND"}, "KIND = object()", "it has no summary"),
        ({"bad": "no such thing"}, "", "cannot be used"),
        (
            {"bad": "bad_plugin:KIND"},
            "class KIND:\n    summary = example = ''\n    options = {}\n    revision = 1\n"
            "    check = score = 5\n",
            "its check is not a method",
        ),
        (
            {"bad": "bad_plugin:KIND"},
            "class KIND:\n    def __init__(self):\n        raise ValueError('a\\nb')\n",
            "ValueError: a",
        ),
        (
            {"bad": "bad_plugin:KIND"},
            f"{GOOD}\nfrom dataclasses import replace\nKIND = replace(KIND, options={{'a': 1}})",
            "its option 'a' is no Option",
        ),
        (
            {"bad": "bad_plugin:KIND"},
            f"{GOOD}\nfrom dataclasses import replace\nKIND = replace(KIND, options=None)",
            "its options are no mapping",
        ),
        (
            {"bad": "bad_plugin:KIND"},
            f"{GOOD}\nfrom workbench.typed_options import Option\n"
            "KIND = Kind('a', 'b', None, {'required': Option(True)})",
            "its score is not a method",
        ),
        (
            {"bad": "bad_plugin:KIND"},
            f"{GOOD}\nfrom dataclasses import replace\n"
            "from workbench.typed_options import Option\n"
            "KIND = replace(KIND, options={'required': Option(True)})",
            "a name that every scorer takes: required",
        ),
        (
            {"bad": "bad_plugin:KIND"},
            f"{GOOD}\nfrom dataclasses import replace\nKIND = replace(KIND, revision='1')",
            "its revision is no whole number",
        ),
    ],
)
def test_a_plug_in_that_cannot_be_used_is_named_and_leaves_the_others_usable(
    site: Path, points: dict[str, str], source: str, problem: str
) -> None:
    sys.modules.pop("bad_plugin", None)
    plugin(site, "workbench-bad", points, bad_plugin=source)
    plugin(site, "workbench-good", {"any": "good_plugin:KIND"}, good_plugin=GOOD)
    with pytest.raises(PluginError) as caught:
        make_scorer("bad", {}, "suite.yaml")
    assert problem in caught.value.message
    assert "'bad' of workbench-bad 1.0 cannot be used" in caught.value.message
    assert "\n" not in caught.value.message
    assert "pip install --upgrade workbench-bad" in caught.value.hint
    listed = all_kinds()
    (problem,) = (one for one in listed if isinstance(one, PluginError))
    assert str(caught.value) == f"suite.yaml: {problem}"
    assert {"any", "exact_match"} <= {one.name for one in listed if isinstance(one, Kind)}
    assert make_scorer("any", {}, "s").score(Answer(Outcome.OK, "x"), CASE).value == 1.0


def test_two_plug_ins_with_one_name_are_refused_and_both_named(site: Path) -> None:
    plugin(site, "workbench-one", {"any": "good_plugin:KIND"}, good_plugin=GOOD)
    plugin(site, "workbench-two", {"any": "good_plugin:KIND"})
    with pytest.raises(PluginError, match=r"two plug-ins: workbench-one 1\.0 and workbench-two"):
        find_kind("any")
    assert len([one for one in all_kinds() if isinstance(one, PluginError)]) == 1


def test_a_plug_in_cannot_take_the_name_of_a_built_in_kind(site: Path) -> None:
    plugin(site, "workbench-one", {"exact_match": "good_plugin:KIND"}, good_plugin=GOOD)
    assert find_kind("exact_match").plugin is None
    (problem,) = (one for one in all_kinds() if isinstance(one, PluginError))
    assert "'exact_match' of workbench-one 1.0 is not used" in problem.message


def test_another_packages_damaged_metadata_hides_no_plug_in(site: Path) -> None:
    damaged = site / "damaged-1.0.dist-info"
    damaged.mkdir()
    (damaged / "entry_points.txt").write_bytes(b"[workbench.scorers]\nno equals sign\n\xff")
    (site / "nameless-1.0.dist-info").mkdir()
    plugin(site, "workbench-good", {"any": "good_plugin:KIND"}, good_plugin=GOOD)
    assert "any" in TABLE.names()


def test_a_package_in_the_current_folder_is_no_plug_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin(tmp_path, "workbench-stranger", {"any": "good_plugin:KIND"}, good_plugin=GOOD)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert "any" not in TABLE.names()


@pytest.mark.parametrize("gives", ["1.0", "None", "Score(1.0, 5)", "5 / 0"])
def test_what_is_no_score_of_a_plug_in_is_its_failure_and_never_a_value(
    site: Path, gives: str
) -> None:
    from workbench.runs.engine.scoring import score_answer

    sys.modules.pop("odd_plugin", None)
    source = GOOD.replace("Score(1.0)", gives)
    plugin(site, "workbench-odd", {"odd": "odd_plugin:KIND"}, odd_plugin=source)
    scores, failed = score_answer([make_scorer("odd", {}, "s")], Answer(Outcome.OK, "x"), CASE)
    assert scores["odd"].value is None
    assert failed == {"odd"}


def test_a_built_in_scorer_costs_no_look_at_the_installed_packages() -> None:
    code = (
        "import sys\n"
        "from workbench.scorers.catalog import make_scorer\n"
        "make_scorer('exact_match', {}, 's')\n"
        "print('importlib.metadata' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert json.loads(done.stdout.lower()) is False
