"""A key means one thing, on whichever screen and in whichever dialog it is bound."""

from __future__ import annotations

from collections import defaultdict

from workbench.tui.keys import keys

BACK = {"escape", "q"}
"""They always lead back, whatever that is called."""
ONE_THING = {
    "D": {"Deploy", "Deploy B"},
    "X": {"Delete", "Drop", "Drop side", "Retire"},
    "c": {"Compare", "Compare with live"},
    "f5": {"Run", "Evaluate first"},
    "i": {"Inputs", "Input"},
    "n": {"New", "New prompt", "New suite"},
    "o": {"Other side", "Other suite", "All lines", "Open it"},
    "r": {"Run", "Resume", "Run missing"},
    "down": {"Down", "To the list", "List"},
    "left": {"Column to the left", "The one before"},
    "right": {"Column to the right", "The next one"},
    "enter": {"Open", "Edit", "Next field", "Tick"},
    "space": {"Quick view", "Close", "Tick", "List"},
    "ctrl+s": {"Register", "Confirm"},
}
"""Labels of one meaning: D makes live, X takes away, n is new, o is the other one, r runs what is
not there yet, enter takes what is under the cursor and goes on, space shows or ticks it, ctrl+s
keeps.
"""
OWN_LETTERS = ("copy", "label", "prefer")
"""Where every letter stands beside its word on the screen: what to copy, labels, preferences."""
TWO_MEANINGS = {
    "L": "Datasets: labels; Deploys: rules",
    "P": "Prompts: providers; Compare: preferences",
    "T": "opens the lineage and closes it",
    "t": "opens the charts and closes them; mine and theirs, in the question which of two is kept",
    "p": "opens the prompts' differences and closes them; variants: promote, named on its line",
    "m": "mine, in the question which of two is kept",
    "a": "adds, and in Compare picks side A as b picks B; Deploys: a second person approves",
    "A": "adds a case in Compare, where a is a side; Deploys: approves rules",
    "v": "Prompts: evaluate (the verdict); views of differences elsewhere",
    "y": "copies; in a question it is yes",
}
"""Keys that keep a second meaning, and why nobody takes it for the first."""


def meanings() -> dict[str, set[str]]:
    """Key -> the labels of all that it is bound to, but for OWN_LETTERS."""
    table: dict[str, set[str]] = defaultdict(set)
    for action in keys.ACTIONS:
        if action.where not in OWN_LETTERS:
            for key in keys.split(action.keys):
                table[key].add(action.label.rstrip("…"))
    return table


def test_a_key_means_one_thing_everywhere() -> None:
    clashes = {
        key: labels
        for key, labels in meanings().items()
        if len(labels) > 1
        and not labels <= ONE_THING.get(key, set())
        and key not in BACK
        and key not in TWO_MEANINGS
    }
    assert clashes == {}


def test_what_is_allowed_is_still_needed() -> None:
    table = meanings()
    assert {key for key in [*ONE_THING, *TWO_MEANINGS] if len(table.get(key, ())) < 2} == set()
