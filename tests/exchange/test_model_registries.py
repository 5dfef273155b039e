"""A model pinned by a URI is resolved before the first call, and recorded with the evidence."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli, answer, make_cli
from tests.support.openai_server import OpenAIServer
from workbench.errors import UsageError
from workbench.exchange.model_registries.kinds import KINDS, kind_of
from workbench.exchange.targets.base import Destination

KEY = "wandb-key-0123456789"
URI = "wandb-artifact://team/triage/model:production"


class WandbStub:
    """The part of Weights & Biases' GraphQL API that resolves an artifact."""

    def __init__(self) -> None:
        self.artifacts: dict[str, dict[str, Any]] = {}
        self.asked: list[dict[str, Any]] = []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                wanted = "Basic " + base64.b64encode(f"api:{KEY}".encode()).decode()
                if self.headers["Authorization"] != wanted or self.path != "/graphql":
                    self.send_response(401)
                    self.end_headers()
                    return
                stub.asked.append(body["variables"])
                artifact = stub.artifacts.get(body["variables"]["name"])
                known = body["variables"]["project"] == "triage"
                data = {"data": {"project": {"artifact": artifact} if known else None}}
                content = json.dumps(data).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def point(self, alias: str, index: int, digest: str, **more: Any) -> None:
        """What an alias leads to from now on."""
        self.artifacts[f"model:{alias}"] = {
            "id": str(index),
            "digest": digest,
            "state": "COMMITTED",
            "versionIndex": index,
            "aliases": [{"alias": alias}],
            "tags": [{"name": "approved"}],
            **more,
        }

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def wandb() -> Iterator[WandbStub]:
    stub = WandbStub()
    stub.point("production", 3, "a" * 32)
    yield stub
    stub.close()


@pytest.fixture
def cli(tmp_path: Path, wandb: WandbStub) -> Iterator[tuple[Cli, OpenAIServer]]:
    """A trusted workspace whose draft pins its model in the stub."""
    with OpenAIServer(answer, model="mock") as server:
        made = make_cli(tmp_path / "workspace", server.base_url)
        made.environ["WANDB_API_KEY"] = KEY
        settings = made.root / "workbench.toml"
        table = f'\n[model_registries.models]\nkind = "wandb"\nuri = "{wandb.url}"\n'
        settings.write_text(settings.read_text() + table)
        draft = made.root / "prompts" / "triage.prompty"
        pinned = draft.read_text().replace("id: mock,", f'id: mock, artifact: "{URI}",')
        draft.write_text(pinned.replace("\nplain\n", "\nbetter\n"))
        assert made.here("trust").code == 0
        yield made, server


def evaluate(cli: Cli) -> dict[str, Any]:
    done = cli.here("evaluate", "triage@1.0.0", "--full", "--fresh", "--json")
    assert done.code == 0, done
    return done.json


def artifact_node(cli: Cli) -> dict[str, Any]:
    lineage = cli.here("lineage", "triage@1.0.0", "--json").json
    (suite,) = (node for node in lineage["upstream"] if node["kind"] == "suite")
    (evaluation,) = (node for node in suite["nodes"] if node["kind"] == "evaluation")
    (node,) = (node for node in evaluation["nodes"] if node["kind"] == "artifact")
    return {**node, "state": lineage["state"]["production"]}


def test_an_alias_is_resolved_and_its_version_digest_stage_and_approval_recorded(
    cli: tuple[Cli, OpenAIServer], wandb: WandbStub
) -> None:
    here, _ = cli
    assert here.here("register", "triage", "-d", "first").code == 0
    evaluate(here)
    node = artifact_node(here)
    assert (node["name"], node["digest"]) == (URI, "a" * 32)
    assert node["detail"] == "version v3, production, approved"
    assert wandb.asked[0] == {"entity": "team", "project": "triage", "name": "model:production"}
    got = here.here("get", "triage@1.0.0", "--json").json
    assert got["model"]["artifact"] == URI


@pytest.mark.exhaustive
def test_evidence_drifts_when_the_alias_leads_to_another_version(
    cli: tuple[Cli, OpenAIServer], wandb: WandbStub
) -> None:
    here, _ = cli
    here.here("register", "triage", "-d", "first")
    evaluate(here)
    for environment in ("staging", "production"):
        assert here.here("deploy", "triage@1.0.0", environment).code == 0
    wandb.point("production", 4, "b" * 32)
    done = here.here("canary", "triage", "--sample", "10", "--json")
    assert (done.code, done.json["change"]) == (1, "changed")
    state = artifact_node(here)["state"]
    assert state.startswith("drifted: ")
    assert f"{URI} version v3 {'a' * 12}" in state and f"version v4 {'b' * 12}" in state
    again = here.here("reproduce", "triage@1.0.0", "--json").json
    named = {item["what"]: (item["before"], item["now"]) for item in again["differences"]}
    assert named["the version of the artifact"] == ("v3", "v4")


@pytest.mark.parametrize(
    ("artifact", "words"),
    [
        ({"state": "PENDING"}, "is pending"),
        (None, "Weights & Biases has no wandb-artifact://team/triage/model:production"),
    ],
)
def test_what_is_not_there_stops_a_run_before_its_first_call(
    cli: tuple[Cli, OpenAIServer], wandb: WandbStub, artifact: dict[str, Any] | None, words: str
) -> None:
    here, server = cli
    wandb.artifacts["model:production"].update(artifact or {})
    if artifact is None:
        wandb.artifacts.clear()
    done = here.here("run", "triage")
    assert done.code != 0 and words in done.err
    assert server.calls == 0


def test_no_registry_is_asked_without_trust_and_no_key_is_shown(
    cli: tuple[Cli, OpenAIServer], wandb: WandbStub
) -> None:
    here, server = cli
    settings = here.root / "workbench.toml"
    settings.write_text(settings.read_text().replace(wandb.url, f"{wandb.url}/"))
    done = here.here("run", "triage")
    assert (done.code, wandb.asked, server.calls) == (2, [], 0)
    assert "[model_registries.models] asks" in done.err and "workbench trust" in done.err
    here.here("trust")
    refused = here.here("run", "triage", WANDB_API_KEY="another-key-98765")
    assert refused.code != 0
    assert "refused the key" in refused.err and "98765" not in refused.err


def test_a_uri_without_a_table_for_its_kind_says_what_to_write(
    cli: tuple[Cli, OpenAIServer],
) -> None:
    here, _ = cli
    draft = here.root / "prompts" / "triage.prompty"
    draft.write_text(draft.read_text().replace(URI, "models:/triage/3"))
    done = here.here("run", "triage")
    assert done.code == 2
    assert '[model_registries.models] kind = "mlflow"' in done.err


@pytest.mark.parametrize(
    ("uri", "kind"),
    [
        *(("models:/a b/3", "mlflow"), ("models:/a@champion", "mlflow")),
        ("arn:aws:sagemaker:eu-west-1:123456789012:model-package/g/3", "sagemaker"),
        *((URI, "wandb"), ("https://x", ""), ("sha256:00", "")),
    ],
)
def test_the_kind_is_known_by_how_a_uri_begins(uri: str, kind: str) -> None:
    assert kind_of(uri) == kind


@pytest.mark.parametrize(
    "uri",
    [
        *("models:/name", "models:/name/latest", "models:/a/b/3", "models:/../3/4"),
        *("arn:aws:s3:::bucket", "arn:aws:sagemaker:eu-west-1:1:model-package/g/3"),
        *("wandb-artifact://team/model:v3", "wandb-artifact://team/p/model"),
    ],
)
def test_a_uri_that_names_no_version_is_refused_before_anything_is_asked(uri: str) -> None:
    with pytest.raises(UsageError, match=r"names no|is no ARN"):
        KINDS[kind_of(uri)].resolve(uri, Destination(uri="http://127.0.0.1:9"))
