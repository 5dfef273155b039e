"""Keys where none belong are found, and long words are not taken for one."""

from __future__ import annotations

import time

import pytest

from workbench.prompts.key_like import key_in, keys_in
from workbench.prompts.values import Input, Message, Model, Prompt

KEYS = [
    "sk-proj-abcDEF0123456789abcdefXYZ",
    "sk-ant-api03-AAAA1111bbbb2222cccc",
    "ghp_abcdefghijklmnop1234",
    "xoxb-1234567890-abc",
    "sk_live_abcdefgh12345678",
    "AKIAIOSFODNN7EXAMPLE",
    "postgres://ana:s3cret@db/x",
    "-----BEGIN RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----",
]


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_found_and_not_repeated(key: str) -> None:
    key_shown = key_in(f"first line\nthe key is {key}.")
    assert key_shown
    assert len(key_shown) <= 5
    assert key_shown[:-1] in key


@pytest.mark.parametrize(
    "text",
    [
        "use sk-learn-pipeline-for-everything-and-more",
        "task-oriented-dialogue-with-many-words-2",
        "https://example.com:8080/a@b?q=a:b@c",
        "{{ user }}:{{ password }}@host https://{user}:{password}@host",
        "-----BEGIN CERTIFICATE-----",
    ],
)
def test_a_long_word_is_no_key(text: str) -> None:
    assert key_in(text) == ""


def test_the_part_of_a_prompt_that_holds_a_key_is_named() -> None:
    prompt = Prompt(
        "p",
        (Message("system", f"Be brief.\nUse {KEYS[0]}"), Message("user", "{{ t }}")),
        Model("m", "openai", {"user": KEYS[2]}),
        (Input("t", default=KEYS[5]),),
        description=KEYS[6],
    )
    assert list(keys_in(prompt)) == [
        "line 2 of the system message looks like it holds a key (sk-p…)",
        "model looks like it holds a key (ghp_…)",
        "inputs looks like it holds a key (AKIA…)",
        "description looks like it holds a key (post…)",
    ]


@pytest.mark.parametrize("text", ["sk-" * 300_000, "http://" * 100_000, "a://a" * 100_000])
def test_no_text_takes_long_to_look_through(text: str) -> None:
    started = time.process_time()
    assert key_in(text) == ""
    assert time.process_time() - started < 2.0
