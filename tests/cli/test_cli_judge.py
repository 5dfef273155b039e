"""`workbench judge`: new, try, calibrate and report; a gate rests on a judge only when it may."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli, Done
from tests.support.judges import JUDGE, SUITE, judge_calls, judged_server, make_workspace, verdict
from tests.support.openai_server import OpenAIServer, Reply
from workbench.actions.running.labelled import from_file
from workbench.registry import PromptRegistry, PromptVersion
from workbench.scorers.judges.ready import READY
from workbench.verdicts.judges.calibration import is_for_tuning
from workbench.verdicts.statistics.agreement import Matrix
from workbench.workspace import open_workspace

CASES = 80
QUESTIONS = tuple(f"question {n}" for n in range(CASES))
GATE = "gate: {scorer: helpful, baseline: none, threshold: 0.5, min_cases: 5}\n"
REQUIRED = SUITE.replace(", required: false", "").replace(
    "max_chars: {", "max_chars: {required: false, "
)


def run(root: Path, *words: str) -> Done:
    return Cli(root, {}).here(*words, "--json")


def told(result: Done, code: int = 0) -> dict[str, Any]:
    assert result.code == code, result.out + result.err
    return result.json


def write_labels(root: Path, raters: tuple[str, ...] = ("ana",)) -> Path:
    """Labels of answers: every other one is good, and says so."""
    path = root / "labels.jsonl"
    rows = [
        {"case": f"c{n}", "answer": f"{'good' if n % 2 else 'poor'} answer {n}",
         "label": "pass" if n % 2 else "fail", "rater": rater}
        for n in range(CASES)
        for rater in raters
    ]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def judge_with(error: Callable[[str], bool], model: str = "judge-1") -> OpenAIServer:
    """A server whose judge is right but where `error` holds of the answer."""

    def judge(texts: dict[str, str]) -> Reply:
        answer = texts["answer"]
        return Reply(verdict(answer.startswith("good") is not error(answer)), model=model)

    return judged_server(judge)


def errs(percent: int) -> Callable[[str], bool]:
    """Errs on so many of a hundred answers, always the same."""
    return lambda text: hashlib.sha256(text.encode()).digest()[0] * 100 // 256 < percent


def test_a_judge_of_known_errors_is_admitted_with_its_matrix(tmp_path: Path) -> None:
    with judge_with(errs(8)) as server:
        make_workspace(tmp_path, server.base_url, QUESTIONS, suite=REQUIRED + GATE)
        path = write_labels(tmp_path, ("ana", "ben"))
        done = told(run(tmp_path, "judge", "calibrate", "helpful", "--suite", "qa",
                        "--labels", str(path)))  # fmt: skip
        wrong = [n for n in range(CASES) if errs(8)(f"{'good' if n % 2 else 'poor'} answer {n}")]
        test = [n for n in range(CASES) if not is_for_tuning(f"c{n}")]
        assert done["matrix"] == {
            "passed_both": sum(n % 2 for n in test if n not in wrong),
            "passed_by_judge": sum(1 for n in test if not n % 2 and n in wrong),
            "passed_by_people": sum(1 for n in test if n % 2 and n in wrong),
            "failed_both": sum(1 for n in test if not n % 2 and n not in wrong),
        }
        assert {each["case"] for each in done["differences"]} == {f"c{n}" for n in wrong}
        assert (done["labelled"], done["rarer"], done["human_kappa"]) == (80, 40, 1.0)
        assert (done["admitted"], done["models"], done["calls"]) == (True, ["judge-1"], CASES)
        again = told(run(tmp_path, "judge", "calibrate", "helpful", "--suite", "qa",
                         "--labels", str(path)))  # fmt: skip
        assert (again["calls"], again["labels"]) == (0, done["labels"])
        (report,) = told(run(tmp_path, "judge", "report", "--suite", "qa"))["judges"]
        assert (report["admitted"], report["gates"]) == (True, True)


def test_a_judge_that_says_yes_to_everything_is_refused(tmp_path: Path) -> None:
    with judged_server(lambda _: verdict(True)) as server:
        make_workspace(tmp_path, server.base_url, QUESTIONS, suite=REQUIRED + GATE)
        done = told(run(tmp_path, "judge", "calibrate", "helpful", "--suite", "qa",
                        "--labels", str(write_labels(tmp_path))), 1)  # fmt: skip
        assert not done["admitted"]
        assert any("specificity" in why for why in done["lacks"])
        told(run(tmp_path, "judge", "report", "--suite", "qa"), 1)
        findings = run(tmp_path, "suite", "check", "qa").out
        assert "the gate rests on the judge helpful, which may not decide" in findings


def test_a_gate_passes_by_a_calibrated_judge_and_by_no_other_model(tmp_path: Path) -> None:
    with judge_with(errs(0)) as server:
        make_workspace(tmp_path, server.base_url, QUESTIONS, suite=REQUIRED + GATE)
        told(run(tmp_path, "register", "qa", "-d", "first"))
        before = run(tmp_path, "evaluate", "qa@1.0.0", "--yes")
        assert before.code == 2
        assert "which is not calibrated" in before.out
        assert not judge_calls(server)
        told(run(tmp_path, "judge", "calibrate", "helpful", "--suite", "qa",
                 "--labels", str(write_labels(tmp_path))))  # fmt: skip
        assert told(run(tmp_path, "evaluate", "qa@1.0.0", "--yes"))["gate"] == "pass"
        told(run(tmp_path, "verify"))

        script = server.script
        server.script = lambda messages, options: _from_another(script(messages, options))
        (tmp_path / "prompts" / "qa.prompty").write_text(
            (tmp_path / "prompts" / "qa.prompty").read_text().replace("question }}", "question }}!")
        )
        told(run(tmp_path, "register", "qa", "-d", "second"))
        other = run(tmp_path, "evaluate", "qa@1.0.1", "--yes")
        assert other.code == 2
        assert "was answered by judge-2, and calibrated with judge-1" in other.out


def _from_another(reply: str | Reply) -> str | Reply:
    if isinstance(reply, str):
        return reply
    return Reply(reply.text, model="judge-2")


def test_the_database_refuses_a_pass_without_a_calibration_that_fits(tmp_path: Path) -> None:
    with judge_with(errs(0)) as server:
        make_workspace(tmp_path, server.base_url, QUESTIONS, suite=REQUIRED + GATE)
        told(run(tmp_path, "register", "qa", "-d", "first"))
        told(run(tmp_path, "judge", "calibrate", "helpful", "--suite", "qa",
                 "--labels", str(write_labels(tmp_path))))  # fmt: skip
        told(run(tmp_path, "evaluate", "qa@1.0.0", "--yes"))
    with PromptRegistry(tmp_path / ".workbench" / "registry.db") as registry:
        evidence = registry.evaluations("qa")[0].evidence
        calibration = registry.calibrations()[0].calibration
        prompt = registry.get_version("qa", "1.0.0").prompt
    worse = replace(calibration, matrix=Matrix(30, 25, 3, 8))
    others = (
        replace(calibration, models=("judge-2",)),
        replace(calibration, fingerprint="0" * 64),
        replace(calibration, labelled=calibration.matrix.cases + 1, rarer=3),
        worse,
    )
    with PromptRegistry(tmp_path / "other.db", create=True) as registry:
        registry.register(PromptVersion.of(prompt, "1.0.0", description="first", author="ana"))
        for one in (None, *others):
            if one:
                registry.record_calibration(one, "ana")
            with pytest.raises(Exception, match="without a calibration that fits"):
                registry.record_evaluation(evidence, by="ana")
            assert not registry.evaluations("qa")
        registry.record_calibration(calibration, "ana")
        registry.record_evaluation(evidence, by="ana")
        assert registry.evaluations("qa")[0].gate.value == "pass"
        assert registry.verify().ok


def test_compare_by_a_judge_that_may_not_decide_decides_nothing(tmp_path: Path) -> None:
    with judge_with(errs(0)) as server:
        make_workspace(tmp_path, server.base_url, QUESTIONS, suite=REQUIRED + GATE)
        told(run(tmp_path, "register", "qa", "-d", "first"))
        (tmp_path / "prompts" / "qa.prompty").write_text(
            (tmp_path / "prompts" / "qa.prompty").read_text().replace("question }}", "question }}!")
        )
        result = run(tmp_path, "compare", "qa@1.0.0", "qa", "--suite", "qa", "--yes")
        assert told(result, 3)["gate"] == "no_decision"
        assert "not calibrated" in result.out


def test_labels_may_stand_in_columns_of_the_cases(tmp_path: Path) -> None:
    with judge_with(errs(0)) as server:
        make_workspace(tmp_path, server.base_url, QUESTIONS)
        rows = [
            {"id": f"c{n}", "inputs": {"question": "q", "reply": "good" if n % 2 else "poor",
                                       "human": n % 2}}
            for n in range(CASES)
        ]  # fmt: skip
        cases = tmp_path / "evals" / "qa" / "cases.jsonl"
        cases.write_text("".join(json.dumps(row) + "\n" for row in rows))
        done = told(run(tmp_path, "judge", "calibrate", "helpful", "--suite", "qa",
                        "--labels", "human", "--answers", "reply"))  # fmt: skip
        assert (done["admitted"], done["labelled"]) == (True, CASES)


def test_labels_in_a_table_are_of_the_answers_as_they_stand(tmp_path: Path) -> None:
    make_workspace(tmp_path, "http://127.0.0.1:9/v1", QUESTIONS[:3])
    suite = open_workspace(tmp_path).suite("qa")
    case, answer = suite.dataset.cases[0].id, 'one\u2028line, "quoted"\nand another'
    with (tmp_path / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["case", "answer", "label"], [case, answer, "pass"]])
    (one,) = from_file(suite, tmp_path / "labels.csv")
    assert (one.case.id, one.answer, one.labels) == (case, answer, {"people": True})


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"case": "c1", "answer": "a", "label": "maybe"}, "labels.jsonl: line 1: the label"),
        ({"case": "c1", "answer": "a"}, "label is missing"),
        ({"case": "nobody", "answer": "a", "label": "pass"}, "no case 'nobody'"),
        ({"case": "c1", "answer": "a", "label": "pass", "mark": 1}, "no field 'mark'"),
        ([], "labels.jsonl: line 1 is not an object"),
    ],
)
def test_a_label_that_cannot_be_read_is_refused_with_its_line(
    tmp_path: Path, row: Any, message: str
) -> None:
    make_workspace(tmp_path, "http://127.0.0.1:9/v1", QUESTIONS[:3])
    (tmp_path / "labels.jsonl").write_text(json.dumps(row) + "\n")
    result = run(tmp_path, "judge", "calibrate", "helpful", "--suite", "qa", "--labels",
                 str(tmp_path / "labels.jsonl"))  # fmt: skip
    assert result.code == 2
    assert message in result.out


def test_a_judge_is_tried_on_one_answer(tmp_path: Path) -> None:
    with judge_with(errs(0)) as server:
        make_workspace(tmp_path, server.base_url, QUESTIONS[:3])
        tried = told(run(tmp_path, "judge", "try", "helpful", "--suite", "qa", "--case", "c1",
                         "--answer", "good one"))  # fmt: skip
        assert (tried["score"], tried["replies"]) == (1.0, [verdict(True)])


@pytest.mark.parametrize("template", [name for name in READY if name != "preference"])
def test_every_ready_judge_can_be_written_and_asked(tmp_path: Path, template: str) -> None:
    with judge_with(errs(0)) as server:
        suite = SUITE.replace("judges/helpful.prompty", f"judges/{template}.prompty")
        more = {"expected": "4"}
        make_workspace(tmp_path, server.base_url, ["What?"], suite=SUITE, judge=JUDGE, more=more)
        told(run(tmp_path, "judge", "new", template, "--model", "judge-model",
                 "--provider", "mock"))  # fmt: skip
        assert run(tmp_path, "judge", "new", template).code == 2
        (tmp_path / "evals" / "qa" / "suite.yaml").write_text(suite)
        cases = tmp_path / "evals" / "qa" / "cases.jsonl"
        inputs = {"question": "What?", "context": "It is 4."}
        cases.write_text(json.dumps({"id": "c1", "inputs": inputs, "expected": "4"}) + "\n")
        tried = told(run(tmp_path, "judge", "try", "helpful", "--suite", "qa", "--case", "c1",
                         "--answer", "good: 4"))  # fmt: skip
        assert tried["score"] == 1.0
