"""A prompt as the registry keeps it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workbench.registry.artefact import fingerprint_of_text, prompt_of


@given(st.text())
def test_the_short_way_to_the_fingerprint_of_plain_text_leads_to_the_same(content: str) -> None:
    assert fingerprint_of_text(content) == prompt_of("p", content, "").fingerprint
