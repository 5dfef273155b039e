"""The documentation's page about attacks is the table of the tests.

python -m tests.registry.attack_table       writes docs/registry-attacks.md
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.registry.attack_kit import Attack
from tests.registry.attacks_found import IN_PLACE, ROUND_THE_TRIGGERS
from tests.registry.test_attacks import ATTACKS

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "registry-attacks.md"

_INTRODUCTION = """\
# Attacks on a registry

Each line is a test that runs against a registry with all its records signed, its heads in
`registry.anchors`, and an older backup at hand. The attacker may write the file and knows this
program; he does not have the signing key. *Refused* is what the database itself does not take.
What it takes is looked for by `workbench verify` without more, with the anchors, with `--key`.
`tests/registry/test_attacks_found.py` asserts every cell; this page is written from its table.
"""


def summary() -> str:
    """What is found with what, as the page about the registry says it."""
    taken = (*IN_PLACE, *ROUND_THE_TRIGGERS)
    with_nothing = [a for a in taken if a.alone]
    with_anchors = [a for a in taken if a.anchor]
    with_key = [a for a in taken if a.key]
    with_both = [a for a in taken if a.anchor or a.key]
    return f"""\
| of {len(ATTACKS) + len(taken)} attacks | |
|---|---|
| refused by the database | {len(ATTACKS)} |
| taken by it, and found by `verify` alone | {len(with_nothing)} of {len(taken)} |
| with the anchors | {len(with_anchors)} of {len(taken)} |
| with a key | {len(with_key)} of {len(taken)} |
| with both | {len(with_both)} of {len(taken)} |
"""


def page() -> str:
    """The whole page."""
    return "\n".join(
        (
            _INTRODUCTION,
            summary(),
            f"## {len(ATTACKS) + len(IN_PLACE)} attacks with SQL, the triggers in place",
            "",
            *_table(ATTACKS, IN_PLACE),
            "",
            f"## {len(ROUND_THE_TRIGGERS)} attacks that go round the triggers",
            "",
            "They drop the triggers and put them back, write into the schema, or edit the file.",
            "*Rehash* is: work out every digest and hash again, so that the chain fits.",
            "",
            *_table((), ROUND_THE_TRIGGERS),
            "",
        )
    )


def _table(refused: Iterable[str], taken: Sequence[Attack]) -> list[str]:
    lines = ["| attack | database | alone | with anchors | with a key |", "|---|---|---|---|---|"]
    lines += [f"| {name} | refused | | | |" for name in refused]
    for attack in taken:
        cells = ("found" if cell else "no" for cell in (attack.alone, attack.anchor, attack.key))
        lines.append(f"| {attack.name} | takes it | {' | '.join(cells)} |")
    return lines


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
