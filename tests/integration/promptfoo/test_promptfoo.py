"""promptfoo itself runs what the target writes: the prompts, the data and the assertions."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from scripts.integration import NODE
from tests.exchange.exporting import TRIAGE, reworded
from tests.exchange.test_promptfoo_round_trip import CASE, SCORERS
from tests.scorers.promptfoo_table import ANSWERS, ROWS
from workbench.exchange.forms.promptfoo_export import assertions_of, remark
from workbench.exchange.targets.base import Destination, Export
from workbench.exchange.targets.promptfoo import KIND
from workbench.prompts.templates.templates import Renderer
from workbench.prompts.values import Input, Message, Prompt
from workbench.providers.base import Answer, Outcome
from workbench.registry import PromptRegistry
from workbench.runs.spec.suite_file import read_suite
from workbench.scorers.catalog import make_scorer

pytestmark = pytest.mark.needs("node:sqlite")

LITERAL = '{% raw %}{{ticket}} {%x%} {#{% endraw %} {"a": {"b": 1}} {{env.HOME}} Answer'
HOSTILE = [
    "hi",
    "a {{ tone }} {{env.HOME}} {{ env['HOME'] }} {% if x %} {# c #} {{",
    "file:///etc/hostname",
    "file://run.js",
    "package:some:thing",
    "line\n\n",
    "x{",
    "a #} b %} c }} d",
    '\u2028"quoted" \\ ${x} <b> & é 😀 $ref $(id) `id`',
    "yes",
    "1e3",
    "[1, 2]",
    "{{ 7 * 7 }}{{{{ }}}} {{ticket}}",
]


def run(config: Path, folder: Path) -> list[dict[str, Any]]:
    """The results by test, run without a network, a cache or a home."""
    out = folder / "out.json"
    node = shutil.which("node")
    assert node is not None
    program = Path(os.environ[NODE]) / "promptfoo/dist/src/entrypoint.js"
    quiet = {
        **dict.fromkeys(
            ("DISABLE_TELEMETRY", "DISABLE_UPDATE", "DISABLE_SHARING", "DISABLE_REMOTE_GENERATION"),
            "1",
        ),
        "CONFIG_DIR": str(folder / "home"),
    }
    done = subprocess.run(
        [
            *(node, str(program), "eval", "-c", str(config), "-o", str(out)),
            *("--no-cache", "--no-write", "--no-table", "--no-progress-bar"),
        ],
        cwd=folder,
        env={**os.environ, **{f"PROMPTFOO_{name}": value for name, value in quiet.items()}},
        capture_output=True,
        text=True,
        check=False,
    )
    assert out.exists(), done.stdout + done.stderr
    results = json.loads(out.read_text(encoding="utf-8"))["results"]["results"]
    return sorted(results, key=lambda result: result["testIdx"])


def written(folder: Path, prompt: Prompt, cases: list[dict[str, Any]], scorers: str) -> Path:
    """The configuration of a prompt and a suite, whose model repeats what it is sent."""
    rows = "\n".join(json.dumps(case) for case in cases)
    (folder / "cases.jsonl").write_text(rows, encoding="utf-8")
    (folder / "suite.yaml").write_text(
        f"suite: quality\nprompt: {prompt.prompt_id}\ndataset: cases.jsonl\nscorers: [{scorers}]\n"
    )
    path = folder / "triage.promptfoo.json"
    with PromptRegistry(folder / "registry.db", create=True) as registry:
        export = Export(registry, prompt, "draft", suites=(folder / "suite.yaml",))
        KIND.send(export, Destination(path, options={"provider": "echo"}))
    return path


def test_every_prompt_is_rendered_as_here_whatever_the_data(tmp_path: Path) -> None:
    prompt = reworded(TRIAGE, "Answer", LITERAL.replace("{{env.HOME}}", "{{ '{{env.HOME}}' }}"))
    (tmp_path / "run.js").write_text("module.exports = () => { throw new Error('was run'); };")
    cases = [
        {
            "id": f"{number} {text[:8]}",
            "inputs": {"ticket": text, "tone": text if number % 2 else "calm"},
            "expected": [text or "x", "file://run.js", "package:a:b"],
            "tags": ["{{env.HOME}}", "file://run.js"],
            "group": "{{env.HOME}}",
        }
        for number, text in enumerate(HOSTILE)
    ]
    config = written(tmp_path, prompt, cases, "exact_match, contains")
    suite = read_suite(tmp_path / "suite.yaml")

    for case, result in zip(suite.dataset.cases, run(config, tmp_path), strict=True):
        assert not result.get("error") or "threshold" in result["error"], result["error"]
        got = result["response"]["output"]
        messages = json.loads(got) if isinstance(got, str) else got
        wanted = Renderer(prompt).render(case.inputs)
        assert messages == [{"role": m.role, "content": m.content} for m in wanted], case.id
        assert os.environ["HOME"] not in json.dumps(result["testCase"])


ECHO = Prompt("triage", (Message("user", "{{ answer }}"),), inputs=(Input("answer"),))
"""With one message of one input, the model that repeats gives the answer inside JSON."""

CHECKS = [
    ("contains: {ignore_case: true}", "BILL", "my bill", True),
    ("contains", "BILL", "my bill", False),
    ("contains", ["a", "{{env.HOME}}"], "x {{env.HOME}} y", True),
    ("contains", ["a1", "b1", "c1"], "only b1", True),
    ("contains", ["a1", "b1", "c1"], "none", False),
    ("matches: {pattern: 'answer [0-9]+'}", None, "answer 42", True),
    ("matches: {pattern: 'answer [0-9]+'}", None, "answer x", False),
    ("max_chars: {limit: 5}", None, "far too long", False),
    ("max_chars: {limit: 500}", None, "short enough", True),
    ("json_schema: {schema: {type: array, items: {$ref: '#/definitions/m'}, definitions: {m: "
     "{type: object, required: [role]}}}}", None, "any", True),
    ("json_schema: {schema: {type: object}}", None, "any", False),
    ("json_equals", [{"role": "user", "content": "{{a}} #} 1"}], "{{a}} #} 1", True),
    ("json_equals", [{"content": "{{a}} 1", "role": "assistant"}], "{{a}} 1", False),
    ("starts_with", "[", "x", True),
    ("starts_with", "x", "x", False),
    ("one_of: {labels: ['a', 'file://run.js']}", None, "x", False),
]  # fmt: skip


def test_the_assertions_decide_as_the_scorers_do(tmp_path: Path) -> None:
    for number, (scorer, expected, answer, _) in enumerate(CHECKS):
        folder = tmp_path / str(number)
        folder.mkdir()
        name = scorer if scorer.endswith("}") else f"{scorer}: {{}}"
        case = {"id": "1", "inputs": {"answer": answer}, "expected": expected}
        config = json.loads(written(folder, ECHO, [case], f"{{{name}}}").read_text())
        if number == 0:
            together = config
            continue
        together["tests"] += [{**config["tests"][0], "description": str(number)}]
        # The one that takes fragments, too.
        together["prompts"] = max(
            together["prompts"], config["prompts"], key=lambda prompts: len(prompts[0]["raw"])
        )
    path = tmp_path / "together.json"
    path.write_text(json.dumps(together))

    for check, result in zip(CHECKS, run(path, tmp_path), strict=True):
        assert result["success"] is check[3], (check, result["gradingResult"]["reason"])


def test_promptfoo_judges_the_answers_of_the_table_as_it_is_recorded(tmp_path: Path) -> None:
    config = {
        "prompts": [{"label": "answer", "raw": "{{answer}}"}],
        "providers": ["echo"],
        "tests": [
            {"vars": {"answer": answer}, "assert": [dict(row.assertion) for row in ROWS]}
            for answer in ANSWERS
        ],
    }
    path = tmp_path / "table.json"
    path.write_text(json.dumps(config), encoding="utf-8")

    results = run(path, tmp_path)
    for at, (answer, result) in enumerate(zip(ANSWERS, results, strict=True)):
        assert result["response"]["output"] == answer
        parts = result["gradingResult"]["componentResults"]
        for row, part in zip(ROWS, parts, strict=True):
            assert part["pass"] is (row.promptfoo[at] == "1"), (row.assertion, answer, part)


def test_what_the_target_writes_for_scorers_passes_the_answers_that_they_pass(
    tmp_path: Path,
) -> None:
    scorers = [make_scorer(*next(iter(entry.items())), "here") for entry in SCORERS]
    tests = [
        {"vars": {"answer": answer, "ticket": "Help!"}, "assert": assertions_of(scorer, CASE)}
        for scorer in scorers
        for answer in ANSWERS
    ]
    prompts = [{"label": "answer", "raw": "{{answer}}"}]
    path = tmp_path / "scorers.json"
    path.write_text(json.dumps({"prompts": prompts, "providers": ["echo"], "tests": tests}))

    results = iter(run(path, tmp_path))
    for scorer in scorers:
        for text in ANSWERS:
            result = next(results)
            outcome = Outcome.OK if text.strip() else Outcome.EMPTY
            score = scorer.score(Answer(outcome, text, finish_reason="stop"), CASE)
            # Blank answers are the model's own fault here; other remarks stand with the losses.
            if text.strip() and not remark(scorer):
                wanted = score.value == 1
                assert result["success"] is wanted, (scorer.entry, text, result["gradingResult"])
