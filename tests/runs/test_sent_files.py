"""Files of a request: only where the provider takes them, and estimated before they are sent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.openai_server import OpenAIServer
from tests.support.pictures import PDF, png
from tests.support.specs import make_prompt, make_spec, provider_at
from workbench.datasets.attachments import attached
from workbench.datasets.values import Case, Dataset
from workbench.errors import UsageError
from workbench.prompts.values import PARTS_REVISION, Input, Message, Prompt
from workbench.providers.base import Price, Provider
from workbench.runs.engine.budget import Budget
from workbench.runs.engine.engine import start_run
from workbench.runs.spec.plan import Plan
from workbench.runs.spec.values import RunStatus


def prompt(kind: str) -> Prompt:
    return replace(
        make_prompt(),
        messages=(Message("user", "{{ ticket }}{{ it }}"),),
        inputs=(Input("ticket"), Input("it", kind)),
        revision=PARTS_REVISION,
    )


def cases(folder: Path, name: str, kind: str) -> tuple[Case, ...]:
    case = Case("1", {"ticket": "read", "it": name}, "ok")
    return attached(Dataset("d", (case,), str(folder / "a.jsonl")), {"it": kind}).cases


def test_a_document_is_sent_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "paper.pdf").write_bytes(PDF)
    with OpenAIServer(lambda _messages, _options: "ok") as server:
        spec = make_spec(cases=cases(tmp_path, "paper.pdf", "file"), prompt=prompt("file"))
        summary = start_run(spec, provider_at(server.base_url), tmp_path / "runs.db").wait()
        part = server.requests[0]["messages"][0]["content"][1]
    assert (summary.status, summary.score) == (RunStatus.COMPLETE, 1.0)
    assert part["file"]["filename"] == "paper.pdf"
    assert part["file"]["file_data"].startswith("data:application/pdf;base64,JVBERi0")


class TextOnly:
    """A provider whose models read text alone."""

    takes_files = False

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)


def test_a_provider_of_text_alone_is_asked_for_no_picture(tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(png())
    with OpenAIServer() as server:
        spec = make_spec(cases=cases(tmp_path, "cat.png", "image"), prompt=prompt("image"))
        opened = provider_at(server.base_url)
        with pytest.raises(UsageError, match="takes text alone, and echo sends the image it"):
            start_run(spec, lambda: TextOnly(opened()), tmp_path / "runs.db")  # type: ignore[arg-type,return-value]
        assert not server.calls


def test_the_embedded_model_is_of_text_alone() -> None:
    from workbench.providers.embedded.local import LocalModel

    assert LocalModel.takes_files is False


def test_a_picture_is_estimated_by_its_tokens_not_by_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(png() + b"\0" * 1_000_000)
    spec = make_spec(cases=cases(tmp_path, "cat.png", "image"), prompt=prompt("image"))
    (planned,) = next(Plan(spec, {}).chunks(()))
    assert planned.request
    usd = Budget(None, Price(1.0, 0.0)).estimate(planned.request)
    assert 1_000e-6 < usd < 10_000e-6
