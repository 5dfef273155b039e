"""Own scorers: what their results mean, what is missing, and what their code cannot do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from workbench.child_process.allowed import CodeNotAllowed, allow
from workbench.child_process.source import read_source
from workbench.datasets.values import Case
from workbench.errors import CodeError, SuiteError
from workbench.providers.base import Answer, Outcome
from workbench.runs.engine.scoring import score_ahead, score_answer
from workbench.runs.spec.suite_file import read_suite
from workbench.scorers.base import Score, Scorer
from workbench.scorers.catalog import scorers_of
from workbench.scorers.python_files import codes_of, opened_code

FILE = "scorers/own.py"
CASE = Case("1", {"ticket": "a"}, "billing", ("vip",))
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="enforced on Linux")


def own(root: Path, code: str, **options: Any) -> tuple[Scorer, ...]:
    (root / "scorers").mkdir(exist_ok=True)
    (root / FILE).write_text(code)
    return scorers_of({"python": {"file": FILE, **options}}, None, "suite.yaml", root)


def allowed(root: Path, code: str, **options: Any) -> tuple[Scorer, ...]:
    scorers = own(root, code, **options)
    allow(read_source(root, FILE))
    return scorers


def judged(scorers: tuple[Scorer, ...], text: str = "x", case: Case = CASE) -> dict[str, Score]:
    return score_answer(scorers, Answer(Outcome.OK, text), case)[0]


EVALUATES = "def score(answer, case):\n    return eval(answer)\n"
NAN, INFINITE = "float('nan')", "float('inf')"


@pytest.fixture(scope="module")
def evaluates(tmp_path_factory: pytest.TempPathFactory) -> Any:
    scorers = allowed(tmp_path_factory.mktemp("workspace"), EVALUATES)
    with opened_code(scorers):
        yield scorers


@pytest.mark.parametrize(
    ("result", "score"),
    [
        ("0.25", Score(0.25)),
        ("1", Score(1.0)),
        ("True", Score(1.0)),
        ("False", Score(0.0)),
        ("-0.0", Score(0.0)),
        ("{'score': 0.5, 'reason': 'half of it'}", Score(0.5, "half of it")),
        ("{'score': True}", Score(1.0)),
        ("{'score': 1, 'reason': 'two\\n\\x1b[31mlines'}", Score(1.0, "two [31mlines")),
        ("None", Score(None, "the scorer gave none")),
        ("{'score': None, 'reason': 'no total in it'}", Score(None, "no total in it")),
    ],
)
def test_a_number_a_bool_or_one_with_a_reason_is_a_score(
    evaluates: tuple[Scorer, ...], result: str, score: Score
) -> None:
    assert judged(evaluates, result) == {"own": score}


@pytest.mark.parametrize(
    ("result", "why"),
    [
        ("1.01", "1.01, which does not lie between 0 and 1"),
        ("-1", "-1, which does not lie"),
        ("10 ** 400", "does not lie between"),
        ("'1'", "'1', not a number"),
        ("[]", "[], not a number"),
        ("{}", "{}, not a number"),
        ("{'score': 'high'}", "'high', not a number"),
        ("{'score': 1, 'reason': 7}", "its reason is 7, not a text"),
        (NAN, "Out of range float"),
        (INFINITE, "Out of range float"),
        ("object()", "not JSON serializable"),
        ("case['inputs']['nothing']", "KeyError"),
        ("1 / 0", "ZeroDivisionError: division by zero (<string> line 1)"),
        ("__import__('sys').exit()", "SystemExit"),
        ("__import__('os')._exit(0)", "its process ended with exit code 0"),
        ("__import__('os').kill(__import__('os').getpid(), 11)", "SIGSEGV"),
        ("'x' * (2 << 20)", "its result is larger than"),
        ("(lambda f: f(f))(lambda f: f(f))", "RecursionError"),
    ],
)
def test_whatever_is_no_score_is_missing_with_its_reason_and_the_next_answer_is_judged(
    evaluates: tuple[Scorer, ...], result: str, why: str
) -> None:
    scores, broken = score_answer(evaluates, Answer(Outcome.OK, result), CASE)
    assert scores["own"].value is None
    assert scores["own"].reason.startswith("the scorer own failed: ")
    assert why.removesuffix(" (<string> line 1)") in scores["own"].reason
    assert broken == {"own"}
    assert judged(evaluates, "0.5") == {"own": Score(0.5)}


@pytest.mark.exhaustive
def test_a_call_that_takes_too_long_is_missing_and_the_process_is_made_anew(tmp_path: Path) -> None:
    code = "def score(answer, case):\n    while answer == 'slow': pass\n    return 1\n"
    with opened_code(scorers := allowed(tmp_path, code, seconds=1.5)):
        assert "longer than 1.5 s" in judged(scorers, "slow")["own"].reason
        assert judged(scorers, "quick")["own"].value == 1.0


def test_several_scores_come_from_one_call_each_under_its_name(tmp_path: Path) -> None:
    code = """
calls = 0
def score(answer, case):
    global calls
    calls += 1
    return {"calls": calls / 10, "tone": {"score": True, "reason": "kind"}, "reason": "in all"}
"""
    with opened_code(scorers := allowed(tmp_path, code, scores=["calls", "tone", "lost"])):
        scores, broken = score_answer(scorers, Answer(Outcome.OK, "x"), CASE)
    assert scores["calls"] == Score(0.1, "in all")
    assert scores["tone"] == Score(1.0, "kind")
    assert scores["lost"].value is None
    assert "no score 'lost', but calls, tone, reason" in scores["lost"].reason
    assert broken == {"lost"}


@pytest.mark.exhaustive
def test_answers_judged_ahead_are_not_judged_again_and_one_that_ends_the_process_costs_no_other(
    tmp_path: Path,
) -> None:
    code = """
import os
calls = 0
def score(answer, case):
    global calls
    calls += 1
    if answer == "end": os._exit(1)
    return calls / 100
"""
    answers = [Answer(Outcome.OK, text) for text in ("a", "b", "end", "c", "a")]
    with opened_code(scorers := allowed(tmp_path, code)):
        score_ahead(scorers, [(answer, CASE) for answer in answers])
        values = [score_answer(scorers, answer, CASE)[0]["own"].value for answer in answers]
    assert values == [0.01, 0.02, None, 0.01, 0.01]


def test_the_function_gets_text_case_and_options_as_plain_values(tmp_path: Path) -> None:
    code = """
def score(answer, case, *, wanted):
    same = [answer, case] == wanted
    return {"score": same, "reason": repr([answer, case])}
"""
    case = {"id": "1", "inputs": {"ticket": "a"}, "expected": "billing", "tags": ["vip"]}
    options = {"wanted": ["x", case | {"group": None}]}
    with opened_code(scorers := allowed(tmp_path, code, options=options)):
        assert judged(scorers)["own"].value == 1.0


def test_code_that_was_not_allowed_never_runs_whoever_asks(tmp_path: Path) -> None:
    mark = tmp_path / "it-ran"
    scorers = own(tmp_path, f"open({str(mark)!r}, 'w')\ndef score(answer, case): return 1\n")
    with pytest.raises(CodeNotAllowed):
        opened_code(scorers)
    assert "have not allowed" in judged(scorers)["own"].reason
    assert not mark.exists()


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"file": ""}, "no file"),
        ({"file": "scorers/none.py"}, "no file scorers/none.py"),
        ({"file": "../own.py"}, "below the workspace"),
        ({"file": "/etc/passwd"}, "below the workspace"),
        ({"function": "scor"}, "did you mean 'score'?"),
        ({"scores": ["a", "a"]}, "'a' cannot be"),
        ({"scores": ["reason"]}, "'reason' cannot be"),
        ({"scores": [1]}, "'1' cannot be"),
        ({"seconds": 0}, "must be a number from 0.01 to 600, not 0"),
        ({"options": "x"}, "a mapping"),
        ({"fiel": "x"}, "did you mean"),
    ],
)
def test_a_wrong_entry_is_refused_with_what_is_right(
    tmp_path: Path, options: dict[str, Any], why: str
) -> None:
    with pytest.raises((SuiteError, CodeError), match=why.replace("?", r"\?")):
        own(tmp_path, "def score(answer, case): return 1\n", **options)


@pytest.mark.exhaustive
def test_the_fingerprint_covers_the_code_with_what_it_imports_and_its_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "from scorers import more\ndef score(answer, case): return more.one()\n"
    (tmp_path / "scorers").mkdir()
    (tmp_path / "scorers/more.py").write_text("def one(): return 1\n")
    prints = [own(tmp_path, code)[0].fingerprint]
    assert own(tmp_path, code)[0].fingerprint == prints[0]
    prints.append(own(tmp_path, code + "#")[0].fingerprint)
    prints.append(own(tmp_path, code, name="other")[0].fingerprint)
    prints.append(own(tmp_path, code, options={"a": 1})[0].fingerprint)
    (tmp_path / "scorers/more.py").write_text("def one(): return 0\n")
    prints.append(own(tmp_path, code)[0].fingerprint)
    prints.append(own(tmp_path, f"import pytest\n{code}")[0].fingerprint)
    assert len({*prints}) == len(prints)


ESCAPES = {
    "print a gigabyte": "for _ in range(1000): print('x' * 1_000_000)\n    return 2",
    "a huge object": "return {'score': 1, 'more': ['x'] * 1_000_000}",
    "close every handle": "import os; os.closerange(0, 64)\n    return 1",
    "fork and live on": "import os\n    if os.fork() == 0:\n        while True: pass\n    return 1",
    "exit quietly": "raise SystemExit(0)",
    "override json": "import json; json.dumps = json.JSONEncoder = None\n    return '1'",
    "a frame of its own": """import os, struct
    frame = b'{"result": 1, "number": 99}'
    for handle in range(3, 64):
        try: os.write(handle, struct.pack('>I', len(frame)) + frame)
        except OSError: pass
    return 1""",
    "a frame for the next answer": """import os, struct
    frame = b'{"result": 1, "number": 2}'
    for handle in range(3, 64):
        try: os.write(handle, struct.pack('>I', len(frame)) + frame)
        except OSError: pass
    return 2""",
    "a pickle": """import pickle, os
    class Bomb:
        def __reduce__(self): return os.system, ('true',)
    return pickle.loads(pickle.dumps(Bomb())) or 7""",
    "a signal to its parent": "import os; os.kill(os.getppid(), 9)",
    "read the answers of others": "open('.workbench/runs.db', 'rb')",
    "the network": "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9')",
    "memory": "return len('x' * (3 << 30)) and 1",
}


@pytest.mark.exhaustive(keep=3)
@linux_only
@pytest.mark.parametrize("escape", sorted(ESCAPES))
def test_an_escape_leaves_its_score_missing_and_the_next_answer_gets_its_own(
    tmp_path: Path, escape: str
) -> None:
    code = f"""
def score(answer, case):
    if answer == "right": return 0.25
    {ESCAPES[escape]}
"""
    with opened_code(scorers := allowed(tmp_path, code)):
        assert judged(scorers, "escape")["own"].value is None
        assert judged(scorers, "right")["own"] == Score(0.25)
        (code_of_scorer,) = codes_of(scorers)
        assert code_of_scorer.declared == ()


def test_own_code_within_a_composition_and_behind_transforms_runs_in_one_process(
    tmp_path: Path,
) -> None:
    (tmp_path / "scorers").mkdir()
    code = """
import os
def score(answer, case): return {"score": answer == "yes", "reason": str(os.getpid())}
"""
    (tmp_path / FILE).write_text(code)
    (tmp_path / "cases.jsonl").write_text('{"inputs": {"t": "x"}, "expected": "1"}\n')
    (tmp_path / "suite.yaml").write_text(f"""\
suite: s
prompt: p
dataset: cases.jsonl
scorers:
  - not: {{python: {{file: {FILE}}}, name: denied}}
  - python: {{file: {FILE}, name: folded, transforms: [casefold]}}
""")
    allow(read_source(tmp_path, FILE))
    scorers = read_suite(tmp_path / "suite.yaml").scorers
    with opened_code(scorers):
        answers = [Answer(Outcome.OK, text) for text in ("YES", "Yes", "yes", "no")]
        score_ahead(scorers, [(answer, CASE) for answer in answers])
        judged_all = [score_answer(scorers, answer, CASE)[0] for answer in answers]
    assert [scores["denied"].value for scores in judged_all] == [1, 1, 0, 1]
    assert [scores["folded"].value for scores in judged_all] == [1, 1, 1, 0]
    assert len({scores["folded"].reason for scores in judged_all}) == 1
