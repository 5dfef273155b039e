"""An address is kept and compared without anything secret."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.addresses import address_of, is_among, plain_address

WEIGHTS = "ab" * 32


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("https://api.openai.com/v1/", "https://api.openai.com/v1"),
        ("HTTPS://Ana:secret@API.openai.com:443/v1?key=secret#x", "https://api.openai.com/v1"),
        ("http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1"),
        ("http://[::1]:80/", "http://[::1]"),
    ],
)
def test_user_query_usual_port_and_last_slash_are_left_out(url: str, plain: str) -> None:
    assert plain_address(url) == plain
    assert plain_address(plain) == plain


@given(st.text(max_size=40), st.sampled_from(["", "http://", "https://user:pass@"]))
def test_what_is_no_address_is_a_value_error_and_a_plain_one_stays(text: str, start: str) -> None:
    with contextlib.suppress(ValueError):
        plain = plain_address(start + text)
        assert plain_address(plain) == plain
        assert not {"?", "#", "@"} & set(plain.split("/")[2])


def test_an_identity_names_who_answered() -> None:
    assert address_of({"endpoint": "https://x/v1", "sdk": "openai 1"}) == "https://x/v1"
    assert address_of({"weights": WEIGHTS, "runtime": "r"}) == f"local:{WEIGHTS}"
    command = ["/home/ana/.venv/bin/python", "tools/answer.py", "--key=s3cr3t"]
    assert address_of({"command": command, "program": "ab"}) == "command:python answer.py"
    assert address_of({"command": ["C:\\bin\\answer.exe", "-k"]}) == "command:answer.exe"
    assert address_of({}) == ""


def test_local_names_every_embedded_model_and_nothing_else() -> None:
    assert is_among(f"local:{WEIGHTS}", ("local",))
    assert is_among(f"local:{WEIGHTS}", (f"local:{WEIGHTS}",))
    assert not is_among(f"local:{WEIGHTS}", (f"local:{'cd' * 32}",))
    assert not is_among("http://local/v1", ("local",))
