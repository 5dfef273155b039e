"""Who imports whom, and what reading a prompt must not pay for."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from workbench.registry import PromptRegistry, PromptVersion

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("textual", "rich", "openai", "numpy", "yaml", "jinja2", "sqlite_utils", "click", "asyncio")


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    path = tmp_path / ".workbench" / "registry.db"
    path.parent.mkdir()
    (tmp_path / "workbench.toml").write_text("")
    with PromptRegistry(path, create=True) as opened:
        opened.register(PromptVersion("greeting", "1.0.0", "Hello {name}", author="ana"))
        opened.deploy("greeting", "1.0.0", "development", "ana")
    return path


def loaded(code: str, *arguments: str) -> set[str]:
    """The top-level modules that are loaded after `code`."""
    script = f"{code}\nimport sys, json; print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    modules: list[str] = json.loads(done.stderr.splitlines()[-1])
    return {name.partition(".")[0] for name in modules} | set(modules)


@pytest.mark.exhaustive
def test_an_app_that_reads_a_prompt_loads_nothing_heavy(registry: Path) -> None:
    modules = loaded(
        "import sys\n"
        "from workbench import PromptRegistry\n"
        "prompt = PromptRegistry(sys.argv[1]).get_active('greeting', environment='development')\n"
        "assert prompt.content.format(name='Ana') == 'Hello Ana'\n"
        "assert prompt.messages(name='Ana')[0]['content'] == 'Hello Ana'\n",
        str(registry),
    )
    assert modules.isdisjoint({*HEAVY, "workbench.cli", "workbench.tui", "workbench.runs"})


def test_importing_the_package_loads_none_of_its_parts() -> None:
    modules = loaded("import workbench")
    assert {name for name in modules if name.startswith("workbench.")} == set()


@pytest.mark.exhaustive
def test_the_first_screen_loads_no_gate_no_scorers_and_no_runs() -> None:
    modules = loaded("import workbench.tui.app, workbench.tui.prompts.screen")
    assert modules.isdisjoint(
        {"workbench.verdicts.comparison", "workbench.scorers.base", "workbench.runs", "csv"}
    )


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "line",
    ["--version", "get greeting development", "rollback greeting development --preview"],
)
def test_quick_commands_load_nothing_heavy(registry: Path, line: str) -> None:
    words = line.split()
    if len(words) > 1:
        words += ["--workspace", str(registry.parent.parent)]
    modules = loaded("import sys\nfrom workbench.cli.main import run\nrun(sys.argv[1:])", *words)
    assert "workbench.cli.app" in modules
    assert modules.isdisjoint(set(HEAVY) - {"click"})


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("folder", ["benchmarks", "benchmarks/support", "scripts", "tests/soak"])
def test_programs_beside_the_package_import_what_is_there(folder: str) -> None:
    for path in (ROOT / folder).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("workbench"):
                module = import_module(str(node.module))
                for alias in node.names:
                    assert hasattr(module, alias.name) or find_spec(
                        f"{node.module}.{alias.name}"
                    ), f"{path.name}:{node.lineno}: {alias.name}"
