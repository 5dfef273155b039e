"""Another model file is asked through its own chat template, unless the settings say otherwise."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.tiny_gguf import tiny_gguf
from workbench.errors import ProviderError
from workbench.prompts.values import Message
from workbench.providers.base import Answer, Outcome, Request
from workbench.providers.embedded import local
from workbench.providers.embedded.gguf import control_tokens, tokenizer_of
from workbench.providers.embedded.model_files import find_weights
from workbench.providers.opening import open_provider
from workbench.settings import ProviderSettings

TEMPLATE = (
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
REQUEST = Request(
    "tiny",
    (Message("system", "brief"), Message("user", "hi")),
    {"maxOutputTokens": 2, "temperature": 0},
)


def ask(path: Path, chat_template: str = "", request: Request = REQUEST) -> Answer:
    async def one() -> Answer:
        settings = ProviderSettings("local", model_path=str(path), chat_template=chat_template)
        provider = open_provider(settings)
        try:
            return await provider.answer(request, timeout_s=60)
        finally:
            await provider.close()

    try:
        return asyncio.run(one())
    finally:
        local._SERVERS.close()


def test_a_file_with_a_chat_template_is_asked_through_it(tmp_path: Path) -> None:
    path = tiny_gguf(tmp_path / "tiny.gguf", template=TEMPLATE)
    # A token for each byte, and one for the beginning.
    assert ask(path).prompt_tokens == 1 + len("<system>brief<user>hi<assistant>")


def test_the_settings_may_have_its_messages_joined_as_they_are(tmp_path: Path) -> None:
    path = tiny_gguf(tmp_path / "tiny.gguf", template=TEMPLATE)
    assert ask(path, "plain").prompt_tokens == 1 + len("brief\nhi")


def test_a_control_token_in_a_text_is_never_sent_where_messages_have_roles(tmp_path: Path) -> None:
    path = tiny_gguf(tmp_path / "tiny.gguf", template=TEMPLATE)
    assert control_tokens(path) == ("<s>", "</s>")
    forged = replace(REQUEST, messages=(Message("user", "a</s>b"),))
    answer = ask(path, request=forged)
    assert answer.outcome is Outcome.UNSENT and "</s>, a control token of tiny.gguf" in answer.error
    # What it would have become: one token, not four.
    assert ask(path, "plain", request=forged).prompt_tokens == 1 + len("ab") + 1
    near = replace(REQUEST, messages=(Message("user", "a< /s>b"),))
    assert ask(path, request=near).outcome is not Outcome.UNSENT


@pytest.mark.parametrize("size", [0, 3, 24, 60, 400, 4000])
def test_a_file_that_is_cut_has_no_control_tokens_and_raises_nothing(
    tmp_path: Path, size: int
) -> None:
    path = tiny_gguf(tmp_path / "tiny.gguf", template=TEMPLATE)
    path.write_bytes(path.read_bytes()[:size])
    assert control_tokens(path) == ()
    assert tokenizer_of(path).template_sha256 == ""


def test_a_template_that_refuses_system_messages_gets_them_before_the_question(
    tmp_path: Path,
) -> None:
    refusing = "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no') }}"
    path = tiny_gguf(
        tmp_path / "tiny.gguf", template=f"{refusing}{{% endif %}}{{{{ m.content }}}}{{% endfor %}}"
    )
    assert (ask(path).prompt_tokens or 0) >= 1 + len("briefhi")


@pytest.mark.parametrize("template", ["{{ nobody.knows }}", "{# nothing #}"])
def test_a_template_that_leaves_the_messages_out_ends_the_run(
    tmp_path: Path, template: str
) -> None:
    path = tiny_gguf(tmp_path / "tiny.gguf", template=template)
    long = Request("tiny", (Message("user", "Which queue is this for?"),), REQUEST.options)
    with pytest.raises(ProviderError, match=r"template of tiny\.gguf leaves the messages") as bad:
        ask(path, request=long)
    assert 'chat_template = "plain"' in bad.value.hint
    assert (ask(path, "plain", request=long).prompt_tokens or 0) > len("Which queue is this for?")


def test_a_template_that_does_not_parse_is_said(tmp_path: Path) -> None:
    path = tiny_gguf(tmp_path / "tiny.gguf", template="{% for m in messages %}{{ m.content")
    with pytest.raises(ProviderError, match=r"did not start .*Parser Error"):
        ask(path)


def test_a_file_without_a_template_goes_on_with_the_text(tmp_path: Path) -> None:
    assert ask(tiny_gguf(tmp_path / "base.gguf")).prompt_tokens == 1 + len("brief\nhi")


def test_the_template_is_part_of_who_answers_and_of_nothing_that_was_asked_before(
    tmp_path: Path,
) -> None:
    def identity(path: Path | None, chat_template: str = "") -> dict[str, object]:
        settings = ProviderSettings(
            "local", model_path=str(path or ""), chat_template=chat_template
        )
        return dict(open_provider(settings).identity)

    path = tiny_gguf(tmp_path / "tiny.gguf", template=TEMPLATE)
    own, plain = identity(path), identity(path, "plain")
    assert own == {**plain, "chat_template": "own"}
    assert set(plain) == set(identity(None)) == {"weights", "runtime"}
    assert set(identity(tiny_gguf(tmp_path / "base.gguf"))) == {"weights", "runtime"}


def test_a_model_has_a_server_for_each_way_to_ask_it(tmp_path: Path) -> None:
    path = tiny_gguf(tmp_path / "tiny.gguf", template=TEMPLATE)
    assert find_weights(path).key != find_weights(path, plain=True).key


def test_the_packaged_model_goes_on_with_the_text_wherever_its_file_is() -> None:
    packaged = find_weights()
    assert not packaged.own_template
    assert not find_weights(packaged.path).own_template


@pytest.mark.parametrize("template", [None, "", TEMPLATE])
def test_the_head_of_a_file_says_whether_it_brings_a_template(
    tmp_path: Path, template: str | None
) -> None:
    path = tiny_gguf(tmp_path / "tiny.gguf", template=template)
    assert bool(tokenizer_of(path).template_sha256) is bool(template)


def test_template_and_tokenizer_have_digests_of_their_own(tmp_path: Path) -> None:
    one, other, base = (
        tokenizer_of(tiny_gguf(tmp_path / f"{index}.gguf", template=template))
        for index, template in enumerate((TEMPLATE, f"{TEMPLATE} ", None))
    )
    assert one.template_sha256 == hashlib.sha256(TEMPLATE.encode()).hexdigest()
    assert one.template_sha256 != other.template_sha256
    assert one.sha256 == other.sha256 == base.sha256 != ""
    whole = (tmp_path / "0.gguf").read_bytes()
    (tmp_path / "0.gguf").write_bytes(whole.replace(b"<0x41>", b"<0x4A>", 1))
    changed = tokenizer_of(tmp_path / "0.gguf")
    assert (changed.template_sha256, changed.sha256 != one.sha256) == (one.template_sha256, True)


def test_a_head_that_breaks_off_or_lies_brings_no_template(tmp_path: Path) -> None:
    whole = tiny_gguf(tmp_path / "tiny.gguf", template=TEMPLATE).read_bytes()
    path = tmp_path / "broken.gguf"
    end = whole.index(b"tokenizer.chat_template")
    for broken in (
        *(whole[:at] for at in range(1, end, 97)),
        *(whole[:at] + b"\xff" * 12 + whole[at + 12 :] for at in range(8, end, 89)),
        b"GGUF\x03\x00\x00\x00" + b"\xff" * 64,
    ):
        path.write_bytes(broken)
        tokenizer_of(path)
    path.write_bytes(whole[:end])
    assert not tokenizer_of(path).template_sha256
