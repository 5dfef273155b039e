"""The page of all scorers is current."""

from __future__ import annotations

from importlib import util
from pathlib import Path

from workbench.scorers.catalog import KINDS, OWN

ROOT = Path(__file__).resolve().parents[2]
spec = util.spec_from_file_location("scorer_docs", ROOT / "scripts" / "scorer_docs.py")
assert spec and spec.loader
scorer_docs = util.module_from_spec(spec)
spec.loader.exec_module(scorer_docs)


def test_the_page_of_scorers_is_up_to_date() -> None:
    text = scorer_docs.PAGE.read_text(encoding="utf-8")
    assert text == scorer_docs.page(), "run: python scripts/scorer_docs.py"
    for name, kind in {**KINDS, **OWN}.items():
        assert f"\n## {name}\n\n{kind.summary}\n" in text
