"""Cases that name pictures: from the file to what is sent, cached, recorded and reported."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.openai_server import OpenAIServer
from tests.support.pictures import PDF, SVG, png
from workbench.actions.comparing.compare import compare, compare_many
from workbench.actions.comparing.report import html_report
from workbench.actions.refs import resolve
from workbench.actions.releasing.evaluate import evaluate
from workbench.actions.releasing.register import register
from workbench.actions.releasing.rules import apply, sync
from workbench.actions.running.run import make_spec, resume, start, try_case
from workbench.actions.session import Session
from workbench.actions.workspace.doctor import Level, examine
from workbench.errors import DatasetError, RulesLoosened
from workbench.prompts.inputs.media import Attachment
from workbench.registry import PromptRegistry, State
from workbench.runs.spec.values import RunStatus
from workbench.workspace import open_workspace

DRAFT = """\
---
name: colours
model: {id: mock, provider: mock, options: {temperature: 0}}
inputs:
  - {name: question, kind: string}
  - {name: picture, kind: image}
---
user:
LEAD{{ question }}
{{ picture }}
"""
SUITE = """\
suite: colours
prompt: colours
dataset: cases.jsonl
scorers: [exact_match]
gate: {threshold: 0.3, baseline: none, min_cases: 4}
"""


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    def answer(messages: list[dict[str, Any]], options: dict[str, Any]) -> str:
        del options
        text, picture = messages[-1]["content"]
        assert (text["type"], picture["type"]) == ("text", "image_url")
        return "red"

    with OpenAIServer(answer) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "evals" / "colours"


@pytest.fixture
def session(tmp_path: Path, folder: Path, server: OpenAIServer) -> Iterator[Session]:
    settings = f'[workspace]\nauthor = "ana"\n[providers.mock]\nbase_url = "{server.base_url}"\n'
    (tmp_path / "workbench.toml").write_text(settings)
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "colours.prompty").write_text(DRAFT.replace("LEAD", ""))
    (folder / "pictures").mkdir(parents=True)
    (folder / "suite.yaml").write_text(SUITE)
    rows = []
    for number in range(4):
        (folder / "pictures" / f"{number}.png").write_bytes(png(number + 1))
        inputs = {"question": f"which {number}?", "picture": f"pictures/{number}.png"}
        rows.append({"id": f"c{number}", "inputs": inputs, "expected": "red"})
    write(folder, rows)
    with Session(open_workspace(tmp_path)) as opened:
        yield opened


def release(session: Session) -> str:
    return register(session, resolve(session, "colours"), description="d").partition("@")[2]


def write(folder: Path, rows: list[dict[str, Any]]) -> None:
    (folder / "cases.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))


def one(folder: Path, picture: Any) -> None:
    """A dataset of one case."""
    write(folder, [{"id": "1", "inputs": {"question": "q", "picture": picture}, "expected": "x"}])


def run(session: Session, **options: Any) -> Any:
    suite = session.workspace.suite("colours")
    return start(session, make_spec(resolve(session, "colours"), suite, **options)).wait()


def test_the_engine_sends_the_bytes_that_an_app_gets_and_runs_db_holds_none_of_them(
    session: Session, folder: Path, server: OpenAIServer
) -> None:
    summary = run(session)
    assert (summary.status, summary.calls) == (RunStatus.COMPLETE, 4)
    version = release(session)
    prompt = session.registry.get_version("colours", version)
    sent = {body["messages"][0]["content"][0]["text"]: body["messages"] for body in server.requests}
    for number in range(4):
        path = folder / "pictures" / f"{number}.png"
        for given in (path, path.read_bytes()):
            messages = prompt.messages(question=f"which {number}?", picture=given)
            assert messages == sent[f"which {number}?\n"]
    stored = session.store.cases(summary.run_id)[0].inputs["picture"]
    assert (stored["file"], stored["width"], stored["type"]) == ("pictures/0.png", 1, "image/png")
    kept = session.workspace.runs_path.read_bytes()
    assert b"iVBORw0KGgo" not in kept and b"\x89PNG" not in kept


@pytest.mark.exhaustive
def test_a_changed_picture_is_asked_again_and_the_rest_comes_from_the_cache(
    session: Session, folder: Path
) -> None:
    run(session)
    assert run(session).calls == 0
    (folder / "pictures" / "2.png").write_bytes(png(3, red=7))
    assert run(session).calls == 1
    (folder / "pictures" / "2.png").rename(folder / "pictures" / "x.png")
    rows = [json.loads(line) for line in (folder / "cases.jsonl").read_text().splitlines()]
    rows[2]["inputs"]["picture"] = "pictures/x.png"
    write(folder, rows)
    assert run(session).calls == 0, "the same content under another name"


@pytest.mark.exhaustive
def test_evidence_is_stale_when_a_picture_changes_and_holds_again_when_it_is_put_back(
    session: Session, folder: Path
) -> None:
    version = release(session)
    evaluate(session, "colours", version)
    before = session.registry.status("colours", version).state
    picture = folder / "pictures" / "1.png"
    old = picture.read_bytes()
    picture.write_bytes(png(2, red=9))
    with pytest.raises(RulesLoosened, match="changed c1"):
        sync(session)
    apply(session, "a better picture")
    status = session.registry.status("colours", version)
    assert status.state is State.STALE and "dataset changed" in status.reason
    picture.write_bytes(old)
    apply(session, "back again")
    assert session.registry.status("colours", version).state is before is State.TESTED


@pytest.mark.exhaustive
def test_apps_of_the_workspace_see_stale_evidence_too(session: Session, folder: Path) -> None:
    version = release(session)
    evaluate(session, "colours", version)
    (folder / "pictures" / "1.png").write_bytes(png(2, red=9))
    with PromptRegistry(session.workspace.registry_path) as registry:
        recorded = registry.status("colours", version).state
    from workbench import PromptRegistry as ForApps

    with ForApps(str(session.workspace.registry_path)) as registry:
        assert registry.status("colours", version).state is State.STALE
    assert recorded is State.TESTED, "nothing was recorded yet"


@pytest.mark.exhaustive(keep=10)
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("pictures/none.png", "is not there"),
        ("../../workbench.toml", "lies outside"),
        ("/etc/passwd", "lies outside"),
        ("C:\\x.png", "lies outside"),
        ("pictures", "is no regular file"),
        ("note.png", "is something else by its content"),
        ("drawing.svg", "is SVG or other markup"),
        ("paper.pdf", "is a PDF file"),
        ("empty.png", "is empty"),
        ("big.png", "has 40.0 MB, and at most 20 MB"),
        ("link.png", "leads out of"),
        ("pipe.png", "is no regular file"),
        ("http://example.com/a.png", "only https URLs"),
        ("https://ana:secret@example.com/a.png", "user or password"),
        ("file:///etc/passwd", "only https URLs"),
        ("data:image/png;base64,AAAA", "is something else by its content"),
        ("data:text/html,<b>", "without base64"),
        (7, "is 7, and the name of a file is needed"),
        ({"file": "pictures/0.png"}, "is {'file': 'pictures/0.png'}, and"),
        ("a\0b", "is no name"),
    ],
)
def test_a_wrong_picture_is_one_line_with_its_place_before_any_call(
    session: Session, folder: Path, server: OpenAIServer, tmp_path: Path, given: Any, words: str
) -> None:
    (folder / "note.png").write_text("no picture")
    (folder / "drawing.svg").write_bytes(SVG)
    (folder / "paper.pdf").write_bytes(PDF)
    (folder / "empty.png").write_bytes(b"")
    with (folder / "big.png").open("wb") as file:
        file.write(png())
        file.truncate(40_000_000)
    (tmp_path / "outside.png").write_bytes(png())
    (folder / "link.png").symlink_to(tmp_path / "outside.png")
    os.mkfifo(folder / "pipe.png")
    one(folder, given)
    with pytest.raises(DatasetError) as caught:
        run(session)
    line = str(caught.value)
    assert words in line and "cases.jsonl: line 1: case '1': picture" in line
    assert "\n" not in line and "secret" not in line.replace("ana:secret@", "") and not server.calls
    (finding,) = [c for c in examine(session.workspace) if c.level is Level.PROBLEM]
    assert words in finding.message


def test_a_link_within_the_folder_is_followed(session: Session, folder: Path) -> None:
    (folder / "link.png").symlink_to(folder / "pictures" / "0.png")
    one(folder, "link.png")
    assert run(session).calls == 1


def test_a_url_is_sent_as_it_is_and_never_fetched(
    session: Session, folder: Path, server: OpenAIServer
) -> None:
    one(folder, "https://nowhere.invalid/cat.png?size=1")
    assert run(session).calls == 1
    part = server.requests[0]["messages"][0]["content"][1]
    assert part == {
        "type": "image_url",
        "image_url": {"url": "https://nowhere.invalid/cat.png?size=1"},
    }


def test_a_picture_that_changes_under_a_run_is_not_sent(
    session: Session, folder: Path, server: OpenAIServer
) -> None:
    suite = session.workspace.suite("colours")
    spec = make_spec(resolve(session, "colours"), suite)
    (folder / "pictures" / "3.png").write_bytes(png(4, red=1))
    (folder / "pictures" / "2.png").unlink()
    summary = start(session, spec).wait()
    assert (summary.status, summary.calls, summary.errors) == (RunStatus.INCOMPLETE, 2, 2)
    errors = [r.answer.error for r in session.store.results(summary.run_id) if r.answer.error]
    assert any("changed since it was checked" in error for error in errors)
    (folder / "pictures" / "3.png").write_bytes(png(4))
    (folder / "pictures" / "2.png").write_bytes(png(3))
    whole = resume(session, summary.run_id).wait()
    assert (whole.status, whole.calls) == (RunStatus.COMPLETE, 4)


def test_one_case_is_tried_with_its_picture(session: Session, server: OpenAIServer) -> None:
    prompt = resolve(session, "colours").prompt
    suite = session.workspace.suite("colours").for_prompts([prompt])
    case = suite.dataset.cases[0]
    assert isinstance(case.inputs["picture"], Attachment)
    assert try_case(session, prompt, case).text in ("red", "black")


@pytest.mark.exhaustive
def test_two_sides_are_paired_by_picture_and_the_report_shows_it(
    session: Session, folder: Path
) -> None:
    first = release(session)
    draft = session.workspace.root / "prompts" / "colours.prompty"
    draft.write_text(DRAFT.replace("LEAD", "Look! "))
    compared = compare(session, f"colours@{first}", "colours")
    assert len(compared.cases) == 4
    best = compare_many(session, f"colours@{first}", ["colours"])
    page = html_report(session, best)
    assert "<script" not in page and "img-src data:" in page
    (folder / "pictures" / "0.png").unlink()
    html_report(session, best)


def test_the_report_embeds_the_pictures_of_changed_cases(
    session: Session, server: OpenAIServer
) -> None:
    server.script = lambda messages, _options: (
        "red" if messages[0]["content"][0]["text"].startswith("Look") else "blue"
    )
    first = release(session)
    draft = session.workspace.root / "prompts" / "colours.prompty"
    draft.write_text(DRAFT.replace("LEAD", "Look! "))
    page = html_report(session, compare_many(session, f"colours@{first}", ["colours"]))
    assert page.count('<img src="data:image/png;base64,iVBORw0KGgo') == 4
    assert "pictures/0.png · PNG · 1 x 3" in page


@pytest.mark.exhaustive
def test_a_version_that_takes_the_name_as_text_is_compared_with_one_that_takes_the_picture(
    session: Session, server: OpenAIServer
) -> None:
    def answer(messages: list[dict[str, Any]], _options: dict[str, Any]) -> str:
        content = messages[0]["content"]
        return "text" if isinstance(content, str) and "pictures/" in content else "red"

    server.script = answer
    draft = session.workspace.root / "prompts" / "colours.prompty"
    draft.write_text(DRAFT.replace("LEAD", "").replace("kind: image", "kind: string"))
    first = release(session)
    draft.write_text(DRAFT.replace("LEAD", ""))
    compared = compare(session, f"colours@{first}", "colours")
    assert len(compared.headline.fixed) == 4
