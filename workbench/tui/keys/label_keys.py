"""The rows of the table of keys for labelling answers and comparing pairs of them."""

from __future__ import annotations

from workbench.tui.keys.key_row import Action

LABEL = (
    Action("label.pass", "p", "Pass", "dialog", "label", "word('pass')", "the answer is right"),
    Action("label.fail", "f", "Fail", "dialog", "label", "word('fail')", "it is not"),
    *(
        Action(f"label.{n}", str(n), f"Label {n}", "dialog", "label", f"level({n})")
        for n in range(1, 10)
    ),
    Action("label.skip", "s", "Skip", "dialog", "label", "skip", "do not ask again"),
    Action("label.undo", "u", "Undo", "dialog", "label", "undo", "take the last one back"),
    Action("label.note", "n", "Note", "dialog", "label", "note", "on this answer"),
    Action("label.close", "escape", "Leave", "dialog", "label", "close", "all is stored"),
)

PREFER = (
    Action(
        "prefer.left",
        "a,left",
        "Left",
        "dialog",
        "prefer",
        "choose('left')",
        "is better",
        priority=True,
    ),
    Action(
        "prefer.right",
        "b,right",
        "Right",
        "dialog",
        "prefer",
        "choose('right')",
        "is better",
        priority=True,
    ),
    Action("prefer.tie", "t", "Tie", "dialog", "prefer", "choose('tie')", "neither is better"),
    Action("prefer.bad", "x", "Both bad", "dialog", "prefer", "choose('both_bad')"),
    Action("prefer.skip", "s", "Skip", "dialog", "prefer", "skip", "do not ask again"),
    Action("prefer.undo", "u", "Undo", "dialog", "prefer", "undo", "take the last one back"),
    Action("prefer.note", "n", "Note", "dialog", "prefer", "note", "on this pair"),
    Action("prefer.mask", "m", "Mask", "dialog", "prefer", "mask", "personal data, or show it"),
    Action("prefer.close", "escape", "Leave", "dialog", "prefer", "close", "all is stored"),
)
