"""The graders of OpenAI's Evals as scorers, or as what is lost of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.datasets.json_values import as_text
from workbench.exchange.forms.foreign import with_values
from workbench.exchange.losses import Loss

ITEM = re.compile(r"\{\{\s*item\.([A-Za-z_][\w.]*)\s*\}\}")
_OUTPUT = re.compile(r"\{\{\s*sample\.output_text\s*\}\}")
_CHECKS = {
    "eq": ("exact_match", {"strip": False}, False),
    "ne": ("exact_match", {"strip": False}, True),
    "like": ("contains", {"strip": False}, False),
    "ilike": ("contains", {"strip": False, "ignore_case": True}, False),
}
_MODEL_GRADERS = ("label_model", "score_model")


def graded(criteria: Sequence[Any], rows: Sequence[dict[str, Any]]) -> tuple[list[Any], list[Loss]]:
    """The scorers for the graders; what a grader compares with becomes `expected` where it is one
    field of the item, else a check of each row.
    """
    losses: list[Loss] = []
    checks = [c for c in criteria if isinstance(c, Mapping) and usable(c, losses)]
    fields = {_field(check.get("reference")) for check in checks}
    field = next(iter(fields)) if len(fields) == 1 else ""
    if field and all(field in row["inputs"] for row in rows):
        scorers = []
        for row in rows:
            row["expected"] = row["inputs"].pop(field)
        for check in checks:
            scorer = _scorer(check, None)
            scorers += [] if scorer in scorers else [scorer]
        return scorers, losses
    for row in rows:
        entries = [
            _scorer(check, with_values(as_text(check.get("reference")), ITEM, row["inputs"]))
            for check in checks
        ]
        if entries:
            row["checks"] = entries
    return (["checks"] if checks else []), losses


def usable(check: Mapping[str, Any], losses: list[Loss]) -> bool:
    name, kind = check.get("name") or check.get("id") or "?", check.get("type")
    if kind == "string_check" and str(check.get("operation")) in _CHECKS:
        if _OUTPUT.fullmatch(str(check.get("input", "")).strip()):
            return True
        losses.append(Loss(f"the grader {name}", "it grades no answer: look at the data itself"))
    elif kind == "text_similarity":
        metric, cut = check.get("evaluation_metric"), check.get("pass_threshold")
        instead = f"add a scorer by hand: it asks for {metric} of at least {cut}"
        losses.append(Loss(f"the grader {name}", instead))
    elif kind in _MODEL_GRADERS:
        losses.append(Loss(f"the grader {name}", "it asks a model: write a judge for it"))
    elif kind == "python":
        losses.append(Loss(f"the grader {name}", "it is code: look at it, and write a scorer"))
    else:
        losses.append(Loss(f"the grader {name}", f"nothing here is like {kind}"))
    return False


def _field(reference: Any) -> str:
    match = ITEM.fullmatch(str(reference).strip())
    return match[1] if match and "." not in match[1] else ""


def _scorer(check: Mapping[str, Any], expected: str | None) -> Any:
    kind, options, negated = _CHECKS[check["operation"]]
    entry = {kind: {**options, **({} if expected is None else {"expected": expected})}}
    return {"not": entry} if negated else entry
