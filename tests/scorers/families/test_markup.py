"""XML, from which nothing is expanded or fetched."""

from __future__ import annotations

from time import process_time

import pytest

from tests.scorers.families.judged import judged, value
from workbench.errors import SuiteError
from workbench.scorers.catalog import make_scorer

ENTITIES = "".join(f'<!ENTITY x{n} "{f"&x{n - 1};" * 10}">' for n in range(1, 12))
BOMB = f'<!DOCTYPE a [<!ENTITY x0 "ha">{ENTITIES}]><a>&x11;</a>'


@pytest.mark.parametrize(
    ("text", "elements", "score"),
    [
        ("<a/>", [], 1.0),
        ('<?xml version="1.0"?>\n<a>1</a>\n', [], 1.0),
        ("<a>", [], 0.0),
        ("a", [], 0.0),
        ("<a/><b/>", [], 0.0),
        ("<a>&nbsp;</a>", [], 0.0),
        ("<order><item/><total>1</total></order>", ["order/item", "order/total"], 1.0),
        ("<order><item/></order>", ["order/item", "order/total"], 0.0),
        ("<order><item/></order>", ["item"], 0.0),
        ('<o:order xmlns:o="urn:x"><o:item/></o:order>', ["order/item"], 1.0),
        (BOMB, [], 0.0),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', [], 0.0),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', [], 0.0),
        ("<a>" * 100_000, [], 0.0),
    ],
)
def test_xml(text: str, elements: list[str], score: float) -> None:
    before = process_time()
    assert value("xml", text, elements=elements) == score
    assert process_time() - before < 5


def test_a_reason_names_what_is_missing_and_an_empty_path_is_refused() -> None:
    assert judged("xml", "<a/>", elements=["a/b"]).reason == "without a/b"
    assert judged("xml", BOMB).reason == "it declares a document type, which is not read"
    with pytest.raises(SuiteError, match="a path is empty"):
        make_scorer("xml", {"elements": ["/"]}, "suite.yaml")
