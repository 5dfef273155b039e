"""What the database cannot refuse: which of it an audit finds, and with the help of what."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.registry.attack_kit import Attack, Victim, build
from tests.registry.attack_table import DOCS, PAGE, page, summary
from tests.registry.attacks_found import IN_PLACE, ROUND_THE_TRIGGERS
from tests.registry.test_attacks import ATTACKS
from workbench.registry import PromptRegistry

TAKEN = (*IN_PLACE, *ROUND_THE_TRIGGERS)


@pytest.fixture(scope="module")
def whole() -> Iterator[Victim]:
    folder = Path(tempfile.mkdtemp())
    yield build(folder / "whole")
    shutil.rmtree(folder)


@pytest.fixture
def victim(whole: Victim) -> Iterator[Victim]:
    copy = whole.copied(whole.folder.with_name("attacked"))
    yield copy
    shutil.rmtree(copy.folder)


@pytest.mark.exhaustive(keep=7)
@pytest.mark.parametrize("attack", TAKEN, ids=lambda attack: attack.name)
def test_it_is_found_by_exactly_what_the_table_says(victim: Victim, attack: Attack) -> None:
    attack.do(victim)

    assert victim.detected() == (attack.alone, attack.anchor, attack.key)


def test_each_column_holds_for_an_audit_that_has_only_that(victim: Victim) -> None:
    """`found` reads all three columns off one audit: here it is three."""
    attacks = {attack.name: attack for attack in TAKEN}
    attacks["approve as somebody else"].do(victim)
    with PromptRegistry(victim.path) as registry:
        assert registry.verify(anchors=victim.folder / "none").ok
        assert registry.verify().ok
        assert not registry.verify(key=victim.key, anchors=victim.folder / "none").ok
    attacks["remove the revocation at the end"].do(victim)
    with PromptRegistry(victim.path) as registry:
        assert registry.verify(anchors=victim.folder / "none").ok
        assert not registry.verify().ok
        assert registry.verify(key=victim.key, anchors=victim.folder / "none").ok


def test_there_is_an_attack_of_every_kind_and_each_has_a_name_of_its_own() -> None:
    names = [*ATTACKS, *(attack.name for attack in TAKEN)]
    assert len(ATTACKS) + len(IN_PLACE) >= 67
    assert len(ROUND_THE_TRIGGERS) >= 23
    assert len(names) == len(set(names))
    assert all(attack.anchor and attack.key for attack in TAKEN if attack.alone)


def test_the_documentation_is_this_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.registry.attack_table"
    assert summary() in (DOCS / "registry.md").read_text(encoding="utf-8")
