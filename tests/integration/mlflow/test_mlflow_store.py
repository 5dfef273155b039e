"""The store that the real MLflow writes is imported without it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from workbench.actions.releasing.importing import read_source

WRITE = """
import sys
import mlflow
from mlflow.genai.datasets import create_dataset

mlflow.set_tracking_uri(sys.argv[1])
chat = [{"role": "system", "content": "You are {{tone}}."}, {"role": "user", "content": "{{q}}"}]
config = {"provider": "openai", "model_name": "gpt-4.1-mini", "temperature": 0.2, "seed": 7}
mlflow.genai.register_prompt("support.triage", chat, model_config=config)
mlflow.genai.register_prompt("support.triage", [{**chat[1], "content": "New {{q}}"}])
mlflow.genai.set_prompt_alias("support.triage", alias="production", version=1)
dataset = create_dataset("tickets", experiment_id=mlflow.set_experiment("e").experiment_id)
dataset.merge_records([
    {"inputs": {"q": "twice", "tone": "calm"}, "expectations": {"expected_response": "billing"}},
    {"inputs": {"q": "late", "tone": "calm"}, "expectations": {"expected_response": "delivery"}},
])
"""


def test_a_real_store_brings_its_prompts_and_datasets(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    command = [sys.executable, "-c", WRITE, f"sqlite:///{path}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    brought = read_source(path)
    (prompt,), (suite,) = brought.prompts, brought.suites
    assert [m.content for m in prompt.messages] == ["You are {{ tone }}.", "{{ q }}"]
    assert prompt.model is not None
    assert (prompt.model.id, dict(prompt.model.options)) == (
        "gpt-4.1-mini",
        {"temperature": 0.2, "seed": 7},
    )
    assert suite.prompt_id == "support.triage" and suite.scorers == ["exact_match"]
    assert {row["expected"] for row in suite.rows} == {"billing", "delivery"}
