"""A workspace with a judge, and a server that answers for the prompt and for the judge."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.support.openai_server import OpenAIServer, Reply
from workbench.workspace import Workspace, open_workspace

MARKED = re.compile(r"<<(\w+) ([0-9a-f]{16})>>\n(.*?)\n<<end of \1 \2>>", re.DOTALL)
JUDGE = """---
name: helpful
model: {id: judge-model, provider: mock, options: {temperature: 0, maxOutputTokens: 200}}
inputs:
  - {name: answer, kind: string, required: true}
  - {name: question, kind: string, required: true}
  - {name: expected, kind: string, required: false}
---
system:
You judge whether an answer is helpful.

user:
Question: {{ question }}
{% if expected %}Reference: {{ expected }}{% endif %}
Answer: {{ answer }}
"""
PROMPT = """---
name: qa
model: {id: mock-model, provider: mock, options: {temperature: 0, maxOutputTokens: 20}}
inputs:
  - {name: question, kind: string, required: true}
---
user:
{{ question }}
"""
SUITE = """suite: qa
prompt: qa
dataset: cases.jsonl
scorers:
  - max_chars: {limit: 1000}
  - judge: {prompt: judges/helpful.prompty, name: helpful, required: false}
run: {concurrency: 4}
"""

Judge = Callable[[dict[str, str]], "str | Reply"]


def verdict(passes: bool, reason: str = "because") -> str:
    """What a judge answers."""
    return json.dumps({"reason": reason, "verdict": "pass" if passes else "fail"})


def marked_texts(messages: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The texts that a judge is shown, by name; nothing where none is judged."""
    last = str(messages[-1]["content"])
    return {name: text for name, _, text in MARKED.findall(last)}


def judged_server(
    judge: Judge = lambda texts: verdict("good" in texts["answer"]),
    answer: Callable[[str], str | Reply] = lambda question: f"good {question}",
) -> OpenAIServer:
    """A server whose judge is asked with the texts that it is shown."""

    def script(messages: list[dict[str, Any]], _options: dict[str, Any]) -> str | Reply:
        texts = marked_texts(messages)
        return judge(texts) if texts else answer(str(messages[-1]["content"]))

    return OpenAIServer(script)


def judge_calls(server: OpenAIServer) -> list[dict[str, Any]]:
    """The requests that asked the judge."""
    return [body for body in server.requests if marked_texts(body["messages"])]


def make_workspace(
    root: Path,
    base_url: str,
    questions: Sequence[str],
    *,
    suite: str = SUITE,
    judge: str = JUDGE,
    prices: str = "",
    more: Mapping[str, Any] | None = None,
) -> Workspace:
    """A workspace whose suite `qa` asks these questions; `more` stands in every case."""
    files = {
        "workbench.toml": "[workspace]\nauthor = 'ana'\n[providers.mock]\nkind = 'openai'\n"
        f"base_url = '{base_url}'\n{prices}",
        "prompts/qa.prompty": PROMPT,
        "judges/helpful.prompty": judge,
        "evals/qa/suite.yaml": suite,
        "evals/qa/cases.jsonl": "".join(
            json.dumps({"id": f"c{n}", "inputs": {"question": one}, **(more or {})}) + "\n"
            for n, one in enumerate(questions)
        ),
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return open_workspace(root)
