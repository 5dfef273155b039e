"""Demonstrates the main job, from the first draft to the rollback, by running the commands."""

from __future__ import annotations

import contextlib
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from workbench.actions.workspace.init import create_workspace, sample_steps
from workbench.cli import main, streams
from workbench.errors import (
    EXIT_DONE,
    EXIT_GATE_FAILED,
    EXIT_NO_DECISION,
    EXIT_REFUSED,
    WorkbenchError,
)
from workbench.links import STATE
from workbench.present import numbers
from workbench.prompts.values import SUFFIX
from workbench.workspace import PROMPTS, REGISTRY

DEV_CASES = "40"
APP_SECONDS = 30.0
APP = """\
import sys, time
from workbench import PromptRegistry

registry = PromptRegistry(sys.argv[1])
for line in sys.stdin:                        # one line in, one answer out
    start = time.perf_counter()
    prompt = registry.get_active(sys.argv[2], environment="production")
    took = (time.perf_counter() - start) * 1e6
    messages = prompt.messages(ticket=line.strip())
    size = sum(len(message["content"]) for message in messages)
    print(f"{prompt.version} is live: {size} characters, read in {took:.0f} us", flush=True)
"""


@dataclass(frozen=True, slots=True)
class Step:
    """One command of the demo."""

    command: str
    exit_code: int
    as_expected: bool
    """Whether it had the expected exit code."""


class UnexpectedExit(Exception):
    """A command had an unexpected exit code, so that the demo cannot continue."""


class Walk:
    """Runs the demo in a new workspace."""

    def __init__(self, root: Path, sample: str) -> None:
        self.root = root
        self.prompt = sample
        self._drafts = sample_steps(sample)
        self._steps: list[Step] = []
        self._begun = time.monotonic()

    def all(self) -> list[Step]:
        """Run all steps until one fails; returns the steps that were run."""
        with contextlib.suppress(UnexpectedExit):
            self._run_all()
        took = numbers.clock(time.monotonic() - self._begun)
        self._say(f"{len(self._steps)} commands in {took}.")
        return self._steps

    def _run_all(self) -> None:
        self._workspace()
        self._first_draft()
        self._few_shot()
        with App(self.root, self.prompt) as app:
            app.read("it starts, opens the registry and reads")
            app.read("it reads again, from then on")
            self._better(app)
            self._rollback(app)
        self._look_back()

    def _workspace(self) -> None:
        create_workspace(self.root, self.prompt)
        self._say(
            f"A sample workspace in {self.root}.",
            "The model is Gemma 3 270M, embedded: no key, no network service.",
        )

    def _first_draft(self) -> None:
        self._say(
            "1. A first draft: a plain instruction. Tried on one case, then on some of the dev set."
        )
        self._run("try", self.prompt)
        self._run("run", self.prompt, "--limit", DEV_CASES)
        self._say("2. Register it, and let the gate judge it. The gate looks at other cases.")
        self._run("register", self.prompt, "--description", "a plain instruction")
        self._run("evaluate", f"{self.prompt}@1.0.0", expect=(EXIT_GATE_FAILED,))
        self._say("3. So it cannot go live. The database itself refuses:")
        self._run("deploy", f"{self.prompt}@1.0.0", "staging", expect=(EXIT_REFUSED,))

    def _few_shot(self) -> None:
        self._say("4. The second draft shows examples. A preview of it, on a sample of cases:")
        self._draft(1)
        self._compare(f"{self.prompt}@1.0.0")
        self._run("register", self.prompt, "--description", "examples of each queue")
        self._say("5. The gate lets it through, so it may go live: staging first, by the rules.")
        self._run("evaluate", f"{self.prompt}@1.0.1")
        self._run("deploy", f"{self.prompt}@1.0.1", "staging", "--reason", "first release")
        self._run("deploy", f"{self.prompt}@1.0.1", "production", "--reason", "first release")
        self._say("6. An app reads it. This is all of the app:", "", *APP.splitlines())

    def _better(self, app: App) -> None:
        self._say("7. A third draft, and a preview beside what is live:")
        self._draft(2)
        self._run("diff", f"{self.prompt}@production", self.prompt, "--context", "0")
        self._compare(f"{self.prompt}@production")
        self._run("register", self.prompt, "--description", "more examples for the hard queues")
        self._run("evaluate", f"{self.prompt}@1.0.2")
        self._run("deploy", f"{self.prompt}@1.0.2", "staging", "--reason", "passed the gate")
        self._run("deploy", f"{self.prompt}@1.0.2", "production", "--reason", "passed the gate")
        app.read("the same app process, not restarted")

    def _rollback(self, app: App) -> None:
        self._say("8. Somebody complains: go back. First where it would go, then do it.")
        self._run("rollback", self.prompt, "production", "--preview")
        self._run("rollback", self.prompt, "production", "--reason", "a complaint", "--yes")
        app.read("the same app process again")

    def _look_back(self) -> None:
        self._say("9. What happened, whether the record holds, and a copy for apps to read.")
        self._run("log", self.prompt, "production")
        self._run("verify")
        self._run("export", "sqlite", "--output", str(self.root / "prompts.db"))

    def _compare(self, baseline: str) -> None:
        """Compare on a sample, which decides nothing."""
        expected = (EXIT_NO_DECISION,)
        self._run("compare", baseline, self.prompt, "--limit", DEV_CASES, expect=expected)

    def _draft(self, index: int) -> None:
        """Make a step of the sample the draft, as an editor would save it."""
        shutil.copyfile(self._drafts[index], self.root / PROMPTS / f"{self.prompt}{SUFFIX}")

    def _run(self, *arguments: str, expect: tuple[int, ...] = (EXIT_DONE,)) -> None:
        shown = f"workbench {shlex.join(arguments)}"
        self._print(f"$ {shown}")
        code = main.run([*arguments, "--workspace", str(self.root)])
        self._steps.append(Step(shown, code, code in expect))
        self._print(*([] if code == EXIT_DONE else [f"(exit code {code})"]), "")
        if code not in expect:
            raise UnexpectedExit

    def _say(self, *lines: str) -> None:
        self._print("", *lines, "")

    def _print(self, *lines: str) -> None:
        for line in lines:
            streams.write(line + "\n")
        streams.write("", flush=True)


class App:
    """A separate process that reads the live prompt as an app would."""

    def __init__(self, root: Path, prompt_id: str) -> None:
        registry = root / STATE / REGISTRY
        self._process = subprocess.Popen(
            [sys.executable, "-c", APP, str(registry), prompt_id],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=APP_SECONDS)

    def read(self, why: str) -> None:
        """Let it read once and print its output. Raises WorkbenchError when it died."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise WorkbenchError("the app has no pipes")
        stdin.write("Where is my parcel?\n")
        stdin.flush()
        output = stdout.readline().strip()
        if not output:
            raise WorkbenchError("the app died")
        streams.write(f"app ({why}): {output}\n", flush=True)
