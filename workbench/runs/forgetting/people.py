"""Erases the texts of what people labelled and preferred; what they said, and digests, stay."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection

from workbench.datasets.values import CHECKS, TOOL_RESULTS
from workbench.runs.forgetting.removed import Removed
from workbench.runs.store.contents.case_sets import packed, unpacked
from workbench.runs.store.forgetting import FORGOTTEN, FORGOTTEN_MARK, emptied, texts_of

_LABELLED = "SELECT answer, note FROM human_labels WHERE inputs IN (SELECT value FROM json_each(?))"
_PREFERRED = (
    "SELECT id, question, a_answer, b_answer, note FROM preferences"
    " WHERE inputs IN (SELECT value FROM json_each(?))"
)


def forget_people(
    connection: sqlite3.Connection, inputs: Collection[str], removed: Removed
) -> None:
    """Erase answers and notes about cases with these input digests. Call it inside a write
    transaction.
    """
    digests = json.dumps(sorted(inputs))
    for texts in connection.execute(_LABELLED, [digests]).fetchall():
        _note(texts, removed)
    connection.execute(
        "UPDATE human_labels SET answer = iif(answer = '', '', ?1), note = iif(note = '', '', ?1)"
        " WHERE inputs IN (SELECT value FROM json_each(?2))",
        [FORGOTTEN, digests],
    )
    for number, body, *texts in connection.execute(_PREFERRED, [digests]).fetchall():
        _note(texts, removed)
        content = None if body is None else unpacked(body)
        if content is not None and FORGOTTEN_MARK not in content:
            removed.inputs.update(texts_of([content["inputs"], content.get(TOOL_RESULTS)]))
            removed.outputs.update(texts_of([content["expected"], content.get(CHECKS)]))
            group = content["group"]
            groups = () if group is None else (str(group),)
            body = packed(emptied(content, {str(content["id"])}, groups))[1]
        connection.execute(
            "UPDATE preferences SET question = ?1, a_answer = iif(a_answer = '', '', ?2),"
            " b_answer = iif(b_answer = '', '', ?2), note = iif(note = '', '', ?2) WHERE id = ?3",
            [body, FORGOTTEN, number],
        )


def _note(texts: Collection[str], removed: Removed) -> None:
    kept = {text for text in texts if text and text != FORGOTTEN}
    removed.answers += bool(kept)
    removed.outputs.update(kept)
