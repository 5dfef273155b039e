"""The live prompt as an app reads it: in a process of its own, by the library alone."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import dataclass

from workbench.actions.session import Session
from workbench.errors import NotFound, WorkbenchError
from workbench.prompts.kinds import MEDIA, NUMBERS
from workbench.prompts.values import Input, Prompt

SECONDS = 30.0
_APP = """\
import json, sys, time
from workbench import PromptRegistry

path, prompt_id, environment, inputs = sys.argv[1:]
registry = PromptRegistry(path)
registry.get_active(prompt_id, environment=environment)
start = time.perf_counter()
prompt = registry.get_active(prompt_id, environment=environment)
took = (time.perf_counter() - start) * 1e6
messages = prompt.messages(**json.loads(inputs)) if inputs else []
print(json.dumps([prompt.version, took, messages]))
"""


@dataclass(frozen=True, slots=True)
class AppReading:
    """What the app got, and the lines that an app needs."""

    environment: str
    code: str
    version: str
    seconds: float
    """One warm read."""
    messages: tuple[tuple[str, str], ...]
    """Role and content."""


def read_as_app(session: Session, prompt_id: str, environment: str = "") -> AppReading:
    """Read the live prompt in a new process; by default in production, else where it is live.

    Raises NotFound when it is live nowhere, WorkbenchError when the process fails.
    """
    live = {one.environment: one.version for one in session.registry.live(prompt_id)}
    chosen = environment or ("production" if "production" in live else next(iter(live), ""))
    if chosen not in live:
        where = f" in {environment}" if environment else ""
        raise NotFound(f"{prompt_id} is not live{where}", hint="deploy a version first")
    prompt = session.registry.get_version(prompt_id, live[chosen]).prompt
    arguments = [str(session.workspace.registry_path), prompt_id, chosen]
    needs_files = any(item.kind in MEDIA and item.required for item in prompt.inputs)
    inputs = "" if needs_files else json.dumps(_inputs(prompt))
    try:
        done = subprocess.run(
            [sys.executable, "-c", _APP, *arguments, inputs],
            capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise WorkbenchError(f"the app did not read within {SECONDS:.0f} s") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise WorkbenchError(f"the app failed: {last}")
    version, took, messages = json.loads(done.stdout)
    contents = tuple((message["role"], str(message["content"])) for message in messages)
    path = session.workspace.registry_path.relative_to(session.workspace.root)
    return AppReading(chosen, _code(prompt, str(path), chosen), version, took / 1e6, contents)


def _inputs(prompt: Prompt) -> dict[str, object]:
    """A value for each input that has no default."""
    needed = [item for item in prompt.inputs if item.required and item.default is None]
    return {item.name: _sample(item) for item in needed}


def _sample(item: Input) -> object:
    if item.enum:
        return item.enum[0]
    if item.kind in NUMBERS:
        return math.ceil(item.minimum or 0)
    return _SAMPLES.get(item.kind, f"<{item.name}>")


_SAMPLES: dict[str, object] = {
    "boolean": True,
    "array": [],
    "object": {},
    "messages": [{"role": "user", "content": "hello"}],
}


def _code(prompt: Prompt, path: str, environment: str) -> str:
    names = ", ".join(f"{name}={name}" for name in _inputs(prompt))
    return "\n".join(
        (
            "from workbench import PromptRegistry",
            "",
            f"registry = PromptRegistry({path!r})",
            f"prompt = registry.get_active({prompt.prompt_id!r}, environment={environment!r})",
            f"messages = prompt.messages({names})",
        )
    )
