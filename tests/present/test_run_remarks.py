"""What the figures of a run do not say."""

from __future__ import annotations

from workbench.present.run_remarks import remarks


def test_a_plain_run_needs_no_remark() -> None:
    plain = {"answered_by": ["m"], "system_fingerprints": ["fp"], "latency_s": {"p50": 1.0}}
    assert remarks(plain) == []
    assert remarks({}) == []


def test_a_run_that_several_models_answered_is_mixed() -> None:
    (models,) = remarks({"mixed": True, "answered_by": ["m-1", "m-2"], "system_fingerprints": []})
    assert models == "mixed: 2 models answered: m-1, m-2"
    (prints,) = remarks({"mixed": True, "answered_by": ["m"], "system_fingerprints": ["a", "b"]})
    assert prints == "mixed: the model behind the name changed: fingerprints a, b"


def test_what_is_uncertain_is_said() -> None:
    assert remarks({"ignored": ["seed"], "maybe_billed": 2, "notes": {"reasoning only": 3}}) == [
        "the endpoint ignores seed: workbench doctor --probe asked it",
        "2 calls brought no answer after being sent and may be billed: the cost may be higher",
        "reasoning only (3 answers)",
    ]
