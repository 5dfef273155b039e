"""Every command explains itself, and the documents name commands that exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from workbench.cli.app import MODULES, workbench

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "evals/support_triage/README.md"]


def command(*names: str) -> click.Command:
    """The command of that name, or the one in a group of commands."""
    command_there: click.Command = workbench
    for name in names:
        assert isinstance(command_there, click.Group), (
            f"{command_there.name} has no commands of its own"
        )
        below = command_there.get_command(click.Context(command_there), name)
        assert below is not None, name
        command_there = below
    return command_there


def names_of(group: click.Group, *above: str) -> Iterator[tuple[str, ...]]:
    """The words of every command that does something itself."""
    for name in group.list_commands(click.Context(group)):
        below = command(*above, name)
        if isinstance(below, click.Group):
            yield from names_of(below, *above, name)
        else:
            yield (*above, name)


def parses(line: str) -> None:
    """The line names a command and options that exist. Raises click's error."""
    words = shlex.split(line, comments=True)[1:]
    if words and words[0] == "--workspace":
        words = words[2:]
    if not words or words[0].startswith("-"):
        return
    names = words[:1]
    while isinstance(command(*names), click.Group) and len(words) > len(names):
        names.append(words[len(names)])
    command(*names).make_context(names[-1], words[len(names) :], obj=None)


@pytest.mark.parametrize("names", sorted(names_of(workbench)), ids=" ".join)
def test_every_command_has_help_with_an_example_that_parses(names: tuple[str, ...]) -> None:
    told = CliRunner().invoke(workbench, [*names, "--help"])
    assert told.exit_code == 0
    assert f"Example:\n  workbench {' '.join(names)}" in told.output
    assert "--workspace" in told.output
    assert "--json" in told.output
    shown = command(*names)
    assert (shown.help or "").strip()
    parses(shown.example)  # type: ignore[attr-defined]


def test_the_help_lists_every_command_under_a_heading() -> None:
    told = CliRunner().invoke(workbench, ["--help"]).output
    for name in MODULES:
        assert re.search(rf"^  {name} ", told, re.MULTILINE), name
    assert "Exit codes" in told


def test_no_line_of_the_help_is_cut_off() -> None:
    told = CliRunner().invoke(workbench, ["--help"], terminal_width=80).output
    assert not re.search(r"\w(\.\.\.|…)$", told, re.MULTILINE)


def command_lines(text: str) -> list[str]:
    """Lines of code blocks that call workbench, and `workbench ...` in the text."""
    blocks = re.findall(r"^```[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line.strip().removeprefix("$ ") for block in blocks for line in block.splitlines()]
    inline = re.findall(r"`(workbench [a-z][^`]*)`", text)
    return [line for line in (*lines, *inline) if line.startswith("workbench ")]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_commands_in_the_documents_exist(name: str) -> None:
    for line in command_lines((ROOT / name).read_text(encoding="utf-8")):
        shown = re.split(r"\s+[|>]\s+|\s{2,}#", line)[0].replace("[", "").replace("]", "")
        try:
            parses(shown)
        except (click.MissingParameter, click.exceptions.Exit):
            continue
        except click.ClickException as error:
            pytest.fail(f"{name}: {line}: {error.format_message()}")


def test_the_readme_opens_with_the_two_commands() -> None:
    head = (ROOT / "README.md").read_text(encoding="utf-8")[:1500]
    assert "make demo" in head
    assert "make test" in head
