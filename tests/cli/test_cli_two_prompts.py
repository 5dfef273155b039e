"""Any two prompts are compared on any suite whose inputs both take; evidence is of its own."""

from __future__ import annotations

import pytest

from tests.cli.conftest import DRAFT, Cli, make_cli
from tests.support.openai_server import OpenAIServer
from workbench.actions.session import Session
from workbench.workspace import open_workspace

SUITE = "suite: {0}\nprompt: {0}\ndataset: {1}\nscorers: [exact_match]\n"


@pytest.fixture(scope="module")
def cli(server: OpenAIServer, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """Three prompts: `router` takes what `triage` takes, `mailer` needs something else."""
    cli = make_cli(tmp_path_factory.mktemp("two") / "w", server.base_url)
    prompts = cli.root / "prompts"
    router = DRAFT.replace("name: triage", "name: router").replace("plain", "best")
    (prompts / "router.prompty").write_text(router)
    mailer = DRAFT.replace("name: triage", "name: mailer").replace("ticket", "mail")
    (prompts / "mailer.prompty").write_text(mailer)
    (cli.root / "other").mkdir()
    (cli.root / "other" / "triage.prompty").write_text(DRAFT.replace("plain", "better"))
    mails = cli.root / "evals" / "mails"
    mails.mkdir()
    (mails / "mails.jsonl").write_text(
        '{"id": "m1", "inputs": {"mail": "1"}, "expected": "billing"}\n'
    )
    (mails / "suite.yaml").write_text(SUITE.format("mailer", "mails.jsonl"))
    return cli


@pytest.mark.exhaustive
def test_two_prompts_are_compared_on_the_suite_of_either(cli: Cli) -> None:
    done = cli.here("compare", "triage", "router", "--suite", "triage", "--json")
    assert (done.code, done.json["verdict"]) == (0, "better"), done.err
    assert done.json["fixed"] == 10
    # B's prompt has no suite, A's has none: the other's is taken.
    turned = cli.here("compare", "router", "triage", "--json")
    assert (turned.code, turned.json["verdict"]) == (1, "worse"), turned.err
    assert turned.json["run_a"] == done.json["run_b"]
    text = cli.here("compare", "triage", "router").out
    assert "triage (draft)" in text and "router (draft)" in text


def test_the_suite_that_has_the_inputs_of_both_is_taken(cli: Cli) -> None:
    """`wide` needs more than the suite of `triage` has; its own has all that `triage` needs."""
    wide = DRAFT.replace("name: triage", "name: wide")
    wide = wide.replace("kind: string}]", "kind: string}, {name: tone, kind: string}]")
    (cli.root / "prompts" / "wide.prompty").write_text(f"{wide}{{{{ tone }}}}\n")
    folder = cli.root / "evals" / "wides"
    folder.mkdir()
    (folder / "wides.jsonl").write_text(
        '{"id": "w1", "inputs": {"ticket": "1", "tone": "calm"}, "expected": "billing"}\n'
    )
    (folder / "suite.yaml").write_text(SUITE.format("wide", "wides.jsonl"))
    done = cli.here("compare", "triage", "wide", "--json")
    assert done.json["cases"] == 1, done.err


def test_two_drafts_of_one_prompt_are_compared(cli: Cli) -> None:
    done = cli.here("compare", "prompts/triage.prompty", "other/triage.prompty", "--json")
    assert (done.code, done.json["verdict"]) == (0, "better"), done.err


def test_runs_of_two_prompts_are_compared_on_their_suite(cli: Cli) -> None:
    runs = [
        cli.here("run", "triage", "--prompt", name, "--json").json["run_id"]
        for name in ("router", "triage")
    ]
    done = cli.here("compare", *runs, "--json")
    assert (done.code, done.json["run_a"]) == (1, runs[0]), done.err


@pytest.mark.parametrize(
    "argv",
    [
        ("compare", "triage", "mailer", "--suite", "triage"),
        ("compare", "mailer", "triage", "--suite", "triage"),
        ("run", "triage", "--prompt", "mailer"),
        ("estimate", "triage", "--prompt", "mailer"),
    ],
)
def test_an_input_that_the_suite_lacks_is_named_before_the_first_call(
    cli: Cli, argv: tuple[str, ...]
) -> None:
    done = cli.here(*argv)
    assert done.code == 2
    assert "case 'c100' has no mail, which mailer needs" in done.err
    assert "it has: ticket" in done.err
    assert done.err.count("\n") <= 2


@pytest.mark.exhaustive
def test_a_look_at_gate_cases_counts_for_both_prompts(cli: Cli) -> None:
    done = cli.here("compare", "triage", "router", "-s", "triage", "--split", "gate", "--json")
    assert (done.code, done.json["cases"]) == (0, 100), done.err
    with Session(open_workspace(cli.root)) as session:
        assert [len(session.store.gate_uses(name)) for name in ("triage", "router")] == [1, 1]


def test_a_suite_is_evidence_of_its_own_prompt_alone(cli: Cli) -> None:
    assert cli.here("register", "router", "-d", "first").code == 0
    done = cli.here("evaluate", "router@1.0.0", "--suite", "triage")
    assert done.code == 2
    assert "the suite triage tries triage: it is no evidence of router" in done.err
    assert cli.here("evaluate", "router@1.0.0").code == 2


@pytest.mark.exhaustive
def test_a_suite_without_any_of_the_prompts_has_to_be_named(cli: Cli) -> None:
    (cli.root / "prompts" / "lone.prompty").write_text(
        DRAFT.replace("name: triage", "name: lone").replace("plain", "worse")
    )
    done = cli.here("compare", "lone", "router")
    assert done.code == 2
    assert "no suite tries lone" in done.err
    assert cli.here("compare", "lone", "router", "--suite", "triage", "--json").code == 0
