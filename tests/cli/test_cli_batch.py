"""Batches on the command line: sent, left and collected, and always with the run's name."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, make_cli
from tests.support.batch_server import BatchServer


@pytest.fixture
def batches() -> Iterator[BatchServer]:
    with BatchServer() as server:
        yield server


@pytest.fixture
def cli(batches: BatchServer, tmp_path: Path) -> Cli:
    return make_cli(tmp_path / "w", batches.base_url)


def last_line(out: str) -> str:
    return out.splitlines()[-1]


def test_a_sent_batch_is_a_success_that_says_how_to_collect_it(
    cli: Cli, batches: BatchServer
) -> None:
    sent = cli.here("run", "triage", "--batch")
    assert sent.code == 0, sent.err
    run_id = sent.out.split()[0]
    attach = f"collect the batch with: workbench run --attach {run_id}"
    assert last_line(sent.out) == attach
    assert f"run {run_id}: " in sent.err
    early = cli.here("run", "--attach", run_id)
    assert (early.code, last_line(early.out)) == (4, attach)
    told = cli.here("run", "--attach", run_id, "--json")
    assert (told.code, told.json["status"], told.json["batch"]) == (4, "incomplete", "batch-0")
    refused = cli.here("run", "--resume", run_id)
    assert refused.code == 2 and f"--attach {run_id}" in refused.err

    batches.finish("expired", lambda requests: ([], []))
    over = cli.here("run", "--attach", run_id)
    assert over.code == 4
    assert last_line(over.out) == f"go on with: workbench run --resume {run_id}"
    resumed = cli.here("run", "--resume", run_id, "--json")
    assert (resumed.code, resumed.json["scored"], resumed.json["batch"]) == (0, 20, None)


@pytest.mark.exhaustive
def test_a_refused_batch_names_the_run_that_can_go_on_without_it(
    cli: Cli, batches: BatchServer
) -> None:
    batches.refusal = 400
    refused = cli.here("run", "triage", "--batch")
    assert refused.code == 4
    assert "not today" in refused.err
    (run_id,) = re.findall(r"go on with: workbench run --resume (\w+)", refused.err)
    assert cli.here("run", "--resume", run_id).code == 0


def test_a_batch_beyond_its_budget_is_refused_before_there_is_a_run(
    cli: Cli, batches: BatchServer
) -> None:
    settings = cli.root / "workbench.toml"
    prices = '[providers.mock.prices]\n"mock" = {input = 1.0, output = 1.0}\n'
    settings.write_text(settings.read_text() + prices)
    refused = cli.here("run", "triage", "--batch", "--budget", "0.0000001")
    assert refused.code == 2
    assert "more than its budget" in refused.err
    assert (batches.files, batches.batches) == ({}, {})


@pytest.mark.exhaustive
def test_ctrl_c_while_a_batch_is_sent_names_the_run(cli: Cli, batches: BatchServer) -> None:
    batches.answers_starts.clear()
    process = subprocess.Popen(
        cli.command("run", "triage", "--batch"),
        cwd=cli.root,
        env=cli.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert batches.starting.wait(60)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
        batches.answers_starts.set()
    assert process.returncode == 130, err
    (run_id,) = re.findall(r"collect the batch with: workbench run --attach (\w+)", err)
    batches.finish()
    assert cli.here("run", "--attach", run_id, "--json").json["calls"] == 20
