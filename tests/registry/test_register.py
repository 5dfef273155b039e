"""A version is registered once, whoever comes first."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from workbench.errors import RegistryError
from workbench.registry import PromptRegistry, PromptVersion


def refused(registry: PromptRegistry, number: str, text: str) -> str:
    with pytest.raises(RegistryError) as caught:
        registry.register(PromptVersion("p", number, text, author="bob"))
    return str(caught.value)


def test_the_same_content_is_refused_with_the_version_that_holds_it(
    registry: PromptRegistry,
) -> None:
    registry.register(PromptVersion("p", "1.0.0", "text", author="ana"))

    message = refused(registry, "1.1.0", "text")

    assert message.startswith("this content is already registered as p@1.0.0")
    assert registry.register(PromptVersion("q", "1.0.0", "text", author="ana")) == "q@1.0.0"


def test_the_same_number_with_other_content_is_refused_with_the_difference(
    registry: PromptRegistry,
) -> None:
    registry.register(PromptVersion("p", "1.0.0", "same\nold line", author="ana"))

    message = refused(registry, "1.0.0", "same\nnew line")

    assert "p@1.0.0 is already registered with other content, by ana at 2" in message
    assert "-old line; +new line" in message
    assert registry.get_version("p", "1.0.0").content == "same\nold line"


def test_a_blank_more_is_another_fingerprint(registry: PromptRegistry) -> None:
    texts = ("text", "text\n", "text ", "te xt")
    for minor, text in enumerate(texts):
        registry.register(PromptVersion("p", f"1.{minor}.0", text, author="ana"))

    assert len({version.fingerprint for version in registry.versions("p")}) == len(texts)


def test_of_many_who_register_one_version_one_wins_and_the_others_are_told(
    registry: PromptRegistry,
) -> None:
    code = """
import sys
from workbench.errors import RegistryError
from workbench.registry import PromptRegistry, PromptVersion
won = lost = 0
with PromptRegistry(sys.argv[1]) as registry:
    sys.stdin.readline()
    for step in range(10):
        version = PromptVersion("p", f"1.{step}.0", f"text {step}", author=sys.argv[2])
        try:
            registry.register(version)
            won += 1
        except RegistryError as error:
            assert "is already registered, by w" in str(error), error
            lost += 1
print(won, lost)
"""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, registry.path, f"w{number}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(3)
    ]
    told = [process.communicate("go\n", timeout=60)[0].split() for process in processes]

    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sum(int(won) for won, _ in told) == 10
    assert sum(int(lost) for _, lost in told) == 20
    assert len(registry.versions("p")) == 10


def test_prompts_are_listed_by_name_with_their_newest_version(
    registry: PromptRegistry, tested: Callable[..., PromptVersion]
) -> None:
    for number in ("1.9.0", "1.10.0", "2.0.0-rc.1", "1.8.0"):
        tested("b", number)
    tested("a", "0.1.0")
    registry.deploy("b", "1.10.0", "development", "ana")

    prompts = registry.prompts()

    assert [(p.prompt_id, p.versions, p.latest, p.live) for p in prompts] == [
        ("a", 1, "0.1.0", {}),
        ("b", 4, "2.0.0-rc.1", {"development": "1.10.0"}),
    ]
    assert [registry.prompts(first) for first in (0, 1, 2, 9)] == [
        [], prompts[:1], prompts, prompts
    ]  # fmt: skip
