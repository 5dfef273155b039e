"""Scorers that look at the answer as XML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from workbench.datasets.values import Case
from workbench.providers.base import Answer
from workbench.scorers.base import Kind, Score
from workbench.typed_options import Option

_MOST_CHARS = 1_000_000


class _Refused(Exception):
    pass


class _Builder(ElementTree.TreeBuilder):
    """Refuses a document type before any of its entities is read."""

    def doctype(self, *_: Any) -> None:
        raise _Refused("it declares a document type, which is not read")


def _xml(answer: Answer, _case: Case, options: Mapping[str, Any]) -> Score:
    text = answer.text.strip()
    if len(text) > _MOST_CHARS:
        return Score(0.0, f"more than {_MOST_CHARS:,} characters")
    parser = ElementTree.XMLParser(target=_Builder())
    try:
        parser.feed(text)
        root = parser.close()
    except _Refused as why:
        return Score(0.0, str(why))
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        return Score(0.0, f"not well-formed: {error}"[:100])
    missing = [path for path in map(str, options["elements"]) if not _has(root, path)]
    return Score(0.0, f"without {', '.join(missing)}"[:100]) if missing else Score(1.0)


def _has(root: ElementTree.Element, path: str) -> bool:
    """Whether the elements of a path from the root, such as order/item, are there. Namespaces do
    not count.
    """
    first, *rest = path.strip("/").split("/")
    level = [root] if _local(root) == first else []
    for name in rest:
        level = [child for element in level for child in element if _local(child) == name]
    return bool(level)


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _elements_problem(options: Mapping[str, Any]) -> str:
    blank = not all(str(path).strip("/ ") for path in options["elements"])
    return "elements: a path is empty; write order/item" if blank else ""


KINDS = (
    Kind(
        "xml",
        "The answer is well-formed XML, with these elements.",
        _xml,
        {"elements": Option([], "Paths of elements that must be there: order/item.")},
        check=_elements_problem,
        example="xml: {elements: [order/item, order/total]}",
    ),
)
