"""A prompt as the registry keeps it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from workbench.fingerprints import fingerprint, fingerprint_of_parsed
from workbench.prompts.codec import prompt_from_json
from workbench.prompts.values import Input, Message, Model, Prompt
from workbench.registry import PromptVersion
from workbench.registry.models.artefact import fingerprint_of_text, prompt_of
from workbench.registry.models.digest import record_hash, row_digest


@given(st.text())
def test_the_short_way_to_the_fingerprint_of_plain_text_leads_to_the_same(content: str) -> None:
    assert fingerprint_of_text(content) == prompt_of("p", content, "").fingerprint


COLUMNS = st.tuples(*[st.none() | st.text(st.characters(exclude_categories=["Cs"]))] * 5)


@given(st.integers(), COLUMNS)
def test_the_short_way_to_the_hash_of_a_record_leads_to_the_same(
    seq: int, columns: tuple[Any, Any, Any, Any, Any]
) -> None:
    assert record_hash(seq, *columns) == row_digest("ledger", (seq, *columns))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)  # fmt: skip


@given(JSON)
def test_what_json_gave_has_one_fingerprint_by_either_way(value: object) -> None:
    assert fingerprint_of_parsed(value) == fingerprint(value)


def test_a_bundle_is_everything_that_decides_what_a_version_does() -> None:
    prompt = Prompt(
        "p",
        (Message("user", "{{ q }}"),),
        Model("m", "openai", {"temperature": 0}),
        (Input("q"),),
        outputs={"type": "object"},
    )
    version = PromptVersion.of(prompt, "1.0.0", "why", "ana")
    bundle = version.bundle()
    assert (bundle["prompt_id"], bundle["version"]) == ("p", "1.0.0")
    assert bundle["fingerprint"] == prompt.fingerprint
    assert bundle["model"] == {"id": "m", "provider": "openai", "options": {"temperature": 0}}
    names = {"prompt_id", "version", "fingerprint"}
    again = {key: part for key, part in bundle.items() if key not in names}
    assert prompt_from_json("p", {**again, "description": "", "extra": {}}) == prompt
