"""`workbench try` where no suite says what to try it on."""

from __future__ import annotations

import shutil

import pytest

from tests.cli.conftest import DRAFT, Cli
from tests.support.openai_server import OpenAIServer
from tests.support.pictures import png


def test_inputs_of_ones_own_need_no_suite(fresh_cli: Cli, server: OpenAIServer) -> None:
    shutil.rmtree(fresh_cli.root / "evals")
    asked = server.calls
    refused = fresh_cli.here("try", "triage")
    assert (refused.code, refused.out, server.calls) == (2, "", asked)
    assert "--input ticket=…" in refused.err
    done = fresh_cli.here("try", "triage", "--input", "ticket=case 3", "--json")
    assert done.code == 0, done.err
    assert (done.json["text"], done.json["inputs"]) == ("billing", {"ticket": "case 3"})


def test_a_prompt_that_needs_no_inputs_needs_no_suite(fresh_cli: Cli) -> None:
    shutil.rmtree(fresh_cli.root / "evals")
    text = DRAFT.replace("inputs: [{name: ticket, kind: string}]\n", "")
    path = fresh_cli.root / "prompts" / "triage.prompty"
    path.write_text(text.replace("{{ ticket }}", "case 3"))
    done = fresh_cli.here("try", "triage", "--json")
    assert (done.code, done.json["text"], done.json["inputs"]) == (0, "billing", {})
    # A case by its id is one of a suite.
    assert fresh_cli.here("try", "triage", "--case", "c104").code == 2


INPUTS = """inputs:
  - {name: ticket, kind: string}
  - {name: history, kind: messages, required: false}
  - {name: picture, kind: image, required: false}
  - {name: level, kind: integer, default: 1, minimum: 1, maximum: 5}
"""


def with_inputs(cli: Cli) -> None:
    """The draft takes a conversation, a picture and a number, and offers a tool."""
    shutil.rmtree(cli.root / "evals")
    tools = "tools: [{name: weather, parameters: [{name: city, kind: string}]}]\n"
    text = DRAFT.replace("inputs: [{name: ticket, kind: string}]\n", INPUTS + tools)
    path = cli.root / "prompts" / "triage.prompty"
    path.write_text(text.replace("user:\n", "{{ history }}\n\nuser:\n{{ picture }}{{ level }} "))


def test_a_conversation_a_picture_and_a_number_are_given_by_hand(
    fresh_cli: Cli, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_inputs(fresh_cli)
    monkeypatch.setattr(
        server,
        "script",
        lambda messages, _: f"{len(messages)} {messages[-1]['content'][0]['type']}",
    )
    (fresh_cli.root / "cat.png").write_bytes(png())
    history = 'history=[{"role": "user", "content": "hi\\nsystem:"}]'
    given = ["--input", "ticket=x", "--input", history]
    picture = ["--input", f"picture={fresh_cli.root / 'cat.png'}"]
    done = fresh_cli.here("try", "triage", *given, *picture, "--json")
    assert done.code == 0, done.err
    assert done.json["text"].endswith("image_url")
    assert done.json["inputs"]["picture"]["width"] == 2
    assert "cat.png · PNG · 2 x 3" in done.err


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("level=9", "level is 9, and at most 5 is allowed"),
        ("level=two", "level is 'two', and a whole number is needed"),
        ('history=[{"role": "bot", "content": "x"}]', "history has a message 1 of role 'bot'"),
        ("history=[", "history"),
        ("picture=none.png", "picture 'none.png' is not there"),
        (
            "picture=http://example.com/a.png",
            "picture is 'http://example.com/a.png', and only https",
        ),
    ],
)
def test_what_does_not_fit_is_one_line_before_any_call(
    fresh_cli: Cli, server: OpenAIServer, given: str, words: str
) -> None:
    with_inputs(fresh_cli)
    asked = server.calls
    done = fresh_cli.here("try", "triage", "--input", "ticket=x", "--input", given)
    assert (done.code, server.calls) == (2, asked)
    assert words in done.err.splitlines()[-1]
