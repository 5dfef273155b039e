"""The rows of the table of keys for what screens share: lists, tables, texts, diffs, dialogs."""

from __future__ import annotations

from workbench.tui.keys.key_row import Action

LIST = (
    Action("list.down", "j,down", "Down", "list", "list", "cursor_down"),
    Action("list.up", "k,up", "Up", "list", "list", "cursor_up"),
    Action("list.top", "g,home", "Top", "list", "list", "cursor_top"),
    Action("list.bottom", "G,end", "Bottom", "list", "list", "cursor_bottom"),
    Action("list.half_down", "ctrl+d", "Half a page down", "list", "list", "half_page(1)"),
    Action("list.half_up", "ctrl+u", "Half a page up", "list", "list", "half_page(-1)"),
    Action("list.page_down", "pagedown", "Page down", "list", "list", "page(1)"),
    Action("list.page_up", "pageup", "Page up", "list", "list", "page(-1)"),
    Action("list.find", "slash", "Find", "list", "list", "find", "!x leaves out, re: is a regex"),
    Action("list.copy", "y", "Copy", "list", "list", "copy", "the cell to the clipboard", 1),
    Action("list.copy_menu", "Y", "Copy…", "list", "list", "copy_menu", "the row, its texts, ..."),
)

TEXT = (
    Action("text.down", "j,down", "Down", "list", "text", "scroll_down"),
    Action("text.up", "k,up", "Up", "list", "text", "scroll_up"),
    Action("text.top", "g,home", "Top", "list", "text", "scroll_home"),
    Action("text.bottom", "G,end", "Bottom", "list", "text", "scroll_end"),
    Action("text.half_down", "ctrl+d", "Half a page down", "list", "text", "half_page(1)"),
    Action("text.half_up", "ctrl+u", "Half a page up", "list", "text", "half_page(-1)"),
    Action("text.copy", "y", "Copy", "list", "text", "copy", "all of it to the clipboard", 1),
    Action("text.copy_menu", "Y", "Copy…", "list", "text", "copy_menu", "a part of it"),
)

TABLE = (
    Action("table.open", "enter", "Open", "list", "table", "open", "all of it", 5),
    Action("table.peek", "space", "Quick view", "list", "table", "peek", "and space goes on"),
    Action(
        "table.sort", "s", "Sort", "list", "table", "sort", "by this column; third time: as before"
    ),
    Action("table.left", "h,left", "Column to the left", "list", "table", "column(-1)"),
    Action("table.right", "l,right", "Column to the right", "list", "table", "column(1)"),
    Action("table.fit", "underscore", "Fit column", "list", "table", "fit_column"),
    Action("columns.hide", "minus", "Hide column", "list", "columns", "hide_column"),
    Action("columns.all", "plus", "Columns…", "list", "columns", "choose_columns"),
)

DIFF = (
    Action(
        "diff.less",
        "left_curly_bracket",
        "Less context",
        "compare",
        "diff",
        "context(-1)",
        "equal lines around a change: 10, 3, 1, 0",
    ),
    Action(
        "diff.more",
        "right_curly_bracket",
        "More context",
        "compare",
        "diff",
        "context(1)",
        "equal lines around a change: 10, then all",
    ),
)

COPY = tuple(
    Action(f"copy.{name}", key, f"Copy {what}", "dialog", "copy", f"pick('{name}')", priority=True)
    for name, key, what in (
        ("this", "y", "the cell, or the whole text"),
        ("row", "r", "the row as JSON"),
        ("input", "i", "the input"),
        ("expected", "e", "what is expected"),
        ("output", "o", "the output"),
        ("output_a", "a", "the output of A"),
        ("output_b", "b", "the output of B"),
        ("output_c", "c", "the output of C"),
        ("output_d", "d", "the output of D"),
        ("diff", "u", "the differences of A and B"),
        ("run", "R", "the id of the run"),
        ("run_a", "A", "the id of A's run"),
        ("run_b", "B", "the id of B's run"),
        ("run_c", "C", "the id of C's run"),
        ("run_d", "D", "the id of D's run"),
    )
)

READING = (
    Action("case.close", "escape,q,space", "Close", "dialog", "case", "close"),
    Action("case.next", "right_square_bracket", "Next case", "dialog", "case", "step(1)"),
    Action("case.before", "left_square_bracket", "Case before", "dialog", "case", "step(-1)"),
    Action("case.judges", "J", "Judges", "dialog", "case", "judges", "their whole replies"),
    Action("prompt_diff.close", "escape,q,p", "Close", "dialog", "prompt_diff", "close"),
    Action("prompt_diff.view", "v", "View", "dialog", "prompt_diff", "view"),
    Action(
        "prompt_diff.fold", "o", "All lines", "dialog", "prompt_diff", "fold", "or changes only"
    ),
    Action("charts.close", "escape,q,t", "Close", "dialog", "charts", "close"),
    Action("lineage.close", "escape,q,T", "Close", "dialog", "lineage", "close"),
    Action("find.leave", "escape", "Empty, then leave", "list", "find", "leave", "the filter"),
    Action("find.to_table", "down", "To the list", "list", "find", "to_table"),
)

DIALOG = (
    Action("dialog.cancel", "escape", "Cancel", "dialog", "dialog", "cancel", "nothing is changed"),
    Action(
        "dialog.yes",
        "y,ctrl+s",
        "Confirm",
        "dialog",
        "dialog",
        "yes",
        "does what it says; y only where no text is typed",
        priority=True,
    ),
    Action("check.toggle", "space", "Tick", "dialog", "check", "tick", "or take the tick off"),
    Action("check.next", "enter", "Next field", "dialog", "check", "next"),
    Action("choice.before", "left", "The one before", "dialog", "choice", "step(-1)"),
    Action("choice.after", "right", "The next one", "dialog", "choice", "step(1)"),
    Action("choice.list", "space,down", "List", "dialog", "choice", "list", "all of them"),
    Action("choice.next", "enter", "Next field", "dialog", "choice", "next"),
    Action("help.down", "down", "Down", "dialog", "help", "move(1)"),
    Action("help.up", "up", "Up", "dialog", "help", "move(-1)"),
    Action("jump.cancel", "escape", "Stay", "dialog", "jump", "cancel"),
    Action("changed.mine", "m", "Keep mine", "dialog", "changed", "mine", "overwrite theirs"),
    Action("changed.theirs", "t", "Take theirs", "dialog", "changed", "theirs", "as one edit"),
    Action("variants.new", "n", "New…", "dialog", "variants", "new", "with the text of this one"),
    Action("variants.promote", "p", "Promote", "dialog", "variants", "promote", "it is the draft"),
    Action("variants.drop", "X", "Drop", "dialog", "variants", "drop", "its text is kept"),
    Action("variants.compare", "c", "Compare", "dialog", "variants", "compare", "with the draft"),
    Action("variants.diff", "v", "Differences", "dialog", "variants", "diff", "to the draft"),
    Action("examples.edit", "e", "Edit…", "dialog", "examples", "edit", "the row"),
    Action("examples.add", "a", "Add…", "dialog", "examples", "add", "a row, with a free id"),
    Action("examples.delete", "X", "Delete…", "dialog", "examples", "delete", "the row"),
    Action("scorers.options", "e", "Edit…", "dialog", "scorers", "options", "its options"),
    Action("other_draft.open", "o", "Open it", "dialog", "other_draft", "open", "as it is"),
    Action("deploy.evaluate", "f5", "Evaluate first", "dialog", "deploy", "evaluate", "the gate"),
    Action("tick.row", "space,enter", "Tick", "dialog", "tick", "tick", "or take the tick off"),
    Action("verdict.deploy", "D", "Deploy…", "dialog", "verdict", "deploy", "this version"),
)
