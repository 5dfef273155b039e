"""The registries that teams already run: what is sent, read back, refused and lost."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.exchange.targets.services import PROMPT, SERVICES, Service, leaving, registered
from tests.support.registry_servers import KEY, PUBLIC_KEY
from workbench.errors import DraftError, SettingsError, TargetConflict, TargetError, TargetRefused
from workbench.exchange.comparing import changed_keys
from workbench.exchange.delivery import move_pointer, send_version
from workbench.exchange.http_json import connected
from workbench.exchange.targets import langfuse, langsmith, phoenix
from workbench.exchange.targets.base import Destination, Export, Held, as_pointer_target
from workbench.prompts.values import BRACES, Input, Message, Model, Prompt
from workbench.registry import PromptRegistry, PromptVersion

GOLDEN = Path(__file__).parent / "golden"
EACH = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
PLAIN = replace(PROMPT, messages=(Message("user", "{{ x }}"),), inputs=(), tools=None, outputs=None)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[PromptRegistry]:
    """A registry for one test, which registers more in it."""
    with PromptRegistry(tmp_path / "registry.db", create=True) as opened:
        yield opened


def of(registry: PromptRegistry, prompt: Prompt, number: str = "1.0.0", **more: Any) -> Export:
    """A version on its way out that needs no evidence to be looked at."""
    registry.register(PromptVersion.of(prompt, number, "", "ana"))
    return Export(registry, prompt, number, number, **more)


def send(service: Service, export: Export, there: Destination) -> str:
    return send_version(service.kind, export, there, lambda _step: None).ref


def there(service: Service, uri: str = "http://127.0.0.1:9", **options: Any) -> Destination:
    return service.destination(uri, **options)


def refused(service: Service, export: Export, **options: Any) -> str:
    return "\n".join(service.kind.refuses(export, there(service, **options)))


@EACH
def test_it_is_a_registry_with_pointers(service: Service) -> None:
    assert as_pointer_target(service.kind) is service.kind


@EACH
def test_the_bodies_are_those_of_the_golden_file(leaves: Export, service: Service) -> None:
    with service.server() as server:
        destination = there(service, server.uri)
        ref = send(service, leaves, destination)
        move_pointer(
            service.kind, leaves.registry, (PROMPT.prompt_id, "production", ref), destination
        )
        sent = _fixed(json.loads(json.dumps(server.writes())))

    path = GOLDEN / f"{service.name}.json"
    text = json.dumps(sent, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    assert text == path.read_text(encoding="utf-8")


def _fixed(value: Any) -> Any:
    """The value with dates, ids and the ledger's head by their names."""
    changing = ("created_at", "evaluated_at", "ledger_head", "commit_id")
    if isinstance(value, dict):
        return {key: f"<{key}>" if key in changing else _fixed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_fixed(item) for item in value]
    if isinstance(value, str) and value.startswith("1.2.0: ") and "\n\n{" in value:
        title, note = value.split("\n\n")
        return {"title": title, "note": _fixed(json.loads(note))}
    return value


@EACH
def test_the_keys_travel_in_headers_alone(leaves: Export, service: Service) -> None:
    with service.server() as server:
        send(service, leaves, there(service, server.uri))
        assert KEY not in json.dumps(server.requests)
        assert PUBLIC_KEY not in json.dumps(server.requests)


@EACH
def test_export_and_import_give_the_same_fingerprint(leaves: Export, service: Service) -> None:
    with service.server() as server:
        destination = there(service, server.uri)
        send(service, leaves, destination)
        held = service.kind.read_back(leaves, destination)

    assert held is not None
    assert leaves.prompt is not None
    back = service.kind.prompt(PROMPT.prompt_id, held)
    assert back == leaves.prompt
    assert back.fingerprint == leaves.prompt.fingerprint


@EACH
def test_plain_text_comes_back_as_it_was(own: PromptRegistry, service: Service) -> None:
    prompt = Prompt("plain", (Message("user", "Sum up {text}: {}"),), template_format=BRACES)
    export = of(own, replace(prompt, model=Model("m", "openai")))
    with service.server() as server:
        destination = there(service, server.uri)
        send(service, export, destination)
        held = service.kind.newest("plain", destination)
        body = server.writes()[-1 if service.name != "langsmith" else 1][2]

    assert held is not None
    assert service.kind.prompt("plain", held) == export.prompt
    if service.name == "langfuse":
        assert ("type" in body, body["prompt"]) == (False, "Sum up {{text}}: {}")


@pytest.mark.exhaustive(keep=2)
@EACH
def test_two_versions_are_told_apart_and_the_pointer_goes_back(
    own: PromptRegistry, service: Service
) -> None:
    first = of(own, PROMPT, "1.0.0")
    second = of(own, replace(PROMPT, messages=PROMPT.messages[1:]), "1.1.0-rc.1")
    with service.server() as server:
        destination = there(service, server.uri)
        refs = [send(service, export, destination) for export in (first, second)]
        for ref in (*refs, refs[0]):
            move_pointer(service.kind, own, (PROMPT.prompt_id, "production", ref), destination)
            move_pointer(service.kind, own, (PROMPT.prompt_id, "staging", refs[1]), destination)
            pointers = service.kind.pointers(PROMPT.prompt_id, destination)
            assert pointers == {"production": ref, "staging": refs[1]}
        newest = service.kind.newest(PROMPT.prompt_id, destination)
        assert newest is not None
        assert (newest.ref, newest.version) == (refs[1], "1.1.0-rc.1")
        assert service.kind.read_back(first, destination) == service.kind.held(
            PROMPT.prompt_id, refs[0], destination
        )


@EACH
def test_what_is_not_there_is_none(leaves: Export, service: Service) -> None:
    with service.server() as server:
        destination = there(service, server.uri)
        assert service.kind.read_back(leaves, destination) is None
        assert service.kind.newest(PROMPT.prompt_id, destination) is None
        assert service.kind.held(PROMPT.prompt_id, "12345", destination) is None
        assert service.kind.pointers(PROMPT.prompt_id, destination) == {}


@pytest.mark.parametrize("service", SERVICES[1:], ids=lambda service: service.name)
def test_a_retired_environment_loses_its_tag(leaves: Export, service: Service) -> None:
    with service.server() as server:
        destination = there(service, server.uri)
        ref = send(service, leaves, destination)
        service.kind.point(PROMPT.prompt_id, "production", ref, destination)
        for _ in range(2):
            service.kind.point(PROMPT.prompt_id, "production", None, destination)
            assert service.kind.pointers(PROMPT.prompt_id, destination) == {}


def test_langfuse_says_that_a_label_must_be_removed_by_hand(leaves: Export) -> None:
    service = SERVICES[0]
    with service.server() as server:
        destination = there(service, server.uri)
        ref = send(service, leaves, destination)
        service.kind.point(PROMPT.prompt_id, "staging", None, destination)
        service.kind.point(PROMPT.prompt_id, "production", ref, destination)
        with pytest.raises(TargetRefused, match=r"the label production .* version 1 .*screens"):
            service.kind.point(PROMPT.prompt_id, "production", None, destination)


def test_other_content_under_the_version_is_a_conflict_with_a_diff(leaves: Export) -> None:
    service = SERVICES[0]
    with service.server() as server:
        destination = there(service, server.uri)
        send(service, leaves, destination)
        server.prompts[PROMPT.prompt_id][0]["config"]["temperature"] = 2
        server.prompts[PROMPT.prompt_id][0]["prompt"][0]["content"] += " Be rude."

        with pytest.raises(TargetConflict) as caught:
            send(service, leaves, destination)

        assert caught.value.exit_code == 5
        assert "+ config.temperature: 2" in caught.value.diff
        assert any("Be rude." in line for line in caught.value.diff)
        held = service.kind.read_back(leaves, destination)
        assert held is not None
        theirs = service.kind.prompt(PROMPT.prompt_id, held)
        assert theirs.model is not None and theirs.model.options["temperature"] == 2
        assert theirs.model.provider == "openai"
        assert theirs.messages[0].content.endswith("Be rude.")
        assert theirs.inputs == PROMPT.inputs


def test_a_moved_version_label_is_seen(own: PromptRegistry) -> None:
    service = SERVICES[0]
    first, second = of(own, PROMPT, "1.0.0"), of(own, PLAIN, "2.0.0")
    with service.server() as server:
        destination = there(service, server.uri)
        send(service, first, destination)
        send(service, second, destination)
        service.kind.point(PROMPT.prompt_id, "v1.0.0", "2", destination)
        with pytest.raises(TargetConflict):
            send(service, first, destination)


@EACH
def test_new_evidence_is_no_other_content(own: PromptRegistry, service: Service) -> None:
    export = registered(own)
    with service.server() as server:
        destination = there(service, server.uri)
        send(service, export, destination)
        own.deploy(PROMPT.prompt_id, "1.2.0", "production", "ana")
        later = leaving(own, "1.2.0")
        assert service.kind.content(later) == service.kind.content(export)
        writes = server.writes()
        send(service, later, destination)
        assert server.writes() == writes


@EACH
def test_a_reason_that_forced_it_travels_along(own: PromptRegistry, service: Service) -> None:
    from workbench.exchange.approval import approved

    own.register(PromptVersion.of(PROMPT, "1.0.0", "", "ana"))
    approval = approved(own, PROMPT.prompt_id, "1.0.0", force_reason="the judge is down")
    with service.server() as server:
        send(
            service,
            Export(own, PROMPT, "1.0.0", "1.0.0", approval),
            there(service, server.uri),
        )
        assert "the judge is down" in json.dumps(server.requests)


@EACH
def test_loops_expressions_and_roles_are_refused_before_anything_is_sent(
    own: PromptRegistry, service: Service
) -> None:
    messages = (
        Message("system", "ok\n{% for t in x %}{{ t }}{% endfor %}"),
        Message("user", "{{ x | upper }}"),
    )
    lines = refused(service, of(own, replace(PLAIN, messages=messages))).splitlines()
    assert len(lines) == 2
    assert "line 2 of the system message: a loop" in lines[0]
    assert "line 1 of the user message: the filter upper" in lines[1]
    assert all("pass it as an input" in line for line in lines)


@pytest.mark.parametrize("service", SERVICES[1:], ids=lambda service: service.name)
def test_a_role_that_is_not_taken_is_refused(own: PromptRegistry, service: Service) -> None:
    prompt = replace(PLAIN, messages=(Message("tool", "42"),))
    assert "message 1 has the role tool" in refused(service, of(own, prompt))


@EACH
def test_numbers_and_texts_that_would_change_on_the_way_are_refused(
    own: PromptRegistry, service: Service
) -> None:
    model = Model("m", "openai", {"seed": 2**60})
    prompt = replace(PLAIN, model=model, messages=(Message("user", "a\x00b"),))
    lines = refused(service, Export(own, prompt, "1.0.0", "1.0.0"))
    assert "the number 1152921504606846976 exactly" in lines
    assert "a NUL character" in lines


@pytest.mark.parametrize(
    ("number", "environment", "says"),
    [(0, "latest", "no label 'latest'"), (0, "e" * 40, "up to 36"), (2, "prod-", "no label")],
)
def test_labels_that_are_not_allowed_are_refused(
    own: PromptRegistry, number: int, environment: str, says: str
) -> None:
    export = replace(of(own, PLAIN), environments=(environment,))
    assert says in refused(SERVICES[number], export)


def test_names_that_are_not_allowed_are_refused(own: PromptRegistry) -> None:
    for number, name in ((0, "new"), (1, "2fast"), (2, "triage_")):
        export = of(own, replace(PLAIN, prompt_id=name))
        assert f"no prompt called '{name}'" in refused(SERVICES[number], export)
    assert refused(SERVICES[0], of(own, replace(PLAIN, prompt_id="metrics")), prefix="team/") == ""


@pytest.mark.parametrize("service", SERVICES[1:], ids=lambda service: service.name)
def test_a_changed_name_is_shown_and_two_of_one_name_are_refused(
    own: PromptRegistry, service: Service
) -> None:
    export = of(own, PLAIN)
    losses = [str(loss) for loss in service.kind.loses(export)]
    assert "the name support.triage (it is support-triage there)" in losses
    assert refused(service, export) == ""
    of(own, replace(PLAIN, prompt_id="support-triage"))
    assert "support-triage would be support-triage" in refused(service, export)


def test_langfuse_puts_prompts_into_a_folder(leaves: Export) -> None:
    service = SERVICES[0]
    with service.server() as server:
        destination = there(service, server.uri, prefix="team a/")
        ref = send(service, leaves, destination)
        service.kind.point(PROMPT.prompt_id, "production", ref, destination)
        assert list(server.prompts) == ["team a/support.triage"]
        assert server.requests[0][1].startswith("/api/public/v2/prompts/team%20a%2Fsupport.triage?")
        assert service.kind.pointers(PROMPT.prompt_id, destination) == {"production": ref}


def test_text_that_langfuse_would_replace_is_refused(own: PromptRegistry) -> None:
    text = "@@@langfusePrompt:name=other|version=1@@@"
    export = of(own, replace(PLAIN, messages=(Message("user", text),)))
    assert "Langfuse replaces" in refused(SERVICES[0], export)


def test_phoenix_needs_a_model(own: PromptRegistry) -> None:
    assert "without a model" in refused(SERVICES[2], of(own, replace(PLAIN, model=None)))


@EACH
def test_losses_name_defaults_kinds_and_what_templates_lose(
    own: PromptRegistry, service: Service
) -> None:
    prompt = replace(
        PLAIN,
        messages=(Message("user", "{# why #}{{ x }}{{ n }}"),),
        inputs=(Input("x", required=False), Input("n", kind="number")),
    )
    losses = "\n".join(str(loss) for loss in service.kind.loses(of(own, prompt)))
    assert "that x may be left out" in losses
    assert "how n become text" in losses
    assert "comments, raw blocks" in losses


@EACH
def test_what_somebody_wrote_there_becomes_a_draft(leaves: Export, service: Service) -> None:
    """Without anything of ours in it."""
    with service.server() as server:
        destination = there(service, server.uri)
        send(service, leaves, destination)
        _write_there(service, server)
        held = service.kind.newest(PROMPT.prompt_id, destination)

    assert held is not None
    assert held.version == ""
    prompt = service.kind.prompt(PROMPT.prompt_id, held)
    assert prompt.messages == (Message("system", "Be {{tone}}. {{ '{' }}%"),)
    if service.name != "langsmith":
        assert prompt.model is not None
        assert (prompt.model.id, prompt.model.provider) == ("gpt-x", "")
        assert prompt.model.options == {"temperature": 0, "maxOutputTokens": 9}


def _write_there(service: Service, server: Any) -> None:
    text = "Be {{tone}}. {%"
    if service.name == "langfuse":
        version = dict(server.prompts[PROMPT.prompt_id][0], labels=["latest"], version=2)
        version["config"] = {"model": "gpt-x", "temperature": 0, "max_tokens": 9}
        version["prompt"] = [{"type": "chatmessage", "role": "system", "content": text}]
        server.prompts[PROMPT.prompt_id][0]["labels"] = []
        server.prompts[PROMPT.prompt_id].append(version)
    elif service.name == "langsmith":
        repo = server.repos["support-triage"]
        manifest = json.loads(json.dumps(repo["commits"][0]["manifest"]))
        del manifest["kwargs"]["metadata"]
        manifest["kwargs"]["messages"] = manifest["kwargs"]["messages"][:1]
        manifest["kwargs"]["messages"][0]["kwargs"]["prompt"]["kwargs"]["template"] = text
        newer = dict(repo["commits"][0], manifest=manifest, commit_hash="ab12", id="x")
        repo["commits"].append(newer)
    else:
        [version] = server.prompts["support-triage"]
        messages = [{"role": "system", "content": [{"type": "text", "text": text}]}]
        newer = dict(version, id="UHJvbXB0VmVyc2lvbjo5", description="by hand", model_name="gpt-x")
        newer["template"] = {"type": "chat", "messages": messages}
        newer["invocation_parameters"] = {
            "type": "openai",
            "openai": {"temperature": 0.0, "max_tokens": 9},
        }
        del newer["tools"], newer["response_format"]
        server.prompts["support-triage"].append(newer)


@EACH
@pytest.mark.parametrize(
    "artefact",
    [
        "no json",
        "[]",
        "7",
        "[" * 100_000,
        '{"model": 3}',
        json.dumps({"model": {"id": "m", "provider": "p", "options": 7}}),
        json.dumps({"inputs": [7], "model": None, "template": "x"}),
        json.dumps({"inputs": [], "model": {"id": 7, "provider": 7, "options": {"n": 2}},
                    "outputs": None, "tools": 7, "template": [], "description": 1, "extra": 2}),
    ],
    ids=range(8),
)  # fmt: skip
def test_a_note_that_somebody_changed_brings_nothing_down(
    leaves: Export, service: Service, artefact: str
) -> None:
    content = json.loads(json.dumps(service.kind.content(leaves)))
    content["workbench"]["artefact"] = artefact
    prompt = service.kind.prompt(PROMPT.prompt_id, Held("1", "1.2.0", content))
    assert prompt.messages == PROMPT.messages
    assert prompt.model is not None
    assert (prompt.model.id, prompt.model.provider) == ("gpt-4.1-mini", "")


@EACH
def test_a_version_of_any_form_is_read_or_refused(leaves: Export, service: Service) -> None:
    """Every value that a server answers, replaced by others."""
    with service.server() as server:
        destination = there(service, server.uri)
        ref = send(service, leaves, destination)
        service.kind.held(PROMPT.prompt_id, ref, destination)
        data = server.answers[-1]
    read = 0
    for path in list(_paths(data)):
        for value in (None, 7, [[]], {"a": [1]}, "x"):
            with _replaced(data, path, value), contextlib.suppress(DraftError, TargetError):
                service.kind.prompt(PROMPT.prompt_id, _read(service, data))
                read += 1
    assert read > 20


def _read(service: Service, data: Any) -> Held:
    """An answer as the target reads it."""
    api = connected(there(service), "http://127.0.0.1:9", {}, (), "")
    if service.name == "langfuse":
        return langfuse.held_of(data, api)
    if service.name == "langsmith":
        return langsmith.held_of(data, api)
    return phoenix.held_of(data, api)


def _paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Of what a target reads: not of what stands deep in schemas, or in the second message."""
    if len(at) > 9 or 1 in at or "tools" in at or "response_format" in at or "evidence" in at:
        return
    if at:
        yield at
    items = value.items() if isinstance(value, dict) else ()
    items = enumerate(value) if isinstance(value, list) else items
    for key, item in items:
        yield from _paths(item, (*at, key))


@contextlib.contextmanager
def _replaced(stored: Any, path: tuple[Any, ...], value: Any) -> Iterator[None]:
    for key in path[:-1]:
        stored = stored[key]
    before, stored[path[-1]] = stored[path[-1]], value
    try:
        yield
    finally:
        stored[path[-1]] = before


@EACH
def test_a_changed_model_is_told_from_a_changed_text(leaves: Export, service: Service) -> None:
    ours = service.kind.content(leaves)
    assert ours["config"]["temperature"] == 1
    assert set(ours) >= {"config", "workbench"}


def test_a_placeholder_for_messages_stands_for_a_slot(leaves: Export) -> None:
    service = SERVICES[0]
    with service.server() as server:
        destination = there(service, server.uri)
        send(service, leaves, destination)
        version = server.prompts[PROMPT.prompt_id][0]
        version["prompt"] = [{"type": "placeholder", "name": "history"}]
        held = service.kind.read_back(leaves, destination)
    assert held is not None
    assert service.kind.prompt(PROMPT.prompt_id, held).messages == (Message("slot", "history"),)


def test_a_slot_is_a_placeholder_at_langfuse_and_langsmith(own: PromptRegistry) -> None:
    prompt = replace(
        PLAIN,
        messages=(Message("slot", "history"), Message("user", "{{ x }}")),
        inputs=(Input("history", kind="messages"), Input("x")),
    )
    export = Export(own, prompt, "1.0.0", "1.0.0")
    for service in SERVICES[:2]:
        assert refused(service, export) == ""
        assert "history" not in "".join(str(loss) for loss in service.kind.loses(export))
    assert langfuse.wire_body(export)["prompt"][0] == {"type": "placeholder", "name": "history"}
    node = langsmith.manifest(export)["kwargs"]["messages"][0]
    assert (node["id"][-1], node["kwargs"]) == ("MessagesPlaceholder", {"variable_name": "history"})
    assert "no place between messages" in refused(SERVICES[2], export)


@EACH
def test_an_input_that_is_no_text_is_refused(own: PromptRegistry, service: Service) -> None:
    prompt = replace(PLAIN, inputs=(Input("x"), Input("photo", kind="image")))
    export = Export(own, prompt, "1.0.0", "1.0.0")
    assert "no place for photo, of the kind image" in refused(service, export)


@pytest.mark.parametrize(
    ("number", "change", "says"),
    [
        (1, {"template_format": "f-string"}, "f-string template"),
        (1, {"template_format": "jinja2"}, "jinja2 template"),
        (1, {"template": "{{#rows}}x{{/rows}}"}, "more than plain variables"),
        (1, {"template": None}, "no text"),
    ],
)
def test_what_no_draft_can_hold_is_said(
    leaves: Export, number: int, change: dict[str, Any], says: str
) -> None:
    service = SERVICES[number]
    with service.server() as server:
        destination = there(service, server.uri)
        send(service, leaves, destination)
        manifest = server.repos["support-triage"]["commits"][0]["manifest"]
        manifest["kwargs"]["messages"][0]["kwargs"]["prompt"]["kwargs"].update(change)
        held = service.kind.read_back(leaves, destination)
    assert held is not None
    with pytest.raises(DraftError, match=says):
        service.kind.prompt(PROMPT.prompt_id, held)


def test_a_model_that_was_saved_with_the_prompt_is_drift(leaves: Export) -> None:
    service = SERVICES[1]
    with service.server() as server:
        destination = there(service, server.uri)
        send(service, leaves, destination)
        commit = server.repos["support-triage"]["commits"][0]
        model = {"lc": 1, "type": "constructor", "id": ["langchain", "ChatOpenAI"], "kwargs": {}}
        commit["manifest"] = {
            "lc": 1,
            "type": "constructor",
            "id": ["langchain", "schema", "runnable", "RunnableSequence"],
            "kwargs": {"first": commit["manifest"], "last": model},
        }
        held = service.kind.read_back(leaves, destination)
    assert held is not None
    assert changed_keys(service.kind.content(leaves), held.content) == ["model"]


def test_parameters_that_phoenix_does_not_know_go_into_its_extra_body(leaves: Export) -> None:
    version = phoenix.wire_body(leaves)["version"]
    parameters = version["invocation_parameters"]["openai"]
    assert parameters["extra_body"] == {"top_k": 3}
    assert parameters["stop"] == ["\n"]
    assert version["response_format"]["type"] == "json_schema"
    assert version["tools"]["tools"][0]["function"]["name"] == "lookup"


@EACH
def test_a_missing_key_names_its_variable(
    leaves: Export, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LANGFUSE_SECRET_KEY", "LANGSMITH_API_KEY", "PHOENIX_API_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(SettingsError, match=r"the variable \w+_KEY is not set"):
        service.kind.read_back(leaves, there(service))


@EACH
def test_a_refused_key_says_what_to_check(
    leaves: Export, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LANGFUSE_SECRET_KEY", "LANGSMITH_API_KEY", "PHOENIX_API_KEY"):
        monkeypatch.setenv(name, "wrong")
    with service.server() as server, pytest.raises(TargetError, match=r"refused the key.*check \$"):
        service.kind.send(leaves, there(service, server.uri))
