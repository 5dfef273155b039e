"""Runs on a loopback provider, through pairing, looks, noise and bisection to recorded evidence."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.openai_server import OpenAIServer, Reply
from workbench.actions.comparing.bisect import bisect
from workbench.actions.comparing.compare import compare, compare_many, rank, swapped
from workbench.actions.comparing.side_runs import finished_run
from workbench.actions.refs import resolve
from workbench.actions.releasing.deploy import deploy
from workbench.actions.releasing.evaluate import evaluate
from workbench.actions.releasing.register import register
from workbench.actions.running.run import make_spec
from workbench.actions.session import Session
from workbench.errors import EXIT_INCOMPLETE, RunCutShort, UsageError
from workbench.present.verdict_details import evidence_notes
from workbench.runs.engine.live import LiveRun
from workbench.verdicts import Gate, Verdict, recompute
from workbench.verdicts.noise import below_noise
from workbench.workspace import open_workspace

CASES = 120
DRAFT = """\
---
name: triage
model: {{id: mock, provider: mock, options: {{temperature: 0}}}}
inputs: [{{name: ticket, kind: string}}]
---
system:
{system}

user:
{{{{ ticket }}}}
"""
SUITE = """\
suite: triage
prompt: triage
dataset: cases.jsonl
scorers: [exact_match]
gate: {threshold: 0.5, margin: 0.1}
run: {concurrency: 8}
"""

Write = Callable[[str], None]


def luck(text: str) -> float:
    """A number from 0 to 1 that depends on the text alone."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 0x1_0000_0000


class Script:
    """Right for most cases; some words in the prompt change which."""

    def __init__(self) -> None:
        self.flaky = 0.0
        self.fails_for: int | None = None
        self._call = itertools.count()

    def __call__(self, messages: list[dict[str, Any]], options: dict[str, Any]) -> str | Reply:
        del options
        system, number = messages[0]["content"], re.findall(r"\d+", messages[-1]["content"])[0]
        if number == str(self.fails_for):
            return Reply("no", status=400)
        right = luck(f"base {number}") < 0.9
        if "Guess" in system and luck(f"guess {number}") < 0.5:
            right = False
        if luck(f"call {next(self._call)}") < self.flaky:
            right = not right
        return "billing" if right else "sales"


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def server(script: Script) -> Iterator[OpenAIServer]:
    with OpenAIServer(script) as running:
        yield running


def make(root: Path, url: str, groups: int | None = None) -> None:
    """A workspace with one prompt and one suite, its cases in groups if wanted."""
    (root / "workbench.toml").write_text(
        f'[workspace]\nauthor = "ana"\n[providers.mock]\nbase_url = "{url}"\n'
    )
    suite = root / "evals" / "triage"
    suite.mkdir(parents=True)
    (suite / "suite.yaml").write_text(SUITE)
    rows = [
        {"id": f"c{n}", "inputs": {"ticket": f"ticket {n}"}, "expected": "billing"}
        | ({"group": f"g{n % groups}"} if groups else {})
        for n in range(CASES)
    ]
    (suite / "cases.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (root / "prompts").mkdir()


@pytest.fixture
def session(tmp_path: Path, server: OpenAIServer) -> Iterator[Session]:
    make(tmp_path, server.base_url)
    with Session(open_workspace(tmp_path)) as opened:
        yield opened


def version(session: Session, system: str) -> str:
    """Register the prompt with this system message: `triage@1.0.0`."""
    path = session.workspace.root / "prompts" / "triage.prompty"
    path.write_text(DRAFT.format(system=system))
    return register(session, resolve(session, "triage"), description="x")


def live(session: Session, system: str) -> str:
    """Register, evaluate and deploy: the baseline of what follows."""
    ref = version(session, system)
    (evidence,) = evaluate(session, "triage", ref.partition("@")[2])
    assert evidence.gate is Gate.PASS
    deploy(session, "triage", ref.partition("@")[2], "production", reason="first")
    return ref


def test_a_clear_regression_stops_at_a_look_and_the_record_says_the_same(
    session: Session, server: OpenAIServer
) -> None:
    live(session, "Answer with a queue.")
    before = len(server.requests)
    server.delay_s = 0.05  # An endpoint that takes no time at all has answered before any look.
    number = version(session, "Guess a queue.").partition("@")[2]
    (evidence,) = evaluate(session, "triage", number)
    seen = len(evidence.pairs["exact_match"])
    assert evidence.gate is not Gate.PASS
    assert seen in evidence.plan["block_ends"][:-1]
    assert len(server.requests) - before < CASES
    assert evidence.comparisons[0].details["looks"][-1]["stopped"] in ("fail", "futility")
    assert recompute(evidence) is evidence.gate


@pytest.mark.exhaustive
@pytest.mark.parametrize("repeats", [1, 2])
def test_a_look_that_stops_leaves_out_the_calls_of_the_baseline_too(
    session: Session, server: OpenAIServer, repeats: int
) -> None:
    suite = session.workspace.root / "evals" / "triage" / "suite.yaml"
    suite.write_text(SUITE.replace("concurrency: 8", f"concurrency: 8, repeats: {repeats}"))
    live(session, "Answer with a queue.")
    number = version(session, "Guess a queue.").partition("@")[2]
    server.requests.clear()
    (evidence,) = evaluate(session, "triage", number, fresh=True)
    seen = len(evidence.pairs["exact_match"])
    assert evidence.gate is not Gate.PASS and seen in evidence.plan["block_ends"][:-1]
    systems = [request["messages"][0]["content"] for request in server.requests]
    counts = [systems.count(f"{word} a queue.") for word in ("Answer with", "Guess")]
    assert counts == [seen * repeats] * 2
    block = evidence.plan["block_ends"][0] * repeats
    assert {text.split()[0] for text in systems[:block]} == {"Answer"}, "block by block, in turn"
    left, planned = 2 * repeats * (CASES - seen), 2 * repeats * CASES
    assert evidence.environment["unasked"] == left
    assert f"stopped early: {left:,} of {planned:,} calls saved" in evidence_notes(evidence)[0]
    assert recompute(evidence) is evidence.gate


@pytest.mark.exhaustive
def test_a_baseline_that_ends_before_a_look_decides_nothing(
    session: Session, server: OpenAIServer, script: Script
) -> None:
    live(session, "Answer with a queue.")
    number = version(session, "Answer, please.").partition("@")[2]
    recorded = len(session.registry.evaluations("triage"))

    def fail_later(messages: list[dict[str, Any]], options: dict[str, Any]) -> str | Reply:
        if "Answer with" in messages[0]["content"] and len(server.requests) > before + 40:
            return Reply("no", status=401)
        return script(messages, options)

    before, server.script = len(server.requests), fail_later
    begun: dict[str, LiveRun] = {}
    with pytest.raises(RunCutShort) as refused:
        evaluate(
            session,
            "triage",
            number,
            fresh=True,
            on_run=lambda live, name: begun.__setitem__(name, live),
        )
    assert begun["triage@1.0.0"].run_id in str(refused.value)
    assert all(live.done for live in begun.values())
    assert len(session.registry.evaluations("triage")) == recorded
    assert len(server.requests) - before < 2 * CASES


@pytest.mark.exhaustive
def test_without_a_baseline_all_cases_meet_the_threshold_in_one_look(session: Session) -> None:
    number = version(session, "Answer with a queue.").partition("@")[2]
    (evidence,) = evaluate(session, "triage", number)
    assert evidence.baseline_version is None
    assert evidence.plan["baseline"] is False
    assert evidence.plan["looks"] == 1
    assert evidence.plan["created_at"] == evidence.started_at
    assert (evidence.comparisons[0].method, evidence.comparisons[0].cases) == ("wilson", CASES)


@pytest.mark.exhaustive
def test_a_run_that_was_ended_before_its_last_case_passes_no_gate(
    session: Session, server: OpenAIServer
) -> None:
    under_way: list[LiveRun] = []

    def script(messages: list[dict[str, Any]], options: dict[str, Any]) -> str:
        if server.calls == CASES - 1:
            under_way[0].stop()
        return "billing"

    server.script = script
    suite = session.workspace.root / "evals" / "triage" / "suite.yaml"
    suite.write_text(SUITE.replace("concurrency: 8", "concurrency: 1"))
    number = version(session, "Answer with a queue.").partition("@")[2]
    message = r"1 of 120 questions not asked.* stopped by the user"
    with pytest.raises(RunCutShort, match=message) as refused:
        evaluate(session, "triage", number, on_run=lambda live, name: under_way.append(live))
    assert refused.value.exit_code == EXIT_INCOMPLETE
    assert session.registry.evaluations("triage") == []
    server.script = lambda messages, options: "billing"
    (evidence,) = evaluate(session, "triage", number)
    assert evidence.gate is Gate.PASS, "asked again, the rest is all that is paid"
    assert server.calls == CASES


@pytest.mark.exhaustive
def test_the_plan_is_stored_with_the_run_before_its_first_call(
    session: Session, server: OpenAIServer
) -> None:
    before = len(server.requests)
    stored: list[object] = []

    def look(run: LiveRun, name: str) -> None:
        with Session(session.workspace) as other:
            stored.append(other.store.summary(run.run_id).environment["plan"])

    number = version(session, "Answer with a queue.").partition("@")[2]
    (evidence,) = evaluate(session, "triage", number, on_run=look)
    assert stored == [evidence.plan]
    assert "plan" not in evidence.environment
    assert len(server.requests) - before == CASES


@pytest.mark.exhaustive
def test_looks_fall_between_groups(tmp_path: Path, server: OpenAIServer) -> None:
    make(tmp_path, server.base_url, groups=110)
    with Session(open_workspace(tmp_path)) as session:
        live(session, "Answer with a queue.")
        (evidence,) = evaluate(
            session, "triage", version(session, "Answer with one queue.").partition("@")[2]
        )
        assert evidence.plan["looks"] == 5
        pairs = evidence.pairs["exact_match"]
        groups = [group for group, _ in itertools.groupby(pair.group for pair in pairs)]
        assert len(groups) == len(set(groups))
        assert recompute(evidence) is evidence.gate


@pytest.mark.exhaustive
def test_a_run_in_the_order_of_a_plan_is_compared_with_a_new_one(
    session: Session, server: OpenAIServer
) -> None:
    live(session, "Answer with a queue.")
    asked = len(server.requests)
    version(session, "Guess a queue.")
    compared = compare(session, "triage@1.0.0", "triage@1.0.1")
    assert compared.headline.cases == CASES
    assert compared.headline.verdict is Verdict.WORSE
    assert len(server.requests) - asked == CASES, "the baseline's answers were there already"


def run_of(session: Session, ref: str) -> str:
    """The id of a complete run of that version on the split dev, made where there is none."""
    spec = make_spec(resolve(session, ref), session.workspace.suite_for("triage"))
    return finished_run(session, spec, ref, None)


@pytest.mark.exhaustive
def test_changed_cases_cannot_be_paired_with_a_stored_run_and_that_is_said_before_any_call(
    session: Session, server: OpenAIServer
) -> None:
    version(session, "Answer with a queue.")
    old = run_of(session, "triage@1.0.0")
    path = session.workspace.root / "evals" / "triage" / "cases.jsonl"
    path.write_text(path.read_text().replace('"ticket 3"', '"ticket 3003"'))
    with Session(open_workspace(session.workspace.root)) as again:
        version(again, "Answer with one queue.")
        calls = server.calls
        for sides in ((old, "triage@1.0.1"), ("triage@1.0.1", old)):
            with pytest.raises(UsageError, match=r"the dataset \(case c3\)"):
                compare(again, *sides)
        assert server.calls == calls


@pytest.mark.exhaustive
def test_a_run_is_not_compared_with_itself(session: Session, server: OpenAIServer) -> None:
    version(session, "Answer with a queue.")
    calls = server.calls
    # The draft was not changed since it was registered.
    for sides in (("triage@1.0.0", "triage@1.0.0"), ("triage@1.0.0", "triage")):
        with pytest.raises(UsageError, match="A and B are the same run"):
            compare(session, *sides)
    assert server.calls == calls
    run_id = run_of(session, "triage@1.0.0")
    for sides in ((run_id, run_id), (run_id, "triage@1.0.0")):
        with pytest.raises(UsageError, match="A and B are the same run"):
            compare(session, *sides)


@pytest.mark.exhaustive
def test_a_prompt_asked_twice_anew_is_compared_with_itself_to_see_its_noise(
    session: Session,
) -> None:
    version(session, "Answer with a queue.")
    compared = compare(session, "triage@1.0.0", "triage@1.0.0", fresh=True)
    assert compared.a.summary.run_id != compared.b.summary.run_id


@pytest.mark.exhaustive
def test_calls_that_failed_are_made_again_unless_what_is_stored_will_do(
    session: Session, server: OpenAIServer, script: Script
) -> None:
    version(session, "Answer with a queue.")
    version(session, "Answer with one queue.")
    broken = f"triage@{session.registry.versions('triage')[0].version}"
    script.fails_for = 7
    first = run_of(session, broken)
    assert session.store.summary(first).errors == 1
    script.fails_for = None
    other = next(ref for ref in ("triage@1.0.0", "triage@1.0.1") if ref != broken)
    run_of(session, other)
    calls = server.calls
    compared = compare(session, other, broken, as_stored=True)
    assert compared.b.summary.run_id == first
    assert compared.headline.missing == ("c7",)
    assert server.calls == calls
    turned = swapped(session, compared)
    assert (turned.a.summary.run_id, turned.b.summary.run_id) == (
        first,
        compared.a.summary.run_id,
    )
    assert turned.headline.fixed == compared.headline.broke
    assert compare(session, other, broken).headline.missing == ()
    assert server.calls == calls + 1


@pytest.mark.exhaustive
def test_a_changed_dev_case_is_asked_anew_though_its_id_is_the_same(
    session: Session, server: OpenAIServer
) -> None:
    path = session.workspace.root / "evals" / "triage" / "cases.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for number, row in enumerate(rows):
        row["split"] = "gate" if number % 2 else "dev"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with Session(open_workspace(session.workspace.root)) as before:
        version(before, "Answer with a queue.")
        old = run_of(before, "triage@1.0.0")
    path.write_text(path.read_text().replace('"ticket 4"', '"ticket 4004"'))
    asked = len(server.requests)
    with Session(open_workspace(session.workspace.root)) as after:
        assert run_of(after, "triage@1.0.0") != old
    (request,) = server.requests[asked:]
    assert request["messages"][-1]["content"] == "ticket 4004"


@pytest.mark.exhaustive
def test_a_preview_of_runs_that_were_asked_more_counts_its_own_cases_alone(
    session: Session, server: OpenAIServer
) -> None:
    a, b = version(session, "Answer with a queue."), version(session, "Guess a queue.")
    whole = compare(session, a, b)
    asked = len(server.requests)
    quick = compare(session, a, b, limit=40)
    assert len(whole.cases) == CASES
    assert len(server.requests) == asked
    assert quick.preview and quick.preview.available == CASES
    assert {case.id for case in quick.cases} < {case.id for case in whole.cases}
    assert (quick.headline.cases, quick.headline.missing) == (40, ())


@pytest.mark.exhaustive
def test_several_candidates_share_one_run_of_the_baseline_and_the_risk_of_being_lucky(
    session: Session, server: OpenAIServer
) -> None:
    version(session, "Guess a queue.")
    version(session, "Answer with a queue.")
    version(session, "Guess one queue.")
    names: list[str] = []
    refs = ["triage@1.0.1", "triage@1.0.2"]
    best = compare_many(
        session, "triage@1.0.0", refs, fresh=True, on_run=lambda run, name: names.append(name)
    )
    assert names == ["triage@1.0.0", *refs]
    assert len(server.requests) == 3 * CASES
    better, same = best.candidates
    assert better.compared.headline.verdict is Verdict.BETTER
    assert (better.claimed, same.claimed) == (True, False)
    assert better.holm_p == pytest.approx(2 * better.mid_p)
    assert same.holm_p == same.mid_p == 1.0
    assert best.note.startswith("best of 2: luck alone would put it about ")
    (alone,) = rank([better.compared]).candidates
    assert alone.holm_p == alone.mid_p
    assert rank([better.compared]).note == ""
    with pytest.raises(UsageError, match="are the same"):
        compare_many(session, "triage@1.0.0", ["triage@1.0.1", "triage@1.0.1"])


@pytest.mark.exhaustive
def test_two_fresh_runs_of_a_show_its_noise(session: Session, script: Script) -> None:
    script.flaky = 0.04
    version(session, "Answer with a queue.")
    itself = compare(session, "triage@1.0.0", "triage@1.0.0", fresh=True)
    assert itself.noise is not None
    assert itself.noise.flips == len(itself.headline.fixed) + len(itself.headline.broke) > 0
    script.flaky = 0.0
    version(session, "Answer with one queue.")
    compared = compare(session, "triage@1.0.0", "triage@1.0.1")
    assert compared.noise == itself.noise
    assert below_noise(compared.headline, itself.noise)


@pytest.mark.exhaustive
def test_one_run_of_a_shows_no_noise(session: Session) -> None:
    version(session, "Answer with a queue.")
    version(session, "Answer with one queue.")
    assert compare(session, "triage@1.0.0", "triage@1.0.1").noise is None


@pytest.mark.exhaustive
@pytest.mark.parametrize("halves", [True, False])
def test_the_sentence_that_broke_it_is_named_from_the_broken_cases_alone(
    session: Session, server: OpenAIServer, halves: bool
) -> None:
    version(session, "Answer. Be kind. Think.\nStay calm.")
    version(session, "Answer now. Be very kind. Think. Guess if you must.\nStay calm, always.")
    plans = []
    compare(session, "triage@1.0.0", "triage@1.0.1")
    before = len(server.requests)
    bisection = bisect(session, "triage@1.0.0", "triage@1.0.1", halves=halves, on_plan=plans.append)
    assert [hunk.new.strip() for hunk in bisection.guilty] == ["Guess if you must."]
    broke = len(bisection.plan.compared.headline.broke)
    assert broke > 10
    assert len(plans) == 1
    assert len(server.requests) - before <= plans[0].most_trials * broke
