"""A provider is chosen by its kind; one of a plug-in is held to what every provider promises."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.plugins import install, install_example
from workbench.errors import PluginError, ProviderError, SettingsError
from workbench.prompts.values import Message
from workbench.providers.base import Answer, Outcome, Price, Provider, Request
from workbench.providers.opening import KINDS, open_provider
from workbench.settings import ProviderSettings

URL = "http://127.0.0.1:9/v1"
REQUEST = Request("m", (Message("user", "is it for billing"),))
SOURCE = """\
from workbench.errors import ProviderError
from workbench.providers.base import Answer, Limits, Outcome, Price
import asyncio

class Odd:
    name, limits, identity = "odd", Limits(requests_per_minute=5), {identity}
    def __init__(self, settings): self.settings = settings
    def price(self, model): return Price(1.0, 2.0)
    async def close(self): pass
    async def answer(self, request, *, timeout_s, on_text=None):
        {answer}

class Kind:
    summary, options = "Odd.", {{}}
    def open(self, settings, environ): return {opened}
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    return folder


def odd(
    site: Path,
    answer: str = "return Answer(Outcome.OK, 'x')",
    opened: str = "Odd(settings)",
    identity: str = "{'who': 'odd'}",
    **settings: Any,
) -> Provider:
    """A plug-in's provider with this code."""
    sys.modules.pop("odd_provider", None)
    source = SOURCE.format(answer=answer, opened=opened, identity=identity)
    points = {"workbench.providers": {"odd": "odd_provider:Kind"}}
    install(site, "workbench-odd", points, {"odd_provider": source})
    return open_provider(ProviderSettings("mine", kind="odd", **settings), environ={"KEY": KEY})


KEY = "canary-key-1234567890"


def ask(provider: Provider, timeout_s: float = 20.0) -> Answer:
    return asyncio.run(provider.answer(REQUEST, timeout_s=timeout_s))


def test_a_table_without_a_kind_is_openai_and_names_the_same_endpoint() -> None:
    plain = open_provider(ProviderSettings("o", base_url=URL), environ={})
    named = open_provider(ProviderSettings("o", kind="openai", base_url=URL), environ={})
    assert type(plain) is type(named)
    assert dict(plain.identity) == dict(named.identity)


def test_the_packaged_model_may_have_another_name_by_its_kind(tmp_path: Path) -> None:
    assert ProviderSettings("tiny", kind="local").is_embedded
    assert not ProviderSettings("local", kind="openai").is_embedded
    assert not ProviderSettings("tiny").is_embedded
    with pytest.raises(SettingsError, match="needs a base_url"):
        open_provider(ProviderSettings("local", kind="openai"), environ={})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (ProviderSettings("o", kind="opnai", base_url=URL), "did you mean 'openai'?"),
        (ProviderSettings("o", base_url=URL, options={"a": 1}), "options has no option 'a'"),
        (ProviderSettings("w", kind="word_list", options={"words": 5}), "words must be a list"),
        (ProviderSettings("w", kind="word_list"), "needs words"),
    ],
)
def test_a_wrong_kind_or_option_is_refused_with_the_table(
    site: Path, settings: ProviderSettings, message: str
) -> None:
    install_example(site)
    with pytest.raises(SettingsError, match=rf"\[providers\.{settings.name}") as caught:
        open_provider(settings, environ={})
    assert message in str(caught.value)


def test_every_kind_says_what_it_asks() -> None:
    for name in ("local", "openai"):
        entry = KINDS.find(name)
        assert entry is not None
        assert entry.plugin is None
        assert entry.kind.summary.endswith(".")


def test_a_plug_ins_provider_answers_and_its_identity_names_the_plug_in(site: Path) -> None:
    install_example(site)
    options = {"words": ["billing"]}
    provider = open_provider(ProviderSettings("w", kind="word_list", options=options), environ={})
    answer = ask(provider)
    assert (answer.outcome, answer.text, answer.cost_usd) == (Outcome.OK, "billing", 0.0)
    assert answer.latency_s is not None
    assert provider.identity["plugin"] == "workbench-example 1.2.0"
    assert provider.name == "w"


def test_what_a_plug_ins_provider_raises_is_an_answer_that_says_so_without_the_key(
    site: Path,
) -> None:
    provider = odd(site, f"raise OSError('no line\\nto the key {KEY}')", api_key_env="KEY")
    answer = ask(provider)
    assert answer.outcome is Outcome.PROVIDER_ERROR
    assert answer.error.startswith("workbench-odd 1.0 failed: OSError: no line to the key")
    assert KEY not in answer.error


def test_what_stops_a_whole_run_still_does(site: Path) -> None:
    with pytest.raises(ProviderError, match="wrong key"):
        ask(odd(site, "raise ProviderError('wrong key')"))


def test_what_is_no_answer_is_an_error_and_never_a_text(site: Path) -> None:
    answer = ask(odd(site, "return 'billing'"))
    assert answer.outcome.is_error
    assert "str, not an Answer" in answer.error


def test_a_plug_ins_provider_is_ended_at_its_deadline(site: Path) -> None:
    answer = ask(odd(site, "await asyncio.Event().wait()"), timeout_s=0.05)
    assert answer.outcome is Outcome.TIMED_OUT
    assert "within 0.05 s" in answer.error


def test_cost_and_rates_come_from_the_settings_before_the_plug_in(site: Path) -> None:
    answer = "return Answer(Outcome.OK, 'x', prompt_tokens=1_000_000, completion_tokens=500_000)"
    assert ask(odd(site, answer)).cost_usd == 2.0
    prices = {"m": {"input": 10.0, "output": 20.0}}
    provider = open_provider(
        ProviderSettings("mine", kind="odd", prices=prices, requests_per_minute=7), environ={}
    )
    assert provider.price("m") == Price(10.0, 20.0)
    assert provider.limits.requests_per_minute == 7
    assert ask(provider).cost_usd == 20.0


@pytest.mark.parametrize(
    ("opened", "identity", "message"),
    [
        ("None", "{}", "it has no name"),
        ("1 / 0", "{}", "ZeroDivisionError"),
        ("Odd(settings)", "{'a': object()}", "identity .* is no JSON"),
    ],
)
def test_what_is_no_provider_is_refused_with_the_plug_ins_name(
    site: Path, opened: str, identity: str, message: str
) -> None:
    with pytest.raises(PluginError, match=rf"workbench-odd 1\.0.*{message}|{message}.*") as caught:
        odd(site, opened=opened, identity=identity)
    assert "workbench-odd 1.0" in str(caught.value)
